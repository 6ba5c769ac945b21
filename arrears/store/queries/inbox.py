"""The inbox: open tasks of a person's roles, and how many each split holds."""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, exists, func, select, tuple_, union_all
from sqlalchemy.sql.selectable import ScalarSelect

from arrears.store.keeping_off import complainants
from arrears.store.queries.narrowing import Condition, conditions
from arrears.store.queries.paging import COUNTED, PAGE, place
from arrears.store.queries.said import LIVE
from arrears.store.tables import borrowers, cases, messages, staff, tasks
from arrears.store.views import InboxPage, InboxRow, Narrowed, Reader, TaskKey, View

# Why a task was opened when a promise had been judged.
OF_PROMISES: Final = ("promise_kept", "promise_partial", "promise_broken", "promises_broken")
_EVERYTHING: Final = Narrowed()


def inbox(
    connection: Connection,
    reader: Reader,
    *,
    view: View = View.ALL,
    narrowed: Narrowed = _EVERYTHING,
    among: Collection[str] | None = None,
    after: TaskKey | None = None,
    page: int = PAGE,
) -> InboxPage:
    """Open tasks, earliest due first; a decided one leaves before it is applied.

    `among` are the tasks that a search found; None when nothing was searched for.
    """
    if _found_nothing(among):
        return InboxPage((), None)
    ranges = [
        _inbox_of(reader, part, narrowed=narrowed, among=among, after=after, limit=page + 1).subquery()
        for part in _parts(reader, view)
    ]
    if not ranges:
        return InboxPage((), None)
    together = union_all(*(select(one) for one in ranges)).subquery()
    ordered = select(together).order_by(together.c.due_at, together.c.task_id).limit(page + 1)
    rows = tuple(_inbox_row(row) for row in connection.execute(ordered))
    shown = rows[:page]
    more = TaskKey(shown[-1].due_at, shown[-1].task_id) if len(rows) > page else None
    return InboxPage(shown, more)


def counts(
    connection: Connection,
    reader: Reader,
    *,
    narrowed: Narrowed = _EVERYTHING,
    among: Collection[str] | None = None,
) -> dict[View, int]:
    """How many each split holds, in one statement and none counted beyond COUNTED; what is being applied is not counted."""
    if _found_nothing(among):
        return dict.fromkeys(View, 0)
    asked = [_count(reader, view, narrowed, among).label(view.value) for view in View if _parts(reader, view)]
    found = connection.execute(select(*asked)).one()._mapping if asked else {}
    return {view: found.get(view.value, 0) for view in View}


def _found_nothing(among: Collection[str] | None) -> bool:
    """A search without a match asks no table for what is not there."""
    return among is not None and not among


def _parts(reader: Reader, view: View) -> list[list[Condition]]:
    """The split as ranges of an index: `role IN (…)` would sort all tasks of all of them first."""
    roles = reader.advised if view is View.LEGAL else reader.roles
    if view is not View.PROMISED:
        return [_in_view(reader, role, view) for role in roles]
    return [[*_of_role(role), tasks.c.why == why] for role in roles for why in OF_PROMISES]


def _inbox_of(
    reader: Reader,
    part: list[Condition],
    *,
    narrowed: Narrowed = _EVERYTHING,
    among: Collection[str] | None = None,
    after: TaskKey | None = None,
    limit: int,
) -> Select[Any]:
    where = _wanted(reader, part, narrowed, among)
    if after is not None:
        where.append(tuple_(tasks.c.due_at, tasks.c.task_id) > place(after.due_at, after.task_id))
    return (
        select(
            tasks.c.due_at,
            tasks.c.task_id,
            tasks.c.case_id,
            tasks.c.loan_id,
            tasks.c.kind,
            tasks.c.role,
            tasks.c.stage,
            tasks.c.why,
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


def _wanted(
    reader: Reader, part: list[Condition], narrowed: Narrowed, among: Collection[str] | None
) -> list[Condition]:
    where = [*part, *conditions(narrowed), ~_answered(), ~keeps_off(reader.staff_id)]
    if among is not None:
        where.append(tasks.c.task_id.in_(sorted(among)))
    return where


def _of_role(role: str) -> list[Condition]:
    return [tasks.c.role == role, tasks.c.status == "open"]


def _in_view(reader: Reader, role: str, view: View) -> list[Condition]:
    match view:
        case View.MINE:
            # Where two indexes fit, `coalesce` takes the longer way out of SQLite's choice: a person holds few tasks.
            return [*_held(reader, role), ~_put_off(reader)]
        case View.LATER:
            return [*_held(reader, role), _put_off(reader)]
        case View.FREE:
            return [*_of_role(role), tasks.c.assignee.is_(None)]
        case View.TODAY:
            return [*_of_role(role), tasks.c.due_at >= reader.today[0], tasks.c.due_at < reader.today[1]]
        case View.LATE:
            return [*_of_role(role), tasks.c.due_at < reader.now]
        case _:
            return _of_role(role)


def _held(reader: Reader, role: str) -> list[Condition]:
    return [func.coalesce(tasks.c.role, "") == role, _in_hands(reader), tasks.c.status == "open"]


def _put_off(reader: Reader) -> Condition:
    return func.coalesce(tasks.c.snoozed_until > reader.now, False)


def _in_hands(reader: Reader) -> Condition:
    """In the reader's, or in those of a colleague the reader stands in for."""
    if not reader.stands_in_for:
        return tasks.c.assignee == reader.staff_id
    return tasks.c.assignee.in_((reader.staff_id, *reader.stands_in_for))


def _answered() -> Condition:
    return exists().where(messages.c.task_id == tasks.c.task_id, messages.c.status.in_(LIVE))


def keeps_off(staff_id: str) -> Condition:
    """Whoever a debtor complained of has to do with that debtor no more (K1)."""
    return tasks.c.borrower_id.in_(complainants(staff_id))


def _count(
    reader: Reader, view: View, narrowed: Narrowed, among: Collection[str] | None
) -> ScalarSelect[int]:
    ranges = [
        select(tasks.c.task_id).where(*_wanted(reader, part, narrowed, among)).limit(COUNTED).subquery()
        for part in _parts(reader, view)
    ]
    together = union_all(*(select(one) for one in ranges)).limit(COUNTED).subquery()
    return select(func.count()).select_from(together).scalar_subquery()
