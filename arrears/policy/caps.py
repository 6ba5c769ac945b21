"""How often a person, a number or a debt may be contacted: caps are data of the pack, counted over one ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cache
from typing import Final

from arrears.policy.calendar import Calendar
from arrears.policy.codes import CODES, Action, Counts

WEEK_SECONDS: Final = 7 * 86_400


class Scope(StrEnum):
    """Over whose contacts a cap counts."""

    PERSON = "person"
    NUMBER = "number"
    DEBT = "debt"


class Window(StrEnum):
    """Civil days and weeks are the bank's (4.6-12); a rolling week is counted in instants."""

    DAY = "day"
    WEEK = "week"
    ROLLING_WEEK = "rolling_7d"


@dataclass(frozen=True)
class Cap:
    """At most so many: C02, C03 and C05 are rows of a pack.

    `third` caps are over contacts with people who do not owe; these have a ledger of their own.
    """

    rule: str
    scope: Scope
    window: Window
    counts: Counts
    most: int
    third: bool = False


@dataclass(frozen=True)
class Line:
    """One contact of a person's ledger; `number` as it was dialled, no loan when it was about all of them."""

    at: int
    action: Action
    counts: frozenset[Counts]
    number: str = ""
    loan_id: str = ""
    third: bool = False


VOICE: Final = frozenset({Action.OUT_CALL, Action.AI_CALL})


@cache
def may_come_to(action: Action) -> frozenset[Counts]:
    """All that a contact of this kind may have counted for once its result is known: it is limited by each of these,
    and takes each of them until then, so that of two who race for the last one gets it (C04)."""
    return frozenset(count for code in CODES[action].values() for count in code.counts)


def opens_at(cap: Cap, asked: Line, ledger: Sequence[Line], at: int, *, calendar: Calendar) -> int:
    """`at` itself when the cap leaves room then, else the first instant at which it may."""
    if cap.counts not in asked.counts or cap.third is not asked.third:
        return at
    taken = sorted(line.at for line in ledger if _takes(cap, line, asked))
    if cap.window is Window.ROLLING_WEEK:
        # Lines after `at` count too: a clock that was turned back opens nothing.
        since = [instant for instant in taken if instant > at - WEEK_SECONDS]
        return at if len(since) < cap.most else since[-cap.most] + WEEK_SECONDS
    _, after = _civil(cap.window, at, calendar)
    return at if _used(cap, asked, ledger, at, calendar) < cap.most else after


@dataclass(frozen=True)
class Use:
    """How much of a cap is taken at an instant, by contacts of the same kind as the one asked for."""

    cap: Cap
    used: int


def uses(
    caps: Sequence[Cap], asked: Line, ledger: Sequence[Line], at: int, *, calendar: Calendar
) -> tuple[Use, ...]:
    """Of the caps that bind the contact, in their order."""
    return tuple(
        Use(cap, _used(cap, asked, ledger, at, calendar))
        for cap in caps
        if cap.counts in asked.counts and cap.third is asked.third
    )


def _used(cap: Cap, asked: Line, ledger: Sequence[Line], at: int, calendar: Calendar) -> int:
    taken = [line.at for line in ledger if _takes(cap, line, asked)]
    if cap.window is Window.ROLLING_WEEK:
        return sum(instant > at - WEEK_SECONDS for instant in taken)
    first, after = _civil(cap.window, at, calendar)
    return sum(first <= instant < after for instant in taken)


def _takes(cap: Cap, line: Line, asked: Line) -> bool:
    if cap.counts not in line.counts or line.third is not cap.third:
        return False
    match cap.scope:
        case Scope.NUMBER:
            return line.number == asked.number and bool(asked.number)
        case Scope.DEBT:
            return not line.loan_id or not asked.loan_id or line.loan_id == asked.loan_id
        case Scope.PERSON:
            return True


def _civil(window: Window, at: int, calendar: Calendar) -> tuple[int, int]:
    """First instants of the bank's day or week at `at`, and of the next."""
    first = calendar.day_of(at)
    days = 1
    if window is Window.WEEK:
        first, days = first - timedelta(days=first.weekday()), 7
    return calendar.start_of(first), calendar.start_of(first + timedelta(days=days))
