"""Worker, relay and Temporal die by kill -9 in the middle of their work: each accepted word is applied exactly once."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from sqlalchemy import select
from temporalio.client import Client

from api.gateway import connect
from arrears import clock
from arrears.contracts import Unchanging
from arrears.engine.embedded import Engine
from arrears.engine.namespace import prepare
from arrears.store import audit
from arrears.store.invariants.asking import check
from arrears.store.invariants.register import ALL
from arrears.store.session import Store, open_engine
from arrears.store.tables import allocations, contact_attempts
from tests import stories
from tests.chaos import actors
from tests.chaos.conftest import Bank, a_bank
from tests.world import COLLECTOR, LEAD, World, a_world

pytestmark = [pytest.mark.server, pytest.mark.chaos, pytest.mark.asyncio(loop_scope="session")]

# From the death to the next step; a busy machine is given as much again.
AT_WORK_AGAIN: Final = 25 * 2
AT_ONCE: Final = 7


@dataclass(frozen=True)
class Scene:
    """Who dies, and at which point."""

    play: Callable[[Bank, str], Awaitable[None]]
    point: str


def _say_much(world: World, cases: list[str]) -> list[str]:
    """Two payments and a word to each case; what the doors accepted."""
    said = []
    for case in cases:
        loan = world.case(case).loan_id
        said += [str(world.say_payment(loan, amount, case_id=case).message_id) for amount in (1_000, 2_000)]
        said.append(world.say_decision(case, COLLECTOR, "first_contact", "na"))
    return said


async def _all_applied_once(world: World, cases: list[str], said: list[str]) -> None:
    await world.until(
        lambda: all(world.message(message_id).status == "applied" for message_id in said),
        seconds=AT_WORK_AGAIN,
    )
    for case in cases:
        rows = world.records(case)
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
        heard = [row.event["message_id"] for row in rows if row.event["kind"] == "message"]
        assert len(heard) == len(set(heard)) == 4
        assert world.case(case).overdue_minor == stories.OVERDUE - 3_000
        with world.store.reading() as connection:
            paid = connection.execute(select(allocations.c.amount_minor).where(allocations.c.case_id == case))
            assert sorted(paid.scalars()) == [1_000, 2_000]
            assert audit.verify(connection, case) == []
        # Whoever decided a step again took over what was written the first time.
        await world.until(partial(world.agrees, case))
    assert world.incidents() == []
    assert _broken(world) == []


def _broken(world: World) -> list[str]:
    """All invariants but those of people and payments, who have no rows of their own here."""
    asked = [one for one in ALL if one.number not in (1, 17)]
    found = check(world.store, Unchanging(world.rules), asked, now=clock.machine_now(), at_rest=True)
    return [f"{one.invariant.name}: {one.what}" for one in found]


async def _opened(bank: Bank, many: int) -> list[str]:
    """Opened by parts that die of nothing."""
    world = bank.world
    async with world.working(), world.relaying():
        return [await world.a_case(overdue=stories.OVERDUE) for _ in range(many)]


async def _dead(bank: Bank, process: subprocess.Popen[bytes]) -> None:
    await bank.world.until(lambda: process.poll() is not None)
    assert process.returncode == -signal.SIGKILL
    assert bank.has_died


async def _released(bank: Bank) -> str:
    """A notice is released and no worker is there to send it."""
    world = bank.world
    async with world.working(), world.relaying():
        case = await stories.to_formal(world)
    world.say_decision(case, LEAD, "notice_release", "release")
    return case


def _attempt(world: World, case: str) -> str:
    with world.store.reading() as connection:
        found: str = connection.execute(
            select(contact_attempts.c.status).where(
                contact_attempts.c.case_id == case, contact_attempts.c.purpose == "notice"
            )
        ).scalar_one()
        return found


async def a_worker_dies_around_the_commit(bank: Bank, point: str) -> None:
    world = bank.world
    cases = await _opened(bank, 4)
    said = _say_much(world, cases)
    with bank.acting("relay"):
        with bank.acting("worker", kill_at=point) as worker:
            await _dead(bank, worker)
        with bank.acting("worker", kill_at=point):
            await _all_applied_once(world, cases, said)


async def a_relay_dies_around_its_call(bank: Bank, point: str) -> None:
    world = bank.world
    cases = await _opened(bank, 4)
    said = _say_much(world, cases)
    async with world.working():
        with bank.acting("relay", kill_at=point) as relay:
            await _dead(bank, relay)
        with bank.acting("relay", kill_at=point):
            await _all_applied_once(world, cases, said)


async def a_sender_dies_and_the_channel_knows_the_key(bank: Bank, point: str) -> None:
    """One letter in the end, and the case knows that it went."""
    world = bank.world
    case = await _released(bank)
    async with world.relaying():
        with bank.acting("worker", kill_at=point) as worker:
            await _dead(bank, worker)
        assert _attempt(world, case) == "reserved"
        with bank.acting("worker", kill_at=point):
            await world.until(lambda: world.notice(case).status == "sent", seconds=AT_WORK_AGAIN)
    assert _attempt(world, case) == "made"
    assert [letter.stem for letter in world.letters.glob("*.pdf")] == [world.notice(case).notice_id]
    assert world.case(case).next_deadline == "silence", "nobody has reported an arrival yet"
    assert world.incidents() == []


async def a_sender_dies_and_nobody_can_tell(bank: Bank, point: str) -> None:
    """The console does not know a key again: uncertain, and a person decides."""
    world = bank.world
    case = await _released(bank)
    async with world.relaying():
        with bank.acting("worker", kill_at=point, console=True) as worker:
            await _dead(bank, worker)
        with bank.acting("worker", kill_at=point, console=True):
            await world.until(lambda: world.notice(case).status == "uncertain", seconds=AT_WORK_AGAIN)
    assert _attempt(world, case) == "uncertain"
    assert world.open_kinds(case) == {"notice_release"}
    assert [row.kind for row in world.incidents()] == ["notice_uncertain"]


async def both_die_again_and_again(bank: Bank, _point: str) -> None:
    """Not at a named point but whenever it comes; what was said goes on being said."""
    world = bank.world
    cases = await _opened(bank, 6)
    said: list[str] = []
    for half in (cases[:3], cases[3:]):
        fresh = _say_much(world, half)
        said += fresh
        with bank.acting("relay") as relay, bank.acting("worker") as worker:
            await world.until(partial(_is_under_way, world, fresh))
            for process in (relay, worker):
                process.kill()
                process.wait()
    with bank.acting("relay"), bank.acting("worker"):
        await _all_applied_once(world, cases, said)


def _is_under_way(world: World, said: list[str]) -> bool:
    return any(world.message(message_id).status in ("sent", "applied") for message_id in said)


SCENES: Final[dict[str, Scene]] = {
    "worker, before the commit": Scene(a_worker_dies_around_the_commit, actors.BEFORE_COMMIT),
    "worker, after the commit": Scene(a_worker_dies_around_the_commit, actors.AFTER_COMMIT),
    "relay, before its call": Scene(a_relay_dies_around_its_call, actors.BEFORE_RPC),
    "relay, after its call": Scene(a_relay_dies_around_its_call, actors.AFTER_RPC),
    "sender, before it sends": Scene(a_sender_dies_and_the_channel_knows_the_key, actors.BEFORE_SEND),
    "sender, after it sent": Scene(a_sender_dies_and_the_channel_knows_the_key, actors.AFTER_SEND),
    "sender to a console, before": Scene(a_sender_dies_and_nobody_can_tell, actors.BEFORE_SEND),
    "sender to a console, after": Scene(a_sender_dies_and_nobody_can_tell, actors.AFTER_SEND),
    "both, again and again": Scene(both_die_again_and_again, ""),
}
ON_POSTGRES: Final = {"worker, before the commit", "worker, after the commit", "relay, before its call"}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def scenes(
    request: pytest.FixtureRequest, client: Client, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[dict[str, asyncio.Task[None]]]:
    """Each scene mostly waits, so they play side by side, a few at once; a test then asks how its own went."""
    wanted = {
        str(item.callspec.params["scene"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and hasattr(item, "callspec") and "scenes" in item.fixturenames
    }
    room = asyncio.Semaphore(AT_ONCE)
    playing = {
        name: asyncio.create_task(
            _play(name, request, client, engine, tmp_path_factory.mktemp("scene"), room)
        )
        for name in sorted(wanted)
    }
    yield playing
    for task in playing.values():
        task.cancel()
    await asyncio.gather(*playing.values(), return_exceptions=True)


async def _play(
    name: str,
    request: pytest.FixtureRequest,
    client: Client,
    engine: Engine,
    folder: Path,
    room: asyncio.Semaphore,
) -> None:
    what, _, database = name.partition(" | ")
    scene = SCENES[what]
    async with room:
        store = Store(open_engine(_database(database, request, folder)))
        try:
            async with a_world(store, client, folder, relaying=False, working=False) as world:
                await scene.play(a_bank(world, engine, folder), scene.point)
        finally:
            store.close()


def _database(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    if kind == "sqlite":
        path = folder / "arrears.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    cluster = request.getfixturevalue("postgres_cluster")
    name = folder.name.replace("-", "_")
    return str(cluster.create(name, template=request.getfixturevalue("postgres_template")))


@pytest.mark.parametrize("scene", [f"{name} | sqlite" for name in SCENES])
async def test_whoever_dies_wherever_loses_and_doubles_nothing(
    scenes: dict[str, asyncio.Task[None]], scene: str
) -> None:
    await scenes[scene]


@pytest.mark.postgres
@pytest.mark.parametrize("scene", [f"{name} | postgres" for name in SCENES if name in ON_POSTGRES])
async def test_whoever_dies_wherever_loses_and_doubles_nothing_on_postgresql(
    postgres_template: str, scenes: dict[str, asyncio.Task[None]], scene: str
) -> None:
    assert postgres_template
    await scenes[scene]


async def test_temporal_killed_in_the_middle_of_traffic_and_started_again_loses_and_doubles_nothing(
    sqlite_store: Store, tmp_path: Path
) -> None:
    """The doors accept all the while."""
    with Engine(data_dir=tmp_path / "engine", time_skipping=True, ui=False) as engine:
        await prepare(engine.address, namespace="arrears-test", retention_days=1)
        client: Client = await connect(engine.address, "arrears-test", lazy=False)
        async with a_world(sqlite_store, client, tmp_path) as world:
            cases = [await world.a_case(overdue=stories.OVERDUE) for _ in range(8)]
            said = _say_much(world, cases[:4])
            await world.until(lambda: any(world.message(message).status == "applied" for message in said))
            assert engine.server_pid is not None
            os.kill(engine.server_pid, signal.SIGKILL)
            said += _say_much(world, cases[4:])
            await asyncio.sleep(2)
            await asyncio.to_thread(engine.restart)
            await _all_applied_once(world, cases, said)
            for case in cases:
                assert await world.agrees(case)
