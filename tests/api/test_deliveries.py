from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, update

from api.desk.deliveries import DeliveryIn
from api.desk.desk import Desk
from api.desk.errors import NotAllowed
from arrears.contracts import Rules, Unchanging
from arrears.policy.events import DeliveryReported
from arrears.policy.events import read as read_event
from arrears.policy.tasks import Role
from arrears.store import audit
from arrears.store.tables import Audit, borrowers, cases, messages
from tests.api import rows
from tests.api.conftest import Server

ARRIVED = rows.AT - timedelta(days=1)


@pytest.fixture
def notice_id(server: Server) -> str:
    return rows.a_notice(server.store, rows.a_case(server.store))


def _report(client: httpx.Client, notice: str, /, **changed: Any) -> httpx.Response:
    body = {"notice_id": notice, "status": "arrived", "at": ARRIVED.isoformat()}
    return client.post("/api/v1/deliveries", json=body | changed)


def _said(server: Server) -> list[Any]:
    with server.store.reading() as connection:
        return list(connection.execute(select(messages).order_by(messages.c.arrival)))


def test_a_report_is_told_to_the_case_of_its_notice_as_the_rules_read_it(
    server: Server, notice_id: str
) -> None:
    answer = _report(server.as_(Role.OPS), notice_id, reference="EA123456789CN")
    assert answer.status_code == 202
    (said,) = _said(server)
    assert answer.json() == {"message_id": said.message_id, "status": "waiting"}
    assert (said.case_id, said.signal, said.rank) == ("case-L1-1", "delivery_reported", 1)
    assert said.actor == server.person(Role.OPS).staff_id
    event = read_event(said.case_id, said.signal, actor=said.actor, task_id=None, content=said.content)
    assert event == DeliveryReported(notice_id, "arrived", int(ARRIVED.timestamp()))
    assert said.content["reference"] == "EA123456789CN"


def test_a_report_leaves_one_row_in_the_trail_of_its_case(server: Server, notice_id: str) -> None:
    client = server.as_(Role.CASE_DESK)
    message_id = _report(client, notice_id).json()["message_id"]
    _report(client, notice_id)
    trail = Audit.metadata.tables["audit"]
    with server.store.reading() as connection:
        (row,) = connection.execute(select(trail).where(trail.c.stream == "case-L1-1")).all()
        assert audit.verify(connection, "case-L1-1") == []
    assert (row.what, row.actor) == ("delivery_reported", server.person(Role.CASE_DESK).staff_id)
    assert row.detail == {
        "notice_id": notice_id,
        "status": "arrived",
        "at": int(ARRIVED.timestamp()),
        "message_id": message_id,
    }


def test_the_same_report_again_is_the_same_message_whoever_sends_it(server: Server, notice_id: str) -> None:
    first = _report(server.as_(Role.OPS), notice_id)
    elsewhere = ARRIVED.astimezone().isoformat()
    again = _report(server.as_(Role.CASE_DESK), notice_id, at=elsewhere)
    assert (again.status_code, again.json()) == (202, first.json())
    assert len(_said(server)) == 1


def test_the_same_report_is_answered_even_after_the_case_has_closed(server: Server, notice_id: str) -> None:
    first = _report(server.as_(Role.OPS), notice_id)
    with server.store.transaction() as connection:
        connection.execute(update(cases).values(status="closed", closed_at=rows.AT, closed_reason="CURED"))
        connection.execute(update(messages).values(status="applied"))
    again = _report(server.as_(Role.OPS), notice_id)
    assert (again.status_code, again.json()) == (202, first.json() | {"status": "applied"})
    other = _report(server.as_(Role.OPS), notice_id, status="returned")
    assert (other.status_code, other.json()["detail"]) == (409, "case_closed")


def test_another_time_for_the_same_status_is_a_conflict(server: Server, notice_id: str) -> None:
    client = server.as_(Role.OPS)
    _report(client, notice_id)
    for changed in ({"at": (ARRIVED + timedelta(hours=1)).isoformat()}, {"reference": "EA1"}):
        answer = _report(client, notice_id, **changed)
        assert (answer.status_code, answer.json()["detail"]) == (409, "delivery_differs"), changed
    assert len(_said(server)) == 1
    # What arrived may still come back.
    back = _report(client, notice_id, status="returned", at=rows.AT.isoformat())
    assert back.status_code == 202


def test_what_the_case_refused_may_be_reported_again_for_another_time(server: Server, notice_id: str) -> None:
    client = server.as_(Role.OPS)
    first = _report(client, notice_id).json()["message_id"]
    with server.store.transaction() as connection:
        connection.execute(update(messages).values(status="refused", reason="delivery_day_impossible"))
    corrected = _report(client, notice_id, at=rows.AT.isoformat())
    assert corrected.status_code == 202
    assert corrected.json()["message_id"] != first


@pytest.mark.parametrize("agreed", [True, False])
def test_a_return_says_whether_the_debtor_had_agreed_to_the_address(
    quick_server: Server, agreed: bool
) -> None:
    notice_id = rows.a_notice(quick_server.store, rows.a_case(quick_server.store))
    with quick_server.store.transaction() as connection:
        connection.execute(update(borrowers).values(service_address_agreed=agreed))
    client = quick_server.as_(Role.OPS)
    first = _report(client, notice_id, status="returned")
    with quick_server.store.transaction() as connection:
        connection.execute(update(borrowers).values(service_address_agreed=not agreed))
    again = _report(client, notice_id, status="returned")
    assert (again.status_code, again.json()) == (202, first.json())
    (said,) = _said(quick_server)
    assert said.content["agreed_address"] is agreed


def test_a_report_of_another_notice_of_the_case_is_its_own(server: Server, notice_id: str) -> None:
    second = rows.a_notice(server.store, "case-L1-1", 2)
    client = server.as_(Role.OPS)
    assert _report(client, notice_id, at=rows.AT.isoformat()).status_code == 202
    assert _report(client, second).status_code == 202


def test_racing_reports_are_one_message(server: Server, notice_id: str) -> None:
    person = server.person(Role.OPS)
    with ThreadPoolExecutor(6) as many:
        answers = list(many.map(lambda _n: _report(server.speaking_for(person), notice_id), range(6)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    assert len(_said(server)) == 1
    with server.store.reading() as connection:
        trail = Audit.metadata.tables["audit"]
        assert connection.execute(select(func.count()).select_from(trail)).scalar() == 1


def _before(minutes: int) -> datetime:
    return rows.AT - timedelta(days=3, minutes=minutes)


@pytest.mark.parametrize(
    ("status", "at", "fault"),
    [
        ("released", ARRIVED, ("notice_id", "notice_not_under_way")),
        ("withdrawn", ARRIVED, ("notice_id", "notice_not_under_way")),
        ("uncertain", ARRIVED, ("notice_id", "notice_not_under_way")),
        ("returned", ARRIVED, ("notice_id", "notice_not_under_way")),
        ("sent", _before(1), ("at", "before_it_was_sent")),
        ("sent", rows.AT + timedelta(seconds=1), ("at", "time_in_the_future")),
        ("arrived", rows.AT + timedelta(days=400), ("at", "time_in_the_future")),
    ],
)
def test_what_cannot_be_is_refused_at_the_door(
    quick_server: Server, status: str, at: datetime, fault: tuple[str, str]
) -> None:
    notice_id = rows.a_notice(quick_server.store, rows.a_case(quick_server.store), status=status)
    answer = _report(quick_server.as_(Role.OPS), notice_id, at=at.isoformat())
    assert answer.status_code == 422
    assert [(said["field"], said["why"]) for said in answer.json()["errors"]] == [fault]
    assert _said(quick_server) == []


def test_the_minute_in_which_it_was_sent_is_not_too_early(quick_server: Server) -> None:
    """Whoever types a time types no seconds."""
    sent = _before(0) + timedelta(seconds=40)
    notice_id = rows.a_notice(quick_server.store, rows.a_case(quick_server.store), sent_at=sent)
    assert _report(quick_server.as_(Role.OPS), notice_id, at=_before(0).isoformat()).status_code == 202


def test_a_notice_nobody_knows_is_not_there(quick_server: Server) -> None:
    rows.a_case(quick_server.store)
    answer = _report(quick_server.as_(Role.OPS), "case-L1-1-notice-1")
    assert (answer.status_code, answer.json()["detail"]) == (404, "not_found")


@pytest.mark.parametrize(
    "changed",
    [
        {"notice_id": "../x"},
        {"notice_id": "x" * 81},
        {"status": "lost"},
        {"at": "2026-11-01T10:00:00"},
        {"at": "2026-11-01"},
        {"at": "1793527200"},
        {"at": 1_793_527_200},
        {"at": True},
        {"at": None},
        {"reference": "138 1234 5678"},
        {"reference": ""},
        {"case_id": "case-L1-1"},
    ],
    ids=str,
)
def test_a_report_that_cannot_be_read_is_refused_whole(quick_server: Server, changed: dict[str, Any]) -> None:
    notice_id = rows.a_notice(quick_server.store, rows.a_case(quick_server.store))
    answer = _report(quick_server.as_(Role.OPS), notice_id, **changed)
    assert answer.status_code == 422
    assert answer.json()["errors"]
    assert _said(quick_server) == []


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.OPS, Role.CASE_DESK)])
def test_the_desk_itself_keeps_the_permission(quick_server: Server, rules: Rules, role: Role) -> None:
    desk = Desk(quick_server.store, Unchanging(rules))
    with pytest.raises(NotAllowed):
        desk.report_delivery(quick_server.person(role), DeliveryIn("n", "arrived", ARRIVED))
