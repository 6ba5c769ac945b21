"""One import at a time for each database, across processes; a killed import leaves no lock behind."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import pysqlite3
from sqlalchemy import text

from arrears.store.session import Store

_ONE_IMPORT_AT_A_TIME: Final = 0x66656564  # any number, the same in every process
_A_DAY: Final = 86_400.0


@contextmanager
def one_at_a_time(store: Store, *, waiting: Callable[[], None]) -> Iterator[None]:
    """Holds the turn for the block; `waiting` is called once when another import has it."""
    with _sqlite_turn(store, waiting) if store.is_sqlite else _postgres_turn(store, waiting):
        yield


@contextmanager
def _sqlite_turn(store: Store, waiting: Callable[[], None]) -> Iterator[None]:
    """A lock on an empty file beside the database, which the operating system lets go when the holder dies.

    It is not the database's own write lock: people go on working while files are loaded.
    """
    path = f"{store.engine.url.database}.import"
    holder = pysqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        try:
            holder.execute("BEGIN EXCLUSIVE")
        except pysqlite3.OperationalError:
            waiting()
            holder.execute(f"PRAGMA busy_timeout = {int(_A_DAY * 1000)}")
            holder.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        holder.close()


@contextmanager
def _postgres_turn(store: Store, waiting: Callable[[], None]) -> Iterator[None]:
    """An advisory lock of a session of its own, which the server lets go when the session ends."""
    key = {"key": _ONE_IMPORT_AT_A_TIME}
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as session:
        if not session.execute(text("SELECT pg_try_advisory_lock(:key)"), key).scalar():
            waiting()
            session.execute(text("SELECT pg_advisory_lock(:key)"), key)
        try:
            yield
        finally:
            session.execute(text("SELECT pg_advisory_unlock(:key)"), key)
