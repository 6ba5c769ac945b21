"""What pages show: frozen views, each read in one look; nothing here writes and nothing counts rows to skip."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Row,
    RowMapping,
    Select,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.sql.elements import ColumnElement, Tuple

from arrears.store.states import state_from_json
from arrears.store.tables import (
    allocations,
    audit_rows,
    borrowers,
    cases,
    holds,
    incidents,
    loans,
    messages,
    notices,
    payments,
    records,
    remarks,
    staff,
    tasks,
)
from arrears.store.types import Instant, Text
from arrears.store.views import (
    Act,
    CaseKey,
    CaseRow,
    CaseTask,
    CaseView,
    DeliveryView,
    HoldView,
    InboxPage,
    InboxRow,
    IncidentKey,
    IncidentView,
    NoticeView,
    PaymentView,
    Reader,
    Said,
    StageEntry,
    Step,
    TaskKey,
    TaskView,
    Timeline,
    View,
)

PAGE: Final = 50
COUNTED: Final = 1_000  # beyond it a page says 999+
LIVE: Final = ("waiting", "sent", "applied")
UNDER_WAY: Final = ("waiting", "sent")


# ---- the inbox -------------------------------------------------------------------------------------------


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
        where.append(keyed > _place(after.due_at, after.task_id))
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
        )
        .join(cases, cases.c.case_id == tasks.c.case_id)
        .outerjoin(borrowers, borrowers.c.borrower_id == tasks.c.borrower_id)
        .outerjoin(staff, staff.c.staff_id == tasks.c.assignee)
        .where(*where)
        .order_by(tasks.c.due_at, tasks.c.task_id)
        .limit(limit)
    )


def _place(at: datetime, key: str) -> Tuple:
    # Typed, because a bare instant in a tuple is bound as the database's and not as ours.
    return tuple_(literal(at, Instant), literal(key, Text))


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
            where = [func.coalesce(tasks.c.role, "") == role, tasks.c.assignee == reader.staff_id]
        case View.FREE:
            where = [of_role, func.coalesce(tasks.c.assignee, "") == ""]
        case View.LATE:
            where = [of_role, tasks.c.due_at < reader.now]
    where.append(tasks.c.status == "open")
    if stage is not None:
        where.append(tasks.c.stage == stage)
    return where


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


# ---- one task --------------------------------------------------------------------------------------------


def task(connection: Connection, task_id: str) -> TaskView | None:
    decided, holder = staff.alias("decided"), staff.alias("holder")
    row = (
        connection.execute(
            select(
                tasks,
                borrowers.c.name.label("borrower"),
                holder.c.name.label("assignee_name"),
                decided.c.name.label("decided_by_name"),
                cases.c.status.label("case_status"),
                cases.c.stage.label("case_stage"),
                cases.c.decided_at,
            )
            .join(cases, cases.c.case_id == tasks.c.case_id)
            .outerjoin(borrowers, borrowers.c.borrower_id == tasks.c.borrower_id)
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
        _said().where(messages.c.task_id == task_id).order_by(messages.c.arrival.desc())
    ).mappings()
    rows = [_said_of(row) for row in found]
    return next((said for said in rows if said.status in LIVE), rows[0] if rows else None)


# ---- one case --------------------------------------------------------------------------------------------


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
        )
        .outerjoin(staff, staff.c.staff_id == tasks.c.assignee)
        .where(tasks.c.case_id == case_id)
        .order_by(tasks.c.opened_seq.desc(), tasks.c.task_id)
    ).mappings()
    found = [CaseTask(**{**row, "barred": tuple(row["barred"])}) for row in rows]
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


def ledger_of(connection: Connection, loan_id: str, *, limit: int = 200) -> tuple[PaymentView, ...]:
    """Every payment of the loan, newest first, with where the money went."""
    rows = (
        connection.execute(
            select(payments)
            .where(payments.c.loan_id == loan_id)
            .order_by(payments.c.value_on.desc(), payments.c.payment_id.desc())
            .limit(limit)
        )
        .mappings()
        .all()
    )
    split = _allocated(connection, [row["payment_id"] for row in rows])
    return tuple(_payment_of(row, split.get(row["payment_id"], {})) for row in rows)


def payment(connection: Connection, payment_id: str) -> tuple[PaymentView, Said | None] | None:
    """A payment and the message that told its case, if one did."""
    row = connection.execute(select(payments).where(payments.c.payment_id == payment_id)).mappings().first()
    if row is None:
        return None
    said = connection.execute(_said().where(messages.c.message_id == f"pay-{payment_id}")).mappings().first()
    split = _allocated(connection, [payment_id]).get(payment_id, {})
    return _payment_of(row, split), _said_of(said) if said else None


def reversal_of(connection: Connection, payment_id: str) -> str | None:
    """The payment that took this one back."""
    back = select(payments.c.payment_id).where(payments.c.reverses_payment_id == payment_id).limit(1)
    return connection.execute(back).scalar()


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


def notices_of(connection: Connection, case_id: str) -> tuple[NoticeView, ...]:
    rows = connection.execute(_notice().where(notices.c.case_id == case_id)).mappings()
    return tuple(NoticeView(**row) for row in rows)


def notice(connection: Connection, case_id: str, notice_id: str) -> NoticeView | None:
    wanted = _notice().where(notices.c.case_id == case_id, notices.c.notice_id == notice_id)
    row = connection.execute(wanted).mappings().first()
    return NoticeView(**row) if row else None


def deliveries_of(connection: Connection, case_id: str, notice_id: str) -> tuple[DeliveryView, ...]:
    """What was reported of one notice, the latest first."""
    told = messages.c
    rows = connection.execute(
        select(
            told.message_id,
            told.content,
            told.status,
            told.reason,
            told.actor,
            staff.c.name.label("actor_name"),
            told.accepted_at,
        )
        .outerjoin(staff, staff.c.staff_id == told.actor)
        .where(told.case_id == case_id, told.signal == "delivery_reported")
        .order_by(told.arrival.desc())
    )
    return tuple(
        DeliveryView(
            row.message_id,
            row.content["status"],
            row.content["at"],
            row.content.get("reference"),
            row.status,
            row.reason,
            row.actor,
            row.actor_name,
            row.accepted_at,
        )
        for row in rows
        if row.content["notice_id"] == notice_id
    )


def timeline(connection: Connection, case_id: str, *, before: int | None = None) -> Timeline:
    """A page of the case's trail, steps and acts in the order in which they were written.

    `before` is the trail's number of the oldest entry shown so far.
    """
    trail = audit_rows.c
    wanted = select(trail.n, trail.at, trail.actor, trail.what, trail.detail).where(trail.stream == case_id)
    if before is not None:
        wanted = wanted.where(trail.n < before)
    rows = connection.execute(wanted.order_by(trail.n.desc()).limit(PAGE + 1)).all()
    shown = rows[:PAGE]
    steps = _steps(connection, case_id, [row.detail["seq"] for row in shown if "seq" in row.detail])
    entries = tuple(
        steps.get(row.detail.get("seq")) or Act(row.at, row.actor, row.what, row.detail) for row in shown
    )
    return _timeline(connection, case_id, entries, shown[-1].n if len(rows) > PAGE else None)


def latest_steps(connection: Connection, case_id: str, *, limit: int) -> Timeline:
    """What the case heard last, and what followed."""
    newest = connection.execute(
        select(records.c.seq).where(records.c.case_id == case_id).order_by(records.c.seq.desc()).limit(limit)
    ).scalars()
    steps = _steps(connection, case_id, list(newest))
    return _timeline(connection, case_id, tuple(steps[seq] for seq in sorted(steps, reverse=True)), None)


def _steps(connection: Connection, case_id: str, seqs: Collection[int]) -> dict[Any, Step]:
    rows = connection.execute(
        select(records.c.seq, records.c.at, records.c.event, records.c.effects).where(
            records.c.case_id == case_id, records.c.seq.in_(seqs)
        )
    )
    return {row.seq: Step(row.seq, row.at, row.event, tuple(row.effects)) for row in rows}


def _timeline(
    connection: Connection, case_id: str, entries: tuple[Step | Act, ...], earlier: int | None
) -> Timeline:
    steps = [entry for entry in entries if isinstance(entry, Step)]
    people = _people_in(steps) | {entry.actor for entry in entries if isinstance(entry, Act)}
    kinds = connection.execute(select(tasks.c.task_id, tasks.c.kind).where(tasks.c.case_id == case_id))
    return Timeline(
        entries,
        earlier,
        {row.task_id: row.kind for row in kinds},
        names(connection, people),
        _words_in(connection, steps),
    )


def names(connection: Connection, staff_ids: Collection[str]) -> dict[str, str]:
    """What these people are called; whoever is no member of staff is left out."""
    if not staff_ids:
        return {}
    rows = connection.execute(
        select(staff.c.staff_id, staff.c.name).where(staff.c.staff_id.in_(sorted(staff_ids)))
    )
    return {row.staff_id: row.name for row in rows}


def _people_in(steps: Iterable[Step]) -> set[str]:
    said = {str(step.event["actor"]) for step in steps if "actor" in step.event}
    return said | {str(effect["by"]) for step in steps for effect in step.effects if "by" in effect}


def _words_in(connection: Connection, steps: Iterable[Step]) -> dict[str, str]:
    ids = {str((step.event.get("content") or {}).get("remark_id") or "") for step in steps} - {""}
    if not ids:
        return {}
    rows = connection.execute(
        select(remarks.c.remark_id, remarks.c.words).where(remarks.c.remark_id.in_(sorted(ids)))
    )
    return {row.remark_id: row.words for row in rows}


def _notice() -> Select[Any]:
    return (
        select(
            notices.c.notice_id,
            notices.c.status,
            notices.c.amount_minor,
            notices.c.balance_minor,
            notices.c.currency,
            notices.c.cure_on,
            notices.c.released_by,
            staff.c.name.label("released_by_name"),
            notices.c.released_at,
            notices.c.sent_at,
            notices.c.arrived_at,
            notices.c.document,
            notices.c.document_hash,
        )
        .outerjoin(staff, staff.c.staff_id == notices.c.released_by)
        .order_by(notices.c.released_at.desc())
    )


def _allocated(connection: Connection, payment_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    rows = connection.execute(
        select(allocations.c.payment_id, allocations.c.tier, allocations.c.amount_minor).where(
            allocations.c.payment_id.in_(payment_ids)
        )
    )
    split: dict[str, dict[str, int]] = {}
    for row in rows:
        split.setdefault(row.payment_id, {})[row.tier] = row.amount_minor
    return split


def _payment_of(row: RowMapping, allocated: Mapping[str, int]) -> PaymentView:
    return PaymentView(
        payment_id=row["payment_id"],
        loan_id=row["loan_id"],
        booked_on=row["booked_on"],
        value_on=row["value_on"],
        amount_minor=row["amount_minor"],
        currency=row["currency"],
        channel=row["channel"],
        kind=row["kind"],
        provisional=row["provisional"],
        source=row["source"],
        standing=row["standing"],
        received_at=row["received_at"],
        reverses_payment_id=row["reverses_payment_id"],
        reversal_reason=row["reversal_reason"],
        final_at=row["final_at"],
        allocated=allocated,
    )


def _said() -> Select[Any]:
    return select(
        messages.c.message_id,
        messages.c.signal,
        messages.c.actor,
        staff.c.name.label("actor_name"),
        messages.c.content,
        messages.c.status,
        messages.c.reason,
        messages.c.accepted_at,
        messages.c.settled_at,
    ).outerjoin(staff, staff.c.staff_id == messages.c.actor)


def _said_of(row: RowMapping) -> Said:
    return Said(**row)


# ---- lists of cases and incidents ------------------------------------------------------------------------


def cases_of_loan(connection: Connection, loan_id: str) -> tuple[CaseRow, ...]:
    """All episodes of a loan, newest first."""
    rows = connection.execute(_case_row().where(cases.c.loan_id == loan_id).order_by(cases.c.episode.desc()))
    return tuple(_case_row_of(row) for row in rows)


def knows_loan(connection: Connection, loan_id: str) -> bool:
    return connection.execute(select(loans.c.loan_id).where(loans.c.loan_id == loan_id)).first() is not None


def open_cases(
    connection: Connection, *, after: CaseKey | None = None
) -> tuple[tuple[CaseRow, ...], CaseKey | None]:
    """Open cases by their next deadline; every open case has one."""
    keyed = tuple_(cases.c.next_deadline_at, cases.c.case_id)
    wanted = _case_row().where(cases.c.status == "open")
    if after is not None:
        wanted = wanted.where(keyed > _place(after.due_at, after.case_id))
    rows = connection.execute(
        wanted.order_by(cases.c.next_deadline_at, cases.c.case_id).limit(PAGE + 1)
    ).all()
    shown = tuple(_case_row_of(row) for row in rows[:PAGE])
    last = shown[-1] if len(rows) > PAGE else None
    more = CaseKey(last.next_deadline_at, last.case_id) if last and last.next_deadline_at else None
    return shown, more


def incident_list(
    connection: Connection, *, status: str = "open", after: IncidentKey | None = None
) -> tuple[tuple[IncidentView, ...], IncidentKey | None]:
    """Open ones oldest first, closed ones newest first."""
    wanted = _incident().where(incidents.c.status == status)
    at, key = incidents.c.opened_at, incidents.c.incident_id
    oldest_first = status == "open"
    if after is not None:
        beyond = (
            or_(at > after.at, and_(at == after.at, key > after.incident_id))
            if oldest_first
            else or_(at < after.at, and_(at == after.at, key < after.incident_id))
        )
        wanted = wanted.where(beyond)
    order = (at, key) if oldest_first else (at.desc(), key.desc())
    rows = connection.execute(wanted.order_by(*order).limit(PAGE + 1)).mappings().all()
    shown = tuple(IncidentView(**row) for row in rows[:PAGE])
    return shown, IncidentKey(shown[-1].opened_at, shown[-1].incident_id) if len(rows) > PAGE else None


def incident(connection: Connection, incident_id: str) -> IncidentView | None:
    row = connection.execute(_incident().where(incidents.c.incident_id == incident_id)).mappings().first()
    return IncidentView(**row) if row else None


def open_incidents(connection: Connection) -> int:
    """Counted up to COUNTED."""
    capped = select(incidents.c.incident_id).where(incidents.c.status == "open").limit(COUNTED).subquery()
    return connection.execute(select(func.count()).select_from(capped)).scalar_one()


def incidents_of(connection: Connection, case_id: str) -> tuple[IncidentView, ...]:
    rows = connection.execute(
        _incident().where(incidents.c.case_id == case_id).order_by(incidents.c.opened_at.desc())
    ).mappings()
    return tuple(IncidentView(**row) for row in rows)


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


def _incident() -> Select[Any]:
    return select(
        incidents.c.incident_id,
        incidents.c.kind,
        incidents.c.case_id,
        incidents.c.loan_id,
        incidents.c.detail,
        incidents.c.status,
        incidents.c.opened_at,
        incidents.c.closed_at,
        incidents.c.closed_by,
        staff.c.name.label("closed_by_name"),
        incidents.c.reason,
        incidents.c.due_at,
        incidents.c.outcome,
        incidents.c.reference,
    ).outerjoin(staff, staff.c.staff_id == incidents.c.closed_by)
