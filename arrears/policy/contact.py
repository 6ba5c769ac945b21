"""What follows from the result of a contact: try again, wait for the promised day, or propose to escalate."""

from dataclasses import dataclass

from arrears.policy import evidence, promises, stages
from arrears.policy.codes import TALK, Code, Counts, Next, Outcome, days_until_next
from arrears.policy.effects import LogContact, MarkContact
from arrears.policy.events import TaskDecided
from arrears.policy.promises import Pledge
from arrears.policy.state import Clock, Stage
from arrears.policy.tasks import TaskKind
from arrears.policy.turn import Turn


@dataclass(frozen=True)
class Talk:
    """One contact and its result."""

    result: Outcome
    by: str
    task_id: str
    contact_id: str
    recording_id: str
    amount: int | None
    on: str | None

    @property
    def code(self) -> Code:
        return TALK[self.result]


def contacted(turn: Turn, outcome: Outcome, event: TaskDecided) -> None:
    """A task to contact somebody was answered."""
    talk = Talk(
        outcome, event.by, event.task_id, event.contact_id, event.recording_id, event.amount, event.on
    )
    turn.tell(LogContact(talk.task_id, outcome.value, talk.by))
    evidence.of_talk(turn, talk.code, act=outcome.value, recording_id=talk.recording_id, by=talk.by)
    _mark(turn, talk)
    _go_on(turn, talk)
    stages.attempted(turn)
    if talk.code.next is Next.ESCALATE and turn.state.stage is Stage.INITIAL:
        stages.propose_escalation(turn, why="refuses_to_pay")


def try_again(turn: Turn) -> None:
    turn.open(TaskKind.FOLLOW_UP, why="follow_up_due")


def _go_on(turn: Turn, talk: Talk) -> None:
    if talk.code.next is Next.PROMISE:
        # Nobody calls before the promised day and its grace are over. An answer without day and amount is refused.
        assert talk.on is not None
        assert talk.amount is not None
        promises.made(turn, Pledge(talk.amount, talk.on, talk.result, talk.by, talk.task_id))
    elif promises.open_until(turn) == 0:
        days = days_until_next(turn.now.terms.follow_up_days, talk.result)
        turn.arm(Clock.FOLLOW_UP, turn.morning_in(days))


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
