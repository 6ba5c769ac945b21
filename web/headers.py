"""The headers every answer carries: what a page may load, who may frame it, who may keep it."""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.assets import PREFIX

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; report-uri /csp"
)
_ALWAYS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Robots-Tag": "noindex",
}
_ONE_YEAR: Final = "max-age=31536000"


class SecurityHeaders:
    """Outermost, so that an error page carries them too."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._dress(MutableHeaders(scope=message), scope["path"])
            await send(message)

        await self._app(scope, receive, dressed)

    def _dress(self, headers: MutableHeaders, path: str) -> None:
        for name, value in _ALWAYS.items():
            headers.setdefault(name, value)
        if self._secure:
            headers.setdefault("Strict-Transport-Security", _ONE_YEAR)
        if not path.startswith(f"{PREFIX}/"):
            headers.setdefault("Cache-Control", "no-store")
            headers.add_vary_header("HX-Request, Cookie")
