"""What follows from a collector's call: try again, wait for the promised day, or propose to escalate."""

from arrears.policy import promises, stages
from arrears.policy.effects import LogContact
from arrears.policy.events import TaskDecided
from arrears.policy.state import Clock, Stage
from arrears.policy.tasks import PROMISES, Outcome, TaskKind
from arrears.policy.turn import Turn


def contacted(turn: Turn, outcome: Outcome, event: TaskDecided) -> None:
    turn.tell(LogContact(event.task_id, outcome.value, event.by))
    if outcome in PROMISES:
        promises.made(turn, event)  # nobody calls before the promised day and its grace are over
    elif promises.open_until(turn) == 0:
        turn.arm(Clock.FOLLOW_UP, turn.morning_in(turn.now.terms.follow_up_days[outcome.value]))
    stages.attempted(turn)
    if outcome is Outcome.REFUSES and turn.state.stage is Stage.INITIAL:
        stages.propose_escalation(turn, why="refuses_to_pay")


def try_again(turn: Turn) -> None:
    turn.open(TaskKind.FOLLOW_UP, why="follow_up_due")
