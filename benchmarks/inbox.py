"""How long the inbox takes to answer when 100,000 tasks are open: one person, and twenty at once.

    python -m benchmarks.inbox [--tasks 100000] [--rounds 20] [--pause 0.5] [--presses 120] [--json]

One case of the rules is opened and its rows are copied under other names, loan numbers, phone numbers, amounts, days and
holders until there are so many open tasks of collectors. Twenty collectors, each with a browser of their own, then walk: the whole
list, the list of what nobody holds, a page of the list from the middle, the list narrowed to a band of amounts that one in
four has and to one that nobody has, a search that finds nobody and one that finds hundreds, a task in its place beside the
list, a whole task page, and an answer to one of their tasks. Measured is the server: from the request to the whole answer, in this process, on SQLite, with
nothing behind the doors (what is said waits). For one person also the processor's time, which others on the machine hardly change. One person alone shows what a request costs; twenty who pause a moment
between two requests (--pause is the mean, in seconds) show what they wait for each other. First load is what a browser
without a cache gets for the inbox, packed as a server in front of it packs it. Last, somebody walks up and down the list by
keys in Chromium: from the key to the painted row, and to the task beside it (--presses 0 leaves that out).
"""

import argparse
import gzip
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from sqlalchemy import Column, Table

from arrears import clock
from arrears.policy.tasks import Role
from arrears.store import packs, people, schema
from arrears.store.people import NewStaff
from arrears.store.session import Store, open_engine
from arrears.store.tables import borrowers, cases, contact_points, deadlines, loans, messages, records, tasks
from arrears.store.types import Json, Text
from benchmarks.keys import walk_by_keys
from tests.builders import CaseRoom
from tests.certified import certified
from tests.web import branch as branches
from tests.web.branch import Branch, Desk

PEOPLE: Final = 20
NOW: Final = datetime(2026, 11, 25, 3, tzinfo=UTC)  # 11:00 in Shanghai, a Wednesday
FAMILIES: Final = "王李张刘陈杨黄赵吴周"
GIVEN: Final = "明国建秀春海晓文"
COPIED: Final = (borrowers, contact_points, loans, cases, tasks, messages, records, deadlines)
BARS: Final = {
    "list": 50.0,
    "fragment": 40.0,
    "search without a match": 40.0,
    "task page": 80.0,
    "answer": 100.0,
}
KEY_BARS: Final = {"painted": 100.0, "swapped": 200.0}

Ask = Callable[[Desk, Random], None]
Took = dict[str, list[tuple[float, float]]]


# ---- a bank with so many tasks -----------------------------------------------------------------------------


def furnish(room: CaseRoom, wanted: int) -> None:
    """By the database itself: each row of the template is written again under every number."""
    case_id = room.a_case(name="模板")
    case = room.case(case_id)
    template = {"case_id": case_id, "loan_id": case.loan_id, "borrower_id": case.borrower_id}
    with room.store.transaction() as connection:
        connection.exec_driver_sql("create temp table numbers (n integer primary key)")
        connection.exec_driver_sql(
            "insert into numbers with recursive up(n) as (select 1 union all select n + 1 from up where n < ?) select n from up",
            (wanted - 1,),
        )
        for table in COPIED:
            key = next(name for name in template if name in table.c)
            names = ", ".join(f'"{column.name}"' for column in table.c)
            made = ", ".join(_made(table, column) for column in table.c)
            connection.exec_driver_sql(
                f'insert into "{table.name}" ({names}) select {made} from "{table.name}", numbers where "{key}" = ?',
                (template[key],),
            )
        connection.exec_driver_sql("drop table numbers")


def _made(table: Table, column: Column[Any]) -> str:
    """Under ids of its own everywhere, in its state and facts too."""
    if (table.name, column.name) in VARIED:
        return VARIED[table.name, column.name]
    if not isinstance(column.type, Text | Json):
        return f'"{column.name}"'
    of_loan = f"replace(\"{column.name}\", 'RL2024000001', printf('RL26%08d', n))"
    return f"replace({of_loan}, 'B000001', printf('C%08d', n))"


def _one_of(signs: str, by: int) -> str:
    return f"substr('{signs}', n / {by} % {len(signs)} + 1, 1)"


VARIED: Final = {
    ("borrowers", "name"): f"{_one_of(FAMILIES, 1)} || {_one_of(GIVEN, 10)} || {_one_of(GIVEN, 80)}",
    (
        "cases",
        "overdue_minor",
    ): "case n % 4 when 0 then 300000 when 1 then 3000000 when 2 then 8000000 else 15000000 end",
    (
        "tasks",
        "due_at",
    ): "strftime('%Y-%m-%dT%H:%M:%S.000000Z', '2026-11-25 03:00:00', printf('%+d minutes', n * 7919 % 23000 - 3000))",
    ("tasks", "assignee"): f"case when n % 3 = 0 then 's-' || (n % {PEOPLE}) end",
    ("contact_points", "address"): "printf('139%08d', n)",
}


def _staff(branch: Branch) -> list[Desk]:
    desks = []
    for n in range(PEOPLE):
        new = NewStaff(f"walker{n}", f"职员{n}", frozenset({Role.COLLECTOR}), None, "zh-CN", f"s-{n}")
        with branch.room.store.transaction() as connection:
            certified(connection, people.add_staff(connection, new, at=NOW))
        who = branches.Person(f"s-{n}", new.login, new.name, new.roles, "zh-CN")
        desks.append(Desk(branch, who))
    return desks


# ---- what people do ----------------------------------------------------------------------------------------


def _look(path: str, *, swap: bool = False) -> Ask:
    def ask(desk: Desk, _: Random) -> None:
        answer = desk.swap(path) if swap else desk.get(path)
        assert answer.status_code == 200, answer.status_code

    return ask


def _search(words: str) -> Ask:
    def ask(desk: Desk, _: Random) -> None:
        answer = desk.post("/inbox/search", words=words)
        assert desk.get(answer.headers["location"]).status_code == 200

    return ask


def _open(wanted: int, *, swap: bool) -> Ask:
    def ask(desk: Desk, chance: Random) -> None:
        path = f"/tasks/case-RL26{chance.randrange(1, wanted):08d}-1-t1-2"
        assert (desk.swap(path) if swap else desk.get(path)).status_code == 200

    return ask


class Answers:
    """Each free task is answered once."""

    def __init__(self, wanted: int) -> None:
        self._left = iter(n for n in range(wanted - 1, 0, -1) if n % 3)

    def ask(self, desk: Desk, _: Random) -> None:
        path = f"/tasks/case-RL26{next(self._left):08d}-1-t1-2/decision"
        answer = desk.post(path, swap=True, outcome="na", facts_no="1")
        assert answer.status_code == 200, answer.status_code


def acts(wanted: int) -> dict[str, Ask]:
    middle = int((NOW + timedelta(days=7)).timestamp()) * 1_000_000
    return {
        "list": _look("/inbox"),
        "list, not taken": _look("/inbox?view=free"),
        "list, from the middle": _look(f"/inbox?after={middle}.x"),
        "list, one band in four": _look("/inbox?band=2"),
        "list, a band of nobody": _look("/inbox?band=4"),
        "fragment": _open(wanted, swap=True),
        "task page": _open(wanted, swap=False),
        "search without a match": _search("欧阳没有"),
        "search with hundreds": _search("王"),
        "answer": Answers(wanted).ask,
    }


# ---- measuring ---------------------------------------------------------------------------------------------


def walk(desk: Desk, asked: dict[str, Ask], rounds: int, pause: float) -> Iterator[tuple[str, float, float]]:
    """Milliseconds by the clock, and of this process's processor."""
    chance = Random(desk.person.staff_id)
    with clock.door_time(NOW):
        for _ in range(rounds):
            for name, ask in asked.items():
                if pause:
                    time.sleep(chance.expovariate(1 / pause))
                start, worked = time.perf_counter(), time.process_time()
                ask(desk, chance)
                busy = time.process_time() - worked
                yield name, (time.perf_counter() - start) * 1000, busy * 1000


def measure(desks: Sequence[Desk], asked: dict[str, Ask], rounds: int, pause: float) -> Took:
    took: Took = {name: [] for name in asked}
    with ThreadPoolExecutor(len(desks)) as floor:
        for seen in floor.map(lambda desk: list(walk(desk, asked, rounds, pause)), desks):
            for name, whole, busy in seen:
                took[name].append((whole, busy))
    return took


def first_load(desk: Desk) -> dict[str, int]:
    with clock.door_time(NOW):
        page = desk.get("/inbox").text
    files = dict.fromkeys(re.findall(r'(?:href|src)="(/static/[^"#]+)', page))
    sizes = [len(gzip.compress(page.encode()))]
    sizes += [len(gzip.compress(desk.get(file).content)) for file in files]
    return {"requests": len(sizes), "bytes": sum(sizes), "elements": len(re.findall(r"<[a-z]", page))}


def told(took: Took) -> dict[str, dict[str, float]]:
    return {
        name: {
            **_spread([whole for whole, _ in one]),
            "busy": _share([busy for _, busy in one], 0.5),
        }
        for name, one in took.items()
    }


def _spread(values: list[float]) -> dict[str, float]:
    return {"p50": _share(values, 0.5), "p95": _share(values, 0.95)}


def _share(values: list[float], share: float) -> float:
    return round(sorted(values)[min(int(len(values) * share), len(values) - 1)], 1)


def main() -> None:
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--tasks", type=int, default=100_000)
    asked.add_argument("--rounds", type=int, default=20)
    asked.add_argument("--pause", type=float, default=0.5)
    asked.add_argument("--presses", type=int, default=120)
    asked.add_argument("--json", action="store_true")
    wanted = asked.parse_args()
    branches.PATIENCE = 0.0  # type: ignore[misc]  # nobody answers what is said here
    with tempfile.TemporaryDirectory() as folder:
        figures = _run(Path(folder), wanted)
    print(json.dumps(figures) if wanted.json else _lines(figures))


def _run(folder: Path, wanted: argparse.Namespace) -> dict[str, Any]:
    store = Store(open_engine(f"sqlite:///{folder / 'arrears.db'}"))
    schema.upgrade(store)
    room = CaseRoom(store, packs.load("cn-bank-2026").rules, now=NOW)
    furnish(room, wanted.tasks)
    branch = branches.open_branch(store, room, letters=folder / "letters")
    desks = _staff(branch)
    walks = acts(wanted.tasks)
    measure(desks[:1], walks, 1, 0)  # whatever is made once
    alone = measure(desks[:1], walks, wanted.rounds, 0)
    together = measure(desks, walks, max(1, wanted.rounds // 4), wanted.pause)
    figures = {"tasks": wanted.tasks, "load": os.getloadavg()[0], "first_load": first_load(desks[0])}
    if wanted.presses:
        took = walk_by_keys(branch.app, desks[0], wanted.presses)
        figures["keys"] = {name: _spread(one) for name, one in took.items()}
    store.close()
    return {**figures, "alone": told(alone), "together": told(together)}


def _lines(figures: dict[str, Any]) -> str:
    first = figures["first_load"]
    lines = [
        f"{figures['tasks']:,} open tasks, SQLite, load average {figures['load']:.1f}",
        f"first load {first['bytes'] / 1000:.1f} kB in {first['requests']} requests, {first['elements']} elements",
        "milliseconds: one person p50, p95 and processor; twenty p50, p95; bar of p95",
    ]
    for name, one in figures["alone"].items():
        many = figures["together"][name]
        bar = BARS.get(name)
        lines.append(
            f"{name:26}{one['p50']:>9} {one['p95']:>8} {one['busy']:>8}{many['p50']:>9} {many['p95']:>8}{bar or '':>8}"
        )
    for name, one in figures.get("keys", {}).items():
        bar = KEY_BARS[name]
        lines.append(f"key to {name:19}{one['p50']:>9} {one['p95']:>8}{bar:>35}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
