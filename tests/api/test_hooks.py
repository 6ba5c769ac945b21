"""Events the core bank signs: heard once each, whatever is repeated, turned round or cut."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from starlette.types import Message

from api.pacing import Pace
from arrears import clock
from arrears.policy.tasks import Role
from arrears.store import intents
from arrears.store import webhooks as kept_webhooks
from arrears.store.intents import PaymentIn
from arrears.store.session import Store
from arrears.store.tables import cases, incidents, messages, payments, webhooks
from tests.api import rows
from tests.api.auth.test_senders import signed
from tests.api.conftest import BANK_SECRETS, Server
from tests.api.doorway import told

URL = "/api/v1/hooks/corebank"
PAID = {
    "payment_id": "P-1",
    "loan_id": "L1",
    "booked_on": "2026-11-02",
    "value_on": "2026-11-02",
    "amount_minor": 100_000,
    "currency": "CNY",
    "channel": "transfer",
}
BACK = PAID | {"payment_id": "R-1", "reverses_payment_id": "P-1", "reversal_reason": "no_funds"}


def event(kind: str = "payment.posted", data: Any = None, **more: Any) -> str:
    whole = {"type": kind, "timestamp": "2026-11-02T17:00:00+08:00", "data": PAID if data is None else data}
    return json.dumps(whole | more)


@pytest.fixture
def case_id(server: Server) -> str:
    return rows.a_case(server.store)


def send(
    server: Server,
    body: str | None = None,
    webhook_id: str = "msg_1",
    *,
    source: str = "corebank",
    key: int = 0,
) -> httpx.Response:
    body = event() if body is None else body
    by = BANK_SECRETS[source][key]
    headers = dict(signed(body, by=by, at=server.machine.now, webhook_id=webhook_id))
    return server.anyone().post(
        f"/api/v1/hooks/{source}",
        content=body.encode(),
        headers={"Content-Type": "application/json", **headers},
    )


def _count(store: Store, table: Any) -> int:
    with store.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _written(server: Server) -> tuple[int, ...]:
    return tuple(_count(server.store, table) for table in (webhooks, payments, messages, incidents))


def _open(store: Store) -> list[tuple[str, dict[str, Any]]]:
    with store.reading() as connection:
        found = connection.execute(select(incidents).where(incidents.c.status == "open"))
        return [(row.kind, row.detail) for row in found]


@pytest.mark.parametrize("key", [0, 1], ids=["the secret in use", "the one it is changed for"])
def test_a_signed_payment_is_kept_and_told_to_its_case_in_one_transaction(
    server: Server, case_id: str, key: int
) -> None:
    answer = send(server, key=key)
    assert (answer.status_code, answer.json()) == (
        201,
        {
            "webhook_id": "msg_1",
            "standing": "message",
            "payment_id": "P-1",
            "case_id": case_id,
            "message_id": "pay-P-1",
        },
    )
    with server.store.reading() as connection:
        said = connection.execute(select(messages)).one()
        money = connection.execute(select(payments)).one()
        event_row = connection.execute(select(webhooks)).one()
    assert (said.signal, said.actor, said.content["amount_minor"]) == (
        "payment_posted",
        "webhook:corebank",
        100_000,
    )
    assert (money.source, money.standing) == ("webhook:corebank", "message")
    assert (event_row.status, event_row.type, event_row.content) == (201, "payment.posted", {})


def test_the_same_event_again_gets_the_first_answer_and_changes_nothing(server: Server, case_id: str) -> None:
    first = send(server)
    server.machine.pass_(minutes=30)
    again = send(server, key=1)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert _written(server) == (1, 1, 1, 0)


def test_a_captured_event_is_worth_nothing_later(server: Server, case_id: str) -> None:
    body, at = event(), server.machine.now
    captured = {"Content-Type": "application/json", **signed(body, by=BANK_SECRETS["corebank"][0], at=at)}
    server.machine.pass_(minutes=6)
    answer = server.anyone().post(URL, content=body.encode(), headers=captured)
    assert (answer.status_code, answer.json()["detail"]) == (401, "event_refused")
    assert _written(server) == (0, 0, 0, 0)


def test_what_is_not_signed_is_told_no_reason_and_leaves_nothing(server: Server, case_id: str) -> None:
    good = {"Content-Type": "application/json", **signed(event(), at=server.machine.now)}
    wrong = [
        (URL, good, event() + " "),
        (URL, good | {"webhook-signature": "v1,AAAA"}, event()),
        (URL, good | {"webhook-id": "msg_2"}, event()),
        (URL, {"Content-Type": "application/json"}, event()),
        (URL, {}, "not even JSON"),
        ("/api/v1/hooks/card", good, event()),
        ("/api/v1/hooks/nobody", good, event()),
        ("/api/v1/hooks/%00", good, event()),
    ]
    answers = [server.anyone().post(url, content=body, headers=headers) for url, headers, body in wrong]
    assert {answer.status_code for answer in answers} == {401}
    assert len({str(told(answer)) for answer in answers}) == 1
    assert _written(server) == (0, 0, 0, 0)


def test_the_same_id_with_another_body_is_a_conflict_and_somebody_is_told_once(
    server: Server, case_id: str
) -> None:
    send(server)
    for body in (
        event(data=PAID | {"amount_minor": 1}),
        event("payment.gone", {}),
        event() + " ",
        event(data=[]),
    ):
        differs = send(server, body)
        assert (differs.status_code, differs.json()["detail"]) == (409, "event_differs")
    assert _written(server) == (1, 1, 1, 1)
    [(kind, detail)] = _open(server.store)
    assert (kind, detail["source"], detail["webhook_id"]) == ("webhook_reused", "corebank", "msg_1")


def test_two_houses_may_use_the_same_id(server: Server, case_id: str) -> None:
    assert send(server).status_code == 201
    other = send(server, event(data=PAID | {"payment_id": "P-2"}), source="card")
    assert (other.status_code, other.json()["payment_id"]) == (201, "P-2")


def test_one_payment_under_two_ids_is_booked_once(server: Server, case_id: str) -> None:
    assert send(server).status_code == 201
    again = send(server, webhook_id="msg_2")
    assert (again.status_code, again.json()["standing"]) == (200, "repeated")
    assert _written(server) == (2, 1, 1, 0)


def test_a_payment_known_with_other_content_is_a_conflict_for_good(server: Server, case_id: str) -> None:
    send(server)
    for _ in range(2):
        differs = send(server, event(data=PAID | {"amount_minor": 99}), "msg_2")
        assert (differs.status_code, differs.json()["detail"]) == (409, "payment_differs")
    assert [kind for kind, _ in _open(server.store)] == ["payment_differs"]
    assert _written(server) == (2, 1, 1, 1)


def test_of_many_at_once_one_is_first(server: Server, case_id: str) -> None:
    with ThreadPoolExecutor(6) as many:
        answers = list(many.map(lambda _: send(server), range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.text for answer in answers}) == 1
    assert _written(server) == (1, 1, 1, 0)


# ---- money that no case takes ----------------------------------------------------------------------------


def test_money_for_nobody_is_kept_in_suspense(server: Server, case_id: str) -> None:
    answer = send(server, event(data=PAID | {"loan_id": "UNKNOWN"}))
    assert (answer.status_code, answer.json()["standing"], answer.json()["case_id"]) == (
        201,
        "suspense",
        None,
    )
    assert [kind for kind, _ in _open(server.store)] == ["payment_unknown_loan"]


def test_money_for_a_closed_case_is_work_for_operations(server: Server, case_id: str) -> None:
    with server.store.transaction() as connection:
        connection.execute(
            cases.update().values(status="closed", stage="closed", closed_at=rows.AT - timedelta(days=30))
        )
    assert send(server).json()["standing"] == "suspense"
    assert [kind for kind, _ in _open(server.store)] == ["payment_without_case"]


def test_money_in_another_currency_is_kept_in_suspense_once(server: Server, case_id: str) -> None:
    foreign = event(data=PAID | {"currency": "USD"})
    assert send(server, foreign).json()["standing"] == "suspense"
    assert send(server, foreign, "msg_2").json()["standing"] == "repeated"
    [(kind, detail)] = _open(server.store)
    assert (kind, detail["currency"], detail["amount_minor"]) == ("payment_other_currency", "USD", 100_000)
    assert _count(server.store, messages) == 0
    differs = send(server, event(data=PAID | {"currency": "USD", "amount_minor": 1}), "msg_3")
    assert differs.status_code == 409


def test_an_event_of_a_type_nobody_knows_is_put_aside_and_somebody_is_told(
    server: Server, case_id: str
) -> None:
    for body in (event("loan.restructured", {"anything": [1, {}]}), event("payment.posted.v2")):
        answer = send(server, body, f"msg_{len(body)}")
        assert (answer.status_code, answer.json()["standing"]) == (202, "parked")
        again = send(server, body, f"msg_{len(body)}")
        assert (again.status_code, again.json()) == (200, answer.json())
    assert [kind for kind, _ in _open(server.store)] == ["webhook_unknown_type"] * 2
    assert _written(server) == (2, 0, 0, 2)


# ---- a reversal, also before its payment -----------------------------------------------------------------


def test_a_reversal_is_told_to_its_case_with_its_reason(server: Server, case_id: str) -> None:
    send(server)
    answer = send(server, event("payment.reversed", BACK), "msg_2")
    assert (answer.status_code, answer.json()["message_id"]) == (201, "pay-R-1")
    with server.store.reading() as connection:
        said = connection.execute(select(messages).where(messages.c.message_id == "pay-R-1")).one()
    assert (said.signal, said.content["reverses"], said.content["reason"]) == (
        "payment_reversed",
        "P-1",
        "no_funds",
    )


@pytest.mark.parametrize("door", ["an event", "the API", "a file"])
def test_a_reversal_that_comes_before_its_payment_waits_for_it(
    server: Server, case_id: str, door: str
) -> None:
    early = send(server, event("payment.reversed", BACK))
    assert (early.status_code, early.json()["standing"]) == (202, "waits")
    assert [kind for kind, _ in _open(server.store)] == ["reversal_waits"]
    assert (_count(server.store, payments), _count(server.store, messages)) == (0, 0)
    if door == "an event":
        send(server, webhook_id="msg_2")
    elif door == "the API":
        server.as_(Role.OPS).post("/api/v1/payments", json=PAID, headers={"Idempotency-Key": "k"})
    else:
        _by_file(server)
    with server.store.reading() as connection:
        said = connection.execute(select(messages).order_by(messages.c.arrival)).all()
        closed = connection.execute(select(incidents)).one()
    assert [(one.signal, one.actor) for one in said][-1] == ("payment_reversed", "webhook:corebank")
    assert [one.message_id for one in said] == ["pay-P-1", "pay-R-1"]
    assert (closed.status, closed.closed_by, closed.reason) == ("closed", "webhook:corebank", "P-1")
    again = send(server, event("payment.reversed", BACK))
    assert (again.status_code, again.json()) == (200, early.json())
    assert (_count(server.store, payments), _count(server.store, messages)) == (2, 2)


def _by_file(server: Server) -> None:
    """The import keeps payments in many like this and then asks who waited for them."""
    payment = PaymentIn(
        **PAID | {"booked_on": date(2026, 11, 2), "value_on": date(2026, 11, 2)}  # type: ignore[arg-type]
    )
    with server.store.transaction() as connection:
        intents.post_payments(connection, [payment], at=rows.AT, source="core-bank", reopen_days=7)
        kept_webhooks.release(connection, at=rows.AT, reopen_days=7)


def test_what_took_the_place_of_a_waiting_reversal_stands_and_the_question_stays_open(
    server: Server, case_id: str
) -> None:
    send(server, event("payment.reversed", BACK))
    other = {**PAID, "payment_id": "R-1", "kind": "reversal", "reverses_payment_id": "P-1", "amount_minor": 7}
    server.as_(Role.OPS).post("/api/v1/payments", json=other, headers={"Idempotency-Key": "k1"})
    assert send(server, webhook_id="msg_2").status_code == 201
    assert [kind for kind, _ in _open(server.store)] == ["reversal_waits"]
    assert send(server, event(data=PAID | {"payment_id": "P-3"}), "msg_3").status_code == 201


# ---- what cannot be --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"amount_minor": 0},
        {"amount_minor": -5},
        {"amount_minor": "100"},
        {"amount_minor": 1.0},
        {"amount_minor": True},
        {"amount_minor": 10**16},
        {"currency": "cny"},
        {"payment_id": "P 1"},
        {"loan_id": ""},
        {"booked_on": "2026-11-04"},
        {"value_on": "2026-02-30"},
        {"channel": "cheque"},
        {"kind": "fee"},
        {"reverses_payment_id": "P-0"},
        {"currency": "USD", "booked_on": "2026-11-04"},
    ],
    ids=str,
)
def test_money_that_cannot_be_is_refused_and_may_be_sent_again_mended(
    quick_server: Server, changed: dict[str, Any]
) -> None:
    rows.a_case(quick_server.store)
    refused = send(quick_server, event(data=PAID | changed))
    assert (refused.status_code, bool(refused.json()["errors"])) == (422, True)
    assert _written(quick_server) == (0, 0, 0, 0)
    assert send(quick_server).status_code == 201


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("{", 400),
        ("[]", 422),
        ("null", 422),
        ('{"type": 7}', 422),
        ('{"type": "Payment.Posted"}', 422),
        ('{"type": "payment.posted"}', 422),
        ('{"data": {}}', 422),
        ('{"type": "payment.posted", "type": "payment.reversed", "data": {}}', 400),
        (event(data=PAID | {"amount_minor": float("nan")}), 400),
        (event(data=None, more=1), 422),
        (event(timestamp=1793610000), 422),
        (event(timestamp="yesterday"), 422),
        ("[" * 20_000, 400),
        (event("payment.reversed"), 422),
        (json.dumps({"type": "payment.posted", "data": {"13812345678": "张三"}}), 422),
    ],
)
def test_a_body_that_is_no_event_is_refused_although_it_is_signed(
    quick_server: Server, body: str, status: int
) -> None:
    answer = send(quick_server, body)
    assert answer.status_code == status, answer.text
    assert "13812345678" not in answer.text
    assert _written(quick_server) == (0, 0, 0, 0)


def test_a_body_that_is_large_of_another_kind_or_packed_is_refused(quick_server: Server) -> None:
    large = event(data=PAID | {"designation": "x" * 65_536})
    assert send(quick_server, large).status_code == 413
    for headers in (
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ):
        by = {**signed(event(), at=quick_server.machine.now), **headers}
        answer = quick_server.anyone().post(URL, content=event().encode(), headers=by)
        assert answer.status_code == 415, headers
    assert _written(quick_server) == (0, 0, 0, 0)


def test_a_flood_of_one_house_is_told_to_wait_and_forged_events_take_nothing_from_it(
    quick_server: Server,
) -> None:
    rows.a_case(quick_server.store)
    quick_server.app.state.pace = Pace(1, rush=2, now=lambda: 10**15)
    for _ in range(5):
        assert quick_server.anyone().post(URL, content=b"{}").status_code == 401
    answers = [send(quick_server, webhook_id=f"msg_{n}") for n in range(3)]
    assert [answer.status_code for answer in answers] == [201, 200, 429]
    assert int(answers[2].headers["retry-after"]) >= 1
    assert send(quick_server, event(data=PAID | {"payment_id": "P-9"}), source="card").status_code == 201


async def test_an_event_that_breaks_off_leaves_nothing(quick_server: Server) -> None:
    rows.a_case(quick_server.store)
    body = event()
    head = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    head += [*signed(body, at=quick_server.machine.now).raw]
    parts: list[Message] = [
        {"type": "http.request", "body": body[:50].encode(), "more_body": True},
        {"type": "http.disconnect"},
    ]
    answered: list[Message] = []

    async def receive() -> Message:
        return parts.pop(0)

    async def send_back(message: Message) -> None:
        answered.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": URL,
        "raw_path": URL.encode(),
        "query_string": b"",
        "headers": head,
        "scheme": "http",
        "server": ("127.0.0.1", 8400),
        "client": ("192.0.2.7", 1),
        "http_version": "1.1",
    }
    await quick_server.app(scope, receive, send_back)
    assert answered[0]["status"] == 400
    assert _written(quick_server) == (0, 0, 0, 0)


def test_a_database_that_is_away_is_no_yes(quick_server: Server) -> None:
    """2xx only after the commit: the sender tries again."""
    with quick_server.store.transaction() as connection:
        connection.exec_driver_sql("ALTER TABLE payments RENAME TO elsewhere")
    rows_before = _count(quick_server.store, webhooks)
    answer = send(quick_server, event(data=PAID | {"loan_id": "L9"}))
    assert answer.status_code == 503
    assert _count(quick_server.store, webhooks) == rows_before
    with quick_server.store.transaction() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO payments")
    assert send(quick_server, event(data=PAID | {"loan_id": "L9"})).status_code == 201


def test_the_moment_of_a_door_is_the_banks_and_the_window_the_machines(quick_server: Server) -> None:
    """A trial may stand at another day; a signature is of this minute all the same."""
    rows.a_case(quick_server.store)
    with clock.door_time(rows.AT + timedelta(days=3)):
        assert send(quick_server).status_code == 201
    with quick_server.store.reading() as connection:
        assert connection.execute(select(payments.c.received_at)).scalar() == rows.AT + timedelta(days=3)
