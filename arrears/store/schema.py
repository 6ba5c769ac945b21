"""Brings a database to the tables of this version, and says when it is not there.

A version may run on the tables of later ones while these only add to them (ADR 0014): a revision that does more says
`shuts_out_older = True`, and the database keeps from which revision on a program may use it.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, delete, insert, inspect, select, text

from arrears.store import roles
from arrears.store.session import Store
from arrears.store.tables import serves

_MIGRATIONS = Path(__file__).parent / "migrations"
_ONE_UPGRADE_AT_A_TIME = 0x61727265  # any number, the same in every process


class SchemaError(Exception):
    """The database does not have the tables this version needs."""


class DatabaseNewer(SchemaError):
    def __init__(self, found: str) -> None:
        super().__init__(
            f"The database is newer than this program (its revision {found} is unknown here): "
            "install the newer version of arrears, or restore a backup made by this one."
        )


class DatabaseOlder(SchemaError):
    def __init__(self, found: str | None, wanted: str) -> None:
        has = f"is at revision {found}" if found else "has no tables yet"
        super().__init__(f"The database {has}, this program needs {wanted}: run `arrears db upgrade`.")


def upgrade(store: Store) -> None:
    """Creates or brings forward all tables in one transaction; nothing happens where all is done.

    Whoever brings tables forward owns them, and grants what the other roles may do there.
    """
    with store.transaction() as connection:
        if not store.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_UPGRADE_AT_A_TIME})
        if _is_newer(connection) or _found(connection) == head():
            return
        if not store.is_sqlite:
            # Whoever works there shall not queue behind an upgrade that queues behind somebody else.
            connection.execute(text("SET LOCAL lock_timeout = '3s'"))
        command.upgrade(config(connection), "head")
        connection.execute(delete(serves))
        connection.execute(insert(serves).values(oldest=_oldest_served()))
        if not store.is_sqlite:
            roles.grant(connection)


def current(store: Store) -> str | None:
    """The revision the database is at, None when it was never upgraded."""
    with store.reading() as connection:
        return _found(connection)


def require_current(store: Store) -> None:
    """Raises `DatabaseNewer` or `DatabaseOlder`, each with what to do about it."""
    with store.reading() as connection:
        found = _found(connection)
        if found != head() and not _is_newer(connection):
            raise DatabaseOlder(found, head())


def head() -> str:
    """The revision this program was written for."""
    revision = ScriptDirectory.from_config(config()).get_current_head()
    assert revision is not None  # the package carries at least the first revision
    return revision


def config(connection: Connection | None = None) -> Config:
    """Alembic's settings, without a file."""
    settings = Config()
    settings.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    settings.attributes["connection"] = connection
    return settings


def _found(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _is_newer(connection: Connection) -> bool:
    """Whether a later version made these tables, and this one may use them. Raises `DatabaseNewer` if it may not."""
    found = _found(connection)
    if found is None or _knows(found):
        return False
    oldest = None
    if inspect(connection).has_table(serves.name):
        oldest = connection.execute(select(serves.c.oldest)).scalar()
    # Revisions follow one another: whoever knows the oldest is not older.
    if oldest is None or not _knows(oldest):
        raise DatabaseNewer(found)
    return True


def _knows(revision: str) -> bool:
    try:
        ScriptDirectory.from_config(config()).get_revision(revision)
    except CommandError:
        return False
    return True


def _oldest_served() -> str:
    """The last revision that did more than add, or the first one there is."""
    revisions = list(ScriptDirectory.from_config(config()).walk_revisions())
    shutting = (one for one in revisions if getattr(one.module, "shuts_out_older", False))
    return next(shutting, revisions[-1]).revision
