"""Holds: the bank keeps still, clocks stop with what they had left, and go on when the last one is over (4.2)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from arrears.policy import court, ledger, legal, matrix, notices, penalty, plans
from arrears.policy.effects import (
    HoldBecame,
    HoldBegan,
    HoldEnded,
    KeepOff,
    PromiseBecame,
    RaiseIncident,
    Refuse,
)
from arrears.policy.events import HoldPlaced, HoldReleased
from arrears.policy.matrix import Act
from arrears.policy.state import Clock, Hold, HoldKind, Scope
from arrears.policy.tasks import TIMED_BY_HOLD, Role, TaskKind
from arrears.policy.turn import Turn


def placed(turn: Turn, event: HoldPlaced) -> None:
    """Somebody at a door, or another case of the person, said so."""
    if event.scope not in matrix.SCOPES[event.kind]:
        turn.tell(Refuse("hold_scope_unknown"))
    elif not _is_part(turn, event):
        turn.tell(Refuse("hold_part_wrong"))
    elif _passes_on(turn, event):
        _take_over(turn, event.hold_id)
    elif not _begin(turn, event, spreads=False):
        turn.tell(Refuse("hold_stands"))


def _is_part(turn: Turn, event: HoldPlaced) -> bool:
    """Only a dispute of a part names an amount, and no more than is owed."""
    if event.scope is Scope.PART:
        return 0 < event.part <= turn.state.balance
    return event.part == 0


def _passes_on(turn: Turn, event: HoldPlaced) -> bool:
    """The case that asked about it has closed, and this one asks from now on."""
    standing = _same(turn, event)
    return standing is not None and standing.hold_id == event.hold_id and event.asks and not standing.asks


def _take_over(turn: Turn, hold_id: str) -> None:
    hold = next(hold for hold in turn.state.holds if hold.hold_id == hold_id)
    hold = change(turn, hold, asks=True)
    ask(turn, hold)
    watch(turn)


def place(
    turn: Turn,
    kind: HoldKind,
    *,
    by: str,
    reason: str,
    scope: Scope | None = None,
    part: int = 0,
    against: str = "",
    remark_id: str = "",
) -> bool:
    """What was just said to this case stops the bank at once; False when a hold of the kind stands already."""
    hold_id = f"{turn.state.case_id}-hold-{turn.state.hold_no + 1}"
    reach = scope or matrix.SCOPES[kind][0]
    event = HoldPlaced(hold_id, kind, reach, by, reason, 0, part, against, remark_id=remark_id)
    return _begin(turn, event, spreads=reach is Scope.PERSON)


def find(turn: Turn, kind: HoldKind) -> Hold | None:
    return next((hold for hold in turn.state.holds if hold.kind is kind), None)


def cannot_promise(turn: Turn) -> bool:
    """The word of somebody who has died or lacks capacity binds nobody (scenario 24)."""
    return any(hold.kind in (HoldKind.DECEASED, HoldKind.INCAPACITY) for hold in turn.state.holds)


def _same(turn: Turn, event: HoldPlaced) -> Hold | None:
    """At most one of each kind; but of complaints one about each person."""
    return next(
        (
            hold
            for hold in turn.state.holds
            if hold.kind is event.kind
            and (hold.kind is not HoldKind.COMPLAINT or hold.against == event.against)
        ),
        None,
    )


def change(turn: Turn, hold: Hold, **fields: Any) -> Hold:
    """The hold as it is now, in the state too."""
    changed = replace(hold, **fields)
    turn.change(holds=tuple(changed if one.hold_id == hold.hold_id else one for one in turn.state.holds))
    return changed


def named(turn: Turn) -> HoldKind | None:
    """The hold to tell somebody whose work was put aside."""
    return turn.blocked(Act.CONTACT) or next((hold.kind for hold in turn.state.holds), None)


def _begin(turn: Turn, event: HoldPlaced, *, spreads: bool) -> bool:
    if _same(turn, event) is not None:
        return False
    until = event.until or longest(turn, event.kind)
    hold = Hold(
        event.hold_id,
        event.kind,
        event.scope,
        turn.now.at,
        event.by,
        until,
        event.part,
        event.against,
        event.asks,
        event.confirmed_by,
    )
    turn.change(holds=(*turn.state.holds, hold), hold_no=turn.state.hold_no + 1)
    turn.tell(
        HoldBegan(
            hold.hold_id,
            hold.kind,
            hold.scope,
            hold.by,
            event.reason,
            until,
            hold.part,
            hold.against,
            event.evidence,
            event.remark_id,
            spreads,
        )
    )
    _keep_off(turn, hold.against)
    _stop_clocks(turn)
    _put_work_aside(turn, why=f"held_{hold.kind}")
    _facts_changed(turn)
    ask(turn, hold)
    watch(turn)
    penalty.waits(turn, hold)  # last: tasks are named by their place among the effects, also in old histories
    return True


def longest(turn: Turn, kind: HoldKind) -> int:
    """When a person is asked at the latest; 0 for a kind that has no length of its own."""
    terms, calendar = turn.now.terms, turn.now.calendar
    if bank_days := terms.hold_bank_days.get(kind, 0):
        return calendar.close_after(turn.now.at, bank_days)
    days = terms.hold_days.get(kind, 0)
    return turn.in_days(days + 1) if days else 0


def _keep_off(turn: Turn, staff_id: str) -> None:
    if staff_id and staff_id not in turn.state.kept_off:
        turn.change(kept_off=(*turn.state.kept_off, staff_id))
        turn.tell(KeepOff(staff_id))


def _stop_clocks(turn: Turn) -> None:
    holds, terms = turn.state.holds, turn.now.terms
    stopped = {
        name: max(0, at - turn.now.at)
        for name, at in turn.state.deadlines.items()
        if matrix.stops(holds, Clock(name), terms)
    }
    running = {name: at for name, at in turn.state.deadlines.items() if name not in stopped}
    turn.change(deadlines=running, stopped=turn.state.stopped | stopped)


def _put_work_aside(turn: Turn, why: str) -> None:
    for kind in map(TaskKind, sorted(turn.state.tasks)):
        act = matrix.NEEDS.get(kind)
        if act is not None and turn.blocked(act):
            turn.put_aside(kind, why=why)


def _facts_changed(turn: Turn) -> None:
    """A hold is a fact under every decision: what was approved or released without it is asked again (4.6-5)."""
    turn.change(facts_no=turn.state.facts_no + 1)
    notice = turn.state.notice
    if notice is not None and (turn.blocked(Act.CONTACT) or notice.amount_minor != _claimable(turn)):
        notices.amounts_changed(turn)
    legal.facts_changed(turn)
    turn.refresh_tasks({TaskKind.COURT_END.value: court.figures(turn), **plans.beside(turn)})


def _claimable(turn: Turn) -> int:
    return max(0, turn.state.overdue - matrix.disputed(turn.state.holds))


# ---- whom a hold asks ------------------------------------------------------------------------------------


def ask(turn: Turn, hold: Hold) -> None:
    """The desk of its kind looks into what was said; what somebody has confirmed is not asked again (4.7)."""
    kind = matrix.ASKS.get(hold.kind)
    if kind is None or not hold.asks or hold.confirmed_by:
        return
    # The bank's rules say how long they have, not whoever placed the hold.
    due_at = longest(turn, hold.kind) if kind in TIMED_BY_HOLD else 0
    turn.open(kind, why=f"hold_{hold.kind}", due_at=due_at)


def watch(turn: Turn) -> None:
    """One clock for all holds: the next day on which a person is asked whether it goes on."""
    looks = TaskKind.HOLD_REVIEW in turn.state.tasks
    days = [
        hold.until
        for hold in turn.state.holds
        if hold.asks and hold.until and not hold.asked and not (looks and hold.until <= turn.now.at)
    ]
    if days and not turn.state.closed:
        turn.arm(Clock.HOLD, min(days))
    else:
        turn.disarm(Clock.HOLD)


def day_came(turn: Turn) -> None:
    """No hold ends by itself: whoever decides about it is late, or somebody looks again."""
    for hold in turn.state.holds:
        if hold.asks and hold.until and hold.until <= turn.now.at and not hold.asked:
            _remind(turn, hold)
    watch(turn)


def _remind(turn: Turn, hold: Hold) -> None:
    if matrix.ASKS.get(hold.kind) in turn.state.tasks:
        change(turn, hold, asked="own")  # T16 reminds of the task
        if hold.kind is HoldKind.COMPLAINT:
            turn.tell(RaiseIncident("complaint_late", f"{hold.hold_id}-{hold.until}", {"hold": hold.hold_id}))
    elif TaskKind.HOLD_REVIEW not in turn.state.tasks:
        change(turn, hold, asked="review")
        turn.open(TaskKind.HOLD_REVIEW, why=f"hold_{hold.kind}", role=_LOOKS_AGAIN.get(hold.kind))


_LOOKS_AGAIN: Final = {
    HoldKind.HARDSHIP_REVIEW: Role.PLAN_OFFICER,
    HoldKind.PLAN_ACTIVE: Role.PLAN_OFFICER,
    HoldKind.SYSTEM_FREEZE: Role.TEAM_LEAD,
}


def prolong(turn: Turn, hold: Hold, until: int, *, confirmed_by: str = "") -> None:
    """A person said that it goes on; asked again then."""
    changed = change(turn, hold, until=until, asked="", confirmed_by=confirmed_by or hold.confirmed_by)
    turn.tell(HoldBecame(hold.hold_id, until, changed.confirmed_by))
    watch(turn)


# ---- the end of a hold -----------------------------------------------------------------------------------


def released(turn: Turn, event: HoldReleased) -> None:
    hold = next((hold for hold in turn.state.holds if hold.hold_id == event.hold_id), None)
    if hold is None:
        turn.tell(Refuse("hold_not_open"))
    elif hold.kind is HoldKind.PLAN_ACTIVE and turn.state.keeps_plan:
        turn.tell(Refuse("plan_stands"))  # C15: it ends with its plan alone
    else:
        _end(turn, hold, by=event.by, why=event.outcome, spreads=False)


def lift(turn: Turn, kind: HoldKind, *, by: str, why: str) -> None:
    """What a person decided about a hold of this case ends it in every case it reaches."""
    for hold in turn.state.holds:
        if hold.kind is kind and not turn.state.closed:
            end(turn, hold, by=by, why=why)


def end(turn: Turn, hold: Hold, *, by: str, why: str) -> None:
    """This one, in every case it reaches."""
    _end(turn, hold, by=by, why=why, spreads=hold.scope is Scope.PERSON)


def _end(turn: Turn, hold: Hold, *, by: str, why: str, spreads: bool) -> None:
    turn.change(holds=tuple(other for other in turn.state.holds if other.hold_id != hold.hold_id))
    turn.tell(HoldEnded(hold.hold_id, hold.kind, why, by, spreads))
    _ask_no_more(turn, hold)
    _resume(turn)
    _facts_changed(turn)
    ledger.close_if_paid(turn)
    penalty.goes_on(turn, hold, why=why)


def _ask_no_more(turn: Turn, hold: Hold) -> None:
    if find(turn, hold.kind) is None:
        turn.cancel(*_ABOUT.get(hold.kind, ()), why="hold_over")
    if hold.asked == "review":
        turn.cancel(TaskKind.HOLD_REVIEW, why="hold_over")
    watch(turn)


_ABOUT: Final = {kind: (task,) for kind, task in matrix.ASKS.items()} | {
    HoldKind.COMPLAINT: (TaskKind.COMPLAINT_REPLY, TaskKind.COMPLAINT_EXTENSION),
    HoldKind.INSOLVENCY: (TaskKind.INSOLVENCY_VERIFY, TaskKind.DECLARE_CLAIM),
}


def close(turn: Turn) -> None:
    """What is about this loan ends with its case; what is about the person stands over the next one."""
    for hold in turn.state.holds:
        if hold.scope in (Scope.LOAN, Scope.PART):
            turn.tell(HoldEnded(hold.hold_id, hold.kind, "case_closed", hold.by))
    turn.change(holds=())


def _resume(turn: Turn) -> None:
    """Each clock that no hold stops any more goes on with what it had left."""
    for name, left in sorted(turn.state.stopped.items()):
        clock = Clock(name)
        if matrix.stops(turn.state.holds, clock, turn.now.terms):
            continue
        turn.disarm(clock)
        turn.arm(clock, max(turn.now.at + left, _earliest(turn, clock)))
        if clock is Clock.PROMISE:
            _move_promise(turn)


def _earliest(turn: Turn, clock: Clock) -> int:
    """Nothing presses on the debtor before some whole bank days have passed; collectors begin in the morning."""
    if clock in matrix.PRESSING:
        last = turn.now.calendar.bank_days_later(turn.now.today, turn.now.terms.resume_bank_days)
        return turn.now.calendar.start_of(last + timedelta(days=1))
    return turn.morning_in(1) if clock is Clock.FOLLOW_UP else turn.now.at


def _move_promise(turn: Turn) -> None:
    promise = turn.state.promise
    if promise is not None:
        judged_at = turn.state.deadlines[Clock.PROMISE.value]
        turn.change(promise=replace(promise, judged_at=judged_at))
        turn.tell(PromiseBecame(promise.promise_id, promise.status, promise.paid, judged_at))
