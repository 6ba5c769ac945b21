"""An answer waits a moment and can be taken back; whoever comes too late is told so; nothing that binds ever waits."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from arrears import clock
from arrears.store import audit
from arrears.store.session import Store
from arrears.store.tables import contact_attempts, messages
from tests.builders import CaseRoom
from tests.web.branch import Branch, Desk, open_branch
from tests.web.reading import read


@pytest.fixture
def branch(sqlite_store: Store, room: CaseRoom) -> Iterator[Branch]:
    made = open_branch(sqlite_store, room, undo_seconds=10)
    room.hears_at_once()
    with clock.door_time(room.now):
        yield made


@pytest.fixture
def case_id(room: CaseRoom) -> str:
    return room.a_case(name="刘明辉", overdue=81_044_604, balance=90_000_000, days_past_due=12)


@pytest.fixture
def task_id(room: CaseRoom, case_id: str) -> str:
    return str(room.task(case_id, "first_contact").task_id)


def _answer(desk: Desk, task_id: str, outcome: str, *, swap: bool = False, **more: str) -> Any:
    desk.post(f"/tasks/{task_id}/claim")
    return desk.post(f"/tasks/{task_id}/decision", swap=swap, outcome=outcome, facts_no="1", **more)


def test_an_approval_can_be_taken_back_on_the_page_of_its_claim(branch: Branch, room: CaseRoom) -> None:
    case_id = room.a_case(stage="formal", overdue=8_000_00, balance=20_000_00, days_past_due=80)
    room.undo_is_over = True  # for all that happens before
    room.to_review(case_id)
    room.undo_is_over = False
    task, desk = room.task(case_id, "legal_review"), branch.at("advisor1")
    path = f"/approvals/{task.task_id}"
    said: dict[str, Any] = {"outcome": "sue", "facts_no": str(task.facts_no), "reason": "证据齐全"}
    with clock.door_time(room.now):
        assert "10 秒内可撤回" in desk.post(f"{path}/decision", **said).text
        assert desk.post(f"{path}/decision", **said, confirmed="yes").status_code == 303
        assert _statuses(room, task.task_id) == ["waiting"]
        assert f"{path}/undo" in read(desk.get(path)).actions
        assert desk.post(f"{path}/undo").headers["location"].startswith(path)
        page = read(desk.get(path))
        assert _statuses(room, task.task_id) == ["withdrawn"]
        assert page.one("textarea", name="reason").text == "证据齐全"
        assert desk.post(f"{path}/undo").status_code == 404, "there is nothing left to take back"


def _statuses(room: CaseRoom, task_id: str) -> list[str]:
    with room.store.reading() as connection:
        told = select(messages.c.status).where(messages.c.task_id == task_id).order_by(messages.c.arrival)
        return list(connection.execute(told).scalars())


def _attempt(room: CaseRoom, task_id: str) -> Any:
    with room.store.reading() as connection:
        return connection.execute(select(contact_attempts).where(contact_attempts.c.task_id == task_id)).one()


def test_after_an_answer_the_next_task_opens_with_the_way_back(
    branch: Branch, room: CaseRoom, task_id: str
) -> None:
    other = room.task(room.a_case(), "first_contact").task_id
    desk = branch.at("collector")
    answer = _answer(desk, task_id, "na")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/tasks/{other}")
    page = read(desk.get(f"/tasks/{other}"))
    assert "已保存：无人接听" in page.words
    assert f"/tasks/{task_id}/undo" in page.actions  # a plain form: it needs no script
    assert not [one for one in page.elements if one.attributes.get("id") == f"row-{task_id}"]
    assert _statuses(room, task_id) == ["waiting"]


def test_a_swap_brings_the_next_task_the_list_and_the_toast(
    branch: Branch, room: CaseRoom, task_id: str
) -> None:
    other = room.task(room.a_case(), "first_contact").task_id
    answer = _answer(branch.at("collector"), task_id, "na", swap=True)
    page = read(answer)
    assert answer.headers["hx-push-url"] == f"/tasks/{other}"
    assert page.one("article").attributes["data-task"] == other
    assert page.all("hx-partial", hx_target="#toasts")
    assert f"/tasks/{task_id}/undo" in page.actions


def test_after_the_last_task_the_list_says_that_all_is_done(branch: Branch, task_id: str) -> None:
    answer = _answer(branch.at("collector"), task_id, "na", swap=True)
    assert answer.headers["hx-push-url"] == "/inbox"
    assert f"/tasks/{task_id}/undo" in read(answer).actions
    assert "没有待办任务" in answer.text or "全部" in answer.text


def test_what_was_taken_back_is_there_to_be_corrected(branch: Branch, room: CaseRoom, task_id: str) -> None:
    desk = branch.at("collector")
    on = str(room.today + timedelta(days=5))
    _answer(desk, task_id, "ptp", amount="12,000.50", on=on, reason="发工资后还")
    back = desk.post(f"/tasks/{task_id}/undo")
    assert (back.status_code, back.headers["location"]) == (303, f"/tasks/{task_id}")
    page = read(desk.get(f"/tasks/{task_id}"))
    assert "已撤回：承诺还款" in page.words
    assert "checked" in page.one("input", value="ptp").attributes
    assert page.one("input", name="amount").attributes["value"] == "12000.50"
    assert page.one("input", name="on").attributes["value"] == on
    assert page.one("textarea", name="reason").text == "发工资后还"
    assert _statuses(room, task_id) == ["withdrawn"]


def test_taking_back_is_kept_in_the_trail_and_told(
    branch: Branch, room: CaseRoom, case_id: str, task_id: str
) -> None:
    desk = branch.at("collector")
    _answer(desk, task_id, "na", reason="只在库里")
    desk.post(f"/tasks/{task_id}/undo")
    assert "首次联系：撤回处理结果，无人接听" in branch.at("lead").get(f"/cases/{case_id}").text
    with room.store.reading() as connection:
        assert audit.verify(connection, case_id) == []


def test_a_corrected_answer_is_told_of_the_same_call(branch: Branch, room: CaseRoom, task_id: str) -> None:
    desk = branch.at("collector")
    _answer(desk, task_id, "busy")
    assert (_attempt(room, task_id).status, _attempt(room, task_id).result) == ("made", "busy")
    desk.post(f"/tasks/{task_id}/undo")
    reopened = _attempt(room, task_id)
    assert (reopened.status, reopened.result, reopened.effective) == ("reserved", None, False)
    page = read(desk.get(f"/tasks/{task_id}"))
    call_id = next(one.attributes["value"] for one in page.all("input", name="attempt_id", type="hidden"))
    assert call_id == reopened.attempt_id
    _answer(desk, task_id, "noint", attempt_id=call_id)
    told = _attempt(room, task_id)  # one line still: the call counts once
    assert (told.status, told.result, told.conversation) == ("made", "noint", True)
    room.undo_is_over = True
    room.hear_everything()
    assert _statuses(room, task_id) == ["withdrawn", "applied"]


def test_whoever_comes_too_late_is_told_so(branch: Branch, room: CaseRoom, task_id: str) -> None:
    desk = branch.at("collector")
    _answer(desk, task_id, "na")
    with room.store.transaction() as connection:
        connection.exec_driver_sql(
            "UPDATE messages SET status = 'sent', attempts = 1 WHERE task_id IS NOT NULL"
        )
    answer = desk.post(f"/tasks/{task_id}/undo")
    assert answer.status_code == 409
    assert "处理结果已提交，无法撤回" in answer.text
    room.undo_is_over = True
    with room.store.transaction() as connection:
        connection.exec_driver_sql("UPDATE messages SET status = 'waiting' WHERE task_id IS NOT NULL")
    room.hear_everything()
    assert desk.post(f"/tasks/{task_id}/undo").status_code == 409
    assert _statuses(room, task_id) == ["applied"]


def test_nobody_takes_back_the_answer_of_another(branch: Branch, room: CaseRoom, task_id: str) -> None:
    _answer(branch.at("collector"), task_id, "na")
    assert branch.at("colleague").post(f"/tasks/{task_id}/undo").status_code == 404
    assert "已保存：" not in branch.at("colleague").get("/inbox").text
    assert _statuses(room, task_id) == ["waiting"]


@pytest.mark.parametrize("outcome", ["dispute", "fraud", "inv", "lawyer"])
def test_what_binds_the_bank_at_once_does_not_wait(
    branch: Branch, room: CaseRoom, case_id: str, task_id: str, outcome: str
) -> None:
    """A dispute, a dead number, a lawyer: the guard knows from that moment on, and nobody takes it back."""
    room.away = True
    desk = branch.at("collector")
    _answer(desk, task_id, outcome, reason="客户说不是他借的")
    with room.store.reading() as connection:
        told = connection.execute(select(messages).where(messages.c.task_id == task_id)).one()
    assert told.effective_at == told.accepted_at
    assert desk.post(f"/tasks/{task_id}/undo").status_code == 409
    assert _statuses(room, task_id) == ["waiting"]


def test_money_that_comes_meanwhile_closes_the_case_and_the_answer_with_it(
    branch: Branch, room: CaseRoom, case_id: str, task_id: str
) -> None:
    desk = branch.at("collector")
    _answer(desk, task_id, "na")
    room.pay(case_id, 81_044_604)
    assert _statuses(room, task_id) == ["refused"]
    assert desk.post(f"/tasks/{task_id}/undo").status_code == 404


def test_a_double_click_is_one_answer_that_waits(branch: Branch, room: CaseRoom, task_id: str) -> None:
    desk = branch.at("collector")
    _answer(desk, task_id, "na")
    again = desk.post(f"/tasks/{task_id}/decision", outcome="na", facts_no="1")
    assert again.status_code == 409
    assert _statuses(room, task_id) == ["waiting"]


def test_what_was_said_of_cause_will_and_means_is_taken_back_too(
    branch: Branch, room: CaseRoom, task_id: str
) -> None:
    desk = branch.at("collector")
    _answer(desk, task_id, "noint", cause="family", willingness="wavering", ability="unable")
    assert _attempt(room, task_id).cause == "family"
    desk.post(f"/tasks/{task_id}/undo")
    assert _attempt(room, task_id).cause is None
    chosen = [
        one.attributes["value"] for one in read(desk.get(f"/tasks/{task_id}")).all("option", selected="")
    ]
    assert chosen == ["family", "wavering", "unable"]


def test_an_answer_that_came_to_nothing_after_one_went_on_is_told_in_the_list(
    branch: Branch, room: CaseRoom, case_id: str, task_id: str
) -> None:
    desk = branch.at("collector")
    other = room.task(room.a_case(), "first_contact").task_id
    assert _answer(desk, task_id, "na").headers["location"] == f"/tasks/{other}"
    room.pay(case_id, 90_000_000)
    page = read(desk.get("/inbox"))
    assert "1 项处理结果未生效" in page.words
    assert "案件已结案" in page.words
    assert f"/tasks/{task_id}" in page.links.values()
    assert "未生效" not in branch.at("colleague").get("/inbox").text


def test_an_answer_that_was_given_anew_is_no_longer_told_of(
    branch: Branch, room: CaseRoom, task_id: str
) -> None:
    desk = branch.at("collector")
    _answer(desk, task_id, "na")
    with room.store.transaction() as connection:
        refusal = {"status": "refused", "reason": "stale", "settled_at": clock.machine_now()}
        connection.execute(update(messages).where(messages.c.task_id == task_id).values(refusal))
    assert "1 项处理结果未生效" in desk.get("/inbox").text
    _answer(desk, task_id, "busy")
    assert "未生效" not in desk.get("/inbox").text
