"""Who works here, as the list and the page of a person show it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, and_, func, literal, select

from arrears.store.queries.paging import PAGE
from arrears.store.tables import browser_sessions, invitations, staff, tasks
from arrears.store.types import Flag

CROWD: Final = 500  # colleagues offered to choose from


class Standing(StrEnum):
    """How a person stands to the house."""

    ACTIVE = "active"
    INVITED = "invited"
    OVERDUE = "overdue"  # the link ran out before it was used
    LEFT = "left"


@dataclass(frozen=True)
class StaffLine:
    """`sessions` counts browsers, also those that have been idle too long; `held` the open tasks in the person's hands."""

    staff_id: str
    login: str
    name: str
    roles: tuple[str, ...]
    standing: Standing
    language: str
    created_at: datetime
    link_ends_at: datetime | None
    held: int
    sessions: int


@dataclass(frozen=True)
class HeldTask:
    """An open task in somebody's hands: nothing of the debtor."""

    task_id: str
    case_id: str
    kind: str
    role: str
    stage: str
    due_at: datetime
    barred: tuple[str, ...]


def staff_list(
    connection: Connection, *, now: datetime, left: bool = False, after: str | None = None
) -> tuple[tuple[StaffLine, ...], str | None]:
    """By log-in, those who have left by themselves; and the id of the person after whom the next page begins.

    An id, because a log-in is in no address. `now` is machine time.
    """
    has_left = and_(staff.c.active == literal(value=False, type_=Flag), staff.c.password_hash.is_not(None))
    wanted = _line(now).where(has_left if left else ~has_left)
    if after is not None:
        last = staff.alias("last")
        wanted = wanted.where(
            staff.c.login > select(last.c.login).where(last.c.staff_id == after).scalar_subquery()
        )
    rows = connection.execute(wanted.order_by(staff.c.login).limit(PAGE + 1)).all()
    shown = tuple(_line_of(row) for row in rows[:PAGE])
    return shown, shown[-1].staff_id if len(rows) > PAGE else None


def staff_line(connection: Connection, staff_id: str, *, now: datetime) -> StaffLine | None:
    row = connection.execute(_line(now).where(staff.c.staff_id == staff_id)).first()
    return None if row is None else _line_of(row)


def colleagues(
    connection: Connection, roles: Iterable[str], *, but: str
) -> dict[str, tuple[tuple[str, str], ...]]:
    """Those who are here and have the role, by role, as id and name."""
    rows = connection.execute(
        select(staff.c.staff_id, staff.c.name, staff.c.roles)
        .where(staff.c.active == literal(value=True, type_=Flag), staff.c.staff_id != but)
        .order_by(staff.c.name, staff.c.staff_id)
    ).all()
    return {
        role: tuple((row.staff_id, row.name) for row in rows if role in row.roles)[:CROWD] for role in roles
    }


def held_by(connection: Connection, staff_id: str) -> tuple[HeldTask, ...]:
    """Open tasks in this person's hands, the earliest due first; also those whose answer is being applied."""
    rows = connection.execute(
        select(
            tasks.c.task_id,
            tasks.c.case_id,
            tasks.c.kind,
            tasks.c.role,
            tasks.c.stage,
            tasks.c.due_at,
            tasks.c.barred,
        )
        .where(tasks.c.assignee == staff_id, tasks.c.status == "open")
        .order_by(tasks.c.due_at, tasks.c.task_id)
    )
    return tuple(HeldTask(**{**row._mapping, "barred": tuple(row.barred)}) for row in rows)


def _line(now: datetime) -> Select[Any]:
    held = select(func.count()).where(tasks.c.assignee == staff.c.staff_id, tasks.c.status == "open")
    browsers = select(func.count()).where(
        browser_sessions.c.staff_id == staff.c.staff_id, browser_sessions.c.ends_at > now
    )
    link = select(func.max(invitations.c.ends_at)).where(
        invitations.c.staff_id == staff.c.staff_id, invitations.c.ends_at > now
    )
    return select(
        staff.c.staff_id,
        staff.c.login,
        staff.c.name,
        staff.c.roles,
        staff.c.language,
        staff.c.active,
        staff.c.password_hash.is_(None).label("no_password"),
        staff.c.created_at,
        link.scalar_subquery().label("link_ends_at"),
        held.scalar_subquery().label("held"),
        browsers.scalar_subquery().label("sessions"),
    )


def _line_of(row: Row[Any]) -> StaffLine:
    return StaffLine(
        staff_id=row.staff_id,
        login=row.login,
        name=row.name,
        roles=tuple(row.roles),
        standing=_standing(row),
        language=row.language,
        created_at=row.created_at,
        link_ends_at=row.link_ends_at,
        held=row.held,
        sessions=row.sessions,
    )


def _standing(row: Row[Any]) -> Standing:
    if row.active:
        return Standing.ACTIVE
    if not row.no_password:
        return Standing.LEFT
    return Standing.OVERDUE if row.link_ends_at is None else Standing.INVITED
