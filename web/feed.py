"""What changes among the tasks, told to every page that is open: one small question for all of them, when it may have changed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from arrears import clock
from arrears.store import queries
from arrears.store.bell import Bell
from arrears.store.session import Store
from arrears.store.views import TaskNews

log = structlog.get_logger(__name__)

# So often it is asked whatever happens, and so seldom where every process is heard that writes.
EVERY: Final = 1.0
SELDOM: Final = 5.0
# However much is written, not oftener.
_PAUSE: Final = 0.5
# What was stamped earlier may be committed later, and clocks of machines differ: looked at again for so long.
OVERLAP: Final = timedelta(seconds=5)
_ROOM: Final = 50

# A batch of news; None says that the house closes.
Heard = tuple[TaskNews, ...] | None
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Feed:
    """Asks only while somebody listens; made once a process, used from its one event loop."""

    def __init__(self, store: Store, *, every: float = EVERY) -> None:
        self._store = store
        self._every = every
        self._rung = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bell: Bell | None = None
        self._listeners: set[asyncio.Queue[Heard]] = set()
        self._asking: asyncio.Task[None] | None = None
        self._told: dict[tuple[str, datetime, bool], datetime] = {}
        self._door = clock.door_now()
        self._is_closing = False

    def listen_to(self, bell: Bell) -> None:
        """Asked is then as soon as this process or another has written."""
        self._bell = bell
        self._store.on_commit(self.wake)
        bell.on_ring(self.wake)

    def wake(self) -> None:
        """From any thread: something was written."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._rung.set)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[asyncio.Queue[Heard]]:
        self._loop = asyncio.get_running_loop()
        heard: asyncio.Queue[Heard] = asyncio.Queue(_ROOM)
        if self._is_closing:
            heard.put_nowait(None)
        self._listeners.add(heard)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        try:
            yield heard
        finally:
            self._listeners.discard(heard)

    def close(self) -> None:
        """Every open page is let go, so that the server can end."""
        self._is_closing = True
        self.let_go()

    def let_go(self) -> None:
        """The streams end; whoever is still there asks again."""
        for listener in self._listeners:
            _put(listener, None)

    async def _ask(self) -> None:
        since, self._door = clock.machine_now(), clock.door_now()
        while self._listeners and not self._is_closing:
            await self._next_turn()
            now = clock.machine_now()
            try:
                news = await asyncio.to_thread(self._look, since)
            except SQLAlchemyError:  # the database is away: a second later it is asked again
                log.warning("task news cannot be read")
                continue
            since = now
            if news:
                for listener in self._listeners:
                    _put(listener, news)

    async def _next_turn(self) -> None:
        pause = min(_PAUSE, self._every)
        await asyncio.sleep(pause)
        longest = max(SELDOM, self._every) if self._bell is not None and self._bell.hears else self._every
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), max(longest - pause, 0.0))
        self._rung.clear()

    def _look(self, since: datetime) -> tuple[TaskNews, ...]:
        door = clock.door_now()
        with self._store.reading() as connection:
            found = queries.task_news(connection, since=since - OVERLAP, door=(self._door, door))
        self._door = door
        if len(found) > queries.MOST_NEWS:
            return found
        fresh = tuple(one for one in found if _key(one) not in self._told)
        oldest = since - 2 * OVERLAP
        self._told = {key: at for key, at in self._told.items() if at > oldest}
        self._told |= {_key(one): one.at for one in found}
        return fresh


def _key(one: TaskNews) -> tuple[str, datetime, bool]:
    return one.task_id, one.at, one.put_off


def since_of(cursor: str) -> datetime | None:
    """The instant an event's id stands for; None for what is none."""
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 18):
        return None
    return _EPOCH + int(cursor) * _MICROSECOND


def cursor_of(at: datetime) -> str:
    return str((at - _EPOCH) // _MICROSECOND)


def _put(listener: asyncio.Queue[Heard], heard: Heard) -> None:
    """Whoever does not keep up misses what is oldest; the next look at the list brings all of it."""
    if listener.full():
        listener.get_nowait()
    listener.put_nowait(heard)
