"""Every rule of the product is told, held by code, proved by a test, and `docs/rules.md` says so."""

from functools import cache
from pathlib import Path
from textwrap import dedent

import pytest

from arrears.policy.rulebook import CHAPTERS, SCENARIOS, Hardness, Rule, Scenario
from scripts import write_rules

RUN = "run `.venv/bin/python scripts/write_rules.py`"


# ---- the product -----------------------------------------------------------------------------------------


@cache
def _found() -> write_rules.Found:
    """Reading all code once is enough."""
    return write_rules.gather()


def test_every_rule_is_told_held_and_proved() -> None:
    assert write_rules.faults(CHAPTERS, SCENARIOS, _found(), write_rules.read_numbers()) == []


def test_the_page_of_rules_is_of_today() -> None:
    page = write_rules.page(CHAPTERS, SCENARIOS, _found(), write_rules.read_numbers())
    assert write_rules.PAGE.read_text(encoding="utf-8") == page, RUN


def test_each_rule_stands_in_one_chapter_and_says_a_sentence() -> None:
    told = [number for rules in CHAPTERS.values() for number in rules]
    assert sorted(set(told)) == sorted(told)
    rules = [rule for chapter in CHAPTERS.values() for rule in chapter.values()]
    assert [rule.says for rule in rules if not rule.says.endswith(".") or "|" in rule.says] == []
    assert [rule.says for rule in rules if not rule.source] == []


# ---- what is wrong is found ------------------------------------------------------------------------------

T3 = Rule("A lead is asked.", Hardness.DEF, "practice", ("initial.formal_dpd",))
NUMBERS: write_rules.Flat = {"pack": "p.1", "currency": "CNY", "initial.formal_dpd": 31}
CODE = '"""Stages (T3)."""\n'
TEST = 'import pytest\n\n@pytest.mark.rule("T3")\ndef test_asked() -> None: ...\n'


def _faults(
    house: Path,
    *,
    rules: dict[str, Rule] | None = None,
    scenarios: dict[int, Scenario] | None = None,
    code: str = CODE,
    test: str = TEST,
    numbers: write_rules.Flat = NUMBERS,
) -> list[str]:
    for path, text in (("arrears/policy/stages.py", code), ("tests/policy/test_stages.py", test)):
        (house / path).parent.mkdir(parents=True, exist_ok=True)
        (house / path).write_text(dedent(text), encoding="utf-8")
    found = write_rules.gather(house, scenarios or {})
    return write_rules.faults({"Stages": {"T3": T3} | (rules or {})}, scenarios or {}, found, numbers)


def test_a_rule_with_its_code_its_test_and_its_number_is_right(tmp_path: Path) -> None:
    assert _faults(tmp_path) == []


def test_a_rule_without_a_test_is_named(tmp_path: Path) -> None:
    [fault] = _faults(tmp_path, test="def test_asked() -> None: ...\n")
    assert fault == "T3 has no test: mark the one that proves it, @pytest.mark.rule('T3')"


def test_a_rule_that_no_code_cites_is_named(tmp_path: Path) -> None:
    [fault] = _faults(tmp_path, code='"""Stages."""\n')
    assert fault.startswith("T3 is cited nowhere in the code")


def test_a_rule_that_only_the_comments_of_a_pack_cite_is_held_by_nothing(tmp_path: Path) -> None:
    pack = tmp_path / "arrears/policy/packs/p.toml"
    pack.parent.mkdir(parents=True)
    pack.write_text("[initial]\nformal_dpd = 31  # T3\n", encoding="utf-8")
    [fault] = _faults(tmp_path, code='"""Stages."""\n')
    assert fault.startswith("T3 is cited nowhere in the code")


@pytest.mark.parametrize(
    "code",
    [
        '"""Stages (T3, T99)."""',
        '"""Stages (T3)."""\ndef ring() -> None:\n    """T99: it rings."""',
        '"""Stages (T3)."""\nDAYS = 31  # T99',
        '"""Stages (T3)."""\nRULE = "T99"',
    ],
)
def test_a_number_that_nobody_tells_is_named_with_its_file(tmp_path: Path, code: str) -> None:
    [fault] = _faults(tmp_path, code=code)
    assert (
        fault == "T99 is cited in arrears/policy/stages.py, but arrears/policy/rulebook.py does not tell it"
    )


def test_a_number_in_the_comment_of_a_pack_must_be_told_too(tmp_path: Path) -> None:
    pack = tmp_path / "arrears/policy/packs/p.toml"
    pack.parent.mkdir(parents=True)
    pack.write_text("[initial]\nformal_dpd = 31  # T3\nlast_dpd = 99  # 4.9\n", encoding="utf-8")
    [fault] = _faults(tmp_path)
    assert fault.startswith("4.9 is cited in arrears/policy/packs/p.toml")


@pytest.mark.parametrize(
    "test",
    [
        TEST.replace('"T3"', '"T3", "T99"'),
        'import pytest\npytestmark = pytest.mark.rule("T99")\n' + TEST.removeprefix("import pytest\n"),
    ],
)
def test_a_test_of_a_rule_that_is_not_told_is_named(tmp_path: Path, test: str) -> None:
    [fault] = _faults(tmp_path, test=test)
    assert fault.startswith("T99 is named by a test in tests/policy/test_stages.py")


def test_a_number_of_the_pack_belongs_to_a_rule(tmp_path: Path) -> None:
    [fault] = _faults(tmp_path, numbers=NUMBERS | {"initial.grace_days": 2})
    assert fault.startswith("initial.grace_days of the pack belongs to no rule")


def test_a_number_of_the_pack_counts_something(tmp_path: Path) -> None:
    [fault] = _faults(tmp_path, numbers=NUMBERS | {"initial.whatever": 2})
    assert fault.startswith("nobody says what initial.whatever counts")


def test_a_rule_names_numbers_that_the_pack_has(tmp_path: Path) -> None:
    numbers = {key: figure for key, figure in NUMBERS.items() if key != "initial.formal_dpd"}
    [fault] = _faults(tmp_path, numbers=numbers)
    assert fault == "T3 names initial.formal_dpd, which the pack does not have"


@pytest.mark.parametrize(
    "test",
    [
        "async def test_s08_paid_while_a_lead_is_asked() -> None: ...\n",
        TEST.replace('"T3"', '"s08"'),
    ],
)
def test_a_scenario_proves_its_rules(tmp_path: Path, test: str) -> None:
    scenarios = {8: Scenario("Paid while a lead is asked.", ("T3",))}
    assert _faults(tmp_path, scenarios=scenarios, test=test) == []


def test_a_scenario_without_a_test_is_named(tmp_path: Path) -> None:
    [fault] = _faults(tmp_path, scenarios={8: Scenario("Paid while a lead is asked.", ("T3",))})
    assert fault == "scenario 8 has no test: name the one that tells it test_s08_…"


def test_a_test_of_an_untold_scenario_is_named(tmp_path: Path) -> None:
    [fault] = _faults(tmp_path, test=TEST + "def test_s09_unheard() -> None: ...\n")
    assert fault.startswith("scenario 9 is tested in tests/policy/test_stages.py")


# ---- how a number is recognised --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "numbers"),
    [
        ("T18: nothing sleeps for ever.", {"T18"}),
        ("asked at 31 days past due (T2, T3)", {"T2", "T3"}),
        ("the second one approves [T6, 4.4]", {"T6", "4.4"}),
        ("a stage pins its terms (rule book 4.6-11)", {"4.6-11"}),
        ("4.6-8: a reversal re-opens", {"4.6-8"}),
        ("no rule: server (1.32.0), 3.5 seconds, 60 %, UTF-8, SHA256", set()),
    ],
)
def test_numbers_of_rules_are_told_from_other_figures(said: str, numbers: set[str]) -> None:
    assert write_rules.numbers_in(said) == numbers


def test_the_page_names_the_innermost_place_and_the_value_with_its_unit(tmp_path: Path) -> None:
    code = 'class Case:\n    def ask(self) -> None:\n        """T3."""\n'
    assert _faults(tmp_path, code=code) == []
    page = write_rules.page({"Stages": {"T3": T3}}, {}, write_rules.gather(tmp_path, {}), NUMBERS)
    assert page.splitlines()[-1] == (
        "| T3 | A lead is asked. | `initial.formal_dpd` 31 days past due | DEF | practice "
        "| `arrears/policy/stages.py`: `Case.ask` | `tests/policy/test_stages.py`: `test_asked` |"
    )
