"""While the database is away a case waits, visibly; what is said to it meanwhile is applied when it is back."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pysqlite3
import pytest
from temporalio.client import Client

from arrears.store.session import Store
from tests.workflows.by_hand import copied, written
from tests.workflows.histories import tally
from tests.world import COLLECTOR, World, a_world

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]


@contextmanager
def _locked(store: Store) -> Iterator[None]:
    """Another process holds the one writer's place."""
    path = store.engine.url.database
    assert path is not None
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        connection = pysqlite3.connect(path, isolation_level=None, timeout=30)
        connection.execute("BEGIN IMMEDIATE")
        entered.set()
        leave.wait()
        connection.execute("ROLLBACK")
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    entered.wait()
    try:
        yield
    finally:
        leave.set()
        holder.join()


async def _pending(world: World, case: str) -> list[str]:
    description = await world.client.get_workflow_handle(case).describe()
    return [activity.activity_type.name for activity in description.raw_description.pending_activities]


async def test_thirty_seconds_without_a_database_lose_and_double_nothing(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    async with a_world(sqlite_store, client, tmp_path, relaying=False) as world:
        async with world.relaying():
            cases = [await world.a_case(overdue=100_000) for _ in range(5)]
        payments = {
            case: [
                str(world.say_payment(world.case(case).loan_id, amount, case_id=case).message_id)
                for amount in (1_000, 2_000, 3_000)
            ]
            for case in cases
        }
        word = world.say_decision(cases[0], COLLECTOR, "first_contact", "na")
        world.mark_sent([*(said for each in payments.values() for said in each), word])
        with _locked(sqlite_store):
            for case, said in payments.items():
                for message_id in said:
                    await world.type_signal(case, "payment_posted", copied(world.message(message_id)))
                await world.type_signal(case, "weather", written("rain"))
            await world.type_signal(cases[0], "task_decided", copied(world.message(word)))
            await asyncio.sleep(30)
            for case in cases:
                assert await _pending(world, case) == ["record"], "operators see what it waits for"
        # The retry comes within its longest pause; a busy machine is given more.
        for case in cases:
            await world.until(partial(_all_applied, world, case), seconds=60)
            assert world.case(case).overdue_minor == 94_000
            assert world.case(case).seq == 4 + (case == cases[0])
            assert await world.agrees(case)
            assert "workflow_task_failed" not in tally(await world.legal_history(case))
        await world.until(lambda: len(world.incidents("junk_signal")) == 5)


def _all_applied(world: World, case: str) -> bool:
    return {row.status for row in world.messages(case)} == {"applied"}
