"""A week without workers, for some dozens of cases; `make chaos` wakes a thousand."""

from pathlib import Path

import pytest
from temporalio.client import Client

from arrears.engine.embedded import Engine
from arrears.store.session import Store
from tests.chaos.outage import play

pytestmark = [pytest.mark.server, pytest.mark.chaos, pytest.mark.asyncio(loop_scope="session")]


async def test_after_a_week_every_case_moves_once_and_nobody_is_contacted_at_night(
    sqlite_store: Store, client: Client, engine: Engine, tmp_path: Path
) -> None:
    assert client.namespace  # which is made ready
    came = await play(sqlite_store, engine, tmp_path, 32)
    assert came.faults == [], came.in_words()
    assert came.letters == came.waiting_letters == 8
    assert came.struck["follow_up"] > 0
    assert came.struck["promise"] == 8
