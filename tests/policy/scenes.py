"""One case for every sentence a case is explained in, under the whole pack unless a scene is of older terms."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from arrears.policy.events import HoldPlaced, Opened
from arrears.policy.react import react
from arrears.policy.state import Clock, HoldKind, NoticeUnderWay, Scope, Stage
from arrears.policy.tasks import Outcome, TaskKind
from arrears.policy.turn import Moment
from tests.policy.builders import (
    CALENDAR,
    CASE,
    LEAD,
    PLANNER,
    Case,
    a_breach,
    a_case,
    a_claim,
    a_filing,
    a_loan,
    a_moment,
    a_notice_out,
    a_paid_claim,
    a_plan,
    a_return,
    a_silence,
    full_terms,
    opened,
)


def whole(stage: Stage = Stage.INITIAL, **loan: Any) -> Case:
    return a_case(stage, terms=full_terms(), **loan)


def _promised() -> Case:
    return whole(overdue=300_000).talk(Outcome.PROMISE, amount=100_000)


def _books_open() -> Case:
    """As `_due_now`, where the core bank says when a day's money is all here."""
    case = _due_now()
    return replace(case, state=replace(case.state, terms=replace(case.terms, end_of_day=True)))


def _promise(paid: int) -> Case:
    case = _promised()
    if paid:
        case.pay(paid)
    return case.wake_until(Clock.PROMISE) if case.deadline(Clock.PROMISE) else case


def _late() -> Case:
    case = whole()
    return case.at(case.state.tasks[TaskKind.FIRST_CONTACT.value].due_at)


def _sent() -> Case:
    return whole(Stage.FORMAL).release().wake_until(Clock.SEND)


def _arrived() -> Case:
    return _sent().later(days=3).delivered("arrived")


def _asked_advisor() -> Case:
    return _sent().ask_advisor()


def _agreed() -> Case:
    # A young debt, so that the day of the legal stage is still to come.
    return _asked_advisor().sue().approve()


def _due_now() -> Case:
    case = _promised()
    judged = case.deadline(Clock.PROMISE)
    assert judged is not None
    return case.at(judged)


def _idle() -> Case:
    case = a_claim()
    return case.wake_until(Clock.IDLE)


def _stepped_back() -> Case:
    case = whole(Stage.FORMAL)
    return case.restate(first_overdue_on=case.today.isoformat()).wake_until(Clock.STEP_BACK)


def _fell_back() -> Case:
    """Cured in LEGAL lately, overdue again: a new episode starts in FORMAL."""
    now = a_moment(**full_terms())
    event = Opened(CASE, a_loan(), "legal", now.at - 86_400)
    state, effects = react(None, event, Moment(now.at, now.terms, CALENDAR))
    return Case(state, now.at, now.terms, last=effects, steps=[(event, effects)])


def _paid_but_not_final() -> Case:
    case = whole()
    payment = case.pay(case.state.overdue, provisional=True)
    assert payment in case.state.provisional
    case.pay(case.state.overdue)
    return case


def _closed(reason: str) -> Case:
    case = whole(Stage.CLOSED)
    case.state = replace(case.state, closed=reason)
    return case


def _paid(rest: int, *, balance: int = 500_000) -> Case:
    case = whole(balance=balance)
    case.pay(case.state.overdue - rest)
    return case


def _troubled() -> Case:
    case = whole()
    case.state = replace(case.state, attention=True)
    return case


def _stray_stage() -> Case:
    """No case comes there; whoever looks is told all the same."""
    case = whole()
    case.state = replace(case.state, stage=Stage.CLOSED, notice=NoticeUnderWay("n", "released", 1, LEAD))
    return case


def _plan_paid() -> Case:
    case = a_plan()
    case.pay(300_000)
    return case


def _plan_paid_not_final() -> Case:
    case = a_plan()
    case.pay(300_000, provisional=True)
    return case


_SAID: Final = (
    Outcome.SAYS_PAID,
    Outcome.DISPUTES,
    Outcome.COMPLAINS,
    Outcome.HARDSHIP,
    Outcome.DEAD,
    Outcome.BANKRUPT,
    Outcome.NOT_MINE,
)


def _said(result: Outcome) -> Case:
    return whole().talk(result, amount=None)


def _held(kind: HoldKind, *, until: int = 0) -> Case:
    """`until` in days from now."""
    case = whole()
    day = case.now + until * 86_400 if until else 0
    case.hear(HoldPlaced(f"H-{kind}", kind, Scope.PERSON, "s-desk", "said", day))
    return case


def _more_time() -> Case:
    return _said(Outcome.COMPLAINS).decide(TaskKind.COMPLAINT_REPLY, Outcome.EXTEND, by="s-desk")


def _insolvent() -> Case:
    case = _said(Outcome.BANKRUPT)
    return case.decide(TaskKind.INSOLVENCY_VERIFY, Outcome.INSOLVENT, by="s-desk", on="2026-05-10")


SCENES: Final[Mapping[str, Callable[[], Case]]] = {
    "opened": whole,
    "older terms": opened,
    "late": _late,
    "called once": lambda: whole().talk(),
    "a dead number": lambda: whole().talk(Outcome.INVALID_NUMBER),
    "to be called again": lambda: whole().talk().wake_until(Clock.FOLLOW_UP),
    "promised": _promised,
    "a promise is judged now": _due_now,
    "a promise is judged when the books are closed": _books_open,
    "promise kept": lambda: _promise(100_000),
    "promise kept in part": lambda: _promise(10_000),
    "promise broken": lambda: _promise(0),
    "a lead is asked": lambda: whole(days_past_due=40).ask_lead(),
    "formal": lambda: whole(Stage.FORMAL),
    "stepped back": _stepped_back,
    "overdue again": _fell_back,
    "released": lambda: whole(Stage.FORMAL).release(),
    "sent": _sent,
    "sent, arrival assumed": a_notice_out,
    "no arrival reported": a_silence,
    "arrived": _arrived,
    "came back": a_return,
    "the debtor's time is over": lambda: _arrived().wake_until(Clock.CURE),
    "an advisor is asked": _asked_advisor,
    "one advisor agreed": lambda: _asked_advisor().sue(),
    "two agreed": _agreed,
    "to be filed": a_filing,
    "before court": a_claim,
    "paid before court": a_paid_claim,
    "idle": _idle,
    "paid, not final": _paid_but_not_final,
    "needs an operator": _troubled,
    "a stage nobody comes to": _stray_stage,
    **{f"said: {said}": partial(_said, said) for said in _SAID},
    "lacks capacity": lambda: _held(HoldKind.INCAPACITY),
    "more time is asked for": _more_time,
    "insolvent": _insolvent,
    "the day of a hold has come": lambda: _held(HoldKind.MORATORIUM, until=3).wake_until(Clock.HOLD),
    "somebody else's debt": lambda: _said(Outcome.NOT_MINE).decide(
        TaskKind.FRAUD_VERIFY, Outcome.CONFIRMED, by="s-desk"
    ),
    "cured": lambda: _paid(0),
    "too little left": lambda: _paid(1_000),
    "paid off": lambda: _paid(0, balance=100_000),
    "closed by the bank": lambda: whole().restate(status="closed", overdue=0, balance=1),
    "closed otherwise": lambda: _closed("SOLD"),
    "a plan is kept": a_plan,
    "a plan is signed, managers are asked": lambda: a_plan(periods=24),
    "an instalment is late": lambda: a_plan().wake_until(Clock.PLAN),
    "an officer is asked whether the plan is broken": a_breach,
    "time to catch up": lambda: a_breach().decide(TaskKind.PLAN_BREACH, Outcome.CURE_PERIOD, by=PLANNER),
    "another plan is sought": lambda: a_breach().decide(
        TaskKind.PLAN_BREACH, Outcome.RENEGOTIATE, by=PLANNER
    ),
    "the plan is broken": lambda: a_breach().decide(TaskKind.PLAN_BREACH, Outcome.BROKEN, by=PLANNER),
    "all instalments paid, not final": _plan_paid_not_final,
    "the plan is paid to its end": _plan_paid,
    "re-opened": lambda: (case := whole(), case.reverse(case.pay(case.state.overdue), 100_000))[1],
}
