"""A claim to a stated day: the ledger as it stood, and the penalty since; vectors of the rule book (1.4, 3.5)."""

from datetime import date, timedelta

import pytest

from arrears.policy.claim import Ledger, Movement, cannot_be, claim_on, owed_on, penalty, rate_cannot_be
from arrears.policy.money import Owed, Split

STATED = date(2026, 10, 31)
PAID = date(2026, 11, 10)


def a_ledger(*movements: Movement, owed: Owed | None = None) -> Ledger:
    return Ledger(owed or Owed(120_000, 230_000, 4_000_000), STATED, movements)


@pytest.mark.rule("1.8")
@pytest.mark.parametrize(
    ("principal", "yearly_bp", "days", "day_count", "sum_of"),
    [
        (1_000_000, 1_800, 45, 360, 22_500),
        (1_000_000, 1_800, 45, 365, 22_192),
        (1_000_000, 2_400, 90, 360, 60_000),
        (1_000_000, 2_400, 90, 365, 59_178),
        (1_000_000, 0, 45, 360, 0),
        (1, 1_800, 1, 360, 0),
        (100, 1_800, 1, 360, 0),
        (100, 1_800, 10, 360, 1),  # half a minor unit goes up
    ],
)
def test_the_penalty_of_principal(
    principal: int, yearly_bp: int, days: int, day_count: int, sum_of: int
) -> None:
    assert penalty([(principal, days)], yearly_bp=yearly_bp, day_count=day_count) == sum_of


@pytest.mark.rule("1.8")
def test_a_claim_adds_up_and_names_the_days_it_is_stated_to() -> None:
    claim = claim_on(a_ledger(), STATED + timedelta(days=45), yearly_bp=1_800)
    assert (claim.costs, claim.interest, claim.principal) == (120_000, 230_000, 4_000_000)
    assert claim.penalty == 90_000
    assert claim.total == 4_440_000
    assert (claim.on, claim.ledger_on) == (date(2026, 12, 15), STATED)


@pytest.mark.rule("1.8")
def test_money_that_came_after_the_stated_day_is_owed_on_it() -> None:
    paid = Movement(PAID, Split(costs=120_000, interest=230_000, principal=150_000))
    ledger = a_ledger(paid, owed=Owed(0, 0, 3_850_000))
    assert owed_on(ledger, PAID - timedelta(days=1)) == Owed(120_000, 230_000, 4_000_000)
    assert owed_on(ledger, PAID) == Owed(0, 0, 3_850_000)


@pytest.mark.rule("1.8")
def test_a_payment_ends_the_days_of_the_principal_it_paid() -> None:
    paid = Movement(PAID, Split(principal=1_000_000))
    claim = claim_on(a_ledger(paid, owed=Owed(0, 0, 3_000_000)), PAID + timedelta(days=10), yearly_bp=1_800)
    assert claim.penalty == penalty([(4_000_000, 10), (3_000_000, 10)], yearly_bp=1_800) == 35_000


@pytest.mark.rule("1.8")
def test_money_taken_back_bears_penalty_again() -> None:
    back = Movement(PAID, Split(principal=-1_000_000))
    claim = claim_on(a_ledger(back, owed=Owed(0, 0, 4_000_000)), PAID + timedelta(days=10), yearly_bp=1_800)
    assert claim.penalty == penalty([(3_000_000, 10), (4_000_000, 10)], yearly_bp=1_800)


def test_a_charge_that_came_later_is_not_claimed_before_it() -> None:
    charged = Movement(PAID, Split(costs=-50_000))
    assert owed_on(a_ledger(charged), PAID - timedelta(days=1)).costs == 70_000


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (STATED - timedelta(days=1), "day_before_ledger"),
        (STATED, ""),
        (PAID + timedelta(days=30), ""),
        (PAID + timedelta(days=31), "day_too_far_ahead"),
    ],
)
def test_the_days_a_claim_may_be_stated_to(day: date, why: str) -> None:
    assert cannot_be(a_ledger(), day, today=PAID, days_ahead=30) == why


@pytest.mark.parametrize(
    ("rate", "most", "why"),
    [(2_400, 2_400, ""), (2_401, 2_400, "rate_above_cap"), (-1, 0, "rate_above_cap"), (9_999, 0, "")],
)
def test_no_rate_beyond_what_a_court_allows(rate: int, most: int, why: str) -> None:
    assert rate_cannot_be(rate, most_bp=most) == why
