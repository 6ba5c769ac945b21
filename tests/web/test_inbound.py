"""They contacted us: from the case page and from a task, written down once, and what was said binds at once."""

import re
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select

from arrears.policy.state import HoldKind, Scope
from arrears.store.tables import borrowers, contact_attempts, parties
from tests.builders import CaseRoom, standing_at
from tests.web.branch import Branch, Desk
from tests.web.reading import read


@pytest.fixture
def case_id(branch: Branch, room: CaseRoom) -> str:
    return room.a_case(name="王佳怡", overdue=1_000_000, balance=3_000_000)


def _key(desk: Desk, case_id: str) -> str:
    page = desk.get(f"/cases/{case_id}/contacts/new").text
    found = re.search(r'name="key" value="(page-[0-9a-f]{16})"', page)
    assert found is not None
    return found.group(1)


def _hear(desk: Desk, case_id: str, /, **fields: str) -> httpx.Response:
    said = {"key": fields.get("key") or _key(desk, case_id), "action": "in_call", "who": "borrower"} | fields
    return desk.client.post(f"/cases/{case_id}/contacts", data={"csrf": desk.csrf, **said})


def _lines(room: CaseRoom) -> list[Any]:
    with room.store.reading() as connection:
        return list(connection.execute(select(contact_attempts)))


def test_a_promise_on_the_phone_is_written_down_from_the_task_and_ends_it(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    desk = branch.at("collector")
    task = room.task(case_id, "first_contact").task_id
    href = f"/cases/{case_id}/contacts/new?task={task}"
    assert read(desk.get(f"/tasks/{task}")).links["登记来电来访"] == href
    assert f'name="task" value="{task}"' in desk.get(href).text
    with standing_at(room):
        answer = _hear(
            desk, case_id, task=task, result="ptp", on=room.today.isoformat(), amount="5,000", reason="今天还"
        )
        assert (answer.status_code, answer.headers["location"]) == (303, f"/tasks/{task}")
        page = read(desk.get(f"/cases/{case_id}"))
    for shown in ("债务人来电：承诺还款", "5,000.00", "今天还", "已登记：债务人来电"):
        assert shown in page.words, shown
    promise = room.state(case_id).promise
    assert promise is not None
    assert (promise.amount, promise.due_on) == (500_000, room.today.isoformat())
    assert "first_contact" not in room.state(case_id).tasks


@pytest.mark.rule("C16")
def test_s26_a_dispute_at_the_counter_holds_its_part_at_once(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    desk = branch.at("desk")
    assert read(desk.get(f"/cases/{case_id}")).links["登记来电来访"] == f"/cases/{case_id}/contacts/new"
    with standing_at(room):
        answer = _hear(
            desk,
            case_id,
            action="in_visit",
            result="dispute",
            part="2,000",
            reason="利息算错",
            at="2026-11-23 10:00",
        )
    assert answer.status_code == 303
    [hold] = room.state(case_id).holds
    assert (hold.kind, hold.scope, hold.part) == (HoldKind.DISPUTE, Scope.PART, 200_000)
    assert "债务人到访网点" in read(desk.get(f"/cases/{case_id}")).words


def test_the_form_sent_twice_is_one_word_and_with_other_words_a_conflict(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    desk = branch.at("lead")
    key = _key(desk, case_id)
    with standing_at(room):
        for _ in range(2):
            assert _hear(desk, case_id, key=key, result="hardship", reason="失业").status_code == 303
        other = _hear(desk, case_id, key=key, result="hardship", reason="生病")
    assert (other.status_code, "该次来访已按其他内容登记" in other.text) == (409, True)
    assert len(_lines(room)) == 1
    assert _hear(desk, case_id, key="mine", result="noint").status_code == 404


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"result": ""}, "请选择结果"),
        ({"action": "out_call"}, "请选择来访方式"),
        ({"who": ""}, "请选择来访人"),
        ({"result": "dispute"}, "请填写理由"),
        ({"result": "ptp", "on": "2026-11-24"}, "请填写金额"),
        ({"result": "ptp", "amount": "x", "on": "2026-11-24"}, "请填写数字金额"),
        ({"result": "ptp", "amount": "5", "on": "2026-11-01"}, "日期不能早于今天"),
        ({"who": "third", "result": "tp_refuse"}, "请选择要求停止拨打的号码"),
        ({"who": "third", "result": "ptp", "amount": "5", "on": "2026-11-24"}, "只有债务人或其代理人"),
        ({"at": "2030-01-01 10:00"}, "时间"),
        ({"at": "gestern"}, "时间"),
        ({"result": "compl", "reason": "态度差", "against": "nobody"}, "没有该登录名的员工"),
    ],
    ids=str,
)
def test_a_faulty_form_comes_back_with_what_was_typed(
    branch: Branch, room: CaseRoom, case_id: str, fields: dict[str, str], fault: str
) -> None:
    with standing_at(room):
        answer = _hear(branch.at("desk"), case_id, **({"result": "noint", "recording_id": "REC-77"} | fields))
    assert answer.status_code == 422
    page = read(answer)
    assert fault in page.words
    assert "REC-77" in answer.text
    assert _lines(room) == []


def test_each_person_around_the_loan_can_be_named_and_nobody_in_full(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    with room.store.transaction() as connection:
        loan_id = room.case(case_id).loan_id
        connection.execute(insert(borrowers).values(borrower_id="G1", kind="person", name="司徒远"))
        connection.execute(insert(parties).values(loan_id=loan_id, borrower_id="G1", role="guarantor"))
    desk = branch.at("lead")
    page = desk.get(f"/cases/{case_id}/contacts/new")
    assert "保证人 司*" in page.text
    assert "王*" in page.text
    for hidden in ("司徒远", "王佳怡", "13800005678"):
        assert hidden not in page.text
    with standing_at(room):
        answer = _hear(desk, case_id, who="guarantor:G1", result="fraud", reason="称从未担保")
    assert answer.status_code == 303
    assert [hold.kind for hold in room.state(case_id).holds] == [HoldKind.FRAUD_CLAIM]
    assert "保证人：来电" in read(desk.get(f"/cases/{case_id}")).words


@pytest.mark.rule("K1")
def test_whoever_writes_down_a_complaint_about_himself_leaves_the_case(
    branch: Branch, room: CaseRoom, case_id: str
) -> None:
    collector = branch.at("collector")
    with standing_at(room):
        answer = _hear(collector, case_id, result="compl", reason="态度差", against="collector")
    assert (answer.status_code, answer.headers["location"]) == (303, "/inbox")
    assert collector.get(f"/cases/{case_id}").status_code == 404
    assert collector.get(f"/cases/{case_id}/contacts/new").status_code == 404


def test_whoever_hears_nobody_finds_no_way_to_write(branch: Branch, case_id: str) -> None:
    for login in ("ops", "compliance", "advisor1"):
        assert "登记来电来访" not in read(branch.at(login).get(f"/cases/{case_id}")).links
        assert branch.at(login).get(f"/cases/{case_id}/contacts/new").status_code == 403
