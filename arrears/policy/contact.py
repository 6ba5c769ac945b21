"""What follows from the result of a contact: try again, wait for the promised day, or propose to escalate."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from arrears.policy import evidence, holds, inbound, promises, stages
from arrears.policy.codes import (
    INBOUND,
    PROMISES,
    TALK,
    Action,
    Code,
    Counts,
    Next,
    Outcome,
    code_of,
    days_until_next,
)
from arrears.policy.effects import LogContact, MarkContact, Refuse
from arrears.policy.events import ContactReported, TaskDecided
from arrears.policy.promises import Pledge
from arrears.policy.state import Clock, HoldKind, Scope, Stage
from arrears.policy.tasks import TaskKind, lacks
from arrears.policy.turn import Turn


@dataclass(frozen=True)
class Talk:
    """One contact and its result; without a task `task_id` is empty."""

    action: Action
    result: str
    code: Code
    by: str
    task_id: str = ""
    contact_id: str = ""
    recording_id: str = ""
    amount: int | None = None
    on: str | None = None
    remark_id: str = ""
    against: str = ""  # whom a complaint is about, when it was said
    at: int | None = None  # when it was said; None: just now


def contacted(turn: Turn, outcome: Outcome, event: TaskDecided) -> None:
    """A task to contact somebody was answered."""
    talk = _under_task(outcome, event)
    turn.tell(LogContact(talk.task_id, talk.result, talk.by, event.attempt_id))
    _follows(turn, talk)


def heard_late(turn: Turn, event: TaskDecided) -> bool:
    """The task of the call was put aside meanwhile; what stops the bank was said all the same, and is heard."""
    code = TALK.get(Outcome(event.outcome)) if event.outcome in TALK else None
    if code is None or not event.attempt_id or _hold_of(turn, event.outcome, code) is None:
        return False
    talk = _under_task(Outcome(event.outcome), event)
    turn.tell(LogContact(talk.task_id, talk.result, talk.by, event.attempt_id))
    turn.work(talk.by)
    _keep_still(turn, talk)
    return True


def _under_task(outcome: Outcome, event: TaskDecided) -> Talk:
    return Talk(
        Action.OUT_CALL,
        outcome.value,
        TALK[outcome],
        event.by,
        event.task_id,
        event.contact_id,
        event.recording_id,
        event.amount,
        event.on,
        event.remark_id,
    )


def reported(turn: Turn, event: ContactReported) -> None:
    """Nobody had asked for it: the debtor came to the bank, or somebody called without a task.

    Whoever spoke to the debtor did what an open contact task asks for.
    """
    code = code_of(event.action, event.result)
    if code is None:
        turn.tell(Refuse("result_unknown"))
        return
    if why := _why_not(turn, event):
        turn.tell(Refuse(why))
        return
    code = inbound.as_heard(code, event.action, event.party)
    turn.disarm(Clock.IDLE)
    turn.work(event.by)
    if code.right_party:
        turn.cancel(*stages.CONTACT_TASKS, why="spoken_to")
    _follows(
        turn,
        Talk(
            event.action,
            event.result,
            code,
            event.by,
            contact_id=event.contact_id,
            recording_id=event.recording_id,
            amount=event.amount,
            on=event.on,
            remark_id=event.remark_id,
            against=event.against,
            at=event.at if event.action in INBOUND else None,
        ),
    )


def try_again(turn: Turn) -> None:
    turn.open(TaskKind.FOLLOW_UP, why="follow_up_due")


# The bank's own tries to reach the debtor, which escalation waits for (T3).
_ATTEMPTS: Final = frozenset({Action.OUT_CALL, Action.AI_CALL, Action.VISIT})


def _why_not(turn: Turn, event: ContactReported) -> str:
    if event.action in INBOUND and not inbound.may_tell(event.party, event.result):
        return "not_theirs_to_say"
    if event.result not in PROMISES:
        return ""
    if holds.cannot_promise(turn):
        return "debtor_cannot_promise"
    if lacks(Outcome(event.result), reason="given", amount_minor=event.amount, on=event.on) or not event.on:
        return "incomplete"
    terms, today = turn.now.terms, turn.now.today
    last = promises.latest_day(terms, today=today, days_past_due=turn.days_past_due)
    return "promise_too_far" if last is not None and date.fromisoformat(event.on) > last else ""


def _follows(turn: Turn, talk: Talk) -> None:
    evidence.of_talk(turn, talk.code, act=talk.result, recording_id=talk.recording_id, by=talk.by, at=talk.at)
    _mark(turn, talk)
    _keep_still(turn, talk)
    _go_on(turn, talk)
    if talk.action in _ATTEMPTS:
        stages.attempted(turn)
    if talk.code.next is Next.ESCALATE and turn.state.stage is Stage.INITIAL:
        stages.propose_escalation(turn, why="refuses_to_pay")


def _keep_still(turn: Turn, talk: Talk) -> None:
    """An objection marks the account at once, in the step in which it is heard (C16)."""
    kind = _hold_of(turn, talk.result, talk.code)
    if kind is None:
        return
    part = _disputed_part(turn, talk) if kind is HoldKind.DISPUTE else 0
    holds.place(
        turn,
        kind,
        by=talk.by,
        reason=talk.result,
        scope=Scope.PART if part else None,
        part=part,
        # Whoever hears a complaint in a call of his own leaves the case to others until it is answered (K1).
        against=_complained_of(talk) if kind is HoldKind.COMPLAINT else "",
        remark_id=talk.remark_id,
    )


def _complained_of(talk: Talk) -> str:
    return talk.against or (talk.by if talk.action is Action.OUT_CALL else "")


def _hold_of(turn: Turn, result: str, code: Code) -> HoldKind | None:
    """A pack of before the case desk lets a debtor who cannot pay be called again after some days."""
    if result == Outcome.CANNOT_PAY and TaskKind.HOLD_REVIEW not in turn.now.terms.sla_bank_days:
        return None
    return code.hold


def _disputed_part(turn: Turn, talk: Talk) -> int:
    """Minor units; 0 when all of it is disputed."""
    return talk.amount if talk.amount is not None and 0 < talk.amount < turn.state.overdue else 0


def _go_on(turn: Turn, talk: Talk) -> None:
    match talk.code.next:
        case Next.PROMISE:
            # Nobody calls before the promised day and its grace are over. Without day and amount it is refused.
            assert talk.on is not None
            assert talk.amount is not None
            promises.made(turn, Pledge(talk.amount, talk.on, Outcome(talk.result), talk.by, talk.task_id))
        case Next.AGAIN | Next.ESCALATE if promises.open_until(turn) == 0 and not _is_asked(turn, talk):
            days = days_until_next(turn.now.terms.follow_up_days, talk.result, talk.code)
            turn.arm(Clock.FOLLOW_UP, turn.morning_in(days))
        case _:
            pass


def _is_asked(turn: Turn, talk: Talk) -> bool:
    """A contact nobody had asked for leaves it at the task that asks for one."""
    return not talk.task_id and any(kind in turn.state.tasks for kind in stages.CONTACT_TASKS)


def _mark(turn: Turn, talk: Talk) -> None:
    """A dead or wrong number is not dialled again; enough of them in a row, and the debtor may be lost (C07, C08)."""
    if talk.code.mark is not None and talk.contact_id:
        turn.tell(MarkContact(talk.contact_id, talk.code.mark.value, talk.by))
    if not turn.state.terms.lost_numbers:
        return
    if talk.code.is_failure:
        _failed(turn)
    elif Counts.EFFECTIVE in talk.code.counts or talk.code.right_party:
        turn.change(lost=0, lost_days=0, last_lost_on="")


def _failed(turn: Turn) -> None:
    state, today = turn.state, turn.now.today.isoformat()
    new_day = int(state.last_lost_on != today)
    turn.change(lost=state.lost + 1, lost_days=state.lost_days + new_day, last_lost_on=today)
