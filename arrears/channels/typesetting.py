"""The only place that knows Typst: a template and its data in, a PDF for the evidence file out."""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import typst
from pylopdf_fonts_zh_cn import serif_path

TEMPLATES: Final = Path(__file__).parent / "letters"

_NO_GLYPH: Final = re.compile(r'the text `"(.+?)"` could not be displayed')
_MOST_SPELT_OUT: Final = 100
_SCREEN: Final = 110  # dots an inch: sharp at the width of a column
_ESCAPED: Final = re.compile(r"\\u\{([0-9a-f]+)\}")  # how Typst quotes what is not printable


class LetterUnprintable(Exception):
    """A field holds a character that would not appear on paper as it is; the message names the field only."""


def typeset(template: str, data: Mapping[str, str], *, at: datetime) -> bytes:
    """The same template, data and instant give the same bytes, whenever and wherever they are set."""
    for field, value in data.items():
        if not all(map(_leaves_a_mark, value)):
            raise LetterUnprintable(f"{field} holds an invisible character")
    pdf, lacking = _set(template, data, at=at)
    if lacking:
        raise LetterUnprintable(f"{_field_with(lacking, data)} holds a character the letter fonts lack")
    return pdf


def typeset_pictures(template: str, data: Mapping[str, str], *, at: datetime) -> tuple[bytes, ...]:
    """The pages of what `typeset` makes, as PNG. It is for a screen: whether all can be printed `typeset` says."""
    pages = _compiler(template).compile(
        format="png",
        ppi=_SCREEN,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        timestamp=int(at.timestamp()),
    )
    return (pages,) if isinstance(pages, bytes) else tuple(pages or ())


def typeset_record(template: str, data: Mapping[str, Any], *, at: datetime) -> bytes:
    """As `typeset`, for a record that must leave nothing out: a character without a glyph stands as its code point.

    `data` may nest. Raises LetterUnprintable when it takes more than a hundred of them.
    """
    spelt = _respelt(data, _invisible_by_code)
    for _ in range(_MOST_SPELT_OUT):
        pdf, lacking = _set(template, spelt, at=at)
        if not lacking:
            return pdf
        strange = frozenset(lacking)
        spelt = _respelt(spelt, lambda text, strange=strange: _by_code(text, strange))  # type: ignore[misc]
    raise LetterUnprintable("the record holds too many characters the letter fonts lack")


def _set(template: str, data: Mapping[str, Any], *, at: datetime) -> tuple[bytes, str]:
    """The document, or the text that could not be printed."""
    try:
        pdf = _compiler(template).compile(
            format="pdf",
            # Data never becomes source: a name full of Typst's own signs prints as it is.
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            # PDF/A also makes a missing glyph an error, where plain PDF would print an empty box.
            pdf_standards=["a-2b"],
            timestamp=int(at.timestamp()),
        )
    except typst.TypstError as error:
        lacking = _NO_GLYPH.search(error.message)
        if lacking is None:
            raise
    else:
        assert isinstance(pdf, bytes), "a PDF is one document, not a list of pages"
        return pdf, ""
    # Outside the handler: Typst quotes the text it could not print, and that may be a name.
    return b"", _ESCAPED.sub(lambda found: chr(int(found[1], 16)), lacking[1])


def _compiler(template: str) -> typst.Compiler:
    return typst.Compiler(TEMPLATES / template, root=TEMPLATES, font_paths=_fonts(), ignore_system_fonts=True)


def _respelt(value: Any, spell: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return spell(value)
    if isinstance(value, Mapping):
        return {name: _respelt(one, spell) for name, one in value.items()}
    return [_respelt(one, spell) for one in value]


def _invisible_by_code(text: str) -> str:
    return _by_code(text, frozenset(one for one in text if not _leaves_a_mark(one)))


def _by_code(text: str, strange: frozenset[str]) -> str:
    return "".join(f"[U+{ord(one):04X}]" if one in strange else one for one in text)


def _leaves_a_mark(character: str) -> bool:
    """Controls, direction marks, surrogates: they print as nothing and can change what is read around them."""
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs")


@cache
def _fonts() -> typst.Fonts:
    """Only what the package ships, so that a letter looks alike on every machine."""
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[serif_path().parent],  # the sans family lies beside it
    )


def _field_with(text: str, data: Mapping[str, str]) -> str:
    return next((field for field, value in data.items() if text in value), "the letter")
