"""The operators' queue."""

from datetime import timedelta

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


def test_an_incident_is_closed_with_a_reason_and_stays_to_be_read(branch: Branch, incident: str) -> None:
    desk = branch.at("operator")
    assert (
        desk.post(f"/incidents/{incident}/close", reason="已退回付款行").headers["location"] == "/incidents"
    )
    assert "没有待处理的异常事项。" in desk.get("/incidents").text
    closed = read(desk.get("/incidents?status=closed"))
    assert "已退回付款行" in closed.words
    assert "周杰" in closed.words


def test_without_a_reason_it_stays_open_and_says_so_beside_its_field(branch: Branch, incident: str) -> None:
    answer = branch.at("ops").post(f"/incidents/{incident}/close", reason="  ")
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
