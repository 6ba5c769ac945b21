"""A promise is judged by money alone: kept, partial, broken; and money that comes late or bounces is heard."""

from dataclasses import replace

import pytest

from arrears.policy.effects import CancelTask, OpenTask, PromiseBecame, PromiseMade
from arrears.policy.events import PaymentPosted, PaymentReversed
from arrears.policy.money import COUNTED
from arrears.policy.promises import latest_day
from arrears.policy.state import Clock, Stage
from arrears.policy.tasks import Outcome, TaskKind
from tests.policy.builders import COLLECTOR, RULES, Case, a_case, a_claim, at, full_terms

WEDNESDAY = "2026-03-04"  # START is the Monday before


def a_promise(amount: int = 100_000, *, on: str = WEDNESDAY, days_past_due: int = 5, **terms: int) -> Case:
    case = a_case(days_past_due=days_past_due, terms=full_terms(**terms), overdue=300_000)
    return case.talk(Outcome.PROMISE, amount=amount, on=on)


def became(case: Case) -> list[str]:
    return [effect.status for effect in case.saw(PromiseBecame)]


@pytest.mark.rule("T14")
def test_a_promise_is_written_down_with_its_day_of_judgement() -> None:
    case = a_promise()
    [made] = case.saw(PromiseMade)
    assert (made.amount, made.due_on, made.by) == (100_000, WEDNESDAY, COLLECTOR)
    assert made.judged_at == case.deadline(Clock.PROMISE) == at("2026-03-06")


@pytest.mark.rule("T14", "3.1", "s07")
@pytest.mark.parametrize(
    ("paid", "status"),
    [(0, "broken"), (1, "partial"), (94_999, "partial"), (95_000, "kept"), (100_000, "kept")],
)
def test_money_alone_judges(paid: int, status: str) -> None:
    case = a_promise()
    if paid:
        case.later(days=1).pay(paid)
    if status != "kept":
        assert became(case) == []
        assert case.wake() is Clock.PROMISE
    assert became(case) == [status]
    assert case.state.broken == (status == "broken")


@pytest.mark.rule("T14", "s06")
@pytest.mark.parametrize(("on", "judged"), [("2026-10-03", "2026-10-10"), ("2026-03-07", "2026-03-11")])
def test_a_rest_day_puts_the_judgement_off(on: str, judged: str) -> None:
    case = a_case(days_past_due=5, terms=full_terms(promise_days=400))
    assert case.talk(Outcome.PROMISE, on=on).deadline(Clock.PROMISE) == at(judged)


def test_a_kept_promise_leaves_the_rest_to_a_collector_and_a_broken_one_at_once() -> None:
    kept = a_promise()
    kept.later(days=1).pay(100_000)
    assert kept.deadline(Clock.PROMISE) is None
    assert kept.deadline(Clock.FOLLOW_UP) == at("2026-03-04", 9)
    broken = a_promise()
    broken.wake_until(Clock.PROMISE)
    assert [task.why for task in broken.saw(OpenTask)] == ["promise_broken"]


@pytest.mark.rule("T14")
@pytest.mark.parametrize(
    ("days_past_due", "on", "refusal"),
    [
        (5, "2026-03-16", ""),
        (5, "2026-03-17", "promise_too_far"),
        (31, "2026-03-09", ""),
        (31, "2026-03-10", "promise_too_far"),
    ],
)
def test_a_promise_lies_no_further_ahead_than_the_pack_allows(
    days_past_due: int, on: str, refusal: str
) -> None:
    case = a_promise(on=on, days_past_due=days_past_due)
    assert case.refusal == refusal
    last = latest_day(RULES.terms, today=case.today, days_past_due=days_past_due)
    assert last is not None
    assert (on > last.isoformat()) == bool(refusal)


def test_a_new_promise_takes_the_place_of_an_open_one() -> None:
    case = a_case(terms=full_terms())
    for kind in (TaskKind.FIRST_CONTACT, TaskKind.FOLLOW_UP):
        if kind not in case.state.tasks:
            case.turn_to_follow_up()
        case.decide(kind, Outcome.PART_PROMISE, by=COLLECTOR, on=WEDNESDAY)
    assert became(case) == ["superseded"]
    assert case.state.promise is not None
    assert case.state.promise.promise_id == "case-L1-1-promise-2"
    assert case.state.broken == 0


@pytest.mark.rule("T14")
def test_two_broken_promises_ask_a_lead_however_young_the_debt() -> None:
    case = a_promise(days_past_due=5)
    case.wake_until(Clock.PROMISE)
    assert TaskKind.ESCALATION not in case.state.tasks
    case.talk(Outcome.PROMISE, on=case.today.isoformat()).wake_until(Clock.PROMISE)
    assert case.state.broken == 2
    assert "promises_broken" in [task.why for task in case.saw(OpenTask)]
    case.decide(TaskKind.ESCALATION, Outcome.ESCALATE, by="s-lead")
    assert (case.state.stage, case.state.broken) == (Stage.FORMAL, 0)


@pytest.mark.rule("4.2", "T14")
def test_an_open_promise_puts_the_question_off_to_its_judgement() -> None:
    case = a_case(days_past_due=30, terms=full_terms(attempts_needed=0, attempt_days=0))
    case.talk(Outcome.PROMISE, on="2026-03-09", amount=50_000)
    case.wake_until(Clock.ESCALATE)
    assert TaskKind.ESCALATION not in case.state.tasks
    assert case.deadline(Clock.ESCALATE) == case.deadline(Clock.PROMISE) == at("2026-03-11")
    while TaskKind.ESCALATION not in case.state.tasks:
        case.wake()
    assert case.now == at("2026-03-11")
    assert "broken" in [effect.status for effect in case.ever(PromiseBecame)]


# ---- late, provisional and bounced money --------------------------------------------------------------------


@pytest.mark.rule("3.1")
@pytest.mark.parametrize(("value_on", "status"), [("2026-03-05", "kept"), ("2026-03-06", "broken")])
def test_money_booked_late_counts_by_the_day_of_its_value(value_on: str, status: str) -> None:
    case = a_promise()
    case.wake_until(Clock.PROMISE)
    case.hear(PaymentPosted("late", 100_000, "payment", False, value_on))
    assert case.state.promise is not None
    assert case.state.promise.status == status
    assert case.state.broken == (status == "broken")


@pytest.mark.rule("3.1", "T14")
def test_money_booked_late_takes_back_what_people_were_asked_about_a_broken_promise() -> None:
    """Nobody calls about a promise that was kept, and no lead is asked about two that were not."""
    case = a_promise(days_past_due=5)
    case.wake_until(Clock.PROMISE)
    on = case.today.isoformat()
    case.talk(Outcome.PROMISE, on=on, amount=50_000).wake_until(Clock.PROMISE)
    assert {"escalation", "follow_up"} <= set(case.state.tasks)
    case.hear(PaymentPosted("late", 50_000, "payment", False, on))
    assert sorted(gone.why for gone in case.saw(CancelTask)) == ["promise_kept", "promise_kept"]
    assert (case.state.broken, became(case), set(case.state.tasks)) == (1, ["kept"], set())
    assert case.deadline(Clock.ESCALATE) == at("2026-03-28"), "the debt's own age asks again"
    assert case.deadline(Clock.FOLLOW_UP) is not None


@pytest.mark.rule("3.1")
@pytest.mark.parametrize(
    ("value_on", "status"), [("2026-03-01", "broken"), ("2026-03-02", "kept"), ("2026-03-05", "kept")]
)
def test_money_that_the_banks_balance_has_in_already_keeps_a_promise_and_is_taken_once(
    value_on: str, status: str
) -> None:
    case = a_promise()
    owed, overdue = case.state.owed, case.state.overdue
    case.hear(PaymentPosted("file", 100_000, COUNTED, False, value_on, promised=True))
    assert (case.state.owed, case.state.overdue) == (owed, overdue)
    if case.state.promise is not None and case.state.promise.status == "open":
        case.wake_until(Clock.PROMISE)
    assert case.state.promise is not None
    assert case.state.promise.status == status


def test_what_was_said_before_promises_heard_of_such_money_goes_on_as_it_did() -> None:
    case = a_promise()
    assert case.hear(PaymentPosted("file", 100_000, COUNTED, False, "2026-03-02")) == []


def test_what_a_lead_decided_before_late_money_came_stands() -> None:
    case = a_promise(days_past_due=5)
    case.wake_until(Clock.PROMISE)
    on = case.today.isoformat()
    case.talk(Outcome.PROMISE, on=on, amount=50_000).wake_until(Clock.PROMISE)
    case.decide(TaskKind.ESCALATION, Outcome.ESCALATE, by="s-lead")
    case.hear(PaymentPosted("late", 50_000, "payment", False, on))
    assert (case.state.stage, case.state.broken, became(case)) == (Stage.FORMAL, 0, ["kept"])


def test_a_task_of_before_its_reason_was_kept_stays() -> None:
    case = a_promise()
    case.wake_until(Clock.PROMISE)
    case.state = replace(
        case.state, tasks={kind: replace(task, why="") for kind, task in case.state.tasks.items()}
    )
    case.hear(PaymentPosted("late", 100_000, "payment", False, "2026-03-05"))
    assert (became(case), set(case.state.tasks)) == (["kept"], {"follow_up"})


def test_money_from_before_the_promise_is_not_what_was_promised() -> None:
    case = a_promise()
    case.hear(PaymentPosted("early", 100_000, "payment", False, "2026-03-01"))
    assert case.state.promise is not None
    assert case.state.promise.paid == 0


@pytest.mark.rule("s20")
def test_a_payment_that_bounces_breaks_the_promise_it_had_kept() -> None:
    case = a_promise()
    case.hear(PaymentPosted("p", 100_000, "payment", True, "2026-03-03"))
    assert became(case) == ["kept_provisional"]
    case.later(days=8)
    case.hear(PaymentReversed("r", "p", 100_000))
    assert became(case) == ["broken"]
    assert case.state.broken == 1


@pytest.mark.rule("s20")
def test_before_its_judgement_a_bounced_payment_leaves_time_to_pay_again() -> None:
    case = a_promise()
    payment = case.pay(100_000)
    case.later(hours=5).reverse(payment, 100_000)
    assert became(case) == ["open"]
    assert case.deadline(Clock.PROMISE) == at("2026-03-06")


@pytest.mark.rule("s20")
def test_the_banks_own_fault_gives_three_bank_days() -> None:
    case = a_promise()
    case.hear(PaymentPosted("p", 100_000, "payment", True, "2026-03-03"))
    case.at(at("2026-03-09", 10))
    case.hear(PaymentReversed("r", "p", 100_000, technical=True))
    assert became(case) == ["reversed_technical"]
    assert case.deadline(Clock.PROMISE) == at("2026-03-13")  # Tuesday, Wednesday, Thursday
    case.pay(100_000)
    assert became(case) == ["kept"]


@pytest.mark.rule("s20")
def test_a_promise_kept_for_now_is_kept_for_good_when_the_money_is_final() -> None:
    case = a_promise()
    case.hear(PaymentPosted("p", 60_000, "payment", True, "2026-03-03"))
    case.hear(PaymentPosted("q", 60_000, "payment", True, "2026-03-03"))
    assert became(case) == ["kept_provisional"]
    case.finalize("p", 60_000)
    assert became(case) == [], "the other one may still bounce"
    case.finalize("q", 60_000)
    assert became(case) == ["kept"]


def test_a_promise_that_final_money_keeps_alone_is_kept_when_the_other_money_bounces() -> None:
    case = a_promise()
    case.hear(PaymentPosted("p", 60_000, "payment", True, "2026-03-03"))
    case.hear(PaymentPosted("q", 100_000, "payment", False, "2026-03-03"))
    assert became(case) == ["kept_provisional"]
    case.reverse("p", 60_000)
    assert became(case) == ["kept"]


def test_final_money_is_credited_to_no_second_promise() -> None:
    """It had kept the first one."""
    case = a_promise()
    case.hear(PaymentPosted("p", 100_000, "payment", True, "2026-03-03"))
    case.later(hours=20).wake_until(Clock.FOLLOW_UP).talk(Outcome.PROMISE, on="2026-03-09", amount=50_000)
    case.finalize("p", 100_000)
    assert case.state.promise is not None
    assert (case.state.promise.paid, case.state.promise.status) == (0, "open")


def test_the_core_banks_word_that_nothing_is_due_makes_a_promise_kept_for_good() -> None:
    case = a_promise()
    case.hear(PaymentPosted("p", 100_000, "payment", True, "2026-03-03"))
    case.restate(overdue=0, first_overdue_on=None)
    assert (case.state.closed, became(case)) == ("CURED", ["kept"])


def test_the_end_of_a_case_ends_its_promise() -> None:
    case = a_promise(200_000)
    case.restate(overdue=0, first_overdue_on=None)
    assert (case.state.closed, became(case)) == ("CURED", ["cancelled"])
    paid = a_promise(300_000)
    paid.pay(300_000)
    assert (paid.state.closed, became(paid)) == ("CURED", ["kept"])


def test_a_claim_before_court_does_not_hinder_a_promise() -> None:
    case = a_claim()
    assert case.state.promise is None
