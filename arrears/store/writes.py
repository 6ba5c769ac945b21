"""What `record` writes, effect by effect; nobody else writes the state of a case."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, assert_never

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from arrears.contracts import Batch
from arrears.policy import codes
from arrears.policy import effects as fx
from arrears.policy.codes import Counts, Outcome
from arrears.policy.state import CaseState
from arrears.store import holds, keeping_off, marks, plans
from arrears.store.intents import raise_incident
from arrears.store.tables import (
    allocations,
    cases,
    contact_attempts,
    deadlines,
    limitation_evidence,
    matters,
    messages,
    notices,
    promises,
    records,
    tasks,
)


@dataclass(frozen=True)
class Step:
    """The step being written: whose case, which seq, at which instant of its clock."""

    case_id: str
    loan_id: str
    borrower_id: str
    currency: str
    stage: str
    seq: int
    at: datetime


def instant(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def put_record(connection: Connection, batch: Batch, *, print_: str, now: datetime) -> None:
    connection.execute(
        insert(records),
        {
            "case_id": batch.case_id,
            "seq": batch.seq,
            "print": print_,
            "base": batch.base,
            "event": batch.event,
            "effects": batch.effects,
            "at": instant(batch.at),
            "recorded_at": now,
        },
    )


@dataclass(frozen=True)
class Written:
    """A state as it is written: the value, its plain form and its digest, each made once."""

    state: CaseState
    plain: dict[str, Any]
    digest: str


def insert_case(connection: Connection, new: Written, *, seq: int, borrower_id: str, now: datetime) -> None:
    state = new.state
    episode = int(state.case_id.rsplit("-", 1)[1])
    connection.execute(
        insert(cases),
        dict(
            case_id=state.case_id,
            loan_id=state.loan_id,
            borrower_id=borrower_id,
            episode=episode,
            **_case_columns(new, seq=seq, now=now),
        ),
    )


def update_case(connection: Connection, new: Written, *, seq: int, now: datetime) -> None:
    row = {"of_case": new.state.case_id, **_case_columns(new, seq=seq, now=now)}
    connection.execute(_UPDATE_CASE, row)


# The row comes as parameters: a statement that is made once is compiled once.
_UPDATE_CASE: Final = update(cases).where(cases.c.case_id == bindparam("of_case"))


def _case_columns(new: Written, *, seq: int, now: datetime) -> dict[str, Any]:
    state = new.state
    name, due = min(state.deadlines.items(), key=lambda item: item[1], default=(None, None))
    return {
        "status": "closed" if state.closed else "open",
        "stage": state.stage.value,
        "stage_since": instant(state.stage_since),
        "opened_at": instant(state.opened_at),
        "closed_at": instant(state.closed_at) if state.closed else None,
        "closed_reason": state.closed or None,
        "currency": state.currency,
        "balance_minor": state.balance,
        "overdue_minor": state.overdue,
        "first_overdue_on": date.fromisoformat(state.first_overdue_on) if state.first_overdue_on else None,
        "next_deadline": name,
        "next_deadline_at": None if due is None else instant(due),
        "pack": state.terms.pack,
        "attention": state.attention,
        "seq": seq,
        "digest": new.digest,
        "state": new.plain,
        "decided_at": instant(state.at),
        "recorded_at": now,
    }


def put_deadlines(
    connection: Connection, case_id: str, *, before: dict[str, int], after: dict[str, int]
) -> None:
    """Only what changed: most steps move one clock."""
    gone = [name for name in before if name not in after]
    if gone:
        connection.execute(
            delete(deadlines).where(deadlines.c.case_id == case_id, deadlines.c.name.in_(gone))
        )
    moved = [
        {"case_id": case_id, "name": name, "due_at": instant(at)}
        for name, at in after.items()
        if before.get(name) != at
    ]
    if moved:
        put = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        row = put(deadlines)
        connection.execute(
            row.on_conflict_do_update(
                index_elements=["case_id", "name"], set_={"due_at": row.excluded.due_at}
            ),
            moved,
        )


def settle_message(
    connection: Connection,
    message_id: str,
    *,
    status: str,
    reason: str | None,
    seq: int | None,
    now: datetime,
) -> None:
    connection.execute(
        update(messages)
        .where(messages.c.message_id == message_id)
        .values(status=status, reason=reason, settled_seq=seq, settled_at=now)
    )
    if status == "refused":  # its task is open again, and whoever has the list open is told
        answered = select(messages.c.task_id).where(messages.c.message_id == message_id).scalar_subquery()
        connection.execute(update(tasks).where(tasks.c.task_id == answered).values(changed_at=now))


def refuse_people(connection: Connection, case_id: str, *, seq: int, now: datetime, but: str) -> None:
    """A case that closes refuses what people still said to it; money stays and may re-open it."""
    connection.execute(
        update(messages)
        .where(
            messages.c.case_id == case_id,
            messages.c.status.in_(("waiting", "sent")),
            messages.c.rank > 0,
            messages.c.message_id != but,
        )
        .values(status="refused", reason="case_closed", settled_seq=seq, settled_at=now)
    )


# What brings a case's tasks back at once to whoever put them off: money, a word of the debtor's, somebody's answer.
WAKES: Final = frozenset(
    {
        "payment_posted",
        "payment_reversed",
        "payment_finalized",
        "contact_reported",
        "task_decided",
        "delivery_reported",
        "hold_placed",
        "hold_released",
        "plan_signed",
    }
)


def wake(connection: Connection, case_id: str) -> None:
    connection.execute(
        update(tasks)
        .where(tasks.c.case_id == case_id, tasks.c.status == "open", tasks.c.snoozed_until.is_not(None))
        .values(snoozed_until=None)
    )


def apply(connection: Connection, step: Step, effect: fx.Effect) -> None:  # noqa: C901, PLR0912, PLR0915  # one arm an effect
    """Write one effect. Every key is derived from the step, so writing it twice is impossible."""
    match effect:
        case fx.OpenTask():
            _open_task(connection, step, effect)
        case fx.RefreshTask():
            _task(connection, effect.task_id, facts_no=effect.facts_no, facts=effect.facts)
        case fx.TaskMoved():
            _task(connection, effect.task_id, due_at=instant(effect.due_at))
        case fx.FinishTask():
            _end_task(connection, step, effect.task_id, status="done", outcome=effect.outcome, by=effect.by)
        case fx.CancelTask():
            _end_task(connection, step, effect.task_id, status="cancelled", why=effect.why)
        case fx.TaskLate():
            _task_late(connection, effect)
        case fx.PromiseMade():
            _promise_made(connection, step, effect)
        case fx.PromiseBecame():
            _promise_became(connection, step, effect)
        case fx.PlanMade():
            plans.put(connection, _signing(step), effect)
        case fx.PlanPaid():
            plans.pay(connection, effect, at=step.at)
        case fx.PlanBecame():
            plans.became(connection, effect, at=step.at)
        case fx.MatterFiled():
            _matter_filed(connection, step, effect)
        case fx.MatterEnded():
            _matter_ended(connection, step, effect)
        case fx.HoldBegan():
            _hold_began(connection, step, effect)
        case fx.HoldBecame():
            holds.became(connection, effect)
        case fx.HoldEnded():
            _hold_ended(connection, step, effect)
        case fx.KeepOff():
            keeping_off.keep_off(connection, step.case_id, effect)
        case fx.LogContact():
            _log_contact(connection, step, effect)
        case fx.LimitationInterrupted():
            _limitation_interrupted(connection, step, effect)
        case fx.LimitationVoided():
            _limitation_voided(connection, step, effect)
        case fx.MarkContact():
            marks.put(
                connection,
                effect.contact_id,
                marks.Marked(effect.mark, step.borrower_id, step.case_id, effect.by, step.at),
            )
        case fx.ReleaseNotice():
            _release_notice(connection, step, effect)
        case fx.NoticeBecame():
            _notice_became(connection, effect)
        case fx.Allocate():
            _allocate(connection, step, effect)
        case fx.RaiseIncident():
            raise_incident(
                connection,
                kind=effect.incident,
                key=effect.key,
                at=step.at,
                case_id=step.case_id,
                loan_id=step.loan_id,
                detail=_with_currency(effect.detail, step),
                due_at=instant(effect.due_at) if effect.due_at else None,
            )
        case fx.CloseCase():
            place = holds.Place(step.case_id, step.borrower_id, step.at)
            holds.hand_over(connection, place, seq=step.seq)
        case fx.Refuse() | fx.EnterStage() | fx.ReopenCase() | fx.KeepProvisional():
            pass  # they stand in the record, the message and the case row
        case _:
            assert_never(effect)


def _with_currency(detail: dict[str, Any], step: Step) -> dict[str, Any]:
    """An amount without its currency is a bare number to whoever reads the incident."""
    has_money = any(name.endswith("_minor") for name in detail)
    return detail | {"currency": step.currency} if has_money else detail


def _open_task(connection: Connection, step: Step, effect: fx.OpenTask) -> None:
    connection.execute(
        insert(tasks),
        {
            "task_id": effect.task_id,
            "case_id": step.case_id,
            "loan_id": step.loan_id,
            "borrower_id": step.borrower_id,
            "kind": str(effect.task),
            "role": str(effect.role),
            "stage": effect.facts["stage"],
            "status": "open",
            "facts_no": effect.facts_no,
            "facts": effect.facts,
            "barred": list(effect.barred),
            "opened_seq": step.seq,
            "opened_at": step.at,
            "due_at": instant(effect.due_at),
            "why": effect.why,
        },
    )


def _task(connection: Connection, task_id: str, **values: Any) -> None:
    connection.execute(update(tasks).where(tasks.c.task_id == task_id).values(values))


def _end_task(connection: Connection, step: Step, task_id: str, **values: Any) -> None:
    by = values.pop("by", None)
    _task(connection, task_id, closed_seq=step.seq, closed_at=step.at, decided_by=by, **values)


def _task_late(connection: Connection, effect: fx.TaskLate) -> None:
    free = {"assignee": None, "claimed_at": None, "snoozed_until": None} if effect.rung == "freed" else {}
    _task(connection, effect.task_id, lateness=effect.rung, **free)


def _promise_made(connection: Connection, step: Step, effect: fx.PromiseMade) -> None:
    connection.execute(
        insert(promises),
        {
            "promise_id": effect.promise_id,
            "case_id": step.case_id,
            "loan_id": step.loan_id,
            "borrower_id": step.borrower_id,
            "task_id": effect.task_id,
            "channel": "phone",
            "amount_minor": effect.amount,
            "currency": step.currency,
            "due_on": date.fromisoformat(effect.due_on),
            "judged_at": instant(effect.judged_at),
            "made_at": step.at,
            "by": effect.by,
            "status": "open",
            "changed_at": step.at,
        },
    )


def _promise_became(connection: Connection, step: Step, effect: fx.PromiseBecame) -> None:
    moved = {"judged_at": instant(effect.judged_at)} if effect.judged_at else {}
    connection.execute(
        update(promises)
        .where(promises.c.promise_id == effect.promise_id)
        .values(status=effect.status, paid_minor=effect.paid, changed_at=step.at, **moved)
    )


def _signing(step: Step) -> plans.Signing:
    return plans.Signing(step.case_id, step.loan_id, step.borrower_id, step.currency, step.at)


def _matter_filed(connection: Connection, step: Step, effect: fx.MatterFiled) -> None:
    connection.execute(
        insert(matters),
        {
            "matter_id": effect.matter_id,
            "case_id": step.case_id,
            "claim_minor": effect.claim,
            "fee_minor": effect.fee,
            "currency": step.currency,
            "filed_at": step.at,
            "filed_by": effect.by,
        },
    )


def _matter_ended(connection: Connection, step: Step, effect: fx.MatterEnded) -> None:
    connection.execute(
        update(matters)
        .where(matters.c.matter_id == effect.matter_id)
        .values(ended_at=step.at, ended_by=effect.by, outcome=effect.outcome)
    )


def _hold_began(connection: Connection, step: Step, effect: fx.HoldBegan) -> None:
    place = holds.Place(step.case_id, step.borrower_id, step.at)
    holds.put(connection, place, effect)
    if effect.spreads:
        holds.spread(connection, place, effect)


def _hold_ended(connection: Connection, step: Step, effect: fx.HoldEnded) -> None:
    holds.end(connection, effect, at=step.at)
    if effect.spreads:
        holds.spread_end(connection, holds.Place(step.case_id, step.borrower_id, step.at), effect)


def _log_contact(connection: Connection, step: Step, effect: fx.LogContact) -> None:
    """The door has written the contact; only a word that was said before doors did so has no line yet."""
    counts = codes.TALK[Outcome(effect.result)].counts
    row = {
        "attempt_id": effect.attempt_id or f"{effect.task_id}-contact",
        "borrower_id": step.borrower_id,
        "case_id": step.case_id,
        "loan_id": step.loan_id,
        "task_id": effect.task_id,
        "action": "out_call",
        "party": "borrower",
        "purpose": "collection",
        "actor": effect.by,
        "staff": [],
        "status": "made",
        "result": effect.result,
        "effective": Counts.EFFECTIVE in counts,
        "conversation": Counts.CONVERSATION in counts,
        "at": step.at,
        "reserved_at": step.at,
    }
    put = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    connection.execute(put(contact_attempts).values(row).on_conflict_do_nothing())


def _limitation_interrupted(connection: Connection, step: Step, effect: fx.LimitationInterrupted) -> None:
    connection.execute(
        insert(limitation_evidence),
        {
            "evidence_id": f"{step.case_id}-e{step.seq}",
            "loan_id": step.loan_id,
            "case_id": step.case_id,
            "borrower_id": step.borrower_id,
            "rule": effect.rule,
            "act": effect.act,
            "proof": effect.proof or None,
            "by": effect.by,
            "at": instant(effect.at),
        },
    )


def _limitation_voided(connection: Connection, step: Step, effect: fx.LimitationVoided) -> None:
    connection.execute(
        update(limitation_evidence)
        .where(limitation_evidence.c.loan_id == step.loan_id, limitation_evidence.c.proof == effect.proof)
        .values(void_at=step.at)
    )


def _release_notice(connection: Connection, step: Step, effect: fx.ReleaseNotice) -> None:
    connection.execute(
        insert(notices),
        {
            "notice_id": effect.notice_id,
            "case_id": step.case_id,
            "kind": "demand",
            "status": "released",
            "amount_minor": effect.overdue,
            "balance_minor": effect.balance,
            "currency": step.currency,
            "as_of": step.at,
            "released_by": effect.by,
            "released_at": step.at,
        },
    )


def _notice_became(connection: Connection, effect: fx.NoticeBecame) -> None:
    values: dict[str, Any] = {"status": effect.status}
    if effect.status == "sent":
        values["sent_at"] = instant(effect.at)
    if effect.status == "arrived":
        values["arrived_at"] = instant(effect.at)
    if effect.cure_on is not None:
        values["cure_on"] = date.fromisoformat(effect.cure_on)
    connection.execute(update(notices).where(notices.c.notice_id == effect.notice_id).values(values))


def _allocate(connection: Connection, step: Step, effect: fx.Allocate) -> None:
    tiers = {
        "costs": effect.costs,
        "interest": effect.interest,
        "principal": effect.principal,
        "surplus": effect.surplus,
    }
    rows = [
        {
            "payment_id": effect.payment_id,
            "tier": tier,
            "case_id": step.case_id,
            "seq": step.seq,
            "amount_minor": amount,
        }
        for tier, amount in tiers.items()
        if amount
    ]
    if rows:
        connection.execute(insert(allocations), rows)
