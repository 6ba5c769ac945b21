"""Instalments to the cent: the vectors of the rule book, and what holds of every schedule."""

from datetime import date
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.policy.schedules import Instalment, Method, schedule, shares

FIRST = date(2026, 4, 2)


def cut(method: Method, amount: int, yearly_bp: int, periods: int) -> tuple[Instalment, ...]:
    return schedule(method, amount, yearly_bp=yearly_bp, periods=periods, first_due_on=FIRST)


@pytest.mark.rule("3.5")
@pytest.mark.parametrize(
    ("method", "amount", "yearly_bp", "periods", "first", "last", "interest"),
    [
        (Method.EQUAL_TOTAL, 6_000_000, 1_200, 12, 533_093, 533_090, 397_113),
        (Method.EQUAL_PRINCIPAL, 6_000_000, 1_200, 12, 560_000, 505_000, 390_000),
        (Method.EQUAL_TOTAL, 5_000_000, 0, 60, 83_333, 83_353, 0),
        (Method.EQUAL_PRINCIPAL, 5_000_000, 0, 60, 83_333, 83_353, 0),
        (Method.EQUAL_PARTS, 5_000_000, 0, 60, 83_333, 83_353, 0),
        (Method.EQUAL_PARTS, 5_000_000, 1_200, 60, 83_333, 83_353, 0),
        (Method.EQUAL_TOTAL, 100_000, 1_200, 1, 101_000, 101_000, 1_000),
    ],
)
def test_the_vectors_of_the_rule_book_hold_to_the_cent(
    method: Method, amount: int, yearly_bp: int, periods: int, first: int, last: int, interest: int
) -> None:
    parts = cut(method, amount, yearly_bp, periods)
    assert (parts[0].amount, parts[-1].amount) == (first, last)
    assert sum(part.interest for part in parts) == interest
    assert sum(part.principal for part in parts) == amount


def test_all_but_the_last_instalment_of_an_annuity_are_the_same() -> None:
    parts = cut(Method.EQUAL_TOTAL, 6_000_000, 1_200, 12)
    assert {part.amount for part in parts[:-1]} == {533_093}
    assert parts[0].interest == 60_000


@pytest.mark.rule("D1")
def test_instalments_fall_on_the_corresponding_day_or_the_last_of_the_month() -> None:
    parts = schedule(Method.EQUAL_PARTS, 500, yearly_bp=0, periods=5, first_due_on=date(2026, 12, 31))
    assert [part.due_on.isoformat() for part in parts] == [
        "2026-12-31",
        "2027-01-31",
        "2027-02-28",
        "2027-03-31",
        "2027-04-30",
    ]


@given(
    method=st.sampled_from(Method),
    amount=st.integers(1, 10**13),
    yearly_bp=st.integers(0, 3_600),
    periods=st.integers(1, 60),
)
def test_every_schedule_pays_the_debt_once_and_nothing_twice(
    method: Method, amount: int, yearly_bp: int, periods: int
) -> None:
    parts = cut(method, amount, yearly_bp, periods)
    assert [part.number for part in parts] == list(range(1, periods + 1))
    assert sum(part.principal for part in parts) == amount
    assert all(part.principal >= 0 and part.interest >= 0 for part in parts)
    assert [part.due_on for part in parts] == sorted({part.due_on for part in parts})
    if method is Method.EQUAL_PARTS:
        assert not any(part.interest for part in parts)


@given(
    method=st.sampled_from(Method),
    amount=st.integers(60_00, 10**11),
    yearly_bp=st.integers(0, 2_400),
    periods=st.integers(1, 60),
)
def test_rounding_moves_no_instalment_by_more_than_a_cent_a_period(
    method: Method, amount: int, yearly_bp: int, periods: int
) -> None:
    """The last one absorbs it: half a cent for each instalment before it, grown by its interest."""
    parts = cut(method, amount, yearly_bp, periods)
    if method is not Method.EQUAL_PRINCIPAL or not yearly_bp:
        assert abs(parts[-1].amount - parts[0].amount) <= periods * 2


@given(
    amounts=st.lists(st.integers(0, 10**9), max_size=60),
    paid=st.integers(0, 10**11),
)
def test_money_goes_to_what_was_due_first(amounts: list[int], paid: int) -> None:
    taken = shares(amounts, paid)
    assert sum(taken) == min(paid, sum(amounts))
    assert all(0 <= part <= amount for part, amount in zip(taken, amounts, strict=True))
    for upto, before in zip(accumulate(amounts), accumulate(taken), strict=True):
        assert before == min(upto, paid)
