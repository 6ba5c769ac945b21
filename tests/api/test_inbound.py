"""What somebody came to tell the bank, over JSON on both databases: kept once, uncounted, told to the case, binding at once."""

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
    borrowers,
    cases,
    certificates,
    contact_attempts,
    contact_marks,
    contact_points,
    incidents,
    messages,
    parties,
    recordings,
    remarks,
)
from tests.api import rows
from tests.api.conftest import Server
from tests.tampering import as_owner


@pytest.fixture
def case_id(server: Server) -> str:
    return rows.a_case(server.store)


def _hear(
    client: httpx.Client, key: str = "k1", *, case: str = "case-L1-1", **changed: Any
) -> httpx.Response:
    body = {"key": key, "action": "in_call", "result": "noint"} | changed
    return client.post(f"/api/v1/cases/{case}/contacts", json=body)


def _all(server: Server, table: Any) -> list[Any]:
    with server.store.reading() as connection:
        return list(connection.execute(select(table)))


def _events(server: Server) -> list[ContactReported]:
    told = [
        read_event(row.case_id, row.signal, actor=row.actor, task_id=None, content=row.content)
        for row in _all(server, messages)
    ]
    return [one for one in told if isinstance(one, ContactReported)]


def _a_guarantor(server: Server) -> None:
    with server.store.transaction() as connection:
        connection.execute(insert(borrowers).values(borrower_id="G1", kind="person", name="司徒远"))
        connection.execute(insert(parties).values(loan_id="L1", borrower_id="G1", role="guarantor"))
        connection.execute(
            insert(contact_points).values(
                contact_id="G1-phone", borrower_id="G1", channel="phone", address="13900002222"
            )
        )


# ---- kept and told ---------------------------------------------------------------------------------------


@pytest.mark.rule("3.2", "4.8")
def test_a_debtor_who_calls_is_kept_uncounted_and_told_to_the_case(server: Server, case_id: str) -> None:
    answer = _hear(
        server.as_(Role.COLLECTOR),
        result="ptp",
        amount_minor=5_000,
        on="2026-11-09",
        words="下周发工资",
        contact_id="L1-phone",
        recording_id="rec-in-1",
    )
    assert answer.status_code == 201
    assert answer.json() == {
        "attempt_id": "s-collector-in-k1",
        "message_id": "s-collector-in-k1-told",
    }
    (line,) = _all(server, contact_attempts)
    assert (line.status, line.action, line.result, line.number) == ("made", "in_call", "ptp", rows.PHONE)
    assert (line.effective, line.conversation, line.case_id) == (False, False, case_id)
    [event] = _events(server)
    assert (event.result, event.amount, event.on, event.by) == ("ptp", 5_000, "2026-11-09", "s-collector")
    (remark,) = _all(server, remarks)
    assert (remark.words, remark.remark_id) == ("下周发工资", event.remark_id)
    assert [row.recording_id for row in _all(server, recordings)] == ["rec-in-1"]
    assert "下周" not in str([row.content for row in _all(server, messages)]), "words never enter Temporal"
    with server.store.reading() as connection:
        assert audit.verify(connection, case_id) == []


@pytest.mark.rule("C01", "C02")
def test_s02_whoever_calls_the_bank_is_heard_at_night_and_takes_no_call_of_the_day(
    server: Server, case_id: str
) -> None:
    client = server.as_(Role.COLLECTOR)
    for number in range(4):
        assert _hear(client, f"k{number}").status_code == 201
    slot = client.post("/api/v1/contacts", json={"key": "out", "case_id": case_id, "action": "out_call"})
    assert slot.status_code == 201, "four calls of the debtor's own leave all three of the bank's"
    with clock.door_time(rows.AT + timedelta(hours=14)):
        assert _hear(client, "night").status_code == 201
    assert _all(server, incidents) == []


def test_the_same_key_is_the_same_word_and_another_word_a_conflict(server: Server, case_id: str) -> None:
    client = server.as_(Role.CASE_DESK)
    said: dict[str, Any] = {"result": "dispute", "words": "利息算错", "amount_minor": 2_000}
    first = _hear(client, **said)
    assert _hear(client, **said).json() == first.json()
    for changed in (
        {"words": "本金算错"},
        {"amount_minor": 3_000},
        {"result": "compl"},
        {"action": "in_visit"},
        {"at": "2026-11-01T09:00:00+08:00"},
    ):
        answer = _hear(client, **(said | changed))
        assert (answer.status_code, answer.json()["detail"]) == (409, "contact_differs"), changed
    assert len(_all(server, contact_attempts)) == len(_all(server, messages)) == 1
    assert len(_all(server, remarks)) == 1
    with server.store.transaction() as connection:
        connection.execute(update(cases).values(status="closed"))
    assert _hear(client, **said).json() == first.json(), "kept is kept, though the case has ended"
    assert _hear(client, "k2").json()["detail"] == "case_closed"


@pytest.mark.rule("C16")
def test_what_was_said_binds_before_the_case_has_heard_it(server: Server, case_id: str) -> None:
    assert _hear(server.as_(Role.CASE_DESK), result="dispute", words="不认可").status_code == 201
    answer = server.as_(Role.COLLECTOR).post(
        "/api/v1/contacts", json={"key": "out", "case_id": case_id, "action": "out_call"}
    )
    assert (answer.status_code, answer.json()["rule"]) == (409, "dispute")


@pytest.mark.rule("C08")
def test_a_stranger_who_calls_is_never_called_again(server: Server, case_id: str) -> None:
    client = server.as_(Role.TEAM_LEAD)
    asked: dict[str, Any] = {"party": "third", "result": "tp_refuse"}
    without = _hear(client, **asked)
    assert without.json()["errors"] == [{"field": "contact_id", "why": "number_required"}]
    assert _hear(client, **asked, contact_id="L1-phone").status_code == 201
    assert [(mark.mark, mark.address) for mark in _all(server, contact_marks)] == [("stopped", rows.PHONE)]
    answer = server.as_(Role.COLLECTOR).post(
        "/api/v1/contacts",
        json={"key": "out", "case_id": case_id, "action": "out_call", "contact_id": "L1-phone"},
    )
    assert (answer.status_code, answer.json()["rule"]) == (409, "C08")


def test_a_guarantor_who_comes_is_written_down_as_himself(server: Server, case_id: str) -> None:
    _a_guarantor(server)
    client = server.as_(Role.CASE_DESK)
    said: dict[str, Any] = {
        "party": "guarantor",
        "borrower_id": "G1",
        "contact_id": "G1-phone",
        "words": "称从未担保",
    }
    assert _hear(client, result="fraud", **said).status_code == 201
    (line,) = _all(server, contact_attempts)
    assert (line.borrower_id, line.party, line.number) == ("G1", "guarantor", "13900002222")
    [event] = _events(server)
    assert (event.party, event.result) == ("guarantor", "fraud")
    promise = _hear(client, "k2", result="ptp", amount_minor=5, on="2026-11-09", **said)
    assert {"field": "result", "why": "not_theirs_to_say"} in promise.json()["errors"]
    nobody = _hear(client, "k3", result="fraud", party="guarantor", borrower_id="B-L1", words="-")
    assert nobody.status_code == 404, "the debtor is nobody's guarantor here"


@pytest.mark.rule("K1")
def test_whoever_is_complained_of_is_named_and_kept_off(server: Server, case_id: str) -> None:
    server.person(Role.COLLECTOR)
    said: dict[str, Any] = {"result": "compl", "words": "态度恶劣", "against": "collector"}
    assert _hear(server.as_(Role.CASE_DESK), **said).status_code == 201
    assert _events(server)[0].against == "s-collector"
    for wrong, why in (
        ({"against": "nobody"}, "login_unknown"),
        ({"result": "dispute"}, "only_of_complaints"),
    ):
        answer = _hear(server.as_(Role.CASE_DESK), "k2", **(said | wrong))
        assert answer.json()["errors"] == [{"field": "against", "why": why}]


def test_what_was_heard_needs_no_certificate(server: Server, case_id: str) -> None:
    client = server.as_(Role.COLLECTOR)
    with as_owner(server.store) as connection:
        connection.execute(certificates.delete())
    assert _hear(client).status_code == 201


# ---- refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"action": "out_call"}, ("action", "action_not_heard_here")),
        ({"result": "na"}, ("result", "result_unknown")),
        ({"result": "dispute"}, ("reason", "reason_required")),
        ({"result": "ptp", "on": "2026-11-09"}, ("amount_minor", "amount_required")),
        ({"result": "ptp", "amount_minor": 5}, ("on", "day_required")),
        ({"result": "ptp", "amount_minor": 5, "on": "2026-11-01"}, ("on", "day_in_the_past")),
        ({"result": "ptp", "amount_minor": 5, "on": "2027-11-01"}, ("on", "promise_too_far")),
        ({"at": "2026-11-02T09:01:00+08:00"}, ("at", "time_in_the_future")),
        ({"contact_id": "L1-nope"}, None),
        ({"party": "neighbour"}, ("party", "enum")),
        ({"words": "x" * 4001}, ("words", "reason_too_long")),
        ({"note": "x"}, ("?", "extra_forbidden")),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_whole(
    quick_server: Server, said: dict[str, Any], fault: tuple[str, str] | None
) -> None:
    rows.a_case(quick_server.store)
    answer = _hear(quick_server.as_(Role.COLLECTOR), **said)
    if fault is None:
        assert answer.status_code == 404
    else:
        assert answer.status_code == 422
        assert fault in [(one["field"], one["why"]) for one in answer.json()["errors"]]
    for table in (contact_attempts, messages, remarks):
        assert _all(quick_server, table) == []


@pytest.mark.parametrize("kind", ["deceased", "incapacity"])
def test_s24_no_promise_is_taken_for_who_cannot_promise(quick_server: Server, kind: str) -> None:
    case_id = rows.a_case(quick_server.store)
    with quick_server.store.transaction() as connection:
        connection.execute(update(cases).values(state={"holds": [{"kind": kind}]}))
    said: dict[str, Any] = {"result": "ptp", "amount_minor": 5, "on": "2026-11-09"}
    answer = _hear(quick_server.as_(Role.COLLECTOR), case=case_id, **said)
    assert answer.json()["errors"] == [{"field": "result", "why": "debtor_cannot_promise"}]


def test_a_case_that_is_not_there_or_not_to_be_seen_takes_no_word(quick_server: Server) -> None:
    case_id = rows.a_case(quick_server.store)
    collector = quick_server.person(Role.COLLECTOR)
    assert _hear(quick_server.speaking_for(collector), case="case-none-1").status_code == 404
    rows.a_hold(quick_server.store, case_id, "complaint", scope="person", against=collector.staff_id)
    assert _hear(quick_server.speaking_for(collector)).status_code == 404
