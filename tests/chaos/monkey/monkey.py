"""A seeded monkey: while people and a core bank work at the doors, one part after another dies by kill -9."""

import asyncio
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

from sqlalchemy import func, select

from arrears.store.tables import cases, messages
from tests.chaos.monkey import verdict
from tests.chaos.monkey.bank import Bank, a_bank
from tests.chaos.monkey.parts import Part, Postgres
from tests.chaos.monkey.people import CORE_BANK, PEOPLE, Clerk, Client, CoreBank, Office, Post
from tests.chaos.monkey.report import Report
from tests.chaos.monkey.words import Journal

TARGETS: Final = {
    "sqlite": ("serve", "worker", "relay", "temporal"),
    "postgres": ("serve", "worker", "relay", "temporal", "postgres", "backend"),
}
SHORTEST, LONGEST = 3.0, 8.0  # seconds between two deaths
_QUIET_PATIENCE: Final = 240.0
_TELLERS: Final = 2  # lines of the core bank
_LOOKS: Final = 16


@dataclass(frozen=True)
class Terms:
    seed: int
    seconds: float = 90.0
    cases: int = 200
    database: str = "sqlite"

    @property
    def escalated(self) -> int:
        """So many of the cases are past the calls, and letters go out of them."""
        return max(2, self.cases // 10)


@dataclass(frozen=True)
class Death:
    at: float  # seconds from the beginning
    target: str
    which: float


def deaths(terms: Terms) -> Iterator[Death]:
    """Who dies when: the same for the same seed."""
    chance, at = Random(terms.seed), 0.0
    while (at := at + chance.uniform(SHORTEST, LONGEST)) < terms.seconds:
        yield Death(at, chance.choice(TARGETS[terms.database]), chance.random())


async def play(terms: Terms, folder: Path) -> Report:
    """One whole run: a bank is furnished, worked under deaths, left in peace, and held against the journal."""
    load = os.getloadavg()[0]
    async with a_bank(folder, database=terms.database) as bank:
        await bank.to_escalation(terms.escalated)
        bank.open(terms.cases - terms.escalated)
        with bank.running():
            journal, quiet = await asyncio.to_thread(_work, terms, bank)
            settled = await asyncio.to_thread(_until_settled, bank, quiet)
            apart = await _apart(bank)
            return await asyncio.to_thread(_judge, terms, bank, journal, settled, apart, load)


# ---- work and deaths -------------------------------------------------------------------------------------


def _work(terms: Terms, bank: Bank) -> tuple[Journal, float]:
    """Returns the journal and when peace began, with all parts up and every client answered."""
    journal, over, given_up = Journal(), threading.Event(), threading.Event()
    today = bank.world.rules.calendar.day_of(int(bank.world.start_at.timestamp()))
    office = Office(journal, over, given_up, today)
    clients = list(_clients(terms, bank, office))
    for client in clients:
        client.start()
    _kill(terms, bank)
    over.set()
    quiet = time.monotonic()
    for client in clients:
        client.join(_QUIET_PATIENCE)
    given_up.set()
    return journal, quiet


def _clients(terms: Terms, bank: Bank, office: Office) -> Iterator[Client]:
    for n, (staff_id, role) in enumerate(PEOPLE):
        line = bank.line(staff_id, role, office.journal)
        # So slow that there is work to the end.
        pause = terms.seconds * 4 / terms.cases
        yield Clerk(office, staff_id, line, Random(terms.seed * 1000 + n), pause)
    for n in range(_TELLERS):
        line = bank.line(*CORE_BANK, office.journal)
        chance = Random(terms.seed * 1000 + 100 + n)
        currency = bank.world.rules.terms.currency
        yield CoreBank(office, line, chance, bank.loans[n::_TELLERS], number=n, currency=currency)
    ops = bank.line("s-ops", dict(PEOPLE)["s-ops"], office.journal)
    yield Post(office, ops, Random(terms.seed), bank.folder / "letters", bank.sent_at)


def _kill(terms: Terms, bank: Bank) -> None:
    began = time.monotonic()
    for death in deaths(terms):
        time.sleep(max(0.0, began + death.at - time.monotonic()))
        _strike(bank.parts, death)
    time.sleep(max(0.0, began + terms.seconds - time.monotonic()))


def _strike(parts: dict[str, Part], death: Death) -> None:
    if death.target != "backend":
        parts[death.target].kill()
        return
    server = parts["postgres"].program
    assert isinstance(server, Postgres)
    server.kill_a_backend(death.which)


# ---- peace -----------------------------------------------------------------------------------------------


def _until_settled(bank: Bank, quiet: float) -> float | None:
    """Seconds from the beginning of peace until nothing that was said waited to be heard; None when it never came."""
    for part in bank.parts.values():
        part.until_it_serves(_QUIET_PATIENCE)
    under_way = select(func.count()).where(messages.c.status.in_(("waiting", "sent")))
    while time.monotonic() < quiet + _QUIET_PATIENCE:
        with bank.world.store.reading() as connection:
            if connection.execute(under_way).scalar() == 0:
                return time.monotonic() - quiet
        time.sleep(0.1)
    return None


async def _apart(bank: Bank) -> list[str]:
    """Open cases whose workflow does not come to tell what the database holds."""
    until = time.monotonic() + _QUIET_PATIENCE
    apart = await _differing(bank)
    while apart and time.monotonic() < until:
        await asyncio.sleep(0.5)
        apart = await _differing(bank)
    return [f"{case_id}: workflow and database differ" for case_id in apart]


async def _differing(bank: Bank) -> list[str]:
    with bank.world.store.reading() as connection:
        is_open = select(cases.c.case_id).where(cases.c.status == "open")
        names = list(connection.execute(is_open).scalars())
    room = asyncio.Semaphore(_LOOKS)

    async def agrees(case_id: str) -> bool:
        async with room:
            return await bank.world.agrees(case_id)

    agreed = await asyncio.gather(*(agrees(name) for name in names))
    return [name for name, so in zip(names, agreed, strict=True) if not so]


def _judge(
    terms: Terms, bank: Bank, journal: Journal, settled: float | None, apart: list[str], load: float
) -> Report:
    checked, trail = bank.ask("check"), bank.ask("audit", "verify")
    replayed = bank.ask("replay", "--open")
    with bank.world.store.reading() as connection:
        counted = select(messages.c.status, messages.c.reason, func.count()).group_by(
            messages.c.status, messages.c.reason
        )
        became = Counter(
            {f"{status} {reason or ''}".strip(): n for status, reason, n in connection.execute(counted)}
        )
    return Report(
        seed=terms.seed,
        database=terms.database,
        seconds=terms.seconds,
        cases=terms.cases,
        load_before=load,
        load_after=os.getloadavg()[0],
        deaths=Counter(death.target for death in deaths(terms)),
        again={part.name: part.again for part in bank.parts.values()},
        ended_by_themselves={
            part.name: part.ended_by_itself for part in bank.parts.values() if part.ended_by_itself
        },
        accepted=Counter(word.kind for word in journal.words if word.yes is not None),
        asked_again=sum(len(word.told) > 1 for word in journal.words),
        answers=journal.answers,
        messages=became,
        settled_seconds=settled,
        invariants=len(checked["asked"]),
        violations=[f"{one['invariant']}: {one['what']}" for one in checked["broken"]],
        trail_rows=trail["rows"],
        trail_broken=[f"{one['stream']} row {one['n']}: {one['why']}" for one in trail["broken"]],
        lost=verdict.unlike(journal, bank.world.store),
        apart=apart,
        strange=journal.strange,
        replayed=_broken(replayed),
    )


def _broken(replayed: dict[str, Any]) -> list[str]:
    return [f"{one}" for one in replayed.get("wrong", [])]
