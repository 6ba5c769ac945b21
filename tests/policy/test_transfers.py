"""One transfer for several debts: the order of the law, to the cent."""

from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.policy.transfers import PRODUCTS, Debt, Share, in_proportion, share_out

BURDEN: Final = ("credit_card", "overdraft", "other", "term_loan", "business_loan", "mortgage")
A: Final = Debt("A", "term_loan", balance=5_000, due=1_000, due_since="2026-01-05")
B: Final = Debt("B", "term_loan", balance=8_000, due=2_000, due_since="2026-02-05")


def _amounts(amount: int, *debts: Debt, named: str | None = None) -> dict[str, int]:
    return {share.loan_id: share.amount for share in share_out(amount, debts, burden=BURDEN, named=named)}


@pytest.mark.rule("W2")
def test_the_debt_the_payer_names_comes_first_though_another_is_older() -> None:
    assert _amounts(1_500, A, B, named="B") == {"B": 1_500}
    assert share_out(1_500, [A, B], burden=BURDEN, named="B") == [Share("B", 1_500, "designated")]


@pytest.mark.rule("W2")
def test_what_the_named_debt_cannot_take_goes_on_in_the_order_of_the_law() -> None:
    assert _amounts(8_300, A, B, named="B") == {"B": 8_000, "A": 300}


@pytest.mark.rule("W2")
def test_what_is_due_is_paid_before_what_is_not() -> None:
    assert _amounts(3_500, A, B) == {"A": 1_500, "B": 2_000}
    assert _amounts(2_900, A, B) == {"A": 1_000, "B": 1_900}


@pytest.mark.rule("W2")
@pytest.mark.parametrize(
    ("other", "why"),
    [
        (replace(B, guaranteed=True, due_since="2025-01-01"), "less secured"),
        (replace(B, product="mortgage", due_since="2025-01-01"), "no home is pledged"),
        (replace(B, product="business_loan", due_since="2025-01-01"), "the heavier burden"),
        (B, "due earlier"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_rank_goes_before_the_next(other: Debt, why: str) -> None:
    assert _amounts(900, other, A) == {"A": 900}, why


@pytest.mark.rule("W2")
def test_debts_alike_in_everything_share_in_proportion() -> None:
    twin = replace(B, due_since=A.due_since)
    assert _amounts(1_000, A, twin) == {"A": 333, "B": 667}


def test_what_no_debt_takes_is_left_out() -> None:
    assert sum(_amounts(20_000, A, B).values()) == 13_000
    assert share_out(500, [], burden=BURDEN) == []


debts = st.lists(
    st.builds(
        lambda name, product, due, rest, since, guaranteed: Debt(
            name, product, due + rest, due, since, guaranteed
        ),
        st.sampled_from("ABCDEFGH"),
        st.sampled_from(PRODUCTS),
        st.integers(0, 10_000),
        st.integers(0, 10_000),
        st.sampled_from(["2026-01-05", "2026-02-05", None]),
        st.booleans(),
    ),
    unique_by=lambda debt: debt.loan_id,
    max_size=8,
)


@given(st.integers(1, 120_000), debts, st.sampled_from("ABCDEFGH") | st.none())
def test_no_cent_is_lost_and_no_debt_overpaid(amount: int, debts: list[Debt], named: str | None) -> None:
    shares = share_out(amount, debts, burden=BURDEN, named=named)
    balances = {debt.loan_id: debt.balance for debt in debts}
    assert sum(share.amount for share in shares) == min(amount, sum(balances.values()))
    assert all(0 < share.amount <= balances[share.loan_id] for share in shares)
    assert len({share.loan_id for share in shares}) == len(shares)
    ahead = [share for share in shares if share.amount and share.why == "ahead"]
    if ahead and named is None:
        given_to = {share.loan_id: share.amount for share in shares}
        assert all(given_to.get(debt.loan_id, 0) >= debt.due for debt in debts), "due debts are paid first"


@given(st.integers(1, 120_000), debts)
def test_the_order_in_which_debts_are_listed_changes_nothing(amount: int, debts: list[Debt]) -> None:
    assert _amounts(amount, *debts) == _amounts(amount, *reversed(debts))


@given(st.integers(0, 50_000), st.dictionaries(st.sampled_from("ABCDE"), st.integers(1, 9_999), min_size=1))
def test_parts_make_up_the_whole(amount: int, rooms: dict[str, int]) -> None:
    parts = dict(in_proportion(amount, rooms))
    assert sum(parts.values()) == min(amount, sum(rooms.values()))
    assert all(parts[name] <= room for name, room in rooms.items())
