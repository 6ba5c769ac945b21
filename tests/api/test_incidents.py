import pytest
from sqlalchemy import select

from arrears.policy.tasks import Role
from arrears.store.tables import audit_rows
from tests.api import rows
from tests.api.conftest import Server


def test_incidents_come_oldest_first_page_by_page(server: Server) -> None:
    made = [rows.an_incident(server.store, f"k{number}", minutes=number // 2) for number in range(5)]
    client = server.as_(Role.OPERATOR)
    first = client.get("/api/v1/incidents", params={"limit": 3}).json()
    rest = client.get("/api/v1/incidents", params={"limit": 3, "cursor": first["next"]}).json()
    assert [line["incident_id"] for line in first["items"] + rest["items"]] == made
    assert rest["next"] is None


def test_closing_needs_a_reason_is_kept_and_happens_once(server: Server) -> None:
    incident_id = rows.an_incident(server.store)
    client = server.as_(Role.OPERATOR)
    for body in ({}, {"reason": ""}, {"reason": "  "}, {"reason": "x" * 4001}, {"reason": None}):
        assert client.post(f"/api/v1/incidents/{incident_id}/close", json=body).status_code == 422
    closed = client.post(f"/api/v1/incidents/{incident_id}/close", json={"reason": "typed by hand"}).json()
    assert (closed["status"], closed["closed_by"], closed["reason"]) == (
        "closed",
        "s-operator",
        "typed by hand",
    )
    again = server.as_(Role.OPS).post(f"/api/v1/incidents/{incident_id}/close", json={"reason": "me too"})
    assert again.json() == closed
    assert client.get("/api/v1/incidents").json()["items"] == []
    assert client.get("/api/v1/incidents", params={"status": "closed"}).json()["items"] == [closed]
    with server.store.reading() as connection:
        traces = connection.execute(select(audit_rows.c.what)).scalars().all()
    assert traces == ["incident_closed"]


def test_a_missing_incident_is_not_there(server: Server) -> None:
    answer = server.as_(Role.OPERATOR).post("/api/v1/incidents/none/close", json={"reason": "x"})
    assert (answer.status_code, answer.json()["detail"]) == (404, "not_found")


@pytest.mark.rule("4.7")
def test_money_to_be_given_back_has_a_term_and_ends_paid_out_or_kept(server: Server) -> None:
    incident_id = rows.a_surplus(server.store, "P9")
    ops = server.as_(Role.OPS)
    page = ops.get("/api/v1/incidents").json()
    assert (page["overdue"], page["items"][0]["due_at"] is not None) == (1, True)
    close = f"/api/v1/incidents/{incident_id}/close"
    for body in ({"reason": "done"}, {"outcome": "paid_out"}, {"outcome": "given", "reference": "O-1"}):
        assert ops.post(close, json=body).status_code == 422
    assert server.as_(Role.OPERATOR).post(close, json={"outcome": "kept", "reason": "x"}).status_code == 403
    closed = ops.post(close, json={"outcome": "paid_out", "reference": "O-1"}).json()
    assert (closed["status"], closed["outcome"], closed["reference"]) == ("closed", "paid_out", "O-1")
    assert ops.get("/api/v1/incidents").json() == {"overdue": 0, "items": [], "next": None}


def test_other_work_takes_no_outcome_of_a_refund(server: Server) -> None:
    incident_id = rows.an_incident(server.store)
    body = {"reason": "typed by hand", "outcome": "kept"}
    refused = server.as_(Role.OPS).post(f"/api/v1/incidents/{incident_id}/close", json=body)
    assert refused.json()["errors"] == [{"field": "outcome", "why": "not_a_refund"}]
