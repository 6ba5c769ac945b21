"""Check digits by whole columns, against the same rule written digit by digit."""

from collections.abc import Callable, Sequence
from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.feeds import identity

DIGITS = "0123456789"
SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def _verdicts(rule: Callable[[pl.Expr], pl.Expr], texts: Sequence[str | None]) -> list[bool | None]:
    return pl.DataFrame({"t": texts}, schema={"t": pl.String}).select(rule(pl.col("t"))).to_series().to_list()


def _luhn(text: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(text)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _mainland(body: str) -> str:
    weights = [pow(2, 17 - place, 11) for place in range(17)]
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def _credit_code(body: str) -> str:
    total = sum(SIGNS.index(sign) * pow(3, place, 31) for place, sign in enumerate(body))
    return body + SIGNS[(31 - total % 31) % 31]


@given(st.lists(st.text(DIGITS, min_size=13, max_size=19), min_size=1, max_size=20))
def test_card_numbers_are_those_with_a_right_luhn_sum(texts: list[str]) -> None:
    assert _verdicts(identity.is_card_number, texts) == [_luhn(text) for text in texts]


@pytest.mark.parametrize(
    "text", ["4111111111111", "411111111111", "41111111111111111111", "4111-1111-1111", "", None]
)
def test_other_texts_are_no_card_number(text: str | None) -> None:
    looks_like_one = text is not None and text.isdigit() and 13 <= len(text) <= 19 and _luhn(text)
    assert bool(_verdicts(identity.is_card_number, [text])[0]) is looks_like_one


@given(
    region=st.integers(110000, 659999),
    born=st.dates(date(1900, 1, 1), date(2026, 1, 1)),
    order=st.integers(0, 999),
    wrong=st.integers(1, 10),
)
def test_mainland_numbers_hold_by_day_and_check_digit(
    region: int, born: date, order: int, wrong: int
) -> None:
    right = _mainland(f"{region}{born:%Y%m%d}{order:03d}")
    off_by_some = "0123456789X"[("0123456789X".index(right[-1]) + wrong) % 11]
    no_such_day = _mainland(f"{region}{born:%Y}0230{order:03d}")
    assert _verdicts(
        identity.is_mainland_number, [right, right[:-1] + off_by_some, no_such_day, right[:-1]]
    ) == [
        True,
        False,
        False,
        False,
    ]


@given(body=st.text(SIGNS, min_size=17, max_size=17), wrong=st.integers(1, 30))
def test_credit_codes_hold_by_their_check_sign(body: str, wrong: int) -> None:
    right = _credit_code(body)
    other = right[:-1] + SIGNS[(SIGNS.index(right[-1]) + wrong) % 31]
    assert _verdicts(identity.is_credit_code, [right, other, right[1:]]) == [True, False, False]


def test_taiwan_numbers_hold_by_their_check_digit() -> None:
    candidates = [f"A12345678{digit}" for digit in range(10)]
    assert _verdicts(identity.is_taiwan_number, candidates) == [digit == 9 for digit in range(10)]
    assert _verdicts(identity.is_taiwan_number, ["A323456789", "1123456789", "A12345678"]) == [False] * 3


def test_known_numbers_of_the_standards() -> None:
    # The worked examples of GB 11643 and of the agency that issues credit codes.
    assert _verdicts(identity.is_mainland_number, ["11010519491231002X", "440524188001010014"]) == [
        True,
        True,
    ]
    assert _verdicts(identity.is_credit_code, ["91350100M000100Y43"]) == [True]
