"""What stands beside a task in a list: what its case heard last from somebody, and what it does next by itself."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

from arrears.policy.state import Clock
from arrears.store.tables import deadlines, messages, tasks
from arrears.store.views import Beside, Heard

# A reminder of the task is told by its due time, and that a case is idle is no work.
_NO_WORK: Final = (Clock.SLA.value, Clock.IDLE.value)


def beside(connection: Connection, case_ids: Collection[str]) -> Beside:
    """For the cases of one page."""
    last = _last(connection, case_ids)
    named = {str(heard.event["task_id"]) for heard in last.values() if heard.event.get("task_id")}
    return Beside(last, _next(connection, case_ids), _kinds(connection, named))


def _last(connection: Connection, case_ids: Collection[str]) -> dict[str, Heard]:
    newer = messages.alias()
    latest = (
        select(func.max(newer.c.settled_seq))
        .where(newer.c.case_id == messages.c.case_id, newer.c.status == "applied")
        .scalar_subquery()
    )
    wanted = select(
        messages.c.case_id, messages.c.signal, messages.c.task_id, messages.c.content, messages.c.accepted_at
    ).where(
        messages.c.case_id.in_(sorted(case_ids)),
        messages.c.status == "applied",
        messages.c.settled_seq == latest,
    )
    return {row.case_id: _heard(row) for row in connection.execute(wanted)}


def _heard(row: Row[*tuple[Any, ...]]) -> Heard:
    event = {"kind": "message", "signal": row.signal, "task_id": row.task_id, "content": row.content}
    return Heard(event, row.accepted_at)


def _next(connection: Connection, case_ids: Collection[str]) -> dict[str, tuple[str, datetime]]:
    wanted = (
        select(deadlines.c.case_id, deadlines.c.name, deadlines.c.due_at)
        .where(deadlines.c.case_id.in_(sorted(case_ids)), deadlines.c.name.not_in(_NO_WORK))
        .order_by(deadlines.c.case_id, deadlines.c.due_at, deadlines.c.name)
    )
    found: dict[str, tuple[str, datetime]] = {}
    for row in connection.execute(wanted):
        found.setdefault(row.case_id, (row.name, row.due_at))
    return found


def _kinds(connection: Connection, task_ids: Collection[str]) -> dict[str, str]:
    rows: Any = connection.execute(
        select(tasks.c.task_id, tasks.c.kind).where(tasks.c.task_id.in_(sorted(task_ids)))
    )
    return {row.task_id: row.kind for row in rows}
