"""Which pack is in force when: the published ones by their instants, before the first of them the founding one."""

import threading
from bisect import bisect_right
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from arrears import clock
from arrears.contracts import Rules, fingerprint
from arrears.store import publishing
from arrears.store.publishing import Published
from arrears.store.session import Store

log = structlog.get_logger(__name__)

_LOOK_EVERY: Final = publishing.NOTICE / 6


class PackChanged(Exception):
    """A published row no longer is what two people approved."""


class PublishedRules:
    """Kept in memory and looked up anew every few seconds of the machine: no pack holds before all have seen it."""

    def __init__(self, store: Store, founding: Rules, *, look_every: timedelta = _LOOK_EVERY) -> None:
        self._store = store
        self._founding = founding
        self._look_every = look_every
        self._looked_at: datetime | None = None
        self._looking = threading.Lock()
        self._turns: tuple[list[int], list[Rules]] = ([], [])  # from when, and what: changed as one
        self._kept: dict[str, Rules] = {}

    def at(self, instant: int) -> Rules:
        self._look()
        since, rules = self._turns
        place = bisect_right(since, instant)
        return rules[place - 1] if place else self._founding

    def _look(self) -> None:
        now = clock.machine_now()
        if self._looked_at is not None and now - self._looked_at < self._look_every:
            return
        # One looks, the others go on with what they know; but the first answer waits for the first look.
        if not self._looking.acquire(blocking=self._looked_at is None):
            return
        try:
            if self._looked_at is None or now - self._looked_at >= self._look_every:
                self._read()
                self._looked_at = now
        except SQLAlchemyError:
            if self._looked_at is None:
                raise
            log.warning("packs cannot be read; the known ones go on")
        finally:
            self._looking.release()

    def _read(self) -> None:
        with self._store.reading() as connection:
            approved = [row for row in publishing.listed(connection) if row.status == "approved"]
        # Of two packs from one instant the one approved last holds.
        approved.sort(key=lambda row: (row.effective_at, row.decided_at))
        for row in approved:
            if row.version not in self._kept:
                self._kept[row.version] = self._checked(row)
        self._turns = ([_instant(row) for row in approved], [self._kept[row.version] for row in approved])

    def _checked(self, row: Published) -> Rules:
        if fingerprint([row.text, row.rules]) != row.content_hash:
            raise PackChanged(row.version)
        return publishing.rules_of(row, founding=self._founding)


def _instant(row: Published) -> int:
    assert row.effective_at is not None  # an approved pack has one
    return int(row.effective_at.timestamp())
