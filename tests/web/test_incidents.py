"""The operators' queue."""

from datetime import timedelta
from typing import Any

import pytest

from arrears import clock
from arrears.store import intents
from arrears.store.intents import PaymentIn
from tests.builders import CaseRoom
from tests.web.branch import Branch
from tests.web.reading import read


@pytest.fixture
def incident(room: CaseRoom) -> str:
    currency = room.rules.terms.currency
    with room.store.transaction() as connection:
        intents.post_payment(
            connection,
            PaymentIn("P-9", "RL-UNKNOWN", room.today, room.today, 12_500_00, currency),
            at=room.now,
            source="core-bank",
            reopen_days=7,
        )
    return "payment_unknown_loan-P-9"


def test_an_incident_says_what_it_is_in_words(branch: Branch, incident: str) -> None:
    page = read(branch.at("operator").get("/incidents"))
    for shown in ("款项对应的贷款不存在", "¥12,500.00", "RL-UNKNOWN", incident):
        assert shown in page.words


@pytest.fixture
def junk(room: CaseRoom) -> str:
    with room.store.transaction() as connection:
        intents.raise_incident(connection, kind="junk_signal", key="x", at=room.now, detail={"signal": "x"})
    return "junk_signal-x"


def test_an_incident_is_closed_with_a_reason_and_stays_to_be_read(branch: Branch, junk: str) -> None:
    desk = branch.at("operator")
    assert desk.post(f"/incidents/{junk}/close", reason="手工误发").headers["location"] == "/incidents"
    assert "没有待处理的异常事项。" in desk.get("/incidents").text
    closed = read(desk.get("/incidents?status=closed"))
    assert "手工误发" in closed.words
    assert "周杰" in closed.words


def test_without_a_reason_it_stays_open_and_says_so_beside_its_field(branch: Branch, junk: str) -> None:
    answer = branch.at("ops").post(f"/incidents/{junk}/close", reason="  ")
    page = read(answer)
    assert answer.status_code == 422
    assert page.links["请填写理由"] == "#f-reason-1"
    assert page.one("input", id="f-reason-1").attributes["aria-invalid"] == "true"
    assert "没有待处理的异常事项。" not in branch.at("ops").get("/incidents").text


def test_compliance_reads_and_does_not_close(branch: Branch, incident: str) -> None:
    desk = branch.at("compliance")
    assert f"/incidents/{incident}/close" not in read(desk.get("/incidents")).actions
    assert desk.post(f"/incidents/{incident}/close", reason="weg").status_code == 403


def test_many_incidents_come_in_pages_oldest_first(branch: Branch, room: CaseRoom) -> None:
    with room.store.transaction() as connection:
        for n in range(53):
            intents.raise_incident(
                connection, kind="surplus", key=f"P{n:03d}", at=room.now, detail={"surplus_minor": 1}
            )
    desk = branch.at("operator")
    first = read(desk.get("/incidents"))
    second = read(desk.get(first.links["显示更多"]))
    assert (len(first.has_class("incident")), len(second.has_class("incident"))) == (50, 3)
    assert "surplus-P000" in first.words
    assert "surplus-P052" in second.words


@pytest.mark.parametrize("strange", ["no-such", "%00", "x" * 300])
def test_what_is_no_incident_is_not_there(branch: Branch, strange: str) -> None:
    assert branch.at("operator").post(f"/incidents/{strange}/close", reason="weg").status_code == 404


# ---- money to be given back ------------------------------------------------------------------------------


@pytest.fixture
def surplus(branch: Branch, room: CaseRoom) -> str:
    case_id = room.a_case(overdue=1_000_00, balance=1_000_00)
    return f"surplus-{room.pay(case_id, 1_500_00)}"


@pytest.mark.rule("4.7")
def test_money_paid_too_much_is_paid_out_by_operations_with_its_number(
    branch: Branch, room: CaseRoom, surplus: str
) -> None:
    ops = branch.at("ops")
    page = read(ops.get("/incidents"))
    for shown in ("款项如何处理？", "¥500.00"):
        assert shown in page.words
    wrong = ops.post(f"/incidents/{surplus}/close", outcome="paid_out", reference=" ")
    assert wrong.status_code == 422
    assert read(wrong).links["请填写付款流水号"] == "#f-reference-1"
    assert ops.post(f"/incidents/{surplus}/close", outcome="paid_out", reference="OUT-7").status_code == 303
    closed = read(ops.get("/incidents?status=closed"))
    assert "已退还 · OUT-7" in closed.words


def test_operators_see_money_to_be_given_back_and_do_not_end_it(branch: Branch, surplus: str) -> None:
    operator = branch.at("operator")
    assert f"/incidents/{surplus}/close" not in read(operator.get("/incidents")).actions
    assert operator.post(f"/incidents/{surplus}/close", outcome="kept", reason="weg").status_code == 403


def test_a_term_that_is_over_is_told_on_top(branch: Branch, room: CaseRoom, surplus: str) -> None:
    assert "已超过办理期限" not in branch.at("ops").get("/incidents").text
    with clock.door_time(room.now + timedelta(days=30)):
        assert "1 项异常事项已超过办理期限" in read(branch.at("ops").get("/incidents")).words


# ---- money in suspense -----------------------------------------------------------------------------------


def test_money_in_suspense_goes_onto_a_loan_after_a_look_at_what_follows(
    branch: Branch, room: CaseRoom, incident: str
) -> None:
    case_id = room.a_case(overdue=1_000_00, balance=20_000_00)
    loan_id, ops = room.case(case_id).loan_id, branch.at("ops")
    close = f"/incidents/{incident}/close"
    said: dict[str, Any] = {"outcome": "assigned", "loan_id": f" {loan_id} ", "reason": "付款附言写错一位"}
    first = ops.post(close, **said)
    page = read(first)
    assert (first.status_code, room.case(case_id).balance_minor) == (200, 20_000_00)
    for shown in ("全部 ¥12,500.00 将冲抵该贷款的欠款", loan_id, "刘*", "付款附言写错一位"):
        assert shown in page.words
    assert "刘明辉" not in page.words
    asked: dict[str, Any] = {
        one.attributes["name"]: one.attributes["value"] for one in page.all("input", type="hidden")
    }
    posted = ops.post(close, **asked).headers["location"]
    assert room.case(case_id).balance_minor == 7_500_00
    assert "已生效" in ops.get(posted).text
    closed = read(ops.get("/incidents?status=closed"))
    assert closed.links["查看入账的还款"] == posted
    assert ops.post(close, **asked).headers["location"] == posted
    assert room.case(case_id).balance_minor == 7_500_00, "said twice, done once"
    assert read(ops.get("/payments/P-9")).links["查看入账的还款"] == posted


def test_back_from_what_follows_nothing_is_done_and_the_words_are_there(
    branch: Branch, room: CaseRoom, incident: str
) -> None:
    """Also when the incident stands on a page further down."""
    case_id = room.a_case(overdue=1_000_00, balance=20_000_00)
    with room.store.transaction() as connection:
        for n in range(53):
            intents.raise_incident(connection, kind="stray", key=f"P{n:03d}", at=room.now - timedelta(days=9))
    ops, said = branch.at("ops"), {"outcome": "assigned", "loan_id": room.case(case_id).loan_id}
    back = ops.post(f"/incidents/{incident}/close", **said, reason="付款附言写错一位", back="1")
    page = read(back)
    assert (back.status_code, room.case(case_id).balance_minor) == (200, 20_000_00)
    assert page.one("input", value="付款附言写错一位").attributes["name"] == "reason"
    assert page.one("input", value=said["loan_id"]).attributes["name"] == "loan_id"
    assert page.one("input", value="assigned").attributes.keys() >= {"checked"}


def test_a_loan_that_owes_another_sum_by_now_is_shown_again(
    branch: Branch, room: CaseRoom, incident: str
) -> None:
    case_id = room.a_case(overdue=1_000_00, balance=20_000_00)
    ops, close = branch.at("ops"), f"/incidents/{incident}/close"
    said: dict[str, Any] = {
        "outcome": "assigned",
        "loan_id": room.case(case_id).loan_id,
        "reason": "核对无误",
    }
    assert ops.post(close, **said).status_code == 200
    room.pay(case_id, 15_000_00)
    again = ops.post(close, **said, surplus_seen="0")
    assert again.status_code == 409
    for shown in ("该贷款的欠款在此期间有变化", "超出该贷款欠款 ¥7,500.00"):
        assert shown in read(again).words
    assert incident in ops.get("/incidents").text


def test_money_in_suspense_is_sent_back_with_reason_and_number(branch: Branch, incident: str) -> None:
    ops, close = branch.at("ops"), f"/incidents/{incident}/close"
    wrong = read(ops.post(close, outcome="paid_out", reference="", reason=""))
    assert wrong.links["请填写付款流水号"] == "#f-reference-1"
    assert wrong.links["请填写理由"] == "#f-reason-1"
    unknown = read(ops.post(close, outcome="assigned", loan_id="RL-NONE", reason="核对无误"))
    assert unknown.links["没有该借据号的贷款"] == "#f-loan_id-1"
    assert (
        ops.post(close, outcome="paid_out", reference="OUT-9", reason="付款人填错收款账号").status_code == 303
    )
    assert "已退还 · OUT-9 · 付款人填错收款账号" in read(ops.get("/incidents?status=closed")).words
    assert "OUT-9" in read(ops.get("/payments/P-9")).words


def test_operators_do_not_move_money_in_suspense(branch: Branch, incident: str) -> None:
    operator = branch.at("operator")
    assert f"/incidents/{incident}/close" not in read(operator.get("/incidents")).actions
    said: dict[str, Any] = {"outcome": "assigned", "loan_id": "RL-1", "reason": "weg"}
    assert operator.post(f"/incidents/{incident}/close", **said).status_code == 403
