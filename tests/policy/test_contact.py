"""After a call: again soon, after the promised day, or a word to the lead."""

from itertools import pairwise
from typing import Any

import pytest

from arrears.policy.codes import CONTACT_RESULTS, PROMISES, STOPPING, Action, Outcome
from arrears.policy.effects import CancelTask, FinishTask, LogContact, MarkContact, OpenTask, PromiseMade
from arrears.policy.state import Clock, Stage
from arrears.policy.tasks import TaskKind
from tests.policy.builders import ADVISOR, COLLECTOR, LEAD, a_case, a_review, at, full_terms


@pytest.mark.rule("T2")
@pytest.mark.parametrize(
    ("outcome", "again_on"),
    [
        (Outcome.NO_ANSWER, "2026-03-03"),
        (Outcome.BUSY, "2026-03-03"),
        (Outcome.SWITCHED_OFF, "2026-03-03"),
        (Outcome.HUNG_UP, "2026-03-04"),
        (Outcome.INVALID_NUMBER, "2026-03-03"),
        (Outcome.WRONG_NUMBER, "2026-03-04"),
        (Outcome.RELAYED, "2026-03-04"),
        (Outcome.THIRD_REFUSES, "2026-03-04"),
        (Outcome.NOT_WILLING, "2026-03-09"),
        (Outcome.CANNOT_PAY, "2026-03-09"),
        (Outcome.REFUSES, "2026-03-09"),
    ],
)
def test_each_result_has_its_day_for_another_try(outcome: Outcome, again_on: str) -> None:
    case = a_case()
    task = case.task(TaskKind.FIRST_CONTACT)
    case.talk(outcome)
    assert case.last == [FinishTask(task, outcome, COLLECTOR), LogContact(task, outcome, COLLECTOR)]
    assert case.deadline(Clock.FOLLOW_UP) == at(again_on, 9)
    assert case.wake() is Clock.FOLLOW_UP
    assert [(task.task, task.why) for task in case.saw(OpenTask)] == [("follow_up", "follow_up_due")]


@pytest.mark.rule("T14")
@pytest.mark.parametrize(
    ("promised", "judged"),
    [
        ("2026-03-04", "2026-03-06"),  # Wednesday: Thursday is grace, judged when it is over
        ("2026-03-06", "2026-03-10"),  # Friday: Monday is grace
        ("2026-03-07", "2026-03-11"),  # Saturday: due on Monday, Tuesday is grace
        ("2026-10-03", "2026-10-10"),  # the rule book's scenario 6
        ("2026-03-02", "2026-03-04"),  # today
    ],
)
def test_a_promise_is_judged_after_its_day_and_a_bank_day_of_grace(promised: str, judged: str) -> None:
    case = a_case(days_past_due=0, terms={"formal_dpd": 400, "legal_review_dpd": 500, "legal_dpd": 600})
    case.talk(Outcome.PROMISE, on=promised)
    assert case.deadline(Clock.PROMISE) == at(judged)
    assert case.deadline(Clock.FOLLOW_UP) is None


def test_a_promise_for_a_day_that_is_over_is_judged_at_once() -> None:
    case = a_case().talk(Outcome.PROMISE, on="2026-01-05")
    assert case.deadline(Clock.PROMISE) == case.now


def test_a_refusal_to_pay_goes_to_the_lead_once_the_debt_is_old_enough() -> None:
    young = a_case(days_past_due=30)
    set_for = young.deadline(Clock.ESCALATE)
    young.talk(Outcome.REFUSES)
    assert (young.state.tasks, young.deadline(Clock.ESCALATE)) == ({}, set_for)
    ripe = a_case(days_past_due=31).talk(Outcome.REFUSES)
    assert set(ripe.state.tasks) == {"escalation"}
    assert ripe.state.deadlines.keys() == {"follow_up", "idle"}


def test_a_refusal_to_pay_in_a_later_stage_proposes_nothing() -> None:
    case = a_review().decide(TaskKind.LEGAL_REVIEW, Outcome.RETURN, by=ADVISOR)
    case.wake_until(Clock.FOLLOW_UP).talk(Outcome.REFUSES)
    assert case.state.tasks == {}
    assert case.state.stage is Stage.FORMAL


def test_a_wrong_number_on_the_last_call_leaves_the_case_awake() -> None:
    case = a_case(days_past_due=40)
    for _ in range(10):
        case.talk(Outcome.WRONG_NUMBER)
        assert case.deadline(Clock.FOLLOW_UP) is not None
        case.wake_until(Clock.FOLLOW_UP)
    assert set(case.state.tasks) == {"follow_up", "escalation"}
    assert case.state.attempts == 10


def test_calls_are_counted_and_who_made_them_is_remembered_once() -> None:
    case = a_case()
    for caller in ("s-1", "s-2", "s-1"):
        kind = next(iter(case.state.tasks))
        case.decide(TaskKind(kind), Outcome.BUSY, by=caller).wake_until(Clock.FOLLOW_UP)
    assert (case.state.attempts, case.state.hands) == (3, ("s-1", "s-2"))


def test_one_call_is_open_at_a_time() -> None:
    case = a_review().decide(TaskKind.LEGAL_REVIEW, Outcome.RETURN, by=ADVISOR)
    case.wake_until(Clock.FOLLOW_UP)
    [opened] = case.saw(OpenTask)
    case.ask_advisor().decide(TaskKind.LEGAL_REVIEW, Outcome.RETURN, by=ADVISOR)
    case.wake_until(Clock.FOLLOW_UP)
    assert case.task(TaskKind.FOLLOW_UP) == opened.task_id
    assert not case.saw(OpenTask)


@pytest.mark.parametrize("outcome", [Outcome.CANNOT_PAY, *sorted(set(CONTACT_RESULTS) - STOPPING)])
def test_tries_never_come_closer_than_a_day(outcome: Outcome) -> None:
    case = a_case(days_past_due=1)
    tries = []
    for _ in range(6):
        tries.append(case.today)
        case.talk(outcome, on=case.today.isoformat())
        case.wake_until(Clock.PROMISE if outcome in PROMISES else Clock.FOLLOW_UP)
    assert all((later - earlier).days >= 1 for earlier, later in pairwise(tries))


def test_a_lead_who_calls_is_a_hand_like_any_other() -> None:
    case = a_case().decide(TaskKind.FIRST_CONTACT, Outcome.BUSY, by=LEAD)
    assert case.state.hands == (LEAD,)


@pytest.mark.rule("C07", "C08")
@pytest.mark.parametrize(
    ("outcome", "mark"),
    [
        (Outcome.INVALID_NUMBER, "invalid"),
        (Outcome.WRONG_NUMBER, "wrong"),
        (Outcome.THIRD_REFUSES, "stopped"),
    ],
)
def test_a_number_is_marked_with_what_was_found_out(outcome: Outcome, mark: str) -> None:
    case = a_case().talk(outcome, contact_id="C1")
    assert case.saw(MarkContact) == [MarkContact("C1", mark, COLLECTOR)]


@pytest.mark.parametrize("outcome", [Outcome.NO_ANSWER, Outcome.HUNG_UP, Outcome.RELAYED, Outcome.PROMISE])
def test_other_results_mark_no_number(outcome: Outcome) -> None:
    assert not a_case().talk(outcome, contact_id="C1").saw(MarkContact)


def test_a_result_without_a_number_marks_nothing() -> None:
    assert not a_case().talk(Outcome.WRONG_NUMBER).saw(MarkContact)


def _calls(*outcomes: Outcome, per_day: int = 1) -> tuple[int, int]:
    """How many numbers in a row failed, on how many days, when the debtor was called so."""
    case = a_case(terms={"lost_numbers": 3, "lost_days": 2}, days_past_due=1)
    for n, outcome in enumerate(outcomes, 1):
        kind = next(iter({"first_contact", "follow_up"} & set(case.state.tasks)))
        case.decide(TaskKind(kind), outcome, by=COLLECTOR)
        if n % per_day == 0:
            case.wake_until(Clock.FOLLOW_UP)
        else:
            case.turn_to_follow_up()
    return case.state.lost, case.state.lost_days


INV, WRONG, NA = Outcome.INVALID_NUMBER, Outcome.WRONG_NUMBER, Outcome.NO_ANSWER


@pytest.mark.rule("C07")
@pytest.mark.parametrize(
    ("calls", "per_day", "lost"),
    [
        ((INV,), 1, (1, 1)),
        ((INV, WRONG, INV), 1, (3, 3)),
        ((INV, WRONG, INV), 2, (3, 2)),
        ((INV, WRONG, INV), 3, (3, 1)),
        ((INV, NA, WRONG), 1, (2, 2)),  # nobody answered: no number proved dead, none alive
        ((INV, WRONG, Outcome.HUNG_UP), 1, (0, 0)),
        ((INV, WRONG, Outcome.CANNOT_PAY, INV), 1, (1, 1)),
        ((INV, Outcome.RELAYED, WRONG), 1, (2, 2)),
    ],
)
def test_dead_numbers_in_a_row_are_counted_with_their_days(
    calls: tuple[Outcome, ...], per_day: int, lost: tuple[int, int]
) -> None:
    assert _calls(*calls, per_day=per_day) == lost


def test_terms_of_before_count_no_dead_numbers() -> None:
    case = a_case().talk(Outcome.INVALID_NUMBER)
    assert (case.state.lost, case.state.lost_days, case.state.last_lost_on) == (0, 0, "")


# ---- contacts no task had asked for ----------------------------------------------------------------------


@pytest.mark.rule("4.8")
def test_a_debtor_who_calls_and_promises_ends_the_task_to_call_him() -> None:
    case = a_case()
    task = case.task(TaskKind.FIRST_CONTACT)
    case.told(Action.IN_CALL, Outcome.PROMISE, on="2026-03-04")
    assert case.saw(CancelTask) == [CancelTask(task, "spoken_to")]
    [promise] = case.saw(PromiseMade)
    assert (promise.amount, promise.due_on, promise.task_id) == (10_000, "2026-03-04", "")
    assert case.deadline(Clock.PROMISE) == at("2026-03-06")
    assert case.deadline(Clock.FOLLOW_UP) is None


@pytest.mark.rule("T3")
@pytest.mark.parametrize(
    ("action", "attempts"),
    [
        (Action.IN_CALL, 0),
        (Action.IN_MSG, 0),
        (Action.OUT_CALL, 1),
        (Action.AI_CALL, 1),
    ],
)
def test_only_the_banks_own_tries_count_as_attempts(action: Action, attempts: int) -> None:
    case = a_case().told(action, Outcome.CANNOT_PAY)
    assert (case.state.attempts, case.deadline(Clock.FOLLOW_UP)) == (attempts, at("2026-03-09", 9))


def test_a_visit_is_an_attempt_whoever_opens_the_door() -> None:
    assert a_case().told(Action.VISIT, "not_home").state.attempts == 1
    met = a_case().told(Action.VISIT, "met")
    assert (met.state.attempts, met.state.tasks) == (1, {})


@pytest.mark.parametrize("result", [Outcome.NO_ANSWER, Outcome.HUNG_UP, Outcome.RELAYED])
def test_a_call_that_did_not_reach_the_debtor_leaves_the_task_to_call_him(result: Outcome) -> None:
    case = a_case().told(Action.AI_CALL, result)
    assert set(case.state.tasks) == {"first_contact"}
    assert case.deadline(Clock.FOLLOW_UP) is None
    assert case.state.attempts == 1


def test_without_an_open_task_the_next_contact_is_as_after_any_call() -> None:
    case = a_case().talk(Outcome.REFUSES).told(Action.AI_CALL, Outcome.NO_ANSWER)
    assert case.deadline(Clock.FOLLOW_UP) == at("2026-03-03", 9)


def test_a_refusal_on_the_phone_goes_to_the_lead_whoever_called() -> None:
    assert set(a_case(days_past_due=31).told(Action.IN_CALL, Outcome.REFUSES).state.tasks) == {"escalation"}


def test_whoever_took_the_call_worked_the_case() -> None:
    case = a_case().told(Action.IN_CALL, Outcome.CANNOT_PAY, by="s-desk")
    assert case.state.hands == ("s-desk",)


@pytest.mark.parametrize(
    ("action", "result", "more", "why"),
    [
        (Action.IN_CALL, "na", {}, "result_unknown"),
        (Action.OUT_CALL, "escalate", {}, "result_unknown"),
        (Action.SMS, "ptp", {}, "result_unknown"),
        (Action.IN_CALL, "ptp", {"amount": None}, "incomplete"),
        (Action.IN_CALL, "part", {"on": None}, "incomplete"),
    ],
)
def test_what_cannot_be_is_refused(action: Action, result: str, more: dict[str, Any], why: str) -> None:
    case = a_case().told(action, result, **more)
    assert case.refusal == why


@pytest.mark.rule("T14")
def test_a_promise_on_the_phone_is_no_further_off_than_any_other() -> None:
    case = a_case(terms=full_terms()).told(Action.IN_CALL, Outcome.PROMISE, on="2026-03-17")
    assert case.refusal == "promise_too_far"
    assert not case.told(Action.IN_CALL, Outcome.PROMISE, on="2026-03-16").refusal


def test_a_number_reported_dead_is_marked_and_counted() -> None:
    case = a_case(terms=full_terms()).told(Action.AI_CALL, Outcome.INVALID_NUMBER, contact_id="C1")
    assert case.saw(MarkContact) == [MarkContact("C1", "invalid", COLLECTOR)]
    assert case.state.lost == 1


def test_a_closed_case_hears_of_no_contact() -> None:
    assert a_case(Stage.CLOSED).told(Action.IN_CALL, Outcome.PROMISE).refusal == "case_closed"
