"""What a debtor promised: an amount by a day, judged by money alone when the grace is over (3.1, T14)."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from arrears.policy import stages
from arrears.policy.codes import TALK, Outcome, days_until_next
from arrears.policy.effects import PromiseBecame, PromiseMade
from arrears.policy.state import Clock, Promise, Stage
from arrears.policy.tasks import TaskKind
from arrears.policy.terms import Terms
from arrears.policy.turn import Turn


@dataclass(frozen=True)
class Pledge:
    """What a debtor says: so much (minor units) by that day."""

    amount: int
    on: str
    result: Outcome
    by: str
    task_id: str


def latest_day(terms: Terms, *, today: date, days_past_due: int) -> date | None:
    """The last day a promise may name; None when the pack sets no limit (T14)."""
    early = days_past_due < terms.formal_dpd
    days = terms.promise_days if early else terms.promise_days_late
    return today + timedelta(days=days) if days else None


def made(turn: Turn, pledge: Pledge) -> None:
    """A new promise takes the place of one that is still open."""
    end(turn, "superseded")
    number = turn.state.promises + 1
    grace = days_until_next(turn.now.terms.follow_up_days, pledge.result, TALK[pledge.result])
    promise = Promise(
        f"{turn.state.case_id}-promise-{number}",
        pledge.amount,
        pledge.on,
        turn.now.at,
        judging_at(turn, pledge.on, grace),
        grace=grace,
    )
    turn.change(promise=promise, promises=number)
    turn.tell(
        PromiseMade(
            promise.promise_id, pledge.task_id, promise.amount, promise.due_on, promise.judged_at, pledge.by
        )
    )
    turn.arm(Clock.PROMISE, promise.judged_at)


def judging_at(turn: Turn, due_on: str, grace: int) -> int:
    """Money promised for a rest day is due on the next bank day, and grace runs in bank days."""
    calendar = turn.now.calendar
    last = calendar.bank_days_later(calendar.bank_day_from(date.fromisoformat(due_on)), grace)
    return calendar.start_of(last + timedelta(days=1))


def credit(turn: Turn, payment_id: str, amount: int, value_on: str | None) -> None:
    """Money counts from the making of the promise to the end of its grace, by the day of its value."""
    promise = turn.state.promise
    if promise is None or payment_id in promise.payments or not _in_window(turn, promise, value_on):
        return
    promise = replace(promise, paid=promise.paid + amount, payments=(*promise.payments, payment_id))
    turn.change(promise=promise)
    if promise.status != "kept" and _is_kept(turn, promise):
        if promise.status == "broken":
            turn.change(broken=max(0, turn.state.broken - 1))  # booked late, paid in time
        _ask_nobody_about_it(turn)
        _become(turn, "kept")
        turn.disarm(Clock.PROMISE)
        stages.follow_up(turn, turn.morning_in(1))


def _ask_nobody_about_it(turn: Turn) -> None:
    """Money that was booked late: what people were asked because of the promise has lost its ground (3.1).

    What they have decided already stands: history is not written anew.
    """
    tasks = turn.state.tasks
    call, question = tasks.get(TaskKind.FOLLOW_UP), tasks.get(TaskKind.ESCALATION)
    if call is not None and call.why in ("promise_broken", "promise_partial"):
        turn.cancel(TaskKind.FOLLOW_UP, why="promise_kept")
    few = turn.state.broken < turn.state.terms.promises_broken
    if question is not None and question.why == "promises_broken" and few:
        turn.cancel(TaskKind.ESCALATION, why="promise_kept")
        stages.arm_escalation(turn)


def _in_window(turn: Turn, promise: Promise, value_on: str | None) -> bool:
    day_of = turn.now.calendar.day_of
    value = turn.now.today.isoformat() if value_on is None else value_on
    # While a hold stops its clock a promise does not run out.
    stands = Clock.PROMISE.value in turn.state.stopped
    last = turn.now.today if stands else day_of(promise.judged_at - 1)
    return day_of(promise.made_at).isoformat() <= value <= last.isoformat()


def _is_kept(turn: Turn, promise: Promise) -> bool:
    return promise.paid * 100 >= promise.amount * turn.state.terms.promise_percent


def judge(turn: Turn) -> None:
    promise = turn.state.promise
    turn.disarm(Clock.PROMISE)
    if promise is None or promise.status != "open":
        return
    if _is_kept(turn, promise):
        _become(turn, "kept")
    elif promise.paid:
        _become(turn, "partial")
    else:
        _broke(turn)
    if not turn.state.waits_for(Clock.FOLLOW_UP):
        turn.open(TaskKind.FOLLOW_UP, why=f"promise_{_status(turn)}")


def _broke(turn: Turn) -> None:
    _become(turn, "broken")
    turn.change(broken=turn.state.broken + 1)
    limit = turn.state.terms.promises_broken
    if limit and turn.state.broken >= limit and turn.state.stage is Stage.INITIAL:
        stages.ask_for_escalation(turn, why="promises_broken")


def _status(turn: Turn) -> str:
    return "" if turn.state.promise is None else turn.state.promise.status


def bounced(turn: Turn, payment_id: str, amount: int, *, technical: bool) -> None:
    """A payment that was counted is taken back: through the bank's own fault there is time to pay again."""
    promise = turn.state.promise
    if promise is None or payment_id not in promise.payments:
        return
    left = tuple(kept for kept in promise.payments if kept != payment_id)
    promise = replace(promise, paid=max(0, promise.paid - amount), payments=left)
    turn.change(promise=promise)
    if promise.status != "kept":
        return
    if _is_kept(turn, promise):
        if payment_id in turn.state.provisional:
            is_final(turn, *left)  # what is left keeps it alone
        return
    if technical and turn.state.terms.technical_bank_days:
        judged_at = judging_at(turn, turn.now.today.isoformat(), turn.state.terms.technical_bank_days)
        turn.tell(PromiseBecame(promise.promise_id, "reversed_technical", promise.paid))
        turn.change(
            promise=replace(promise, status="open", judged_at=max(judged_at, promise.judged_at), grace=0)
        )
        turn.arm(Clock.PROMISE, max(judged_at, promise.judged_at))
    elif turn.now.at < promise.judged_at:
        _become(turn, "open")
        turn.arm(Clock.PROMISE, promise.judged_at)
    else:
        _broke(turn)


def is_final(turn: Turn, *payment_ids: str) -> None:
    """None of the money that kept it may bounce any more: it is kept for good (scenario 20)."""
    promise = turn.state.promise
    if promise is None or promise.status != "kept" or turn.state.closed:
        return
    if set(payment_ids) & set(promise.payments) and not _may_bounce(turn):
        _become(turn, "kept")


def _may_bounce(turn: Turn) -> bool:
    promise = turn.state.promise
    return promise is not None and bool(set(promise.payments) & set(turn.state.provisional))


def end(turn: Turn, status: str) -> None:
    """Another promise, or the end of the case: nobody judges an open one any more."""
    if _status(turn) != "open":
        return
    assert turn.state.promise is not None
    _become(turn, "kept" if _is_kept(turn, turn.state.promise) else status)
    turn.disarm(Clock.PROMISE)


def open_until(turn: Turn) -> int:
    """When the open promise is judged; 0 when none is open."""
    promise = turn.state.promise
    return 0 if promise is None or promise.status != "open" else promise.judged_at


def _become(turn: Turn, status: str) -> None:
    assert turn.state.promise is not None
    turn.change(promise=replace(turn.state.promise, status=status))
    told = "kept_provisional" if status == "kept" and _may_bounce(turn) else status
    turn.tell(PromiseBecame(turn.state.promise.promise_id, told, turn.state.promise.paid))
