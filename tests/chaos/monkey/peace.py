"""After the last death: how long until all is heard, and whether everything is as it was told."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select

from arrears.policy.state import Clock
from arrears.store.tables import cases, messages
from tests.chaos.monkey import verdict
from tests.chaos.monkey.bank import Bank
from tests.chaos.monkey.deaths import Terms
from tests.chaos.monkey.report import Report
from tests.chaos.monkey.words import Journal

PATIENCE_SECONDS: Final = 240.0
_LOOKS: Final = 16  # at workflows, at once


@dataclass(frozen=True)
class Ended:
    """What is known when peace has come; `settled_seconds` is None when it did not, `load` before and after."""

    journal: Journal
    died: Counter[str]
    settled_seconds: float | None
    apart: list[str]
    load: tuple[float, float]


def until_settled(bank: Bank, quiet: float) -> float | None:
    """Seconds from the beginning of peace until nothing that was said waited to be heard; None when it never came."""
    for part in bank.parts.values():
        part.until_it_serves(PATIENCE_SECONDS)
    under_way = select(func.count()).where(messages.c.status.in_(("waiting", "sent")))
    while time.monotonic() < quiet + PATIENCE_SECONDS:
        with bank.world.store.reading() as connection:
            if connection.execute(under_way).scalar() == 0:
                return time.monotonic() - quiet
        time.sleep(0.1)
    return None


async def differences(bank: Bank) -> list[str]:
    """Open cases that do not come to rest: a letter is under way, or the workflow tells another state than the database."""
    until = time.monotonic() + PATIENCE_SECONDS
    apart = await _differing(bank)
    while apart and time.monotonic() < until:
        await asyncio.sleep(0.5)
        apart = await _differing(bank)
    return [f"{case_id}: sends for ever, or differs from its workflow" for case_id in apart]


async def _differing(bank: Bank) -> list[str]:
    with bank.world.store.reading() as connection:
        is_open = select(cases.c.case_id, cases.c.next_deadline).where(cases.c.status == "open")
        names = {row.case_id: row.next_deadline for row in connection.execute(is_open)}
    room = asyncio.Semaphore(_LOOKS)

    async def agrees(case_id: str) -> bool:
        async with room:
            return names[case_id] != Clock.SEND.value and await bank.world.agrees(case_id)

    agreed = await asyncio.gather(*(agrees(name) for name in names))
    return [name for name, so in zip(names, agreed, strict=True) if not so]


def judge(terms: Terms, bank: Bank, ended: Ended) -> Report:
    """By the command line, as an operator would ask, and by the journal."""
    checked, trail, replayed = bank.ask("check"), bank.ask("audit", "verify"), bank.ask("replay", "--open")
    journal, parts = ended.journal, bank.parts.values()
    return Report(
        seed=terms.seed,
        database=terms.database,
        seconds=terms.seconds,
        cases=terms.cases,
        load=ended.load,
        deaths=ended.died,
        again={part.name: part.again for part in parts},
        ended_by_themselves={part.name: part.ended_by_itself for part in parts if part.ended_by_itself},
        accepted=Counter(word.kind for word in journal.words if word.yes is not None),
        asked_again=sum(len(word.told) > 1 for word in journal.words),
        answers=journal.answers,
        heard=_counted(bank, messages.c.signal, messages.c.status == "applied"),
        refused=_counted(bank, messages.c.reason, messages.c.status == "refused"),
        letters=len(list((bank.folder / "letters").glob("*.pdf"))),
        settled_seconds=ended.settled_seconds,
        invariants=len(checked["asked"]),
        violations=[f"{one['invariant']}: {one['what']}" for one in checked["broken"]],
        trail_rows=trail["rows"],
        trail_broken=[f"{one['stream']} row {one['n']}: {one['why']}" for one in trail["broken"]],
        lost=verdict.unlike(journal, bank.world.store),
        apart=ended.apart,
        strange=journal.strange,
        replayed=replayed["same"],
        not_replayed=[str(one) for one in replayed["wrong"]],
    )


def _counted(bank: Bank, by: ColumnElement[Any], which: ColumnElement[bool]) -> Counter[str]:
    with bank.world.store.reading() as connection:
        rows = connection.execute(select(by, func.count()).where(which).group_by(by)).all()
    return Counter({str(name): n for name, n in rows})
