"""Tells the other processes at one PostgreSQL that something was written: they look at once, not at their next turn.

Nothing rests on its being heard: whoever misses it looks a little later. To notify takes a lock of the whole database
until the commit, so no writer does it: one thread does, afterwards, in a transaction of its own, a few times a second.
"""

import secrets
import threading
from collections.abc import Callable
from typing import Final

import psycopg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from arrears.store.session import Store

log = structlog.get_logger(__name__)

_CHANNEL: Final = "arrears_written"
_PAUSE_SECONDS: Final = 0.2
_LOOK_SECONDS: Final = 1.0
_RETRY_SECONDS: Final = 2.0
_END_SECONDS: Final = 5.0


class Bell:
    """Two threads, with nothing to do where the database is SQLite."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._name = secrets.token_hex(8)
        self._listeners: list[Callable[[], None]] = []
        self._written, self._stop = threading.Event(), threading.Event()
        self._threads: list[threading.Thread] = []
        self.hears = False
        """Whether what others write is heard just now."""

    def on_ring(self, listener: Callable[[], None]) -> None:
        """Before `start`. Called from a thread of the bell when another process has written, or may have."""
        self._listeners.append(listener)

    def start(self) -> None:
        if self._store.is_sqlite:
            return
        self._store.on_commit(self._written.set)
        for work in (self._ring, self._listen) if self._listeners else (self._ring,):
            self._threads.append(threading.Thread(target=work, name="bell", daemon=True))
            self._threads[-1].start()

    def stop(self) -> None:
        self._stop.set()
        self._written.set()
        for thread in self._threads:
            thread.join(_END_SECONDS)

    def _ring(self) -> None:
        while self._written.wait() and not self._stop.is_set():
            self._written.clear()
            try:
                with self._store.engine.connect() as connection:
                    alone = connection.execution_options(isolation_level="AUTOCOMMIT")
                    alone.exec_driver_sql(f"NOTIFY {_CHANNEL}, '{self._name}'")
            except SQLAlchemyError:
                log.warning("what was written cannot be told to other processes")
            self._stop.wait(_PAUSE_SECONDS)

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                self._hear()
            except (psycopg.Error, SQLAlchemyError):
                self.hears = False
                log.warning("other processes cannot be heard")
                self._stop.wait(_RETRY_SECONDS)

    def _hear(self) -> None:
        """On a connection that belongs to no pool, for as long as it holds."""
        borrowed = self._store.engine.raw_connection()
        connection = borrowed.driver_connection
        borrowed.detach()
        assert isinstance(connection, psycopg.Connection)
        with connection:
            connection.autocommit = True
            connection.execute(f"LISTEN {_CHANNEL}")
            self.hears = True
            self._wake()  # for what was written before
            while not self._stop.is_set():
                heard = list(connection.notifies(timeout=_LOOK_SECONDS, stop_after=1))
                if any(note.payload != self._name for note in heard):
                    self._wake()

    def _wake(self) -> None:
        for listener in self._listeners:
            listener()
