"""What follows from a collector's call: try again, wait for the promised day, or propose to escalate."""

from datetime import date, timedelta

from arrears.policy.effects import LogContact
from arrears.policy.events import TaskDecided
from arrears.policy.stages import propose_escalation
from arrears.policy.state import Clock, Stage
from arrears.policy.tasks import Outcome, TaskKind
from arrears.policy.turn import Turn


def contacted(turn: Turn, kind: TaskKind, event: TaskDecided, outcome: Outcome) -> None:
    turn.tell(LogContact(event.task_id, outcome.value, event.by))
    turn.change(attempts=turn.state.attempts + 1)
    turn.finish(kind, outcome=outcome.value, by=event.by)
    wait = turn.now.terms.follow_up_days[outcome.value]
    if outcome is Outcome.PROMISE and event.on is not None:
        # Money promised for a rest day is due on the next bank day, and grace runs in bank days: what was
        # ordered on the day may be booked later (T14).
        calendar = turn.now.calendar
        last = calendar.bank_days_later(calendar.bank_day_from(date.fromisoformat(event.on)), wait)
        turn.arm(Clock.FOLLOW_UP, calendar.start_of(last + timedelta(days=1)))
        return
    turn.arm(Clock.FOLLOW_UP, turn.morning_in(wait))
    if outcome is Outcome.REFUSES and turn.state.stage is Stage.INITIAL:
        propose_escalation(turn, why="refuses_to_pay")


def try_again(turn: Turn) -> None:
    turn.open(TaskKind.FOLLOW_UP, why="follow_up_due")
