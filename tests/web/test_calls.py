"""Calls and visits from the page of a task: what the guard says, the number for one call, and what came of it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from arrears import clock
from arrears.store.tables import contact_attempts, contact_points, incidents, reveals, tasks
from tests.builders import CaseRoom
from tests.web.branch import Branch, Desk
from tests.web.reading import read

NUMBER = "13800005678"
HOME = "样本市演示路9号"


@pytest.fixture
def case_id(room: CaseRoom) -> str:
    return room.a_case(name="刘明辉", days_past_due=12)


@pytest.fixture
def task_id(room: CaseRoom, case_id: str) -> str:
    return str(room.task(case_id, "first_contact").task_id)


@pytest.fixture
def desk(branch: Branch, task_id: str) -> Desk:
    """A collector who holds the task."""
    mine = branch.at("collector")
    mine.post(f"/tasks/{task_id}/claim")
    return mine


def _call(desk: Desk, task_id: str, contact_id: str = "B000001-phone") -> Any:
    return desk.post(f"/tasks/{task_id}/call", contact_id=contact_id)


def _attempts(room: CaseRoom) -> list[Any]:
    with room.store.reading() as connection:
        return list(
            connection.execute(select(contact_attempts).order_by(contact_attempts.c.reserved_at)).all()
        )


def _looks(room: CaseRoom) -> list[Any]:
    with room.store.reading() as connection:
        return list(connection.execute(select(reveals)).all())


def _attempt_in(page: Any) -> str:
    """The call the answer form would tell the result of."""
    (hidden,) = read(page).all("input", name="attempt_id")[:1]
    return hidden.attributes["value"]


# ---- what the guard says ---------------------------------------------------------------------------------


def test_each_number_has_the_guards_word_and_how_much_is_taken(desk: Desk, task_id: str) -> None:
    page = desk.get(f"/tasks/{task_id}").text
    assert "可联系，至 21:55" in page
    assert "今日有效通话 0/3 次" in page
    assert "今日拨打该号码 0/6 次" in page
    assert "可上门，至 22:00" in page
    assert f"/tasks/{task_id}/call" in read(desk.get(f"/tasks/{task_id}")).actions
    assert NUMBER not in page
    assert HOME not in page


def test_whoever_does_not_hold_the_task_reads_and_cannot_call(
    branch: Branch, room: CaseRoom, desk: Desk, task_id: str
) -> None:
    for login, status in (("colleague", 409), ("lead", 403), ("advisor1", 403)):
        other = branch.at(login)
        page = other.get(f"/tasks/{task_id}")
        if page.status_code == 200:
            assert f"/tasks/{task_id}/call" not in read(page).actions
        assert _call(other, task_id).status_code == status, login
    assert _attempts(room) == []


def test_after_five_to_ten_the_button_gives_way_to_the_reason(
    room: CaseRoom, desk: Desk, task_id: str
) -> None:
    with clock.door_time(room.now + timedelta(hours=11, minutes=36)):  # 21:56 in Shanghai
        page = desk.get(f"/tasks/{task_id}")
        assert "11-24 08:00 后方可联系：不在允许联系的时段内（C01）" in page.text
        assert f"/tasks/{task_id}/call" not in read(page).actions
        answer = _call(desk, task_id)
    assert answer.status_code == 409
    assert "2026-11-24 08:00 之前不得联系" in answer.text
    assert "原因：不在允许联系的时段内（C01）" in answer.text
    assert _attempts(room) == []


def test_a_number_marked_by_the_bank_is_never_called(room: CaseRoom, desk: Desk, task_id: str) -> None:
    with room.store.transaction() as connection:
        connection.execute(
            update(contact_points).where(contact_points.c.channel == "phone").values(do_not_contact=True)
        )
    page = desk.get(f"/tasks/{task_id}")
    assert "不得联系：银行已标记为禁止联系" in page.text
    assert f"/tasks/{task_id}/call" not in read(page).actions
    assert _call(desk, task_id).status_code == 409


# ---- a call ----------------------------------------------------------------------------------------------


@pytest.mark.rule("P11", "4.6-4")
def test_a_call_takes_its_slot_and_shows_the_number_in_that_answer_alone(
    room: CaseRoom, desk: Desk, task_id: str, case_id: str
) -> None:
    answer = _call(desk, task_id)
    assert answer.status_code == 200
    assert NUMBER in answer.text
    assert answer.headers["cache-control"] == "no-store"
    (attempt,) = _attempts(room)
    assert (attempt.status, attempt.actor, attempt.task_id) == ("reserved", "s-collector", task_id)
    (look,) = _looks(room)
    assert (look.staff_id, look.attempt_id, look.purpose) == ("s-collector", attempt.attempt_id, "contact")
    again = desk.get(f"/tasks/{task_id}")
    assert NUMBER not in again.text
    assert "通话进行中" in again.text
    assert "今日有效通话 1/3 次" in again.text, "a call counts as answered until its result is known"
    assert f"/tasks/{task_id}/call" in read(again).actions, "to see the number again"


def test_asked_twice_it_is_one_call_and_both_looks_are_kept(room: CaseRoom, desk: Desk, task_id: str) -> None:
    assert NUMBER in _call(desk, task_id).text
    assert NUMBER in _call(desk, task_id).text
    assert [row.status for row in _attempts(room)] == ["reserved"]
    assert len(_looks(room)) == 2


def test_one_call_at_a_time(room: CaseRoom, desk: Desk, task_id: str) -> None:
    with room.store.transaction() as connection:
        connection.execute(
            insert(contact_points).values(
                contact_id="B000001-second",
                borrower_id="B000001",
                channel="phone",
                address="13911112222",
                preferred=False,
                do_not_contact=False,
            )
        )
    _call(desk, task_id)
    answer = _call(desk, task_id, "B000001-second")
    assert answer.status_code == 409
    assert "该任务另有一次通话或上门正在进行" in answer.text
    assert "13911112222" not in answer.text


def test_a_call_begun_before_ten_is_told_after_ten(
    room: CaseRoom, desk: Desk, task_id: str, case_id: str
) -> None:
    begun = room.now + timedelta(hours=11, minutes=30)  # 21:50
    with clock.door_time(begun):
        attempt_id = _attempt_in(_call(desk, task_id))
    room.now = begun + timedelta(minutes=15)
    with clock.door_time(room.now):
        answer = desk.post(
            f"/tasks/{task_id}/decision",
            outcome="rtp",
            facts_no="1",
            reason="称无力偿还",
            attempt_id=attempt_id,
            recording_id="rec-2211",
        )
        assert answer.status_code == 303
    (attempt,) = _attempts(room)
    assert (attempt.attempt_id, attempt.status, attempt.result) == (attempt_id, "made", "rtp")
    assert attempt.at == begun
    story = desk.get(f"/cases/{case_id}").text
    assert "录音 rec-2211" in story
    assert "至少保存至 2028-11-22" in story


def test_not_called_after_all_gives_the_slot_back(room: CaseRoom, desk: Desk, task_id: str) -> None:
    attempt_id = _attempt_in(_call(desk, task_id))
    assert desk.post(f"/tasks/{task_id}/drop", attempt_id=attempt_id).status_code == 303
    assert "今日有效通话 0/3 次" in desk.get(f"/tasks/{task_id}").text
    assert [row.status for row in _attempts(room)] == ["released"]
    late = desk.post(
        f"/tasks/{task_id}/decision", outcome="na", facts_no="1", attempt_id=attempt_id, reason="无人接听"
    )
    assert late.status_code == 409
    assert "这次通话或上门已有结果或已撤销" in late.text
    assert "无人接听" in late.text, "what was typed is still there"


def test_somebody_elses_call_is_not_there_to_be_dropped(
    branch: Branch, room: CaseRoom, desk: Desk, task_id: str
) -> None:
    attempt_id = _attempt_in(_call(desk, task_id))
    assert branch.at("colleague").post(f"/tasks/{task_id}/drop", attempt_id=attempt_id).status_code == 404
    assert [row.status for row in _attempts(room)] == ["reserved"]


def test_what_came_of_a_call_is_kept_though_the_task_is_gone(
    room: CaseRoom, desk: Desk, task_id: str, case_id: str
) -> None:
    attempt_id = _attempt_in(_call(desk, task_id))
    room.pay(case_id, 100_000)
    answer = desk.post(f"/tasks/{task_id}/decision", outcome="hung", facts_no="1", attempt_id=attempt_id)
    assert answer.status_code == 409
    assert "通话结果已记入联系台账" in answer.text
    (attempt,) = _attempts(room)
    assert (attempt.status, attempt.result, attempt.effective) == ("made", "hung", True)


def test_what_came_of_a_call_is_kept_though_the_debtor_complained_of_the_caller_meanwhile(
    branch: Branch, room: CaseRoom, desk: Desk, task_id: str, case_id: str
) -> None:
    attempt_id = _attempt_in(_call(desk, task_id))
    said = branch.at("desk").post(
        f"/cases/{case_id}/holds", kind="complaint", reason="态度恶劣", against="collector"
    )
    assert said.status_code == 303
    answer = desk.post(f"/tasks/{task_id}/decision", outcome="hung", facts_no="1", attempt_id=attempt_id)
    assert answer.status_code == 404
    (attempt,) = _attempts(room)
    assert (attempt.status, attempt.result) == ("made", "hung")


def test_whoever_gave_the_task_back_tells_of_the_call_all_the_same(
    room: CaseRoom, desk: Desk, task_id: str
) -> None:
    attempt_id = _attempt_in(_call(desk, task_id))
    desk.post(f"/tasks/{task_id}/release")
    page = desk.get(f"/tasks/{task_id}")
    assert "该任务已不在您手中" in page.text
    offered = {one.attributes["value"] for one in read(page).all("option")}
    assert "rtp" in offered
    assert "ptp" not in offered
    told = desk.post(f"/tasks/{task_id}/told", attempt_id=attempt_id, result="busy")
    assert told.status_code == 303
    assert [(row.status, row.result) for row in _attempts(room)] == [("made", "busy")]
    assert "first_contact" in room.state(room.case(f"case-{task_id.split('-')[1]}-1").case_id).tasks


@pytest.mark.slow
def test_calls_that_are_never_made_show_only_so_many_numbers(
    room: CaseRoom, desk: Desk, task_id: str
) -> None:
    most = room.rules.conduct.reveals_per_day
    for _ in range(most):
        attempt_id = _attempt_in(_call(desk, task_id))
        desk.post(f"/tasks/{task_id}/drop", attempt_id=attempt_id)
    answer = _call(desk, task_id)
    assert answer.status_code == 429
    assert NUMBER not in answer.text
    assert "已通知合规部门" in answer.text
    with room.store.reading() as connection:
        assert [row.kind for row in connection.execute(select(incidents))] == ["reveals_over_quota"]


@pytest.mark.parametrize("contact_id", ["", "B000001-post", "B999999-phone", "../x", "x" * 300])
def test_what_is_no_number_of_this_person_is_not_called(
    room: CaseRoom, desk: Desk, task_id: str, contact_id: str
) -> None:
    assert _call(desk, task_id, contact_id).status_code in (404, 422)
    assert _attempts(room) == []


def test_a_task_given_back_meanwhile_is_taken_first(room: CaseRoom, desk: Desk, task_id: str) -> None:
    with room.store.transaction() as connection:
        connection.execute(update(tasks).values(assignee=None, claimed_at=None))
    answer = _call(desk, task_id)
    assert answer.status_code == 409
    assert "请先领取任务" in answer.text


# ---- a visit ---------------------------------------------------------------------------------------------


@pytest.mark.rule("C10")
def test_a_visit_is_begun_by_two_and_told_with_its_recording(
    room: CaseRoom, desk: Desk, task_id: str, case_id: str
) -> None:
    where = {"contact_id": "B000001-post"}
    alone = desk.post(f"/tasks/{task_id}/visit", swap=False, **where)
    assert alone.status_code == 409
    assert "C10" in alone.text
    stranger = desk.post(f"/tasks/{task_id}/visit", swap=False, **where, companion="s-nobody")
    assert stranger.status_code == 422
    assert "请选择同行人员" in stranger.text
    begun = desk.post(f"/tasks/{task_id}/visit", swap=False, **where, companion="s-colleague")
    assert begun.status_code == 200
    assert HOME in begun.text
    (attempt,) = _attempts(room)
    assert (attempt.action, list(attempt.staff)) == ("visit", ["s-colleague"])
    form = {"attempt_id": attempt.attempt_id, "result": "met"}
    silent = desk.post(f"/tasks/{task_id}/told", swap=False, **form)
    assert silent.status_code == 422
    assert "请填写录音编号" in silent.text
    assert desk.post(f"/tasks/{task_id}/told", swap=False, **form, recording_id="vis-1").status_code == 303
    story = desk.get(f"/cases/{case_id}").text
    assert "上门" in story
    assert "录音 vis-1" in story
    assert "first_contact" not in room.state(case_id).tasks, "whoever was met was spoken to"
