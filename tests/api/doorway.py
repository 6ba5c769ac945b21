"""A plain synchronous client for an app in this process; each request has an event loop of its own."""

import asyncio

import httpx
from fastapi import FastAPI


def told(answer: httpx.Response) -> object:
    """What an answer says, but for the number that every answer has of its own."""
    said = answer.json()
    return {name: value for name, value in said.items() if name != "request_id"}


class Doorway(httpx.BaseTransport):
    """Faults of ours come back as the answer a browser would get, not as exceptions."""

    def __init__(self, app: FastAPI) -> None:
        self._inner = httpx.ASGITransport(app, raise_app_exceptions=False, client=("192.0.2.7", 50_000))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return asyncio.run(self._through(request))

    async def _through(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        content = await answer.aread()
        return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(content))
