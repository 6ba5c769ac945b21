"""One real Temporal server for all workflow tests; it skips time per case."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client

from api.gateway import connect
from arrears.engine.embedded import Engine
from arrears.engine.namespace import prepare
from arrears.store.session import Store
from tests.world import World, a_world

NAMESPACE = "arrears-test"


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with Engine(data_dir=tmp_path_factory.mktemp("engine"), time_skipping=True, ui=False) as running:
        yield running
        assert running.server_pid is not None
        os.kill(running.server_pid, signal.SIGKILL)  # asked, it would wait for everybody who still listens


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def client(engine: Engine) -> Client:
    await prepare(engine.address, namespace=NAMESPACE, retention_days=1)
    return await connect(engine.address, NAMESPACE, lazy=False)


@pytest_asyncio.fixture(loop_scope="session")
async def world(sqlite_store: Store, client: Client, tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(sqlite_store, client, tmp_path) as made:
        yield made
