"""A task has its time: its owner is reminded, it is freed for others, a manager hears of it (T16).

Nothing is ever decided by a timer here.
"""

from dataclasses import replace
from typing import Final

from arrears.policy.effects import RaiseIncident, TaskLate
from arrears.policy.state import Clock, OpenTask
from arrears.policy.turn import Turn

RUNGS: Final = ("reminded", "freed", "reported")


def watch(turn: Turn) -> None:
    """One clock for all open tasks: the next rung of any."""
    rungs = [at for task in turn.state.tasks.values() if (at := _next_rung(turn, task))]
    if not rungs or turn.state.closed:
        turn.disarm(Clock.SLA)
    elif turn.state.deadlines.get(Clock.SLA) != min(rungs):
        turn.arm(Clock.SLA, min(rungs))


def _next_rung(turn: Turn, task: OpenTask) -> int:
    """UTC seconds; 0 when the last rung is behind it, or when it is of a time before rungs."""
    percent = turn.now.terms.sla_percent
    if task.due_at == 0 or task.rung >= len(percent):
        return 0
    return task.opened_at + (task.due_at - task.opened_at) * percent[task.rung] // 100


def ring(turn: Turn) -> None:
    for kind, task in sorted(turn.state.tasks.items()):
        at = _next_rung(turn, task)
        if at and at <= turn.now.at:
            turn.state.tasks[kind] = replace(task, rung=task.rung + 1)
            turn.tell(TaskLate(task.task_id, RUNGS[task.rung]))
            if RUNGS[task.rung] == "reported":
                turn.tell(RaiseIncident("task_overdue", task.task_id, {"task": kind}))
