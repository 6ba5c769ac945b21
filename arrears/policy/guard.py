"""May this person be contacted at this instant? If not, when next, and by which rule."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from arrears.policy.calendar import Calendar
from arrears.policy.caps import VOICE, Cap, Line, may_come_to, opens_at
from arrears.policy.codes import INBOUND, Action
from arrears.policy.state import HoldKind

_WEEK: Final = 7 * 86_400


@dataclass(frozen=True)
class Hours:
    """Wall clock in `zone`, end-exclusive."""

    start: time
    end: time
    zone: str
    rule: str


@dataclass(frozen=True)
class Go:
    """`warnings` are rules that let the contact pass and want to be told (WARN)."""

    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotBefore:
    """UTC seconds of the first instant at which the contact may be made."""

    at: int
    rule: str


@dataclass(frozen=True)
class Never:
    """As things stand; no time that passes opens it."""

    rule: str


Verdict = Go | NotBefore | Never


class PartyRole(StrEnum):
    """How the person who is contacted stands to the debt (C06)."""

    BORROWER = "borrower"
    CO_BORROWER = "co_borrower"
    GUARANTOR = "guarantor"
    HEIR = "heir"
    GUARDIAN = "guardian"
    LAWYER = "lawyer"
    THIRD = "third"


class Circumstance(StrEnum):
    """What is known of a debtor that changes who may be contacted; each was proved or said by somebody."""

    LOST_CONTACT = "lost_contact"
    LAWYER = "lawyer"


@dataclass(frozen=True)
class Conduct:
    """What a pack says of contacts beside its hours; in force at the moment of the act (rule book 4.6-11)."""

    dial_to: str = "24:00"
    caps: tuple[Cap, ...] = ()
    visit_staff: int = 1
    needs_consent: tuple[str, ...] = ()
    needs_recording: tuple[str, ...] = ()
    lawyer: str = "warn"
    certificate_days: int = 0  # C19: after a test so long; 0: nobody needs one
    recording_days: int = 730  # C17: a recording is kept so long at least, counted from the contact
    guarantee_months: int = 0  # G1: a guarantee without an agreed end; 0: this law knows no such period
    reveals_per_day: int = 0  # P11: so often a person sees masked data in full on one day; 0: no quota


@dataclass(frozen=True)
class Held:
    """An open hold that blocks contact; `against` narrows it to one person of the bank."""

    kind: str
    against: str = ""


@dataclass(frozen=True)
class Asked:
    """A contact somebody is about to make. `service` is a receipt or a reminder that was agreed, no collection."""

    action: Action
    actor: str
    party: PartyRole = PartyRole.BORROWER
    loan_id: str = ""
    number: str = ""
    staff: tuple[str, ...] = ()
    service: bool = False

    @property
    def is_third(self) -> bool:
        return self.party is PartyRole.THIRD


@dataclass(frozen=True)
class Known:
    """What the bank knows of the person at this instant; `stopped` names the rule of a stop on the number."""

    hours: tuple[Hours, ...]
    ledger: tuple[Line, ...] = ()
    held: tuple[Held, ...] = ()
    circumstances: frozenset[str] = frozenset()
    stopped: str = ""
    consented: bool = False
    against_guarantor: str = ""  # the rule that keeps a guarantor from being asked for the debt


def verdict(asked: Asked, known: Known, conduct: Conduct, calendar: Calendar, at: int) -> Verdict:
    """BANs first that no time opens, then the first instant at which hours and caps all leave room.

    A debtor who calls is heard at any hour and counts for nothing.
    """
    if asked.action in INBOUND or asked.action is Action.DEBIT:
        return Go()
    rule = _ban(asked, known, conduct)
    if rule:
        return Never(rule)
    when = first_room(asked, known, conduct, calendar, at)
    if isinstance(when, NotBefore):
        return when
    return Go((Circumstance.LAWYER.value,)) if _has_lawyer(asked, known) else Go()


def line_of(asked: Asked, at: int) -> Line:
    """What the contact takes while nobody knows its result: all that it may come to."""
    counts = frozenset() if asked.service else may_come_to(asked.action)
    return Line(at, asked.action, counts, asked.number, asked.loan_id, asked.is_third)


def first_room(asked: Asked, known: Known, conduct: Conduct, calendar: Calendar, at: int) -> Go | NotBefore:
    """A cap that leaves no room now is the reason told, though hours may put the contact off further."""
    open_hours = [*known.hours, *(_dialling(known.hours, conduct) if asked.action in VOICE else ())]
    doors: list[Door] = [(partial(_opening, hours=hours), hours.rule) for hours in open_hours]
    line = line_of(asked, at)
    caps: list[Door] = [
        (partial(opens_at, cap, line, known.ledger, calendar=calendar), cap.rule)
        for cap in conduct.caps
        if cap.counts in line.counts
    ]
    when = _first(at, [*doors, *caps], within=3 * _WEEK)
    if isinstance(when, Go):
        return when
    full = [(opens(at), rule) for opens, rule in caps]
    latest, rule = max(full, default=(at, ""))
    return NotBefore(when.at, rule if latest > at else when.rule)


def closes_at(asked: Asked, known: Known, conduct: Conduct, at: int) -> int:
    """The first instant from `at` on at which one of the windows that are open then has closed.

    Nothing closes by the hour what has no hours: then a week later.
    """
    open_hours = [*known.hours, *(_dialling(known.hours, conduct) if asked.action in VOICE else ())]
    return min((_closing(at, hours) for hours in open_hours), default=at + _WEEK)


def _closing(at: int, hours: Hours) -> int:
    local = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(hours.zone))
    if hours.end == time.max:
        end = datetime.combine(local.date() + timedelta(days=1), time(), local.tzinfo)
    else:
        end = datetime.combine(local.date(), hours.end, local.tzinfo)
    return int(end.timestamp())


def _dialling(hours: Sequence[Hours], conduct: Conduct) -> list[Hours]:
    """Nobody dials in the last minutes: the call would last into the night (C01). The first hours are the bank's."""
    return [
        Hours(bank.start, min(bank.end, end_of(conduct.dial_to)), bank.zone, bank.rule) for bank in hours[:1]
    ]


# ---- what no time opens ------------------------------------------------------------------------------------


def _ban(asked: Asked, known: Known, conduct: Conduct) -> str:
    if known.stopped:
        return known.stopped
    if not _has_ground(asked, known):
        return "C07" if asked.is_third else "C06"
    if asked.party is PartyRole.GUARANTOR and known.against_guarantor and not asked.service:
        return known.against_guarantor
    if asked.action in conduct.needs_consent and not known.consented:
        return "P2"
    if asked.action is Action.VISIT and len({asked.actor, *asked.staff}) < conduct.visit_staff:
        return "C10"
    if _has_lawyer(asked, known) and conduct.lawyer == "ban":
        return Circumstance.LAWYER.value
    return next((held.kind for held in known.held if _blocks(held, asked)), "")


def _has_lawyer(asked: Asked, known: Known) -> bool:
    return Circumstance.LAWYER in known.circumstances and asked.party in _REPRESENTED


def _has_ground(asked: Asked, known: Known) -> bool:
    """Whoever does not owe is contacted only when the debtor is lost, dead or cannot act (C06, C07)."""
    grounds = known.circumstances | {held.kind for held in known.held}
    return asked.party not in _GROUNDS or bool(_GROUNDS[asked.party] & grounds)


# Contacted in the debtor's place: what is known of the debtor decides.
STAND_IN: Final = frozenset({PartyRole.HEIR, PartyRole.GUARDIAN, PartyRole.LAWYER, PartyRole.THIRD})
_REPRESENTED: Final = frozenset({PartyRole.BORROWER, PartyRole.CO_BORROWER})
_GROUNDS: Final[dict[PartyRole, frozenset[str]]] = {
    PartyRole.HEIR: frozenset({HoldKind.DECEASED.value}),
    PartyRole.GUARDIAN: frozenset({HoldKind.INCAPACITY.value}),
    PartyRole.LAWYER: frozenset({Circumstance.LAWYER.value}),
    PartyRole.THIRD: frozenset(
        {Circumstance.LOST_CONTACT.value, HoldKind.DECEASED.value, HoldKind.INCAPACITY.value}
    ),
}
# Whom a hold on the debtor does not protect: they are asked in his place.
_INSTEAD: Final[dict[str, frozenset[PartyRole]]] = {
    HoldKind.DECEASED: frozenset({PartyRole.HEIR, PartyRole.THIRD}),
    HoldKind.INCAPACITY: frozenset({PartyRole.GUARDIAN, PartyRole.THIRD}),
}


def _blocks(held: Held, asked: Asked) -> bool:
    if held.kind == HoldKind.COMPLAINT and held.against:
        return held.against in {asked.actor, *asked.staff}
    if held.kind == HoldKind.PLAN_ACTIVE and asked.service:
        return False  # C15: reminders of the day that was agreed
    return asked.party not in _INSTEAD.get(held.kind, frozenset())


# ---- hours ---------------------------------------------------------------------------------------------------

Door = tuple[Callable[[int], int], str]  # the first instant from `at` on at which it is open, and its rule


def within_hours(at: int, hours: Sequence[Hours]) -> Go | NotBefore:
    """Every window must be open (C01 and the person's own hours).

    Windows are computed by wall clock each day (4.6-12), so that no summer time widens one. Windows that
    never meet answer with an instant more than a week away: nobody is contacted, and a person is asked.
    """
    return _first(at, [(partial(_opening, hours=window), window.rule) for window in hours], within=_WEEK)


def _first(at: int, doors: Sequence[Door], *, within: int) -> Go | NotBefore:
    instant, rule = at, ""
    while instant - at <= within:
        later = [(opens(instant), by) for opens, by in doors]
        latest, by = max(later, default=(instant, ""))
        if latest <= instant:
            return Go() if instant == at else NotBefore(instant, rule)
        instant, rule = latest, by
    return NotBefore(instant, rule)


def _opening(at: int, hours: Hours) -> int:
    """`at` itself when the window is open then, else when it opens next."""
    zone = ZoneInfo(hours.zone)
    local = datetime.fromtimestamp(at, UTC).astimezone(zone)
    if hours.start <= local.time() < hours.end:
        return at
    # Today's opening may be past, or come twice in the night when summer time ends.
    openings = (
        int(datetime.combine(local.date() + timedelta(days=day), start, zone).timestamp())
        for day in range(3)
        for start in (hours.start, hours.start.replace(fold=1))
    )
    return next(opening for opening in openings if opening > at)


def end_of(wall_clock: str) -> time:
    """24:00 is the end of the day, which `time` cannot hold."""
    return time.max if wall_clock == "24:00" else time.fromisoformat(wall_clock)
