"""What a monitor is told by a worker and by Temporal is what happened there."""

import asyncio
import re
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from api.gateway import CaseGateway, TemporalAway, connect
from arrears.cli.telemetry import told_to_monitors
from arrears.engine import ports
from arrears.engine.embedded import Engine
from arrears.engine.namespace import prepare
from arrears.store.session import Store
from tests import stories
from tests.workflows.test_sending import Moody
from tests.world import a_world

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

NAMESPACE = "arrears-monitored"


@workflow.defn(name="CollectionCase")
class FallingCase:
    """What a version is like that cannot replay what it finds."""

    @workflow.run
    async def run(self, life: str) -> str:
        raise RuntimeError(f"no step can be taken with {life}")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def apart(engine: Engine) -> AsyncIterator[Client]:
    """A namespace of its own: in the other one the cases of other tests lie about."""
    await prepare(engine.address, namespace=NAMESPACE, retention_days=1)
    client = await connect(engine.address, NAMESPACE, lazy=False)
    yield client
    async for case in client.list_workflows("ExecutionStatus = 'Running'"):
        await client.get_workflow_handle(case.id).terminate()


async def test_a_case_that_fails_at_every_try_is_counted_and_one_that_only_waits_is_not(
    apart: Client,
) -> None:
    gateway = CaseGateway(apart)
    for case, queue in (("case-falls-1", "falling"), ("case-waits-1", "nobody-listens")):
        await apart.start_workflow("CollectionCase", "a life", id=case, task_queue=queue)
    assert await gateway.stuck() == 0
    async with Worker(
        apart, task_queue="falling", workflows=[FallingCase], workflow_runner=UnsandboxedWorkflowRunner()
    ):
        for _ in range(300):
            if await gateway.stuck():
                break
            await asyncio.sleep(0.1)
        assert await gateway.stuck() == 1


async def test_temporal_is_there_when_it_answers_for_our_namespace(engine: Engine, client: Client) -> None:
    assert await CaseGateway(client).is_there()
    elsewhere = await connect(engine.address, "arrears-of-nobody")
    assert not await CaseGateway(elsewhere).is_there()
    away = await connect("127.0.0.1:1", client.namespace)
    assert not await CaseGateway(away).is_there()
    with pytest.raises(TemporalAway):
        await CaseGateway(away).stuck()


async def test_a_worker_shows_what_its_guard_refused_and_what_did_not_go(
    engine: Engine, client: Client, sqlite_store: Store, tmp_path: Path
) -> None:
    address = f"127.0.0.1:{ports.choose(['figures'], kept={})['figures']}"
    watched = await connect(engine.address, client.namespace, lazy=False, runtime=told_to_monitors(address))
    channel = Moody(tmp_path / "out")
    channel.down = True
    async with a_world(sqlite_store, watched, tmp_path, channel=channel) as world:
        await stories.to_notice_released(world)
        await stories.to_notice_waiting(world)
        text = await asyncio.to_thread(_read, address)
    told = dict(re.findall(r"^(\w+\{[^}]*\}) (\S+)$", text, re.MULTILINE))
    ours = {name: int(count) for name, count in told.items() if name.startswith("arrears_")}
    assert {
        (name.partition("{")[0], *re.findall(r'(?:rule|why)="(\w+)"', name)): n for name, n in ours.items()
    } == {
        ("arrears_deliveries_failed_total", "channel_down"): 1,
        ("arrears_contacts_refused_total", "C01"): 1,
    }
    assert any(name.startswith("temporal_workflow_task_schedule_to_start_latency_seconds") for name in told)


def _read(address: str) -> str:
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
        return str(answer.read().decode())
