"""No page is posted by another site: every form is checked before anything reads it."""

import re
from collections.abc import AsyncGenerator
from typing import Final
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth import csrf
from api.errors import Problem
from arrears.channels.cabinet import LARGEST
from web.mishap import Mishap
from web.reception import PLAIN
from web.visitor import Visitor

LARGEST_FORM: Final = 64 * 1024
FORM: Final = "application/x-www-form-urlencoded"
WITH_FILES: Final = "multipart/form-data"
# The forms that carry a file, which is kept elsewhere and has a bar of its own.
UPLOADS: Final = re.compile(r"/approvals/[^/]+/evidence|/(cases|tasks)/[^/]+/comments")
LARGEST_UPLOAD: Final = LARGEST + LARGEST_FORM
_MOST_FIELDS: Final = 20
_MOST_CHOSEN: Final = 5000  # more than fit into a form; what a page takes of them at once, it says itself
# Sent without a token, by browsers themselves and by the Temporal UI; they change nothing.
_READS: Final = ("/csp", "/codec/decode")


class Sealed:
    """Pure ASGI; reads the whole form (small by rule, but for the one that carries a file), checks it, then hands it on as it came."""

    def __init__(self, app: ASGIApp, *, mishap: Mishap) -> None:
        self._app = app
        self._mishap = mishap

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_act(scope):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        takes_file = UPLOADS.fullmatch(scope["path"]) is not None and _kind(headers) == WITH_FILES
        body = await _whole(receive, LARGEST_UPLOAD if takes_file else LARGEST_FORM)
        sent = await _sent(headers, body or b"", takes_file=takes_file)
        problem = _refusal(scope, headers, body, sent, takes_file=takes_file)
        if problem is None:
            await self._app(scope, _again(body or b"", receive), send)
            return
        response = self._mishap(Request(scope, receive), problem)
        await response(scope, receive, send)


def _is_act(scope: Scope) -> bool:
    path = scope["path"]
    return scope["method"] not in csrf.SAFE_METHODS and not path.startswith(PLAIN) and path not in _READS


def _kind(headers: Headers) -> str:
    return headers.get("content-type", FORM).split(";")[0].strip().lower()


async def _sent(headers: Headers, body: bytes, *, takes_file: bool) -> str | None:
    """The token that came along."""
    if csrf.HEADER in headers:
        return headers[csrf.HEADER]
    return await _field_beside_file(headers, body) if takes_file else _field(body)


async def _field_beside_file(headers: Headers, body: bytes) -> str | None:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    parser = MultiPartParser(headers, stream(), max_files=1, max_fields=_MOST_FIELDS)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError):
        return None
    values = form.getlist(csrf.FIELD)
    await form.close()
    return values[0] if len(values) == 1 and isinstance(values[0], str) else None


def _refusal(
    scope: Scope, headers: Headers, body: bytes | None, sent: str | None, *, takes_file: bool
) -> Problem | None:
    if body is None:
        return Problem(413, "too_large")
    if not takes_file and _kind(headers) != FORM:
        return Problem(415, "media_type")
    visitor: Visitor = scope["state"]["visitor"]
    host = headers.get("host", "")
    if visitor.person is None:
        # Nobody's session speaks for this request; it must still come from a page of ours.
        return None if csrf.is_from_here(headers, host=host) else Problem(403, "cross_site")
    allowed = csrf.may_pass(scope["method"], headers, host=host, sent=sent, bound=visitor.csrf)
    return None if allowed else Problem(403, "cross_site")


def _field(body: bytes) -> str | None:
    try:
        values = parse_qs(body.decode("utf-8"), max_num_fields=_MOST_CHOSEN).get(csrf.FIELD, [])
    except (UnicodeDecodeError, ValueError):
        return None
    return values[0] if len(values) == 1 else None


async def _whole(receive: Receive, most: int) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > most:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
