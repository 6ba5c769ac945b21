"""Contacts of dialers: asked for, told of or dropped; of all who race for the last slot one gets it."""

import contextvars
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select, update

from arrears import clock
from arrears.policy.events import ContactReported
from arrears.policy.events import read as read_event
from arrears.policy.tasks import Role
from arrears.store import audit
from arrears.store.tables import (
    audit_rows,
    borrowers,
    cases,
    certificates,
    contact_attempts,
    contact_points,
    messages,
    parties,
    recordings,
    reveals,
)
from tests.api import rows
from tests.api.conftest import Server
from tests.api.doorway import told
from tests.tampering import as_owner

URL = "/api/v1/contacts"


@pytest.fixture
def case_id(server: Server) -> str:
    return rows.a_case(server.store)


def _start(client: httpx.Client, key: str = "k1", **changed: Any) -> httpx.Response:
    body = {"key": key, "case_id": "case-L1-1", "action": "out_call"} | changed
    return client.post(URL, json=body)


def _told(client: httpx.Client, attempt_id: str, result: str = "na", **more: Any) -> httpx.Response:
    return client.post(f"{URL}/{attempt_id}/result", json={"result": result} | more)


def _all(server: Server, table: Any) -> list[Any]:
    with server.store.reading() as connection:
        return list(connection.execute(select(table)))


# ---- asked for -------------------------------------------------------------------------------------------


def test_a_contact_that_may_be_made_gets_its_slot_and_the_number(server: Server, case_id: str) -> None:
    answer = _start(server.as_(Role.COLLECTOR))
    assert answer.status_code == 201
    assert answer.json() == {
        "attempt_id": "s-collector-k1",
        "number": rows.PHONE,
        "at": rows.AT.isoformat().replace("+00:00", "Z"),
        "warnings": [],
    }
    assert answer.headers["cache-control"] == "no-store"
    (attempt,) = _all(server, contact_attempts)
    assert (attempt.status, attempt.case_id, attempt.number) == ("reserved", case_id, rows.PHONE)


@pytest.mark.rule("P11")
def test_a_number_that_was_given_out_stands_in_the_list_of_reveals(server: Server, case_id: str) -> None:
    _start(server.as_(Role.COLLECTOR))
    (seen,) = _all(server, reveals)
    assert (seen.staff_id, seen.what, seen.purpose) == ("s-collector", "contact", "contact")
    assert (seen.case_id, seen.attempt_id, seen.contact_id) == (case_id, "s-collector-k1", "L1-phone")
    with server.store.reading() as connection:
        assert audit.verify(connection, case_id) == []
    kept = [repr(row) for row in (*_all(server, audit_rows), seen)]
    assert not [row for row in kept if rows.PHONE in row or rows.NAME in row]


def test_the_same_key_is_the_same_slot_and_for_something_else_a_conflict(
    server: Server, case_id: str
) -> None:
    client = server.as_(Role.COLLECTOR)
    first = _start(client)
    assert _start(client).json() == first.json()
    with server.store.transaction() as connection:
        connection.execute(
            insert(contact_points).values(
                contact_id="L1-other",
                borrower_id="B-L1",
                channel="phone",
                address="13900001111",
                preferred=False,
                do_not_contact=False,
            )
        )
    for changed in (
        {"contact_id": "L1-other"},
        {"action": "sms"},
        {"service": True},
    ):
        answer = _start(client, **changed)
        assert (answer.status_code, answer.json()["detail"]) == (409, "contact_differs"), changed
    assert len(_all(server, contact_attempts)) == 1


@pytest.mark.rule("C01")
def test_at_night_it_is_told_not_before_when_and_by_which_rule(server: Server, case_id: str) -> None:
    client = server.as_(Role.COLLECTOR)
    with clock.door_time(rows.AT + timedelta(hours=13, minutes=1)):  # 22:01 in Shanghai
        answer = _start(client)
    assert answer.status_code == 409
    said = answer.json()
    assert (said["detail"], said["rule"]) == ("contact_not_now", "C01")
    assert said["not_before"] == "2026-11-03T00:00:00+00:00"
    assert _all(server, contact_attempts) == []
    assert _all(server, reveals) == []


def test_what_no_time_opens_is_told_so(server: Server, case_id: str) -> None:
    answer = _start(server.as_(Role.COLLECTOR), action="im", contact_id="L1-email")
    assert (answer.status_code, answer.json()["rule"]) == (409, "P2"), "nobody consented to that way"
    answer = _start(server.as_(Role.COLLECTOR), action="sms", contact_id="L1-email")
    assert answer.json()["errors"] == [{"field": "contact_id", "why": "not_by_this_way"}]
    with server.store.transaction() as connection:
        connection.execute(update(contact_points).values(do_not_contact=True))
    answer = _start(server.as_(Role.COLLECTOR))
    assert answer.status_code == 409
    assert (answer.json()["detail"], answer.json()["not_before"]) == ("contact_never", None)
    assert answer.json()["rule"] == "do_not_contact"


@pytest.mark.rule("C02", "C04", "4.6-4")
def test_s03_two_dialers_that_race_over_http_for_the_last_call_of_the_day_get_one(
    server: Server, case_id: str
) -> None:
    mine = server.as_(Role.COLLECTOR)
    for key in ("a", "b"):
        assert _told(mine, _start(mine, key).json()["attempt_id"], "rtp").status_code == 200
    dialers = [rows.a_person(server.store, Role.COLLECTOR, login=f"dialer-{n}") for n in range(6)]
    here = [contextvars.copy_context() for _ in dialers]

    def race(n: int) -> httpx.Response:
        client = here[n].run(server.speaking_for, dialers[n])
        return here[n].run(_start, client, "last")

    with ThreadPoolExecutor(6) as many:
        answers = list(many.map(race, range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
    assert {a.json()["rule"] for a in answers if a.status_code == 409} == {"C02"}
    (seen,) = [row for row in _all(server, reveals) if row.staff_id.startswith("s-dialer")]
    assert seen.attempt_id.endswith("-last")


@pytest.mark.rule("C10")
def test_a_visit_takes_two_who_are_there_and_its_recording(server: Server, case_id: str) -> None:
    client = server.as_(Role.COLLECTOR)
    alone = _start(client, action="visit")
    assert (alone.status_code, alone.json()["rule"]) == (409, "C10")
    invented = _start(client, action="visit", staff=["s-nobody"])
    assert invented.json()["errors"] == [{"field": "staff", "why": "staff_unknown"}]
    rows.a_person(server.store, Role.COLLECTOR, login="second")
    slot = _start(client, action="visit", staff=["s-second"]).json()
    assert _told(client, slot["attempt_id"], "met").json()["errors"] == [
        {"field": "recording_id", "why": "recording_required"}
    ]
    assert _told(client, slot["attempt_id"], "met", recording_id="rec-1").status_code == 200


@pytest.mark.rule("C06")
def test_only_who_stands_in_the_loan_is_contacted(server: Server, case_id: str) -> None:
    rows.a_loan(server.store, "L2")
    client = server.as_(Role.COLLECTOR)
    guarantor = {"party": "guarantor", "borrower_id": "B-L2"}
    assert _start(client, **guarantor).status_code == 404
    assert _start(client, borrower_id="B-L2").status_code == 404
    with server.store.transaction() as connection:
        stands = {"loan_id": "L1", "borrower_id": "B-L2", "role": "guarantor", "guarantee_kind": "joint"}
        connection.execute(insert(parties).values(stands))
    assert _start(client, **guarantor).status_code == 201


@pytest.mark.rule("C19")
def test_without_a_certificate_nobody_gets_a_number(server: Server, case_id: str) -> None:
    client = server.as_(Role.COLLECTOR)
    with as_owner(server.store) as connection:
        connection.execute(certificates.delete())
    answer = _start(client)
    assert (answer.status_code, answer.json()["detail"]) == (403, "not_certified")


def test_a_case_nobody_knows_is_not_there_and_a_closed_one_is_told(server: Server, case_id: str) -> None:
    client = server.as_(Role.COLLECTOR)
    assert _start(client, case_id="case-LX-1").status_code == 404
    with server.store.transaction() as connection:
        connection.execute(update(cases).values(status="closed", closed_at=rows.AT, closed_reason="CURED"))
    answer = _start(client)
    assert (answer.status_code, answer.json()["detail"]) == (409, "case_closed")


@pytest.mark.parametrize(
    "changed",
    [
        {"key": ""},
        {"key": "13812345678 "},
        {"key": "x" * 49},
        {"case_id": "a b"},
        {"action": "shout"},
        {"action": "in_call"},
        {"action": "debit"},
        {"party": "neighbour"},
        {"staff": "s-1"},
        {"staff": ["s 1"]},
        {"staff": ["s-1"] * 11},
        {"service": "yes"},
        {"number": rows.PHONE},
    ],
    ids=str,
)
def test_a_request_that_cannot_be_read_is_refused_whole(
    quick_server: Server, changed: dict[str, Any]
) -> None:
    rows.a_case(quick_server.store)
    answer = _start(quick_server.as_(Role.COLLECTOR), **changed)
    assert answer.status_code == 422
    assert answer.json()["errors"]
    assert rows.PHONE not in answer.text
    assert _all(quick_server, contact_attempts) == []


# ---- told and dropped ------------------------------------------------------------------------------------


def test_what_came_of_a_call_is_told_to_its_case_as_the_rules_read_it(server: Server, case_id: str) -> None:
    client = server.as_(Role.COLLECTOR)
    attempt_id = _start(client).json()["attempt_id"]
    ahead = (rows.AT + timedelta(seconds=90)).isoformat()
    answer = _told(client, attempt_id, "ptp", amount_minor=5_000, on="2026-11-09", made_at=ahead)
    assert answer.json() == {
        "attempt_id": attempt_id,
        "result": "ptp",
        "message_id": f"{attempt_id}-told",
    }
    (said,) = _all(server, messages)
    event = read_event(case_id, said.signal, actor=said.actor, task_id=None, content=said.content)
    assert isinstance(event, ContactReported)
    assert (event.attempt_id, event.result, event.amount, event.on) == (
        attempt_id,
        "ptp",
        5_000,
        "2026-11-09",
    )
    (attempt,) = _all(server, contact_attempts)
    assert (attempt.status, attempt.at) == ("made", rows.AT)
    assert attempt.provider_at == rows.AT + timedelta(seconds=90)


def test_a_result_told_twice_is_one_and_another_one_a_conflict(server: Server, case_id: str) -> None:
    client = server.as_(Role.COLLECTOR)
    attempt_id = _start(client).json()["attempt_id"]
    first = _told(client, attempt_id, "rtp")
    assert _told(client, attempt_id, "rtp").json() == first.json()
    assert _told(client, attempt_id, "na").json()["detail"] == "contact_differs"
    assert client.post(f"{URL}/{attempt_id}/drop").json()["detail"] == "contact_differs"
    assert len(_all(server, messages)) == 1


def test_a_result_told_after_the_case_has_closed_stands_in_the_ledger(server: Server, case_id: str) -> None:
    client = server.as_(Role.COLLECTOR)
    attempt_id = _start(client).json()["attempt_id"]
    with server.store.transaction() as connection:
        connection.execute(update(cases).values(status="closed", closed_at=rows.AT, closed_reason="CURED"))
    answer = _told(client, attempt_id, "rtp")
    assert (answer.status_code, answer.json()["message_id"]) == (200, None)
    (attempt,) = _all(server, contact_attempts)
    assert (attempt.status, attempt.result) == ("made", "rtp")
    assert _all(server, messages) == [], "a closed case takes no more word of people"


def test_a_dropped_contact_gives_its_slot_back_and_may_be_dropped_twice(server: Server, case_id: str) -> None:
    client = server.as_(Role.COLLECTOR)
    attempt_id = _start(client).json()["attempt_id"]
    for _ in range(2):
        assert client.post(f"{URL}/{attempt_id}/drop").json() == {"attempt_id": attempt_id}
    assert _told(client, attempt_id, "na").json()["detail"] == "contact_differs"
    assert [row.status for row in _all(server, contact_attempts)] == ["released"]
    assert _start(client).json()["attempt_id"] == attempt_id


def test_somebody_elses_contact_looks_like_a_missing_one(server: Server, case_id: str) -> None:
    attempt_id = _start(server.as_(Role.COLLECTOR)).json()["attempt_id"]
    other = server.speaking_for(rows.a_person(server.store, Role.COLLECTOR, login="other"))
    for act, body in (("result", {"result": "na"}), ("drop", None)):
        theirs = other.post(f"{URL}/{attempt_id}/{act}", json=body)
        missing = other.post(f"{URL}/s-nobody-k9/{act}", json=body)
        assert theirs.status_code == missing.status_code == 404
        assert told(theirs) == told(missing)
    assert [row.status for row in _all(server, contact_attempts)] == ["reserved"]


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"result": "delivered"}, ("result", "result_unknown")),
        ({"result": "ptp"}, ("amount_minor", "amount_required")),
        ({"result": "ptp", "amount_minor": 1, "on": "2026-11-01"}, ("on", "day_in_the_past")),
        ({"result": "PTP"}, ("result", "string_pattern_mismatch")),
        ({"result": "na", "made_at": "1793527200"}, ("made_at", "value_error")),
        ({"result": "na", "recording_id": "a b"}, ("recording_id", "recording_unreadable")),
        ({"result": "na", "amount_minor": -1}, ("amount_minor", "greater_than")),
        ({"result": "na", "note": "x"}, ("?", "extra_forbidden")),
    ],
    ids=str,
)
def test_a_result_that_cannot_be_is_refused_and_the_slot_stays(
    quick_server: Server, said: dict[str, Any], fault: tuple[str, str]
) -> None:
    rows.a_case(quick_server.store)
    client = quick_server.as_(Role.COLLECTOR)
    attempt_id = _start(client).json()["attempt_id"]
    answer = client.post(f"{URL}/{attempt_id}/result", json=said)
    assert answer.status_code == 422
    assert fault in [(one["field"], one["why"]) for one in answer.json()["errors"]]
    assert [row.status for row in _all(quick_server, contact_attempts)] == ["reserved"]
    assert _all(quick_server, messages) == []


@pytest.mark.rule("C17")
def test_a_recording_that_was_told_is_kept_from_the_contact_on(server: Server, case_id: str) -> None:
    client = server.as_(Role.COLLECTOR)
    attempt_id = _start(client).json()["attempt_id"]
    _told(client, attempt_id, "rtp", recording_id="rec-7")
    (kept,) = _all(server, recordings)
    assert (kept.recording_id, kept.attempt_id, kept.loan_id) == ("rec-7", attempt_id, "L1")
    assert kept.keep_until == rows.AT + timedelta(days=730)


def test_a_number_that_proved_wrong_is_not_given_out_again(server: Server, case_id: str) -> None:
    client = server.as_(Role.COLLECTOR)
    _told(client, _start(client).json()["attempt_id"], "wrong")
    again = _start(client, "k2")
    assert again.json()["errors"] == [{"field": "contact_id", "why": "no_way_to_reach"}]
    named = _start(client, "k2", contact_id="L1-phone")
    assert (named.status_code, named.json()["rule"]) == (409, "number_wrong")


def test_the_numbers_own_person_is_the_only_one_it_is_for(quick_server: Server) -> None:
    rows.a_case(quick_server.store)
    rows.a_loan(quick_server.store, "L2")
    with quick_server.store.reading() as connection:
        assert len(connection.execute(select(borrowers)).all()) == 2
    assert _start(quick_server.as_(Role.COLLECTOR), contact_id="L2-phone").status_code == 404


# ---- a decision that tells of a call ---------------------------------------------------------------------


def test_a_decision_names_the_call_it_is_the_result_of(server: Server, case_id: str) -> None:
    who = server.person(Role.COLLECTOR)
    task_id = rows.a_task(server.store, case_id, assignee=who.staff_id)
    slot = server.app.state.desk.contacts.call(who, task_id, "L1-phone")
    client = server.speaking_for(who)
    said = {"outcome": "na", "facts_no": 1, "recording_id": "rec-3"}
    decision = f"/api/v1/tasks/{task_id}/decision"
    wrong = client.post(decision, json=said | {"attempt_id": "s-nobody-1"})
    assert wrong.json()["errors"] == [{"field": "attempt_id", "why": "contact_unknown"}]
    assert client.post(decision, json=said | {"attempt_id": slot.attempt_id}).status_code == 202
    (attempt,) = _all(server, contact_attempts)
    assert (attempt.attempt_id, attempt.status, attempt.recording_id) == (slot.attempt_id, "made", "rec-3")
