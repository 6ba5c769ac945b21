"""When a claim may be refused for its age: the earlier of two readings, never moved by a hold or a rest day (L01, L13, D5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from arrears.policy.periods import limitation_ends


@dataclass(frozen=True)
class Limitation:
    """`ends_on` is the last day by the earlier reading; `later_on` by the other one, where the two differ."""

    ends_on: date
    later_on: date | None = None
    restarted_on: date | None = None  # the last act that started it anew

    def days_left(self, today: date) -> int:
        """Less than nothing once it has run out."""
        return (self.ends_on - today).days


def limitation_of(
    due_days: Sequence[date | None], interrupted_on: Sequence[date], *, years: int
) -> Limitation | None:
    """`due_days`: the oldest unpaid day, and the last instalment's.

    Which of them starts the period depends on whether the whole debt was called due, which is argued in court: the
    bank counts on the earlier one (L13). None where nothing is due or the pack knows no period.
    """
    known = [day for day in due_days if day is not None]
    if not known or not years:
        return None
    readings = sorted({limitation_ends(day, interrupted_on, years=years) for day in known})
    earliest = min(known)
    counted = [day for day in interrupted_on if earliest <= day <= readings[0]]
    later = readings[-1] if readings[-1] != readings[0] else None
    return Limitation(readings[0], later, max(counted, default=None))
