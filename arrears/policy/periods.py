"""Periods of the law: when one ends, and by when the bank acts so that no right is lost (D1, D4, D5)."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from arrears.policy.calendar import Calendar


@dataclass(frozen=True)
class End:
    """`on` is the last day; `missing` the year whose bank days would decide whether it moves, 0 when none is."""

    on: date
    unshifted: date
    missing: int = 0


def months_later(day: date, months: int) -> date:
    """The corresponding day, or the last one of a month that has no such day (Civil Code art. 202)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def days_later(day: date, days: int) -> date:
    """The period starts on the day after, so its last day is simply so many days on (art. 201)."""
    return day + timedelta(days=days)


def end_of(calendar: Calendar, last: date) -> End:
    """A last day that is a rest day gives way to the first day after it (art. 203), where the bank days are known.

    Where they are not, on the last day or on a day it would move to, it stays: the earlier day is the safe one.
    """
    day = last
    while calendar.is_official(day):
        if calendar.is_bank_day(day):
            return End(day, last)
        day += timedelta(days=1)
    return End(last, last, day.year)


def act_by(last: date, *, margin_days: int) -> date:
    """For what preserves a right of the bank: no rest day is ever counted upon, whatever the calendar says (D5)."""
    return last - timedelta(days=margin_days)


def limitation_ends(last_due_on: date, interrupted_on: Sequence[date] = (), *, years: int = 3) -> date:
    """The last day, unshifted: three years from the last instalment or from the last interruption (L01, L03).

    An interruption after it had run out does not bring it back (L10).
    """
    ends = months_later(last_due_on, years * 12)
    for day in sorted(interrupted_on):
        if last_due_on <= day <= ends:
            ends = max(ends, months_later(day, years * 12))
    return ends


def guarantee_ends(main_due_on: date, *, months: int = 6) -> date:
    """Unshifted; nothing suspends, interrupts or extends it (G1)."""
    return months_later(main_due_on, months)


def freeze_renewal_by(stated_end: date, *, days: int = 7) -> date:
    """The last day to ask the court for more time; `stated_end` is what the court wrote, when it did (PRES 18)."""
    return stated_end - timedelta(days=days)
