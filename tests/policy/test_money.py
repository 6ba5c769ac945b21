"""The waterfall against the rule book's worked figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.policy.money import Owed, Split, allocate, take_back

amounts = st.integers(1, 10**13)
debts = st.builds(Owed, *[st.integers(0, 10**13)] * 3)


@pytest.mark.rule("W1")
@pytest.mark.parametrize(
    ("amount", "split"),
    [
        (5_000_00, Split(1_200_00, 2_300_00, 1_500_00, 0)),
        (50_000_00, Split(1_200_00, 2_300_00, 40_000_00, 6_500_00)),
        (1, Split(1, 0, 0, 0)),
        (1_200_01, Split(1_200_00, 1, 0, 0)),
    ],
)
def test_costs_then_interest_then_principal(amount: int, split: Split) -> None:
    """Rule book 3.5: costs 1,200, interest 2,300, principal 40,000."""
    done, left = allocate(amount, Owed(1_200_00, 2_300_00, 40_000_00))
    assert done == split
    assert done.total == amount
    assert left.total == 43_500_00 - (amount - split.surplus)


@pytest.mark.rule("W1")
@given(amounts, debts)
def test_no_cent_is_lost_and_none_is_made(amount: int, owed: Owed) -> None:
    split, left = allocate(amount, owed)
    assert split.total == amount
    assert left.total == owed.total - (amount - split.surplus)
    assert min(left.costs, left.interest, left.principal) >= 0
    assert min(split.costs, split.interest, split.principal, split.surplus) >= 0
    assert split.surplus == max(0, amount - owed.total)
    # A tier is touched only when the one before it is paid.
    assert not (split.interest and left.costs)
    assert not (split.principal and (left.costs or left.interest))


@given(amounts, debts, st.integers(0, 10**13))
def test_what_is_taken_back_is_kept_surplus_first(amount: int, owed: Owed, surplus: int) -> None:
    split, again = take_back(amount, owed, surplus)
    assert split.total == -amount
    assert -split.surplus == min(amount, surplus)
    assert again.total == owed.total + amount + split.surplus


@given(amounts, debts)
def test_a_payment_taken_back_leaves_the_sum_as_it_was(amount: int, owed: Owed) -> None:
    split, left = allocate(amount, owed)
    back, again = take_back(amount, left, split.surplus)
    assert again.total == owed.total
    assert split.surplus + back.surplus == 0
