"""What the bank claims to a stated day: the ledger as it stood then, and the penalty since the ledger's own day.

The core bank owns the ledger. What it stated lies in its tiers; money that was valued later is known one by one. A
penalty after the ledger's day is the bank's own sum, at the rate of the contract, which an advisor reads there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from arrears.policy.money import Owed, Split

DAY_COUNT: Final = 360  # 1.8: loans of banks in yuan, unless the contract says 365
_WHOLE: Final = 10_000  # basis points


@dataclass(frozen=True)
class Movement:
    """What one payment or charge took off what is owed, minor units; less than nothing where more is owed since."""

    on: date  # its value day
    split: Split


@dataclass(frozen=True)
class Claim:
    """Minor units; `ledger_on` is the day the tiers are stated to, `yearly_bp` the rate of the penalty since."""

    on: date
    ledger_on: date
    costs: int
    interest: int
    principal: int
    penalty: int = 0
    yearly_bp: int = 0
    day_count: int = DAY_COUNT

    @property
    def total(self) -> int:
        return self.costs + self.interest + self.principal + self.penalty


@dataclass(frozen=True)
class Ledger:
    """What is owed after all `movements`, and the day of the balance they are counted from."""

    owed: Owed
    stated_on: date
    movements: tuple[Movement, ...] = ()


def owed_on(ledger: Ledger, day: date) -> Owed:
    """At the end of that day: what came later is owed still."""
    later = [movement.split for movement in ledger.movements if movement.on > day]
    return Owed(
        max(0, ledger.owed.costs + sum(split.costs for split in later)),
        max(0, ledger.owed.interest + sum(split.interest for split in later)),
        max(0, ledger.owed.principal + sum(split.principal for split in later)),
    )


def claim_on(ledger: Ledger, day: date, *, yearly_bp: int = 0, day_count: int = DAY_COUNT) -> Claim:
    owed = owed_on(ledger, day)
    grown = penalty(_principal_by_time(ledger, day), yearly_bp=yearly_bp, day_count=day_count)
    return Claim(
        day, ledger.stated_on, owed.costs, owed.interest, owed.principal, grown, yearly_bp, day_count
    )


def penalty(spans: Iterable[tuple[int, int]], *, yearly_bp: int, day_count: int = DAY_COUNT) -> int:
    """Of (principal, days), minor units, half-up once for all of them (1.8; vectors in 3.5).

    On principal alone: the ledger does not say which part of the interest may bear interest, so none is claimed.
    """
    product = sum(principal * days for principal, days in spans) * yearly_bp
    by = _WHOLE * day_count
    return (2 * product + by) // (2 * by)


def _principal_by_time(ledger: Ledger, day: date) -> list[tuple[int, int]]:
    """A payment ends the days of what it paid on its value day."""
    ends = sorted({m.on for m in ledger.movements if ledger.stated_on < m.on < day} | {day})
    spans, since = [], ledger.stated_on
    for end in ends:
        spans.append((owed_on(ledger, end - timedelta(days=1)).principal, (end - since).days))
        since = end
    return [span for span in spans if span[1] > 0]


def cannot_be(ledger: Ledger, day: date, *, today: date, days_ahead: int) -> str:
    """Why no claim can be stated to that day; empty when one can. Before its own day nobody knows the tiers."""
    if day < ledger.stated_on:
        return "day_before_ledger"
    return "day_too_far_ahead" if day > today + timedelta(days=days_ahead) else ""


def rate_cannot_be(yearly_bp: int, *, most_bp: int) -> str:
    """I04: a court cuts what a bank takes in all beyond the highest rate; `most_bp` 0: no such rate."""
    return "rate_above_cap" if yearly_bp < 0 or 0 < most_bp < yearly_bp else ""
