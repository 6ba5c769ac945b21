"""Whoever owns the database can take its guards off: what they do then is for the chains and seals to find."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from arrears.store.session import Store, open_engine


@contextmanager
def as_owner(store: Store) -> Iterator[Connection]:
    """A transaction with the rights of whoever owns the tables, which no process of ours has on PostgreSQL."""
    if store.is_sqlite:
        with store.transaction() as connection:
            yield connection
        return
    owned = Store(open_engine(str(store.engine.url.set(username="postgres"))))
    try:
        with owned.transaction() as connection:
            yield connection
    finally:
        owned.close()


def off_guard(connection: Connection) -> None:
    """From here on rows of the trail can be changed and taken out."""
    on = "" if connection.dialect.name == "sqlite" else " on audit"
    for name in ("audit_stays_as_written", "audit_stays_whole"):
        connection.execute(text(f"drop trigger {name}{on}"))
