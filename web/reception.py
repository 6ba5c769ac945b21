"""Receives every request for a page: who it is, which language; and answers when the house is on fire."""

from typing import Final

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth.sessions import Sessions, SignedIn
from api.errors import answer, problem_of
from api.traced import request_id
from arrears import logs
from web.language import choose, speaking
from web.mishap import Mishap
from web.visitor import KEYS, KEYS_COOKIE, LANGUAGE_COOKIE, THEME_COOKIE, THEMES, Visitor

PLAIN: Final = ("/static/", "/api/", "/health/", "/metrics")

_LISTENS: Final = ("/events", "/inbox/clocks")

log = structlog.get_logger(__name__)


class Reception:
    """Pure ASGI: the visitor is put into the request's state, the language into the context of its task."""

    def __init__(self, app: ASGIApp, *, sessions: Sessions, cookie: str, mishap: Mishap) -> None:
        self._app = app
        self._sessions = sessions
        self._cookie = cookie
        self._mishap = mishap

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            if scope["path"].startswith(PLAIN):
                await self._app(scope, receive, noting)
            else:
                await self._receive(scope, receive, noting)
        except Exception as broken:
            if started:
                raise
            response = self._answer_for(broken, Request(scope, receive))
            await response(scope, receive, send)

    async def _receive(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers, cookies = Headers(scope=scope), Request(scope).cookies
        state = scope.setdefault("state", {})
        # Also when the sessions cannot be read there is somebody to show a page to.
        state["visitor"] = _visitor(None, cookies, headers)
        # A page that only listens is nobody at work: it keeps no session alive.
        touch = not scope["path"].endswith(_LISTENS)
        signed_in = await run_in_threadpool(self._sessions.find, cookies.get(self._cookie), touch=touch)
        state["visitor"] = visitor = _visitor(signed_in, cookies, headers)
        with speaking(visitor.language):
            await self._app(scope, receive, send)

    def _answer_for(self, broken: Exception, request: Request) -> Response:
        """The reference on the page finds the line in the log; neither says anything about a person."""
        problem = problem_of(broken)
        log.error(
            "request failed",
            request_id=request_id(request),
            status=int(problem.status),
            error=logs.kinds(broken),
            where=logs.way(broken),
        )
        visitor: Visitor | None = getattr(request.state, "visitor", None)
        if visitor is None:
            return answer(request, problem)
        with speaking(visitor.language):
            return self._mishap(request, problem)


def _visitor(signed_in: SignedIn | None, cookies: dict[str, str], headers: Headers) -> Visitor:
    person = signed_in.person if signed_in else None
    theme, keys = cookies.get(THEME_COOKIE, ""), cookies.get(KEYS_COOKIE, "")
    return Visitor(
        person,
        signed_in.csrf if signed_in else "",
        choose(
            person.language if person else None, cookies.get(LANGUAGE_COOKIE), headers.get("accept-language")
        ),
        theme if theme in THEMES else THEMES[0],
        keys if keys in KEYS else KEYS[0],
        signed_in.handle if signed_in else "",
    )
