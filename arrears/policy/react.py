"""The one question a case asks: given what I am and what happened, what am I now and what follows?"""

from collections.abc import Callable
from datetime import date
from typing import Final, assert_never

from arrears.policy import (
    contact,
    court,
    holds,
    inquiries,
    ledger,
    legal,
    notices,
    parties,
    plans,
    promises,
    provisional,
    service,
    stages,
)
from arrears.policy.codes import PROMISES, Outcome
from arrears.policy.effects import Effect, Refuse
from arrears.policy.events import (
    ContactReported,
    DeliveryReported,
    Due,
    Event,
    HoldPlaced,
    HoldReleased,
    LedgerClosed,
    LoanRestated,
    Opened,
    PaymentFinalized,
    PaymentPosted,
    PaymentReversed,
    PeopleChanged,
    PlanSigned,
    PolicyPublished,
    SendAnswered,
    TaskDecided,
)
from arrears.policy.state import CaseState, Clock
from arrears.policy.tasks import ON_FACTS, PUT_OFF, WORK, TaskKind, lacks, may_answer
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
        stages.open_case(turn, event)
        service.watch(turn)
        provisional.watch(turn)
        return turn.state, turn.effects
    turn = Turn(state, now)
    _dispatch(turn, event)
    refusals = [effect for effect in turn.effects if isinstance(effect, Refuse)]
    if refusals:
        return state, list(refusals[:1])
    stages.stay_awake(turn)
    service.watch(turn)
    provisional.watch(turn)
    return turn.state, turn.effects


def _dispatch(turn: Turn, event: Event) -> None:  # noqa: C901, PLR0912, PLR0915 - one arm per event
    match event:
        case Opened():
            turn.tell(Refuse("already_open"))
        case PaymentPosted():
            ledger.posted(turn, event)
            inquiries.money_came(turn, event)
        case PaymentReversed():
            ledger.taken_back(turn, event)
        case PaymentFinalized():
            ledger.finalized(turn, event)
        case LoanRestated():
            ledger.restated(turn, event)
        case _ if turn.state.closed:
            turn.tell(Refuse("case_closed"))
        case Due():
            _due(turn, event.clock)
        case TaskDecided():
            _decided(turn, event)
        case DeliveryReported():
            notices.delivery_reported(turn, event)
        case HoldPlaced():
            holds.placed(turn, event)
        case HoldReleased():
            holds.released(turn, event)
        case PlanSigned():
            plans.signed(turn, event)
        case ContactReported():
            contact.reported(turn, event)
        case SendAnswered():
            notices.send_answered(turn, event)
        case PeopleChanged():
            parties.changed(turn, event)
        case PolicyPublished():
            provisional.recompute(turn)
        case LedgerClosed():
            pass  # the clocks that waited for it strike by themselves
        case _:
            assert_never(event)


def _due(turn: Turn, clock: Clock) -> None:
    if turn.state.deadlines.get(clock, turn.now.at + 1) > turn.now.at:
        turn.tell(Refuse("not_due"))
        return
    turn.disarm(clock)
    if turn.state.overdue == 0 and clock not in _ALWAYS:
        # All that is due is paid and the case only waits for provisional money: nobody is called or asked.
        turn.arm(clock, turn.in_days(1))
        return
    _RINGS[clock](turn)


# These ask people about a case that waits, whether money is missing or not.
_ALWAYS: Final = frozenset({Clock.IDLE, Clock.SLA, Clock.HOLD, Clock.COURT, Clock.PROMISE, Clock.PLAN})


# A released notice: the loop asks the guard first and brings its answer; alone this clock says nothing.
_RINGS: Final[dict[Clock, Callable[[Turn], None]]] = {
    Clock.ESCALATE: lambda turn: stages.propose_escalation(turn, why="days_past_due"),
    Clock.FOLLOW_UP: contact.try_again,
    Clock.PROMISE: promises.judge,
    Clock.STEP_BACK: stages.step_back,
    Clock.NOTICE: lambda turn: turn.open(TaskKind.NOTICE_RELEASE, why="notice_due"),
    Clock.SEND: lambda turn: turn.arm(Clock.SEND, turn.now.at + 3600),
    Clock.SILENCE: notices.silent,
    Clock.CURE: notices.cure_over,
    Clock.LEGAL_REVIEW: lambda turn: legal.ask_for_review(turn, "days_past_due"),
    Clock.ENTER_LEGAL: legal.take_effect,
    Clock.FILING: lambda turn: court.ask_to_file(turn, "filing_due"),
    Clock.COURT: lambda turn: court.ask_to_end(turn, "costs_sought"),
    Clock.PLAN: plans.judge,
    Clock.HOLD: holds.day_came,
    Clock.SLA: service.ring,
    Clock.IDLE: lambda turn: turn.open(TaskKind.IDLE_REVIEW, why="idle"),
}


def _decided(turn: Turn, event: TaskDecided) -> None:
    kind = next((TaskKind(k) for k, task in turn.state.tasks.items() if task.task_id == event.task_id), None)
    if kind is None:
        if contact.heard_late(turn, event):
            return
        held = holds.named(turn)  # what it asked was put aside: the person hears why
        turn.tell(Refuse(f"held_{held}" if held else "task_not_open"))
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
    if outcome in ON_FACTS and turn.state.overdue == 0 and kind not in _WITHOUT_ARREARS:
        return "nothing_overdue"
    reason = "given" if event.has_reason else None
    if lacks(outcome, reason=reason, amount_minor=event.amount, on=event.on):
        return "incomplete"
    return _wrong_day(turn, outcome, event.on)


# What these decide is owed to a court or a plan, whatever is due to the loan.
_WITHOUT_ARREARS: Final = frozenset({TaskKind.COURT_END, TaskKind.PLAN_APPROVAL, TaskKind.PLAN_BREACH})


def _wrong_day(turn: Turn, outcome: Outcome, on: str | None) -> str:
    if on is None:
        return ""
    if outcome in PROMISES:
        if holds.cannot_promise(turn):
            return "debtor_cannot_promise"
        last = promises.latest_day(turn.now.terms, today=turn.now.today, days_past_due=turn.days_past_due)
        return "promise_too_far" if last is not None and date.fromisoformat(on) > last else ""
    if outcome is Outcome.ARRIVED and not notices.may_have_arrived_on(turn, on):
        return "delivery_day_impossible"
    if (outcome in PUT_OFF or outcome is Outcome.GOES_ON) and not stages.is_soon(turn, on):
        return "day_not_soon"
    return ""


def _act(turn: Turn, kind: TaskKind, event: TaskDecided, outcome: Outcome) -> None:
    turn.disarm(Clock.IDLE)  # a person looked at the case: the long stop starts anew
    if kind in _HANDS_ON:
        turn.work(event.by)
    turn.finish(kind, outcome=outcome.value, by=event.by)
    _ANSWERS[kind](turn, outcome, event)


# Who worked the case or proposed may not approve its litigation (rule book 4.4).
_HANDS_ON: Final = frozenset(
    {TaskKind.FIRST_CONTACT, TaskKind.FOLLOW_UP, TaskKind.ESCALATION, TaskKind.NOTICE_RELEASE}
)
_ANSWERS: Final[dict[TaskKind, Callable[[Turn, Outcome, TaskDecided], None]]] = {
    TaskKind.FIRST_CONTACT: contact.contacted,
    TaskKind.FOLLOW_UP: contact.contacted,
    TaskKind.ESCALATION: stages.escalation_decided,
    TaskKind.NOTICE_RELEASE: notices.release_decided,
    TaskKind.DELIVERY_CHECK: notices.delivery_checked,
    TaskKind.NEW_ADDRESS: notices.address_sought,
    TaskKind.LEGAL_REVIEW: legal.reviewed,
    TaskKind.SECOND_APPROVAL: legal.approved_or_refused,
    TaskKind.FILING: court.filing_decided,
    TaskKind.COURT_END: ledger.court_end_decided,
    TaskKind.PLAN_APPROVAL: plans.approval_decided,
    TaskKind.PLAN_BREACH: plans.breach_decided,
    TaskKind.IDLE_REVIEW: lambda _turn, _outcome, _event: None,
    TaskKind.PAID_CLAIM_CHECK: inquiries.paid_claim_checked,
    TaskKind.DISPUTE_REVIEW: inquiries.dispute_reviewed,
    TaskKind.COMPLAINT_REPLY: inquiries.complaint_replied,
    TaskKind.COMPLAINT_EXTENSION: inquiries.extension_decided,
    TaskKind.HARDSHIP_DECISION: inquiries.hardship_decided,
    TaskKind.DEATH_VERIFY: inquiries.death_verified,
    TaskKind.CAPACITY_VERIFY: inquiries.capacity_verified,
    TaskKind.INSOLVENCY_VERIFY: inquiries.insolvency_verified,
    TaskKind.FRAUD_VERIFY: inquiries.fraud_verified,
    TaskKind.DECLARE_CLAIM: inquiries.claim_declared,
    TaskKind.HOLD_REVIEW: inquiries.looked_again,
}
