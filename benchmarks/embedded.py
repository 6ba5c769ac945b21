"""What cases cost on one machine, as `arrears up` runs them: starts a second, click to applied, CPU of an answer, memory.

Everything runs on this machine in one run, on SQLite with durable commits: an embedded Temporal server as a
child, worker, relay and desk in this process, as `arrears up` runs them. Ratios are of this run; absolute
figures are of this machine.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, func, select, update
from temporalio.client import Client

from api.auth.person import Person
from api.desk.answering import Answer
from api.desk.desk import Desk
from api.gateway import CaseGateway, connect
from api.relay import Relay, RelayTerms
from arrears import clock
from arrears.channels.bank import INVENTED
from arrears.channels.file import FileChannel
from arrears.cli.compose import WorkerTerms, make_worker
from arrears.contracts import CaseInput, Message, Unchanging
from arrears.engine.embedded import Engine
from arrears.engine.namespace import prepare
from arrears.policy.tasks import Role
from arrears.store import intents, packs, schema
from arrears.store.session import Store, open_engine
from arrears.store.tables import cases, messages, tasks
from benchmarks._hours import keep_office_hours
from benchmarks._looking import Watch, cpu_of
from benchmarks._portfolio import deliver

COLLECTOR: Final = Person("s-1", "collector", "Collector", frozenset({Role.COLLECTOR}), "en")
IN_FLIGHT: Final = 32
WARM_UP: Final = 100


@dataclass
class Bench:
    store: Store
    client: Client
    desk: Desk
    engine: Engine
    rules: Any
    ahead: int
    made: int = 0

    def open_messages(self, count: int) -> list[str]:
        """Loans with an `open` message each, not told yet. Returns the case ids."""
        now = clock.door_now()
        today = self.rules.calendar.day_of(int(now.timestamp()))
        names = [f"B{self.made + n:06d}" for n in range(count)]
        self.made += count
        rows = deliver(self.store, names, currency=self.rules.terms.currency, today=today)
        with self.store.transaction() as connection:
            return [
                intents.open_case(connection, row, episode=1, at=now, pack=self.rules.terms.pack)
                for row in rows
            ]

    def count_open(self) -> int:
        with self.store.reading() as connection:
            return connection.execute(select(func.count()).select_from(cases)).scalar_one()

    async def until_open(self, total: int) -> None:
        while await asyncio.to_thread(self.count_open) < total:  # noqa: ASYNC110  # the database is asked
            await asyncio.sleep(0.02)

    def cpu(self) -> float:
        """CPU seconds of this process and of the Temporal server."""
        assert self.engine.server_pid is not None
        return time.process_time() + cpu_of(self.engine.server_pid)


# ---- starts ----------------------------------------------------------------------------------------------


async def start_bare(bench: Bench, count: int) -> float:
    """Cases per second of a plain loop over `start_workflow`, the same workflows without outbox and relay."""
    names = bench.open_messages(count)
    with bench.store.transaction() as connection:
        connection.execute(
            update(messages)
            .where(messages.c.case_id.in_(names))
            .values(status="sent", sent_at=clock.machine_now())
        )
        found = connection.execute(select(messages).where(messages.c.case_id.in_(names))).all()
    gateway, room, before = CaseGateway(bench.client), asyncio.Semaphore(IN_FLIGHT), bench.count_open()

    async def start(row: Any) -> None:
        async with room:
            opening = Message(row.message_id, row.signal, row.actor, row.content, row.task_id)
            await gateway.start(
                CaseInput(
                    row.case_id,
                    row.content["loan_id"],
                    bench.rules,
                    opening=opening,
                    shift_seconds=bench.ahead,
                )
            )

    began = time.perf_counter()
    await asyncio.gather(*(start(row) for row in found))
    await bench.until_open(before + count)
    return count / (time.perf_counter() - began)


async def start_ours(bench: Bench, relay: Relay, count: int) -> float:
    """Cases per second through the outbox: told, started, first step recorded."""
    before = bench.count_open()
    bench.open_messages(count)
    began = time.perf_counter()  # the rows are there, as they are for the bare loop
    relay.wake()
    await bench.until_open(before + count)
    return count / (time.perf_counter() - began)


async def starting(bench: Bench, relay: Relay, count: int) -> dict[str, float]:
    """Three rounds each way, by turns."""
    rounds = [(await start_bare(bench, count), await start_ours(bench, relay, count)) for _ in range(3)]
    return {
        "bare_starts_per_second": statistics.median(bare for bare, _ in rounds),
        "our_starts_per_second": statistics.median(ours for _, ours in rounds),
        "our_starts_to_bare": statistics.median(ours / bare for bare, ours in rounds),
    }


# ---- interactions ----------------------------------------------------------------------------------------


def first_contacts(bench: Bench, count: int) -> list[tuple[str, int]]:
    with bench.store.reading() as connection:
        found = connection.execute(
            select(tasks.c.task_id, tasks.c.facts_no)
            .where(tasks.c.kind == "first_contact", tasks.c.status == "open", tasks.c.assignee.is_(None))
            .limit(count)
        )
        return [(row.task_id, row.facts_no) for row in found]


def applied(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    """Which of these messages their cases have applied: one step each."""
    found = connection.execute(
        select(messages.c.message_id).where(messages.c.message_id.in_(names), messages.c.status == "applied")
    )
    return dict.fromkeys(found.scalars(), 1)


async def click(bench: Bench, watch: Watch, task: tuple[str, int]) -> tuple[float, float]:
    """Decide and wait until the case applied it. Returns (accepted, applied) in ms from the click."""
    began = time.perf_counter()
    message_id = await asyncio.to_thread(bench.desk.decide, COLLECTOR, task[0], Answer("na", task[1]))
    accepted = time.perf_counter()
    return (accepted - began) * 1000, (await watch.reached(message_id, 1) - began) * 1000


async def idle(bench: Bench, watch: Watch, count: int) -> dict[str, float]:
    """One person, a second's fraction apart."""
    done = []
    for task in first_contacts(bench, count):
        done.append(await click(bench, watch, task))
        await asyncio.sleep(0.15)
    return _spread("", done)


async def busy(bench: Bench, watch: Watch, people: int, each: int) -> dict[str, float]:
    """So many people at once, each goes on as soon as the answer is applied; and the CPU of one interaction."""
    work = first_contacts(bench, people * each)
    done: list[tuple[float, float]] = []

    async def one(mine: Sequence[tuple[str, int]]) -> None:
        done.extend([await click(bench, watch, task) for task in mine])

    cpu, began = bench.cpu(), time.perf_counter()
    await asyncio.gather(*(one(work[n::people]) for n in range(people)))
    seconds = time.perf_counter() - began
    figures = _spread(f"_{people}_people", done)
    figures["cpu_ms_per_interaction"] = (bench.cpu() - cpu) / len(done) * 1000
    figures[f"interactions_per_second_{people}_people"] = len(done) / seconds
    return figures


def _spread(which: str, done: Sequence[tuple[float, float]]) -> dict[str, float]:
    figures = {}
    for n, name in enumerate(("accepted", "applied")):
        values = sorted(pair[n] for pair in done)
        figures[f"click_to_{name}{which}_p50_ms"] = statistics.median(values)
        figures[f"click_to_{name}{which}_p95_ms"] = values[int(len(values) * 0.95)]
    return figures


# ---- memory ----------------------------------------------------------------------------------------------


async def memory(bench: Bench, relay: Relay, total: int) -> dict[str, float]:
    """Resident MB of our own process, and of the Temporal server beside it, with so many open cases."""
    missing = total - bench.count_open()
    if missing > 0:
        await start_ours(bench, relay, missing)
    return {
        "open_cases": bench.count_open(),
        "our_memory_mb": _rss_of(os.getpid()),
        "temporal_memory_mb": _rss_of(bench.engine.server_pid),
    }


def _rss_of(pid: int | None) -> float:
    [line] = [
        line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")
    ]
    return int(line.split()[1]) / 1024


# ---- all of it -------------------------------------------------------------------------------------------


def _fresh_store(folder: Path) -> Store:
    store = Store(open_engine(f"sqlite:///{folder / 'arrears.db'}"))
    schema.upgrade(store)
    return store


async def measure(
    folder: Path, *, starts: int, clicks: int, total: int, say: Callable[[str], None]
) -> dict[str, float]:
    rules = packs.load("cn-bank-2026").rules
    ahead = keep_office_hours(rules.calendar)
    store = _fresh_store(folder)
    async with AsyncExitStack() as running:
        engine = running.enter_context(Engine(data_dir=folder, ui=False))
        await prepare(engine.address, namespace="arrears", retention_days=1)
        client = await connect(engine.address, "arrears", lazy=False)
        bench = Bench(store, client, Desk(store, Unchanging(rules)), engine, rules, ahead)
        worker = make_worker(
            client,
            store,
            Unchanging(rules),
            channel=FileChannel(folder / "letters"),
            banks=INVENTED,
            terms=WorkerTerms(unsandboxed=True, may_shift=True),
        )
        await running.enter_async_context(worker)
        await start_bare(bench, WARM_UP)
        relay = Relay(store, CaseGateway(client), Unchanging(rules), RelayTerms(shift_seconds=ahead))
        stop = asyncio.Event()
        carrying = asyncio.create_task(relay.run(stop))
        await start_ours(bench, relay, WARM_UP)
        say("starts")
        figures = await starting(bench, relay, starts)
        watch = Watch(store, applied)
        looking = asyncio.create_task(watch.look())
        say("one person")
        figures |= await idle(bench, watch, clicks)
        say("16 people")
        figures |= await busy(bench, watch, 16, max(5, clicks // 4))
        looking.cancel()
        say(f"memory with {total:,} open cases")
        figures |= await memory(bench, relay, total)
        stop.set()
        await carrying
    store.close()
    return {name: round(value, 2) for name, value in figures.items()}


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--starts", type=int, default=300, help="cases a round, three rounds each way")
    wanted.add_argument("--clicks", type=int, default=100)
    wanted.add_argument("--cases", type=int, default=5129, help="open cases for the memory figure")
    wanted.add_argument("--json", action="store_true")
    asked = wanted.parse_args()
    say: Callable[[str], None] = (lambda _: None) if asked.json else print
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(
            measure(Path(folder), starts=asked.starts, clicks=asked.clicks, total=asked.cases, say=say)
        )
    if asked.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name.replace('_', ' '):45} {value:>12,}")


if __name__ == "__main__":
    main()
