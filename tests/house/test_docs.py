"""What the documents name is there, and what is there is named in them."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from arrears.cli.main import VERBS, load
from arrears.settings import Settings
from web import words
from web.story import INCIDENTS

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("arrears", "workflows", "activities", "api", "web")
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "samples").rglob("*.md")]
    if path.name != "CHANGELOG.md"  # tells of files as they were
)
FOLDERS = r"(?:arrears|workflows|activities|api|web|tests|scripts|benchmarks|docs|samples)"
# `arrears/store/tables.py`, `tests/house`, `arrears/store/(tables…`: a path in backticks, perhaps with a line or a test.
NAMED = re.compile(rf"`({FOLDERS}/[\w./*-]*)")
LINKED = re.compile(r"\]\(([^)#:\s]+)\)")
PICTURED = re.compile(r'<img src="([^"]+)"')


def _text(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


# ---- files -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_a_document_names_exists(document: str) -> None:
    lost = {name for name in NAMED.findall(_text(document)) if not any(ROOT.glob(name.rstrip("/.")))}
    assert lost == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_of_a_document_leads_somewhere(document: str) -> None:
    here = (ROOT / document).parent
    assert {link for link in LINKED.findall(_text(document)) if not (here / link).exists()} == set()


def test_every_picture_of_the_front_page_was_taken() -> None:
    pictures = PICTURED.findall(_text("README.md"))
    assert len(pictures) >= 4
    assert {picture for picture in pictures if not (ROOT / picture).is_file()} == set()


def test_decisions_are_numbered_without_a_gap_and_say_one_line() -> None:
    decisions = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [path.name[:4] for path in decisions] == [f"{n:04d}" for n in range(1, len(decisions) + 1)]
    silent = [
        path.name for path in decisions if path.read_text(encoding="utf-8").count("\n**Decision: ") != 1
    ]
    assert silent == []


@pytest.mark.parametrize("word", ["setup", "demo", "test", "check", "fmt", "bench", "chaos"])
def test_make_knows_its_seven_words(word: str) -> None:
    assert re.search(rf"^{word}:.* ## \w", _text("Makefile"), flags=re.MULTILINE)


# ---- walks -----------------------------------------------------------------------------------------------


def _sections(document: str) -> dict[str, str]:
    """The text below each heading, up to the next heading of any depth."""
    parts = re.split(r"^#{1,3} (.+)$", _text(document), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


WALKS = {name: text for name, text in _sections("docs/flows.md").items() if "\n1. " in text}
STEP = re.compile(r"^(\d+)\. (.+(?:\n   .+)*)", re.MULTILINE)


def test_there_are_walks_to_follow() -> None:
    assert {name[0] for name in WALKS} >= {"T", "A", "B", "C", "D"}  # "The loop" and four walks


@pytest.mark.parametrize("walk", WALKS)
def test_each_step_of_a_walk_is_the_next_one_and_names_its_file(walk: str) -> None:
    steps = STEP.findall(WALKS[walk])
    assert [int(number) for number, _ in steps] == list(range(1, len(steps) + 1))
    assert [number for number, step in steps if not NAMED.findall(step)] == []


@pytest.mark.parametrize("walk", WALKS)
def test_no_walk_goes_to_one_file_twice(walk: str) -> None:
    visited = [NAMED.findall(step)[0] for _, step in STEP.findall(WALKS[walk])]
    assert [file for file in visited if visited.count(file) > 1] == []


# ---- verbs -----------------------------------------------------------------------------------------------


@cache
def _verbs() -> set[str]:
    verbs = set()
    for verb in VERBS:
        below = getattr(load(verb), "commands", {})
        verbs |= {f"{verb} {name}" for name in below} or {verb}
    return verbs


def _verb_of(words_said: str) -> str:
    first, _, rest = words_said.partition(" ")
    second = rest.partition(" ")[0]
    return f"{first} {second}" if f"{first} {second}" in _verbs() else first


def test_the_front_page_has_each_verb_once_and_no_other() -> None:
    told = re.findall(r"^\| `arrears ([^`]+)` \|", _text("README.md"), flags=re.MULTILINE)
    assert sorted(map(_verb_of, told)) == sorted(_verbs())


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_document_sends_to_a_verb_that_is_not_there(document: str) -> None:
    said = re.findall(r"`(?:\.venv/bin/)?arrears ([a-z]+)", _text(document))
    assert set(said) - set(VERBS) == set()


# ---- settings --------------------------------------------------------------------------------------------

SETTING = re.compile(r"^\| `ARREARS_(\w+)` \| (\S+) \|", re.MULTILINE)
# Asked for by tests and benchmarks, which are no part of the product.
BESIDE = {"ARREARS_TEST_REQUIRE", "ARREARS_TEST_CLUSTER", "ARREARS_BENCH_POSTGRES"}


def test_every_setting_is_told_with_its_default() -> None:
    told = dict(SETTING.findall(_text("docs/operating.md")))
    known = {name.upper(): _shown(field.default) for name, field in Settings.model_fields.items()}
    assert told == known


def _shown(default: object) -> str:
    if default is None:
        return "—"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_document_names_a_setting_that_is_not_there(document: str) -> None:
    known = {f"ARREARS_{name.upper()}" for name in Settings.model_fields} | BESIDE
    assert set(re.findall(r"\bARREARS_[A-Z_]*[A-Z]", _text(document))) - known == set()


# ---- words -----------------------------------------------------------------------------------------------

VOCABULARIES: dict[str, words.Words] = {
    "Stages": words.STAGES,
    "Tasks": words.TASKS,
    "Answers": words.ANSWERS,
    "Roles": words.ROLES,
    "Clocks": words.CLOCKS,
    "Notices": words.NOTICES,
    "Messages": words.MESSAGES,
    "Closing reasons": words.CLOSINGS,
    "Tiers": words.TIERS,
    "Payments": words.PAYMENTS,
    "Standings": words.STANDINGS,
}


def _rows(text: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def _catalogue() -> Catalog:
    with (ROOT / "web/locales/zh_CN/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file)


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_glossary_and_pages_call_a_thing_alike(vocabulary: str) -> None:
    catalogue = _catalogue()
    shown: dict[str, tuple[str, str]] = {}
    for code, (context, english) in VOCABULARIES[vocabulary].items():
        message = catalogue.get(english, context)
        assert message is not None, f"{english} has no Chinese"
        shown[f"`{code}`"] = (str(message.string), english)
    told = {row[3]: (row[0], row[1]) for row in _rows(_sections("docs/glossary.md")[vocabulary])}
    assert told == shown


def _source() -> str:
    files = [path for name in PACKAGES for path in (ROOT / name).rglob("*.*")]
    kept = [path for path in files if path.suffix in {".py", ".toml", ".html"}]
    return "\n".join(path.read_text(encoding="utf-8") for path in kept)


def test_every_name_in_the_glossary_is_in_the_code() -> None:
    rows = [row for text in _sections("docs/glossary.md").values() for row in _rows(text) if len(row) == 4]
    assert len(rows) > 100
    assert [row[1] for row in rows if not (row[0] and row[1])] == []
    nameless = [row[1] for row in rows if row[3] != "—" and not re.findall(r"`[^`]+`", row[3])]
    assert nameless == []
    source = _source()
    names = {name for row in rows for name in re.findall(r"`([^`]+)`", row[3])}
    unseen = names - set(re.findall(r"[\w-]+", source))
    assert {
        name for name in unseen if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", source)
    } == set()


def test_each_thing_has_one_row_in_the_glossary() -> None:
    sections = _sections("docs/glossary.md")
    terms = [
        row[1]
        for name, text in sections.items()
        if name not in VOCABULARIES
        for row in _rows(text)
        if len(row) == 4
    ]
    assert [term for term in terms if terms.count(term) > 1] == []


@pytest.mark.parametrize("kind", sorted(INCIDENTS))
def test_operators_are_told_what_to_do_about_each_incident(kind: str) -> None:
    told = [row for row in _rows(_sections("docs/operating.md")["Incidents"]) if row[0] == f"`{kind}`"]
    assert len(told) == 1
    assert all(told[0])


# ---- what no file of the project holds -------------------------------------------------------------------

# Folders of one machine. Written so that this line does not find itself.
ELSEWHERE = re.compile(r"(?<![\w.~])/(?:work|root|home|Users)/\w")
# How the project came to be is not part of it. Browsers and databases have sessions, and user agents, too.
MAKING = re.compile(
    r"(?i)\b(?:sub-?agents?|(?:coding|ai|helper) agents?|language models?|LLMs?|GPT-\d|ChatGPT|Copilot|Anthropic|OpenAI"
    r"|context window|system prompt|as an AI|AI-(?:made|written|generated|assisted)"
    r"|(?:coding|working|development|earlier|previous|next) sessions? (?:of|on) (?:the|this) project"
    r"|(?:in|by|from) (?:an? )?(?:earlier|previous|other|next|this) (?:coding |working )?session\b(?! (?:cookie|token|row))"
    r"|(?:design|style|rulebook|brief)\.md)\b"
)


def _project_files() -> Iterator[tuple[str, str]]:
    """Every text file that is or will be kept; others' code and the lock are theirs."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if "vendor" in path.parts or name in {"uv.lock", "tests/house/test_docs.py"} or not path.is_file():
            continue
        try:
            yield name, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # packed data, pictures


def _found(pattern: re.Pattern[str]) -> Mapping[str, list[str]]:
    found = {name: pattern.findall(text) for name, text in _project_files()}
    return {name: hits for name, hits in found.items() if hits}


def test_no_file_names_a_folder_of_one_machine() -> None:
    assert _found(ELSEWHERE) == {}


def test_no_file_tells_how_it_was_made() -> None:
    assert _found(MAKING) == {}


@pytest.mark.parametrize(
    "said",
    [
        "a browser session ends after ten hours",
        "the token of another session",
        "the session cookie; in this session row",
        "User-Agent: curl",
        "a collection agency",
        "https://example.org/home/page and ~/.cache and api/routes.py",
    ],
)
def test_plain_words_are_not_taken_for_these(said: str) -> None:
    assert not MAKING.search(said)
    assert not ELSEWHERE.search(said)


@pytest.mark.parametrize(
    "said",
    ["see design" + ".md", "written by a sub" + "agent", "found in an earlier " + "session", "an L" + "LM"],
)
def test_these_words_are_found(said: str) -> None:
    assert MAKING.search(said)


def test_a_folder_of_one_machine_is_found() -> None:
    assert ELSEWHERE.search("open /" + "root/project/x.py")
