"""Whether cases moved on, told to every page that has one open: one small question a second for all of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from arrears.store import queries
from arrears.store.session import Store

log = structlog.get_logger(__name__)

EVERY: Final = 1.0

# The length of a case's trail; None says that the house closes.
Length = int | None


class CaseFeed:
    """Asks only while somebody listens; made once a process, used from its one event loop."""

    def __init__(self, store: Store, *, every: float = EVERY) -> None:
        self._store = store
        self._every = every
        self._listeners: dict[str, set[asyncio.Queue[Length]]] = {}
        self._told: dict[str, int] = {}
        self._asking: asyncio.Task[None] | None = None
        self._is_closing = False

    @asynccontextmanager
    async def listening(self, case_id: str) -> AsyncIterator[asyncio.Queue[Length]]:
        """Hears the length of the trail once, and each time that it has grown."""
        heard: asyncio.Queue[Length] = asyncio.Queue()
        if self._is_closing:
            heard.put_nowait(None)
        # Whoever comes later to a page others have open is told where it is, too.
        self._told.pop(case_id, None)
        self._listeners.setdefault(case_id, set()).add(heard)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        try:
            yield heard
        finally:
            self._listeners[case_id].discard(heard)
            if not self._listeners[case_id]:
                del self._listeners[case_id]
                self._told.pop(case_id, None)

    def close(self) -> None:
        """Every open page is let go, so that the server can end."""
        self._is_closing = True
        for listeners in self._listeners.values():
            for one in listeners:
                one.put_nowait(None)

    async def _ask(self) -> None:
        while self._listeners and not self._is_closing:
            try:
                self._tell(await asyncio.to_thread(self._look, tuple(self._listeners)))
            except SQLAlchemyError:  # the database is away: a second later it is asked again
                log.warning("case news cannot be read")
            await asyncio.sleep(self._every)

    def _tell(self, lengths: dict[str, int]) -> None:
        for case_id, length in lengths.items():
            if self._told.get(case_id) == length:
                continue
            for one in self._listeners.get(case_id, ()):
                one.put_nowait(length)
            self._told[case_id] = length

    def _look(self, case_ids: tuple[str, ...]) -> dict[str, int]:
        with self._store.reading() as connection:
            return queries.trail_lengths(connection, case_ids)
