"""The app works and cannot change what was written; the others only look. Each is asked as itself."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from arrears.store import audit, roles, schema
from arrears.store.session import Store, open_engine
from arrears.store.tables import Row, staff
from tests.postgres import Cluster

pytestmark = pytest.mark.postgres

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
As = Callable[[str], Store]


@pytest.fixture
def signed_in(postgres_store: Store) -> Iterator[As]:
    """The store of the test, for somebody else."""
    opened = []

    def as_(role: str) -> Store:
        opened.append(Store(open_engine(str(postgres_store.engine.url.set(username=role)))))
        return opened[-1]

    yield as_
    for store in opened:
        store.close()


def _write(store: Store) -> None:
    with store.transaction() as connection:
        audit.append(connection, stream=audit.HOUSE, at=AT, actor="s-1", what="tried", detail={})


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE audit SET actor = 'x'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_stays_as_written ON audit",
        "CREATE OR REPLACE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$ begin return new; end $$",
        "SET session_replication_role = replica",
        "DROP TABLE audit",
        "CREATE TABLE audit_too (n int)",
        "ALTER TABLE tasks ADD COLUMN more text",
        "SET ROLE postgres",
        "UPDATE alembic_version SET version_num = '9999'",
        "UPDATE schema_serves SET oldest = '0001'",
        "UPDATE messages SET content = '{}'",
        "UPDATE payments SET amount_minor = 1",
        "DELETE FROM payments",
    ],
)
def test_the_app_works_in_the_tables_and_can_undo_nothing_that_was_written(
    postgres_store: Store, harm: str
) -> None:
    assert postgres_store.engine.url.username == roles.APP
    _write(postgres_store)
    with pytest.raises(ProgrammingError) as refused, postgres_store.transaction() as connection:
        connection.execute(text(harm))
    assert "InsufficientPrivilege" in str(refused.value)
    with postgres_store.reading() as connection:
        assert audit.verify(connection, audit.HOUSE) == []
        assert audit.heads(connection)[audit.HOUSE][0] == 1


def test_the_app_gives_itself_no_rights(postgres_store: Store) -> None:
    """PostgreSQL only warns where a role grants what it may not pass on."""
    with postgres_store.transaction() as connection:
        connection.execute(text("GRANT ALL ON audit TO arrears_app"))
        asked = text("SELECT has_table_privilege('audit', 'UPDATE, DELETE, TRUNCATE, TRIGGER')")
        assert connection.execute(asked).scalar() is False
    with pytest.raises(roles.NotTheOwner):
        roles.make(postgres_store)


def test_what_is_written_once_is_none_of_what_is_changed() -> None:
    known = set(Row.metadata.tables)
    assert (roles.APPENDED | set(roles.SETTLED) | roles.CLEARED) <= known
    assert not roles.APPENDED & (set(roles.SETTLED) | roles.CLEARED)
    assert {"audit", "records", "reveals", "exports"} <= roles.APPENDED


def test_a_reader_sees_the_cases_and_no_way_to_come_in(signed_in: As) -> None:
    reader = signed_in(roles.READER)
    with reader.reading() as connection:
        connection.execute(text("SELECT * FROM cases, audit"))
        connection.execute(select(staff.c.login, staff.c.roles))
    for secret in (
        "SELECT password_hash FROM staff",
        "SELECT * FROM browser_sessions",
        "SELECT * FROM invitations",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), reader.reading() as connection:
            connection.execute(text(secret))
    with pytest.raises(ProgrammingError, match="permission denied"):
        _write(reader)


def test_the_backup_reads_all_and_writes_nothing(signed_in: As) -> None:
    backup = signed_in(roles.BACKUP)
    with backup.reading() as connection:
        for table in Row.metadata.sorted_tables:
            connection.execute(select(table).limit(1))
    with pytest.raises(ProgrammingError, match="permission denied"):
        _write(backup)


def test_new_tables_are_granted_by_the_upgrade_that_makes_them(
    postgres_cluster: Cluster, postgres_template: str
) -> None:
    assert postgres_template  # the roles are there
    owner = Store(open_engine(postgres_cluster.create("granted")))
    app = Store(open_engine(postgres_cluster.url("granted", role=roles.APP)))
    try:
        schema.upgrade(owner)
        schema.upgrade(app)  # there is nothing to do, and it may find that out
        schema.require_current(app)
        _write(app)
    finally:
        app.close()
        owner.close()
        postgres_cluster.drop("granted")


def test_an_owner_who_may_make_no_roles_is_told_what_to_ask_for(
    postgres_cluster: Cluster, postgres_template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert postgres_template  # the roles are there
    postgres_cluster.run("CREATE ROLE plain LOGIN")
    postgres_cluster.run("CREATE DATABASE plainly OWNER plain")
    owner = Store(open_engine(postgres_cluster.url("plainly", role="plain")))
    app = Store(open_engine(postgres_cluster.url("plainly", role=roles.APP)))
    try:
        schema.upgrade(owner)
        _write(app)
        monkeypatch.setattr(roles, "ALL", ("arrears_missing",))
        with pytest.raises(roles.MayMakeNone, match="CREATE ROLE arrears_missing LOGIN"):
            roles.make(owner)
    finally:
        app.close()
        owner.close()
        postgres_cluster.drop("plainly")
        postgres_cluster.run("DROP ROLE plain")
