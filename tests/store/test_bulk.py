"""Many rows at once are what one by one would be, on both databases."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Row, insert, select

from arrears.contracts import Message, message_hash
from arrears.store import intents
from arrears.store.bulk import Clash, put_many
from arrears.store.intents import PaymentDiffers, PaymentIn, Said, Standing
from arrears.store.session import Store
from arrears.store.tables import borrowers, incidents, loans, messages, payments

AT = datetime(2026, 10, 12, 4, 0, 0, 123456, tzinfo=UTC)


def _rows(store: Store, table: Any, *, order: str) -> Sequence[Row[Any]]:
    with store.reading() as connection:
        return connection.execute(select(table).order_by(table.c[order])).all()


def _people(names: dict[str, str], *, born: date | None = None) -> dict[str, list[Any]]:
    return {
        "borrower_id": list(names),
        "kind": ["person"] * len(names),
        "name": list(names.values()),
        "born_on": [born] * len(names),
        "service_address_agreed": [True] * len(names),
    }


def test_rows_come_back_as_they_were_given(store: Store) -> None:
    names = {"B1": "王", "B2": 'tab\tand\\back"slash', "B3": "\\N", "B4": "a\nb"}
    with store.transaction() as connection:
        assert put_many(connection, borrowers, _people(names, born=date(1990, 2, 28)), clash=Clash.KEEP) == 4
    found = _rows(store, borrowers, order="borrower_id")
    assert {row.borrower_id: row.name for row in found} == names
    assert {(row.born_on, row.service_address_agreed, row.language) for row in found} == {
        (date(1990, 2, 28), True, None)
    }


def test_what_is_there_stands_or_gives_way_and_equal_rows_are_not_written(store: Store) -> None:
    with store.transaction() as connection:
        put_many(connection, borrowers, _people({"B1": "old", "B2": "same"}), clash=Clash.KEEP)
        kept = put_many(connection, borrowers, _people({"B1": "new", "B3": "more"}), clash=Clash.KEEP)
        given_way = put_many(connection, borrowers, _people({"B1": "new", "B2": "same"}), clash=Clash.REPLACE)
        again = put_many(connection, borrowers, _people({"B1": "new", "B2": "same"}), clash=Clash.REPLACE)
    assert (kept, given_way, again) == (1, 1, 0)
    assert [row.name for row in _rows(store, borrowers, order="borrower_id")] == ["new", "same", "more"]


def test_an_empty_value_gives_way_to_a_value_and_back(store: Store) -> None:
    with store.transaction() as connection:
        for born in (None, date(1990, 1, 1), None):
            assert put_many(connection, borrowers, _people({"B1": "x"}, born=born), clash=Clash.REPLACE) == 1
    assert _rows(store, borrowers, order="borrower_id")[0].born_on is None


def test_no_rows_are_no_statement(store: Store) -> None:
    with store.transaction() as connection:
        assert put_many(connection, borrowers, _people({}), clash=Clash.KEEP) == 0
        assert intents.say_many(connection, []) == 0


# ---- messages --------------------------------------------------------------------------------------------

CONTENT = st.dictionaries(
    st.text(min_size=1, max_size=8).filter(lambda text: "\x00" not in text),
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=12),
    max_size=6,
)


@given(contents=st.lists(CONTENT, min_size=1, max_size=5))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_many_messages_are_what_each_would_be(owned_store: Store, contents: list[dict[str, Any]]) -> None:
    def said(prefix: str) -> list[Said]:
        return [
            Said(
                f"case-L{n}-1",
                f"{prefix}-{n}",
                "open",
                "core-bank",
                AT,
                content,
                effective_at=AT + timedelta(n),
            )
            for n, content in enumerate(contents)
        ]

    with owned_store.transaction() as connection:
        connection.execute(messages.delete())
        for one in said("one"):
            assert intents.say(connection, one)
        assert intents.say_many(connection, said("many")) == len(contents)
    rows = _rows(owned_store, messages, order="arrival")
    half = len(contents)
    for alone, many in zip(rows[:half], rows[half:], strict=True):
        differs = {name for name in alone._fields if getattr(alone, name) != getattr(many, name)}
        assert differs <= {"message_id", "arrival", "content_hash"}
    for row in rows:
        told = Message(row.message_id, row.signal, row.actor, row.content, row.task_id)
        assert row.content_hash == message_hash(row.case_id, told)
    # Order of arrival is order of saying.
    assert [row.message_id for row in rows[half:]] == [f"many-{n}" for n in range(half)]


def test_a_message_said_again_is_not_said_twice(store: Store) -> None:
    said = [Said("case-L1-1", f"open-{n}", "open", "core-bank", AT, {"n": n}) for n in range(3)]
    with store.transaction() as connection:
        assert intents.say_many(connection, said[:2]) == 2
        assert intents.say_many(connection, said) == 1
    assert len(_rows(store, messages, order="arrival")) == 3


def test_an_answer_to_a_task_is_not_said_in_bulk(sqlite_store: Store) -> None:
    answer = Said("case-L1-1", "m1", "task_decided", "wang", AT, {}, task_id="t1")
    with sqlite_store.transaction() as connection, pytest.raises(ValueError, match="by itself"):
        intents.say_many(connection, [answer])


# ---- payments --------------------------------------------------------------------------------------------


def _loan(store: Store, loan_id: str, as_of: date) -> None:
    row = {
        "loan_id": loan_id,
        "borrower_id": "B1",
        "product": "other",
        "currency": "CNY",
        "as_of_date": as_of,
        "balance_minor": 100,
        "overdue_minor": 100,
        "first_overdue_on": as_of,
        "status": "open",
        "content_hash": "-",
    }
    with store.transaction() as connection:
        connection.execute(insert(loans).values(row))
        intents.open_case(connection, row, episode=1, at=AT, pack="test")


def _payment(payment_id: str, loan_id: str, value_on: date, **changed: Any) -> PaymentIn:
    fields: dict[str, Any] = {"amount_minor": 5, "currency": "CNY"} | changed
    return PaymentIn(payment_id, loan_id, value_on, value_on, **fields)


DAY = date(2026, 10, 10)
BATCH = [
    _payment("P-history", "L1", DAY),
    _payment("P-today", "L1", DAY + timedelta(1), provisional=True),
    _payment("P-unknown", "L-nobody", DAY),
    _payment("P-reversal", "L1", DAY, kind="reversal", reverses_payment_id="P-history"),
    _payment("P-other-loan", "L1-1", DAY + timedelta(1)),
]


def test_many_payments_stand_where_each_would(owned_store: Store) -> None:
    standings: list[dict[str, str]] = []
    for in_bulk in (False, True):
        with owned_store.transaction() as connection:
            for table in (payments, messages, incidents, loans):
                connection.execute(table.delete())
        _loan(owned_store, "L1", DAY)
        _loan(owned_store, "L1-1", DAY)
        with owned_store.transaction() as connection:
            if in_bulk:
                counted = intents.post_payments(connection, BATCH, at=AT, source="t", reopen_days=7)
                assert counted == {Standing.HISTORY: 1, Standing.MESSAGE: 3, Standing.SUSPENSE: 1}
            else:
                for payment in BATCH:
                    intents.post_payment(connection, payment, at=AT, source="t", reopen_days=7)
        rows = _rows(owned_store, payments, order="payment_id")
        standings.append(
            {row.payment_id: f"{row.standing} {row.content_hash} {row.provisional}" for row in rows}
        )
        told = {row.message_id: row.case_id for row in _rows(owned_store, messages, order="arrival")}
        # A loan whose id begins like another one's is another loan.
        assert told["pay-P-today"] == told["pay-P-reversal"] == "case-L1-1"
        assert told["pay-P-other-loan"] == "case-L1-1-1"
    assert standings[0] == standings[1]


def test_payments_that_are_kept_are_repeated_and_other_content_is_refused(store: Store) -> None:
    _loan(store, "L1", DAY)
    with store.transaction() as connection:
        intents.post_payments(connection, BATCH[:2], at=AT, source="t", reopen_days=7)
        again = intents.post_payments(connection, BATCH[:2], at=AT, source="t", reopen_days=7)
    assert again == {Standing.REPEATED: 2}
    assert len(_rows(store, messages, order="arrival")) == 2  # one opens the case, one tells of the payment
    for number in (0, 1):
        other = _payment(BATCH[number].payment_id, "L1", DAY, amount_minor=6)
        with pytest.raises(PaymentDiffers), store.transaction() as connection:
            intents.post_payments(connection, [other], at=AT, source="t", reopen_days=7)


def test_a_payment_finds_the_case_that_is_about_to_open_and_no_other(store: Store) -> None:
    _loan(store, "L1-1", DAY)
    with store.reading() as connection:
        assert intents.live_case(connection, "L1-1", at=AT, reopen_days=7) == "case-L1-1-1"
        assert intents.live_case(connection, "L1", at=AT, reopen_days=7) is None
