"""Opens the database and is the only module that commits."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

import pysqlite3
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from arrears import clock

AfterCommit = Callable[[], None]

_FRESH_FOR: Final = timedelta(seconds=2)
_POOL_SECONDS: Final = 5.0
_RENEWED_AFTER: Final = timedelta(minutes=30)
_REACHED_SECONDS: Final = 5
_SILENT_SECONDS: Final = 15


@dataclass(frozen=True)
class Limits:
    """What PostgreSQL ends by itself, in seconds: a statement, a wait for a lock, a transaction in which nothing happens."""

    statement: float
    lock: float
    idle: float = 60.0

    def as_options(self) -> str:
        said = {
            "statement_timeout": self.statement,
            "lock_timeout": self.lock,
            "idle_in_transaction_session_timeout": self.idle,
        }
        return " ".join(f"-c {name}={int(seconds * 1000)}" for name, seconds in said.items())


def open_engine(
    url: str, *, busy_seconds: float = 4.0, pool_size: int = 16, limits: Limits | None = None
) -> Engine:
    """`sqlite:///path` or `postgresql+psycopg://…`; SQLite writes are durable before they are acknowledged.

    `pool_size` connections are kept, twice as many at most. `limits` are for processes that serve others; a verb that
    counts through everything has none.
    """
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(
            url,
            module=pysqlite3,
            pool_size=pool_size,
            max_overflow=pool_size,
            hide_parameters=True,
            connect_args={
                "timeout": busy_seconds,
                "check_same_thread": False,
                "isolation_level": None,
            },
        )
        event.listen(engine, "connect", _sqlite_pragmas)
        event.listen(engine, "begin", _sqlite_begin)
        return engine
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=_POOL_SECONDS,
        pool_recycle=_RENEWED_AFTER.total_seconds(),
        hide_parameters=True,
        connect_args=_postgres_terms(limits),
    )
    event.listen(engine, "checkin", _lay_down)
    event.listen(engine, "checkout", partial(_take_up, engine))
    return engine


def _postgres_terms(limits: Limits | None) -> dict[str, Any]:
    """A server that is gone is noticed in seconds and not when the system gives up, hours later."""
    terms: dict[str, Any] = {
        "application_name": "arrears",
        "connect_timeout": _REACHED_SECONDS,
        "keepalives_idle": _SILENT_SECONDS,
        "tcp_user_timeout": _SILENT_SECONDS * 1000,
    }
    return terms if limits is None else terms | {"options": limits.as_options()}


def _lay_down(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["idle_since"] = clock.machine_now()


def _take_up(engine: Engine, connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """A connection that lay idle is asked whether it lives; to ask each time would be a third of a short transaction."""
    idle_since = record.info.pop("idle_since", None)
    if idle_since is None or clock.machine_now() - idle_since < _FRESH_FOR:
        return
    try:
        engine.dialect.do_ping(connection)
    except engine.dialect.dbapi.Error as gone:  # type: ignore[union-attr]
        raise DisconnectionError from gone


def _sqlite_pragmas(connection: Any, _record: object) -> None:
    # FULL and not NORMAL: a decision that was acknowledged must survive a power cut.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-65536",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Connection) -> None:
    # The write lock is taken at once: a read that later wants to write fails with BUSY_SNAPSHOT.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class _Turn:
    """A lock that one thread may not take twice: a transaction inside a transaction would wait for itself."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder: int | None = None

    def __enter__(self) -> None:
        if self._holder == threading.get_ident():
            raise RuntimeError("a transaction was opened inside a transaction")
        self._lock.acquire()
        self._holder = threading.get_ident()

    def __exit__(self, *_: object) -> None:
        self._holder = None
        self._lock.release()


class Store:
    """A database with its two doors: `transaction()` writes, `reading()` looks."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._after_commit: list[AfterCommit] = []
        # SQLite has one writer at a time, and its waiters sleep and poll; ours queue and wake at once.
        self._turn = _Turn() if self.is_sqlite else nullcontext()

    def on_commit(self, listener: AfterCommit) -> None:
        """`listener` is called, from the writing thread, after each committed write of this process."""
        self._after_commit.append(listener)

    @contextmanager
    def transaction(self, *, told: bool = True) -> Iterator[Connection]:
        """Kept when the block ends well; `told` is False for what concerns nobody else."""
        with (
            self._turn,
            self.engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            yield connection
        for listener in self._after_commit if told else ():
            listener()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent look; nothing written in it is kept."""
        # PostgreSQL gives each statement a moment of its own unless told otherwise; SQLite never does.
        level = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with self.engine.connect().execution_options(**level) as connection:
            try:
                yield connection
            finally:
                connection.rollback()

    def close(self) -> None:
        self.engine.dispose()
