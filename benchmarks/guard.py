"""How long the contact guard takes to give a slot, on both databases: one caller, and sixteen at once.

    python -m benchmarks.guard [--people 4000] [--each 150] [--pause 0.25] [--sqlite-only] [--json]

One reserve is what a door does when somebody wants to dial: a durable transaction that holds the person, finds number,
hours, certificate, ledger, holds, marks and money on its way, lets the rules count, and writes the line. Each person
has a case, ten settled messages, forty old lines in the ledger and eight of the last days; one in five had a hold, one
in twenty has one now, and one in ten has said something that its case has not heard yet.

Measured three ways: one caller; sixteen callers of one process who each pause a moment between two calls (--pause is
the mean, in seconds; a person who dials pauses a hundred times as long); and sixteen who never pause, where what is
measured is the queue. Apart from the whole stands the *wait* for the turn to write, which SQLite gives to one at a
time; the rest is the reserve itself, with its commit and with what the threads of one process take from each other.
What a durable commit of one row costs on this machine stands beside them, as no reserve can be quicker, and so does the
processor's time of a caller, which others on the machine hardly change.

ARREARS_BENCH_POSTGRES names an empty PostgreSQL database; without it a cluster of our own is started from Debian's
binaries, with PostgreSQL's own promises about commits.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Final

from sqlalchemy import Connection, bindparam, update

from arrears.contracts import Rules
from arrears.policy.codes import Action
from arrears.store import contacts, known, packs, schema
from arrears.store.contacts import Slot
from arrears.store.known import Ask
from arrears.store.session import Store, open_engine
from arrears.store.tables import staff
from benchmarks._past import CALLERS, NOW, furnish
from tests import postgres


@dataclass(frozen=True)
class Took:
    """Milliseconds; `whole` from asking to the committed slot, `wait` of it before it was this caller's turn, `busy`
    the processor's time in the caller's thread."""

    whole: float
    wait: float
    busy: float
    given: bool


# ---- measuring ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Floor:
    """Callers of one process over one database."""

    store: Store
    rules: Rules
    people: int

    def reserve(self, caller: int, call: str, person: int) -> Took:
        ask = Ask(
            attempt_id=call,
            borrower_id=f"B{person:06d}",
            action=Action.OUT_CALL,
            actor=f"s-{caller}",
            case_id=f"case-L{person:06d}-1",
            loan_id=f"L{person:06d}",
            number=f"+999{person:06d}",
        )
        asked, worked = time.perf_counter(), time.thread_time()
        with self.store.transaction() as connection:
            turn = time.perf_counter()
            given = self._slot(connection, ask)
        busy = time.thread_time() - worked
        return Took((time.perf_counter() - asked) * 1000, (turn - asked) * 1000, busy * 1000, given)

    def _slot(self, connection: Connection, ask: Ask) -> bool:
        where = known.first_point(connection, ask.borrower_id, ask.action)
        answer = contacts.reserve(connection, ask, where, self.rules, at=int(NOW.timestamp()))
        return isinstance(answer, Slot)

    def round(self, name: str, *, callers: int, each: int, pause: float) -> list[Took]:
        """Everybody dials so often; whom, is drawn from a seed."""
        with ThreadPoolExecutor(callers) as floor:
            return [
                took
                for shift in floor.map(lambda caller: self._shift(name, caller, each, pause), range(callers))
                for took in shift
            ]

    def _shift(self, name: str, caller: int, each: int, pause: float) -> list[Took]:
        chance = Random(f"{name}-{caller}")
        took = []
        for n in range(each):
            if pause:
                time.sleep(chance.expovariate(1 / pause))
            took.append(self.reserve(caller, f"{name}-{caller}-{n}", chance.randrange(self.people)))
        return took


def bare_commits(store: Store, count: int) -> list[float]:
    """Milliseconds of a durable transaction that changes one row and asks nothing."""
    took = []
    for n in range(count):
        began = time.perf_counter()
        with store.transaction() as connection:
            connection.execute(_TOUCH, {"name": f"{n}"})
        took.append((time.perf_counter() - began) * 1000)
    return took


# A connection of a door that has been open for a while: the driver prepares a statement at its sixth use, and
# PostgreSQL keeps one plan for it after five more.
_UNTIL_PREPARED: Final = 16
_TOUCH: Final = update(staff).where(staff.c.staff_id == "s-0").values(name=bindparam("name"))


def measure(url: str, *, people: int, each: int, pause: float) -> dict[str, float]:
    store = Store(open_engine(url))
    try:
        schema.upgrade(store)
        furnish(store, people)
        floor = Floor(store, packs.load("cn-bank-2026").rules, people)
        floor.round("warm", callers=CALLERS, each=_UNTIL_PREPARED, pause=0)
        bare = bare_commits(store, each)
        alone = floor.round("alone", callers=1, each=each * 2, pause=0.01)
        apart = floor.round("apart", callers=CALLERS, each=each, pause=pause)
        began = time.perf_counter()
        pressed = floor.round("pressed", callers=CALLERS, each=each, pause=0)
        seconds = time.perf_counter() - began
    finally:
        store.close()
    figures = {"bare_commit_p50_ms": statistics.median(bare), "bare_commit_p95_ms": _p95(bare)}
    figures |= _spread("alone", alone) | _spread("16_callers", apart) | _spread("16_without_pause", pressed)
    figures["reserves_per_second_without_pause"] = len(pressed) / seconds
    every = [*alone, *apart, *pressed]
    figures["slots_given_percent"] = 100 * sum(took.given for took in every) / len(every)
    return {name: round(value, 2) for name, value in figures.items()}


def _spread(which: str, took: Sequence[Took]) -> dict[str, float]:
    figures = {}
    for name, values in (
        ("asked_to_slot", [one.whole for one in took]),
        ("wait", [one.wait for one in took]),
        ("reserve_itself", [one.whole - one.wait for one in took]),
        ("processor", [one.busy for one in took]),
    ):
        figures[f"{which}_{name}_p50_ms"] = statistics.median(values)
        figures[f"{which}_{name}_p95_ms"] = _p95(values)
    return figures


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


@contextmanager
def _postgres_url() -> Iterator[str]:
    given = os.environ.get("ARREARS_BENCH_POSTGRES")
    if given:
        yield given
        return
    with postgres.cluster(durable=True) as made:
        yield made.create("bench")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=4000)
    parser.add_argument("--each", type=int, default=150, help="calls of each caller a round")
    parser.add_argument(
        "--pause", type=float, default=0.25, help="mean seconds between two calls of a caller"
    )
    parser.add_argument("--sqlite-only", action="store_true")
    parser.add_argument("--json", action="store_true", dest="as_json")
    asked = parser.parse_args()
    how = {"people": asked.people, "each": asked.each, "pause": asked.pause}
    with tempfile.TemporaryDirectory(prefix="arrears-guard-") as folder:
        found = {"sqlite": measure(f"sqlite:///{folder}/arrears.db", **how)}
    if not asked.sqlite_only:
        with _postgres_url() as url:
            found["postgresql"] = measure(url, **how)
    if asked.as_json:
        print(json.dumps(found))
        return
    for database, figures in found.items():
        print(database)
        for name, value in figures.items():
            print(f"  {name.replace('_', ' '):45} {value:>10,}")


if __name__ == "__main__":
    main()
