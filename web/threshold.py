"""What a request may weigh before anybody reads it: few headers, small ones, and one word on how long its body is."""

from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import Problem, answer

MOST_HEADERS: Final = 100
LARGEST_HEAD: Final = 16 * 1024  # bytes of all names and values
# Whoever has to read on after an answer like this could read the rest of a body as the next request.
_SHUT: Final = {"Connection": "close"}


class Threshold:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem = _problem(scope) if scope["type"] == "http" else None
        if problem is None:
            await self._app(scope, receive, send)
        else:
            await answer(Request(scope), problem)(scope, receive, send)


def _problem(scope: Scope) -> Problem | None:
    head = scope["headers"]
    if len(head) > MOST_HEADERS or sum(len(name) + len(value) for name, value in head) > LARGEST_HEAD:
        return Problem(431, "head_too_large", headers=_SHUT)
    names = [name for name, _ in head]
    # Two servers in a row that believe different ones see different requests.
    if b"transfer-encoding" in names and b"content-length" in names:
        return Problem(400, "unreadable", headers=_SHUT)
    return None
