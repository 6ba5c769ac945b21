"""Which language a page speaks: the catalogues, the choice, and the words of the moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

DEFAULT: Final = "zh-CN"
# Each tag with the name a speaker of it looks for.
LANGUAGES: Final = {"zh-CN": "中文", "en": "English"}

_LOCALES: Final = Path(__file__).parent / "locales"
_spoken: ContextVar[str] = ContextVar("spoken", default=DEFAULT)


@contextmanager
def speaking(tag: str) -> Iterator[None]:
    """Inside the block every word is of language `tag`; an unknown one falls back to the default."""
    token = _spoken.set(tag if tag in LANGUAGES else DEFAULT)
    try:
        yield
    finally:
        _spoken.reset(token)


def spoken() -> str:
    return _spoken.get()


def locale() -> Locale:
    return _locale(spoken())


def choose(*wishes: str | None) -> str:
    """The first wish we speak: a setting, a cookie, then an Accept-Language header (which holds several)."""
    for wish in wishes:
        for tag in _by_weight(wish or ""):
            found = _closest(tag)
            if found:
                return found
    return DEFAULT


def gettext(message: str) -> str:
    return _catalogue(spoken()).gettext(message)


def ngettext(singular: str, plural: str, n: int) -> str:
    return _catalogue(spoken()).ngettext(singular, plural, n)


def pgettext(context: str, message: str) -> str:
    # The type says `str | object` because a catalogue may hold plural forms under a context.
    return str(_catalogue(spoken()).pgettext(context, message))


def npgettext(context: str, singular: str, plural: str, n: int) -> str:
    return str(_catalogue(spoken()).npgettext(context, singular, plural, n))


def _by_weight(header: str) -> list[str]:
    weighted = []
    for place, part in enumerate(header.split(",")):
        tag, _, parameter = part.strip().partition(";")
        weighted.append((-_weight(parameter), place, tag.strip()))
    return [tag for weight, _, tag in sorted(weighted) if tag and weight < 0]


def _weight(parameter: str) -> float:
    try:
        return float(parameter.strip().removeprefix("q=")) if parameter else 1.0
    except ValueError:
        return 0.0


def _closest(tag: str) -> str | None:
    primary = tag.replace("_", "-").split("-")[0].lower()
    return next((known for known in LANGUAGES if known.split("-")[0] == primary), None)


@cache
def _locale(tag: str) -> Locale:
    return Locale.parse(tag, sep="-")


@cache
def _catalogue(tag: str) -> NullTranslations:
    folder = _LOCALES / tag.replace("-", "_") / "LC_MESSAGES"
    source, compiled = folder / "messages.po", folder / "messages.mo"
    if not source.exists():
        return NullTranslations()  # the words in the code are English
    if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
        with compiled.open("rb") as file:
            return Translations(file)
    return Translations(_compile(source))


def _compile(source: Path) -> BytesIO:
    """For a working tree in which nobody has compiled the newest words."""
    packed = BytesIO()
    with source.open("rb") as file:
        write_mo(packed, read_po(file))
    packed.seek(0)
    return packed
