"""A whole bank of processes: database, Temporal, doors, worker and relay, each by itself, with cases and people in it."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy.exc import OperationalError

from api.auth.keys import keyring_from
from api.auth.person import Person
from api.auth.tokens import Kind, Tokens
from api.desk.answering import Answer
from api.gateway import connect
from arrears import clock
from arrears.cli.office_hours import seconds_until_open
from arrears.engine.embedded import Engine
from arrears.engine.namespace import prepare
from arrears.engine.ports import choose
from arrears.names import TASK_QUEUE
from arrears.policy.tasks import Role
from arrears.store import packs, people, schema
from arrears.store.people import NewStaff
from arrears.store.session import Store, open_engine
from tests import postgres, stories
from tests.certified import certified
from tests.chaos.monkey.outside import CORE_BANK, Loan
from tests.chaos.monkey.part import Part
from tests.chaos.monkey.people import PEOPLE
from tests.chaos.monkey.programs import Doors, Postgres, Temporal, Verb
from tests.chaos.monkey.words import Journal, Line
from tests.world import World, a_world

NAMESPACE: Final = "arrears"
_AT_ONCE: Final = 8
_UP_SECONDS: Final = 120.0
# Who releases the letters before the journals begin.
_HEAD: Final = Person("s-head", "head", "Head", frozenset({Role.TEAM_LEAD}), "zh-CN")


@dataclass
class Bank:
    """`world` is our own hand in it, without worker and relay; `parts` by name."""

    world: World
    folder: Path
    settings: dict[str, str]
    url: str
    address: str
    parts: dict[str, Part] = field(default_factory=dict)
    loans: list[Loan] = field(default_factory=list)

    # ---- people ------------------------------------------------------------------------------------------

    def hire(self) -> None:
        with self.world.store.transaction() as connection:
            for staff_id, role in (*PEOPLE, CORE_BANK, ("s-head", Role.TEAM_LEAD)):
                new = NewStaff(staff_id, staff_id, frozenset({role}), None, "zh-CN", staff_id)
                certified(connection, people.add_staff(connection, new, at=clock.machine_now()))

    def line(self, staff_id: str, role: Role, journal: Journal) -> Line:
        """With a token as `arrears staff token` prints it."""
        who = Person(staff_id, staff_id, staff_id, frozenset({role}), "zh-CN")
        tokens = Tokens(keyring_from(self.folder / "token.key"))
        issued = tokens.issue(who, kind=Kind.PERSONAL, life=timedelta(days=1))
        return Line(self.url, issued.token, journal)

    # ---- cases -------------------------------------------------------------------------------------------

    async def past_the_calls(self, many: int) -> None:
        """Two days of calls in vain, which nobody can wait for, are skipped: in half of the cases a lead is asked.

        In the others a letter is released, which is said and not heard: it goes out while parts die.
        """
        room, letters = asyncio.Semaphore(_AT_ONCE), list[str]()

        async def one(n: int) -> None:
            async with room:
                case_id = await (stories.to_formal if n % 2 else stories.to_escalation)(self.world)
            self._known(case_id)
            letters.extend([case_id] * (n % 2))

        async with self.world.working(), self.world.relaying():
            await asyncio.gather(*(one(n) for n in range(many)))
        for case_id in letters:
            self._release(case_id)

    def _release(self, case_id: str) -> None:
        """By the clock of the doors: what is said by that of the case would wait for the doors to come to its day."""
        task = self.world.task(case_id, "notice_release")
        with clock.door_time(self.world.start_at):
            self.world.desk.decide(_HEAD, task.task_id, Answer("release", task.facts_no))

    def open(self, many: int) -> None:
        """Said, and not waited for: cases open while parts die."""
        for n in range(many):
            overdue = 40_000 + n * 137
            loan_id = self.world.loan(days_past_due=5 + n % 40, overdue=overdue, balance=overdue * 6)
            self._known(self.world.open(loan_id), overdue)

    def _known(self, case_id: str, overdue: int = stories.OVERDUE) -> None:
        self.loans.append(Loan(case_id.rsplit("-", 1)[0].removeprefix("case-"), overdue))

    def sent_at(self, notice_id: str) -> datetime | None:
        """None also while the database cannot be asked."""
        case_id = notice_id.rsplit("-notice-", 1)[0]
        with suppress(OperationalError):
            at: datetime | None = self.world.notice(case_id).sent_at
            return at
        return None

    # ---- parts -------------------------------------------------------------------------------------------

    @contextmanager
    def running(self) -> Iterator[None]:
        """Each part kept running for the length of the block; ended in the order of who needs whom."""
        try:
            if "postgres" in self.parts:  # nobody else comes up without it
                self._begin("postgres")
            self._begin(*(name for name in self.parts if name != "postgres"))
            yield
        finally:
            for part in reversed(self.parts.values()):
                part.end()

    def _begin(self, *names: str) -> None:
        for name in names:
            self.parts[name].begin()
        for name in names:
            self.parts[name].until_it_serves(_UP_SECONDS)

    def ask(self, *verb: str) -> Any:
        """What a verb of the command line says to programs."""
        done = subprocess.run(
            [_arrears(), *verb, "--json"],
            env=self._environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        try:
            return json.loads(done.stdout)
        except ValueError:
            raise RuntimeError(f"arrears {' '.join(verb)}: {done.stdout}{done.stderr}") from None

    def equip(self, engine: Engine, cluster: postgres.Cluster | None) -> None:
        if cluster is not None:
            self.parts["postgres"] = Part("postgres", Postgres(cluster, self.folder))
        self.parts["temporal"] = Part("temporal", Temporal(engine))
        env = self._environment
        doors = Doors([_arrears(), "serve"], env, self.folder, url=self.url)
        self.parts["serve"] = Part("serve", doors)
        for verb in ("worker", "relay"):
            self.parts[verb] = Part(verb, Verb(verb, [_arrears(), verb], env, self.folder))

    @property
    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ARREARS_")}
        return kept | self.settings


def _arrears() -> str:
    return str(Path(sys.executable).with_name("arrears"))


@asynccontextmanager
async def a_bank(folder: Path, *, database: str) -> AsyncIterator[Bank]:
    """On `sqlite` or `postgres`; no part runs yet but Temporal and the database."""
    with (
        _database(folder, database) as (url, cluster),
        Engine(data_dir=folder, time_skipping=True, ui=False) as engine,
    ):
        await prepare(engine.address, namespace=NAMESPACE, retention_days=1)
        store = Store(open_engine(url))
        try:
            async with _a_world(store, engine, folder) as world:
                bank = _furnished(world, engine, folder, url)
                bank.equip(engine, cluster)
                bank.hire()
                yield bank
        finally:
            store.close()


@asynccontextmanager
async def _a_world(store: Store, engine: Engine, folder: Path) -> AsyncIterator[World]:
    """In office hours, whatever the hour is here."""
    schema.upgrade(store)
    client = await connect(engine.address, NAMESPACE, lazy=False)
    now = clock.machine_now()
    ahead = seconds_until_open(int(now.timestamp()), packs.load("cn-bank-2026").rules.calendar)
    hands_off: dict[str, Any] = {"relaying": False, "working": False, "queue": TASK_QUEUE}
    async with a_world(store, client, folder, start_at=now + timedelta(seconds=ahead), **hands_off) as world:
        yield world


def _furnished(world: World, engine: Engine, folder: Path, database: str) -> Bank:
    [port] = choose(["web"], kept={}).values()
    settings = {
        "ARREARS_DATA_DIR": str(folder),
        "ARREARS_DATABASE_URL": database,
        "ARREARS_TEMPORAL_ADDRESS": engine.address,
        "ARREARS_TEMPORAL_NAMESPACE": NAMESPACE,
        "ARREARS_TIME_SKIPPING": "true",
        "ARREARS_SHIFT_SECONDS": str(world.shift_seconds),
        "ARREARS_PORT": str(port),
    }
    return Bank(world, folder, settings, f"http://127.0.0.1:{port}", engine.address)


@contextmanager
def _database(folder: Path, kind: str) -> Iterator[tuple[str, postgres.Cluster | None]]:
    if kind == "sqlite":
        yield f"sqlite:///{(folder / 'arrears.db').as_posix()}", None
        return
    with postgres.cluster(durable=True) as cluster:
        yield cluster.create("arrears"), cluster
