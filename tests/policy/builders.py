"""A bank in miniature: cases that are played by the rules alone, without Temporal and without a database."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, TypeVar

from arrears.policy.agreements import Acceptance, Charges, Clause, Offer
from arrears.policy.codes import PROMISES, Action, Outcome
from arrears.policy.effects import Effect, Refuse
from arrears.policy.events import (
    ContactReported,
    DeliveryReported,
    Due,
    Event,
    LoanRestated,
    LoanState,
    Opened,
    PaymentFinalized,
    PaymentPosted,
    PaymentReversed,
    PlanSigned,
    SendAnswered,
    TaskDecided,
)
from arrears.policy.react import react
from arrears.policy.schedules import Method
from arrears.policy.state import CaseState, Clock, OpenTask, Stage
from arrears.policy.tasks import TaskKind
from arrears.policy.terms import Terms
from arrears.policy.turn import Moment
from arrears.store import packs
from workflows.naming import name_tasks

RULES: Final = packs.load("cn-bank-2026").rules
CALENDAR: Final = RULES.calendar
START: Final = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # 10:00 on a Monday in Shanghai
LOAN: Final = "L1"
CASE: Final = "case-L1-1"

COLLECTOR, LEAD = "s-collector", "s-lead"
ADVISOR, SECOND, THIRD, OPS = "s-advisor", "s-second", "s-third", "s-ops"
PLANNER, MANAGER = "s-planner", "s-manager"

AnyEffect = TypeVar("AnyEffect")


def at(day: str | date, hour: int = 0, minute: int = 0) -> int:
    """UTC seconds of a wall clock in the bank's zone."""
    civil = date.fromisoformat(day) if isinstance(day, str) else day
    return CALENDAR.instant(civil, hour=hour, minute=minute)


def a_moment(instant: int | None = None, **terms: Any) -> Moment:
    return Moment(int(START.timestamp()) if instant is None else instant, some_terms(**terms), CALENDAR)


# The terms of a case that was opened before there were attempts to count, arrivals to wait for, reminders and a
# floor: such cases are still open, and a test sees one rule at a time.
_LATER: Final = ("filing", "new_address", "hold_review")
PLAIN: Final = replace(
    RULES.terms,
    floor_minor=0,
    attempts_needed=0,
    attempt_days=0,
    step_back_days=0,
    silence_days=0,
    arrival_days=3,
    promise_days=0,
    promise_days_late=0,
    promises_broken=0,
    limitation_years=0,
    lost_numbers=0,
    sla_percent=(),
    sla_bank_days={k: v for k, v in RULES.terms.sla_bank_days.items() if k not in _LATER},
)


def some_terms(**changes: Any) -> Terms:
    return replace(PLAIN, **changes)


def full_terms(**changes: Any) -> dict[str, Any]:
    """All of the shipped pack, for `opened(**full_terms())` and `a_case(terms=full_terms())`."""
    return vars(RULES.terms) | changes


def a_loan(
    *,
    overdue: int = 100_000,
    balance: int = 500_000,
    days_past_due: int = 5,
    status: str = "open",
    **changes: Any,
) -> LoanState:
    """Days past due are counted at START."""
    first = CALENDAR.day_of(int(START.timestamp())) - timedelta(days=days_past_due)
    loan = LoanState(LOAN, "CNY", balance, overdue, first.isoformat() if overdue else None, status)
    return replace(loan, **changes)


def decided(
    task_id: str,
    outcome: str,
    *,
    by: str = COLLECTOR,
    facts_no: int = 1,
    has_reason: bool = True,
    amount: int | None = 10_000,
    on: str | None = None,
    contact_id: str = "",
    recording_id: str = "",
) -> TaskDecided:
    """A promise is for the Friday after START unless it says otherwise."""
    if on is None and outcome in PROMISES:
        on = "2026-03-06"
    return TaskDecided(task_id, by, str(outcome), facts_no, has_reason, amount, on, contact_id, recording_id)


@dataclass
class Case:
    """One case and the clock it lives by; every step is named as the workflow names it."""

    state: CaseState
    now: int
    terms: Terms
    seq: int = 1
    last: list[Effect] = field(default_factory=list)
    steps: list[tuple[Event, list[Effect]]] = field(default_factory=list)
    money: int = 0

    # ---- hearing -----------------------------------------------------------------------------------------

    def hear(self, event: Event) -> list[Effect]:
        new, effects = react(self.state, event, Moment(self.now, self.terms, CALENDAR))
        self.seq += 1
        named, self.last = name_tasks(new, effects, seq=self.seq)
        assert named is not None
        self.state = named
        self.steps.append((event, self.last))
        return self.last

    @property
    def refusal(self) -> str:
        """Why the last event was refused; "" when it was not."""
        return next((effect.why for effect in self.last if isinstance(effect, Refuse)), "")

    def saw(self, kind: type[AnyEffect]) -> list[AnyEffect]:
        """Effects of that kind in the last step."""
        return [effect for effect in self.last if isinstance(effect, kind)]

    def ever(self, kind: type[AnyEffect]) -> list[AnyEffect]:
        return [effect for _, effects in self.steps for effect in effects if isinstance(effect, kind)]

    # ---- time --------------------------------------------------------------------------------------------

    @property
    def today(self) -> date:
        return CALENDAR.day_of(self.now)

    def at(self, instant: int) -> "Case":
        """Nothing is heard on the way: what came due meanwhile stays due."""
        assert instant >= self.now, "time runs forward"
        self.now = instant
        return self

    def later(self, **spans: float) -> "Case":
        return self.at(self.now + int(timedelta(**spans).total_seconds()))

    def next_clock(self) -> Clock:
        return Clock(min((instant, name) for name, instant in self.state.deadlines.items())[1])

    def deadline(self, clock: Clock) -> int | None:
        return self.state.deadlines.get(clock.value)

    def wake(self) -> Clock:
        """To the earliest deadline, and let it act; a notice that is due goes out at once.

        That somebody is reminded of a task is heard on the way and counts as nothing.
        """
        while True:
            clock = self.ring()
            if clock is not Clock.SLA:
                return clock

    def ring(self) -> Clock:
        """Like `wake`, and reminders count."""
        clock = self.next_clock()
        self.now = max(self.now, self.state.deadlines[clock.value])
        if clock is Clock.SEND:
            self.send_answered("sent")
        else:
            self.hear(Due(clock))
        return clock

    def wake_until(self, clock: Clock) -> "Case":
        for _ in range(40):
            if self.wake() is clock:
                return self
        raise AssertionError(f"{clock} never came")

    # ---- what people and machines say --------------------------------------------------------------------

    def task(self, kind: TaskKind) -> str:
        return self.state.tasks[kind.value].task_id

    def decide(self, kind: TaskKind, outcome: Outcome, *, by: str, **more: Any) -> "Case":
        task = self.state.tasks[kind.value]
        facts_no = more.pop("facts_no", self.state.facts_no)
        self.hear(decided(task.task_id, outcome, by=by, facts_no=facts_no, **more))
        return self

    def pay(self, amount: int, *, kind: str = "payment", provisional: bool = False) -> str:
        self.money += 1
        payment = f"P{self.money}"
        self.hear(PaymentPosted(payment, amount, kind, provisional))
        return payment

    def reverse(self, payment: str, amount: int) -> "Case":
        self.hear(PaymentReversed(f"R-{payment}", payment, amount))
        return self

    def finalize(self, payment: str, amount: int, *, in_balance: bool = False) -> "Case":
        self.hear(PaymentFinalized(payment, amount, in_balance))
        return self

    def restate(self, **loan: Any) -> "Case":
        """The loan as the state knows it, but for what is said."""
        state = self.state
        known = LoanState(LOAN, "CNY", state.balance, state.overdue, state.first_overdue_on, "open")
        self.hear(LoanRestated(replace(known, **loan)))
        return self

    def send_answered(self, answer: str, *, not_before: int = 0, rule: str = "", notice: str = "") -> "Case":
        self.hear(SendAnswered(notice or self.notice_id, answer, self.now, not_before, rule))
        return self

    def delivered(self, status: str, *, on: int | None = None, notice: str = "") -> "Case":
        self.hear(DeliveryReported(notice or self.notice_id, status, self.now if on is None else on))
        return self

    def told(self, action: Action, result: str, **more: Any) -> "Case":
        """A contact no task had asked for."""
        said: dict[str, Any] = {"party": "borrower", "by": COLLECTOR, "at": self.now} | more
        if result in PROMISES:
            said = {"amount": 10_000, "on": "2026-03-06"} | said
        self.hear(ContactReported(f"A{self.seq}", action, str(result), **said))
        return self

    @property
    def notice_id(self) -> str:
        assert self.state.notice is not None
        return self.state.notice.notice_id

    # ---- the story, scene by scene -----------------------------------------------------------------------

    def talk(self, outcome: Outcome = Outcome.NO_ANSWER, **more: Any) -> "Case":
        kind = next(kind for kind in (TaskKind.FIRST_CONTACT, TaskKind.FOLLOW_UP) if kind in self.state.tasks)
        return self.decide(kind, outcome, by=COLLECTOR, **more)

    def turn_to_follow_up(self) -> "Case":
        """The debtor is spoken to again before any clock asked for it."""
        self.state = replace(
            self.state,
            tasks=self.state.tasks | {"follow_up": OpenTask(f"t-{self.seq}", self.now, self.state.facts_no)},
        )
        return self

    def ask_lead(self) -> "Case":
        """On to the day on which a lead is asked; collectors try in vain meanwhile."""
        for _ in range(80):
            if TaskKind.ESCALATION in self.state.tasks:
                return self
            if {TaskKind.FIRST_CONTACT, TaskKind.FOLLOW_UP} & self.state.tasks.keys():
                self.talk()
            else:
                self.wake()
        raise AssertionError("a lead was never asked")

    def escalate(self) -> "Case":
        if TaskKind.ESCALATION not in self.state.tasks and not self.terms.attempts_needed:
            self.wake_until(Clock.ESCALATE)
        return self.ask_lead().decide(TaskKind.ESCALATION, Outcome.ESCALATE, by=LEAD)

    def release(self) -> "Case":
        return self.decide(TaskKind.NOTICE_RELEASE, Outcome.RELEASE, by=LEAD)

    def ask_advisor(self) -> "Case":
        """On to the day on which an advisor is asked."""
        notice = self.state.notice
        if notice is not None and notice.phase == "sent" and self.terms.silence_days:
            self.later(days=3).delivered("arrived")
        return self if TaskKind.LEGAL_REVIEW in self.state.tasks else self.wake_until(Clock.LEGAL_REVIEW)

    def sue(self, by: str = ADVISOR) -> "Case":
        return self.decide(TaskKind.LEGAL_REVIEW, Outcome.SUE, by=by)

    def approve(self, by: str = SECOND) -> "Case":
        return self.decide(TaskKind.SECOND_APPROVAL, Outcome.APPROVE, by=by)


def opened(loan: LoanState | None = None, *, instant: int | None = None, **terms: Any) -> Case:
    """A case just opened."""
    now = a_moment(instant, **terms)
    event = Opened(CASE, loan or a_loan())
    new, effects = react(None, event, now)
    named, last = name_tasks(new, effects, seq=1)
    assert named is not None
    return Case(named, now.at, now.terms, last=last, steps=[(event, last)])


def a_case(stage: Stage = Stage.INITIAL, *, terms: dict[str, Any] | None = None, **loan: Any) -> Case:
    """A case that came into this stage by the only way there is; closed means cured in INITIAL."""
    case = opened(a_loan(**loan), **(terms or {}))
    match stage:
        case Stage.INITIAL:
            return case
        case Stage.FORMAL:
            return case.escalate()
        case Stage.LEGAL:
            return _agreed(case).wake_until(Clock.ENTER_LEGAL)
        case Stage.CLOSED:
            case.pay(case.state.overdue)
            return case


def a_notice_out(**loan: Any) -> Case:
    """FORMAL, the demand notice sent, its arrival not reported."""
    case = a_case(Stage.FORMAL, **loan).release()
    case.wake_until(Clock.SEND)
    return case


def a_review(**loan: Any) -> Case:
    """FORMAL, the debtor's time is over and an advisor is asked."""
    return a_notice_out(**loan).ask_advisor()


def a_suit(**loan: Any) -> Case:
    """Both advisors agreed; litigation waits for its day."""
    return _agreed(a_case(**loan))


def a_filing(**loan: Any) -> Case:
    """LEGAL under the whole pack: an advisor is asked to file the claim."""
    return a_case(Stage.LEGAL, terms=full_terms(), **loan)


def a_claim(**loan: Any) -> Case:
    """The claim is with the court."""
    return a_filing(**loan).decide(TaskKind.FILING, Outcome.FILED, by=ADVISOR)


def a_paid_claim(**loan: Any) -> Case:
    """All is paid after filing; an advisor says what becomes of the claim."""
    case = a_claim(**loan)
    case.pay(case.state.overdue)
    return case


def an_offer(**changes: Any) -> Offer:
    """Six instalments of 500.00 from a month after START, signed, whole."""
    offer = Offer(
        Method.EQUAL_PARTS,
        300_000,
        0,
        6,
        "2026-04-02",
        Charges.STOP,
        Acceptance.SIGNED,
        "DOC-1",
        tuple(Clause),
    )
    return replace(offer, **changes)


def a_plan(stage: Stage = Stage.INITIAL, **changes: Any) -> Case:
    """A case whose debtor has just agreed to a plan of all that is overdue, under the whole pack."""
    case = a_case(stage, terms=full_terms(), overdue=300_000)
    case.hear(PlanSigned(an_offer(**changes), PLANNER, case.state.facts_no))
    assert not case.refusal
    return case


def a_breach(**changes: Any) -> Case:
    """The first instalment is not paid, and an officer is asked."""
    return a_plan(**changes).wake_until(Clock.PLAN).wake_until(Clock.PLAN)


def a_silence(**loan: Any) -> Case:
    """The notice went out and nobody reported where it is."""
    case = a_case(Stage.FORMAL, terms=full_terms(), **loan).release()
    return case.wake_until(Clock.SEND).wake_until(Clock.SILENCE)


def a_return(**loan: Any) -> Case:
    """The notice came back from an address nobody had agreed on."""
    return a_silence(**loan).delivered("returned")


def _agreed(case: Case) -> Case:
    case.escalate().release().wake_until(Clock.SEND)
    return case.ask_advisor().sue().approve()
