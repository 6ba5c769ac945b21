"""One look at a case: where it stands, what waits for it, what its people have to do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, func, select

from arrears.cli.simulation.robots import OpenTask
from arrears.store.session import Store
from arrears.store.tables import cases, messages, notices, tasks

_UNSETTLED: Final = (
    select(func.max(messages.c.accepted_at))
    .where(messages.c.case_id == bindparam("case"), messages.c.status.in_(("waiting", "sent")))
    .scalar_subquery()
)
_CASE: Final = select(
    cases.c.seq,
    cases.c.status,
    cases.c.next_deadline_at,
    cases.c.decided_at,
    _UNSETTLED.label("unsettled"),
).where(cases.c.case_id == bindparam("case"))
_OPENING: Final = select(messages.c.status, messages.c.reason).where(
    messages.c.case_id == bindparam("case"), messages.c.signal == "open"
)
_TASKS: Final = (
    select(
        tasks.c.task_id,
        tasks.c.kind,
        tasks.c.role,
        tasks.c.opened_at,
        tasks.c.facts_no,
        tasks.c.facts,
        tasks.c.barred,
        tasks.c.assignee,
    )
    .where(tasks.c.case_id == bindparam("case"), tasks.c.status == "open")
    .order_by(tasks.c.opened_seq, tasks.c.task_id)
)
_ON_THE_WAY: Final = select(notices.c.notice_id, notices.c.sent_at).where(
    notices.c.case_id == bindparam("case"), notices.c.status == "sent", notices.c.sent_at.is_not(None)
)


@dataclass(frozen=True)
class Look:
    """`at` is the case's clock at its last step."""

    seq: int
    closed: bool
    due: datetime | None
    at: datetime
    unsettled: datetime | None  # when the newest message that waits was said
    tasks: tuple[OpenTask, ...] = ()
    letters: tuple[tuple[str, int], ...] = ()  # notices on their way, with the instant they were sent


def look(store: Store, case_id: str) -> Look | None:
    """None when the case has not opened yet."""
    asked = {"case": case_id}
    with store.reading() as connection:
        row = connection.execute(_CASE, asked).first()
        if row is None:
            return None
        if row.unsettled is not None or row.status == "closed":
            return _as_look(row)
        open_tasks = [_as_task(task) for task in connection.execute(_TASKS, asked)]
        return _as_look(row, tuple(open_tasks), _letters(connection, asked))


def opening(store: Store, case_id: str) -> tuple[str, str]:
    """What became of the message that opens the case, and why."""
    with store.reading() as connection:
        row = connection.execute(_OPENING, {"case": case_id}).one()
        return row.status, row.reason or ""


def _letters(connection: Connection, asked: dict[str, str]) -> tuple[tuple[str, int], ...]:
    found = connection.execute(_ON_THE_WAY, asked)
    return tuple((row.notice_id, int(row.sent_at.timestamp())) for row in found)


def _as_look(
    row: Row[*tuple[Any, ...]],
    open_tasks: tuple[OpenTask, ...] = (),
    letters: tuple[tuple[str, int], ...] = (),
) -> Look:
    return Look(
        row.seq,
        row.status == "closed",
        row.next_deadline_at,
        row.decided_at,
        row.unsettled,
        open_tasks,
        letters,
    )


def _as_task(row: Row[*tuple[Any, ...]]) -> OpenTask:
    return OpenTask(
        row.task_id,
        row.kind,
        row.role,
        int(row.opened_at.timestamp()),
        row.facts_no,
        row.facts,
        tuple(row.barred),
        row.assignee,
    )
