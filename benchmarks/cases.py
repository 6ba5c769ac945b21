"""What a case costs beside the barest Temporal workflow that does the same, in one run on one machine.

    python -m benchmarks.cases [--cases 96] [--rounds 3] [--people 16] [--json]

A case is intake, three tasks that people see in a table, each with a timer armed, and its end. *Ours* is a debtor who says
that the debt is somebody else's: the collector's answer, the desk's question for proof, the desk's finding, closed; with
outbox, receipts, trail and guard (`_ours.py`). *Barest* is one workflow, one signal a task and one idempotent row
(`_barest.py`). Both have their worker and their people in this process, their rows in PostgreSQL with durable
commits, and one Temporal server on the same PostgreSQL; they take turns, and each round measures both:

- intake: so many cases at once, until the first task of each can be seen;
- people: each works a case from intake to its end, then the next; cases a second, and the CPU of a case: this process (people
  and worker), Temporal, PostgreSQL;
- idle: one person, a pause between two clicks: from the click until the next task can be seen;
- half load: clicks by the clock, at half the rate that this system's people reached;
- events of a case's history, and bytes that databases grew by.

Figures are medians of the rounds with their range, ratios are of medians. Bytes are measured on SQLite as well. CPU is counted in
hundredths of a second, and who else works on the machine spoils the latencies: run it alone.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text
from temporalio.client import Client

from api.gateway import connect
from arrears.engine.embedded import Engine
from arrears.engine.namespace import prepare
from arrears.engine.ports import choose
from arrears.store import packs, schema
from arrears.store.session import Store, open_engine
from benchmarks._barest import TASKS, BarestSystem
from benchmarks._hours import keep_office_hours
from benchmarks._looking import Watch, cpu_below, cpu_of
from benchmarks._ours import OurSystem
from tests import postgres
from tests.temporal import temporal_on

System = BarestSystem | OurSystem
_number = count(1)
PAUSE: Final = 0.25


@dataclass
class Ground:
    """One Temporal server and the databases below it; `stored` says how many bytes both hold."""

    systems: Sequence[System]
    client: Client
    cpu: Callable[[], dict[str, float]]
    stored: Callable[[System], int]


# ---- one system at work ------------------------------------------------------------------------------------


@dataclass
class Floor:
    """People at one system."""

    ground: Ground
    system: System
    watch: Watch

    def fresh(self, how_many: int) -> list[str]:
        return self.system.prepare([f"{self.system.name}{next(_number):06d}" for _ in range(how_many)])

    async def open(self, names: Sequence[str]) -> float:
        """Cases a second, until the first task of each can be seen."""
        began = time.perf_counter()
        seen = [asyncio.create_task(self.watch.reached(name, 1)) for name in names]
        await self.system.intake(names)
        await asyncio.gather(*seen)
        return len(names) / (time.perf_counter() - began)

    async def click(self, name: str, step: int) -> float:
        """Milliseconds from the click until the next task, or the end, can be seen."""
        began = time.perf_counter()
        seen = asyncio.create_task(self.watch.reached(name, step + 1))
        await self.system.click(name, step)
        return (await seen - began) * 1000

    async def work(self, names: Sequence[str]) -> None:
        """One person: case after case from intake to its end."""
        for name in names:
            await self.open([name])
            for step in range(1, TASKS + 1):
                await self.click(name, step)

    async def people(self, how_many: int, total: int) -> dict[str, float]:
        names = self.fresh(total)
        stored, before, began = self.ground.stored(self.system), self.ground.cpu(), time.perf_counter()
        await asyncio.gather(*(self.work(names[n::how_many]) for n in range(how_many)))
        seconds, after = time.perf_counter() - began, self.ground.cpu()
        figures = {"cases_per_second": total / seconds}
        for part, spent in after.items():
            figures[f"cpu_ms_{part}"] = (spent - before[part]) / total * 1000
        figures["cpu_ms"] = sum(after.values()) / total * 1000 - sum(before.values()) / total * 1000
        figures["kb_stored"] = (self.ground.stored(self.system) - stored) / total / 1024
        figures["history_events"] = await self._events(names[-1])
        return figures

    async def idle(self, cases: int) -> list[float]:
        names, took = self.fresh(cases), []
        for name in names:
            await self.open([name])
            for step in range(1, TASKS + 1):
                await asyncio.sleep(PAUSE)
                took.append(await self.click(name, step))
        return took

    async def paced(self, cases: int, per_second: float) -> list[float]:
        """Clicks at their instants, whether or not the one before was answered; a case waits for its own."""
        names = self.fresh(cases)
        await self.open(names)
        began, took = time.perf_counter(), []

        async def at(instant: float, name: str, step: int) -> None:
            await asyncio.sleep(max(0.0, began + instant - time.perf_counter()))
            took.append(await self.click(name, step))

        for step in range(1, TASKS + 1):
            first = (step - 1) * cases
            await asyncio.gather(*(at((first + n) / per_second, name, step) for n, name in enumerate(names)))
        return took

    async def _events(self, name: str) -> int:
        described = await self.ground.client.get_workflow_handle(name).describe()
        return int(described.raw_description.workflow_execution_info.history_length)


@asynccontextmanager
async def at_work(ground: Ground, system: System) -> AsyncIterator[Floor]:
    watch = Watch(system.store, system.steps)
    looking = asyncio.create_task(watch.look())
    async with system.worker():
        yield Floor(ground, system, watch)
    looking.cancel()


async def one_round(ground: Ground, system: System, *, cases: int, people: int) -> dict[str, float]:
    async with at_work(ground, system) as floor:
        await floor.work(floor.fresh(8))  # warm
        figures = {"intake_per_second": await floor.open(floor.fresh(cases))}
        figures |= await floor.people(people, cases)
        half = figures["cases_per_second"] * TASKS / 2
        for name, took in (
            ("idle", await floor.idle(max(4, cases // 8))),
            ("half_load", await floor.paced(max(8, cases // 2), half)),
        ):
            figures[f"click_to_next_{name}_p50_ms"] = statistics.median(took)
            figures[f"click_to_next_{name}_p95_ms"] = sorted(took)[int(len(took) * 0.95)]
    return figures


# ---- the grounds -------------------------------------------------------------------------------------------


@asynccontextmanager
async def on_postgres(folder: Path) -> AsyncIterator[Ground]:
    with ExitStack() as kept:
        cluster = kept.enter_context(
            postgres.cluster(durable=True, port=choose(["postgres"], kept={})["postgres"])
        )
        temporal = kept.enter_context(temporal_on(cluster, folder, time_skipping=False))
        root = Store(open_engine(cluster.url("postgres")))
        postmaster = int((cluster.folder / "data" / "postmaster.pid").read_text().split()[0])
        urls = {name: cluster.create(name) for name in ("barest", "ours")}

        def cpu() -> dict[str, float]:
            spent = {"people_and_worker": time.process_time()}
            return spent | {"temporal": cpu_of(temporal.pid), "postgresql": cpu_below(postmaster)}

        def stored(system: System) -> int:
            names = [system.name, *temporal.databases]
            with root.reading() as connection:
                sizes = [
                    connection.execute(text("select pg_database_size(:name)"), {"name": name}).scalar_one()
                    for name in names
                ]
            return sum(sizes)

        async with _systems(temporal.address, urls, folder) as (systems, client):
            yield Ground(systems, client, cpu, stored)
        root.close()


@asynccontextmanager
async def on_sqlite(folder: Path) -> AsyncIterator[Ground]:
    with Engine(data_dir=folder, ui=False) as engine:
        urls = {name: f"sqlite:///{folder / f'{name}.db'}" for name in ("barest", "ours")}

        def cpu() -> dict[str, float]:
            assert engine.server_pid is not None
            return {"people_and_worker": time.process_time(), "temporal": cpu_of(engine.server_pid)}

        def stored(system: System) -> int:
            files = [*folder.glob(f"{system.name}.db*"), *(folder / "temporal").rglob("*.db*")]
            return sum(file.stat().st_size for file in files)

        async with _systems(engine.address, urls, folder) as (systems, client):
            yield Ground(systems, client, cpu, stored)


@asynccontextmanager
async def _systems(
    address: str, urls: dict[str, str], folder: Path
) -> AsyncIterator[tuple[list[System], Client]]:
    rules = packs.load("cn-bank-2026").rules
    ahead = keep_office_hours(rules.calendar)
    await prepare(address, namespace="arrears", retention_days=1)
    client = await connect(address, "arrears", lazy=False)
    plain = await Client.connect(address, namespace="arrears")
    stores = [Store(open_engine(urls[name])) for name in ("barest", "ours", "ours")]
    schema.upgrade(stores[1])
    yield (
        [BarestSystem(plain, stores[0]), OurSystem(client, stores[1], stores[2], rules, folder, ahead=ahead)],
        client,
    )
    for store in stores:
        store.close()


# ---- all of it ---------------------------------------------------------------------------------------------


def told(rounds: Sequence[dict[str, dict[str, float]]]) -> dict[str, Any]:
    """Medians with their ranges, and ours as a multiple of the barest."""
    found: dict[str, Any] = {}
    for name in rounds[0]["ours"]:
        row: dict[str, Any] = {}
        for system in ("barest", "ours"):
            values = [one[system][name] for one in rounds]
            row[system] = [round(statistics.median(values), 2), round(min(values), 2), round(max(values), 2)]
        if row["barest"][0]:
            row["times"] = round(row["ours"][0] / row["barest"][0], 2)
        found[name] = row
    return found


async def measure(asked: argparse.Namespace, say: Callable[[str], None]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    grounds: dict[str, Any] = {"postgresql": on_postgres, "sqlite": on_sqlite}
    for name, ground_of in grounds.items():
        if name in asked.without:
            continue
        rounds = []
        with tempfile.TemporaryDirectory(prefix="arrears-cases-") as folder:
            async with ground_of(Path(folder)) as ground:
                for n in range(asked.rounds):
                    say(f"{name}, round {n + 1} of {asked.rounds}")
                    order = ground.systems if n % 2 == 0 else ground.systems[::-1]
                    rounds.append(
                        {
                            system.name: await one_round(
                                ground, system, cases=asked.cases, people=asked.people
                            )
                            for system in order
                        }
                    )
        found[name] = told(rounds)
    return found


def main() -> None:
    wanted = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    wanted.add_argument("--cases", type=int, default=96, help="cases a round")
    wanted.add_argument("--rounds", type=int, default=3)
    wanted.add_argument("--people", type=int, default=16)
    wanted.add_argument("--without", choices=("postgresql", "sqlite"), nargs="*", default=())
    wanted.add_argument("--json", action="store_true")
    asked = wanted.parse_args()
    found = asyncio.run(measure(asked, (lambda _: None) if asked.json else print))
    if asked.json:
        print(json.dumps(found))
        return
    for database, figures in found.items():
        print(f"\n{database:32} {'barest':>24} {'ours':>24} {'times':>7}")
        for name, row in figures.items():
            cells = [f"{row[one][0]:,} [{row[one][1]:,}-{row[one][2]:,}]" for one in ("barest", "ours")]
            print(f"{name.replace('_', ' '):32} {cells[0]:>24} {cells[1]:>24} {row.get('times', ''):>7}")


if __name__ == "__main__":
    main()
