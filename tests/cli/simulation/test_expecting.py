"""What must become of a loan follows from its money alone."""

from datetime import date, timedelta
from typing import Final

from arrears.cli.simulation.expecting import Expected, expect
from arrears.cli.simulation.portfolio import Debt
from arrears.store import packs
from arrears.store.intents import PaymentIn

TERMS: Final = packs.load("cn-bank-2026").rules.terms
AS_OF: Final = date(2026, 1, 5)


def a_payment(
    number: int, amount: int, day: date, *, kind: str = "payment", provisional: bool = False
) -> PaymentIn:
    return PaymentIn(f"P{number}", "L1", day, day, amount, "CNY", kind=kind, provisional=provisional)


def expected(*payments: PaymentIn, days: int = 150, first_overdue_on: date = date(2025, 12, 26)) -> Expected:
    debt = Debt("L1", "B1", "case-L1-1", 1000, 300, first_overdue_on, payments)
    return expect(debt, TERMS, as_of=AS_OF, last_day=AS_OF + timedelta(days=days))


def test_a_loan_nobody_pays_stays_open_and_is_judged() -> None:
    told = expected()
    assert (told.closes_on, told.reason, told.received_minor, told.is_judged) == (None, None, 0, True)


def test_what_is_overdue_cures_and_what_is_owed_pays_off() -> None:
    day = date(2026, 1, 9)
    assert (expected(a_payment(1, 300, day)).closes_on, expected(a_payment(1, 300, day)).reason) == (
        day,
        "CURED",
    )
    assert expected(a_payment(1, 1000, day)).reason == "PAID_OFF"
    assert expected(a_payment(1, 299, day)).closes_on is None


def test_parts_close_the_case_on_the_day_of_the_last_one() -> None:
    told = expected(a_payment(1, 100, date(2026, 1, 9)), a_payment(2, 200, date(2026, 1, 20)))
    assert (told.closes_on, told.reason, told.received_minor) == (date(2026, 1, 20), "CURED", 300)


def test_what_comes_after_the_close_is_received_and_changes_nothing() -> None:
    told = expected(a_payment(1, 300, date(2026, 1, 9)), a_payment(2, 700, date(2026, 1, 20)))
    assert (told.closes_on, told.reason, told.received_minor) == (date(2026, 1, 9), "CURED", 1000)


def test_money_behind_the_horizon_is_not_waited_for() -> None:
    day = date(2026, 1, 9)
    assert expected(a_payment(1, 300, day), days=4).closes_on == day
    late = expected(a_payment(1, 300, day), days=3)
    assert (late.closes_on, late.received_minor) == (None, 0)


def test_a_short_horizon_leaves_no_time_for_advisors() -> None:
    assert not expected(days=60).is_judged
    assert expected(days=60, first_overdue_on=date(2025, 6, 1)).is_judged
