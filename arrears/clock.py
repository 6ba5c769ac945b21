"""The only place that asks the machine for the time."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_door_time: ContextVar[datetime | None] = ContextVar("door_time", default=None)


def machine_now() -> datetime:
    """UTC, real: for leases, resends, browser sessions and throttles; never compared with case time."""
    return datetime.now(UTC)


def door_now() -> datetime:
    """UTC, what a door (page, route, import) calls now; simulation and tests may have set it."""
    return _door_time.get() or machine_now()


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
