"""Reads of the JSON API: frozen views, page by page, nothing masked yet."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, func, literal, or_, select, tuple_

from arrears.store import tables as rows
from arrears.store.asked_again import Earlier, earlier
from arrears.store.keeping_off import complainants
from arrears.store.types import Instant, Text

UNSETTLED: Final = ("waiting", "sent", "parked")


@dataclass(frozen=True)
class CaseLine:
    """Money in minor units; the next deadline by its name and its instant."""

    case_id: str
    loan_id: str
    status: str
    stage: str
    stage_since: datetime
    opened_at: datetime
    closed_at: datetime | None
    closed_reason: str | None
    currency: str
    balance_minor: int
    overdue_minor: int
    first_overdue_on: date | None
    next_deadline: str | None
    next_deadline_at: datetime | None
    pack: str
    attention: bool


@dataclass(frozen=True)
class ContactLine:
    contact_id: str
    channel: str
    address: str
    preferred: bool
    do_not_contact: bool


@dataclass(frozen=True)
class BorrowerView:
    borrower_id: str
    kind: str
    name: str
    contacts: list[ContactLine]


@dataclass(frozen=True)
class TaskLine:
    task_id: str
    case_id: str
    loan_id: str
    kind: str
    role: str
    stage: str
    status: str
    why: str | None
    facts_no: int
    opened_at: datetime
    due_at: datetime
    closed_at: datetime | None
    outcome: str | None
    decided_by: str | None
    assignee: str | None
    claimed_at: datetime | None
    barred: list[str]  # people whom four eyes keep from it


@dataclass(frozen=True)
class TaskView:
    """`facts` is what the person decides on: ids, integers, days."""

    line: TaskLine
    facts: dict[str, Any]
    borrower_id: str
    borrower_name: str | None
    message_id: str | None  # the answer that is on its way or was applied
    earlier: Earlier | None  # the same question before, and what changed since


@dataclass(frozen=True)
class DeadlineLine:
    name: str
    due_at: datetime


@dataclass(frozen=True)
class CaseView:
    line: CaseLine
    borrower: BorrowerView | None
    deadlines: list[DeadlineLine]
    tasks: list[TaskLine]


@dataclass(frozen=True)
class StepLine:
    """One step of a case: what it heard, by tagged record, and what followed."""

    seq: int
    at: datetime
    event: dict[str, Any]
    effects: list[dict[str, Any]]


@dataclass(frozen=True)
class MessageView:
    message_id: str
    case_id: str
    signal: str
    actor: str
    task_id: str | None
    status: str
    reason: str | None
    accepted_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True)
class IncidentLine:
    incident_id: str
    kind: str
    case_id: str | None
    loan_id: str | None
    detail: dict[str, Any]
    status: str
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    reason: str | None
    due_at: datetime | None
    outcome: str | None  # of a refund: paid_out or kept
    reference: str | None  # the bank's number of what was paid out


@dataclass(frozen=True)
class PaymentStanding:
    standing: str
    case_id: str | None
    message_id: str | None


def _columns(table: Table, view: type[Any]) -> list[Column[Any]]:
    return [table.c[field.name] for field in fields(view)]


# ---- cases -------------------------------------------------------------------------------------------------


def cases(
    connection: Connection,
    *,
    staff_id: str,
    stage: str | None,
    status: str | None,
    after: str | None,
    limit: int,
) -> list[CaseLine]:
    """Those this member of staff may see, by case id, behind `after`."""
    kept_off = rows.cases.c.borrower_id.in_(complainants(staff_id))
    query = select(*_columns(rows.cases, CaseLine)).where(~kept_off)
    query = query.order_by(rows.cases.c.case_id).limit(limit)
    if stage is not None:
        query = query.where(rows.cases.c.stage == stage)
    if status is not None:
        query = query.where(rows.cases.c.status == status)
    if after is not None:
        query = query.where(rows.cases.c.case_id > after)
    return [CaseLine(**row) for row in connection.execute(query).mappings()]


def case(connection: Connection, case_id: str) -> CaseView | None:
    wanted = select(*_columns(rows.cases, CaseLine), rows.cases.c.borrower_id).where(
        rows.cases.c.case_id == case_id
    )
    row = connection.execute(wanted).mappings().first()
    if row is None:
        return None
    values = dict(row)
    borrower = _borrower(connection, values.pop("borrower_id"))
    return CaseView(
        CaseLine(**values), borrower, _clocks(connection, case_id), _open_tasks(connection, case_id)
    )


def has_case(connection: Connection, case_id: str) -> bool:
    found = connection.execute(select(rows.cases.c.case_id).where(rows.cases.c.case_id == case_id))
    return found.scalar() is not None


def steps(connection: Connection, case_id: str, *, after: int, limit: int) -> list[StepLine]:
    """What the case heard and did, oldest first, behind step `after`."""
    query = (
        select(*_columns(rows.records, StepLine))
        .where(rows.records.c.case_id == case_id, rows.records.c.seq > after)
        .order_by(rows.records.c.seq)
        .limit(limit)
    )
    return [StepLine(**row) for row in connection.execute(query).mappings()]


def unsettled(connection: Connection, case_id: str, *, limit: int) -> list[MessageView]:
    """What was said to the case and has not been answered yet, in order of arrival."""
    query = (
        select(*_columns(rows.messages, MessageView))
        .where(rows.messages.c.case_id == case_id, rows.messages.c.status.in_(UNSETTLED))
        .order_by(rows.messages.c.arrival)
        .limit(limit)
    )
    return [MessageView(**row) for row in connection.execute(query).mappings()]


def holds_task_of(connection: Connection, case_id: str, *, staff_id: str) -> bool:
    held = select(rows.tasks.c.task_id).where(
        rows.tasks.c.case_id == case_id, rows.tasks.c.status == "open", rows.tasks.c.assignee == staff_id
    )
    return connection.execute(held.limit(1)).scalar() is not None


# ---- tasks -------------------------------------------------------------------------------------------------


def tasks(
    connection: Connection,
    *,
    roles: Collection[str],
    staff_id: str,
    whose: str,
    after: tuple[datetime, str] | None,
    limit: int,
    stands_in_for: Collection[str] = (),
) -> list[TaskLine]:
    """Open ones by due instant. `whose` is mine, unclaimed (of `roles`), or both; mine are also those of colleagues away."""
    theirs = and_(rows.tasks.c.assignee.in_(sorted(stands_in_for)), rows.tasks.c.role.in_(roles))
    mine = (
        or_(rows.tasks.c.assignee == staff_id, theirs) if stands_in_for else rows.tasks.c.assignee == staff_id
    )
    unclaimed = and_(rows.tasks.c.assignee.is_(None), rows.tasks.c.role.in_(roles))
    wanted = {"mine": mine, "unclaimed": unclaimed, "both": or_(mine, unclaimed)}[whose]
    query = (
        select(*_columns(rows.tasks, TaskLine))
        .where(rows.tasks.c.status == "open", wanted, ~rows.tasks.c.borrower_id.in_(complainants(staff_id)))
        .order_by(rows.tasks.c.due_at, rows.tasks.c.task_id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(_behind(rows.tasks.c.due_at, rows.tasks.c.task_id, after))
    return [TaskLine(**row) for row in connection.execute(query).mappings()]


def task(connection: Connection, task_id: str) -> TaskLine | None:
    query = select(*_columns(rows.tasks, TaskLine)).where(rows.tasks.c.task_id == task_id)
    row = connection.execute(query).mappings().first()
    return None if row is None else TaskLine(**row)


def task_view(connection: Connection, task_id: str) -> TaskView | None:
    line = task(connection, task_id)
    if line is None:
        return None
    more = connection.execute(
        select(rows.tasks.c.facts, rows.tasks.c.borrower_id, rows.borrowers.c.name)
        .outerjoin(rows.borrowers, rows.borrowers.c.borrower_id == rows.tasks.c.borrower_id)
        .where(rows.tasks.c.task_id == task_id)
    ).one()
    answer = connection.execute(
        select(rows.messages.c.message_id).where(
            rows.messages.c.task_id == task_id, rows.messages.c.status.in_(("waiting", "sent", "applied"))
        )
    ).scalar()
    before = earlier(connection, task_id)
    return TaskView(line, more.facts, more.borrower_id, more.name, answer, before)


# ---- messages, payments, incidents -------------------------------------------------------------------------


def message(connection: Connection, message_id: str) -> MessageView | None:
    query = select(*_columns(rows.messages, MessageView)).where(rows.messages.c.message_id == message_id)
    row = connection.execute(query).mappings().first()
    return None if row is None else MessageView(**row)


def payment_standing(connection: Connection, payment_id: str, *, message_id: str) -> PaymentStanding | None:
    """What a door made of the payment when it came first; `message_id` is the one its case would have heard."""
    standing = connection.execute(
        select(rows.payments.c.standing).where(rows.payments.c.payment_id == payment_id)
    ).scalar()
    if standing is None:
        return None
    said = message(connection, message_id)
    if said is None:
        return PaymentStanding(standing, None, None)
    return PaymentStanding(standing, said.case_id, said.message_id)


def incidents(
    connection: Connection, *, status: str, after: tuple[datetime, str] | None, limit: int
) -> list[IncidentLine]:
    """Oldest first."""
    query = (
        select(*_columns(rows.incidents, IncidentLine))
        .where(rows.incidents.c.status == status)
        .order_by(rows.incidents.c.opened_at, rows.incidents.c.incident_id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(_behind(rows.incidents.c.opened_at, rows.incidents.c.incident_id, after))
    return [IncidentLine(**row) for row in connection.execute(query).mappings()]


def incident(connection: Connection, incident_id: str) -> IncidentLine | None:
    query = select(*_columns(rows.incidents, IncidentLine)).where(rows.incidents.c.incident_id == incident_id)
    row = connection.execute(query).mappings().first()
    return None if row is None else IncidentLine(**row)


# ---- health ------------------------------------------------------------------------------------------------


def oldest_unsent(connection: Connection, *, due_before: datetime) -> datetime | None:
    """When (machine time) the oldest message arrived that should have been sent and was not; None when none."""
    arrival = connection.execute(
        select(func.min(rows.messages.c.arrival)).where(
            rows.messages.c.status == "waiting", rows.messages.c.effective_at <= due_before
        )
    ).scalar()
    return None if arrival is None else datetime.fromtimestamp(arrival // 64 / 1_000_000, UTC)


# ---- inside ------------------------------------------------------------------------------------------------


def _behind(at: Column[Any], key: Column[Any], after: tuple[datetime, str]) -> ColumnElement[bool]:
    return tuple_(at, key) > tuple_(literal(after[0], Instant), literal(after[1], Text))


def _borrower(connection: Connection, borrower_id: str) -> BorrowerView | None:
    row = connection.execute(
        select(rows.borrowers.c.kind, rows.borrowers.c.name).where(
            rows.borrowers.c.borrower_id == borrower_id
        )
    ).first()
    if row is None:
        return None
    points = connection.execute(
        select(*_columns(rows.contact_points, ContactLine))
        .where(rows.contact_points.c.borrower_id == borrower_id)
        .order_by(rows.contact_points.c.contact_id)
    )
    contacts = [ContactLine(**point) for point in points.mappings()]
    return BorrowerView(borrower_id, row.kind, row.name, contacts)


def _clocks(connection: Connection, case_id: str) -> list[DeadlineLine]:
    running = (
        select(*_columns(rows.deadlines, DeadlineLine))
        .where(rows.deadlines.c.case_id == case_id)
        .order_by(rows.deadlines.c.due_at, rows.deadlines.c.name)
    )
    return [DeadlineLine(**row) for row in connection.execute(running).mappings()]


def _open_tasks(connection: Connection, case_id: str) -> list[TaskLine]:
    opened = (
        select(*_columns(rows.tasks, TaskLine))
        .where(rows.tasks.c.case_id == case_id, rows.tasks.c.status == "open")
        .order_by(rows.tasks.c.due_at, rows.tasks.c.task_id)
    )
    return [TaskLine(**row) for row in connection.execute(opened).mappings()]
