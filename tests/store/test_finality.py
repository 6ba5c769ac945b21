"""Provisional money is said to be final once, and whoever takes it hears so."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Final

import pytest
from sqlalchemy import insert, select, update

from arrears.store import finality, intents
from arrears.store.finality import NotProvisional
from arrears.store.intents import PaymentIn, Posted, Standing
from arrears.store.session import Store
from arrears.store.tables import incidents, loans, messages, payments

AT: Final = datetime(2026, 3, 4, 4, tzinfo=UTC)
MONDAY: Final = date(2026, 3, 2)
MONEY: Final = PaymentIn("P1", "L1", MONDAY, MONDAY, 30_000, "CNY", provisional=True)


@pytest.fixture
def paid(store: Store) -> Store:
    """A loan as of Sunday whose case is about to open, and money of Monday that may bounce."""
    row: dict[str, Any] = {
        "loan_id": "L1",
        "borrower_id": "B1",
        "product": "term_loan",
        "currency": "CNY",
        "as_of_date": date(2026, 3, 1),
        "balance_minor": 500_000,
        "overdue_minor": 100_000,
        "first_overdue_on": date(2026, 2, 20),
        "status": "open",
        "content_hash": "-",
    }
    with store.transaction() as connection:
        connection.execute(insert(loans).values(row))
        intents.open_case(connection, row, episode=1, at=AT, pack="p.1")
    _post(store, MONEY)
    return store


def _post(store: Store, payment: PaymentIn) -> Posted:
    with store.transaction() as connection:
        return intents.post_payment(connection, payment, at=AT, source="core-bank", reopen_days=7)


def _finalize(store: Store, payment_id: str = "P1") -> Posted | None:
    with store.transaction() as connection:
        return finality.finalize(connection, payment_id, at=AT, source="core-bank", reopen_days=7)


def _told(store: Store) -> list[Any]:
    with store.reading() as connection:
        return list(connection.execute(select(messages).where(messages.c.signal == finality.SIGNAL)).all())


@pytest.mark.rule("4.5")
def test_the_case_is_told_once_and_before_people(paid: Store) -> None:
    assert _finalize(paid) == Posted(Standing.MESSAGE, "case-L1-1", "final-P1")
    assert _finalize(paid) == Posted(Standing.REPEATED)
    [said] = _told(paid)
    assert (said.case_id, said.rank) == ("case-L1-1", 0)
    assert said.content == {"payment_id": "P1", "amount_minor": 30_000, "in_balance": False}
    with paid.reading() as connection:
        [row] = connection.execute(select(payments)).all()
    assert (row.provisional, row.final_at) == (True, AT), "what came stands as it came"


def test_two_at_once_say_it_once(paid: Store) -> None:
    with ThreadPoolExecutor(4) as many:
        answers = list(many.map(lambda _: _finalize(paid), range(4)))
    assert sorted(answer.standing for answer in answers if answer) == ["message"] + ["repeated"] * 3
    assert len(_told(paid)) == 1


def test_money_that_a_later_state_has_in_already_is_told_so(paid: Store) -> None:
    with paid.transaction() as connection:
        connection.execute(update(loans).values(as_of_date=MONDAY))
    _finalize(paid)
    [said] = _told(paid)
    assert said.content["in_balance"] is True


def test_final_history_taken_back_and_unknown_money_cannot_become_final(paid: Store) -> None:
    _post(paid, replace(MONEY, payment_id="P2", provisional=False))
    back = replace(MONEY, payment_id="P3", provisional=False, kind="reversal", reverses_payment_id="P1")
    _post(paid, back)
    for payment_id in ("P1", "P2", "P3"):
        with pytest.raises(NotProvisional):
            _finalize(paid, payment_id)
    assert _finalize(paid, "P404") is None
    assert _told(paid) == []


def test_history_and_suspense_stay_what_they_are(paid: Store) -> None:
    _post(paid, replace(MONEY, payment_id="P2", value_on=date(2026, 2, 27)))
    _post(paid, replace(MONEY, payment_id="P3", loan_id="L404"))
    assert _finalize(paid, "P2") == Posted(Standing.HISTORY)
    assert _finalize(paid, "P3") == Posted(Standing.SUSPENSE)
    assert _told(paid) == []


def test_without_a_case_to_take_it_somebody_must_look(paid: Store) -> None:
    with paid.transaction() as connection:
        connection.execute(update(messages).values(status="refused"))
    assert _finalize(paid) == Posted(Standing.SUSPENSE)
    with paid.reading() as connection:
        [incident] = connection.execute(select(incidents)).all()
    assert (incident.kind, incident.detail["payment_id"]) == ("payment_without_case", "P1")
    assert incident.detail["amount_minor"] == 30_000
