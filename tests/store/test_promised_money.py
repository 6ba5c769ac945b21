"""Money that the bank's figures have in already: whoever waits for it hears of it, once, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from arrears import clock
from arrears.contracts import Rules
from arrears.store import intents, packs
from arrears.store.intents import PaymentIn, Standing
from arrears.store.session import Store
from arrears.store.tables import messages
from arrears.store.tables import promises as rows
from tests.builders import CaseRoom

RULES: Rules = packs.load("cn-bank-2026").rules


@pytest.fixture
def room(store: Store) -> CaseRoom:
    made = CaseRoom(store, RULES)
    made.staff()
    return made


def _promised(room: CaseRoom) -> str:
    case_id = room.a_case(overdue=100_000)
    day = room.today + timedelta(days=1)
    room.say(case_id, "first_contact", "ptp", by="s-collector", amount_minor=100_000, on=day)
    return case_id


def _from_the_books(room: CaseRoom, case_id: str, *, days: int, payment_id: str = "P-old") -> PaymentIn:
    """Valued so many days after today, of a loan whose figures are of two days later: the balance has it in."""
    loan_id = room.case(case_id).loan_id
    with room.store.transaction() as connection:
        connection.exec_driver_sql(
            f"UPDATE loans SET as_of_date = '{room.today + timedelta(days=2)}' WHERE loan_id = '{loan_id}'"
        )
    day = room.today + timedelta(days=days)
    return PaymentIn(payment_id, loan_id, day, day, 100_000, "CNY")


def _status(room: CaseRoom, case_id: str) -> tuple[str, int]:
    with room.store.reading() as connection:
        row = connection.execute(select(rows).where(rows.c.case_id == case_id)).one()
    return row.status, row.paid_minor


@pytest.mark.rule("3.1")
@pytest.mark.parametrize("many", [False, True])
def test_a_promise_hears_of_money_that_the_figures_have_in(room: CaseRoom, many: bool) -> None:
    case_id = _promised(room)
    payment = _from_the_books(room, case_id, days=1)
    overdue = room.state(case_id).overdue
    with clock.door_time(room.now), room.store.transaction() as connection:
        if many:
            told = intents.post_payments(
                connection, [payment], at=room.now, source="core-bank", reopen_days=7
            )
            assert dict(told) == {Standing.HISTORY: 1}
        else:
            posted = intents.post_payment(connection, payment, at=room.now, source="core-bank", reopen_days=7)
            assert posted.standing is Standing.HISTORY
    room.hear(case_id)
    assert _status(room, case_id) == ("kept", 100_000)
    assert room.state(case_id).overdue == overdue, "it is taken against nothing twice"


def test_without_a_promise_or_a_plan_nobody_is_told(room: CaseRoom) -> None:
    case_id = room.a_case(overdue=100_000)
    payment = _from_the_books(room, case_id, days=0)
    with clock.door_time(room.now), room.store.transaction() as connection:
        intents.post_payment(connection, payment, at=room.now, source="core-bank", reopen_days=7)
        told = (
            connection.execute(select(messages.c.signal).where(messages.c.case_id == case_id)).scalars().all()
        )
    assert told == ["open"]


def test_a_promise_that_was_broken_by_the_books_is_kept_by_them_later(room: CaseRoom) -> None:
    case_id = _promised(room)
    payment = _from_the_books(room, case_id, days=1)
    room.pass_days(case_id, 5)
    assert _status(room, case_id) == ("broken", 0)
    with clock.door_time(room.now), room.store.transaction() as connection:
        intents.post_payment(connection, payment, at=room.now, source="core-bank", reopen_days=7)
    room.hear(case_id)
    assert _status(room, case_id) == ("kept", 100_000)
    assert room.state(case_id).broken == 0
