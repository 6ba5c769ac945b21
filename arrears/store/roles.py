"""Who may do what in PostgreSQL: the owner changes tables, the app works in them, the others only look.

What is appended stays as it was written, whoever breaks into a process of ours: the app may neither change nor take out
a row of the trail, and has no right to take the guard off.
"""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, Table, text
from sqlalchemy.exc import ProgrammingError

from arrears.store.session import Store
from arrears.store.tables import Row

APP: Final = "arrears_app"  # web, relay, worker, and every verb but `arrears db`
READER: Final = "arrears_reader"  # for reports
BACKUP: Final = "arrears_backup"
ALL: Final = (APP, READER, BACKUP)

# Written once; nothing in the product changes or removes a row of these.
APPENDED: Final = frozenset(
    [
        "allocations",
        "attachments",
        "audit",
        "certificates",
        "contact_marks",
        "documents",
        "exports",
        "ledger_closings",
        "records",
        "remarks",
        "reveals",
        "transfers",
    ]
)
# Of these only so much is said later; what was said first stands.
SETTLED: Final = {
    "messages": ("status", "sent_at", "attempts", "settled_seq", "settled_at", "reason"),
    "payments": ("final_at",),
}
# Rows that are of no use once their time is over.
CLEARED: Final = frozenset(
    [
        "browser_sessions",
        "deadlines",
        "drafts",
        "idempotency_keys",
        "invitations",
        "login_attempts",
        "saved_views",
        "searches",
        "staff",
    ]
)
# With what lies here somebody could come in as another person.
_SECRET: Final = frozenset(
    ["browser_sessions", "idempotency_keys", "invitations", "keepsakes", "login_attempts"]
)
_SECRET_COLUMNS: Final = {"staff": frozenset({"password_hash"})}
# Written by whoever brings the tables forward.
_OWNERS: Final = frozenset(["schema_serves"])


class RolesRefused(Exception):
    """Nothing was made or granted; the sentence says who could."""


class NotTheOwner(RolesRefused):
    def __init__(self) -> None:
        super().__init__("What others may do is said by the role that owns the tables: come in as that one.")


class MayMakeNone(RolesRefused):
    def __init__(self, missing: list[str]) -> None:
        typed = " ".join(f"CREATE ROLE {name} LOGIN;" for name in missing)
        super().__init__(f"This role may make no others. Have an administrator of PostgreSQL run: {typed}")


def make(store: Store) -> list[str]:
    """Makes the roles that are missing, without a password, and grants to all of them. Raises RolesRefused.

    Answers those that were made.
    """
    with store.transaction() as connection:
        if not owns_the_tables(connection):  # PostgreSQL would only warn, and grant nothing
            raise NotTheOwner
        missing = [name for name in ALL if name not in _known(connection)]
        try:
            for name in missing:
                connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN")
        except ProgrammingError as refused:
            raise MayMakeNone(missing) from refused
        grant(connection)
    return missing


def grant(connection: Connection) -> None:
    """What each role may, anew; for its owner after each change of the tables. A role that is not there gets nothing."""
    known = _known(connection)
    for statement in _statements(_database(connection), [name for name in ALL if name in known]):
        connection.exec_driver_sql(statement)


def owns_the_tables(connection: Connection) -> bool:
    """Whether who is connected could take the guard off the trail: their owner, or a superuser."""
    asked = text("SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'audit'::regclass")
    return bool(connection.execute(asked).scalar())


def _statements(database: str, roles: list[str]) -> Iterator[str]:
    if not roles:
        return
    yield f"REVOKE ALL ON DATABASE {database} FROM PUBLIC"
    yield "REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    for role in roles:
        yield f"GRANT CONNECT{', TEMPORARY' if role == APP else ''} ON DATABASE {database} TO {role}"
        yield f"GRANT USAGE ON SCHEMA public TO {role}"
        yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}"
        if role != READER:
            yield f"GRANT SELECT ON alembic_version TO {role}"
        for table in Row.metadata.sorted_tables:
            yield from _TABLE[role](table)


def _for_app(table: Table) -> Iterator[str]:
    if table.name in _OWNERS:
        yield f"GRANT SELECT ON {table.name} TO {APP}"
        return
    yield f"GRANT SELECT, INSERT ON {table.name} TO {APP}"
    if table.name in SETTLED:
        yield f"GRANT UPDATE ({', '.join(SETTLED[table.name])}) ON {table.name} TO {APP}"
    elif table.name not in APPENDED:
        yield f"GRANT UPDATE ON {table.name} TO {APP}"
    if table.name in CLEARED:
        yield f"GRANT DELETE ON {table.name} TO {APP}"


def _for_reader(table: Table) -> Iterator[str]:
    if table.name in _SECRET:
        return
    hidden = _SECRET_COLUMNS.get(table.name)
    shown = f" ({', '.join(c.name for c in table.c if c.name not in hidden)})" if hidden else ""
    yield f"GRANT SELECT{shown} ON {table.name} TO {READER}"


def _for_backup(table: Table) -> Iterator[str]:
    yield f"GRANT SELECT ON {table.name} TO {BACKUP}"


_TABLE: Final = {APP: _for_app, READER: _for_reader, BACKUP: _for_backup}


def _known(connection: Connection) -> set[str]:
    asked = text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:names)")
    return set(connection.execute(asked, {"names": list(ALL)}).scalars())


def _database(connection: Connection) -> str:
    return str(connection.execute(text("SELECT quote_ident(current_database())")).scalar())
