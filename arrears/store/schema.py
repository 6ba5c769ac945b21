"""Brings a database to the tables of this version, and says when it is not there."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from arrears.store import roles
from arrears.store.session import Store

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
        found = _found(connection)
        _refuse_newer(found)
        if found == head():
            return
        if not store.is_sqlite:
            # Whoever works there shall not queue behind an upgrade that queues behind somebody else.
            connection.execute(text("SET LOCAL lock_timeout = '3s'"))
        command.upgrade(config(connection), "head")
        if not store.is_sqlite:
            roles.grant(connection)


def current(store: Store) -> str | None:
    """The revision the database is at, None when it was never upgraded."""
    with store.reading() as connection:
        return _found(connection)


def require_current(store: Store) -> None:
    """Raises `DatabaseNewer` or `DatabaseOlder`, each with what to do about it."""
    found = current(store)
    _refuse_newer(found)
    if found != head():
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


def _refuse_newer(found: str | None) -> None:
    if found is None:
        return
    try:
        ScriptDirectory.from_config(config()).get_revision(found)
    except CommandError as unknown:
        raise DatabaseNewer(found) from unknown
