"""Reads a page as a test needs it: what it says, where its links and forms lead."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx

VOID = frozenset({"meta", "link", "input", "br", "hr", "use", "path", "circle", "rect"})


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Page:
    elements: list[Element] = field(default_factory=list)

    def all(self, tag: str, **wanted: str) -> list[Element]:
        return [
            one
            for one in self.elements
            if one.tag == tag
            and all(
                one.attributes.get(name.rstrip("_").replace("_", "-")) == value
                for name, value in wanted.items()
            )
        ]

    def one(self, tag: str, **wanted: str) -> Element:
        (found,) = self.all(tag, **wanted)
        return found

    def has_class(self, name: str) -> list[Element]:
        return [one for one in self.elements if name in one.attributes.get("class", "").split()]

    @property
    def words(self) -> str:
        return " ".join(one.text for one in self.elements)

    @property
    def links(self) -> dict[str, str]:
        """Where each link leads, by its words."""
        return {
            " ".join(one.text.split()): one.attributes["href"] for one in self.all("a") if one.text.strip()
        }

    @property
    def actions(self) -> list[str]:
        return [one.attributes["action"] for one in self.all("form") if "action" in one.attributes]


def read(response: httpx.Response) -> Page:
    parser = _Reader()
    parser.feed(response.text)
    return Page(parser.elements)


class _Reader(HTMLParser):
    """An element's text is all text inside it."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            if self._open.pop().tag == tag:
                return

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data
