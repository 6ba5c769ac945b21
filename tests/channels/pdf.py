"""Reads the words of our own PDFs back, as a reader's copy-and-paste would: by each font's map to Unicode."""

import re
import struct
import zlib
from dataclasses import dataclass
from typing import Final

_OBJECT: Final = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
# Strings, names, operators; a parenthesis inside a string is balanced or escaped, three levels are plenty.
_INNER: Final = rb"(?:\\.|[^\\()])"
_NESTED: Final = rb"\((?:" + _INNER + rb"|\((?:" + _INNER + rb"|\(" + _INNER + rb"*\))*\))*\)"
_TOKEN: Final = re.compile(rb"(" + _NESTED + rb")|<([0-9A-Fa-f]+)>|/(f\d+) [\d.]+ Tf|(TJ|Tj|BDC)", re.DOTALL)
_ESCAPE: Final = re.compile(rb"\\([0-7]{1,3}|\r?\n|.)", re.DOTALL)
_LETTER: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


@dataclass(frozen=True)
class Font:
    name: str
    is_embedded: bool
    characters: dict[int, str]


class Pdf:
    def __init__(self, content: bytes) -> None:
        self._objects: dict[int, bytes] = {int(number): body for number, body in _OBJECT.findall(content)}
        self.fonts: list[Font] = []
        self.pages = [self._words(page) for page in self._objects.values() if b"/Type/Page/" in page]

    @property
    def text(self) -> str:
        """Without blanks and breaks, which a page has where the lines end."""
        return "".join("".join(self.pages).split())

    def metadata(self) -> str:
        packet = next(body for body in self._objects.values() if b"/Type/Metadata" in body)
        return packet.decode("utf-8", "replace")

    def _fonts_of(self, page: bytes) -> dict[bytes, Font]:
        named = re.search(rb"/Font<<(.*?)>>", self._objects[_reference(b"/Resources", page)])
        assert named is not None
        fonts = {name: self._font(int(at)) for name, at in re.findall(rb"/(\w+) (\d+) 0 R", named[1])}
        self.fonts.extend(fonts.values())
        return fonts

    def _font(self, number: int) -> Font:
        font = self._objects[number]
        descendant = re.search(rb"/DescendantFonts\[(\d+) 0 R\]", font)
        assert descendant is not None
        facts = self._objects[_reference(b"/FontDescriptor", self._objects[int(descendant[1])])]
        name = re.search(rb"/FontName/(?:[A-Z]{6}\+)?([\w-]+)", facts)
        assert name is not None
        to_unicode = self._stream(_reference(b"/ToUnicode", font))
        characters = {
            int(code, 16): bytes.fromhex(points.decode()).decode("utf-16-be")
            for code, points in re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>\n", to_unicode)
        }
        return Font(name[1].decode(), b"/FontFile" in facts, characters)

    def _stream(self, number: int) -> bytes:
        _, _, body = self._objects[number].partition(b"stream\n")
        return zlib.decompress(body.removesuffix(b"\nendstream"))

    def _words(self, page: bytes) -> str:
        fonts, characters, shown = self._fonts_of(page), dict[int, str](), ""
        codes = b""
        for literal, digits, font, operator in _TOKEN.findall(self._stream(_reference(b"/Contents", page))):
            codes += _ESCAPE.sub(_unescape, literal[1:-1]) if literal else bytes.fromhex(digits.decode())
            if font:
                characters = fonts[font].characters
            if operator in (b"TJ", b"Tj"):
                shown += "".join(characters[code] for (code,) in struct.iter_unpack(">H", codes))
            if operator:
                codes = b""
        return shown


def _unescape(found: re.Match[bytes]) -> bytes:
    escape = found[1]
    if escape[:1].isdigit():
        return bytes([int(escape, 8)])
    return b"" if escape.strip() == b"" else _LETTER.get(escape, escape)


def _reference(key: bytes, body: bytes) -> int:
    found = re.search(key + rb" (\d+) 0 R", body)
    assert found is not None, f"no {key!r}"
    return int(found[1])
