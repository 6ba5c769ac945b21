"""Every code the rules know has words, in both languages; no sentence lacks its Chinese."""

import ast
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path

import pytest

from arrears.policy.effects import KINDS
from arrears.policy.state import Clock, Stage
from arrears.policy.tasks import NEEDS_REASON, Outcome, Role, TaskKind
from arrears.store.intents import Standing
from scripts import gather_words
from web import forms, story, words
from web.language import choose, gettext, ngettext, speaking

HOUSE = Path(__file__).parents[2]


def test_the_chinese_catalogue_has_every_sentence_and_guesses_none() -> None:
    gathered = {(one.context, _key(one.id)) for one in gather_words.gather() if one.id}
    kept = {(one.context, _key(one.id)) for one in gather_words.kept() if one.id}
    assert gathered == kept, "run scripts/gather_words.py and fill in what it names"
    assert gather_words.lacking(gather_words.kept()) == []


def _key(words: str | tuple[str, ...] | list[str] | None) -> str:
    return words if isinstance(words, str) else words[0] if words else ""


def test_what_is_filled_in_is_the_same_in_both_languages() -> None:
    places = re.compile(r"%\((\w+)\)s")
    for one in gather_words.kept():
        if one.id:
            told = _key(one.string)
            assert set(places.findall(_key(one.id))) == set(places.findall(told)), one.id


def test_chinese_sentences_are_chinese() -> None:
    for one in gather_words.kept():
        if not one.id:
            continue
        told = _key(one.string)
        bare = re.sub(r"%\(\w+\)s", "", told)
        assert one.context == "allocation" or not re.search(
            r"[A-Za-z]{2}", re.sub("Temporal|PDF|JPEG|PNG|MB", "", bare)
        ), one.id


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (words.STAGES, Stage),
        (words.TASKS, TaskKind),
        (words.QUESTIONS, TaskKind),
        (words.ANSWERS, Outcome),
        (words.ROLES, Role),
        (words.CLOCKS, Clock),
        (words.STANDINGS, Standing),
        (story.ICONS, TaskKind),
    ],
)
def test_every_code_has_words(table: Mapping[str, object], codes: type[StrEnum]) -> None:
    assert {str(code.value) for code in codes} <= set(table)


def test_answers_that_need_a_reason_or_cannot_be_taken_back_say_what_follows() -> None:
    needy = {outcome for outcome in NEEDS_REASON if outcome is not Outcome.REFUSES}
    assert {outcome.value for outcome in needy} <= set(words.HINTS)


def test_every_reason_the_rules_give_has_words() -> None:
    given = {(call, argument) for call, argument in _literal_reasons()}
    assert {why for call, why in given if call == "open"} <= set(words.WHYS)
    assert {why for call, why in given if call == "cancel"} <= set(words.CANCELLED)
    assert {why for call, why in given if call == "Refuse"} <= set(words.REFUSALS)
    assert {why for call, why in given if call == "EnterStage"} <= set(words.ENTERED)
    assert {why for call, why in given if call == "close"} <= set(words.CLOSINGS)
    assert {why.lower() for call, why in given if call == "close"} <= set(words.CANCELLED)
    assert len(given) > 25, "the rules are read as they are written"


def _literal_reasons() -> Iterator[tuple[str, str]]:
    """Each `open(…, why="x")`, `Refuse("x")` and the like in the rules."""
    carriers = {
        "open": "open",
        "ask_for_review": "open",
        "propose_escalation": "open",
        "reopen": "open",
        "cancel": "cancel",
        "Refuse": "Refuse",
        "_enter": "EnterStage",
        "EnterStage": "EnterStage",
        "close": "close",
    }
    for name, argument in _arguments("arrears/policy"):
        if name in carriers:
            yield from ((carriers[name], literal) for literal in _literals(argument))


def test_every_incident_the_house_raises_has_words() -> None:
    raised = {
        literal
        for name, argument in _arguments("arrears", "activities", "api", "workflows")
        if name in ("RaiseIncident", "_refuse_as", "_suspend", "raise_incident")
        for literal in _literals(argument)[:1]
        if re.fullmatch(r"[a-z]+(_[a-z]+)+", literal)
    }
    assert len(raised) > 10, "the house is read as it is written"
    assert raised <= set(story.INCIDENTS)


def _arguments(*folders: str) -> Iterator[tuple[str, ast.expr]]:
    """Every argument of every call, with the name of what is called."""
    for module in (file for folder in folders for file in (HOUSE / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
                    yield name, argument


def _literals(node: ast.expr) -> list[str]:
    if isinstance(node, ast.IfExp):
        return _literals(node.body) + _literals(node.orelse)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def test_every_effect_is_told_or_left_out_on_purpose() -> None:
    source = (HOUSE / "web" / "story.py").read_text(encoding="utf-8")
    told = {kind for kind in KINDS if f'case "{kind}"' in source}
    assert set(KINDS) - told == {"refresh_task", "finish_task", "log_contact", "keep_provisional"}


def test_every_fault_a_form_can_have_has_words() -> None:
    sources = [
        HOUSE / "web" / "forms.py",
        HOUSE / "api" / "desk" / "desk.py",
        HOUSE / "api" / "desk" / "deliveries.py",
        HOUSE / "arrears" / "policy" / "tasks.py",
    ]
    faults = {
        why
        for source in sources
        for why in re.findall(r'Missing\("[a-z_]+", "([a-z_]+)"\)', source.read_text(encoding="utf-8"))
    }
    # What no form of ours can send: the kind and the reversal are not asked for here.
    assert faults - {"kind_unknown", "reversal_names_its_payment"} <= set(forms.FAULTS)


def test_an_unknown_code_is_shown_and_breaks_nothing() -> None:
    assert words.called(words.STAGES, "arbitration") == "arbitration"
    assert words.called(words.STAGES, None) == ""


@pytest.mark.parametrize(
    ("wishes", "chosen"),
    [
        ((None, None, None), "zh-CN"),
        (("en", "zh-CN", "zh-CN"), "en"),
        ((None, "en", "zh"), "en"),
        ((None, None, "de, en;q=0.7, zh;q=0.9"), "zh-CN"),
        ((None, "", "en-US,en;q=0.9"), "en"),
        ((None, None, "zh-TW"), "zh-CN"),
        ((None, None, "en;q=0, zh;q=0.1"), "zh-CN"),
        ((None, None, ";;;q=,,"), "zh-CN"),
        (("tlh", "xx", "fr"), "zh-CN"),
    ],
)
def test_the_language_is_the_persons_then_the_browsers(wishes: tuple[str | None, ...], chosen: str) -> None:
    assert choose(*wishes) == chosen


def test_numbers_have_the_plural_of_their_language() -> None:
    with speaking("en"):
        assert ngettext("Try again in %(n)s second.", "Try again in %(n)s seconds.", 1).endswith("second.")
        assert ngettext("Try again in %(n)s second.", "Try again in %(n)s seconds.", 2).endswith("seconds.")
    with speaking("zh-CN"):
        assert gettext("Sign in") == "登录"
