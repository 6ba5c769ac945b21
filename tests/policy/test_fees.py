"""The court's tariff: every vector of the rule book (3.5), and its steps to the cent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.policy.fees import ENFORCEMENT, PRESERVATION, SUIT, Fees, Track, fees_of, suit_fee

YUAN = 100


@pytest.mark.rule("1.8", "3.5")
@pytest.mark.parametrize(
    ("track", "claim", "fee"),
    [
        (Track.ORDINARY, 50_000, 1_050_00),
        (Track.SUMMARY, 50_000, 525_00),
        (Track.PAYMENT_ORDER, 50_000, 350_00),
        (Track.SUMMARY, 8_000, 25_00),
        (Track.PAYMENT_ORDER, 8_000, 16_67),
        (Track.SUMMARY, 10_002, 25_03),  # 50.05: half a cent goes up
    ],
)
def test_what_each_track_costs(track: Track, claim: int, fee: int) -> None:
    assert suit_fee(claim * YUAN, "CNY", track) == fee


@pytest.mark.rule("1.8")
def test_a_fee_is_rounded_half_up_once_and_not_at_every_step() -> None:
    """The claim of the web guide's picture, whose printed fee of 4,860 was wrong."""
    assert suit_fee(337_185_33, "CNY") == 6_357_78


@pytest.mark.rule("1.8", "3.5")
@pytest.mark.parametrize(
    ("amount", "fee"),
    [(1_000, 30), (50_000, 520), (100_000, 1_020), (896_000, 5_000), (895_900, 4_999.5), (9_000_000, 5_000)],
)
def test_the_fee_of_keeping_property_safe(amount: int, fee: float) -> None:
    assert PRESERVATION.of(amount * YUAN) == int(fee * YUAN)


@pytest.mark.rule("1.8", "3.5")
@pytest.mark.parametrize(
    ("amount", "fee"),
    [
        (10_000, 50),
        (50_000, 650),
        (500_000, 7_400),
        (5_000_000, 52_400),
        (10_000_000, 77_400),
        (20_000_000, 87_400),
    ],
)
def test_the_fee_of_enforcement(amount: int, fee: int) -> None:
    assert ENFORCEMENT.of(amount * YUAN) == fee * YUAN


@pytest.mark.rule("1.8")
def test_all_fees_of_one_claim() -> None:
    assert fees_of(50_000 * YUAN, "CNY") == Fees(1_050_00, 525_00, 350_00, 520_00, 650_00)
    assert fees_of(50_000 * YUAN, "USD") is None


@given(st.integers(0, 10**12), st.integers(0, 10**10))
def test_a_larger_claim_never_costs_less(claim: int, more: int) -> None:
    assert SUIT.of(claim) <= SUIT.of(claim + more) <= SUIT.of(claim) + more * 25 // 1000 + 1
