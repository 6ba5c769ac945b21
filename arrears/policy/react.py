"""The one question a case asks: given what I am and what happened, what am I now and what follows?"""

from typing import assert_never

from arrears.policy import contact, ledger, legal, notices, stages
from arrears.policy.effects import Effect, Refuse
from arrears.policy.events import (
    DeliveryReported,
    Due,
    Event,
    LoanRestated,
    Opened,
    PaymentPosted,
    PaymentReversed,
    SendAnswered,
    TaskDecided,
)
from arrears.policy.state import CaseState, Clock
from arrears.policy.tasks import ON_FACTS, WORK, Outcome, TaskKind, lacks, may_answer
from arrears.policy.turn import Moment, Turn

Answer = tuple[CaseState, list[Effect]]


def react(state: CaseState | None, event: Event, now: Moment) -> Answer:
    """Pure and total: every state answers every event, if only with a refusal that leaves it as it was.

    Raises LookupError for anything but an opening when there is no state yet.
    """
    if state is None:
        if not isinstance(event, Opened):
            raise LookupError("a case begins with its opening")
        turn = Turn(stages.new_case(event, now), now)
        stages.open_case(turn)
        return turn.state, turn.effects
    turn = Turn(state, now)
    _dispatch(turn, event)
    refusals = [effect for effect in turn.effects if isinstance(effect, Refuse)]
    if refusals:
        return state, list(refusals[:1])
    stages.stay_awake(turn)
    return turn.state, turn.effects


def _dispatch(turn: Turn, event: Event) -> None:  # noqa: C901 - one arm per event
    match event:
        case Opened():
            turn.tell(Refuse("already_open"))
        case PaymentPosted():
            ledger.posted(turn, event)
        case PaymentReversed():
            ledger.taken_back(turn, event)
        case LoanRestated():
            ledger.restated(turn, event)
        case _ if turn.state.closed:
            turn.tell(Refuse("case_closed"))
        case TaskDecided():
            _decided(turn, event)
        case DeliveryReported():
            notices.delivery_reported(turn, event)
        case SendAnswered():
            notices.send_answered(turn, event)
        case Due():
            _due(turn, event.clock)
        case _:
            assert_never(event)


def _due(turn: Turn, clock: Clock) -> None:
    if turn.state.deadlines.get(clock.value, turn.now.at + 1) > turn.now.at:
        turn.tell(Refuse("not_due"))
        return
    turn.disarm(clock)
    if turn.state.overdue == 0 and clock is not Clock.IDLE:
        # All that is due is paid and the case only waits for provisional money: nobody is called or asked.
        turn.arm(clock, turn.in_days(1))
        return
    _ring(turn, clock)


def _ring(turn: Turn, clock: Clock) -> None:  # noqa: C901 - one arm per clock
    match clock:
        case Clock.ESCALATE:
            stages.propose_escalation(turn, why="days_past_due")
        case Clock.FOLLOW_UP:
            contact.try_again(turn)
        case Clock.NOTICE:
            turn.open(TaskKind.NOTICE_RELEASE, why="notice_due")
        case Clock.SEND:
            # The loop asks the guard first and brings its answer; alone this clock says nothing.
            turn.arm(Clock.SEND, turn.now.at + 3600)
        case Clock.CURE:
            notices.cure_over(turn)
        case Clock.LEGAL_REVIEW:
            legal.ask_for_review(turn, "days_past_due")
        case Clock.ENTER_LEGAL:
            legal.take_effect(turn)
        case Clock.IDLE:
            turn.open(TaskKind.IDLE_REVIEW, why="idle")
        case _:
            assert_never(clock)


def _decided(turn: Turn, event: TaskDecided) -> None:
    kind = next((TaskKind(k) for k, task in turn.state.tasks.items() if task.task_id == event.task_id), None)
    if kind is None:
        turn.tell(Refuse("task_not_open"))
        return
    why = _why_not(turn, kind, event)
    if why:
        turn.tell(Refuse(why))
        return
    _act(turn, kind, event, Outcome(event.outcome))


def _why_not(turn: Turn, kind: TaskKind, event: TaskDecided) -> str:
    task = turn.state.tasks[kind]
    if not may_answer(kind, event.outcome):
        return "answer_not_offered"
    # Whoever worked the case after the task was opened is barred like those who did before.
    if event.by in task.barred or (WORK[kind].parts_people and event.by in turn.state.hands):
        return "second_person_needed"
    outcome = Outcome(event.outcome)
    if outcome in ON_FACTS and event.facts_no != turn.state.facts_no:
        return "facts_changed"
    if outcome in ON_FACTS and turn.state.overdue == 0:
        return "nothing_overdue"
    reason = "given" if event.has_reason else None
    if lacks(outcome, reason=reason, amount_minor=event.amount, on=event.on):
        return "incomplete"
    return ""


def _act(turn: Turn, kind: TaskKind, event: TaskDecided, outcome: Outcome) -> None:
    by = event.by
    turn.disarm(Clock.IDLE)  # a person looked at the case: the long stop starts anew
    match kind:
        case TaskKind.FIRST_CONTACT | TaskKind.FOLLOW_UP:
            _remember(turn, by)
            contact.contacted(turn, kind, event, outcome)
        case TaskKind.ESCALATION:
            _remember(turn, by)
            stages.escalation_decided(turn, outcome, by)
        case TaskKind.NOTICE_RELEASE:
            _remember(turn, by)
            notices.release_decided(turn, outcome, by)
        case TaskKind.LEGAL_REVIEW:
            legal.reviewed(turn, outcome, by)
        case TaskKind.SECOND_APPROVAL:
            legal.approved_or_refused(turn, outcome, by)
        case TaskKind.IDLE_REVIEW:
            turn.finish(kind, outcome=outcome.value, by=by)
        case _:
            assert_never(kind)


def _remember(turn: Turn, by: str) -> None:
    """Who worked the case or proposed may not approve its litigation (rule book 4.4)."""
    if by not in turn.state.hands:
        turn.change(hands=(*turn.state.hands, by))
