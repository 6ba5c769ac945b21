"""What changed among the tasks since an instant, and in cases: for lists and pages that are open somewhere."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, exists, func, select, union_all
from sqlalchemy.sql.elements import ColumnElement

from arrears.store.queries.said import LIVE
from arrears.store.tables import audit_rows, messages, records, staff, tasks
from arrears.store.views import TaskNews

MOST_NEWS: Final = 200  # beyond it a list is better read anew


def task_news(
    connection: Connection, *, since: datetime, door: tuple[datetime, datetime]
) -> tuple[TaskNews, ...]:
    """Oldest first, `MOST_NEWS` + 1 at most. `door` is the door's time then and now, in which what was put off came back."""
    came_back = (tasks.c.snoozed_until > door[0]) & (tasks.c.snoozed_until <= door[1])
    parts = (_news(tasks.c.changed_at > since), _news(came_back, tasks.c.status == "open"))
    both = union_all(*(select(part.limit(MOST_NEWS + 1).subquery()) for part in parts)).subquery()
    rows = connection.execute(select(both).order_by(both.c.at, both.c.task_id).limit(MOST_NEWS + 1))
    return tuple(
        TaskNews(
            row.task_id,
            row.case_id,
            row.role,
            row.stage,
            tuple(row.barred),
            row.status == "open" and not row.answered,
            row.assignee,
            row.assignee_name,
            row.snoozed_until is not None and row.snoozed_until > door[1],
            row.due_at,
            row.recorded_at,
            row.at or row.recorded_at,
        )
        for row in rows
    )


def _news(*which: ColumnElement[bool]) -> Select[Any]:
    answered = exists().where(messages.c.task_id == tasks.c.task_id, messages.c.status.in_(LIVE))
    return (
        select(
            tasks.c.task_id,
            tasks.c.case_id,
            tasks.c.role,
            tasks.c.stage,
            tasks.c.barred,
            tasks.c.status,
            answered.label("answered"),
            tasks.c.assignee,
            staff.c.name.label("assignee_name"),
            tasks.c.snoozed_until,
            tasks.c.due_at,
            records.c.recorded_at,
            func.coalesce(tasks.c.changed_at, records.c.recorded_at).label("at"),
        )
        .join(records, (records.c.case_id == tasks.c.case_id) & (records.c.seq == tasks.c.opened_seq))
        .outerjoin(staff, staff.c.staff_id == tasks.c.assignee)
        .where(*which)
        .order_by(tasks.c.changed_at)
    )


def trail_lengths(connection: Connection, case_ids: Sequence[str]) -> dict[str, int]:
    """How many rows the trail of each case has: whatever happens to a case adds one."""
    rows = connection.execute(
        select(audit_rows.c.stream, func.max(audit_rows.c.n).label("length"))
        .where(audit_rows.c.stream.in_(case_ids))
        .group_by(audit_rows.c.stream)
    )
    return {row.stream: row.length for row in rows}


def moved_by_others(connection: Connection, case_id: str, *, since: int, but: str) -> bool:
    """Whether anybody else, or the case itself, added to the trail beyond that row."""
    beyond = select(audit_rows.c.n).where(
        audit_rows.c.stream == case_id, audit_rows.c.n > since, audit_rows.c.actor != but
    )
    return connection.execute(beyond.limit(1)).first() is not None
