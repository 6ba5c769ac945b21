"""The course a case would take if everybody did the expected thing: what a pack would change is seen beside it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from arrears.policy.effects import CloseCase, Effect, EnterStage, OpenTask
from arrears.policy.events import DeliveryReported, Due, Event, SendAnswered, TaskDecided
from arrears.policy.react import react
from arrears.policy.state import CaseState, Clock
from arrears.policy.tasks import Outcome, TaskKind
from arrears.policy.turn import Moment

_HOUR: Final = 3600
_POST_SECONDS: Final = 3 * 86_400
_MOST_STEPS: Final = 300
# Nobody pays and nobody answers: what is left is what the rules and the bank's own people do.
_EXPECTED: Final = {
    TaskKind.FIRST_CONTACT: Outcome.NO_ANSWER,
    TaskKind.FOLLOW_UP: Outcome.NO_ANSWER,
    TaskKind.ESCALATION: Outcome.ESCALATE,
    TaskKind.NOTICE_RELEASE: Outcome.RELEASE,
    TaskKind.LEGAL_REVIEW: Outcome.SUE,
    TaskKind.SECOND_APPROVAL: Outcome.APPROVE,
}
_CALLS: Final = frozenset({TaskKind.FIRST_CONTACT, TaskKind.FOLLOW_UP})


@dataclass(frozen=True, order=True)
class Milestone:
    """`what` is a stage, a kind of task or how it closed; days are ISO, `due_on` only of a task."""

    on: str
    what: str
    due_on: str = ""


def course(state: CaseState, moment: Callable[[int], Moment], *, until: int) -> list[Milestone]:
    """From the state as it stands; `moment` knows which pack holds when. No call is a milestone, they are too many."""
    told: list[Milestone] = []
    state = _named(state)
    for _ in range(_MOST_STEPS):
        coming = [*_clocks(state), *_answers(state), *_post(state)]
        if state.closed or not coming:
            break
        first, _, event = min(coming, key=lambda one: one[:2])
        at = max(first, state.at)
        if at > until:
            break
        now = moment(at)
        after, effects = react(state, event, now)
        told += _milestones(effects, now)
        # Refused, it would come again for ever.
        if after == state:
            break
        state = _named(after)
    return told


def _clocks(state: CaseState) -> Iterator[tuple[int, int, Event]]:
    for name, at in sorted(state.deadlines.items()):
        clock = Clock(name)
        if clock is Clock.SEND and state.notice is not None:
            yield at, 0, SendAnswered(state.notice.notice_id, "sent", max(at, state.at), 0, "")
        elif clock is not Clock.SLA:  # reminders change nothing
            yield at, 0, Due(clock)


def _answers(state: CaseState) -> Iterator[tuple[int, int, Event]]:
    for kind, task in sorted(state.tasks.items()):
        expected = _EXPECTED.get(TaskKind(kind))
        if expected is not None:
            event = TaskDecided(
                kind,
                f"expected-{kind}",
                expected.value,
                state.facts_no,
                has_reason=True,
                amount=None,
                on=None,
            )
            yield task.opened_at + _HOUR, 1, event


def _post(state: CaseState) -> Iterator[tuple[int, int, Event]]:
    if state.notice is not None and state.notice.phase == "sent":
        at = max(state.notice.sent_at + _POST_SECONDS, state.at)
        yield at, 1, DeliveryReported(state.notice.notice_id, "arrived", at)


def _named(state: CaseState) -> CaseState:
    return replace(state, tasks={kind: replace(task, task_id=kind) for kind, task in state.tasks.items()})


def _milestones(effects: list[Effect], now: Moment) -> Iterator[Milestone]:
    today = now.today.isoformat()
    for effect in effects:
        match effect:
            case EnterStage(stage=stage):
                yield Milestone(today, stage.value)
            case OpenTask(task=kind, due_at=due_at) if kind not in _CALLS:
                yield Milestone(today, kind.value, now.calendar.day_of(due_at).isoformat())
            case CloseCase(reason=reason):
                yield Milestone(today, reason)
            case _:
                pass
