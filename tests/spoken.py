"""What a page says, in either language of the bank: written in the tests as the Chinese page says it."""

from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.pofile import read_po

LANGUAGES: Final = ("zh-CN", "en")
_CATALOGUE: Final = Path(__file__).parents[1] / "web" / "locales" / "zh_CN" / "LC_MESSAGES" / "messages.po"


class Spoken:
    """`say("已完成：%(answer)s", answer=say("占线"))` is what stands on the page in this language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, chinese: str, meaning: str | None = None, **parts: str) -> str:
        """`meaning` is the context or the English of words that mean several things.

        Raises LookupError for what no page says, or what has several meanings.
        """
        english = {said for where, said in _sources().get(chinese, ()) if meaning in (None, where, said)}
        if len(english) != 1:
            raise LookupError(f"{chinese}: {sorted(english)}")
        words = chinese if self.language == "zh-CN" else english.pop()
        return words % parts if parts else words


@cache
def _sources() -> dict[str, set[tuple[str, str]]]:
    """English sources by what they are in Chinese, each with its context."""
    found: dict[str, set[tuple[str, str]]] = {}
    with _CATALOGUE.open("rb") as file:
        for message in read_po(file):
            if isinstance(message.id, str) and isinstance(message.string, str) and message.id:
                found.setdefault(message.string, set()).add((message.context or "", message.id))
    return found
