"""Every request gets a number of ours: it stands in the answer, and in each line the request leaves in the log."""

import secrets
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

HEADER: Final = "X-Request-Id"
_STATE: Final = "request_id"


class Traced:
    """Outermost, so that no answer goes without. What the sender calls the request is not taken over."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number = request_id(Request(scope))

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = number
            await send(message)

        with bound_contextvars(request_id=number):
            await self._app(scope, receive, marked)


def request_id(request: Request) -> str:
    """The same for as long as the request lasts."""
    state: dict[str, str] = request.scope.setdefault("state", {})
    return state.setdefault(_STATE, secrets.token_hex(8))
