"""Claims before the bank's advisors: their queue, and what one is decided on."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, RowMapping, select, tuple_

from arrears.policy.claim import Ledger, Movement
from arrears.policy.limitation import Limitation, limitation_of
from arrears.policy.money import Owed, Split
from arrears.policy.tasks import Outcome, Role, TaskKind
from arrears.store.queries.inbox import keeps_off
from arrears.store.queries.paging import PAGE, place
from arrears.store.queries.trail import names
from arrears.store.tables import (
    allocations,
    borrowers,
    cases,
    limitation_evidence,
    loans,
    messages,
    payments,
    remarks,
    staff,
    tasks,
)
from arrears.store.views import ApprovalRow, FirstWord, TaskKey

KINDS: Final = (TaskKind.LEGAL_REVIEW, TaskKind.SECOND_APPROVAL, TaskKind.FILING)


def approvals(
    connection: Connection, staff_id: str, roles: Collection[Role] | None, *, after: TaskKey | None = None
) -> tuple[tuple[ApprovalRow, ...], TaskKey | None]:
    """Open ones that this person may see, earliest due first; of these roles, or of all when None."""
    holder = staff.alias("holder")
    wanted = (
        select(
            tasks.c.task_id,
            tasks.c.case_id,
            tasks.c.loan_id,
            tasks.c.kind,
            tasks.c.role,
            tasks.c.due_at,
            tasks.c.opened_at,
            borrowers.c.name.label("borrower"),
            tasks.c.assignee,
            holder.c.name.label("assignee_name"),
            cases.c.currency,
            cases.c.balance_minor,
            cases.c.stage_since,
            cases.c.decided_at,
            cases.c.first_overdue_on,
            loans.c.last_instalment_due_on,
            cases.c.state,
        )
        .join(cases, cases.c.case_id == tasks.c.case_id)
        .join(loans, loans.c.loan_id == tasks.c.loan_id)
        .outerjoin(borrowers, borrowers.c.borrower_id == tasks.c.borrower_id)
        .outerjoin(holder, holder.c.staff_id == tasks.c.assignee)
        .where(
            tasks.c.status == "open",
            tasks.c.kind.in_([kind.value for kind in KINDS]),
            ~keeps_off(staff_id),
        )
        .order_by(tasks.c.due_at, tasks.c.task_id)
        .limit(PAGE + 1)
    )
    if roles is not None:
        wanted = wanted.where(tasks.c.role.in_([role.value for role in roles]))
    if after is not None:
        wanted = wanted.where(tuple_(tasks.c.due_at, tasks.c.task_id) > place(after.due_at, after.task_id))
    rows = connection.execute(wanted).mappings().all()
    shown = rows[:PAGE]
    more = TaskKey(shown[-1]["due_at"], shown[-1]["task_id"]) if len(rows) > PAGE else None
    return _told(connection, shown), more


def _told(connection: Connection, rows: Sequence[RowMapping]) -> tuple[ApprovalRow, ...]:
    first = {row["task_id"]: (row["state"].get("approval") or {}).get("first", "") for row in rows}
    known = names(connection, set(first.values()) - {""})
    acts = interruptions(connection, {row["loan_id"] for row in rows})
    return tuple(
        ApprovalRow(
            **{field: row[field] for field in row if field not in ("state", "borrower")},
            borrower=row["borrower"] or "",
            first_by=first[row["task_id"]] or None,
            first_by_name=known.get(first[row["task_id"]]),
            interrupted_at=acts.get(row["loan_id"], ()),
        )
        for row in rows
    )


def interruptions(connection: Connection, loan_ids: Collection[str]) -> Mapping[str, tuple[datetime, ...]]:
    """By loan: when its limitation period began anew, without what was taken back."""
    found: dict[str, list[datetime]] = {}
    rows = connection.execute(
        select(limitation_evidence.c.loan_id, limitation_evidence.c.at)
        .where(limitation_evidence.c.loan_id.in_(sorted(loan_ids)), limitation_evidence.c.void_at.is_(None))
        .order_by(limitation_evidence.c.at)
    )
    for row in rows:
        found.setdefault(row.loan_id, []).append(row.at)
    return {loan_id: tuple(instants) for loan_id, instants in found.items()}


def limitation(
    connection: Connection,
    loan_id: str,
    *,
    first_overdue_on: date | None,
    years: int,
    zone_day: Callable[[datetime], date],
) -> Limitation | None:
    """`zone_day` gives the bank's civil day of an instant."""
    last = connection.execute(
        select(loans.c.last_instalment_due_on).where(loans.c.loan_id == loan_id)
    ).scalar()
    acts = [zone_day(at) for at in interruptions(connection, {loan_id}).get(loan_id, ())]
    return limitation_of([first_overdue_on, last], acts, years=years)


def claim_ledger(connection: Connection, case_id: str) -> Ledger | None:
    """What the case owes and the money since the day the core bank stated; None for a case nobody knows."""
    row = connection.execute(
        select(cases.c.state, cases.c.loan_id, loans.c.as_of_date)
        .join(loans, loans.c.loan_id == cases.c.loan_id)
        .where(cases.c.case_id == case_id)
    ).first()
    if row is None:
        return None
    owed = row.state["owed"]
    moved = _movements(connection, case_id, row.loan_id, since=row.as_of_date)
    return Ledger(Owed(owed["costs"], owed["interest"], owed["principal"]), row.as_of_date, tuple(moved))


def _movements(connection: Connection, case_id: str, loan_id: str, *, since: date) -> Sequence[Movement]:
    """Only what the case has heard: the figures of its state have no more in them."""
    split: dict[tuple[date, str], dict[str, int]] = {}
    rows = connection.execute(
        select(payments.c.payment_id, payments.c.value_on, allocations.c.tier, allocations.c.amount_minor)
        .join(allocations, allocations.c.payment_id == payments.c.payment_id)
        .where(allocations.c.case_id == case_id, payments.c.value_on > since)
        .order_by(payments.c.value_on, payments.c.payment_id)
    )
    for row in rows:
        split.setdefault((row.value_on, row.payment_id), {})[row.tier] = row.amount_minor
    charged = connection.execute(
        select(payments.c.payment_id, payments.c.value_on, payments.c.amount_minor)
        .join(messages, messages.c.message_id == "pay-" + payments.c.payment_id)
        .where(
            payments.c.loan_id == loan_id,
            payments.c.kind == "fee",
            payments.c.value_on > since,
            messages.c.status == "applied",
        )
    )
    for fee in charged:
        split[fee.value_on, fee.payment_id] = {"costs": -fee.amount_minor}
    return [Movement(on, Split(**tiers)) for (on, _id), tiers in sorted(split.items())]


def first_word(connection: Connection, task_id: str) -> FirstWord | None:
    """Of a second approval: what the first advisor said, why, and on which facts."""
    asked = connection.execute(
        select(tasks.c.case_id, tasks.c.kind, tasks.c.opened_seq).where(tasks.c.task_id == task_id)
    ).first()
    if asked is None or asked.kind not in (TaskKind.SECOND_APPROVAL, TaskKind.FILING):
        return None
    row = connection.execute(
        select(
            tasks.c.task_id,
            tasks.c.decided_by,
            staff.c.name,
            tasks.c.closed_at,
            tasks.c.facts,
        )
        .outerjoin(staff, staff.c.staff_id == tasks.c.decided_by)
        .where(
            tasks.c.case_id == asked.case_id,
            tasks.c.kind == TaskKind.LEGAL_REVIEW.value,
            tasks.c.outcome == Outcome.SUE.value,
            tasks.c.closed_seq <= asked.opened_seq,
        )
        .order_by(tasks.c.closed_seq.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    words = connection.execute(
        select(remarks.c.words)
        .where(remarks.c.task_id == row.task_id, remarks.c.author == row.decided_by)
        .order_by(remarks.c.written_at.desc())
        .limit(1)
    ).scalar()
    return FirstWord(row.decided_by, row.name, row.closed_at, words or "", row.facts)
