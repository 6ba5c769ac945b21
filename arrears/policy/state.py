"""What a case holds while it lives: only what is open, in ids, integers and ISO days."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from arrears.policy.course import Stage as Stage  # noqa: PLC0414  # of a case, found where cases are
from arrears.policy.money import Owed
from arrears.policy.terms import Terms


class Clock(StrEnum):
    """The names of the deadlines a case can have running."""

    ESCALATE = "escalate"  # days past due reach the formal stage: a lead is asked
    FOLLOW_UP = "follow_up"  # the collector tries again
    PROMISE = "promise"  # the day and its grace are over: what was promised is judged
    STEP_BACK = "step_back"  # long enough below the formal threshold: back to talking
    NOTICE = "notice"  # a lead is asked to release the demand notice
    SEND = "send"  # a released notice goes out
    SILENCE = "silence"  # nobody reported that the notice arrived: somebody asks
    CURE = "cure"  # the debtor's time after the notice ends
    LEGAL_REVIEW = "legal_review"  # an advisor is asked
    ENTER_LEGAL = "enter_legal"  # an approved litigation takes effect
    FILING = "filing"  # an advisor is asked again to file
    COURT = "court"  # an advisor is asked again whether the court matter has ended
    PLAN = "plan"  # an instalment of the plan was not paid in time, or has not been for long
    HOLD = "hold"  # a hold has stood as long as it may without a word: a person is asked
    SLA = "sla"  # a task is older than its time: somebody is reminded
    IDLE = "idle"  # nothing happened for long: a person confirms the case


class HoldKind(StrEnum):
    """Why the bank keeps still (rule book 4.2)."""

    DISPUTE = "dispute"
    COMPLAINT = "complaint"
    HARDSHIP_REVIEW = "hardship_review"
    PAID_CLAIM = "paid_claim"
    PLAN_ACTIVE = "plan_active"
    MORATORIUM = "moratorium"
    INSOLVENCY = "insolvency"
    DECEASED = "deceased"
    INCAPACITY = "incapacity"
    FRAUD_CLAIM = "fraud_claim"
    SYSTEM_FREEZE = "system_freeze"


class Scope(StrEnum):
    """How far a hold reaches."""

    PART = "part"  # of what this loan owes
    LOAN = "loan"
    PERSON = "person"  # every open case of the person, and every one that opens while it stands
    BANK = "bank"


@dataclass(frozen=True)
class Hold:
    """At most one of each kind; money is minor units."""

    hold_id: str  # the same in every case of the person
    kind: HoldKind
    scope: Scope
    since: int
    by: str
    until: int = 0  # when a person is asked whether it goes on; 0: never
    part: int = 0  # what is disputed; 0: all of it
    against: str = ""  # the member of staff a complaint is about
    asks: bool = True  # this case asks the people who decide about it; another case of the person may
    confirmed_by: str = ""
    asked: str = ""  # when its day came: own (its own task was open still) | review (somebody looks again)
    matched: bool = False  # money came after the debtor said that it was paid


# What these lead to presses on the debtor: they wait until yesterday's money is all here (scenario 12).
PRESSING: Final = frozenset(
    {
        Clock.ESCALATE,
        Clock.PROMISE,
        Clock.NOTICE,
        Clock.CURE,
        Clock.LEGAL_REVIEW,
        Clock.ENTER_LEGAL,
        Clock.FILING,
        Clock.PLAN,
    }
)


@dataclass(frozen=True)
class OpenTask:
    task_id: str  # "" until the loop has named it
    opened_at: int
    facts_no: int
    barred: tuple[str, ...] = ()
    due_at: int = 0
    rung: int = 0  # how many of the pack's reminders were given
    bank_days: int = 0  # it was given; 0 when it is of a time before they were kept
    why: str = ""  # it was opened; "" when it is of a time before that was kept


@dataclass(frozen=True)
class Promise:
    """The newest one; what became of it stays until the next, because late money may still change it."""

    promise_id: str
    amount: int
    due_on: str
    made_at: int
    judged_at: int
    paid: int = 0
    payments: tuple[str, ...] = ()  # that were counted, in their order
    status: str = "open"  # open | kept | partial | broken
    grace: int = 0  # bank days after the day that was promised; 0 when of a time before they were kept


@dataclass(frozen=True)
class Plan:
    """A repayment plan, the newest one: its instalments are derived from its figures (`schedules.schedule`).

    What became of it stays, because money may still be taken back. `rate` is basis points of a year; the numbers of the
    pack it was signed under stay with it.
    """

    plan_id: str
    method: str
    amount: int
    yearly_bp: int
    periods: int
    first_due_on: str
    signed_at: int
    by: str
    risk_bank_days: int
    breach_days: int
    missed: int
    cure_days: int
    status: str = (
        "active"  # waiting | active | at_risk | renegotiating | broken | completed | withdrawn | replaced
    )
    approvals_needed: int = 0
    approved_by: tuple[str, ...] = ()
    paid: int = 0
    payments: tuple[str, ...] = ()  # the newest that were counted
    forgot: bool = False  # older ones were counted too
    cure_until: int = 0  # before then nobody is asked again
    asks_legal: bool = False  # the guarantor has not consented, and no advisor has acknowledged it yet (G6)
    ends_review: bool = False  # when it begins, the decision about the hardship is made

    @property
    def is_open(self) -> bool:
        return self.status in ("waiting", "active", "at_risk", "renegotiating")


@dataclass(frozen=True)
class Matter:
    """A claim before a court."""

    matter_id: str
    claim: int
    filed_at: int


@dataclass(frozen=True)
class NoticeUnderWay:
    notice_id: str
    phase: str  # released | sent | arrived
    amount_minor: int
    released_by: str
    sent_at: int = 0
    arrived_at: int = 0


@dataclass(frozen=True)
class Approval:
    """The first advisor's word, waiting for the second or for its day."""

    first: str
    facts_no: int
    second: str = ""
    reviewed: int = 0  # when the first one spoke


@dataclass(frozen=True)
class CaseState:
    """Instants are UTC seconds, money minor units of `currency`, days ISO."""

    case_id: str
    loan_id: str
    currency: str
    stage: Stage
    stage_since: int
    opened_at: int
    at: int
    owed: Owed
    overdue: int
    first_overdue_on: str | None
    terms: Terms
    facts_no: int = 1
    surplus: int = 0
    ahead: int = 0  # paid beyond what was overdue; a reversal takes it before anything falls due again
    deadlines: dict[str, int] = field(default_factory=dict)
    tasks: dict[str, OpenTask] = field(default_factory=dict)
    notice: NoticeUnderWay | None = None
    notices: int = 0
    cured_notice_at: int = 0  # when the debtor's time after a notice ended; 0 while it has not
    approval: Approval | None = None
    attempts: int = 0
    hands: tuple[str, ...] = ()  # who worked the case or proposed: they may not approve litigation
    attempt_days: int = 0
    last_attempt_on: str = ""
    lost: int = 0  # numbers in a row on which the debtor is not to be had (C07)
    lost_days: int = 0
    last_lost_on: str = ""
    promise: Promise | None = None
    promises: int = 0
    broken: int = 0  # promises in this stage
    matter: Matter | None = None
    provisional: tuple[str, ...] = ()
    attention: bool = False
    calendar_missing: int = 0  # the first year whose bank days nobody knows and a date rests on
    closed: str = ""
    closed_at: int = 0
    holds: tuple[Hold, ...] = ()
    hold_no: int = 0  # how many were placed on this case
    stopped: dict[str, int] = field(
        default_factory=dict
    )  # clocks that a hold stopped: the seconds they had left
    parties_no: int = 0  # how often who stands behind the debt changed while the case was open
    address_no: int = 0  # ... and where letters go
    kept_off: tuple[str, ...] = ()  # staff whom the debtor complained of
    # Taken off what is owed because a dispute was right; the core bank has not booked it yet.
    corrected: int = 0
    plan: Plan | None = None
    plans: int = 0  # how many were signed in this case
    bank_status: str = ""  # what the core bank last called the loan, when that stops the bank

    @property
    def keeps_plan(self) -> bool:
        return self.plan is not None and self.plan.is_open

    def but(self, fields: dict[str, Any]) -> "CaseState":
        """The same with these fields changed: what `dataclasses.replace` does, which reads all fifty each time."""
        made, whole = object.__new__(CaseState), self.__dict__ | fields
        if len(whole) != len(self.__dict__):
            raise TypeError(f"a case has no {', '.join(sorted(fields.keys() - self.__dict__.keys()))}")
        object.__setattr__(made, "__dict__", whole)
        return made

    @property
    def lacks_attempts(self) -> bool:
        """T3: escalation wants so many documented attempts, on so many days."""
        terms = self.terms
        few = self.attempts < terms.attempts_needed or self.attempt_days < terms.attempt_days
        return few and self.stage is Stage.INITIAL

    def waits_for(self, clock: Clock) -> bool:
        """Whether it runs, or will run on after a hold."""
        return clock in self.deadlines or clock in self.stopped

    @property
    def balance(self) -> int:
        return self.owed.total
