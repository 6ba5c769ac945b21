"""The checker finds nothing in a bank that works, and each thing that somebody plants."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from arrears import clock
from arrears.contracts import Unchanging
from arrears.store import packs
from arrears.store.invariants.asking import check
from arrears.store.invariants.register import ALL
from arrears.store.session import Store, open_engine
from arrears.store.tables import (
    allocations,
    audit_rows,
    browser_sessions,
    cases,
    contact_attempts,
    deadlines,
    holds,
    matters,
    messages,
    notices,
    records,
    reveals,
    staff,
    tasks,
)
from tests.builders import CaseRoom
from tests.tampering import off_guard
from tests.web import portfolio
from tests.web.branch import open_branch


@pytest.fixture(scope="module")
def bank(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a bank with a past in which everything has happened once."""
    folder = tmp_path_factory.mktemp("bank")
    shutil.copyfile(sqlite_template, folder / "arrears.db")
    room = _room(folder / "arrears.db")
    open_branch(room.store, room, letters=folder / "letters")
    room.hears_at_once()
    with clock.door_time(room.now):
        made = portfolio.fill(room, room.now)
        room.say(made.legal, "filing", "filed", by="s-advisor1")
        _list_letters(room)
    room.store.close()
    return folder / "arrears.db"


@pytest.fixture
def room(bank: Path, tmp_path: Path) -> Iterator[CaseRoom]:
    shutil.copyfile(bank, tmp_path / "arrears.db")
    room = _room(tmp_path / "arrears.db")
    yield room
    room.store.close()


def _room(database: Path) -> CaseRoom:
    return CaseRoom(Store(open_engine(f"sqlite:///{database}")), packs.load("cn-bank-2026").rules)


def _list_letters(room: CaseRoom) -> None:
    """What `deliver` writes of a letter, which nobody delivers here."""
    with room.store.transaction() as connection:
        sent = connection.execute(select(notices).where(notices.c.sent_at.is_not(None))).all()
        for letter in sent:
            borrower_id = connection.execute(
                select(cases.c.borrower_id).where(cases.c.case_id == letter.case_id)
            ).scalar_one()
            connection.execute(insert(contact_attempts), _line(letter.notice_id, borrower_id, letter))


def _line(attempt_id: str, borrower_id: str, letter: Any) -> dict[str, Any]:
    return {
        "attempt_id": attempt_id,
        "borrower_id": borrower_id,
        "case_id": letter.case_id,
        "action": "notice",
        "party": "borrower",
        "purpose": "notice",
        "actor": "bank",
        "staff": [],
        "status": "made",
        "effective": False,
        "conversation": False,
        "at": letter.sent_at + timedelta(hours=10),  # here they go out at midnight
        "reserved_at": letter.sent_at,
    }


def _broken(room: CaseRoom, *, at_rest: bool = True) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for breach in check(room.store, Unchanging(room.rules), ALL, now=clock.machine_now(), at_rest=at_rest):
        found.setdefault(breach.invariant.number, []).append(breach.what)
    return found


def test_every_sentence_is_there_once_and_asked_or_held() -> None:
    assert sorted(one.number for one in ALL) == list(range(1, 29))
    for one in ALL:
        assert (one.asks is None) == bool(one.held), one.name


def test_a_bank_that_works_breaks_nothing(room: CaseRoom) -> None:
    assert _broken(room) == {}


def test_it_is_asked_of_both_databases(store: Store) -> None:
    room = CaseRoom(store, packs.load("cn-bank-2026").rules)
    room.staff()
    room.hears_at_once()
    case_id = room.a_case(days_past_due=12, overdue=100_000, balance=500_000)
    with clock.door_time(room.now):
        room.say(case_id, "first_contact", "na", by="s-collector")
        room.pay(case_id, 40_000)
    assert _broken(room) == {}
    with store.transaction() as connection:
        connection.execute(update(cases).values(overdue_minor=1))
    assert list(_broken(room)) == [11]


# ---- planted ---------------------------------------------------------------------------------------------

Plant = Callable[[Connection, CaseRoom], object]


def _first(connection: Connection, table: Any, *where: Any) -> Any:
    return connection.execute(select(table).where(*where).limit(1)).one()


def _same(table: Any, row: Any) -> list[Any]:
    return [column == getattr(row, column.name) for column in table.primary_key]


def _change(table: Any, *where: Any, **values: Any) -> Plant:
    """The first row that is so, changed by a hand that had no business there."""

    def plant(connection: Connection, _: CaseRoom) -> None:
        row = _first(connection, table, *where)
        connection.execute(update(table).where(*_same(table, row)).values(values))

    return plant


def _drop(table: Any, *where: Any) -> Plant:
    def plant(connection: Connection, _: CaseRoom) -> None:
        row = _first(connection, table, *where)
        connection.execute(delete(table).where(*_same(table, row)))

    return plant


def _call(*, times: int = 1, later: timedelta = timedelta(0), held: bool = False) -> Plant:
    """Calls to the debtor of an open case that the guard never saw."""

    def plant(connection: Connection, room: CaseRoom) -> None:
        which = cases.c.status == "open"
        if held:
            hold = _first(connection, holds, holds.c.ended_at.is_(None), holds.c.kind == "hardship_review")
            which = cases.c.case_id == hold.case_id
        case = _first(connection, cases, which)
        line = {
            "borrower_id": case.borrower_id,
            "case_id": case.case_id,
            "loan_id": case.loan_id,
            "number": "13800000000",
            "action": "out_call",
            "party": "borrower",
            "purpose": "collection",
            "actor": "s-collector",
            "staff": [],
            "status": "made",
            "result": "rtp",
            "effective": True,
            "conversation": True,
            "at": room.now + later,
            "reserved_at": room.now + later,
        }
        for n in range(times):
            connection.execute(insert(contact_attempts), {"attempt_id": f"planted-{n}", **line})

    return plant


def _twice(connection: Connection, _: CaseRoom) -> None:
    row = _first(connection, tasks, tasks.c.status == "open")
    connection.execute(insert(tasks), {**row._mapping, "task_id": f"{row.task_id}-again"})


def _owes_less(connection: Connection, _: CaseRoom) -> None:
    """More is overdue than is owed."""
    row = _first(connection, cases, cases.c.status == "open")
    state = row.state | {"overdue": 10**12}
    connection.execute(update(cases).where(cases.c.case_id == row.case_id).values(state=state))


def _look(times: int, **how: Any) -> Plant:
    def plant(connection: Connection, room: CaseRoom) -> None:
        for n in range(times):
            row = {"reveal_id": f"rv-{n}", "staff_id": "s-lead", "borrower_id": "B000001", "what": "name"}
            connection.execute(insert(reveals), {**row, "purpose": "control", "at": room.now, **how})

    return plant


def _session(staff_id: str, *, late: bool) -> Plant:
    def plant(connection: Connection, room: CaseRoom) -> None:
        seen = room.now + timedelta(hours=1 if late else -2)
        session = {
            "sid_hash": "x",
            "staff_id": staff_id,
            "csrf": "x",
            "created_at": room.now,
            "seen_at": seen,
        }
        connection.execute(insert(browser_sessions), {**session, "ends_at": room.now})
        if not late:
            connection.execute(update(staff).where(staff.c.staff_id == staff_id).values(active=False))

    return plant


def _stranger(connection: Connection, room: CaseRoom) -> None:
    row = _first(connection, messages, messages.c.signal == "task_decided")
    connection.execute(
        update(messages).where(messages.c.message_id == row.message_id).values(actor="s-nobody")
    )


def _in_court(table: Any) -> Any:
    return table.c.case_id.in_(select(matters.c.case_id))


_DAY = timedelta(days=1)
_ANSWERED = (messages.c.signal == "task_decided", messages.c.status == "applied")
PLANTED: dict[str, tuple[int, Plant]] = {
    "an answer of nobody": (1, _stranger),
    "an applied word that no step heard": (2, _drop(records, records.c.seq == 2)),
    "a step that heard what is still to be heard": (2, _change(messages, *_ANSWERED, status="parked")),
    "a step is missing": (3, _drop(records, records.c.seq == 2)),
    "a row is behind its steps": (3, _change(cases, cases.c.seq > 1, seq=1)),
    "a letter that is in no ledger": (4, _drop(contact_attempts, contact_attempts.c.purpose == "notice")),
    "a letter that never went out": (4, _change(notices, notices.c.sent_at.is_not(None), sent_at=None)),
    "a word that lies": (
        5,
        _change(messages, *_ANSWERED, status="sent", accepted_at=clock.machine_now() - _DAY),
    ),
    "a word put aside in silence": (5, _change(messages, *_ANSWERED, status="parked")),
    "a task done by nobody": (7, _change(tasks, tasks.c.status == "done", decided_by=None)),
    "an open task that has ended": (7, _change(tasks, tasks.c.status == "open", closed_seq=3)),
    "a task of a closed case": (8, _change(cases, cases.c.status == "open", status="closed")),
    "a task twice": (9, _twice),
    "a stage nobody decided": (10, _change(cases, cases.c.stage == "initial", stage="legal")),
    "an amount that was written by hand": (11, _change(cases, cases.c.status == "open", overdue_minor=1)),
    "a state that was written by hand": (11, _change(cases, cases.c.status == "open", digest="x")),
    "a clock that was taken out": (11, _drop(deadlines)),
    "a call at night": (12, _call(later=timedelta(hours=12))),
    "a call too many": (13, _call(times=9)),
    "a call under a hold": (14, _call(held=True)),
    "one hand approved twice": (
        15,
        _change(tasks, tasks.c.kind == "second_approval", _in_court(tasks), decided_by="s-advisor1"),
    ),
    "before the court without a letter": (
        16,
        _change(notices, notices.c.cure_on.is_not(None), _in_court(notices), cure_on=None),
    ),
    "money that is nowhere": (17, _drop(allocations)),
    "more than is owed": (18, _owes_less),
    "money without a step": (19, _change(allocations, seq=999)),
    "a trail that was changed": (20, _change(audit_rows, audit_rows.c.n == 2, actor="s-other")),
    "a trail that was cut": (20, _drop(audit_rows, audit_rows.c.n == 2)),
    "a look for nothing": (22, _look(1, purpose="")),
    "looks beyond the day's number": (22, _look(41)),
    "a session after its end": (23, _session("s-lead", late=True)),
    "somebody who has left": (23, _session("s-lead", late=False)),
    "a clock that went back": (
        28,
        _change(records, records.c.seq == 2, at=clock.machine_now() - 4000 * _DAY),
    ),
    "a clock that was passed over": (26, _change(deadlines, due_at=clock.machine_now() - 4000 * _DAY)),
}


@pytest.mark.parametrize("what", PLANTED)
def test_what_is_planted_is_found(room: CaseRoom, what: str) -> None:
    number, plant = PLANTED[what]
    with room.store.transaction() as connection:
        off_guard(connection)
        plant(connection, room)
    assert number in _broken(room), what
