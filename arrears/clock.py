"""The only place that asks the machine for the time."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_door_time: ContextVar[datetime | None] = ContextVar("door_time", default=None)


@dataclass
class _Wall:
    """The clock on this process's wall; a trial may hang it ahead of the machine's."""

    ahead: timedelta = timedelta(0)


_wall = _Wall()


def hang_ahead(seconds: int) -> None:
    """From now on doors of this process stand so far ahead of the machine; cases get the same as their `shift`."""
    _wall.ahead = timedelta(seconds=seconds)


def machine_now() -> datetime:
    """UTC, real: for leases, resends, browser sessions and throttles; never compared with case time."""
    return datetime.now(UTC)


def door_now() -> datetime:
    """UTC, what a door (page, route, import) calls now; simulation, demo and tests may have set it."""
    return _door_time.get() or machine_now() + _wall.ahead


def case_now(decided_at: datetime) -> datetime:
    """UTC, a case's now as a door sees it: where its time was skipped it is ahead of the door's."""
    return max(door_now(), decided_at)


@contextmanager
def door_time(instant: datetime) -> Iterator[None]:
    """Inside the block every door stands at `instant` (aware, UTC)."""
    token = _door_time.set(instant)
    try:
        yield
    finally:
        _door_time.reset(token)
