"""Whoever waits for a case is woken by its steps alone, and hears of the first that could not be written."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import text
from temporalio import activity
from temporalio.testing import ActivityEnvironment

from arrears.cli.simulation.watching import WatchedStore
from arrears.store.session import Store


@pytest.fixture
def watched(sqlite_store: Store) -> WatchedStore:
    return WatchedStore(sqlite_store.engine)


def in_activity(work: Callable[[], None]) -> str:
    """As an activity does it. Returns the case it was done for."""
    environment = ActivityEnvironment()
    activity.defn(name="work")(work)
    environment.run(work)
    return str(environment.info.workflow_id)


async def test_a_step_wakes_its_case_and_no_other(watched: WatchedStore) -> None:
    watched.listen()

    def write() -> None:
        with watched.transaction() as connection:
            connection.execute(text("select 1"))

    write()  # a door, not a step
    case_id = await asyncio.to_thread(in_activity, write)
    await asyncio.wait_for(watched.written(case_id).wait(), 5)
    assert not watched.written("another").is_set()
    assert watched.failure(case_id) is None


async def test_a_step_that_could_not_be_written_is_known_by_its_case(watched: WatchedStore) -> None:
    watched.listen()

    def fail() -> None:
        with watched.transaction() as connection:
            connection.execute(text("insert into nowhere values (1)"))

    with pytest.raises(Exception, match="nowhere"):
        await asyncio.to_thread(in_activity, fail)
    case_id = str(ActivityEnvironment().info.workflow_id)
    await asyncio.wait_for(watched.written(case_id).wait(), 5)
    assert "nowhere" in str(watched.failure(case_id))
    assert watched.failure("another") is None
