"""Every event has an answer, if only a refusal that leaves the case as it was."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from arrears.policy.effects import CloseCase, EnterStage, OpenTask, Refuse
from arrears.policy.events import Due, Event, LoanRestated, Opened, PaymentPosted, SendAnswered
from arrears.policy.react import react
from arrears.policy.state import Clock, Stage
from arrears.policy.tasks import NEEDS_REASON, ON_FACTS, WORK, Outcome, TaskKind
from tests.policy.builders import (
    ADVISOR,
    CASE,
    COLLECTOR,
    LEAD,
    MANAGER,
    OPS,
    PLANNER,
    SECOND,
    Case,
    a_breach,
    a_case,
    a_filing,
    a_loan,
    a_moment,
    a_notice_out,
    a_paid_claim,
    a_plan,
    a_return,
    a_review,
    a_silence,
    a_suit,
    at,
    decided,
    opened,
)
from tests.policy.scenes import SCENES

WITH_OPEN_TASK: dict[TaskKind, Callable[[], Case]] = {
    TaskKind.FIRST_CONTACT: a_case,
    TaskKind.FOLLOW_UP: lambda: _woken(a_case().talk(), Clock.FOLLOW_UP),
    TaskKind.ESCALATION: lambda: _woken(a_case(), Clock.ESCALATE),
    TaskKind.NOTICE_RELEASE: lambda: a_case(Stage.FORMAL),
    TaskKind.LEGAL_REVIEW: a_review,
    TaskKind.SECOND_APPROVAL: lambda: a_review().sue(),
    TaskKind.FILING: a_filing,
    TaskKind.COURT_END: a_paid_claim,
    TaskKind.DELIVERY_CHECK: a_silence,
    TaskKind.NEW_ADDRESS: a_return,
    TaskKind.IDLE_REVIEW: lambda: _woken(a_case(Stage.LEGAL), Clock.IDLE),
    TaskKind.PLAN_APPROVAL: lambda: a_plan(periods=24),
    TaskKind.PLAN_BREACH: a_breach,
    TaskKind.PAID_CLAIM_CHECK: SCENES["said: paid_claim"],
    TaskKind.DISPUTE_REVIEW: SCENES["said: dispute"],
    TaskKind.COMPLAINT_REPLY: SCENES["said: compl"],
    TaskKind.COMPLAINT_EXTENSION: SCENES["more time is asked for"],
    TaskKind.HARDSHIP_DECISION: SCENES["said: hardship"],
    TaskKind.DEATH_VERIFY: SCENES["said: deceased"],
    TaskKind.CAPACITY_VERIFY: SCENES["lacks capacity"],
    TaskKind.INSOLVENCY_VERIFY: SCENES["said: bankr"],
    TaskKind.FRAUD_VERIFY: SCENES["said: fraud"],
    TaskKind.DECLARE_CLAIM: SCENES["insolvent"],
    TaskKind.HOLD_REVIEW: SCENES["the day of a hold has come"],
}
RIGHT_PERSON = {
    TaskKind.FIRST_CONTACT: COLLECTOR,
    TaskKind.FOLLOW_UP: COLLECTOR,
    TaskKind.ESCALATION: LEAD,
    TaskKind.NOTICE_RELEASE: LEAD,
    TaskKind.LEGAL_REVIEW: ADVISOR,
    TaskKind.SECOND_APPROVAL: SECOND,
    TaskKind.FILING: ADVISOR,
    TaskKind.COURT_END: ADVISOR,
    TaskKind.DELIVERY_CHECK: OPS,
    TaskKind.NEW_ADDRESS: OPS,
    TaskKind.IDLE_REVIEW: LEAD,
    TaskKind.PLAN_APPROVAL: MANAGER,
    TaskKind.PLAN_BREACH: PLANNER,
    TaskKind.COMPLAINT_EXTENSION: "s-manager",
}
NAMES_A_DAY = {Outcome.ARRIVED: 0, Outcome.INSOLVENT: 30, Outcome.GOES_ON: 30}  # so many days from today
EVERY_ANSWER = [(kind, outcome) for kind, work in WORK.items() for outcome in work.outcomes]


def _woken(case: Case, clock: Clock) -> Case:
    return case.wake_until(clock)


# ---- opening -----------------------------------------------------------------------------------------------


def test_a_case_begins_with_its_opening() -> None:
    with pytest.raises(LookupError):
        react(None, Due(Clock.IDLE), a_moment())


@pytest.mark.rule("T1")
def test_every_case_opens_in_the_initial_stage_however_old_the_debt() -> None:
    for days in (0, 1, 30, 31, 400, 4_000):
        case = a_case(days_past_due=days)
        assert case.state.stage is Stage.INITIAL
        assert case.saw(EnterStage) == [EnterStage(Stage.INITIAL, "opened")]
        assert set(case.state.tasks) == {"first_contact"}
        assert set(case.state.deadlines) == {"escalate", "idle"}


@pytest.mark.parametrize(("balance", "reason"), [(0, "PAID_OFF"), (400_000, "CURED")])
def test_a_loan_that_owes_nothing_overdue_closes_as_it_opens(balance: int, reason: str) -> None:
    case = opened(a_loan(overdue=0, balance=balance))
    assert case.last == [CloseCase(reason)]
    assert (case.state.closed, case.state.tasks, case.state.deadlines) == (reason, {}, {})


def test_the_facts_of_a_task_are_those_of_the_ledger() -> None:
    [task] = a_case(days_past_due=12, overdue=30_000, balance=70_000).saw(OpenTask)
    assert task.facts == {
        "stage": "initial",
        "currency": "CNY",
        "balance_minor": 70_000,
        "costs_minor": 0,
        "interest_minor": 0,
        "principal_minor": 70_000,
        "overdue_minor": 30_000,
        "first_overdue_on": "2026-02-18",
        "days_past_due": 12,
        "as_of": at("2026-03-02", 10),
        "pack": "cn-bank-2026.1",
    }
    assert task.due_at == at("2026-03-03", 18)  # one bank day, at close of business


# ---- refusals ----------------------------------------------------------------------------------------------


REFUSED: list[tuple[str, Case, Event]] = [
    ("already_open", a_case(), Opened(CASE, a_loan())),
    ("already_open", a_case(Stage.CLOSED), Opened(CASE, a_loan())),
    ("another_loan", a_case(), LoanRestated(a_loan(loan_id="L2"))),
    ("another_loan", a_case(), LoanRestated(a_loan(currency="TWD"))),
    ("another_loan", a_case(Stage.CLOSED), LoanRestated(a_loan(loan_id="L2"))),
    ("task_not_open", a_case(), decided("no-such-task", "na")),
    ("task_not_open", a_case(), decided("", "na")),
    ("answer_not_offered", a_case(), decided(a_case().task(TaskKind.FIRST_CONTACT), "sue")),
    ("answer_not_offered", a_case(), decided(a_case().task(TaskKind.FIRST_CONTACT), "")),
    ("answer_not_offered", a_case(), decided(a_case().task(TaskKind.FIRST_CONTACT), "NA")),
    ("notice_not_waiting", a_case(), SendAnswered("x", "sent", 1, 0, "")),
    ("not_due", a_case(), Due(Clock.ESCALATE)),
]


@pytest.mark.parametrize(("why", "case", "event"), REFUSED, ids=lambda value: str(value)[:30])
def test_what_makes_no_sense_is_refused_and_changes_nothing(why: str, case: Case, event: Event) -> None:
    before = case.state
    case.later(days=1)
    assert case.hear(event) == [Refuse(why)]
    assert case.state == before


@pytest.mark.parametrize("clock", Clock)
def test_a_clock_that_is_not_set_or_not_yet_due_says_nothing(clock: Clock) -> None:
    for case in (a_case(), a_case(Stage.FORMAL), a_notice_out(), a_case(Stage.LEGAL)):
        before = case.state
        case.hear(Due(clock))
        assert (case.refusal, case.state) == ("not_due", before)


@pytest.mark.parametrize("clock", Clock)
def test_a_closed_case_hears_no_clock(clock: Clock) -> None:
    case = a_case(Stage.CLOSED)
    case.hear(Due(clock))
    assert case.refusal == "case_closed"


def test_a_closed_case_takes_no_word_but_about_money() -> None:
    before = a_case()
    task = before.task(TaskKind.FIRST_CONTACT)
    case = a_case(Stage.CLOSED)
    case.hear(decided(task, "na"))
    assert case.refusal == "case_closed"
    case.send_answered("sent", notice="x")
    assert case.refusal == "case_closed"
    case.delivered("arrived", notice="x")
    assert case.refusal == "case_closed"
    case.pay(10)
    assert case.refusal == ""


# ---- answers -----------------------------------------------------------------------------------------------


@pytest.mark.rule("4.7")
@pytest.mark.parametrize(("kind", "outcome"), EVERY_ANSWER)
def test_every_answer_of_every_task_is_taken_from_the_right_person(kind: TaskKind, outcome: Outcome) -> None:
    case = WITH_OPEN_TASK[kind]()
    task = case.task(kind)
    by = RIGHT_PERSON.get(kind, "s-desk")
    case.decide(kind, outcome, by=by, on=_day(case, outcome))
    assert case.refusal == ""
    assert task not in {open_one.task_id for open_one in case.state.tasks.values()}
    case.hear(decided(task, outcome, by=by, facts_no=case.state.facts_no))
    assert case.refusal in ("case_closed", "task_not_open", *_held(case)), "one answer a task"


def _day(case: Case, outcome: Outcome) -> str | None:
    ahead = NAMES_A_DAY.get(outcome)
    return None if ahead is None else (case.today + timedelta(days=ahead)).isoformat()


def _held(case: Case) -> list[str]:
    return [f"held_{hold.kind}" for hold in case.state.holds]


@pytest.mark.parametrize(("kind", "outcome"), [pair for pair in EVERY_ANSWER if pair[1] in NEEDS_REASON])
def test_an_answer_against_the_proposal_says_why(kind: TaskKind, outcome: Outcome) -> None:
    case = WITH_OPEN_TASK[kind]()
    before = case.state
    case.decide(kind, outcome, by=RIGHT_PERSON.get(kind, "s-desk"), has_reason=False)
    assert (case.refusal, case.state) == ("incomplete", before)


@pytest.mark.rule("4.6-5")
@pytest.mark.parametrize(("kind", "outcome"), [pair for pair in EVERY_ANSWER if pair[1] in ON_FACTS])
def test_an_answer_that_cannot_be_taken_back_is_given_on_the_facts_of_the_moment(
    kind: TaskKind, outcome: Outcome
) -> None:
    case = WITH_OPEN_TASK[kind]()
    before = case.state
    for stale in (0, -1, before.facts_no - 1, before.facts_no + 1):
        case.decide(kind, outcome, by=RIGHT_PERSON[kind], facts_no=stale)
        assert (case.refusal, case.state) == ("facts_changed", before)


@pytest.mark.parametrize(("kind", "outcome"), [pair for pair in EVERY_ANSWER if pair[1] not in ON_FACTS])
def test_an_answer_that_can_be_taken_back_may_be_given_on_older_facts(
    kind: TaskKind, outcome: Outcome
) -> None:
    case = WITH_OPEN_TASK[kind]()
    by = RIGHT_PERSON.get(kind, "s-desk")
    case.decide(kind, outcome, by=by, facts_no=case.state.facts_no - 1, on=_day(case, outcome))
    assert case.refusal == ""


@pytest.mark.parametrize(("kind", "outcome"), [pair for pair in EVERY_ANSWER if pair[1] in ON_FACTS])
def test_nobody_presses_on_while_all_that_is_due_is_paid(kind: TaskKind, outcome: Outcome) -> None:
    """A provisional payment keeps the case from closing; that is no ground for a notice or a suit."""
    case = WITH_OPEN_TASK[kind]()
    case.pay(1_000, provisional=True)
    case.pay(case.state.overdue)
    if kind in (TaskKind.COURT_END, TaskKind.PLAN_APPROVAL, TaskKind.PLAN_BREACH):
        return  # it is asked because all is paid, or about a plan of more than what is due
    if kind is TaskKind.SECOND_APPROVAL:
        kind, outcome = TaskKind.LEGAL_REVIEW, Outcome.SUE  # the question went back to an advisor
    case.decide(kind, outcome, by=ADVISOR)
    assert case.refusal == "nothing_overdue"


@pytest.mark.parametrize("amount", [None, 0, -5])
def test_a_promise_names_an_amount(amount: int | None) -> None:
    case = a_case().talk(Outcome.PROMISE, amount=amount)
    assert case.refusal == "incomplete"


def test_a_promise_names_a_day() -> None:
    assert a_case().talk(Outcome.PROMISE, on="").refusal == "incomplete"


# ---- money of any kind -------------------------------------------------------------------------------------


def test_the_clock_of_a_case_is_never_turned_back() -> None:
    case = a_case().later(days=3)
    case.pay(10)
    reached = case.state.at
    early = a_moment(reached - 86_400)
    state, _ = react(case.state, PaymentPosted("P9", 10, "payment", provisional=False), early)
    assert state.at == reached
    assert min(state.deadlines.values()) >= reached


def test_the_same_question_has_the_same_answer() -> None:
    for case in (a_case(), a_notice_out(), a_review(), a_suit(), a_case(Stage.CLOSED)):
        event, _ = case.steps[-1]
        moment = a_moment(case.now)
        assert react(case.state, event, moment) == react(replace(case.state), event, moment)


# ---- idle --------------------------------------------------------------------------------------------------


@pytest.mark.rule("T18")
def test_an_idle_case_is_put_before_a_lead() -> None:
    case = a_case(Stage.LEGAL)
    assert case.wake() is Clock.IDLE
    assert [task.why for task in case.saw(OpenTask)] == ["idle"]
    first = case.task(TaskKind.IDLE_REVIEW)
    case.wake()
    assert case.task(TaskKind.IDLE_REVIEW) == first, "asked once, however long it takes"
    case.decide(TaskKind.IDLE_REVIEW, Outcome.CONTINUE, by=LEAD)
    assert case.deadline(Clock.IDLE) == case.state.deadlines["idle"] > case.now


@pytest.mark.rule("T18")
def test_only_a_person_sets_the_long_stop_anew() -> None:
    """A file that comes every night must not keep a case out of everybody's sight."""
    case = a_case(Stage.LEGAL)
    due = case.deadline(Clock.IDLE)
    for night in range(100):
        case.later(days=1).restate(balance=500_000 + night)
    case.pay(10)
    assert case.deadline(Clock.IDLE) == due
    talked = a_case().later(days=10).talk()
    assert talked.deadline(Clock.IDLE) == at("2026-03-12") + 180 * 86_400


# ---- while provisional money is all that is waited for -----------------------------------------------------


@pytest.mark.parametrize(
    ("case", "clock"),
    [
        (a_case(), Clock.ESCALATE),
        (a_case().talk(), Clock.FOLLOW_UP),
        (a_case(Stage.FORMAL).decide(TaskKind.NOTICE_RELEASE, Outcome.CANCEL, by=LEAD), Clock.NOTICE),
        (a_notice_out(), Clock.CURE),
        (a_notice_out().wake_until(Clock.CURE), Clock.LEGAL_REVIEW),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_clock_asks_for_what_is_paid(case: Case, clock: Clock) -> None:
    case = replace(case)
    case.pay(1_000, provisional=True)
    case.pay(case.state.overdue)
    assert not case.state.closed
    due = case.deadline(clock)
    assert due is not None
    while case.wake() is not clock:
        pass
    assert not case.saw(OpenTask)
    tomorrow = case.deadline(clock)
    assert tomorrow is not None
    assert 0 < tomorrow - case.now <= 86_400
