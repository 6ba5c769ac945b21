"""Gathers the words of all pages and brings the Chinese catalogue up to them; prints what still lacks words.

Run it after changing a sentence, then fill in what it names: `python scripts/gather_words.py`. English needs no
catalogue: the words in the code are English.
"""

from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

HOUSE: Final = Path(__file__).resolve().parent.parent
CATALOGUE: Final = HOUSE / "web" / "locales" / "zh_CN" / "LC_MESSAGES" / "messages.po"
HEADER: Final = """\
# The words of Arrears in Chinese.
msgid ""
msgstr ""
"Project-Id-Version: arrears\\n"
"Language: zh_CN\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
# `term("stage", "Formal")` marks words that are spoken elsewhere.
KEYWORDS: Final = {**DEFAULT_KEYWORDS, "term": ((1, "c"), 2)}


def gather() -> Catalog:
    """Every sentence of code and templates, in the order of the files."""
    with (HOUSE / "babel.cfg").open(encoding="utf-8") as mapping:
        methods, options = parse_mapping_cfg(mapping)  # type: ignore[no-untyped-call]  # Babel's
    found = Catalog(project="arrears", fuzzy=False)
    for folder in ("api", "web", "workflows"):
        under = [(pattern.removeprefix(f"{folder}/"), method) for pattern, method in methods]
        named = {pattern.removeprefix(f"{folder}/"): option for pattern, option in options.items()}
        rows = extract_from_dir(HOUSE / folder, under, named, KEYWORDS, strip_comment_tags=True)
        for name, _line, message, comments, context in sorted(rows, key=lambda row: row[:2]):
            # Without line numbers: a moved line changes no catalogue.
            found.add(message, None, [(f"{folder}/{name}", 0)], auto_comments=comments, context=context)
    return found


def kept() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh_CN")


def lacking(catalogue: Catalog) -> list[str]:
    """Sentences without words of their own, or with words that were only guessed."""
    return [str(message.id) for message in catalogue if message.id and (message.fuzzy or not _told(message))]


def _told(message: Message) -> bool:
    words = message.string if isinstance(message.string, list | tuple) else [message.string]
    return all(words)


def _written(catalogue: Catalog) -> bytes:
    """Sorted and without dates, so that only a changed sentence changes the file."""
    body = BytesIO()
    write_po(body, catalogue, width=110, omit_header=True, sort_output=True, include_lineno=False)
    return HEADER.encode() + body.getvalue()


def main() -> None:
    catalogue = kept() if CATALOGUE.exists() else Catalog(locale="zh_CN", fuzzy=False)
    catalogue.update(gather(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    CATALOGUE.write_bytes(_written(catalogue))
    for sentence in lacking(catalogue):
        print(sentence)


if __name__ == "__main__":
    main()
