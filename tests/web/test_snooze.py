"""A task is put off within its term: it leaves the work of its holder and comes back by time, or by what happens."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from arrears import clock
from arrears.store.intents import Said, say
from tests.builders import CaseRoom
from tests.web.branch import Branch, Desk
from tests.web.reading import read


@pytest.fixture
def case_id(room: CaseRoom) -> str:
    return room.a_case(overdue=50_000_00, balance=80_000_00, days_past_due=12)


@pytest.fixture
def task_id(branch: Branch, room: CaseRoom, case_id: str) -> str:
    task_id = str(room.task(case_id, "first_contact").task_id)
    branch.at("collector").post(f"/tasks/{task_id}/claim")
    return task_id


def _rows(desk: Desk, view: str) -> set[str]:
    page = read(desk.get(f"/inbox?view={view}"))
    ids = (one.attributes.get("id", "") for one in page.all("li"))
    return {name.removeprefix("row-") for name in ids if name.startswith("row-")}


def _at(branch: Branch, instant: datetime) -> str:
    return str(branch.app.state.office.shapes.minute(instant))


def test_a_task_leaves_its_holders_work_and_comes_back_at_its_time(
    branch: Branch, room: CaseRoom, task_id: str
) -> None:
    desk = branch.at("collector")
    due = room.task(room.state(task_id.rsplit("-t", 1)[0]).case_id, "first_contact").due_at
    answer = desk.post(f"/tasks/{task_id}/snooze", at=_at(branch, room.now + timedelta(hours=1)))
    assert (answer.status_code, answer.headers["location"]) == (303, "/inbox")
    assert _rows(desk, "mine") == set()
    assert _rows(desk, "later") == _rows(desk, "all") == {task_id}
    assert "稍后：11-23 11:20" in desk.get("/inbox").text
    assert "已推迟至 11-23 11:20" in desk.get(f"/tasks/{task_id}").text
    with clock.door_time(room.now + timedelta(hours=1)):
        assert _rows(desk, "mine") == {task_id}
        assert _rows(desk, "later") == set()
    task = room.task(task_id.rsplit("-t", 1)[0], "first_contact")
    assert task.due_at == due


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("", "请填写日期和时间"),
        ("morgen", "请按“年-月-日"),
        ("2026-11-23 10:19", "该时间已过"),
        ("2027-01-01 10:00", "该时间晚于任务办理期限"),
    ],
)
def test_only_a_time_to_come_within_the_term_will_do(
    branch: Branch, task_id: str, typed: str, fault: str
) -> None:
    desk = branch.at("collector")
    answer = desk.post(f"/tasks/{task_id}/snooze", until=typed)
    assert answer.status_code == 422
    assert fault in answer.text
    assert read(answer).one("input", name="until").attributes["value"] == typed
    assert _rows(desk, "mine") == {task_id}


def test_no_time_is_offered_after_the_task_is_due(branch: Branch, room: CaseRoom, task_id: str) -> None:
    desk = branch.at("collector")
    assert len(read(desk.get(f"/tasks/{task_id}")).all("button", name="at")) == 3
    due = room.task(task_id.rsplit("-t", 1)[0], "first_contact").due_at
    with clock.door_time(due - timedelta(hours=2)):
        assert len(read(desk.get(f"/tasks/{task_id}")).all("button", name="at")) == 1
    with clock.door_time(due + timedelta(hours=2)):
        assert f"/tasks/{task_id}/snooze" not in read(desk.get(f"/tasks/{task_id}")).actions


def test_money_brings_it_back_at_once(branch: Branch, room: CaseRoom, case_id: str, task_id: str) -> None:
    desk = branch.at("collector")
    desk.post(f"/tasks/{task_id}/snooze", at=_at(branch, room.now + timedelta(hours=3)))
    room.pay(case_id, 1_000_00)
    assert _rows(desk, "mine") == {task_id}
    assert _rows(desk, "later") == set()


def test_a_call_of_the_debtor_brings_it_back_and_news_of_others_does_not(
    branch: Branch, room: CaseRoom
) -> None:
    case_id = room.a_case(days_past_due=41, overdue=50_000_00, balance=80_000_00)
    room.ask_lead(case_id)
    task_id = room.task(case_id, "escalation").task_id
    lead = branch.at("lead")
    with clock.door_time(room.now):
        lead.post(f"/tasks/{task_id}/claim")
        lead.post(f"/tasks/{task_id}/snooze", at=_at(branch, room.now + timedelta(hours=1)))
        _hears(room, case_id, "people_changed", {"parties": True, "address": False})
        assert _rows(lead, "later") == {task_id}
        called = {
            "attempt_id": "in-1",
            "action": "in_call",
            "result": "noint",
            "party": "borrower",
            "at": int(room.now.timestamp()),
            "amount_minor": None,
            "on": None,
            "contact_id": None,
            "recording_id": None,
            "remark_id": None,
        }
        _hears(room, case_id, "contact_reported", called)
        assert _rows(lead, "mine") == {task_id}


def _hears(room: CaseRoom, case_id: str, signal: str, content: dict[str, Any]) -> None:
    with room.store.transaction() as connection:
        say(connection, Said(case_id, f"{case_id}-{signal}", signal, "s-ops", room.now, content))


def test_its_holder_brings_it_back_and_giving_it_back_forgets_it(
    branch: Branch, room: CaseRoom, case_id: str, task_id: str
) -> None:
    desk = branch.at("collector")
    later = _at(branch, room.now + timedelta(hours=3))
    desk.post(f"/tasks/{task_id}/snooze", at=later)
    assert desk.post(f"/tasks/{task_id}/snooze/end").status_code == 303
    assert _rows(desk, "mine") == {task_id}
    desk.post(f"/tasks/{task_id}/snooze", at=later)
    desk.post(f"/tasks/{task_id}/release")
    desk.post(f"/tasks/{task_id}/claim")
    assert _rows(desk, "mine") == {task_id}
    story = branch.at("lead").get(f"/cases/{case_id}").text
    assert "首次联系：推迟至 11-23 13:20 处理" in story
    assert "首次联系：取消推迟" in story


def test_only_its_holder_puts_it_off(branch: Branch, room: CaseRoom, task_id: str) -> None:
    later = _at(branch, room.now + timedelta(hours=1))
    answer = branch.at("colleague").post(f"/tasks/{task_id}/snooze", at=later)
    assert answer.status_code == 409
    assert "陈静 已先一步领取该任务" in answer.text
    assert branch.at("advisor1").post(f"/tasks/{task_id}/snooze", at=later).status_code == 404
    free = room.task(room.a_case(), "first_contact").task_id
    assert branch.at("collector").post(f"/tasks/{free}/snooze", at=later).status_code == 409
