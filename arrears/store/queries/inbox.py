"""The inbox: open tasks of a person's roles, and how many each split holds."""

from typing import Any

from sqlalchemy import Connection, Row, Select, exists, func, select, tuple_, union_all
from sqlalchemy.sql.elements import ColumnElement

from arrears.store.queries.paging import COUNTED, PAGE, place
from arrears.store.queries.said import LIVE
from arrears.store.tables import borrowers, cases, messages, staff, tasks
from arrears.store.views import InboxPage, InboxRow, Reader, TaskKey, View


def inbox(
    connection: Connection,
    reader: Reader,
    *,
    view: View = View.ALL,
    stage: str | None = None,
    after: TaskKey | None = None,
) -> InboxPage:
    """Open tasks of the reader's roles, earliest due first; a decided one leaves before it is applied."""
    wanted = PAGE + 1
    # One range of the index per role: `role IN (…)` would sort all tasks of all of them first.
    by_role = [
        _inbox_of(reader, role, view, stage=stage, after=after, limit=wanted).subquery()
        for role in reader.roles
    ]
    if not by_role:
        return InboxPage((), None)
    together = union_all(*(select(one) for one in by_role)).subquery()
    ordered = select(together).order_by(together.c.due_at, together.c.task_id).limit(wanted)
    rows = tuple(_inbox_row(row) for row in connection.execute(ordered))
    shown = rows[:PAGE]
    more = TaskKey(shown[-1].due_at, shown[-1].task_id) if len(rows) > PAGE else None
    return InboxPage(shown, more)


def counts(connection: Connection, reader: Reader, *, stage: str | None = None) -> dict[View, int]:
    """How many each split holds, none counted beyond COUNTED; what is being applied is not counted."""
    return {view: _count(connection, reader, view, stage) for view in View}


def _inbox_of(
    reader: Reader, role: str, view: View, *, stage: str | None, after: TaskKey | None, limit: int
) -> Select[Any]:
    keyed = tuple_(tasks.c.due_at, tasks.c.task_id)
    where = [*_in_view(reader, role, view, stage), ~_answered()]
    if after is not None:
        where.append(keyed > place(after.due_at, after.task_id))
    return (
        select(
            tasks.c.due_at,
            tasks.c.task_id,
            tasks.c.case_id,
            tasks.c.loan_id,
            tasks.c.kind,
            tasks.c.role,
            tasks.c.stage,
            borrowers.c.name.label("borrower"),
            tasks.c.assignee,
            staff.c.name.label("assignee_name"),
            cases.c.currency,
            cases.c.overdue_minor,
            cases.c.first_overdue_on,
            cases.c.decided_at,
            tasks.c.snoozed_until,
        )
        .join(cases, cases.c.case_id == tasks.c.case_id)
        .outerjoin(borrowers, borrowers.c.borrower_id == tasks.c.borrower_id)
        .outerjoin(staff, staff.c.staff_id == tasks.c.assignee)
        .where(*where)
        .order_by(tasks.c.due_at, tasks.c.task_id)
        .limit(limit)
    )


def _inbox_row(row: Row[Any]) -> InboxRow:
    return InboxRow(**{**row._mapping, "borrower": row.borrower or ""})


def _in_view(reader: Reader, role: str, view: View, stage: str | None) -> list[ColumnElement[bool]]:
    # Where two indexes fit, `coalesce` takes the longer way out of SQLite's choice: a person holds few tasks,
    # and free ones are most of a role's but not all of everybody's.
    of_role = tasks.c.role == role
    match view:
        case View.ALL:
            where = [of_role]
        case View.MINE:
            where = [*_held(reader, role), ~_put_off(reader)]
        case View.LATER:
            where = [*_held(reader, role), _put_off(reader)]
        case View.FREE:
            where = [of_role, func.coalesce(tasks.c.assignee, "") == ""]
        case View.LATE:
            where = [of_role, tasks.c.due_at < reader.now]
    where.append(tasks.c.status == "open")
    if stage is not None:
        where.append(tasks.c.stage == stage)
    return where


def _held(reader: Reader, role: str) -> list[ColumnElement[bool]]:
    return [func.coalesce(tasks.c.role, "") == role, tasks.c.assignee == reader.staff_id]


def _put_off(reader: Reader) -> ColumnElement[bool]:
    return func.coalesce(tasks.c.snoozed_until > reader.now, False)


def _answered() -> ColumnElement[bool]:
    return exists().where(messages.c.task_id == tasks.c.task_id, messages.c.status.in_(LIVE))


def _count(connection: Connection, reader: Reader, view: View, stage: str | None) -> int:
    total = 0
    for role in reader.roles:
        inner = select(tasks.c.task_id).where(*_in_view(reader, role, view, stage), ~_answered())
        capped = inner.limit(COUNTED - total).subquery()
        total += connection.execute(select(func.count()).select_from(capped)).scalar_one()
        if total >= COUNTED:
            break
    return total
