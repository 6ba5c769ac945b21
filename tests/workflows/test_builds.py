"""Builds of workers on a real server: cases go to the build that was named, with the histories that others began."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.worker import Worker
from typer.testing import CliRunner

from arrears.channels.bank import INVENTED
from arrears.channels.file import FileChannel
from arrears.cli import main
from arrears.cli.compose import WorkerTerms, make_worker
from arrears.contracts import Unchanging
from arrears.engine import deployments
from arrears.engine.deployments import Deployment
from arrears.store.session import Store
from tests.world import COLLECTOR, World, a_world

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def world(sqlite_store: Store, client: Client, tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(sqlite_store, client, tmp_path, working=False, run_events=20) as made:
        yield made


def _worker(world: World, build_id: str | None) -> Worker:
    """Of the world's own deployment; without a build it is one of before there were any."""
    return make_worker(
        world.client,
        world.store,
        Unchanging(world.rules),
        channel=FileChannel(world.letters),
        banks=INVENTED,
        terms=WorkerTerms(
            may_shift=True,
            task_queue=world.queue,
            deployment=None if build_id is None else world.queue,
            build_id=build_id,
        ),
    )


async def _look(world: World) -> Deployment | None:
    return await deployments.look(world.client.workflow_service, world.client.namespace, world.queue)


async def _use(world: World, build_id: str | None) -> None:
    await deployments.use(world.client.workflow_service, world.client.namespace, world.queue, build_id)


async def _known(world: World, build_id: str) -> None:
    async def called() -> bool:
        found = await _look(world)
        return found is not None and build_id in {build.build_id for build in found.builds}

    await world.until(called)


async def _are_with(world: World, build_id: str, *cases: str) -> None:
    """Soon: a step is in the database before its worker has told the server that it took it."""

    async def are() -> bool:
        return {await _build_of(world, case) for case in cases} == {build_id}

    await world.until(are)


async def _build_of(world: World, case_id: str) -> str:
    described = await world.client.get_workflow_handle(case_id).describe()
    return described.raw_description.workflow_execution_info.versioning_info.deployment_version.build_id


@asynccontextmanager
async def _working(world: World, build_id: str) -> AsyncIterator[None]:
    async with _worker(world, build_id):
        await _known(world, build_id)
        yield


async def test_cases_go_to_the_build_that_was_named_and_old_ones_go_on_there(world: World) -> None:
    async with _worker(world, None):
        oldest = await world.a_case()
    async with _working(world, "one"), _working(world, "two"):
        await _use(world, "one")
        old = await world.a_case()
        await world.pay(oldest, 1)
        await _are_with(world, "one", old, oldest)

        await _use(world, "two")
        new = await world.a_case()
        for case in (oldest, old, new):
            await world.decide(case, COLLECTOR, "first_contact", "na")
        await _are_with(world, "two", oldest, old, new)
        assert all([await world.agrees(case) for case in (oldest, old, new)])
        assert world.incidents() == []


async def test_a_fresh_history_begins_under_the_build_that_is_current(world: World) -> None:
    async with _working(world, "one"), _working(world, "two"):
        await _use(world, "one")
        case = await world.a_case()
        for build_id in ("one", "two"):
            await _use(world, build_id)
            before = len(await world.runs(case))
            while len(await world.runs(case)) == before:
                await world.pay(case, 1)
            await _are_with(world, build_id, case)
    assert world.incidents() == []


async def test_one_can_go_back_to_the_build_before_and_to_workers_without_any(world: World) -> None:
    async with _working(world, "one"), _working(world, "two"):
        await _use(world, "two")
        case = await world.a_case()
        await _use(world, "one")
        await world.pay(case, 1)
        await _are_with(world, "one", case)
    await _use(world, None)
    async with _worker(world, None):
        await world.decide(case, COLLECTOR, "first_contact", "na")
        assert await world.agrees(case)
    assert world.incidents() == []


async def test_the_operator_sees_the_builds_and_says_which_takes_the_cases(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARREARS_DEPLOYMENT", world.queue)
    monkeypatch.setenv("ARREARS_TEMPORAL_ADDRESS", world.client.service_client.config.target_host)
    monkeypatch.setenv("ARREARS_TEMPORAL_NAMESPACE", world.client.namespace)

    async def says(*words: str) -> tuple[int, str]:
        answer = await asyncio.to_thread(CliRunner().invoke, main.app, ["deployment", *words])
        return answer.exit_code, answer.output

    assert await says("show") == (0, "No worker of this deployment has called the server yet.\n")
    code, said = await says("use", "one")
    assert code == 1
    assert said.startswith("The server gives no cases to that build: ")
    async with _working(world, "one"), _working(world, "two"):
        assert await says("use", "one") == (0, "one: all cases, each from its next step on.\n")
        assert await says("use", "two", "--percent", "5") == (
            0,
            "two: 5 % of the cases, each from its next step on.\n",
        )
        code, said = await says("show")
        first, part, *builds = said.splitlines()
        assert (code, first) == (0, f"{world.queue}: all cases go to one.")
        assert part == "  but 5 % of them to two."
        assert sorted(builds) == ["  one: current", "  two: ramping"]
        assert await says("use", "--none") == (
            0,
            "workers without a build: all cases, each from its next step on.\n",
        )
    code, said = await says("show", "--json")
    assert (code, json.loads(said)["current"]) == (0, None)
