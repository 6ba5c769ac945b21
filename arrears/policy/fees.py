"""What the court takes, by the tariff of the State Council (rule book 1.8 and 3.5): minor units, half-up.

Nothing here depends on a pack: no bank sets these numbers.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

TARIFF: Final = "CNY"


class Track(StrEnum):
    """The ways a claim may take, as far as they cost differently."""

    ORDINARY = "ordinary"
    SUMMARY = "summary"  # simplified procedure, small claims, mediation, withdrawal: half (arts. 15, 16)
    PAYMENT_ORDER = "payment_order"  # a third (art. 14)


@dataclass(frozen=True)
class Step:
    """Of what lies above the step before and up to `up_to` (yuan, none: no end) so many per mille."""

    up_to: int | None
    per_mille: int


@dataclass(frozen=True)
class Scale:
    """`flat` yuan up to `flat_to` yuan, then the steps; never above `cap` yuan (0: no cap)."""

    flat: int
    flat_to: int
    steps: tuple[Step, ...]
    cap: int = 0

    def of(self, amount: int) -> int:
        """Minor units, of an amount in minor units."""
        thousandths, floor = self.flat * 100_000, self.flat_to * 100
        for step in self.steps:
            ceiling = amount if step.up_to is None else min(amount, step.up_to * 100)
            if ceiling > floor:
                thousandths += (ceiling - floor) * step.per_mille
                floor = ceiling
        fee = _half_up(thousandths, 1000)
        return min(fee, self.cap * 100) if self.cap else fee


def _steps(*pairs: tuple[int | None, int]) -> tuple[Step, ...]:
    return tuple(Step(*pair) for pair in pairs)


# Measures on Litigation Costs, art. 13 (1) on property claims.
SUIT: Final = Scale(
    50,
    10_000,
    _steps(
        (100_000, 25),
        (200_000, 20),
        (500_000, 15),
        (1_000_000, 10),
        (2_000_000, 9),
        (5_000_000, 8),
        (10_000_000, 7),
        (20_000_000, 6),
        (None, 5),
    ),
)
# Art. 14 (1): enforcement, borne by the debtor.
ENFORCEMENT: Final = Scale(50, 10_000, _steps((500_000, 15), (5_000_000, 10), (10_000_000, 5), (None, 1)))
# Art. 14 (2): keeping property safe for the judgment.
PRESERVATION: Final = Scale(30, 1_000, _steps((100_000, 10), (None, 5)), cap=5_000)


@dataclass(frozen=True)
class Fees:
    """What each way of one claim costs, minor units."""

    ordinary: int
    summary: int
    payment_order: int
    preservation: int
    enforcement: int


def suit_fee(claim: int, currency: str, track: Track = Track.ORDINARY) -> int | None:
    """None where the tariff does not apply: it knows no other currency than the yuan."""
    if currency != TARIFF:
        return None
    full = SUIT.of(claim)
    match track:
        case Track.ORDINARY:
            return full
        case Track.SUMMARY:
            return halved(full)
        case Track.PAYMENT_ORDER:
            return _half_up(full, 3)


def halved(fee: int) -> int:
    return _half_up(fee, 2)


def fees_of(claim: int, currency: str) -> Fees | None:
    """Of one claim by every way; None where the tariff does not apply."""
    if currency != TARIFF:
        return None
    full = SUIT.of(claim)
    return Fees(full, halved(full), _half_up(full, 3), PRESERVATION.of(claim), ENFORCEMENT.of(claim))


def _half_up(amount: int, by: int) -> int:
    return (2 * amount + by) // (2 * by)
