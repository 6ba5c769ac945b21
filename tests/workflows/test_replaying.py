"""`arrears replay --open`: what a new version would do to every case that is open on a real server."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.worker import Worker
from typer.testing import CliRunner

from api.gateway import connect
from arrears.cli import main, replay
from arrears.contracts import CaseInput
from arrears.engine.embedded import Engine
from arrears.engine.namespace import prepare
from arrears.store.session import Store
from tests import stories
from tests.replay.hasty import HastyCase
from tests.world import COLLECTOR, World, a_world
from workflows.collection_case import CollectionCase
from workflows.hearing import HearEverything
from workflows.runner import sandboxed_runner

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

# Of its own: in the other one the open cases of other tests lie about.
NAMESPACE = "arrears-replay-open"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def apart(engine: Engine) -> Client:
    await prepare(engine.address, namespace=NAMESPACE, retention_days=1)
    return await connect(engine.address, NAMESPACE, lazy=False)


@pytest_asyncio.fixture(loop_scope="session")
async def world(
    engine: Engine, apart: Client, sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    monkeypatch.setenv("ARREARS_TEMPORAL_ADDRESS", engine.address)
    monkeypatch.setenv("ARREARS_TEMPORAL_NAMESPACE", NAMESPACE)
    async with a_world(sqlite_store, apart, tmp_path) as made:
        yield made
    async for case in apart.list_workflows("ExecutionStatus = 'Running'"):
        await apart.get_workflow_handle(case.id).terminate()
    await _listed(apart, set())


async def _listed(client: Client, cases: set[str]) -> None:
    """Until the server lists these as running: it keeps its lists apart from the cases."""
    for _ in range(500):
        found = {case.id async for case in client.list_workflows("ExecutionStatus = 'Running'")}
        if found == cases:
            return
        await asyncio.sleep(0.02)
    raise TimeoutError(f"{found} are listed, not {cases}")


async def _replay_open() -> tuple[int, dict[str, Any]]:
    answer = await asyncio.to_thread(CliRunner().invoke, main.app, ["replay", "--open", "--json"])
    return answer.exit_code, json.loads(answer.stdout)


def _life(world: World, case_id: str) -> CaseInput:
    return CaseInput(case_id=case_id, loan_id="L1", rules=world.rules, shift_seconds=world.shift_seconds)


async def _begun_by_other_code(world: World, client: Client, case_id: str) -> None:
    """A worker of another version takes the case's first step, and goes."""
    queue = f"hasty-{world.queue}"
    handle = await client.start_workflow(
        CollectionCase.run, _life(world, case_id), id=case_id, task_queue=queue
    )
    async with Worker(
        client,
        task_queue=queue,
        workflows=[HastyCase],
        workflow_runner=sandboxed_runner(),
        interceptors=[HearEverything()],
    ):
        for _ in range(500):
            if len((await handle.fetch_history()).events) > 4:
                return
            await asyncio.sleep(0.02)
    raise TimeoutError(f"{case_id} takes no step")


async def test_every_open_case_is_the_same_wherever_it_stands(world: World, apart: Client) -> None:
    young = await world.a_case()
    called = await world.a_case()
    await world.decide(called, COLLECTOR, "first_contact", "na")
    formal = await stories.to_notice_arrived(world)
    ended = await world.a_case()
    await world.pay(ended, 100_000)
    await _listed(apart, {young, called, formal})
    code, told = await _replay_open()
    assert told == {"same": 3, "broken": 0, "not_begun": 0, "unreadable": 0, "wrong": []}
    assert code == 0


async def test_a_case_that_other_code_began_is_named_and_ends_with_1(world: World, apart: Client) -> None:
    same = await world.a_case()
    await _begun_by_other_code(world, apart, "case-L1-1")
    await _listed(apart, {same, "case-L1-1"})
    code, told = await _replay_open()
    assert (code, told["same"], told["broken"]) == (1, 1, 1)
    [wrong] = told["wrong"]
    assert (wrong["case"], wrong["source"]) == ("case-L1-1", "temporal")
    assert wrong["why"].startswith("Nondeterminism error: ")


async def test_a_case_that_no_worker_took_up_has_not_begun(world: World, apart: Client) -> None:
    await apart.start_workflow(
        CollectionCase.run, _life(world, "case-L2-1"), id="case-L2-1", task_queue="nobody-is-here"
    )
    await _listed(apart, {"case-L2-1"})
    code, told = await _replay_open()
    assert (code, told["not_begun"], told["same"]) == (0, 1, 0)


async def test_no_page_is_left_out(world: World, apart: Client) -> None:
    cases = {await world.a_case() for _ in range(5)}
    await _listed(apart, cases)
    found = [stored.history.workflow_id async for stored in replay.open_cases(apart, page=2)]
    assert sorted(found) == sorted(cases)
