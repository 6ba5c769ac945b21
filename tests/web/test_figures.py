"""A monitor with the token reads how the work stands; nothing of a debtor is in it, and nobody else gets it."""

import re
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from arrears import clock
from arrears.store.intents import raise_incident
from arrears.store.tables import deadlines, messages, tasks
from tests.builders import CaseRoom
from tests.web.branch import Branch

TOKEN = "monitor-" + "x" * 32


@pytest.fixture
def branch(branch: Branch) -> Branch:
    branch.app.state.metrics_token = SecretStr(TOKEN).get_secret_value()
    return branch


def _read(branch: Branch, token: str = TOKEN) -> dict[str, float]:
    answer = branch.visitor().get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    told = re.findall(r"^(arrears_\S+) (\S+)$", answer.text, re.MULTILINE)
    return {name: float(value) for name, value in told}


def test_how_the_work_stands(branch: Branch, room: CaseRoom) -> None:
    case_id = room.a_case(name="鸑鷟麟", phone="19987654321")
    with room.store.transaction() as connection:
        connection.execute(update(tasks).values(due_at=room.now - timedelta(hours=1)))
        raise_incident(connection, kind="workflow_missing", key="x", at=room.now, case_id=case_id)
    told = _read(branch)
    assert told['arrears_cases_open{stage="initial"}'] == 1
    assert (
        told['arrears_tasks_open{role="collector"}'] == told['arrears_tasks_overdue{role="collector"}'] == 1
    )
    assert told['arrears_incidents_open{kind="workflow_missing"}'] == 1
    assert told["arrears_outbox_age_seconds"] == told["arrears_clocks_late"] == 0


def test_what_lies_and_what_is_late_is_seen(branch: Branch, room: CaseRoom) -> None:
    room.a_case()
    with room.store.transaction() as connection:
        waits = {"status": "waiting", "accepted_at": room.now - timedelta(minutes=7)}
        connection.execute(update(messages).values(waits))
        connection.execute(update(deadlines).values(due_at=room.now - timedelta(minutes=1)))
    told = _read(branch)
    assert told['arrears_messages{status="waiting"}'] == 1
    assert told["arrears_outbox_age_seconds"] >= 420
    assert told["arrears_clocks_late"] == 0
    with clock.door_time(room.now + timedelta(minutes=30)):
        assert _read(branch)["arrears_clocks_late"] >= 1


def test_what_the_guard_refuses_is_counted_by_rule(branch: Branch, room: CaseRoom) -> None:
    task_id = room.task(room.a_case(), "first_contact").task_id
    desk = branch.at("collector")
    desk.post(f"/tasks/{task_id}/claim")
    name = 'arrears_contacts_refused_total{rule="C01"}'
    before = _read(branch).get(name, 0)
    with clock.door_time(room.now + timedelta(hours=13)):  # after ten at night
        desk.post(f"/tasks/{task_id}/decision", outcome="na", facts_no="1")
    assert _read(branch)[name] == before + 1


async def _away() -> int:
    raise RuntimeError("never connected")


async def _two() -> int:
    return 2


def test_cases_that_temporal_calls_stuck_are_told_and_never_made_up(branch: Branch) -> None:
    told = {}
    for name, count in (("two", _two), ("away", _away), ("nobody", None)):
        branch.app.state.temporal_stuck = count
        told[name] = _read(branch)
    assert (told["two"]["arrears_workflow_tasks_stuck"], told["two"]["arrears_temporal_answers"]) == (2, 1)
    for name in ("away", "nobody"):
        assert told[name]["arrears_temporal_answers"] == 0
        assert "arrears_workflow_tasks_stuck" not in told[name]
        assert "arrears_clocks_late" in told[name]


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}x", f"Bearer {TOKEN}é"])
def test_without_the_token_there_is_no_such_page(branch: Branch, given: str) -> None:
    answer = branch.visitor().get("/metrics", headers={b"Authorization": given.encode()})
    assert (answer.status_code, answer.text) == (404, "")


def test_where_no_token_is_set_nobody_reads_it(branch: Branch) -> None:
    branch.app.state.metrics_token = None
    assert branch.visitor().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_nothing_of_a_debtor_is_in_it(branch: Branch, room: CaseRoom) -> None:
    room.a_case(name="鸑鷟麟", phone="19987654321")
    text = branch.visitor().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    assert "鸑鷟麟" not in text
    assert "19987654321" not in text
