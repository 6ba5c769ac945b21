"""The word that a debtor agreed to a plan, as programs say it: kept once, checked whole, told to the case."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select, update

from arrears.policy.agreements import Acceptance, Charges, Clause, Offer
from arrears.policy.events import PlanSigned
from arrears.policy.events import read as read_event
from arrears.policy.schedules import Method
from arrears.policy.tasks import Role
from arrears.store import audit
from arrears.store.tables import Audit, cases, messages, parties
from tests.api import rows
from tests.api.conftest import Server

BODY = {
    "method": "equal_total",
    "amount_minor": 500_000,
    "yearly_bp": 1_200,
    "periods": 12,
    "first_due_on": "2026-12-02",
    "charges": "accrue",
    "acceptance": "oral",
    "proof": "REC-1",
    "unable_and_willing": True,
    "no_new_card": True,
    "rights_and_breach": True,
    "facts_no": 1,
}
OFFER = Offer(
    Method.EQUAL_TOTAL,
    500_000,
    1_200,
    12,
    "2026-12-02",
    Charges.ACCRUE,
    Acceptance.ORAL,
    "REC-1",
    tuple(Clause),
)


@pytest.fixture
def case_id(server: Server) -> str:
    return rows.a_case(server.store)


def _sign(client: httpx.Client, case: str, /, **changed: Any) -> httpx.Response:
    return client.post(f"/api/v1/cases/{case}/plans", json=BODY | changed)


def _said(server: Server) -> list[Any]:
    with server.store.reading() as connection:
        return list(connection.execute(select(messages).order_by(messages.c.arrival)))


def _officer(server: Server) -> httpx.Client:
    return server.as_(Role.PLAN_OFFICER)


def test_a_plan_is_told_to_its_case_as_the_rules_read_it(server: Server, case_id: str) -> None:
    answer = _sign(_officer(server), case_id)
    assert answer.status_code == 202
    (said,) = _said(server)
    assert answer.json() == {"message_id": said.message_id, "status": "waiting"}
    assert (said.case_id, said.signal, said.rank) == (case_id, "plan_signed", 1)
    staff_id = server.person(Role.PLAN_OFFICER).staff_id
    event = read_event(case_id, said.signal, actor=staff_id, task_id=None, content=said.content)
    assert event == PlanSigned(OFFER, staff_id, 1, ends_review=True)
    trail = Audit.metadata.tables["audit"]
    with server.store.reading() as connection:
        (row,) = connection.execute(select(trail).where(trail.c.stream == case_id)).all()
        assert audit.verify(connection, case_id) == []
    assert (row.what, row.actor, row.detail["proof"]) == ("plan_signed", staff_id, "REC-1")


def test_the_same_plan_again_is_the_same_message_and_another_one_is_a_conflict(
    server: Server, case_id: str
) -> None:
    client = _officer(server)
    first = _sign(client, case_id)
    again = _sign(client, case_id)
    assert (again.status_code, again.json()) == (202, first.json())
    other = _sign(client, case_id, periods=6)
    assert (other.status_code, other.json()["detail"]) == (409, "plan_stands")
    assert len(_said(server)) == 1


def test_of_many_hands_at_once_one_plan_is_kept(server: Server, case_id: str) -> None:
    client = _officer(server)
    with ThreadPoolExecutor(6) as hands:
        answers = list(hands.map(lambda n: _sign(client, case_id, periods=n).status_code, range(2, 8)))
    assert sorted(answers) == [202, 409, 409, 409, 409, 409]
    assert len(_said(server)) == 1


@pytest.mark.rule("1.3", "s18")
@pytest.mark.parametrize(
    ("changed", "faults"),
    [
        ({"periods": 61}, [("periods", "plan_too_long")]),
        ({"periods": 0}, [("periods", "plan_periods_required")]),
        ({"proof": None}, [("proof", "plan_recording_required")]),
        ({"proof": None, "acceptance": "signed"}, [("proof", "plan_document_required")]),
        ({"amount_minor": 99_999}, [("amount_minor", "plan_amount_outside")]),
        ({"amount_minor": 500_001}, [("amount_minor", "plan_amount_outside")]),
        ({"yearly_bp": 2_401}, [("yearly_bp", "plan_rate_too_high")]),
        ({"first_due_on": "2026-11-02"}, [("first_due_on", "day_not_ahead")]),
        ({"no_new_card": False}, [("no_new_card", "plan_clause_missing")]),
        (
            {"periods": 61, "rights_and_breach": False},
            [("periods", "plan_too_long"), ("rights_and_breach", "plan_clause_missing")],
        ),
    ],
)
def test_what_the_rules_would_refuse_is_named_and_nothing_is_kept(
    server: Server, case_id: str, changed: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    answer = _sign(_officer(server), case_id, **changed)
    assert answer.status_code == 422
    assert [(fault["field"], fault["why"]) for fault in answer.json()["errors"]] == faults
    assert _said(server) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "balloon"},
        {"amount_minor": "500000"},
        {"amount_minor": -1},
        {"periods": 12.5},
        {"first_due_on": "soon"},
        {"proof": "张三 13800001234"},
        {"no_new_card": "yes"},
        {"remark": "x"},
    ],
)
def test_what_cannot_be_read_is_refused(server: Server, case_id: str, changed: dict[str, Any]) -> None:
    answer = _sign(_officer(server), case_id, **changed)
    assert (answer.status_code, answer.json()["detail"]) == (422, "invalid")
    assert _said(server) == []


def test_a_plan_on_old_figures_is_refused_with_the_new_number(server: Server, case_id: str) -> None:
    with server.store.transaction() as connection:
        connection.execute(update(cases).values(state={"facts_no": 7}))
    answer = _sign(_officer(server), case_id, facts_no=6)
    assert (answer.status_code, answer.json()["detail"]) == (409, "facts_changed")
    assert _officer(server).get(f"/api/v1/cases/{case_id}/plans").json() == {"facts_no": 7, "items": []}
    assert _sign(_officer(server), case_id, facts_no=7).status_code == 202


@pytest.mark.rule("4.4")
@pytest.mark.parametrize(
    ("field", "came"), [("hands", (403, "second_person_needed")), ("kept_off", (404, "not_found"))]
)
def test_who_worked_the_case_or_is_kept_off_it_makes_no_plan_of_it(
    server: Server, case_id: str, field: str, came: tuple[int, str]
) -> None:
    staff_id = server.person(Role.PLAN_OFFICER).staff_id
    with server.store.transaction() as connection:
        connection.execute(update(cases).values(state={field: [staff_id]}))
    answer = _sign(_officer(server), case_id)
    assert (answer.status_code, answer.json()["detail"]) == came


@pytest.mark.rule("G6")
def test_a_guarantors_consent_is_asked_where_somebody_stands_for_the_loan(
    server: Server, case_id: str
) -> None:
    with server.store.transaction() as connection:
        connection.execute(insert(parties).values(loan_id="L1", borrower_id="B-2", role="guarantor"))
    answer = _sign(_officer(server), case_id)
    assert [fault["why"] for fault in answer.json()["errors"]] == ["guarantor_consent_missing"]
    absent = _sign(_officer(server), case_id, without_guarantor="yes")
    assert absent.status_code == 422, "said aloud, or not at all"
    assert _sign(_officer(server), case_id, guarantor_proof="DOC-G").status_code == 202
    (said,) = _said(server)
    assert (said.content["guaranteed"], said.content["guarantor_proof"]) == (True, "DOC-G")


@pytest.mark.rule("G6")
def test_s17_without_it_the_case_is_told_so_and_where_nobody_stands_for_the_loan_nothing(
    server: Server, case_id: str
) -> None:
    other = rows.a_case(server.store, "L2")
    with server.store.transaction() as connection:
        connection.execute(insert(parties).values(loan_id="L1", borrower_id="B-2", role="guarantor"))
    for case in (case_id, other):
        assert _sign(_officer(server), case, without_guarantor=True).status_code == 202
    told = {row.case_id: row.content["without_guarantor"] for row in _said(server)}
    assert told == {case_id: True, other: False}


def test_a_closed_case_and_no_case_take_no_plan(server: Server) -> None:
    closed = rows.a_case(server.store, "L2", status="closed")
    answer = _sign(_officer(server), closed)
    assert (answer.status_code, answer.json()["detail"]) == (409, "case_closed")
    assert _sign(_officer(server), "case-L9-1").status_code == 404
    assert _officer(server).get("/api/v1/cases/case-L9-1/plans").status_code == 404
