"""May this person be contacted at this instant? If not, when next, and by which rule."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

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
    pass


@dataclass(frozen=True)
class NotBefore:
    """UTC seconds of the first instant at which the contact may be made."""

    at: int
    rule: str


def within_hours(at: int, hours: list[Hours]) -> Go | NotBefore:
    """Every window must be open (C01 and the person's own hours).

    Windows are computed by wall clock each day (4.6-12), so that no summer time widens one. Windows that
    never meet answer with an instant more than a week away: nobody is contacted, and a person is asked.
    """
    instant, rule = at, ""
    while instant - at <= _WEEK:
        later = [(_opening(instant, window), window.rule) for window in hours]
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
