"""Writes docs/rules.md: every rule the product holds, its value, its source, where it is in the code, its tests.

Run it after changing a rule, a pack or a test: `.venv/bin/python scripts/write_rules.py`. It writes nothing and ends
with 1 when something does not fit, and says what: a number cited in the code that arrears/policy/rulebook.py does not
tell, a rule that no code cites or no test proves, a number of the pack that belongs to no rule.

A rule is cited by its number in a docstring or a comment, "T18: nothing sleeps", "(T6, 4.4)", "rule book 4.6-11", or
by a string that is nothing else, "C01". A test proves a rule by `@pytest.mark.rule("T3", "T7")`. It tells a scenario,
and proves its rules, by being named after it, `test_s08_…`, or by `@pytest.mark.rule("s08")`.
"""

import ast
import io
import re
import sys
import tokenize
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

if __name__ == "__main__":  # called by its path, not by the tests
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from arrears.policy.currency import EXPONENTS
from arrears.policy.rulebook import CHAPTERS, SCENARIOS, Rule, Scenario
from arrears.settings import Settings
from arrears.store import packs

HOUSE: Final = Path(__file__).resolve().parents[1]
PAGE: Final = HOUSE / "docs" / "rules.md"
PACKAGES: Final = ("arrears", "workflows", "activities", "api", "web")
BOOK: Final = "arrears/policy/rulebook.py"

Chapters = Mapping[str, Mapping[str, Rule]]
Places = dict[str, dict[str, list[str]]]  # number -> file -> names in it
Flat = dict[str, int | str | list[str]]


@dataclass
class Found:
    """What code and tests say of rules."""

    cited: Places = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    proved: Places = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    told: dict[int, dict[str, list[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )


# ---- numbers in text -------------------------------------------------------------------------------------

_LETTERED: Final = r"[CTWILGKPD]\d{1,2}"
_DOTTED: Final = r"[1-4]\.\d{1,2}(?:-\d{1,2})?"
_ALONE: Final = re.compile(rf"\b{_LETTERED}\b")
_BEGINS: Final = re.compile(rf"^({_DOTTED})(?=[:,; ]|$)")
_BOOK: Final = re.compile(rf"rule book ({_DOTTED})\b")
_BRACKETS: Final = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_WHOLE: Final = re.compile(rf"({_LETTERED}|{_DOTTED})")


def numbers_in(text: str) -> set[str]:
    """Letters with a figure anywhere; figures with a point only where they can mean nothing else."""
    inside = {word.strip() for said in _BRACKETS.findall(text) for word in re.split(r"[,;]|\band\b", said)}
    bracketed = {word for word in inside if re.fullmatch(_DOTTED, word)}
    return {*_ALONE.findall(text), *_BEGINS.findall(text), *_BOOK.findall(text), *bracketed}


# ---- code ------------------------------------------------------------------------------------------------

Named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _named(tree: ast.AST, above: str = "") -> Iterator[tuple[str, Named]]:
    """Functions and classes by their full names, the outer ones first."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Named):
            yield above + node.name, node
            yield from _named(node, f"{above}{node.name}.")
        else:
            yield from _named(node, above)


def _citations(source: str) -> Iterator[tuple[int, str]]:
    """Line and number of each rule cited."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield from ((node.lineno, number) for number in numbers_in(text))
            case ast.Constant(value=str(text)) if _WHOLE.fullmatch(text) and text[0].isalpha():
                yield node.lineno, text
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            said = token.string.lstrip("# ").partition("noqa")[0]
            yield from ((token.start[0], number) for number in numbers_in(said))


def read_code(root: Path, found: Found) -> None:
    for path in sorted(path for package in PACKAGES for path in (root / package).rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if name == BOOK or "/migrations/" in name:
            continue
        source = path.read_text(encoding="utf-8")
        spans = list(_named(ast.parse(source)))
        for line, number in sorted(_citations(source)):
            inside = [said for said, node in spans if node.lineno <= line <= (node.end_lineno or 0)]
            names = found.cited[number][name]
            if inside and inside[-1] not in names:
                names.append(inside[-1])
    for path in sorted((root / "arrears/policy/packs").glob("*.toml")):
        for number in numbers_in_comments(path.read_text(encoding="utf-8")):
            found.cited[number].setdefault(path.relative_to(root).as_posix(), [])


def numbers_in_comments(toml: str) -> set[str]:
    """A pack has no strings with a # in them."""
    return {number for line in toml.splitlines() for number in numbers_in(line.partition("#")[2].strip())}


# ---- tests -----------------------------------------------------------------------------------------------


_SCENARIO: Final = re.compile(r"s\d\d")


def _marked(node: ast.AST) -> Iterator[str]:
    """The numbers in each `pytest.mark.rule(…)` below this node."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("mark.rule"):
            yield from (str(arg.value) for arg in call.args if isinstance(arg, ast.Constant))


def read_tests(root: Path, found: Found, scenarios: Mapping[int, Scenario]) -> None:
    for path in sorted((root / "tests").rglob("test_*.py")):
        name, tree = path.relative_to(root).as_posix(), ast.parse(path.read_text(encoding="utf-8"))
        everywhere = [
            number
            for node in tree.body
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
            for number in _marked(node.value)
        ]
        for said, node in _named(tree):
            if isinstance(node, ast.ClassDef) or not node.name.startswith("test_"):
                continue
            marked = [*everywhere, *(n for mark in node.decorator_list for n in _marked(mark))]
            named = re.match(r"test_(s\d\d)_", node.name)
            told = {
                int(n[1:]) for n in (*marked, *(named.groups() if named else ())) if _SCENARIO.fullmatch(n)
            }
            for scenario in sorted(told):
                found.told[scenario][name].append(said)
            proved = [
                n for scenario in sorted(told) if scenario in scenarios for n in scenarios[scenario].proves
            ]
            for number in dict.fromkeys([*(n for n in marked if not _SCENARIO.fullmatch(n)), *proved]):
                found.proved[number][name].append(said)


# ---- numbers of the pack ---------------------------------------------------------------------------------

# What a figure counts, by the end of its key; the first that fits.
UNITS: Final = {
    "pack": None,
    "calendar": None,
    "currency": None,
    "contact.needs_consent": None,
    "contact.needs_recording": None,
    "contact.lawyer": None,
    "court.evidence": None,
    "court.claim_days_ahead": "days",
    "contact.visit_staff": "people",
    "caps.*": "as said",
    "follow_up_days.ptp": "bank days",
    "follow_up_days.part": "bank days",
    "sla_bank_days.*": "bank days",
    "follow_up_days.*": "days",
    "stage_days.*": "days",
    "plan.*_periods": "instalments",
    "plan.most_yearly_bp": "hundredths of a percent a year",
    "plan.missed": "instalments",
    "*_bank_days": "bank days",
    "*_dpd": "days past due",
    "*_days": "days",
    "*_minor": "money",
    "*_percent": "%",
    "limitation.years": "years",
    "*_from": "o'clock",
    "*_to": "o'clock",
    "*.attempts_needed": "attempts",
    "lost_contact.numbers": "numbers",
    "lost_contact.days": "days",
    "privacy.reveals_per_day": "looks",
    "guarantee.months": "months",
    "promise.days": "days",
    "promise.days_late": "days",
    "promise.broken_to_escalate": "broken promises",
    "sla_percent.*": "%",
    "hold_blocks.*": "acts",
    "hold_days.*": "days",
    "hold_bank_days.*": "bank days",
    "ledger.end_of_day": "yes or no",
    "payments.burden": "in this order",
}


def _unit(key: str) -> str | None:
    return next((unit for ending, unit in UNITS.items() if fnmatchcase(key, ending)), "")


def pack_numbers(pack: packs.Pack) -> Flat:
    """`section.key` -> figure, of a pack with all that it extends."""
    flat: Flat = {}
    for name, value in tomllib.loads(pack.text).items():
        inner = value if isinstance(value, dict) else {"": value}
        if name == "caps":
            inner = {f"{cap['rule']}.{cap['window']}": _cap(cap) for cap in value}
        flat |= {f"{name}.{key}".rstrip("."): figure for key, figure in inner.items()}
    return flat


def _cap(cap: Mapping[str, str | int]) -> str:
    return f"{cap['most']} {cap['counts']} / {cap['scope']} / {cap['window']}"


def _keys(pattern: str, numbers: Flat) -> list[str]:
    return [key for key in numbers if fnmatchcase(key, pattern)]


def _figure(key: str, value: int | str | list[str], currency: str) -> str:
    unit = _unit(key)
    if unit == "money":
        digits = EXPONENTS[currency]
        return f"{int(value) / 10**digits:,.{digits}f} {currency}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if unit in ("o'clock", "as said"):
        return str(value)
    if unit == "%":
        return f"{value} %"
    return f"{value:,} {(unit or '').replace('days', 'day', 1) if value == 1 else unit}"


def _value(rule: Rule, numbers: Flat) -> str:
    keys = [key for pattern in rule.numbers for key in _keys(pattern, numbers)]
    figures = [f"`{key}` {_figure(key, numbers[key], str(numbers['currency']))}" for key in keys]
    return "<br>".join(figures) or "—"


# ---- what does not fit -----------------------------------------------------------------------------------


def faults(chapters: Chapters, scenarios: Mapping[int, Scenario], found: Found, numbers: Flat) -> list[str]:
    """In words that say what to do about it; empty when the page can be written."""
    rules = {number: rule for chapter in chapters.values() for number, rule in chapter.items()}
    return [
        *(
            f"{number} is cited in {', '.join(files)}, but {BOOK} does not tell it"
            for number, files in sorted(found.cited.items())
            if number not in rules
        ),
        *(
            f"{number} is named by a test in {', '.join(files)}, but {BOOK} does not tell it"
            for number, files in sorted(found.proved.items())
            if number not in rules
        ),
        *(
            f"{number} is cited nowhere in the code: say it in the docstring of what holds it"
            for number in rules
            if not any(file.endswith(".py") for file in found.cited.get(number, ()))
        ),
        *(
            f"{number} has no test: mark the one that proves it, @pytest.mark.rule({number!r})"
            for number in rules
            if number not in found.proved
        ),
        *(
            f"scenario {number} is tested in {', '.join(files)}, but SCENARIOS in {BOOK} does not tell it"
            for number, files in sorted(found.told.items())
            if number not in scenarios
        ),
        *(
            f"scenario {number} has no test: name the one that tells it test_s{number:02}_…"
            for number in scenarios
            if number not in found.told
        ),
        *_faults_of_numbers(rules, numbers),
    ]


def _faults_of_numbers(rules: Mapping[str, Rule], numbers: Flat) -> Iterator[str]:
    patterns = {pattern: number for number, rule in rules.items() for pattern in rule.numbers}
    yield from (
        f"{number} names {pattern}, which the pack does not have"
        for pattern, number in patterns.items()
        if not _keys(pattern, numbers)
    )
    for key in numbers:
        if _unit(key) == "":
            yield f"nobody says what {key} counts: give it a line in UNITS of scripts/write_rules.py"
        if _unit(key) and not any(fnmatchcase(key, pattern) for pattern in patterns):
            yield f"{key} of the pack belongs to no rule: name it in the `numbers` of one in {BOOK}"


# ---- the page --------------------------------------------------------------------------------------------

HEAD: Final = """\
# Rules
Written by `scripts/write_rules.py`; do not edit. One row for each rule the product holds, under its number in the bank's rule
book. Values are those of the pack `{pack}`. **BAN**: the product makes it impossible. **MUST**: the product sees to it.
**WARN**: said aloud, with a reason and a second person. **DEF**: a default of the pack; each bank sets its own. None of this is
legal advice: a bank's counsel signs a pack before it is used.
"""


def _files(places: Mapping[str, list[str]]) -> str:
    return "<br>".join(
        f"`{name}`" + (f": {', '.join(f'`{said}`' for said in names)}" if names else "")
        for name, names in sorted(places.items())
    )


def page(chapters: Chapters, scenarios: Mapping[int, Scenario], found: Found, numbers: Flat) -> str:
    lines = [HEAD.format(pack=numbers["pack"])]
    for chapter, rules in chapters.items():
        lines += [
            f"## {chapter}",
            "| rule | what it says | value | hardness | source | in the code | tests |",
        ]
        lines.append("| --- | --- | --- | --- | --- | --- | --- |")
        for number, rule in rules.items():
            cells = (
                number,
                rule.says,
                _value(rule, numbers),
                rule.hardness,
                rule.source,
                _files(found.cited[number]),
                _files(found.proved[number]),
            )
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    if scenarios:
        lines += ["## Scenarios", "Whole cases of the rule book, each told by a test of its number.\n"]
        lines += ["| scenario | what happens | rules | tests |", "| --- | --- | --- | --- |"]
        for told, scenario in sorted(scenarios.items()):
            lines.append(
                f"| {told} | {scenario.says} | {', '.join(scenario.proves)} | {_files(found.told[told])} |"
            )
    return "\n".join(lines).rstrip() + "\n"


def gather(root: Path = HOUSE, scenarios: Mapping[int, Scenario] = SCENARIOS) -> Found:
    found = Found()
    read_code(root, found)
    read_tests(root, found, scenarios)
    return found


def read_numbers() -> Flat:
    """Those of the pack a bank gets when it names none."""
    return pack_numbers(packs.load(Settings.model_fields["pack"].default))


def main() -> None:
    try:
        found, numbers = gather(), read_numbers()
    except packs.PackInvalid as invalid:
        sys.exit(f"docs/rules.md is not written: {invalid}")
    wrong = faults(CHAPTERS, SCENARIOS, found, numbers)
    if wrong:
        sys.exit("\n".join(["docs/rules.md is not written:", *(f"- {fault}" for fault in wrong)]))
    PAGE.write_text(page(CHAPTERS, SCENARIOS, found, numbers), encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
