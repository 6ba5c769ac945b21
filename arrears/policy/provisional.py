"""Dates that were computed in a year whose bank days nobody knows yet: told once, and set anew when they are known (D4)."""

from dataclasses import replace
from typing import Final

from arrears.policy import notices, plans, promises
from arrears.policy.effects import PromiseBecame, RaiseIncident, TaskMoved
from arrears.policy.state import Clock
from arrears.policy.turn import Turn


def watch(turn: Turn) -> None:
    """The first year whose calendar is missing stands in the case while a date of it rests on that year."""
    calendar = turn.now.calendar
    unknown = [at for at in _bank_instants(turn) if not calendar.is_known(at)]
    # A calendar that names no year at all is nobody's: weekends are all it promises.
    missing = calendar.day_of(min(unknown)).year if unknown and calendar.official else 0
    if missing == turn.state.calendar_missing:
        return
    turn.change(calendar_missing=missing)
    if missing:
        turn.tell(RaiseIncident("calendar_missing", str(missing), {"year": missing}))


def _bank_instants(turn: Turn) -> list[int]:
    """Of days that were found by counting or shifting bank days; a day that was named by somebody is none."""
    deadlines = turn.state.deadlines
    dues = [task.due_at for task in turn.state.tasks.values() if task.bank_days]
    return dues + [deadlines[name] - 1 for name in _END_WITH_A_DAY if name in deadlines]


# ... so their instant belongs to the next one.
_END_WITH_A_DAY: Final = (Clock.CURE, Clock.PROMISE, Clock.PLAN)


def recompute(turn: Turn) -> None:
    """With the rules in force now. What preserves a right was planned on the unshifted day and is not here (D5)."""
    calendar = turn.now.calendar
    for kind, task in sorted(turn.state.tasks.items()):
        due = calendar.close_after(task.opened_at, task.bank_days) if task.bank_days else task.due_at
        if due != task.due_at:
            turn.change(tasks=turn.state.tasks | {kind: replace(task, due_at=due)})
            turn.tell(TaskMoved(task.task_id, due))
    _judge_on_another_day(turn)
    plans.look_again(turn)
    if Clock.CURE in turn.state.deadlines:
        notices.run_cure_again(turn)


def _judge_on_another_day(turn: Turn) -> None:
    promise = turn.state.promise
    if promise is None or promise.status != "open" or not promise.grace:
        return
    judged_at = promises.judging_at(turn, promise.due_on, promise.grace)
    if judged_at != promise.judged_at and Clock.PROMISE in turn.state.deadlines:
        turn.change(promise=replace(promise, judged_at=judged_at))
        turn.tell(PromiseBecame(promise.promise_id, promise.status, promise.paid, judged_at))
        turn.arm(Clock.PROMISE, judged_at)
