"""A stage of the way is written down in few places, and everything else reads it there (CONTRIBUTING, "A stage")."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from arrears.policy.course import COURSE, WAY, Stage

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("arrears", "workflows", "activities", "api", "web", "scripts", "benchmarks")

# Who may name the stages one by one: what a stage is, what is asked in it, its numbers, its words, its chip.
ALLOWED = {
    "arrears/policy/course.py",
    "arrears/policy/stages.py",
    "workflows/prose.py",
    "web/static/app.css",
}
# What a new stage must touch, and the lines to write, each after the line that it names.
LINES = {
    "arrears/policy/course.py": [
        ('    FORMAL = "formal"\n', '    MEDIATION = "mediation"\n'),
        (
            '    Stage.FORMAL: Step("overdue_again", "escalated", says=("owed", "notice", "ask")),\n',
            "    Stage.MEDIATION: Step(lasts=True),\n",
        ),
    ],
    "arrears/policy/packs/cn-bank-2026.toml": [
        ("hold_review = 2\n", "\n[stage_days]\nmediation = 20\n"),
    ],
    "workflows/prose.py": [
        (
            '    Stage.FORMAL: term("stage", "Formal"),\n',
            '    Stage.MEDIATION: term("stage", "Mediation"),\n',
        ),
    ],
    "web/locales/zh_CN/LC_MESSAGES/messages.po": [
        (
            'msgctxt "stage"\nmsgid "Legal"\nmsgstr "法律程序"\n',
            '\nmsgctxt "stage"\nmsgid "Mediation"\nmsgstr "诉前调解"\n',
        ),
    ],
    "web/static/app.css": [
        (
            "  .stage-formal { background: var(--warn-s); color: var(--warn); }\n",
            "  .stage-mediation { background: var(--bad-s); color: var(--bad); }\n",
        ),
    ],
}


# ---- who names them ------------------------------------------------------------------------------------------


def _named_in_code(source: str) -> set[str]:
    nodes = list(ast.walk(ast.parse(source)))
    members = {node.attr.lower() for node in nodes if isinstance(node, ast.Attribute) and _is_stage(node)}
    words = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {stage.value for stage in WAY} & (members | words)


def _is_stage(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "Stage"


def _named_in_text(text: str) -> set[str]:
    names = "|".join(stage.value for stage in WAY)
    return {a or b for a, b in re.findall(rf"""\.stage-({names})\b|["']({names})["']""", text)}


def _files() -> Iterator[Path]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            is_ours = path.suffix in (".py", ".html", ".css", ".js", ".sql") and "vendor" not in path.parts
            if is_ours and "migrations" not in path.parts:
                yield path


def test_only_these_files_name_the_stages_one_by_one() -> None:
    """One stage alone may be named wherever a rule is about it; two are the beginning of a list."""
    found = set()
    for path in _files():
        text = path.read_text(encoding="utf-8")
        named = _named_in_code(text) if path.suffix == ".py" else _named_in_text(text)
        if len(named) > 1:
            found.add(path.relative_to(ROOT).as_posix())
    assert found == ALLOWED, "read arrears.policy.course instead: WAY, COURSE, way(), after()"


def test_two_stages_in_one_file_are_seen_however_they_are_written() -> None:
    assert _named_in_code('x = (Stage.INITIAL, "legal")') == {"initial", "legal"}
    assert _named_in_code('"""Of Stage.INITIAL and legal."""\ny = Stage.FORMAL') == {"formal"}
    assert _named_in_text("{% if stage == 'formal' %}") == {"formal"}
    assert _named_in_text(".stage-legal { } .stage-initial { }") == {"legal", "initial"}


def test_every_stage_is_told_and_has_a_chip() -> None:
    style = (ROOT / "web/static/app.css").read_text(encoding="utf-8")
    assert set(COURSE) == set(Stage)
    assert [stage.value for stage in Stage if f".stage-{stage} {{" not in style] == []


# ---- the example of CONTRIBUTING, done -----------------------------------------------------------------------

# Run in the copy, where a stage more is on the way.
SENT_THROUGH = """
from pathlib import Path

import arrears
from arrears.policy.course import WAY, Stage
from arrears.policy.rulebook import CHAPTERS
from arrears.policy.state import Clock
from arrears.policy.tasks import Outcome
from tests.policy.builders import ADVISOR, CALENDAR, SECOND, a_case, a_filing, full_terms
from web import words
from workflows.telling import attributes, explained

assert Path(arrears.__file__).is_relative_to(Path.cwd()), arrears.__file__
assert [stage.value for stage in WAY] == ["initial", "formal", "mediation", "legal"]
[t7] = [rules["T7"] for rules in CHAPTERS.values() if "T7" in rules]
assert "stage_days.mediation" in t7.numbers
assert words.STAGES["mediation"] == ("stage", "Mediation")

case = a_filing()  # as far as the approval of two takes it
assert case.state.stage is Stage.MEDIATION, case.state.stage
assert set(case.state.tasks) == {"follow_up"} and case.state.approval is not None
assert case.deadline(Clock.ENTER_LEGAL) == CALENDAR.start_of(case.today) + 20 * 86_400
assert attributes(case.state)["CaseStage"] == "mediation"
said = [line for lines in explained(case.state, case.now, CALENDAR).values() for line in lines]
assert any(line.startswith("In the stage \\u201cMediation\\u201d since 20") for line in said), said
assert any("takes effect" in line for line in said), said

paid = a_filing()
paid.pay(paid.state.overdue)
assert paid.state.closed == "CURED"
paid.reverse("P1", paid.money)
assert not paid.state.closed and paid.state.stage is Stage.MEDIATION and paid.state.approval is None
paid.wake_until(Clock.LEGAL_REVIEW)

less = a_filing()
less.pay(100)  # other figures: both are asked again, and then it is the court's turn
assert set(less.state.tasks) == {"follow_up", "legal_review"} and less.state.stage is Stage.MEDIATION
less.sue(ADVISOR).approve(SECOND).wake_until(Clock.ENTER_LEGAL)
assert less.state.stage is Stage.LEGAL

case.talk(Outcome.NO_ANSWER).wake_until(Clock.ENTER_LEGAL)
assert case.state.stage is Stage.LEGAL and "filing" in case.state.tasks and case.state.approval is None

before = a_case(Stage.LEGAL, terms=full_terms(stage_days={}))
assert before.state.stage is Stage.LEGAL
print("sent through")
"""


def test_a_stage_more_takes_five_files_and_a_case_goes_through_it(tmp_path: Path) -> None:
    assert len(LINES) <= 5
    _copy(tmp_path)
    for name, pairs in LINES.items():
        file = tmp_path / name
        for above, line in pairs:
            text = file.read_text(encoding="utf-8")
            assert text.count(above) == 1, f"{name} no longer has {above!r}"
            file.write_text(text.replace(above, above + line), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", SENT_THROUGH],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "sent through\n", done.stderr


def _copy(to: Path) -> None:
    for package in ("arrears", "workflows", "activities", "api", "web"):
        shutil.copytree(ROOT / package, to / package, ignore=shutil.ignore_patterns("__pycache__"))
    (to / "tests").mkdir()
    shutil.copy(ROOT / "tests/__init__.py", to / "tests")
    shutil.copytree(ROOT / "tests/policy", to / "tests/policy")


def test_contributing_says_the_same_lines() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    told = text.partition("**A stage** takes five files.")[2].partition("**A letter**")[0]
    assert re.findall(r"^\| `([^`]+)`", told, flags=re.MULTILINE) == list(LINES)
    written = [line.strip() for pairs in LINES.values() for _, lines in pairs for line in lines.splitlines()]
    assert [line for line in written if line and "msg" not in line and f"`{line}`" not in told] == []
