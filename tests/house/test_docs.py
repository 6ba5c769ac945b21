"""What the documents name is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    if path.name != "CHANGELOG.md"  # tells of files as they were
)
FOLDERS = r"(?:arrears|workflows|activities|api|web|tests|scripts|benchmarks|docs|samples)"
# `arrears/store/tables.py`, `tests/house`, `arrears/store/(tables…`: a path in backticks, perhaps with a line or a test.
NAMED = re.compile(rf"`({FOLDERS}/[\w./*-]*)")
LINKED = re.compile(r"\]\(([^)#:\s]+)\)")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_a_document_names_exists(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    lost = {name for name in NAMED.findall(text) if not any(ROOT.glob(name.rstrip("/.")))}
    assert lost == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_of_a_document_leads_somewhere(document: str) -> None:
    here = (ROOT / document).parent
    links = LINKED.findall((ROOT / document).read_text(encoding="utf-8"))
    assert {link for link in links if not (here / link).exists()} == set()


def test_decisions_are_numbered_without_a_gap_and_say_one_line() -> None:
    decisions = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [path.name[:4] for path in decisions] == [f"{n:04d}" for n in range(1, len(decisions) + 1)]
    silent = [
        path.name for path in decisions if path.read_text(encoding="utf-8").count("\n**Decision: ") != 1
    ]
    assert silent == []


@pytest.mark.parametrize("word", ["setup", "demo", "test", "check", "fmt", "bench"])
def test_make_knows_its_six_words(word: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{word}:.* ## \w", makefile, flags=re.MULTILINE)
