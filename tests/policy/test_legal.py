"""Litigation: two people of whom neither worked the case, on facts that still hold, not before its day."""

from collections.abc import Callable

import pytest

from arrears.policy.effects import CancelTask, EnterStage, FinishTask, NoticeBecame, OpenTask
from arrears.policy.events import Due, PaymentPosted
from arrears.policy.react import react
from arrears.policy.state import Approval, Clock, Stage
from arrears.policy.tasks import Outcome, Role, TaskKind
from arrears.policy.turn import Moment
from tests.policy.builders import (
    ADVISOR,
    CALENDAR,
    LEAD,
    SECOND,
    THIRD,
    Case,
    a_case,
    a_notice_out,
    a_review,
    a_suit,
    at,
    decided,
)

LIMIT = 50_000_000  # minor units: above it the second approval is a manager's


# ---- who may ------------------------------------------------------------------------------------------------


@pytest.mark.rule("4.4")
def test_the_same_person_does_not_approve_twice() -> None:
    case = a_review().sue(by=ADVISOR)
    before = case.state
    case.approve(by=ADVISOR)
    assert (case.refusal, case.state) == ("second_person_needed", before)
    assert case.approve(by=SECOND).refusal == ""


@pytest.mark.rule("4.4")
def test_the_second_approval_is_a_task_of_its_own_and_names_who_is_barred() -> None:
    case = a_review()
    review = case.task(TaskKind.LEGAL_REVIEW)
    case.sue()
    [second] = case.saw(OpenTask)
    assert case.saw(FinishTask) == [FinishTask(review, "sue", ADVISOR)]
    assert (second.task, second.role, second.why) == (
        "second_approval",
        Role.LEGAL_ADVISOR,
        "first_advisor_approved",
    )
    assert second.barred == (LEAD, ADVISOR)
    assert case.state.approval == Approval(ADVISOR, case.state.facts_no, reviewed=case.now)


@pytest.mark.rule("4.4")
@pytest.mark.parametrize("hand", ["a collector", "the lead who escalated", "the lead who released"])
def test_whoever_worked_the_case_approves_nothing(hand: str) -> None:
    case = a_case().decide(TaskKind.FIRST_CONTACT, Outcome.BUSY, by="s-1")
    case.wake_until(Clock.ESCALATE).decide(TaskKind.ESCALATION, Outcome.ESCALATE, by="s-2")
    case.decide(TaskKind.NOTICE_RELEASE, Outcome.RELEASE, by="s-3").wake_until(Clock.SEND).ask_advisor()
    by = {"a collector": "s-1", "the lead who escalated": "s-2", "the lead who released": "s-3"}[hand]
    assert case.sue(by=by).refusal == "second_person_needed"
    case.decide(TaskKind.LEGAL_REVIEW, Outcome.RETURN, by=by)
    assert case.refusal == "second_person_needed", "not even to send it back"
    case.sue(by=ADVISOR)
    assert case.approve(by=by).refusal == "second_person_needed"


def _called_while_asked(by: str) -> Case:
    """A review is open, and so is a call, which this person makes."""
    case = a_review().decide(TaskKind.LEGAL_REVIEW, Outcome.RETURN, by=THIRD)
    case.wake_until(Clock.FOLLOW_UP).ask_advisor()
    assert {"follow_up", "legal_review"} <= set(case.state.tasks)
    return case.decide(TaskKind.FOLLOW_UP, Outcome.BUSY, by=by)


def test_whoever_works_the_case_after_the_question_was_asked_is_barred_too() -> None:
    case = _called_while_asked(by=ADVISOR)
    assert case.refusal == ""
    assert case.sue(by=ADVISOR).refusal == "second_person_needed"
    assert case.sue(by=SECOND).refusal == ""
    assert case.approve(by=ADVISOR).refusal == "second_person_needed"
    assert case.approve(by=THIRD).refusal == ""


def test_an_approver_who_worked_the_case_before_it_takes_effect_spoils_the_approval() -> None:
    case = a_review().decide(TaskKind.LEGAL_REVIEW, Outcome.RETURN, by=THIRD)
    case.wake_until(Clock.FOLLOW_UP).ask_advisor().sue(by=ADVISOR)
    case.decide(TaskKind.FOLLOW_UP, Outcome.BUSY, by=ADVISOR).approve(by=SECOND)
    case.wake_until(Clock.ENTER_LEGAL)
    assert case.state.stage is Stage.FORMAL
    assert [task.why for task in case.saw(OpenTask)] == ["approval_stale"]
    assert case.saw(OpenTask)[0].barred == (LEAD, ADVISOR)


@pytest.mark.rule("4.4")
@pytest.mark.parametrize(
    ("balance", "role"),
    [(LIMIT - 1, Role.LEGAL_ADVISOR), (LIMIT, Role.LEGAL_ADVISOR), (LIMIT + 1, Role.MANAGER)],
)
def test_above_the_limit_the_second_word_is_a_managers(balance: int, role: Role) -> None:
    [second] = a_review(balance=balance).sue().saw(OpenTask)
    assert second.role is role


def test_the_limit_is_looked_at_again_when_the_amount_changes() -> None:
    case = a_review(balance=LIMIT + 1).sue()
    assert case.saw(OpenTask)[0].role is Role.MANAGER
    case.pay(1)
    assert case.sue().saw(OpenTask)[0].role is Role.LEGAL_ADVISOR


@pytest.mark.rule("4.6-5")
@pytest.mark.parametrize("asked", [a_review, lambda: a_review().sue(), a_suit])
def test_money_of_a_day_before_the_decision_takes_it_back_like_any_other(asked: Callable[[], Case]) -> None:
    """Valued before it, booked after it: nobody who decided had seen it."""
    case = asked()
    case.hear(PaymentPosted("late", 10_000, "payment", False, "2026-03-02"))
    assert [(task.task, task.why) for task in case.saw(OpenTask)] == [("legal_review", "facts_changed")]
    assert case.state.approval is None


@pytest.mark.rule("1.2")
def test_money_of_a_day_before_its_release_takes_a_notice_back() -> None:
    case = a_case(Stage.FORMAL).decide(TaskKind.NOTICE_RELEASE, Outcome.RELEASE, by=LEAD)
    case.hear(PaymentPosted("late", 10_000, "payment", False, "2026-02-25"))
    assert [became.status for became in case.saw(NoticeBecame)] == ["withdrawn"]
    assert [(task.task, task.why) for task in case.saw(OpenTask)] == [("notice_release", "amount_changed")]


# ---- when ---------------------------------------------------------------------------------------------------


@pytest.mark.rule("T7")
def test_approved_before_the_ninety_first_day_it_takes_effect_on_that_day() -> None:
    case = a_suit(days_past_due=5)
    assert case.today.isoformat() == "2026-05-11"
    assert case.state.stage is Stage.FORMAL
    assert case.deadline(Clock.ENTER_LEGAL) == at("2026-05-27")
    case.wake()
    assert case.saw(EnterStage) == [EnterStage(Stage.LEGAL, "approved_by_two")]
    assert (case.state.approval, case.state.stage_since) == (None, at("2026-05-27"))


@pytest.mark.rule("T7")
def test_approved_after_that_day_it_takes_effect_at_once() -> None:
    case = a_suit(days_past_due=200)
    assert case.deadline(Clock.ENTER_LEGAL) == case.now
    case.wake()
    assert case.state.stage is Stage.LEGAL


@pytest.mark.rule("T7", "4.4")
def test_one_advisor_alone_sues_nobody() -> None:
    case = a_review(days_past_due=200).sue()
    assert case.deadline(Clock.ENTER_LEGAL) is None
    case.later(days=170)
    for clock in Clock:
        case.hear(Due(clock))
    assert case.state.stage is Stage.FORMAL


@pytest.mark.rule("T6", "T7")
def test_no_advisor_is_asked_before_the_debtors_time_is_over() -> None:
    case = a_notice_out(days_past_due=300)
    ends = case.deadline(Clock.CURE)
    assert ends is not None
    while TaskKind.LEGAL_REVIEW not in case.state.tasks:
        case.wake()
    assert case.now >= ends


# ---- no and again -------------------------------------------------------------------------------------------


@pytest.mark.rule("T6")
@pytest.mark.parametrize("kind", [TaskKind.LEGAL_REVIEW, TaskKind.SECOND_APPROVAL])
def test_a_case_sent_back_goes_to_the_collectors_and_the_question_comes_again(kind: TaskKind) -> None:
    case = a_review()
    if kind is TaskKind.SECOND_APPROVAL:
        case.sue()
    outcome = Outcome.RETURN if kind is TaskKind.LEGAL_REVIEW else Outcome.REFUSE
    case.decide(kind, outcome, by=SECOND)
    state = case.state
    assert (state.stage, state.approval, state.tasks) == (Stage.FORMAL, None, {})
    assert case.deadline(Clock.FOLLOW_UP) == at("2026-05-12", 9)
    assert case.deadline(Clock.LEGAL_REVIEW) == at("2026-06-10")
    case.wake_until(Clock.LEGAL_REVIEW)
    assert case.task(TaskKind.LEGAL_REVIEW)


def test_an_advisor_may_speak_again_in_another_round() -> None:
    case = a_review().sue(by=ADVISOR).decide(TaskKind.SECOND_APPROVAL, Outcome.REFUSE, by=SECOND)
    case.ask_advisor().sue(by=SECOND).approve(by=ADVISOR)
    assert case.refusal == ""
    assert case.state.approval is not None
    assert (case.state.approval.first, case.state.approval.second) == (SECOND, ADVISOR)


# ---- facts that change --------------------------------------------------------------------------------------

ASKED = {
    "review": a_review,
    "second approval": lambda **loan: a_review(**loan).sue(),
    "approved": a_suit,
}


@pytest.mark.rule("4.6-5")
@pytest.mark.parametrize("where", ASKED)
@pytest.mark.parametrize("change", ["part payment", "fee", "reversal", "restated"])
def test_any_change_of_the_figures_sends_the_question_back_to_an_advisor(where: str, change: str) -> None:
    """Rule book scenario 8: the task returns with new figures; the old approval is worth nothing."""
    case = ASKED[where]()
    asked = [task.task_id for task in case.state.tasks.values()]
    seen = case.state.facts_no
    match change:
        case "part payment":
            case.pay(1)
        case "fee":
            case.pay(1, kind="fee")
        case "reversal":
            case.reverse("P-old", 1)
        case _:
            case.restate(overdue=100_001)
    assert case.saw(CancelTask) == [CancelTask(task, "stale_facts") for task in asked]
    [again] = case.saw(OpenTask)
    assert (again.task, again.why, again.facts_no) == ("legal_review", "facts_changed", seen + 1)
    assert again.facts["overdue_minor"] == case.state.overdue
    assert case.state.approval is None
    assert case.deadline(Clock.ENTER_LEGAL) is None
    for task in asked:
        case.hear(decided(task, "approve", by=SECOND, facts_no=seen))
        assert case.refusal == "task_not_open"
    case.decide(TaskKind.LEGAL_REVIEW, Outcome.SUE, by=ADVISOR, facts_no=seen)
    assert case.refusal == "facts_changed"


@pytest.mark.parametrize("where", ASKED)
def test_provisional_money_changes_no_figure_yet(where: str) -> None:
    case = ASKED[where]()
    tasks, approval = case.state.tasks, case.state.approval
    case.pay(100_000, provisional=True)
    assert (case.state.tasks, case.state.approval) == (tasks, approval)


@pytest.mark.parametrize("where", ASKED)
def test_a_file_that_repeats_what_is_known_leaves_the_approvals_standing(where: str) -> None:
    case = ASKED[where]()
    before = case.state
    case.restate()
    assert case.state == before


@pytest.mark.parametrize("where", ASKED)
def test_a_debt_that_became_younger_goes_to_an_advisor_when_it_is_old_enough(where: str) -> None:
    case = ASKED[where]()
    case.restate(first_overdue_on="2026-05-01")
    assert case.state.tasks == {}
    assert case.deadline(Clock.LEGAL_REVIEW) == at("2026-07-15")
    case.wake_until(Clock.LEGAL_REVIEW)
    assert case.saw(OpenTask)[0].facts["days_past_due"] == 75


def test_the_day_of_the_review_follows_the_day_the_core_bank_names() -> None:
    for first, asked in (("2026-02-20", "2026-05-06"), ("2026-03-10", "2026-05-24")):
        case = a_notice_out(days_past_due=5).wake_until(Clock.CURE)
        assert case.deadline(Clock.LEGAL_REVIEW) == at("2026-05-11")
        case.restate(first_overdue_on=first)
        assert case.deadline(Clock.LEGAL_REVIEW) == at(asked)


@pytest.mark.rule("4.6-5")
def test_a_payment_one_second_before_the_day_stops_the_suit() -> None:
    case = a_suit()
    due = case.deadline(Clock.ENTER_LEGAL)
    assert due is not None
    case.at(due - 1).pay(10)
    case.at(due).hear(Due(Clock.ENTER_LEGAL))
    assert case.refusal == "not_due"
    assert case.state.stage is Stage.FORMAL


def test_a_part_payment_in_the_legal_stage_leaves_the_case_there() -> None:
    """Back from LEGAL goes a case only by an advisor's word (rule book 4.6-6)."""
    case = a_case(Stage.LEGAL)
    case.pay(99_999)
    assert (case.state.stage, case.state.closed, case.state.tasks) == (Stage.LEGAL, "", {})


# ---- what cannot be, and still must not sue anybody ---------------------------------------------------------


@pytest.mark.parametrize("approval", [None, Approval(ADVISOR, 1), Approval(ADVISOR, 0, SECOND)])
def test_an_effect_without_two_words_on_the_facts_of_today_only_asks(approval: Approval | None) -> None:
    case = a_suit()
    due = case.deadline(Clock.ENTER_LEGAL)
    assert due is not None
    case.at(due)
    object.__setattr__(case.state, "approval", approval)
    case.hear(Due(Clock.ENTER_LEGAL))
    assert case.state.stage is Stage.FORMAL
    assert [task.why for task in case.saw(OpenTask)] == ["approval_stale"]


def test_a_second_word_without_a_first_sends_the_case_back() -> None:
    case = a_review().sue()
    object.__setattr__(case.state, "approval", None)
    state, _ = react(
        case.state,
        decided(case.task(TaskKind.SECOND_APPROVAL), "approve", by=SECOND, facts_no=case.state.facts_no),
        Moment(case.now, case.terms, CALENDAR),
    )
    assert state.approval is None
    assert "enter_legal" not in state.deadlines
    assert "legal_review" in state.deadlines
