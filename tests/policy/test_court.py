"""A claim is filed on facts that hold, and a paid case waits for the court's end."""

import pytest

from arrears.policy.effects import CloseCase, MatterEnded, MatterFiled, OpenTask
from arrears.policy.fees import suit_fee
from arrears.policy.state import Clock, Stage
from arrears.policy.tasks import Outcome, TaskKind
from tests.policy.builders import ADVISOR, a_claim, a_filing, a_paid_claim


@pytest.mark.rule("3.5")
@pytest.mark.parametrize(
    ("claim", "fee"),
    [
        (1, 50),
        (8_000, 50),
        (10_000, 50),
        (50_000, 1_050),
        (100_000, 2_300),
        (200_000, 4_300),
        (500_000, 8_800),
        (1_000_000, 13_800),
        (2_000_000, 22_800),
        (5_000_000, 46_800),
        (10_000_000, 81_800),
        (20_000_000, 141_800),
        (30_000_000, 191_800),
    ],
)
def test_the_fee_of_a_claim(claim: int, fee: int) -> None:
    assert suit_fee(claim * 100, "CNY") == fee * 100
    assert suit_fee(claim * 100, "TWD") is None


@pytest.mark.rule("s09", "4.6-5")
def test_money_between_approval_and_filing_stops_the_filing() -> None:
    case = a_filing()
    task, seen = case.task(TaskKind.FILING), case.state.facts_no
    case.pay(1_000)
    case.decide(TaskKind.FILING, Outcome.FILED, by=ADVISOR, facts_no=seen)
    assert case.refusal == "facts_changed"
    assert case.task(TaskKind.FILING) == task
    case.decide(TaskKind.FILING, Outcome.FILED, by=ADVISOR)
    [filed] = case.saw(MatterFiled)
    assert (filed.claim, filed.fee, filed.by) == (499_000, 5_000, ADVISOR)


def test_a_filing_that_was_put_off_is_asked_again_on_the_day_that_was_named() -> None:
    case = a_filing()
    day = case.today.replace(day=28).isoformat()
    case.decide(TaskKind.FILING, Outcome.NOT_FILED, by=ADVISOR, on=day)
    assert case.wake() is Clock.FILING
    assert (case.today.isoformat(), [task.why for task in case.saw(OpenTask)]) == (day, ["filing_due"])


@pytest.mark.rule("s10", "4.6-7")
def test_a_paid_case_waits_for_what_becomes_of_the_claim() -> None:
    case = a_claim(balance=5_000_000, overdue=5_000_000)
    case.pay(5_000_000)
    assert case.state.closed == ""
    [task] = case.saw(OpenTask)
    assert task.task is TaskKind.COURT_END
    assert (task.facts["claim_minor"], task.facts["fee_minor"], task.facts["fee_withdrawn_minor"]) == (
        5_000_000,
        105_000,
        52_500,
    )
    case.decide(TaskKind.COURT_END, Outcome.WITHDRAW, by=ADVISOR)
    assert case.saw(MatterEnded)[0].outcome == "withdraw"
    assert case.saw(CloseCase) == [CloseCase("PAID_OFF")]


def test_costs_are_sought_until_the_court_has_ended() -> None:
    case = a_paid_claim().decide(TaskKind.COURT_END, Outcome.SEEK_COSTS, by=ADVISOR)
    assert case.state.closed == ""
    case.wake_until(Clock.COURT)
    case.decide(TaskKind.COURT_END, Outcome.COURT_ENDED, by=ADVISOR)
    assert case.state.closed == "CURED"


@pytest.mark.rule("4.6-7")
def test_a_loan_the_core_bank_closed_unpaid_ends_with_its_claim() -> None:
    case = a_claim().restate(status="closed")
    assert (case.state.closed, set(case.state.tasks)) == ("", {"court_end"})
    case.decide(TaskKind.COURT_END, Outcome.WITHDRAW, by=ADVISOR)
    assert case.saw(CloseCase) == [CloseCase("DATA_ERROR")]


def test_a_payment_that_bounces_lets_the_claim_go_on() -> None:
    case = a_claim()
    overdue = case.state.overdue
    payment = case.pay(overdue)
    assert TaskKind.COURT_END in case.state.tasks
    case.reverse(payment, overdue)
    assert TaskKind.COURT_END not in case.state.tasks
    assert (case.state.stage, case.state.closed) == (Stage.LEGAL, "")
    assert case.state.matter is not None
