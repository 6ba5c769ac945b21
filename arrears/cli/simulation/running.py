"""Runs a simulation: its own store, server and worker, from the portfolio to the count."""

import os
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, select

from api.desk.desk import Desk
from api.gateway import connect
from arrears import clock
from arrears.channels import bank as banks
from arrears.channels.file import FileChannel
from arrears.cli.compose import WorkerTerms, make_worker
from arrears.cli.simulation.carrier import Carrier
from arrears.cli.simulation.driver import AT_ONCE, clear_the_server, drive
from arrears.cli.simulation.expecting import expect
from arrears.cli.simulation.finding import find
from arrears.cli.simulation.life import Bank, instant
from arrears.cli.simulation.portfolio import load
from arrears.cli.simulation.robots import STAFF
from arrears.cli.simulation.skipping import Skips
from arrears.cli.simulation.tally import Tally, tally
from arrears.cli.simulation.terms import OtherSimulation, SimulationTerms
from arrears.cli.simulation.watching import WatchedStore
from arrears.cli.telemetry import keep_to_the_log
from arrears.contracts import Unchanging
from arrears.engine.embedded import Engine
from arrears.engine.namespace import prepare
from arrears.feeds.importing import Reporter
from arrears.settings import Settings
from arrears.store import certificates, closings, people, schema
from arrears.store.invariants.asking import check
from arrears.store.invariants.register import ALL
from arrears.store.packs import Pack
from arrears.store.people import NewStaff
from arrears.store.session import Store, open_engine
from arrears.store.tables import loans, messages, staff

# A case that came to its end keeps its place until another needs it; those under way must never lose theirs.
_CACHED: Final = AT_ONCE * 8


# On a server of somebody else: cases of a bank have the same names.
NAMESPACE: Final = "arrears-simulation"


@dataclass(frozen=True)
class Ran:
    """What was counted, and what this run took: wall and CPU of this process and of the server, in seconds.

    `moved` are the cases that had anything left to live: all, unless the run went on after another.
    """

    tally: Tally
    moved: int
    wall_s: float
    cpu_s: float | None

    def as_json(self) -> dict[str, Any]:
        told = self.tally.as_json()
        mismatches = told.pop("mismatches")
        figures = {"wall_s": round(self.wall_s, 1), "cases_per_s": self.cases_per_s}
        if self.cpu_s is not None and self.moved:
            figures["cpu_s_per_case"] = round(self.cpu_s / self.moved, 3)
        return told | figures | {"mismatches": mismatches}

    @property
    def cases_per_s(self) -> float:
        return round(self.moved / self.wall_s, 2)


async def simulate(
    settings: Settings, pack: Pack, terms: SimulationTerms, *, reporter: Reporter, say: Callable[[str], None]
) -> Ran:
    """Raises Stuck, PortfolioRefused, EngineError; whatever was done stays, and the same call goes on."""
    keep_to_the_log()
    began = time.monotonic()
    store = WatchedStore(open_engine(settings.database, busy_seconds=settings.busy_seconds))
    try:
        schema.upgrade(store)
        _hire(store, terms, pack)
        _close_days(store, terms, pack)
        debts = load(store, pack, terms, reporter, rejects_to=settings.data_dir / "rejects.csv")
        async with AsyncExitStack() as parts:
            engine = parts.enter_context(
                Engine(
                    data_dir=settings.data_dir,
                    time_skipping=True,
                    ui=False,
                    say=say,
                    address=settings.temporal_address,
                    cache_dir=settings.cache_dir,
                )
            )
            bank = await _bank(settings, pack, terms, store=store, engine=engine, parts=parts)
            reporter.advance("cases", 0, len(debts))
            done = 0

            def advance(cases: int) -> None:
                nonlocal done
                done += cases
                reporter.advance("cases", done, len(debts))

            moved = await drive(bank, debts, advance=advance)
            if bank.carrier.nudged:
                say(f"the server let timers lie: cases were woken {bank.carrier.nudged} times")
            cpu = _cpu(engine.server_pid)
        expected = [expect(debt, pack.terms, as_of=terms.as_of, last_day=terms.last_day) for debt in debts]
        counted = tally(expected, find(store, expected, pack.rules))
        breaches = check(store, Unchanging(pack.rules), ALL, now=clock.machine_now(), at_rest=True)
        broken = tuple(f"{one.invariant.name}: {one.what}" for one in breaches)
        counted = replace(counted, mismatches=(*counted.mismatches, *broken))
        return Ran(counted, moved, time.monotonic() - began, cpu)
    finally:
        store.close()


def must_be_empty(settings: Settings) -> None:
    """Before a simulation begins. Raises OtherSimulation where the database holds anybody's loans or people."""
    store = Store(open_engine(settings.database, busy_seconds=settings.busy_seconds))
    try:
        if schema.current(store) is None:
            return
        schema.upgrade(store)
        with store.reading() as connection:
            for table in (loans, staff, messages):
                if connection.execute(select(table).limit(1)).first() is not None:
                    raise OtherSimulation(
                        "The database holds something else: a simulation needs one of its own."
                    )
    finally:
        store.close()


async def _bank(
    settings: Settings,
    pack: Pack,
    terms: SimulationTerms,
    *,
    store: WatchedStore,
    engine: Engine,
    parts: AsyncExitStack,
) -> Bank:
    await prepare(
        engine.address, namespace=settings.temporal_namespace, retention_days=settings.temporal_retention_days
    )
    client = await connect(engine.address, settings.temporal_namespace, lazy=False)
    store.listen()
    bank = Bank(
        store=store,
        desk=Desk(store, Unchanging(pack.rules)),
        carrier=Carrier(store, client, pack.rules, run_events=settings.run_events),
        skips=Skips(client),
        rules=pack.rules,
        seed=terms.seed,
        begins_at=terms.begins_at(pack.calendar),
        ends_at=terms.ends_at(pack.calendar),
    )
    await clear_the_server(bank)
    worker = make_worker(
        client,
        store,
        Unchanging(pack.rules),
        channel=FileChannel(settings.letters),
        banks=banks.load(settings.bank_file),
        terms=WorkerTerms(may_shift=True, unsandboxed=settings.unsandboxed, max_cached_workflows=_CACHED),
    )
    await parts.enter_async_context(worker)
    return bank


def _hire(store: WatchedStore, terms: SimulationTerms, pack: Pack) -> None:
    at = instant(terms.begins_at(pack.calendar))
    with store.transaction() as connection:
        known = {row.staff_id for row in people.all_staff(connection)}
        for robot in STAFF:
            if robot.staff_id not in known:
                new = NewStaff(robot.login, robot.name, robot.roles, None, robot.language, robot.staff_id)
                people.add_staff(connection, new, at=at)
                _certify(connection, robot.staff_id, terms, at=at)


def _certify(connection: Connection, staff_id: str, terms: SimulationTerms, *, at: datetime) -> None:
    """Tested anew every half year, for as long as the simulation lasts."""
    for days in range(0, terms.horizon_days + 180, 180):
        since = at + timedelta(days=days)
        certificates.grant(
            connection, staff_id, since=since, until=since + timedelta(days=365), by="simulation", at=at
        )


def _close_days(store: WatchedStore, terms: SimulationTerms, pack: Pack) -> None:
    """The core bank's word for each day: the driver posts a day's payments before it lets the day end."""
    if not pack.terms.end_of_day:
        return
    at = instant(terms.begins_at(pack.calendar))
    with store.transaction() as connection:
        for days in range(-1, terms.horizon_days + 1):
            closings.close_day(connection, terms.as_of + timedelta(days=days), at=at, source="core-bank")


def _cpu(server: int | None) -> float | None:
    """CPU seconds of this process and of the server; None where the system does not tell."""
    stat = Path(f"/proc/{server}/stat")
    if not stat.exists():
        return None
    fields = stat.read_text().rpartition(")")[2].split()
    return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
