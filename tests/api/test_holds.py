"""Holds and consent through the JSON API: what a person says is kept, told to every case it reaches, and never twice."""

from typing import Any

import httpx
import pytest
from sqlalchemy import select

from arrears.policy.events import HoldPlaced, HoldReleased
from arrears.policy.events import read as read_event
from arrears.policy.state import HoldKind, Scope
from arrears.policy.tasks import Role
from arrears.store import audit
from arrears.store.tables import cases, consents, incidents, loans, messages, remarks
from arrears.store.tables import holds as hold_rows
from tests.api import rows
from tests.api.conftest import Server


@pytest.fixture
def case_id(server: Server) -> str:
    return rows.a_case(server.store)


def another_case(server: Server) -> str:
    """Of one more loan of the same person."""
    case = rows.a_case(server.store, "L2")
    with server.store.transaction() as connection:
        for table in (cases, loans):
            connection.execute(table.update().where(table.c.loan_id == "L2").values(borrower_id="B-L1"))
    return case


def place(client: httpx.Client, case_id: str, /, **body: Any) -> httpx.Response:
    said = {"kind": "dispute", "reason": "债务人不认可金额"} | body
    return client.post(f"/api/v1/cases/{case_id}/holds", json=said)


def events(server: Server) -> list[HoldPlaced | HoldReleased]:
    with server.store.reading() as connection:
        said = connection.execute(select(messages).order_by(messages.c.arrival)).all()
    found = [
        read_event(one.case_id, one.signal, actor=one.actor, task_id=None, content=one.content)
        for one in said
    ]
    return [one for one in found if isinstance(one, HoldPlaced | HoldReleased)]


def faults(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {fault["field"]: fault["why"] for fault in answer.json()["errors"]}


def test_a_hold_is_told_to_its_case_as_the_rules_read_it(server: Server, case_id: str) -> None:
    answer = place(
        server.as_(Role.CASE_DESK), case_id, part_minor=200_00, evidence="AJ-2026-7", until="2026-11-30"
    )
    assert answer.status_code == 202
    [event] = events(server)
    assert isinstance(event, HoldPlaced)
    assert (event.kind, event.scope, event.part, event.asks) == (HoldKind.DISPUTE, Scope.PART, 200_00, True)
    assert (event.by, event.reason, event.evidence) == ("s-case_desk", "said", "AJ-2026-7")
    with server.store.reading() as connection:
        words = connection.execute(select(remarks.c.words)).scalar_one()
        assert audit.verify(connection, case_id) == []
    assert words == "债务人不认可金额"


@pytest.mark.rule("4.6-9")
def test_what_is_about_the_person_is_told_to_every_case_and_one_of_them_asks(
    server: Server, case_id: str
) -> None:
    other = another_case(server)
    assert place(server.as_(Role.TEAM_LEAD), case_id, kind="deceased").status_code == 202
    with server.store.reading() as connection:
        told = connection.execute(select(messages.c.case_id, messages.c.content)).all()
    assert {row.case_id: row.content["asks"] for row in told} == {case_id: True, other: False}


def test_a_second_one_of_its_kind_is_told_that_it_stands(server: Server, case_id: str) -> None:
    client = server.as_(Role.CASE_DESK)
    assert place(client, case_id).status_code == 202
    again = place(client, case_id)
    assert (again.status_code, again.json()["detail"]) == (409, "hold_stands")
    assert place(client, case_id, kind="moratorium").status_code == 202
    assert len(events(server)) == 2


@pytest.mark.parametrize(
    ("body", "field", "why"),
    [
        ({"kind": "plan_active"}, "kind", "hold_not_by_hand"),
        ({"kind": "system_freeze"}, "kind", "hold_not_by_hand"),
        ({"kind": "deceased", "scope": "loan"}, "scope", "hold_scope_unknown"),
        ({"kind": "paid_claim", "part_minor": 5}, "part_minor", "hold_part_wrong"),
        ({"part_minor": 500_001}, "part_minor", "hold_part_wrong"),
        ({"scope": "part"}, "part_minor", "hold_part_wrong"),
        ({"until": "2026-11-02"}, "until", "day_in_the_past"),
        ({"reason": "  "}, "reason", "reason_required"),
        ({"kind": "complaint", "against": "nobody"}, "against", "login_unknown"),
        ({"against": "case_desk"}, "against", "only_of_complaints"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field_and_nothing_is_kept(
    server: Server, case_id: str, body: dict[str, Any], field: str, why: str
) -> None:
    assert faults(place(server.as_(Role.CASE_DESK), case_id, **body)) == {field: why}
    assert events(server) == []


def test_a_closed_case_and_an_unknown_one_take_no_hold(server: Server) -> None:
    closed = rows.a_case(server.store, "L9", status="closed")
    client = server.as_(Role.CASE_DESK)
    assert place(client, closed).status_code == 409
    assert place(client, "case-none-1").status_code == 404


def end(client: httpx.Client, case_id: str, hold_id: str, reason: str = "已查清") -> httpx.Response:
    return client.post(f"/api/v1/cases/{case_id}/holds/{hold_id}/end", json={"reason": reason})


def test_a_hold_is_ended_once_in_every_case_it_reaches(server: Server, case_id: str) -> None:
    another_case(server)
    hold = rows.a_hold(server.store, case_id, "deceased", scope="person")
    client = server.as_(Role.CASE_DESK)
    assert end(client, case_id, hold).status_code == 202
    assert events(server) == [HoldReleased(hold, "ended_by_hand", "s-case_desk")] * 2
    assert end(client, case_id, hold).json()["detail"] == "hold_not_open"


@pytest.mark.parametrize(
    ("role", "kind", "status"),
    [
        (Role.PLAN_OFFICER, "hardship_review", 202),
        (Role.PLAN_OFFICER, "dispute", 403),
        (Role.CASE_DESK, "dispute", 202),
        (Role.CASE_DESK, "hardship_review", 403),
        (Role.TEAM_LEAD, "dispute", 403),
    ],
)
def test_each_kind_is_ended_by_those_who_decide_it(
    server: Server, case_id: str, role: Role, kind: str, status: int
) -> None:
    hold = rows.a_hold(server.store, case_id, kind)
    assert end(server.as_(role), case_id, hold).status_code == status


@pytest.mark.rule("K1")
def test_nobody_ends_a_complaint_about_himself(server: Server, case_id: str) -> None:
    desk = server.person(Role.CASE_DESK)
    hold = rows.a_hold(server.store, case_id, "complaint", scope="person", against=desk.staff_id)
    assert end(server.speaking_for(desk), case_id, hold).status_code == 404
    assert events(server) == []


def test_a_hold_of_another_person_is_not_there(server: Server, case_id: str) -> None:
    other = rows.a_case(server.store, "L5")
    hold = rows.a_hold(server.store, other)
    assert end(server.as_(Role.CASE_DESK), case_id, hold).status_code == 404


@pytest.mark.rule("K1")
def test_s27_whoever_is_complained_of_sees_nothing_of_the_case_from_that_moment(
    server: Server, case_id: str
) -> None:
    collector = server.person(Role.COLLECTOR)
    other = another_case(server)
    looks = server.speaking_for(collector)
    task = rows.a_task(server.store, case_id, role=Role.COLLECTOR)
    pages = (f"cases/{case_id}", f"cases/{case_id}/timeline", f"cases/{other}", f"tasks/{task}")
    assert [looks.get(f"/api/v1/{page}").status_code for page in pages] == [200] * 4
    said = place(server.as_(Role.CASE_DESK), case_id, kind="complaint", against="collector")
    assert said.status_code == 202
    assert [looks.get(f"/api/v1/{page}").status_code for page in pages] == [404] * 4


# ---- the whole bank ----------------------------------------------------------------------------------------------


@pytest.mark.rule("4.2")
def test_a_manager_stops_all_work_and_a_lead_lets_it_go_on(server: Server, case_id: str) -> None:
    other = rows.a_case(server.store, "L7")
    manager, lead = server.as_(Role.MANAGER), server.as_(Role.TEAM_LEAD)
    hold = manager.post("/api/v1/freeze", json={"reason": "短信网关异常"}).json()["hold_id"]
    assert manager.post("/api/v1/freeze", json={"reason": "再次"}).status_code == 409
    placed = [one for one in events(server) if isinstance(one, HoldPlaced)]
    assert [(one.kind, one.scope, one.asks) for one in placed] == [
        (HoldKind.SYSTEM_FREEZE, Scope.BANK, False)
    ] * 2
    with server.store.reading() as connection:
        told = set(connection.execute(select(messages.c.case_id)).scalars())
        incident = connection.execute(select(incidents.c.kind, incidents.c.due_at)).one()
    assert told == {case_id, other}
    assert (incident.kind, incident.due_at is not None) == ("all_work_stopped", True)
    assert manager.post(f"/api/v1/freeze/{hold}/end", json={"reason": "好了"}).status_code == 403
    assert lead.post(f"/api/v1/freeze/{hold}/end", json={"reason": "好了"}).status_code == 204
    assert lead.post(f"/api/v1/freeze/{hold}/end", json={"reason": "好了"}).status_code == 409
    with server.store.reading() as connection:
        ended = connection.execute(select(hold_rows.c.ended_by)).scalar_one()
        assert audit.verify(connection, audit.HOUSE) == []
    assert (ended, len(events(server))) == ("s-team_lead", 4)


# ---- consent -----------------------------------------------------------------------------------------------------


def consent(client: httpx.Client, case_id: str, contact_id: str, **body: Any) -> httpx.Response:
    return client.post(f"/api/v1/cases/{case_id}/contacts/{contact_id}/consent", json=body)


@pytest.mark.rule("P1", "P2")
def test_s22_consent_is_given_with_its_proof_and_withdrawn_with_a_trace(server: Server, case_id: str) -> None:
    way, client = rows.a_way(server.store, case_id), server.as_(Role.COLLECTOR)
    assert faults(consent(client, case_id, way, given=True)) == {"evidence": "evidence_required"}
    assert consent(client, case_id, way, given=True, evidence="REC-1").status_code == 204
    for _ in range(2):
        assert consent(client, case_id, way, given=False).status_code == 204
    with server.store.reading() as connection:
        row = connection.execute(select(consents)).one()
        found = connection.execute(select(incidents.c.kind)).scalars().all()
        trail = audit.verify(connection, case_id)
    assert (row.given_to, row.evidence, row.withdrawn_to) == ("s-collector", "REC-1", "s-collector")
    assert (list(found), trail) == (["consent_withdrawn"], []), "copies elsewhere are to be deleted, once"


def test_the_phone_of_the_contract_takes_no_consent_and_no_other_persons_way_is_there(
    server: Server, case_id: str
) -> None:
    other = rows.a_way(server.store, rows.a_case(server.store, "L8"))
    client = server.as_(Role.COLLECTOR)
    for way in ("L1-phone", other, "none"):
        assert consent(client, case_id, way, given=False).status_code == 404
