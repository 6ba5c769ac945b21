import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, event, inspect, select, text
from sqlalchemy.exc import OperationalError

from arrears.store import schema
from arrears.store.session import Store, open_engine
from arrears.store.tables import Row, recordings


@pytest.fixture
def store(owned_store: Store) -> Store:
    """Here tables are made."""
    return owned_store


def test_the_migrated_database_has_the_tables_of_the_code(store: Store) -> None:
    with store.transaction() as connection:
        migrated = _shape(connection)
        _drop_everything(connection)
        Row.metadata.create_all(connection)
        wanted = _shape(connection)
    assert {name for name, _ in wanted} >= {"cases", "messages", "one_open_case_per_loan"}
    assert migrated == wanted, (
        "run `python scripts/make_revision.py --first` (or with a message, once released)"
    )


def test_every_table_is_strict(sqlite_store: Store) -> None:
    with sqlite_store.reading() as connection:
        listed = connection.execute(text("PRAGMA table_list")).mappings().all()
    lax = {row["name"] for row in listed if not row["strict"]} - {"alembic_version"}
    assert {name for name in lax if not name.startswith("sqlite_")} == set()


def test_upgrading_twice_changes_nothing(store: Store) -> None:
    schema.upgrade(store)
    assert schema.current(store) == schema.head()
    schema.require_current(store)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_cluster").create("never_upgraded")
    store = Store(open_engine(url))
    yield store
    store.close()
    if request.param == "postgres":
        request.getfixturevalue("postgres_cluster").drop("never_upgraded")


def test_an_upgrade_that_is_cut_anywhere_leaves_nothing_and_is_done_by_the_next(empty_store: Store) -> None:
    left: list[int] = []  # statements until the database goes away

    def cut(*_: object) -> None:
        if left:
            left[0] -= 1
            if left[0] == 0:
                raise OperationalError("cut", {}, Exception("the database went away"))

    event.listen(empty_store.engine, "before_cursor_execute", cut)
    for statements in (1, 2, 20, 90, 150):
        left[:] = [statements]
        with pytest.raises(OperationalError):
            schema.upgrade(empty_store)
        left.clear()
        assert schema.current(empty_store) is None, f"cut at {statements}"
        with empty_store.reading() as connection:
            assert inspect(connection).get_table_names() == [], f"cut at {statements}"
    schema.upgrade(empty_store)
    schema.require_current(empty_store)


def test_an_empty_database_asks_for_the_upgrade(tmp_path: Path) -> None:
    store = Store(open_engine(f"sqlite:///{tmp_path / 'empty.db'}"))
    with pytest.raises(schema.DatabaseOlder, match=r"has no tables yet.*arrears db upgrade"):
        schema.require_current(store)
    store.close()


def test_a_newer_database_is_neither_used_nor_upgraded(store: Store) -> None:
    with store.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("update schema_serves set oldest = '9999'"))
    with pytest.raises(schema.DatabaseNewer, match="9999"):
        schema.require_current(store)
    with pytest.raises(schema.DatabaseNewer, match="9999"):
        schema.upgrade(store)
    assert schema.current(store) == "9999"


def test_recordings_of_earlier_contacts_are_kept_from_their_contact_on(tmp_path: Path) -> None:
    store = Store(open_engine(f"sqlite:///{tmp_path / 'earlier.db'}"))
    made = (
        "INSERT INTO contact_attempts (attempt_id, borrower_id, action, party, purpose, actor, staff, status, effective, "
        "conversation, at, reserved_at, recording_id) SELECT :attempt, 'B1', 'out_call', 'borrower', 'collection', 's-1', "
        "'[]', 'made', 1, 0, :at, :at, :recording"
    )
    with store.transaction() as connection:
        command.upgrade(schema.config(connection), "0008")
        for attempt, day, recording in (("a1", "01", "rec-1"), ("a2", "03", "rec-1"), ("a3", "02", None)):
            at = f"2026-03-{day}T02:00:00.000000Z"
            connection.execute(text(made), {"attempt": attempt, "at": at, "recording": recording})
    schema.upgrade(store)
    with store.reading() as connection:
        (kept,) = connection.execute(select(recordings)).all()
    assert (kept.recording_id, kept.attempt_id) == ("rec-1", "a2")
    assert kept.keep_until == datetime(2028, 3, 2, 2, tzinfo=UTC)
    store.close()


def test_an_upgrade_that_fails_leaves_no_half(sqlite_template: Path, tmp_path: Path) -> None:
    path = tmp_path / "half.db"
    shutil.copyfile(sqlite_template, path)
    store = Store(open_engine(f"sqlite:///{path}"))
    with store.transaction() as connection:
        # As if never upgraded, but with one of the tables in the way of the first revision.
        _drop_everything(connection)
        connection.execute(text("CREATE TABLE tasks (task_id TEXT) STRICT"))
    with pytest.raises(Exception, match="tasks already exists"):
        schema.upgrade(store)
    with store.reading() as connection:
        left = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
    assert left == ["tasks"]
    store.close()


def _shape(connection: Connection) -> set[tuple[str, str]]:
    """Each table, column and index with its definition, as the database itself tells it."""
    if connection.dialect.name == "sqlite":
        found = connection.execute(
            text(
                "SELECT name, sql FROM sqlite_master WHERE name <> 'alembic_version' AND type <> 'trigger' AND sql IS NOT NULL"
            )
        )
        return {(name, " ".join(sql.split())) for name, sql in found}
    columns = connection.execute(
        text(
            "SELECT table_name, concat_ws(' ', ordinal_position, column_name, data_type, is_nullable, column_default) "
            "FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'"
        )
    )
    indexes = connection.execute(
        text(
            "SELECT indexname, indexdef FROM pg_indexes "
            "WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        )
    )
    return {(name, definition) for rows in (columns, indexes) for name, definition in rows}


def _drop_everything(connection: Connection) -> None:
    Row.metadata.drop_all(connection)
    connection.execute(text("DROP TABLE alembic_version"))
