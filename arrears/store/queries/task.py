"""One task, with why it was opened, what it showed and the answer it got."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, cast, select

from arrears.store.queries.said import LIVE, said, said_of
from arrears.store.tables import borrowers, cases, loans, messages, records, staff, tasks
from arrears.store.types import Text
from arrears.store.views import Said, TaskView


def task(connection: Connection, task_id: str) -> TaskView | None:
    decided, holder = staff.alias("decided"), staff.alias("holder")
    row = (
        connection.execute(
            select(
                tasks,
                borrowers.c.name.label("borrower"),
                borrowers.c.language.label("debtor_speaks"),
                loans.c.product,
                holder.c.name.label("assignee_name"),
                decided.c.name.label("decided_by_name"),
                cases.c.status.label("case_status"),
                cases.c.stage.label("case_stage"),
                cases.c.decided_at,
            )
            .join(cases, cases.c.case_id == tasks.c.case_id)
            .outerjoin(borrowers, borrowers.c.borrower_id == tasks.c.borrower_id)
            .outerjoin(loans, loans.c.loan_id == tasks.c.loan_id)
            .outerjoin(holder, holder.c.staff_id == tasks.c.assignee)
            .outerjoin(decided, decided.c.staff_id == tasks.c.decided_by)
            .where(tasks.c.task_id == task_id)
        )
        .mappings()
        .first()
    )
    if row is None:
        return None
    # A cancelled task carries why it ended; why it was opened then stands in the record of that step.
    ended = row["status"] == "cancelled"
    opening = _opening_of(connection, row["case_id"], row["opened_seq"], task_id) if ended else row
    return TaskView(
        decided_at=row["decided_at"],
        task_id=task_id,
        case_id=row["case_id"],
        loan_id=row["loan_id"],
        borrower_id=row["borrower_id"],
        borrower=row["borrower"] or "",
        debtor_speaks=row["debtor_speaks"],
        product=row["product"] or "other",
        kind=row["kind"],
        role=row["role"],
        stage=row["stage"],
        status=row["status"],
        facts_no=row["facts_no"],
        facts=row["facts"],
        barred=tuple(row["barred"]),
        opened_at=row["opened_at"],
        due_at=row["due_at"],
        closed_at=row["closed_at"],
        outcome=row["outcome"],
        decided_by=row["decided_by"],
        decided_by_name=row["decided_by_name"],
        why=opening.get("why"),
        ended_why=row["why"] if ended else None,
        assignee=row["assignee"],
        assignee_name=row["assignee_name"],
        claimed_at=row["claimed_at"],
        snoozed_until=row["snoozed_until"],
        case_status=row["case_status"],
        case_stage=row["case_stage"],
        answer=_answer_to(connection, task_id),
    )


def facts_seen(connection: Connection, task_id: str, facts_no: int) -> Mapping[str, Any] | None:
    """What an open task showed when its facts had this number: the ground of an answer that came late."""
    row = connection.execute(
        select(tasks.c.case_id, tasks.c.opened_seq).where(tasks.c.task_id == task_id)
    ).first()
    if row is None:
        return None
    told = connection.execute(
        select(records.c.effects).where(
            records.c.case_id == row.case_id,
            records.c.seq >= row.opened_seq,
            cast(records.c.effects, Text).contains(f'"{task_id}"', autoescape=True),
        )
    ).scalars()
    for effect in (effect for effects in told for effect in effects):
        if effect.get("task_id") == task_id and effect.get("facts_no") == facts_no:
            facts: Mapping[str, Any] = effect["facts"]
            return facts
    return None


def _opening_of(connection: Connection, case_id: str, seq: int, task_id: str) -> Mapping[str, Any]:
    effects = connection.execute(
        select(records.c.effects).where(records.c.case_id == case_id, records.c.seq == seq)
    ).scalar()
    return next((effect for effect in effects or () if effect.get("task_id") == task_id), {})


def _answer_to(connection: Connection, task_id: str) -> Said | None:
    """The one that counts, else the last one that did not."""
    found = connection.execute(
        said().where(messages.c.task_id == task_id).order_by(messages.c.arrival.desc())
    ).mappings()
    rows = [said_of(row) for row in found]
    return next((said for said in rows if said.status in LIVE), rows[0] if rows else None)
