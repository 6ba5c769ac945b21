"""How a person may stand to a task or a case: every question finds the same world, changed in that one point."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pysqlite3
from sqlalchemy import Connection, insert, select, update

from api.auth.person import Person
from arrears.policy.tasks import Role
from arrears.store import absences
from arrears.store.session import Store
from arrears.store.tables import (
    attachments,
    cases,
    contact_attempts,
    contact_points,
    exhibits,
    holds,
    messages,
    notices,
    tasks,
)
from tests.api import rows
from tests.builders import CaseRoom, standing_at
from tests.web.branch import Branch

MISSING: Final = "no-such-thing"
PDF: Final = b"%PDF-1.7\nsigned"
_COLLEAGUE: Final = "s-admin"  # who holds what this person does not


@dataclass(frozen=True)
class Thing:
    """A case with one task; `names` are what an address or a form may name of it."""

    case_id: str
    task_id: str
    borrower_id: str
    names: dict[str, str] = field(default_factory=dict)


# ---- the world -------------------------------------------------------------------------------------------


def a_thing(room: CaseRoom, case_id: str, kind: str) -> Thing:
    task = room.task(case_id, kind)
    names = {
        "case_id": case_id,
        "task_id": task.task_id,
        "facts_no": str(task.facts_no),
        "phone": f"{task.borrower_id}-phone",
        "post": f"{task.borrower_id}-post",
        "number": "1",
        "hold_id": f"{case_id}-door-9",
        "soon": f"{room.now + timedelta(hours=8, minutes=40):%Y-%m-%d %H:%M}",  # of the bank's clock
        "next_month": str(room.today + timedelta(days=25)),
    }
    return Thing(case_id, task.task_id, task.borrower_id, names)


def furnish(branch: Branch, thing: Thing, letters: Path) -> None:
    """A letter that was sent, a way that needs consent, a comment with its document."""
    room = branch.room
    notice_id = rows.a_notice(room.store, thing.case_id)
    letters.mkdir(exist_ok=True)
    (letters / f"{notice_id}.pdf").write_bytes(PDF)
    way = {"contact_id": f"{thing.borrower_id}-im", "borrower_id": thing.borrower_id, "channel": "im"}
    with room.store.transaction() as connection:
        connection.execute(insert(contact_points).values(way | {"address": "wx-1", "preferred": False}))
        sent = update(notices).where(notices.c.notice_id == notice_id)
        connection.execute(sent.values(document=f"{notice_id}.pdf", document_hash="-"))
    with standing_at(room):
        branch.at("lead").send_file(f"/cases/{thing.case_id}/comments", PDF, words="扫描件")
    with room.store.reading() as connection:
        remark_id = connection.execute(select(attachments.c.remark_id)).scalar_one()
    thing.names.update(notice_id=notice_id, contact_id=way["contact_id"], remark_id=remark_id)


def hand_in(branch: Branch, claim: Thing) -> None:
    """A document for the court."""
    with standing_at(branch.room):
        branch.at("advisor2").send_file(f"/approvals/{claim.task_id}/evidence", PDF, item="contract")
    with branch.room.store.reading() as connection:
        claim.names["exhibit_id"] = connection.execute(select(exhibits.c.exhibit_id)).scalar_one()


# ---- how somebody stands to a thing ----------------------------------------------------------------------

Scene = Callable[[Connection, Thing, Person, datetime], None]


def _free(_connection: Connection, _thing: Thing, _who: Person, _at: datetime) -> None:
    """Nobody holds it."""


def _own(connection: Connection, thing: Thing, who: Person, at: datetime) -> None:
    _change(connection, thing, assignee=who.staff_id, claimed_at=at)


def _on_hold(connection: Connection, thing: Thing, who: Person, at: datetime) -> None:
    _own(connection, thing, who, at)
    _hold(connection, thing, at, kind="incapacity")


def _a_colleagues(connection: Connection, thing: Thing, _who: Person, at: datetime) -> None:
    _change(connection, thing, assignee=_COLLEAGUE, claimed_at=at)


def _of_who_is_away(connection: Connection, thing: Thing, who: Person, at: datetime) -> None:
    _a_colleagues(connection, thing, who, at)
    absences.enter(
        connection,
        _COLLEAGUE,
        substitute_id=who.staff_id,
        from_day=at.date(),
        to_day=at.date(),
        by="s-lead",
        at=at,
    )


def _four_eyes(connection: Connection, thing: Thing, who: Person, _at: datetime) -> None:
    _change(connection, thing, barred=[who.staff_id])


def _complained_of(connection: Connection, thing: Thing, who: Person, at: datetime) -> None:
    """As in another case of the debtor that has not heard yet: the task is still in these hands."""
    _own(connection, thing, who, at)
    _hold(connection, thing, at, kind="complaint", against=who.staff_id)


def _over(connection: Connection, thing: Thing, who: Person, at: datetime) -> None:
    _change(connection, thing, assignee=who.staff_id, status="cancelled", why="case_closed", closed_at=at)
    closed = {"status": "closed", "closed_reason": "cured", "closed_at": at}
    connection.execute(update(cases).where(cases.c.case_id == thing.case_id).values(closed))


def _of_another_role(connection: Connection, thing: Thing, _who: Person, _at: datetime) -> None:
    _change(connection, thing, role="nobodys")


SCENES: Final[dict[str, Scene]] = {
    "free": _free,
    "own": _own,
    "on hold": _on_hold,
    "a colleague's": _a_colleagues,
    "of who is away": _of_who_is_away,
    "four eyes": _four_eyes,
    "complained of": _complained_of,
    "over": _over,
    "of another role": _of_another_role,
}


def set_up(connection: Connection, thing: Thing, scene: str, who: Person, role: Role, at: datetime) -> None:
    _change(connection, thing, role=role.value, barred=[])
    SCENES[scene](connection, thing, who, at)


# ---- what must have been done before ---------------------------------------------------------------------


def call_under_way(connection: Connection, thing: Thing, who: Person, at: datetime) -> None:
    row = {
        "attempt_id": f"{thing.task_id}-c1",
        "borrower_id": thing.borrower_id,
        "case_id": thing.case_id,
        "task_id": thing.task_id,
        "loan_id": thing.case_id.split("-")[1],
        "contact_id": thing.names["phone"],
        "number": "13800005678",
        "action": "out_call",
        "party": "borrower",
        "purpose": "collection",
        "actor": who.staff_id,
        "staff": [],
        "status": "reserved",
        "at": at,
        "reserved_at": at,
    }
    connection.execute(insert(contact_attempts).values(row))


def answered(connection: Connection, thing: Thing, who: Person, at: datetime) -> None:
    """And still to be taken back."""
    row = {
        "message_id": f"{thing.task_id}-a1",
        "arrival": 1,
        "case_id": thing.case_id,
        "signal": "task_decided",
        "rank": 2,
        "actor": who.staff_id,
        "task_id": thing.task_id,
        "content": {"outcome": "na", "facts_no": 1},
        "content_hash": "-",
        "status": "waiting",
        "effective_at": at + timedelta(seconds=10),
        "accepted_at": at,
        "attempts": 0,
    }
    connection.execute(insert(messages).values(row))


def in_hardship(connection: Connection, thing: Thing, _who: Person, at: datetime) -> None:
    _hold(connection, thing, at, hold_id=thing.names["hold_id"], kind="hardship_review")


# ---- inside ----------------------------------------------------------------------------------------------


def _change(connection: Connection, thing: Thing, **values: Any) -> None:
    connection.execute(update(tasks).where(tasks.c.task_id == thing.task_id).values(**values))


def _hold(connection: Connection, thing: Thing, at: datetime, **values: Any) -> None:
    row = {
        "hold_id": f"{thing.case_id}-scene",
        "case_id": thing.case_id,
        "borrower_id": thing.borrower_id,
        "scope": "person",
        "reason": "said",
        "placed_by": "s-desk",
        "placed_at": at,
    }
    connection.execute(insert(holds).values(row | values))


class Snapshot:
    """An SQLite store as it is now, to be put back as often as wanted."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept = pysqlite3.connect(":memory:", check_same_thread=False)
        with self._raw() as now:
            now.execute("PRAGMA synchronous=OFF")  # no crash is waited for here
            now.backup(self._kept)

    def put_back(self) -> None:
        with self._raw() as now:
            self._kept.backup(now)

    @contextmanager
    def _raw(self) -> Iterator[Any]:
        connection = self._store.engine.raw_connection()
        try:
            yield connection.driver_connection
        finally:
            connection.close()
