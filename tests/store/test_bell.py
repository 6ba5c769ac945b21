"""What one process writes another hears of; who missed it is told when it listens again."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from arrears.store.bell import Bell
from arrears.store.session import Store, open_engine
from tests.postgres import Cluster

PATIENCE = 20


class Ear:
    """Counts how often it was woken."""

    def __init__(self) -> None:
        self._woken = threading.Semaphore(0)

    def __call__(self) -> None:
        self._woken.release()

    def is_woken(self, *, within: float = PATIENCE) -> bool:
        return self._woken.acquire(timeout=within)


@contextmanager
def _process(store: Store) -> Iterator[tuple[Store, Bell, Ear]]:
    """Another process at the same database, as far as the database can tell; its ear is open."""
    own, ear = Store(open_engine(str(store.engine.url))), Ear()
    bell = Bell(own)
    bell.on_ring(ear)
    bell.start()
    try:
        assert store.is_sqlite or ear.is_woken()  # for what was written before
        yield own, bell, ear
    finally:
        bell.stop()
        own.close()


def _write(store: Store, *, told: bool = True) -> None:
    with store.transaction(told=told) as connection:
        connection.execute(
            text("INSERT INTO keepsakes (name, value) SELECT 'k' || count(*), 'v' FROM keepsakes")
        )


@pytest.mark.postgres
def test_what_one_process_writes_another_hears_and_itself_does_not(postgres_store: Store) -> None:
    with _process(postgres_store) as (one, _, own_ear), _process(postgres_store) as (_, bell, ear):
        assert bell.hears
        _write(one)
        assert ear.is_woken()
        _write(one)  # after the first was told, so the ring of the first is long through
        assert ear.is_woken()
        assert not own_ear.is_woken(within=0)


@pytest.mark.postgres
def test_much_that_is_written_rings_seldom(postgres_store: Store) -> None:
    with _process(postgres_store) as (one, _, _), _process(postgres_store) as (_, _, ear):
        for _ in range(200):
            _write(one)
        assert ear.is_woken()
        rung = 1
        while ear.is_woken(within=1):
            rung += 1
        assert rung < 100


@pytest.mark.postgres
def test_what_concerns_nobody_else_is_not_told(postgres_store: Store) -> None:
    with _process(postgres_store) as (one, _, _), _process(postgres_store) as (_, _, ear):
        _write(one, told=False)
        _write(one)
        assert ear.is_woken()
        assert not ear.is_woken(within=0.5)


@pytest.mark.postgres
def test_who_lost_the_line_listens_again_and_looks_for_what_was_missed(
    postgres_store: Store, postgres_cluster: Cluster
) -> None:
    with _process(postgres_store) as (_, _, ear):
        name = postgres_store.engine.url.database
        postgres_cluster.run(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND query LIKE 'LISTEN%'"
        )
        assert ear.is_woken()


def test_on_sqlite_nothing_is_started(sqlite_store: Store) -> None:
    with _process(sqlite_store) as (one, bell, _):
        _write(one)
        assert not bell.hears
        assert not [thread for thread in threading.enumerate() if thread.name == "bell"]
