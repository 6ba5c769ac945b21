"""One case with its tasks, stages and holds; lists of cases."""

from typing import Any

from sqlalchemy import Connection, Row, Select, and_, cast, exists, or_, select, tuple_

from arrears.store.keeping_off import complainants
from arrears.store.queries.paging import PAGE, place
from arrears.store.queries.said import UNDER_WAY
from arrears.store.states import state_from_json
from arrears.store.tables import borrowers, cases, holds, loans, messages, records, staff, tasks
from arrears.store.types import Text
from arrears.store.views import CaseKey, CaseRow, CaseTask, CaseView, HoldView, StageEntry


def case(connection: Connection, case_id: str) -> CaseView | None:
    row = (
        connection.execute(
            select(
                cases,
                borrowers.c.name.label("borrower"),
                borrowers.c.kind.label("borrower_kind"),
                loans.c.product,
                loans.c.contract_no,
                loans.c.as_of_date,
            )
            .outerjoin(borrowers, borrowers.c.borrower_id == cases.c.borrower_id)
            .join(loans, loans.c.loan_id == cases.c.loan_id)
            .where(cases.c.case_id == case_id)
        )
        .mappings()
        .first()
    )
    if row is None:
        return None
    return CaseView(
        case_id=row["case_id"],
        loan_id=row["loan_id"],
        borrower_id=row["borrower_id"],
        borrower=row["borrower"] or "",
        borrower_kind=row["borrower_kind"] or "person",
        episode=row["episode"],
        status=row["status"],
        stage=row["stage"],
        stage_since=row["stage_since"],
        opened_at=row["opened_at"],
        closed_at=row["closed_at"],
        closed_reason=row["closed_reason"],
        currency=row["currency"],
        balance_minor=row["balance_minor"],
        overdue_minor=row["overdue_minor"],
        first_overdue_on=row["first_overdue_on"],
        pack=row["pack"],
        attention=row["attention"],
        seq=row["seq"],
        decided_at=row["decided_at"],
        recorded_at=row["recorded_at"],
        owed=row["state"].get("owed", {}),
        product=row["product"],
        contract_no=row["contract_no"],
        as_of_on=row["as_of_date"],
        state=state_from_json(row["state"]),
    )


def tasks_of(connection: Connection, case_id: str) -> tuple[CaseTask, ...]:
    """Open ones first, then the newest."""
    on_its_way = exists().where(messages.c.task_id == tasks.c.task_id, messages.c.status.in_(UNDER_WAY))
    rows = connection.execute(
        select(
            tasks.c.task_id,
            tasks.c.kind,
            tasks.c.role,
            tasks.c.stage,
            tasks.c.status,
            tasks.c.opened_at,
            tasks.c.due_at,
            tasks.c.closed_at,
            tasks.c.outcome,
            tasks.c.assignee,
            staff.c.name.label("assignee_name"),
            tasks.c.barred,
            on_its_way.label("is_answered"),
        )
        .outerjoin(staff, staff.c.staff_id == tasks.c.assignee)
        .where(tasks.c.case_id == case_id)
        .order_by(tasks.c.opened_seq.desc(), tasks.c.task_id)
    ).mappings()
    found = [
        CaseTask(**{**row, "barred": tuple(row["barred"]), "is_answered": bool(row["is_answered"])})
        for row in rows
    ]
    return tuple(sorted(found, key=lambda one: one.status != "open"))


def stages_of(connection: Connection, case_id: str) -> tuple[StageEntry, ...]:
    """When the case entered each stage, in order."""
    told = connection.execute(
        select(records.c.at, records.c.effects)
        .where(records.c.case_id == case_id, cast(records.c.effects, Text).contains('"enter_stage"'))
        .order_by(records.c.seq)
    )
    return tuple(
        StageEntry(effect["stage"], row.at, effect["why"])
        for row in told
        for effect in row.effects
        if effect["kind"] == "enter_stage"
    )


def holds_of(connection: Connection, case_id: str, borrower_id: str) -> tuple[HoldView, ...]:
    """Those that stand over this case: its own, its person's and the bank's, the oldest first."""
    placed, confirmed, about = staff.alias("placed"), staff.alias("confirmed"), staff.alias("about")
    own = and_(holds.c.case_id == case_id, holds.c.scope.in_(("loan", "part")))
    persons = and_(holds.c.borrower_id == borrower_id, holds.c.scope == "person")
    found = connection.execute(
        select(
            holds.c.hold_id,
            holds.c.kind,
            holds.c.scope,
            holds.c.part_minor,
            holds.c.placed_at.label("since"),
            holds.c.until,
            holds.c.placed_by,
            placed.c.name.label("placed_by_name"),
            confirmed.c.name.label("confirmed_by_name"),
            holds.c.against,
            about.c.name.label("against_name"),
            holds.c.evidence,
        )
        .outerjoin(placed, placed.c.staff_id == holds.c.placed_by)
        .outerjoin(confirmed, confirmed.c.staff_id == holds.c.approved_by)
        .outerjoin(about, about.c.staff_id == holds.c.against)
        .where(holds.c.ended_at.is_(None), or_(own, persons, holds.c.scope == "bank"))
        .order_by(holds.c.placed_at, holds.c.hold_id)
    )
    return tuple(HoldView(**row._mapping) for row in found)


def cases_of_loan(connection: Connection, loan_id: str) -> tuple[CaseRow, ...]:
    """All episodes of a loan, newest first."""
    rows = connection.execute(_case_row().where(cases.c.loan_id == loan_id).order_by(cases.c.episode.desc()))
    return tuple(_case_row_of(row) for row in rows)


def knows_loan(connection: Connection, loan_id: str) -> bool:
    return connection.execute(select(loans.c.loan_id).where(loans.c.loan_id == loan_id)).first() is not None


def open_cases(
    connection: Connection, staff_id: str, *, after: CaseKey | None = None
) -> tuple[tuple[CaseRow, ...], CaseKey | None]:
    """Open cases this member of staff may see, by their next deadline; every open case has one."""
    keyed = tuple_(cases.c.next_deadline_at, cases.c.case_id)
    kept_off = cases.c.borrower_id.in_(complainants(staff_id))
    wanted = _case_row().where(cases.c.status == "open", ~kept_off)
    if after is not None:
        wanted = wanted.where(keyed > place(after.due_at, after.case_id))
    rows = connection.execute(
        wanted.order_by(cases.c.next_deadline_at, cases.c.case_id).limit(PAGE + 1)
    ).all()
    shown = tuple(_case_row_of(row) for row in rows[:PAGE])
    last = shown[-1] if len(rows) > PAGE else None
    more = CaseKey(last.next_deadline_at, last.case_id) if last and last.next_deadline_at else None
    return shown, more


def _case_row() -> Select[Any]:
    return select(
        cases.c.case_id,
        cases.c.loan_id,
        borrowers.c.name.label("borrower"),
        cases.c.status,
        cases.c.stage,
        cases.c.currency,
        cases.c.overdue_minor,
        cases.c.first_overdue_on,
        cases.c.decided_at,
        cases.c.next_deadline,
        cases.c.next_deadline_at,
        cases.c.attention,
        cases.c.closed_at,
        cases.c.closed_reason,
    ).outerjoin(borrowers, borrowers.c.borrower_id == cases.c.borrower_id)


def _case_row_of(row: Row[Any]) -> CaseRow:
    return CaseRow(**{**row._mapping, "borrower": row.borrower or ""})
