"""A week without a worker: a portfolio whose clocks have all run out wakes at once, at night, and a worker dies in it.

The server skips no time while a case waits for a worker, so the cases are made without one, and begin to run a week
after the last thing that was done in them.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from api.gateway import connect
from arrears import clock
from arrears.contracts import Unchanging
from arrears.engine.embedded import Engine
from arrears.store import packs
from arrears.store.invariants.asking import check
from arrears.store.invariants.register import ALL
from arrears.store.session import Store
from arrears.store.tables import cases, contact_attempts
from tests.builders import MONDAY, CaseRoom
from tests.chaos.conftest import Bank, a_bank
from tests.workflows.conftest import NAMESPACE
from tests.world import PAST, World, a_world

WEEK: Final = timedelta(days=7)
_AT_ONCE: Final = 16
# A task that nobody does is told of in steps, each a strike of its own: reminded, freed, reported (T16).
_STEPS: Final = {"sla": 3}
_PATIENTLY: Final[dict[str, float]] = {"seconds": 1200, "every": 0.25}
RATE: Final = 8.0  # cases a second that a portfolio must wake at
# By 23:00 nobody may be contacted any more; from 8:00 on one may again.
_NIGHT, _MORNING = 23, 8


@dataclass
class Outage:
    """What came of it; `faults` are sentences, and what is too slow is told by `drained_seconds`."""

    cases: int
    load_before: float
    load_after: float = 0.0
    overdue: int = 0  # clocks that had run out when the workers came back
    struck: Counter[str] = field(default_factory=Counter)
    drained_seconds: float = 0.0
    waiting_letters: int = 0
    letters: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.cases / self.drained_seconds if self.drained_seconds else 0.0

    @property
    def too_slow(self) -> list[str]:
        return [] if self.rate >= RATE else [f"{self.rate:.1f} cases a second woke, {RATE:.0f} are wanted"]

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "rate": self.rate, "too_slow": self.too_slow}

    def in_words(self) -> str:
        struck = ", ".join(f"{name} {n}" for name, n in sorted(self.struck.items()))
        lines = [
            f"{self.cases} cases after a week's outage, load {self.load_before:.1f} to {self.load_after:.1f}.",
            f"{self.overdue} clocks had run out. Struck: {struck}.",
            f"All had moved after {self.drained_seconds:.1f} s, {self.rate:.1f} cases a second; one worker was killed on the way.",
            f"{self.waiting_letters} letters waited for the morning, {self.letters} went out then, none at night.",
        ]
        lines += [f"FAULT {fault}" for fault in self.faults] + [f"SLOW {late}" for late in self.too_slow]
        return "\n".join(lines)


# ---- before ----------------------------------------------------------------------------------------------


def furnish(store: Store, many: int) -> None:
    """Without Temporal: called in vain, promised, refused, and a quarter with a letter that waits for the morning."""
    room = CaseRoom(store, packs.load("cn-bank-2026").rules)
    room.staff()
    stories = (_in_vain, _promised, _with_a_letter, _escalated)
    for n in range(many):
        room.now = MONDAY
        stories[n % len(stories)](room)


def _in_vain(room: CaseRoom) -> None:
    room.say(room.a_case(days_past_due=12), "first_contact", "na", by="s-collector")


def _promised(room: CaseRoom) -> None:
    on = room.today + timedelta(days=3)
    case_id = room.a_case(days_past_due=12)
    room.say(case_id, "first_contact", "ptp", by="s-collector", amount_minor=30_000, on=on)


def _with_a_letter(room: CaseRoom) -> None:
    case_id = room.a_case(days_past_due=80, overdue=100_000, balance=5_000_000)
    room.to_formal(case_id)
    room.now = _at_hour(room.now, room.rules.calendar.zone, _NIGHT)
    room.say(case_id, "notice_release", "release", by="s-lead")


def _escalated(room: CaseRoom) -> None:
    case_id = room.a_case(days_past_due=80, overdue=100_000, balance=5_000_000)
    room.ask_lead(case_id)


def _at_hour(instant: datetime, zone: str, hour: int) -> datetime:
    local = instant.astimezone(ZoneInfo(zone))
    return local.replace(hour=hour, minute=0, second=0, microsecond=0).astimezone(instant.tzinfo)


# ---- the night the workers come back ---------------------------------------------------------------------


async def play(store: Store, engine: Engine, folder: Path, many: int) -> Outage:
    """`store` is empty and of this version."""
    came = Outage(many, os.getloadavg()[0])
    await asyncio.to_thread(furnish, store, many)
    client = await connect(engine.address, NAMESPACE, lazy=False)
    with store.reading() as connection:
        last = connection.execute(select(func.max(cases.c.decided_at))).scalar_one()
    back_at = _at_hour(last + WEEK, packs.load("cn-bank-2026").rules.calendar.zone, _NIGHT)
    hands_off: dict[str, Any] = {"relaying": False, "working": False}
    async with a_world(store, client, folder, start_at=back_at, **hands_off) as world:
        await _wake(a_bank(world, engine, folder), came)
    came.load_after = os.getloadavg()[0]
    return came


async def _wake(bank: Bank, came: Outage) -> None:
    world = bank.world
    before = {row.case_id: row for row in _rows(world)}
    came.overdue = sum(
        at <= world.start_at.timestamp() for row in before.values() for at in row.state["deadlines"].values()
    )
    waiting = [row.case_id for row in before.values() if "send" in row.state["deadlines"]]
    came.waiting_letters = len(waiting)
    await _begin(world, before)
    began = time.monotonic()
    with bank.acting("worker") as worker:
        await world.until(lambda: _moved(world, before) >= came.cases // 3, **_PATIENTLY)
        worker.kill()
        worker.wait()
    with bank.acting("worker"):
        await world.until(lambda: _is_at_rest(world, before), **_PATIENTLY)
        came.drained_seconds = time.monotonic() - began
        came.faults += [f"{letter.stem}: went out at night" for letter in world.letters.glob("*.pdf")]
        _count_strikes(world, before, came)
        await _until_morning(world, waiting)
        came.letters = len(list(world.letters.glob("*.pdf")))
        came.faults += await _judge(world, waiting)


async def _begin(world: World, names: Iterable[str]) -> None:
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(case_id: str) -> None:
        async with room:
            await world.goes_on(case_id)

    await asyncio.gather(*(one(case_id) for case_id in names))


def _rows(world: World) -> list[Any]:
    with world.store.reading() as connection:
        return list(connection.execute(select(cases)))


def _moved(world: World, before: dict[str, Any]) -> int:
    return sum(seq > before[case_id].seq for case_id, seq, _ in _places(world))


def _is_at_rest(world: World, before: dict[str, Any]) -> bool:
    """Every case has moved, and no clock of any is due."""
    now = clock.machine_now() + timedelta(seconds=world.shift_seconds)
    return all(
        seq > before[case_id].seq and (due is None or due > now) for case_id, seq, due in _places(world)
    )


def _places(world: World) -> Iterable[tuple[str, int, datetime | None]]:
    """How far each case is, without its state: this is asked often."""
    with world.store.reading() as connection:
        places = select(cases.c.case_id, cases.c.seq, cases.c.next_deadline_at)
        return [tuple(row) for row in connection.execute(places)]


def _count_strikes(world: World, before: dict[str, Any], came: Outage) -> None:
    for case_id, row in before.items():
        late = [one.event for one in world.records(case_id)[row.seq :]]
        names = [str(event.get("clock", event["kind"])) for event in late]
        came.struck.update(names)
        came.faults += [
            f"{case_id}: {name} struck {n} times"
            for name, n in Counter(names).items()
            if n > _STEPS.get(name, 1)
        ]


# ---- the morning after -----------------------------------------------------------------------------------


async def _until_morning(world: World, waiting: list[str]) -> None:
    room = asyncio.Semaphore(_AT_ONCE)
    morning = _at_hour(world.start_at, world.rules.calendar.zone, _MORNING) + timedelta(days=1)

    async def one(case_id: str) -> None:
        async with room:
            await world.skip_to(case_id, morning + PAST)

    await asyncio.gather(*(one(case_id) for case_id in waiting))
    await world.until(
        lambda: all(world.notice(case_id).sent_at is not None for case_id in waiting), **_PATIENTLY
    )


async def _judge(world: World, waiting: list[str]) -> list[str]:
    return [*_letters(world, waiting), *_broken(world), *[one async for one in _apart(world)]]


def _letters(world: World, waiting: list[str]) -> Iterator[str]:
    """Each letter that waited went out once, and nobody was contacted otherwise."""
    sent = Counter(letter.stem.rsplit("-notice-", 1)[0] for letter in world.letters.glob("*.pdf"))
    for case_id in sent.keys() ^ set(waiting):
        yield f"{case_id}: {sent[case_id]} letters went out"
    with world.store.reading() as connection:
        since = select(func.count()).where(contact_attempts.c.at >= world.start_at)
        contacts = connection.execute(since).scalar_one()
    if contacts != len(waiting):
        yield f"{contacts} contacts were made since the workers came back, {len(waiting)} letters waited"


def _broken(world: World) -> list[str]:
    found = check(world.store, Unchanging(world.rules), ALL, now=clock.machine_now(), at_rest=True)
    return [f"{one.invariant.name}: {one.what}" for one in found]


async def _apart(world: World) -> AsyncIterator[str]:
    for row in _rows(world):
        if not await world.agrees(row.case_id):
            yield f"{row.case_id}: workflow and database differ"
