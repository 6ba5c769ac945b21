"""A case's page, `arrears case show` and the Temporal UI give the same reasons, sentence by sentence."""

import json
import re
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pytest
import typer
from sqlalchemy import update
from typer.testing import CliRunner

from arrears import clock
from arrears.cli import case as case_verb
from arrears.policy.explain import Explanation, Key, explain
from arrears.policy.state import Clock
from arrears.store import people
from arrears.store.tables import cases
from tests.builders import CaseRoom
from tests.policy.builders import CALENDAR, Case
from tests.policy.scenes import SCENES
from tests.web.branch import Branch
from tests.web.reading import Page, read
from web.language import pgettext, speaking
from workflows import prose, telling

commands = typer.Typer()
commands.add_typer(case_verb.app, name="case")

Told = dict[str, list[str]]


@pytest.fixture
def case_id(branch: Branch, room: CaseRoom) -> str:
    return room.a_case()


@pytest.fixture
def at_the_terminal(branch: Branch, monkeypatch: pytest.MonkeyPatch) -> None:
    """The verb finds the database of the branch, and no Temporal."""
    monkeypatch.setenv("ARREARS_DATABASE_URL", branch.room.store.engine.url.render_as_string(False))
    monkeypatch.delenv("ARREARS_TEMPORAL_ADDRESS", raising=False)


def _put(room: CaseRoom, case_id: str, case: Case) -> None:
    """The row holds the state of the scene, as `record` would have written it."""
    at = datetime.fromtimestamp(case.state.at, UTC)
    values: dict[str, Any] = {"state": asdict(case.state), "decided_at": at}
    if case.state.closed:
        ended = datetime.fromtimestamp(case.state.closed_at, UTC)
        values |= {"status": "closed", "closed_reason": case.state.closed, "closed_at": ended}
    with room.store.transaction() as connection:
        connection.execute(update(cases).where(cases.c.case_id == case_id).values(values))


def _by_part(explanation: Explanation) -> Told:
    return {
        "stands": [one.key.value for one in explanation.stands],
        "waits": [one.key.value for one in explanation.waits],
        "follows": [one.key.value for one in explanation.follows],
        "clocks": [one.clock.value for one in explanation.clocks],
    }


def _on_the_page(page: Page) -> tuple[list[str], list[str]]:
    """Keys and words, in the order in which they stand."""
    said = [one for one in page.elements if {"data-said", "data-clock"} & one.attributes.keys()]
    keys = [one.attributes.get("data-said") or one.attributes["data-clock"] for one in said]
    return keys, [one.text for one in said]


def _in_temporal(case: Case) -> list[str]:
    """The lines of the details, read back from their markdown."""
    details = telling.details(case.state, now=case.now, calendar=CALENDAR, seq=1, case_url="", last="opened")
    return re.findall(r"^- (.+)$", details, flags=re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.usefixtures("at_the_terminal")
def test_page_terminal_and_engine_say_the_same(
    branch: Branch, room: CaseRoom, case_id: str, scene: str
) -> None:
    case = SCENES[scene]()
    _put(room, case_id, case)
    expected = _by_part(explain(case.state, case.now, CALENDAR))
    keys = [key for part in expected.values() for key in part]
    with room.store.transaction() as connection:
        people.set_language(connection, "s-lead", "en")
    with clock.door_time(datetime.fromtimestamp(case.now, UTC)):
        page_keys, page_words = _on_the_page(read(branch.at("lead").get(f"/cases/{case_id}")))
        shown = CliRunner().invoke(commands, ["case", "show", case_id])
        told = CliRunner().invoke(commands, ["case", "show", case_id, "--json"])
    explanation = json.loads(told.stdout)["explanation"]
    assert {name: [one["key"] for one in part] for name, part in explanation.items()} == {
        name: part for name, part in expected.items() if part
    }
    assert page_keys == keys
    assert page_words == [one["words"] for part in explanation.values() for one in part]
    assert page_words == _in_temporal(case)
    assert page_words == re.findall(r"^- (.+)$", shown.stdout, flags=re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.usefixtures("at_the_terminal")
def test_chinese_says_the_same_keys_in_chinese(
    branch: Branch, room: CaseRoom, case_id: str, scene: str
) -> None:
    case = SCENES[scene]()
    _put(room, case_id, case)
    with clock.door_time(datetime.fromtimestamp(case.now, UTC)):
        keys, words = _on_the_page(read(branch.at("lead").get(f"/cases/{case_id}")))
        shown = CliRunner().invoke(commands, ["case", "show", case_id, "--language", "zh-CN"])
    assert keys == [
        key for part in _by_part(explain(case.state, case.now, CALENDAR)).values() for key in part
    ]
    assert words == re.findall(r"^- (.+)$", shown.stdout, flags=re.MULTILINE)
    assert not any(re.search(r"[A-Za-z]{2}|%\(", line) for line in words)


@pytest.mark.usefixtures("at_the_terminal")
def test_a_language_nobody_speaks_is_refused(branch: Branch, case_id: str) -> None:
    shown = CliRunner().invoke(commands, ["case", "show", case_id, "--language", "tlh"])
    assert shown.exit_code == 2
    assert "There is no language tlh; there are en, zh-CN." in shown.output


def test_every_sentence_and_every_clock_has_words_in_both_languages() -> None:
    assert set(prose.SENTENCES) == {key.value for key in Key}
    assert set(prose.CLOCKS) == {one.value for one in Clock}
    with speaking("zh-CN"):
        for context, english in (*prose.SENTENCES.values(), *prose.CLOCKS.values(), *prose.PARTS.values()):
            assert pgettext(context, english) != english


def test_no_amount_is_told_to_temporal() -> None:
    for scene in SCENES.values():
        case = scene()
        told = "\n".join(_in_temporal(case))
        assert "¥" not in told
        # A single minor unit may also be the count of something.
        amounts = [amount for amount in (case.state.overdue, case.state.balance) if amount > 999]
        assert not any(f"{amount}" in told or f"{amount / 100:,.2f}" in told for amount in amounts)
