"""Why a case is where it is and what happens next, as keys and values; words are for those who show it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import assert_never

from arrears.policy import plans
from arrears.policy.calendar import Calendar
from arrears.policy.course import COURSE
from arrears.policy.state import PRESSING, CaseState, Clock, NoticeUnderWay, Plan, Promise, Stage
from arrears.policy.tasks import TaskKind


class Key(StrEnum):
    """One sentence each; what is filled in stands beside it."""

    # where it stands, and since why
    OPENED = auto()  # at
    STEPPED_BACK = auto()  # at
    ESCALATED = auto()  # at
    OVERDUE_AGAIN = auto()  # at
    APPROVED = auto()  # at
    ENTERED = auto()  # at, stage
    CURED = auto()  # at
    CURED_TOLERANCE = auto()  # at
    PAID_OFF = auto()  # at
    DATA_ERROR = auto()  # at
    PLAN_COMPLETED = auto()  # at
    FRAUD_NOT_DEBTOR = auto()  # at
    CLOSED = auto()  # at
    OVERDUE_SINCE = auto()  # on
    # what it waits for: a person
    FIRST_CONTACT = auto()  # at
    FOLLOW_UP = auto()  # at
    ESCALATION = auto()  # at
    NOTICE_RELEASE = auto()  # at
    DELIVERY_CHECK = auto()  # at
    NEW_ADDRESS = auto()  # at
    LEGAL_REVIEW = auto()  # at
    SECOND_APPROVAL = auto()  # at
    FILING = auto()  # at
    COURT_END = auto()  # at
    IDLE_REVIEW = auto()  # at
    PLAN_APPROVAL = auto()  # at
    PLAN_BREACH = auto()  # at
    PAID_CLAIM_CHECK = auto()  # at
    DISPUTE_REVIEW = auto()  # at
    COMPLAINT_REPLY = auto()  # at
    COMPLAINT_EXTENSION = auto()  # at
    HARDSHIP_DECISION = auto()  # at
    DEATH_VERIFY = auto()  # at
    CAPACITY_VERIFY = auto()  # at
    INSOLVENCY_VERIFY = auto()  # at
    FRAUD_VERIFY = auto()  # at
    DECLARE_CLAIM = auto()  # at
    HOLD_REVIEW = auto()  # at
    LATE = auto()  # until
    # ... the debtor, the letter, money, a day
    HELD = auto()  # n holds
    PROMISED = auto()  # on, until
    PROMISE_KEPT = auto()  # on
    PROMISE_PARTIAL = auto()  # on
    PROMISE_BROKEN = auto()  # on
    PLAN_SIGNED = auto()  # at; it waits for managers
    PLAN_KEPT = auto()  # on, n of of
    PLAN_NEXT = auto()  # on
    PLAN_LATE = auto()  # on
    PLAN_CURE = auto()  # until
    PLAN_RENEGOTIATED = auto()  # until
    PLAN_PAID = auto()
    PLAN_BROKEN = auto()
    ATTEMPTS_MISSING = auto()  # n of of, days of of_days
    NUMBERS_FAIL = auto()  # n of of, days of of_days
    NOTICE_RELEASED = auto()
    NOTICE_SENT = auto()  # at
    NOTICE_ARRIVED = auto()  # at
    TIME_RUNS = auto()  # on
    TIME_OVER = auto()  # at
    APPROVED_BY_ONE = auto()  # at
    APPROVED_BY_TWO = auto()
    IN_COURT = auto()  # at
    NOTHING_OVERDUE = auto()
    NOT_FINAL = auto()  # n payments
    ATTENTION = auto()
    # what comes next
    AFTER_CONTACT = auto()
    AFTER_ESCALATION = auto()
    AFTER_RELEASE = auto()
    AFTER_DELIVERY_CHECK = auto()
    AFTER_NEW_ADDRESS = auto()
    AFTER_REVIEW = auto()
    AFTER_SECOND_APPROVAL = auto()
    AFTER_FILING = auto()
    AFTER_COURT_END = auto()
    AFTER_IDLE_REVIEW = auto()
    AFTER_PLAN_APPROVAL = auto()
    AFTER_PLAN_BREACH = auto()
    AFTER_INQUIRY = auto()
    AFTER_EXTENSION = auto()
    AFTER_DECLARATION = auto()
    BY_THE_CLOCK = auto()  # at, clock
    AT_ONCE = auto()  # clock
    BOOKS_OPEN = auto()  # clock
    ONLY_MONEY = auto()  # at
    MAY_REOPEN = auto()  # until


@dataclass(frozen=True)
class Sentence:
    """Instants are UTC seconds, days ISO; a value that the key does not name is empty."""

    key: Key
    at: int = 0
    until: int = 0
    on: str = ""
    n: int = 0
    of: int = 0
    days: int = 0
    of_days: int = 0
    clock: Clock | None = None
    stage: Stage | None = None


@dataclass(frozen=True)
class Running:
    clock: Clock
    at: int


@dataclass(frozen=True)
class Explanation:
    """Where the case stands, what it waits for, what comes next, and every clock, the earliest first."""

    stands: tuple[Sentence, ...]
    waits: tuple[Sentence, ...]
    follows: tuple[Sentence, ...]
    clocks: tuple[Running, ...]

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        return (*self.stands, *self.waits, *self.follows)


def explain(state: CaseState, now: int, calendar: Calendar) -> Explanation:
    """Pure and total. `now` is the instant at which it is read, UTC seconds."""
    if state.closed:
        return Explanation((_closed(state),), (), (_may_reopen(state),), ())
    clocks = tuple(
        sorted((Running(Clock(name), at) for name, at in state.deadlines.items()), key=lambda one: one.at)
    )
    return Explanation(
        tuple(_stands(state)),
        (*_people(state, now), *_days(state, calendar), *_money(state)),
        tuple(_follows(state, clocks, now)),
        clocks,
    )


# ---- where it stands -------------------------------------------------------------------------------------


def _stands(state: CaseState) -> Iterator[Sentence]:
    yield _entered(state)
    if state.overdue and state.first_overdue_on:
        # The day and not the count of days: what Temporal shows stays as it is until the case moves again.
        yield Sentence(Key.OVERDUE_SINCE, on=state.first_overdue_on)


def _entered(state: CaseState) -> Sentence:
    step = COURSE[state.stage]
    key = Key(step.first if state.stage_since == state.opened_at else step.later)
    return Sentence(key, at=state.stage_since, stage=state.stage if key is Key.ENTERED else None)


def _closed(state: CaseState) -> Sentence:
    match state.closed:
        case "CURED":
            key = Key.CURED
        case "CURED_TOLERANCE":
            key = Key.CURED_TOLERANCE
        case "PAID_OFF":
            key = Key.PAID_OFF
        case "DATA_ERROR":
            key = Key.DATA_ERROR
        case "PLAN_COMPLETED":
            key = Key.PLAN_COMPLETED
        case "FRAUD_NOT_DEBTOR":
            key = Key.FRAUD_NOT_DEBTOR
        case _:
            key = Key.CLOSED
    return Sentence(key, at=state.closed_at)


def _may_reopen(state: CaseState) -> Sentence:
    return Sentence(Key.MAY_REOPEN, until=state.closed_at + state.terms.reopen_days * 86_400)


# ---- what it waits for -----------------------------------------------------------------------------------


def _people(state: CaseState, now: int) -> Iterator[Sentence]:
    for kind, task in sorted(state.tasks.items(), key=lambda one: (one[1].opened_at, one[0])):
        yield Sentence(_asked(TaskKind(kind)), at=task.opened_at)
        if 0 < task.due_at <= now:
            yield Sentence(Key.LATE, until=task.due_at)


def _asked(kind: TaskKind) -> Key:  # noqa: C901, PLR0911, PLR0912 - one arm per kind of task
    match kind:
        case TaskKind.FIRST_CONTACT:
            return Key.FIRST_CONTACT
        case TaskKind.FOLLOW_UP:
            return Key.FOLLOW_UP
        case TaskKind.ESCALATION:
            return Key.ESCALATION
        case TaskKind.NOTICE_RELEASE:
            return Key.NOTICE_RELEASE
        case TaskKind.DELIVERY_CHECK:
            return Key.DELIVERY_CHECK
        case TaskKind.NEW_ADDRESS:
            return Key.NEW_ADDRESS
        case TaskKind.LEGAL_REVIEW:
            return Key.LEGAL_REVIEW
        case TaskKind.SECOND_APPROVAL:
            return Key.SECOND_APPROVAL
        case TaskKind.FILING:
            return Key.FILING
        case TaskKind.COURT_END:
            return Key.COURT_END
        case TaskKind.IDLE_REVIEW:
            return Key.IDLE_REVIEW
        case TaskKind.PLAN_APPROVAL:
            return Key.PLAN_APPROVAL
        case TaskKind.PLAN_BREACH:
            return Key.PLAN_BREACH
        case _:
            return _asked_by_hold(kind)


def _asked_by_hold(kind: TaskKind) -> Key:
    """Work that a hold or its end opens goes by one name in both."""
    return Key(kind.value)


def _agreed(state: CaseState) -> Iterator[Sentence]:
    if state.promise is not None:
        yield from _promise(state.promise)
    if state.plan is not None:
        yield from _plan(state.plan)


def _days(state: CaseState, calendar: Calendar) -> Iterator[Sentence]:
    if state.holds:
        yield Sentence(Key.HELD, n=len(state.holds))
    yield from _agreed(state)
    if state.lacks_attempts and TaskKind.ESCALATION not in state.tasks:
        yield Sentence(
            Key.ATTEMPTS_MISSING,
            n=state.attempts,
            of=state.terms.attempts_needed,
            days=state.attempt_days,
            of_days=state.terms.attempt_days,
        )
    if state.lost:
        yield Sentence(
            Key.NUMBERS_FAIL,
            n=state.lost,
            of=state.terms.lost_numbers,
            days=state.lost_days,
            of_days=state.terms.lost_days,
        )
    if state.notice is not None:
        yield _letter(state.notice)
    yield from _debtors_time(state, calendar)
    if state.approval is not None:
        key = Key.APPROVED_BY_TWO if state.approval.second else Key.APPROVED_BY_ONE
        yield Sentence(key, at=state.approval.reviewed)
    if state.matter is not None:
        yield Sentence(Key.IN_COURT, at=state.matter.filed_at)


def _money(state: CaseState) -> Iterator[Sentence]:
    if state.overdue == 0:
        yield Sentence(Key.NOTHING_OVERDUE)
    if state.provisional:
        yield Sentence(Key.NOT_FINAL, n=len(state.provisional))
    if state.attention:
        yield Sentence(Key.ATTENTION)


def _promise(promise: Promise) -> Iterator[Sentence]:
    match promise.status:
        case "open":
            yield Sentence(Key.PROMISED, on=promise.due_on, until=promise.judged_at)
        case "kept":
            yield Sentence(Key.PROMISE_KEPT, on=promise.due_on)
        case "partial":
            yield Sentence(Key.PROMISE_PARTIAL, on=promise.due_on)
        case "broken":
            yield Sentence(Key.PROMISE_BROKEN, on=promise.due_on)


def _plan(plan: Plan) -> Iterator[Sentence]:
    if plan.status == "broken":
        yield Sentence(Key.PLAN_BROKEN)
    if not plan.is_open:
        return
    if plan.status == "waiting":
        yield Sentence(Key.PLAN_SIGNED, at=plan.signed_at)
    parts, left = plans.instalments(plan), plans.unpaid(plan)
    last = parts[-1].due_on.isoformat()
    yield Sentence(Key.PLAN_KEPT, on=last, n=len(parts) - len(left), of=len(parts))
    yield from _instalment(plan, left[0].due_on.isoformat()) if left else [Sentence(Key.PLAN_PAID)]


def _instalment(plan: Plan, due_on: str) -> Iterator[Sentence]:
    """What is due next, or was not paid and what is done about it."""
    is_late = plan.status in ("at_risk", "renegotiating")
    yield Sentence(Key.PLAN_LATE if is_late else Key.PLAN_NEXT, on=due_on)
    if plan.status == "renegotiating":
        yield Sentence(Key.PLAN_RENEGOTIATED, until=plan.cure_until)
    elif plan.cure_until:
        yield Sentence(Key.PLAN_CURE, until=plan.cure_until)


def _letter(notice: NoticeUnderWay) -> Sentence:
    match notice.phase:
        case "released":
            return Sentence(Key.NOTICE_RELEASED)
        case "sent":
            return Sentence(Key.NOTICE_SENT, at=notice.sent_at)
        case _:
            return Sentence(Key.NOTICE_ARRIVED, at=notice.arrived_at)


def _debtors_time(state: CaseState, calendar: Calendar) -> Iterator[Sentence]:
    """Under older terms it runs from an assumed arrival, and so beside a notice that is only sent."""
    ends = state.deadlines.get(Clock.CURE.value)
    if ends is not None:
        yield Sentence(Key.TIME_RUNS, on=calendar.day_of(ends - 1).isoformat())
    elif state.cured_notice_at and state.stage is Stage.FORMAL:
        yield Sentence(Key.TIME_OVER, at=state.cured_notice_at)


# ---- what comes next -------------------------------------------------------------------------------------


def _follows(state: CaseState, clocks: tuple[Running, ...], now: int) -> Iterator[Sentence]:
    told: set[Key] = set()
    for kind in sorted(state.tasks, key=lambda kind: (state.tasks[kind].opened_at, kind)):
        key = _after(TaskKind(kind))
        if key not in told:
            yield Sentence(key)
        told.add(key)
    following = next((one for one in clocks if _moves(one.clock, is_overdue=state.overdue > 0)), None)
    if following is None:
        if not told:
            yield Sentence(Key.ONLY_MONEY, at=state.deadlines.get(Clock.IDLE.value, now))
    elif following.at > now:
        yield Sentence(Key.BY_THE_CLOCK, at=following.at, clock=following.clock)
    elif state.terms.end_of_day and following.clock in PRESSING:
        yield Sentence(Key.BOOKS_OPEN, clock=following.clock)
    else:
        yield Sentence(Key.AT_ONCE, clock=following.clock)


def _after(kind: TaskKind) -> Key:  # noqa: C901, PLR0911, PLR0912 - one arm per kind of task
    match kind:
        case TaskKind.FIRST_CONTACT | TaskKind.FOLLOW_UP:
            return Key.AFTER_CONTACT
        case TaskKind.ESCALATION:
            return Key.AFTER_ESCALATION
        case TaskKind.NOTICE_RELEASE:
            return Key.AFTER_RELEASE
        case TaskKind.DELIVERY_CHECK:
            return Key.AFTER_DELIVERY_CHECK
        case TaskKind.NEW_ADDRESS:
            return Key.AFTER_NEW_ADDRESS
        case TaskKind.LEGAL_REVIEW:
            return Key.AFTER_REVIEW
        case TaskKind.SECOND_APPROVAL:
            return Key.AFTER_SECOND_APPROVAL
        case TaskKind.FILING:
            return Key.AFTER_FILING
        case TaskKind.COURT_END:
            return Key.AFTER_COURT_END
        case TaskKind.IDLE_REVIEW:
            return Key.AFTER_IDLE_REVIEW
        case TaskKind.PLAN_APPROVAL:
            return Key.AFTER_PLAN_APPROVAL
        case TaskKind.PLAN_BREACH:
            return Key.AFTER_PLAN_BREACH
        case TaskKind.COMPLAINT_EXTENSION:
            return Key.AFTER_EXTENSION
        case TaskKind.DECLARE_CLAIM:
            return Key.AFTER_DECLARATION
        case _:
            return Key.AFTER_INQUIRY


def _moves(clock: Clock, *, is_overdue: bool) -> bool:
    """Whether the case itself goes on then. While nothing is overdue most clocks only strike in vain."""
    match clock:
        case Clock.SLA | Clock.IDLE | Clock.HOLD:
            return False  # people are reminded of what is shown above
        case Clock.PROMISE | Clock.COURT | Clock.PLAN:
            return True
        case (
            Clock.ESCALATE
            | Clock.FOLLOW_UP
            | Clock.STEP_BACK
            | Clock.NOTICE
            | Clock.SEND
            | Clock.SILENCE
            | Clock.CURE
            | Clock.LEGAL_REVIEW
            | Clock.ENTER_LEGAL
            | Clock.FILING
        ):
            return is_overdue
        case _:
            assert_never(clock)
