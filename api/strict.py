"""Routes that read a request in one way only: one media type, plain JSON, each parameter once and known."""

from collections.abc import Callable, Coroutine
from email.message import Message as MediaType
from http import HTTPStatus
from typing import Any, Final

from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from api import plain_json
from api.deps import dependants

LARGEST_BODY: Final = 64 * 1024
_CHARSETS: Final = frozenset({"utf-8", "utf8", "us-ascii"})


class StrictRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        known = frozenset(field.alias for one in dependants(self.dependant) for field in one.query_params)

        async def strictly(request: Request) -> Response:
            _must_be_asked_plainly(request, known)
            return await handle(_StrictRequest(request.scope, request.receive))

        return strictly


class _StrictRequest(Request):
    async def body(self) -> bytes:
        """Never more of it than may be sent. Raises 413 and 415."""
        if not hasattr(self, "_body"):
            body = await whole_body(self)
            if body:
                must_be_json(self)
            self._body = body
        return self._body

    async def json(self) -> Any:
        try:
            return plain_json.read(await self.body())
        except plain_json.Unreadable:
            raise HTTPException(HTTPStatus.BAD_REQUEST) from None


async def whole_body(request: Request) -> bytes:
    """Raises 413 as soon as there is too much of it, whatever its length was said to be."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return bytes(body)


def must_be_json(request: Request) -> None:
    """Nothing that a form on another site could send, nothing packed, and one alphabet."""
    said = MediaType()
    said["content-type"] = request.headers.get("content-type", "")
    charset = said.get_content_charset("utf-8")
    packed = request.headers.get("content-encoding", "identity").strip().lower()
    if said.get_content_type() != "application/json" or charset not in _CHARSETS or packed != "identity":
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


def _must_be_asked_plainly(request: Request, known: frozenset[str]) -> None:
    """A parameter that is misspelt or comes twice must not pass for one that was left out or for the last one."""
    asked = [name for name, _ in request.query_params.multi_items()]
    faults = [_fault("extra_forbidden", name) for name in asked if name not in known]
    faults += [_fault("repeated", name) for name in sorted(known) if asked.count(name) > 1]
    if faults:
        raise RequestValidationError(faults)


def _fault(kind: str, name: str) -> dict[str, Any]:
    return {"type": kind, "loc": ("query", name)}
