"""A seeded monkey: while people and a core bank work at the doors, one part after another dies by kill -9."""

import asyncio
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Final

from arrears.policy.tasks import Role
from tests.chaos.monkey.bank import Bank, a_bank
from tests.chaos.monkey.deaths import Death, Terms, deaths
from tests.chaos.monkey.outside import CORE_BANK, CoreBank, Post
from tests.chaos.monkey.part import Part
from tests.chaos.monkey.peace import PATIENCE_SECONDS, Ended, differences, judge, until_settled
from tests.chaos.monkey.people import PEOPLE, Clerk, Client, Office
from tests.chaos.monkey.programs import Postgres
from tests.chaos.monkey.report import Report
from tests.chaos.monkey.words import Journal

_TELLERS: Final = 2  # lines of the core bank


async def play(terms: Terms, folder: Path) -> Report:
    """One whole run: a bank is furnished, worked under deaths, left in peace, and held against the journal."""
    load = os.getloadavg()[0]
    async with a_bank(folder, database=terms.database) as bank:
        await bank.past_the_calls(terms.escalated)
        bank.open(terms.cases - terms.escalated)
        with bank.running():
            journal, died, quiet = await asyncio.to_thread(_work, terms, bank)
            settled = await asyncio.to_thread(until_settled, bank, quiet)
            apart = await differences(bank)
            ended = Ended(journal, died, settled, apart, (load, os.getloadavg()[0]))
            return await asyncio.to_thread(judge, terms, bank, ended)


# ---- work and deaths -------------------------------------------------------------------------------------


def _work(terms: Terms, bank: Bank) -> tuple[Journal, Counter[str], float]:
    """Returns the journal, who died, and when peace began, with every client answered."""
    journal, over, given_up = Journal(), threading.Event(), threading.Event()
    today = bank.world.rules.calendar.day_of(int(bank.world.start_at.timestamp()))
    office = Office(journal, over, given_up, today)
    clients = list(_clients(terms, bank, office))
    for client in clients:
        client.start()
    died = _kill(terms, bank)
    over.set()
    quiet = time.monotonic()
    for client in clients:
        client.join(PATIENCE_SECONDS)
    given_up.set()
    return journal, died, quiet


def _clients(terms: Terms, bank: Bank, office: Office) -> Iterator[Client]:
    for n, (staff_id, role) in enumerate(PEOPLE):
        line = bank.line(staff_id, role, office.journal)
        # So slow that there is work to the end; a lead is alone with two questions to each letter.
        pause = terms.seconds * (1 if role is Role.TEAM_LEAD else 4) / terms.cases
        yield Clerk(office, staff_id, line, Random(terms.seed * 1000 + n), pause)
    for n in range(_TELLERS):
        line = bank.line(*CORE_BANK, office.journal)
        chance = Random(terms.seed * 1000 + 100 + n)
        currency = bank.world.rules.terms.currency
        yield CoreBank(office, line, chance, bank.loans[n::_TELLERS], number=n, currency=currency)
    ops = bank.line("s-ops", dict(PEOPLE)["s-ops"], office.journal)
    yield Post(office, ops, Random(terms.seed), bank.folder / "letters", bank.sent_at)


def _kill(terms: Terms, bank: Bank) -> Counter[str]:
    """Who is down at that moment already cannot die."""
    began, died = time.monotonic(), Counter[str]()
    for death in deaths(terms):
        time.sleep(max(0.0, began + death.at - time.monotonic()))
        died[death.target] += _strike(bank.parts, death)
    time.sleep(max(0.0, began + terms.seconds - time.monotonic()))
    return died


def _strike(parts: dict[str, Part], death: Death) -> bool:
    if death.target != "backend":
        return parts[death.target].kill()
    server = parts["postgres"].program
    assert isinstance(server, Postgres)
    return server.kill_a_backend(death.which)
