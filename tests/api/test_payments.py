from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from arrears.policy.tasks import Role
from arrears.store import keyed
from arrears.store.tables import idempotency_keys, incidents, messages, payments
from tests.api import rows
from tests.api.conftest import Server
from tests.api.doorway import told

BODY = {
    "payment_id": "P-1",
    "loan_id": "L1",
    "booked_on": "2026-11-02",
    "value_on": "2026-11-02",
    "amount_minor": 100_000,
    "currency": "CNY",
    "channel": "transfer",
}


def _post(client: httpx.Client, key: str | None = "k1", **changed: Any) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post("/api/v1/payments", json=BODY | changed, headers=headers)


def _count(server: Server, table: Any) -> int:
    with server.store.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


@pytest.fixture
def case_id(server: Server) -> str:
    return rows.a_case(server.store)


def test_a_payment_is_told_to_its_case_once(server: Server, case_id: str) -> None:
    answer = _post(server.as_(Role.OPS))
    assert answer.status_code == 201
    assert answer.json() == {
        "payment_id": "P-1",
        "standing": "message",
        "case_id": case_id,
        "message_id": "pay-P-1",
    }
    with server.store.reading() as connection:
        said = connection.execute(select(messages)).one()
    assert (said.signal, said.rank, said.content["amount_minor"]) == ("payment_posted", 0, 100_000)


def test_the_same_request_gets_the_first_answer_again(server: Server, case_id: str) -> None:
    client = server.as_(Role.OPS)
    first, again = _post(client), _post(client)
    assert (again.status_code, again.text) == (first.status_code, first.text)
    assert (_count(server, payments), _count(server, messages)) == (1, 1)


def test_the_order_of_fields_and_defaults_written_out_make_no_other_request(
    server: Server, case_id: str
) -> None:
    client = server.as_(Role.OPS)
    first = _post(client)
    turned = dict(reversed(BODY.items())) | {"kind": "payment", "provisional": False, "designation": None}
    again = client.post("/api/v1/payments", json=turned, headers={"Idempotency-Key": "k1"})
    assert (again.status_code, again.json()) == (201, first.json())


def test_the_same_key_with_another_body_is_refused(server: Server, case_id: str) -> None:
    client = server.as_(Role.OPS)
    _post(client)
    for changed in ({"amount_minor": 1}, {"payment_id": "P-2"}, {"value_on": "2026-11-01"}):
        refused = _post(client, **changed)
        assert (refused.status_code, refused.json()["detail"]) == (422, "key_reused"), changed
    assert _count(server, payments) == 1


def test_keys_of_two_people_do_not_meet(server: Server, case_id: str) -> None:
    one = rows.a_person(server.store, Role.OPS, login="one")
    two = rows.a_person(server.store, Role.OPS, login="two")
    assert _post(server.speaking_for(one)).status_code == 201
    assert _post(server.speaking_for(two), payment_id="P-2").status_code == 201


def test_the_payment_id_alone_is_enough_to_book_once(server: Server, case_id: str) -> None:
    client = server.as_(Role.OPS)
    first, again = _post(client), _post(client, "k2")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert (_count(server, payments), _count(server, messages)) == (1, 1)
    differs = _post(client, "k3", amount_minor=99)
    assert (differs.status_code, differs.json()["detail"]) == (409, "payment_differs")
    assert told(_post(client, "k3", amount_minor=99)) == told(differs)


def test_what_died_between_its_two_steps_is_finished_by_the_retry(server: Server, case_id: str) -> None:
    """As if the first process was killed after the key was taken, and after the payment was kept."""
    client = server.as_(Role.OPS)
    _post(client, "first")
    with server.store.transaction() as connection:
        connection.execute(idempotency_keys.update().values(status=keyed.UNANSWERED, answer={}))
    retried = _post(client, "first")
    assert (retried.status_code, retried.json()["standing"]) == (200, "message")
    assert _post(client, "first").text == retried.text
    assert (_count(server, payments), _count(server, messages)) == (1, 1)


@pytest.mark.parametrize("bodies", ["same", "other"])
def test_racing_requests_with_one_key_book_once(server: Server, case_id: str, bodies: str) -> None:
    person = server.person(Role.OPS)

    def one(number: int) -> httpx.Response:
        changed = {"payment_id": f"P-{number}"} if bodies == "other" else {}
        return _post(server.speaking_for(person), **changed)

    with ThreadPoolExecutor(6) as many:
        answers = list(many.map(one, range(6)))
    assert (_count(server, payments), _count(server, messages)) == (1, 1)
    if bodies == "same":
        assert len({(answer.status_code, answer.text) for answer in answers}) == 1
    else:
        assert sorted(answer.status_code for answer in answers) == [201] + [422] * 5
        assert {answer.json()["detail"] for answer in answers if answer.status_code == 422} == {"key_reused"}


def test_racing_requests_with_keys_of_their_own_book_once(server: Server, case_id: str) -> None:
    person = server.person(Role.OPS)
    with ThreadPoolExecutor(6) as many:
        answers = list(many.map(lambda n: _post(server.speaking_for(person), f"k{n}"), range(6)))
    assert (_count(server, payments), _count(server, messages)) == (1, 1)
    assert len({answer.text for answer in answers}) == 1
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]


def test_money_without_a_case_is_kept_as_an_incident(server: Server) -> None:
    answer = _post(server.as_(Role.OPS), loan_id="UNKNOWN")
    assert (answer.status_code, answer.json()["standing"]) == (201, "suspense")
    assert answer.json()["case_id"] is None
    assert _count(server, incidents) == 1


@pytest.mark.parametrize("key", [None, "", "a b", "é", "x" * 129, "a\x00b", "\t"])
def test_a_request_needs_a_key(quick_server: Server, key: str | None) -> None:
    rows.a_case(quick_server.store)
    headers = {} if key is None else {b"Idempotency-Key": key.encode()}
    answer = quick_server.as_(Role.OPS).post("/api/v1/payments", json=BODY, headers=headers)
    assert (answer.status_code, answer.json()["detail"]) == (400, "key_missing")
    assert _count(quick_server, payments) == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"amount_minor": 0},
        {"amount_minor": "100"},
        {"amount_minor": 1.0},
        {"amount_minor": 10**16},
        {"amount_minor": True},
        {"currency": "cny"},
        {"currency": "TWD"},
        {"payment_id": "P 1"},
        {"payment_id": "x" * 49},
        {"loan_id": "../L1"},
        {"loan_id": "L1\x00"},
        {"booked_on": "2026-11-04"},
        {"booked_on": "2026-02-30"},
        {"value_on": 20261102},
        {"kind": "gift"},
        {"channel": "cheque"},
        {"kind": "reversal"},
        {"reverses_payment_id": "P-0"},
        {"provisional": "yes"},
        {"reversal_reason": "no_funds"},
        {"kind": "reversal", "reverses_payment_id": "P-0", "reversal_reason": "bad luck"},
        {"case_id": "case-L1-1"},
    ],
    ids=str,
)
def test_a_payment_that_cannot_be_is_refused_whole(quick_server: Server, changed: dict[str, Any]) -> None:
    rows.a_case(quick_server.store)
    answer = _post(quick_server.as_(Role.OPS), **changed)
    assert answer.status_code == 422
    assert answer.json()["errors"]
    assert _count(quick_server, payments) == 0


# ---- what becomes of money that has come -----------------------------------------------------------------


@pytest.mark.rule("3.1")
@pytest.mark.parametrize(("reason", "technical"), [("bank_error", True), ("no_funds", False), (None, False)])
def test_a_reversal_says_why_and_the_case_whose_fault_it_was(
    server: Server, case_id: str, reason: str | None, technical: bool
) -> None:
    client = server.as_(Role.OPS)
    _post(client)
    back = {"payment_id": "R-1", "kind": "reversal", "reverses_payment_id": "P-1", "reversal_reason": reason}
    assert _post(client, "k2", **back).status_code == 201
    with server.store.reading() as connection:
        told = connection.execute(select(messages).where(messages.c.message_id == "pay-R-1")).one()
        kept = connection.execute(select(payments).where(payments.c.payment_id == "R-1")).one()
    assert (told.content["technical"], told.content["reason"], kept.reversal_reason) == (
        technical,
        reason,
        reason,
    )


def test_provisional_money_is_said_to_be_final_once(server: Server, case_id: str) -> None:
    client = server.as_(Role.OPS)
    _post(client, provisional=True)
    first = client.post("/api/v1/payments/P-1/final")
    again = client.post("/api/v1/payments/P-1/final")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == {
        "payment_id": "P-1",
        "standing": "message",
        "case_id": case_id,
        "message_id": "final-P-1",
    }
    assert again.json() == first.json() | {"standing": "repeated"}
    assert _count(server, messages) == 2


def test_money_that_is_final_already_or_not_there_is_told_so(server: Server, case_id: str) -> None:
    client = server.as_(Role.OPS)
    _post(client)
    refused = client.post("/api/v1/payments/P-1/final")
    assert (refused.status_code, refused.json()["detail"]) == (409, "payment_not_provisional")
    assert client.post("/api/v1/payments/P-404/final").status_code == 404
    assert server.as_(Role.COLLECTOR).post("/api/v1/payments/P-1/final").status_code == 403


def test_all_shares_of_a_provisional_transfer_become_final(server: Server, case_id: str) -> None:
    client = server.as_(Role.OPS)
    _send(client, provisional=True)
    assert client.post("/api/v1/payments/P-1/final").json()["message_id"] == "final-P-1-1"


# ---- money of a debtor with several loans ----------------------------------------------------------------

TRANSFER = {name: value for name, value in BODY.items() if name != "loan_id"} | {
    "borrower_id": "B-L1",
    "amount_minor": 600_000,
}


def _send(client: httpx.Client, key: str = "k1", **changed: Any) -> httpx.Response:
    return client.post("/api/v1/payments", json=TRANSFER | changed, headers={"Idempotency-Key": key})


@pytest.mark.rule("W2")
def test_money_of_a_debtor_is_shared_out_to_the_cent(server: Server, case_id: str) -> None:
    answer = _send(server.as_(Role.OPS), designation="L1")
    assert answer.status_code == 201
    assert answer.json() == {
        "payment_id": "P-1",
        "standing": "message",
        "surplus_minor": 100_000,
        "shares": [
            {
                "payment_id": "P-1-1",
                "loan_id": "L1",
                "amount_minor": 500_000,
                "why": "designated",
                "standing": "message",
                "case_id": case_id,
            }
        ],
    }
    assert (_count(server, payments), _count(server, messages), _count(server, incidents)) == (1, 1, 1)


def test_a_transfer_is_booked_once_by_its_key_and_by_its_id(server: Server, case_id: str) -> None:
    client = server.as_(Role.OPS)
    first, same_key, other_key = _send(client), _send(client), _send(client, "k2")
    assert (first.status_code, same_key.status_code, other_key.status_code) == (201, 201, 200)
    assert first.json() == same_key.json() == other_key.json()
    assert _send(client, "k3", amount_minor=1).json()["detail"] == "payment_differs"
    assert _count(server, payments) == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"amount_minor": 0}, "amount_minor"),
        ({"currency": "TWD"}, "currency"),
        ({"payment_id": "x" * 45}, "payment_id"),
        ({"kind": "reversal"}, "?"),
        ({"loan_id": "L1"}, "?"),
        ({"value_on": "2026-11-04"}, "value_on"),
    ],
    ids=str,
)
def test_a_transfer_that_cannot_be_is_refused_whole(
    quick_server: Server, changed: dict[str, Any], field: str
) -> None:
    rows.a_case(quick_server.store)
    answer = _send(quick_server.as_(Role.OPS), **changed)
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]
    assert _count(quick_server, payments) == 0
