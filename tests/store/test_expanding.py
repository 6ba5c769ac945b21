"""A version runs on the tables of the next one: revisions only add, or say that they shut older programs out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import select, text

from arrears import clock
from arrears.store import schema
from arrears.store.bulk import Clash, put_many
from arrears.store.session import Store, open_engine
from arrears.store.tables import searches, serves
from tests.store.expanding import expand, faults, shape
from tests.tampering import as_owner

REVISIONS = [
    one.revision for one in reversed(list(ScriptDirectory.from_config(schema.config()).walk_revisions()))
]
SINCE = "0024"  # the first that programs ask about


NOBODY_NOTICES = (
    "create table weather (day text primary key, said text not null unique)",
    "alter table cases add column colour text",
    "alter table cases add column heat integer not null default 0",
    "create index cases_by_balance on cases (balance_minor)",
    "drop index messages_by_case",  # slower, and as right as before
)
SOMEBODY_NOTICES = {
    "drop table searches": "searches is not what it was",
    "alter table cases rename column loan_id to loan_no": "column cases.loan_id is not what it was",
    "alter table saved_views drop column shared": "column saved_views.shared is not what it was",
    "drop index one_live_message_per_task": "index messages.one_live_message_per_task is not what it was",
    "create unique index one_search on searches (staff_id)": "index searches.one_search refuses rows",
}


def _said(store: Store, statement: str) -> list[str]:
    """What an older program would notice of it; it is undone again."""
    with as_owner(store) as connection, connection.begin_nested() as trial:
        before = shape(connection)
        connection.execute(text(statement))
        found = faults(before, shape(connection))
        trial.rollback()
        return found


def test_what_is_added_disturbs_nobody(store: Store) -> None:
    assert {one: _said(store, one) for one in NOBODY_NOTICES} == {one: [] for one in NOBODY_NOTICES}


def test_what_is_taken_away_or_demanded_is_named(store: Store) -> None:
    for statement, fault in SOMEBODY_NOTICES.items():
        assert fault in _said(store, statement)


@pytest.mark.postgres
def test_a_column_that_must_be_given_is_named(postgres_store: Store) -> None:
    assert _said(postgres_store, "alter table cases add column heat integer not null") == [
        "column cases.heat refuses rows"
    ]


def test_a_trigger_or_a_check_on_old_rows_is_named(sqlite_store: Store) -> None:
    trigger = "create trigger no_more before insert on searches begin select raise(abort, 'no more'); end"
    assert _said(sqlite_store, trigger) == ["trigger searches.no_more refuses rows"]
    check = "alter table cases add column heat integer check (heat > 0)"
    assert _said(sqlite_store, check) == ["check cases.1 refuses rows"]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def bare_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A database without tables."""
    url = f"sqlite:///{tmp_path / 'bare.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_cluster").create("bare")
    store = Store(open_engine(url))
    yield store
    store.close()


def test_each_revision_only_adds_or_says_that_it_does_more(bare_store: Store) -> None:
    with bare_store.transaction() as connection:
        command.upgrade(schema.config(connection), SINCE)
        before = shape(connection)
        for revision in REVISIONS[REVISIONS.index(SINCE) + 1 :]:
            command.upgrade(schema.config(connection), revision)
            after = shape(connection)
            script = ScriptDirectory.from_config(schema.config()).get_revision(revision)
            if not getattr(script.module, "shuts_out_older", False):
                assert faults(before, after) == [], revision
            before = after


def test_a_program_runs_on_tables_that_a_later_one_added_to(store: Store) -> None:
    """As it runs, `tests/workflows/test_later_tables.py` tells; here, that it is let."""
    with as_owner(store) as connection:
        before = shape(connection)
        expand(connection)
        assert faults(before, shape(connection)) == []
    schema.require_current(store)
    schema.upgrade(store)
    assert schema.current(store) == "later"


def test_many_rows_at_once_are_written_there_too(store: Store) -> None:
    with as_owner(store) as connection:
        expand(connection)
    with store.transaction() as connection:
        columns: dict[str, list[Any]] = {
            "search_id": ["a", "b"],
            "staff_id": ["s-1", "s-1"],
            "words": ["x", "y"],
            "ends_at": [clock.machine_now()] * 2,
        }
        assert put_many(connection, searches, columns, clash=Clash.REPLACE) == 2


def test_a_program_older_than_what_a_database_serves_is_kept_out(store: Store) -> None:
    with as_owner(store) as connection:
        expand(connection)
        connection.execute(text("update schema_serves set oldest = 'later'"))
    with pytest.raises(schema.DatabaseNewer, match="later"):
        schema.require_current(store)
    with pytest.raises(schema.DatabaseNewer, match="later"):
        schema.upgrade(store)


def test_the_database_keeps_the_last_revision_that_did_more_than_add(store: Store) -> None:
    with store.reading() as connection:
        kept = connection.execute(select(serves.c.oldest)).scalars().all()
    assert kept == [SINCE]
