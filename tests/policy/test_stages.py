"""INITIAL to FORMAL to LEGAL, each opened by people; closed by money at any moment, and open again when it bounces."""

from collections.abc import Callable

import pytest

from arrears.policy.effects import CancelTask, CloseCase, EnterStage, NoticeBecame, OpenTask, ReopenCase
from arrears.policy.events import Due
from arrears.policy.state import Clock, Stage
from arrears.policy.tasks import Outcome, TaskKind
from tests.policy.builders import (
    ADVISOR,
    COLLECTOR,
    LEAD,
    Case,
    a_case,
    a_notice_out,
    a_review,
    a_suit,
    at,
)

# ---- the way to the formal stage ---------------------------------------------------------------------------


@pytest.mark.rule("T3")
def test_a_lead_is_asked_on_the_thirty_first_day_past_due() -> None:
    case = a_case(days_past_due=5)  # first overdue on 2026-02-25
    assert case.wake() is Clock.ESCALATE
    assert case.now == at("2026-03-28")
    [task] = case.saw(OpenTask)
    assert (task.task, task.why, task.facts["days_past_due"]) == ("escalation", "days_past_due", 31)


@pytest.mark.rule("T3")
def test_collectors_have_their_days_first_however_old_the_debt() -> None:
    case = a_case(days_past_due=300)
    assert case.wake() is Clock.ESCALATE
    assert case.now == at("2026-03-05")


@pytest.mark.rule("T3", "4.4")
def test_a_clock_asks_and_a_lead_decides() -> None:
    case = a_case()
    case.wake()
    assert case.state.stage is Stage.INITIAL
    assert not case.ever(EnterStage)[1:]


@pytest.mark.rule("T3")
def test_a_lead_who_keeps_the_case_is_asked_again_a_week_later() -> None:
    case = a_case().wake_until(Clock.ESCALATE)
    case.decide(TaskKind.ESCALATION, Outcome.KEEP, by=LEAD)
    assert case.state.stage is Stage.INITIAL
    assert case.deadline(Clock.ESCALATE) == at("2026-04-04")
    case.wake_until(Clock.ESCALATE)
    assert TaskKind.ESCALATION in case.state.tasks


def test_the_nightly_file_does_not_ask_a_lead_again_who_has_just_decided() -> None:
    case = a_case().wake_until(Clock.ESCALATE)
    case.decide(TaskKind.ESCALATION, Outcome.KEEP, by=LEAD)
    asked_again = case.deadline(Clock.ESCALATE)
    case.later(hours=1).restate()
    case.restate(balance=500_100)
    assert case.deadline(Clock.ESCALATE) == asked_again


def test_an_escalation_is_not_proposed_twice() -> None:
    case = a_case(days_past_due=40)
    case.talk(Outcome.REFUSES)
    [proposed] = case.saw(OpenTask)
    assert proposed.why == "refuses_to_pay"
    assert case.deadline(Clock.ESCALATE) is None
    case.wake_until(Clock.FOLLOW_UP)
    case.talk(Outcome.REFUSES)
    assert case.refusal == ""
    assert not case.saw(OpenTask)
    assert case.task(TaskKind.ESCALATION) == proposed.task_id


def test_escalating_ends_the_calls_and_asks_for_the_notice() -> None:
    case = a_case(days_past_due=40).talk(Outcome.REFUSES).wake_until(Clock.FOLLOW_UP)
    follow_up = case.task(TaskKind.FOLLOW_UP)
    case.escalate()
    assert case.saw(CancelTask) == [CancelTask(follow_up, "stage_left")]
    assert case.saw(EnterStage) == [EnterStage(Stage.FORMAL, "escalated")]
    assert set(case.state.tasks) == {"notice_release"}
    assert set(case.state.deadlines) == {"idle"}


@pytest.mark.rule("4.6-11", "s28")
def test_a_stage_keeps_the_terms_it_was_entered_under() -> None:
    case = a_case(days_past_due=5)
    old, case.terms = case.terms, a_case(terms={"pack": "new", "formal_dpd": 10, "cure_days": 30}).terms
    case.talk()
    assert (case.state.terms, case.deadline(Clock.ESCALATE)) == (old, at("2026-03-28"))
    case.escalate()
    assert case.state.terms == case.terms
    case.release().wake_until(Clock.SEND)
    # 31 days at 2026-03-28: sent that day, three days on the way, thirty days.
    assert case.saw(NoticeBecame)[0].cure_on == "2026-04-30"


# ---- the core bank moves the day ---------------------------------------------------------------------------


def test_the_lead_is_asked_by_the_day_the_core_bank_names_last() -> None:
    for first, asked in (("2026-02-10", "2026-03-13"), ("2026-03-01", "2026-04-01")):
        case = a_case(days_past_due=5).later(days=1).restate(first_overdue_on=first)
        assert case.deadline(Clock.ESCALATE) == at(asked)


def test_an_escalation_whose_ground_is_gone_is_withdrawn_and_comes_again() -> None:
    case = a_case().wake_until(Clock.ESCALATE)
    case.restate(first_overdue_on="2026-03-20", overdue=20_000)
    assert [gone.why for gone in case.saw(CancelTask)] == ["stale_facts"]
    assert case.deadline(Clock.ESCALATE) == at("2026-04-20")
    case.wake_until(Clock.ESCALATE)
    assert TaskKind.ESCALATION in case.state.tasks


def test_a_clock_a_lead_has_set_looks_at_the_days_again_when_it_rings() -> None:
    case = a_case().wake_until(Clock.ESCALATE)
    case.decide(TaskKind.ESCALATION, Outcome.KEEP, by=LEAD)
    case.later(days=1).restate(first_overdue_on="2026-03-25")
    case.wake_until(Clock.ESCALATE)
    assert TaskKind.ESCALATION not in case.state.tasks
    assert case.deadline(Clock.ESCALATE) == at("2026-04-25")


# ---- closing -----------------------------------------------------------------------------------------------

EVERYWHERE: dict[str, Callable[..., Case]] = {
    "initial": a_case,
    "escalation asked": lambda **loan: a_case(**loan).wake_until(Clock.ESCALATE),
    "formal": lambda **loan: a_case(Stage.FORMAL, **loan),
    "released": lambda **loan: a_case(Stage.FORMAL, **loan).release(),
    "sent": a_notice_out,
    "review": a_review,
    "second approval": lambda **loan: a_review(**loan).sue(),
    "approved": a_suit,
    "legal": lambda **loan: a_case(Stage.LEGAL, **loan),
    "idle asked": lambda **loan: a_case(Stage.LEGAL, **loan).wake_until(Clock.IDLE),
}


@pytest.mark.rule("4.5")
@pytest.mark.parametrize("where", EVERYWHERE)
@pytest.mark.parametrize(
    ("amount", "reason"), [(100_000, "CURED"), (500_000, "PAID_OFF"), (600_000, "PAID_OFF")]
)
def test_money_ends_a_case_wherever_it_stands(where: str, amount: int, reason: str) -> None:
    case = EVERYWHERE[where](overdue=100_000, balance=500_000)
    open_tasks = {task.task_id for task in case.state.tasks.values()}
    case.pay(amount)
    assert case.saw(CloseCase) == [CloseCase(reason)]
    assert {gone.task_id for gone in case.saw(CancelTask)} == open_tasks
    state = case.state
    assert (state.closed, state.closed_at, state.tasks, state.deadlines) == (reason, case.now, {}, {})
    assert state.approval is None


def test_a_released_notice_is_withdrawn_when_the_case_closes() -> None:
    case = a_case(Stage.FORMAL).release()
    notice = case.notice_id
    case.pay(100_000)
    assert case.saw(NoticeBecame) == [NoticeBecame(notice, "withdrawn", case.now)]
    assert case.state.notice is None


@pytest.mark.parametrize(("balance", "reason"), [(0, "PAID_OFF"), (300_000, "CURED")])
def test_a_loan_the_core_bank_calls_current_closes(balance: int, reason: str) -> None:
    case = a_case().restate(balance=balance, overdue=0, first_overdue_on=None)
    assert case.state.closed == reason


@pytest.mark.parametrize(
    ("balance", "overdue", "reason"), [(0, 0, "PAID_OFF"), (300_000, 0, "DATA_ERROR"), (9, 9, "DATA_ERROR")]
)
def test_a_loan_the_core_bank_calls_closed_closes(balance: int, overdue: int, reason: str) -> None:
    for case in (a_case(), a_review(), a_case(Stage.LEGAL)):
        first = case.state.first_overdue_on if overdue else None
        case.restate(balance=balance, overdue=overdue, first_overdue_on=first, status="closed")
        assert case.state.closed == reason


# ---- open again --------------------------------------------------------------------------------------------


def _bounced(case: Case) -> Case:
    overdue = case.state.overdue
    payment = case.pay(overdue)
    assert case.state.closed
    case.later(days=2).reverse(payment, overdue)
    assert case.saw(ReopenCase) == [ReopenCase("payment_reversed")]
    assert (case.state.closed, case.state.closed_at) == ("", 0)
    assert case.state.overdue == overdue
    assert [task.why for task in case.saw(OpenTask)] == ["payment_reversed"]
    return case


@pytest.mark.rule("4.6-8")
def test_money_that_bounces_brings_back_an_initial_case() -> None:
    case = _bounced(a_case())
    assert case.state.stage is Stage.INITIAL
    assert set(case.state.tasks) == {"follow_up"}
    # Days past due are counted from the old day, as if nothing had been paid.
    assert case.deadline(Clock.ESCALATE) == at("2026-03-28")


@pytest.mark.rule("4.6-8")
@pytest.mark.parametrize("where", ["formal", "released", "sent", "review", "second approval", "approved"])
def test_money_that_bounces_brings_back_a_formal_case_which_starts_with_a_fresh_notice(where: str) -> None:
    case = _bounced(EVERYWHERE[where]())
    assert case.state.stage is Stage.FORMAL
    assert set(case.state.tasks) == {"follow_up"}
    assert case.wake() is Clock.NOTICE
    assert [task.task for task in case.saw(OpenTask)] == ["notice_release"]
    before = case.state.notices
    case.release()
    assert case.state.notices == before + 1
    assert case.notice_id == f"case-L1-1-notice-{before + 1}"
    # The whole way again: the end of an earlier notice's time counts for nothing.
    case.wake_until(Clock.SEND).wake_until(Clock.CURE).ask_advisor().sue().approve()
    assert case.refusal == ""


@pytest.mark.rule("4.6-8")
def test_money_that_bounces_brings_back_a_legal_case() -> None:
    case = _bounced(a_case(Stage.LEGAL))
    assert case.state.stage is Stage.LEGAL
    assert set(case.state.tasks) == {"follow_up"}
    assert set(case.state.deadlines) == {"idle"}


def test_the_task_that_comes_with_the_bounced_money_stands_on_its_facts() -> None:
    case = _bounced(a_case())
    [task] = case.saw(OpenTask)
    assert task.facts_no == case.state.facts_no == case.state.tasks["follow_up"].facts_no
    assert task.facts["overdue_minor"] == 100_000


def test_a_case_goes_through_close_and_open_again_as_often_as_it_must() -> None:
    case = a_case()
    for _ in range(5):
        case = _bounced(case)
    assert case.state.overdue == 100_000
    assert case.state.balance == 500_000


# ---- a story from top to bottom ----------------------------------------------------------------------------


def test_from_the_first_call_to_court() -> None:
    case = a_case(days_past_due=5)
    case.talk(Outcome.NO_ANSWER).wake_until(Clock.FOLLOW_UP)
    case.talk(Outcome.PROMISE, on="2026-03-06", amount=100_000).wake_until(Clock.PROMISE)
    case.talk(Outcome.CANNOT_PAY)
    case.escalate().release().wake_until(Clock.SEND)
    case.delivered("arrived")
    case.ask_advisor().sue(by=ADVISOR).approve()
    case.wake_until(Clock.ENTER_LEGAL)
    assert case.saw(EnterStage) == [EnterStage(Stage.LEGAL, "approved_by_two")]
    assert case.now == at("2026-05-27")  # the ninety-first day past due
    assert case.state.tasks == {}
    assert set(case.state.deadlines) == {"idle"}
    assert case.state.hands == (COLLECTOR, LEAD)
    assert case.state.attempts == 3


def test_what_is_due_at_one_instant_comes_to_an_end() -> None:
    """A worker that was away for a year finds everything due at once."""
    for where in EVERYWHERE.values():
        case = where().later(days=365)
        for _ in range(12):
            due = [name for name, instant in case.state.deadlines.items() if instant <= case.now]
            if not due:
                break
            if due[0] == Clock.SEND:
                case.send_answered("sent")
            else:
                case.hear(Due(Clock(due[0])))
        assert min(case.state.deadlines.values()) > case.now
