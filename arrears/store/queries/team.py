"""The work of a team: how much lies in whose hands, and what nobody gets done."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, case, func, literal, select

from arrears.store.queries.inbox import keeps_off
from arrears.store.queries.said import UNDER_WAY
from arrears.store.tables import borrowers, cases, messages, staff, tasks
from arrears.store.types import Flag
from arrears.store.views import Reader

STUCK_SHOWN: Final = 40  # what one gives away in one go


@dataclass(frozen=True)
class Load:
    """Open tasks in one person's hands, or in nobody's (`staff_id` empty)."""

    staff_id: str
    name: str
    open: int = 0
    late: int = 0
    today: int = 0
    put_off: int = 0
    oldest_due: datetime | None = None


@dataclass(frozen=True)
class StuckTask:
    """A task past its time. `waits` is how many answers to it have not been applied."""

    task_id: str
    case_id: str
    loan_id: str
    kind: str
    role: str
    stage: str
    due_at: datetime
    assignee: str | None
    assignee_name: str | None
    snoozed_until: datetime | None
    waits: int
    needs_attention: bool
    decided_at: datetime
    borrower: str = field(repr=False)


def loads(connection: Connection, reader: Reader) -> tuple[Load, tuple[Load, ...]]:
    """What nobody has taken, and what each person has who can do work of these roles: the most late first.

    Whoever has left and still holds something is there, too.
    """
    holds_now = _held(connection, reader)
    people = {
        row.staff_id: row.name
        for row in connection.execute(
            select(staff.c.staff_id, staff.c.name, staff.c.roles).where(
                staff.c.active == literal(value=True, type_=Flag)
            )
        )
        if set(row.roles) & set(reader.roles)
    }
    gone = {one.staff_id: one.name for one in holds_now.values() if one.staff_id}
    each = [
        holds_now.get(staff_id) or Load(staff_id, name) for staff_id, name in sorted((gone | people).items())
    ]
    each.sort(key=lambda one: (-one.late, -one.open, one.name, one.staff_id))
    return holds_now.get("") or Load("", ""), tuple(each)


def _held(connection: Connection, reader: Reader) -> dict[str, Load]:
    def number_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.sum(case((condition, 1), else_=0))

    start, end = reader.today
    holder = func.coalesce(tasks.c.assignee, "")
    rows = connection.execute(
        select(
            holder.label("staff_id"),
            func.coalesce(func.max(staff.c.name), "").label("name"),
            func.count().label("open"),
            number_of(tasks.c.due_at < reader.now).label("late"),
            number_of((tasks.c.due_at >= start) & (tasks.c.due_at < end)).label("today"),
            number_of(tasks.c.snoozed_until > reader.now).label("put_off"),
            func.min(tasks.c.due_at).label("oldest_due"),
        )
        .select_from(tasks)
        .outerjoin(staff, staff.c.staff_id == tasks.c.assignee)
        .where(tasks.c.status == "open", tasks.c.role.in_(reader.roles))
        .group_by(holder)
    )
    return {row.staff_id: Load(**row._mapping) for row in rows}


def stuck(
    connection: Connection, reader: Reader, *, limit: int = STUCK_SHOWN
) -> tuple[tuple[StuckTask, ...], bool]:
    """Tasks past their time, the oldest first, and whether there are more."""
    waits = (
        select(func.count())
        .where(messages.c.task_id == tasks.c.task_id, messages.c.status.in_(UNDER_WAY))
        .scalar_subquery()
    )
    rows = connection.execute(
        select(
            tasks.c.task_id,
            tasks.c.case_id,
            tasks.c.loan_id,
            tasks.c.kind,
            tasks.c.role,
            tasks.c.stage,
            tasks.c.due_at,
            tasks.c.assignee,
            staff.c.name.label("assignee_name"),
            tasks.c.snoozed_until,
            waits.label("waits"),
            cases.c.attention.label("needs_attention"),
            cases.c.decided_at,
            func.coalesce(borrowers.c.name, "").label("borrower"),
        )
        .join(cases, cases.c.case_id == tasks.c.case_id)
        .outerjoin(borrowers, borrowers.c.borrower_id == tasks.c.borrower_id)
        .outerjoin(staff, staff.c.staff_id == tasks.c.assignee)
        .where(
            tasks.c.status == "open",
            tasks.c.role.in_(reader.roles),
            tasks.c.due_at < reader.now,
            ~keeps_off(reader.staff_id),
        )
        .order_by(tasks.c.due_at, tasks.c.task_id)
        .limit(limit + 1)
    ).all()
    return tuple(StuckTask(**row._mapping) for row in rows[:limit]), len(rows) > limit
