"""What must become of each loan, computed from the portfolio and the money that will come, before anything runs."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from arrears.cli.simulation.portfolio import Debt
from arrears.policy.terms import Terms

# From the day on which a loan is old enough for legal review, or from the first day if it is that already:
# calls, escalation, letter, the debtor's time, and bank holidays in between.
_ROAD_TO_REVIEW: Final = timedelta(days=60)


@dataclass(frozen=True)
class Expected:
    """`closes_on` None: nobody pays enough. `is_judged`: there is time for two advisors to look at it."""

    loan_id: str
    case_id: str
    closes_on: date | None
    reason: str | None
    received_minor: int
    is_judged: bool


def expect(debt: Debt, terms: Terms, *, as_of: date, last_day: date) -> Expected:
    """Money closes a case on the day on which nothing is overdue any more, whatever its stage."""
    paid, received, closes_on, reason = 0, 0, None, None
    for payment in debt.payments:
        if payment.booked_on > last_day or payment.kind != "payment" or payment.provisional:
            continue
        received += payment.amount_minor
        paid += payment.amount_minor if closes_on is None else 0
        if closes_on is None and paid >= debt.overdue_minor:
            closes_on = payment.booked_on
            reason = "PAID_OFF" if paid >= debt.balance_minor else "CURED"
    old_enough = max(as_of, debt.first_overdue_on + timedelta(days=terms.legal_review_dpd))
    is_judged = closes_on is None and old_enough + _ROAD_TO_REVIEW <= last_day
    return Expected(debt.loan_id, debt.case_id, closes_on, reason, received, is_judged)
