"""The operators' queue."""

import pytest

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
