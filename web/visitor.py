"""Who looks at a page, in which language and theme, and where a visitor may be sent."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request

from api.auth.person import Person

LANGUAGE_COOKIE: Final = "language"
THEME_COOKIE: Final = "theme"
THEMES: Final = ("light", "dark")
KEYS_COOKIE: Final = "keys"
KEYS: Final = ("on", "off")


@dataclass(frozen=True)
class Visitor:
    """`person` is None before the sign-in; `csrf` is the token of the session, empty without one."""

    person: Person | None
    csrf: str
    language: str
    theme: str
    keys: str  # single-key shortcuts, on or off (WCAG 2.1.4)
    handle: str = ""  # names the session in "where I am signed in"


def visitor_of(request: Request) -> Visitor:
    visitor: Visitor = request.state.visitor
    return visitor


Anyone = Annotated[Visitor, Depends(visitor_of)]


def safe_next(wanted: str | None) -> str:
    """An address on this server, or the front page: nobody is sent elsewhere from here."""
    if not wanted or not wanted.startswith("/") or wanted.startswith("//"):
        return "/"
    return wanted if wanted.isascii() and wanted.isprintable() and "\\" not in wanted else "/"
