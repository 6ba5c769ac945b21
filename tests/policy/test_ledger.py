"""Money to the cent: where each payment goes, what it ends, and what comes back when it bounces."""

from collections.abc import Callable

import pytest

from arrears.policy.effects import (
    Allocate,
    CloseCase,
    KeepProvisional,
    RaiseIncident,
    RefreshTask,
    ReopenCase,
)
from arrears.policy.events import LoanRestated
from arrears.policy.money import Owed
from arrears.policy.state import Clock, Stage
from arrears.policy.tasks import TaskKind
from tests.policy.builders import Case, a_case, a_loan, a_notice_out, a_review, a_suit, at, opened

# ---- payments ----------------------------------------------------------------------------------------------


def test_a_part_payment_lowers_what_is_owed_and_what_is_due() -> None:
    case = a_case(overdue=100_000, balance=500_000)
    payment = case.pay(30_000)
    assert case.saw(Allocate) == [Allocate(payment, 0, 0, 30_000, 0)]
    state = case.state
    assert (state.overdue, state.balance, state.surplus, state.ahead) == (70_000, 470_000, 0, 0)
    assert state.closed == ""


@pytest.mark.parametrize(
    "where", [a_case, lambda: a_case(Stage.FORMAL), a_notice_out, lambda: a_case(Stage.LEGAL)]
)
def test_a_part_payment_puts_the_new_figures_under_every_open_task(where: Callable[[], Case]) -> None:
    case = where()
    open_tasks = {task.task_id for task in case.state.tasks.values()}
    before = case.state.facts_no
    case.pay(1)
    refreshed = case.saw(RefreshTask)
    assert {task.task_id for task in refreshed} == open_tasks
    assert all(task.facts["overdue_minor"] == 99_999 for task in refreshed)
    assert all(task.facts_no == case.state.facts_no == before + 1 for task in refreshed)
    assert all(task.facts_no == before + 1 for task in case.state.tasks.values())


@pytest.mark.rule("4.5")
def test_the_last_cent_closes_and_no_cent_less() -> None:
    case = a_case(overdue=100_000)
    case.pay(99_999)
    assert case.state.closed == ""
    case.pay(1)
    assert case.state.closed == "CURED"


@pytest.mark.rule("W1")
def test_a_fee_is_due_at_once_and_is_paid_first() -> None:
    case = a_case(overdue=100_000, balance=500_000)
    case.pay(700, kind="fee")
    assert case.state.owed == Owed(costs=700, principal=500_000)
    assert case.state.overdue == 100_700
    assert case.saw(Allocate) == []
    payment = case.pay(1_000)
    assert case.saw(Allocate) == [Allocate(payment, 700, 0, 300, 0)]
    assert case.state.overdue == 99_700


def _surplus(payment: str, amount: int) -> RaiseIncident:
    """To be given back by the end of the fifth bank day after Monday 2 March."""
    return RaiseIncident("surplus", payment, {"surplus_minor": amount}, at("2026-03-09", 18))


@pytest.mark.rule("4.7")
def test_what_was_given_back_is_no_surplus_that_a_reversal_could_take() -> None:
    case = a_case(overdue=100_000, balance=100_000)
    paid = case.pay(150_000)
    refund = case.pay(50_000, kind="refund")
    assert case.saw(Allocate) == [Allocate(refund, 0, 0, 0, -50_000)]
    assert (case.state.surplus, case.state.closed) == (0, "PAID_OFF")
    case.reverse(paid, 150_000)
    assert (case.state.balance, case.state.overdue, case.state.surplus) == (150_000, 150_000, 0)
    assert case.saw(ReopenCase)


def test_more_given_back_than_is_there_is_put_before_a_person() -> None:
    case = a_case(overdue=100_000, balance=100_000)
    case.pay(150_000)
    refund = case.pay(60_000, kind="refund")
    assert case.saw(RaiseIncident) == [
        RaiseIncident("refund_beyond_surplus", refund, {"amount_minor": 10_000})
    ]
    assert case.state.surplus == 0


def test_a_pack_without_a_term_sets_none() -> None:
    case = a_case(overdue=100_000, balance=100_000, terms={"refund_bank_days": 0})
    case.pay(150_000)
    assert [incident.due_at for incident in case.saw(RaiseIncident)] == [0]


@pytest.mark.rule("W1", "s39")
def test_money_beyond_all_that_is_owed_is_kept_and_put_before_a_person() -> None:
    case = a_case(overdue=100_000, balance=500_000)
    payment = case.pay(506_500)
    assert case.saw(Allocate) == [Allocate(payment, 0, 0, 500_000, 6_500)]
    assert case.saw(RaiseIncident) == [_surplus(payment, 6_500)]
    assert (case.state.closed, case.state.surplus, case.state.balance) == ("PAID_OFF", 6_500, 0)


def test_money_for_a_closed_case_is_taken_against_what_is_still_owed() -> None:
    case = a_case(Stage.CLOSED, overdue=100_000, balance=500_000)
    case.pay(50_000)
    assert (case.state.balance, case.state.closed) == (350_000, "CURED")
    extra = case.pay(400_000)
    assert case.saw(RaiseIncident) == [_surplus(extra, 50_000)]
    assert case.saw(ReopenCase) == []


def test_a_fee_for_a_closed_case_is_kept_and_put_before_a_person() -> None:
    case = a_case(Stage.CLOSED)
    fee = case.pay(700, kind="fee")
    assert case.last == [RaiseIncident("fee_on_closed_case", fee, {"amount_minor": 700})]
    assert case.state.closed == "CURED"
    assert case.state.owed.costs == 700


@pytest.mark.parametrize("kind", ["write_off", "bonus", "", "x" * 200])
def test_a_kind_of_money_the_rules_do_not_know_is_an_incident(kind: str) -> None:
    for case in (a_case(), a_case(Stage.CLOSED)):
        before = (case.state.owed, case.state.overdue, case.state.facts_no)
        payment = case.pay(50, kind=kind)
        assert case.last == [RaiseIncident(f"payment_{kind[:20]}", payment, {"amount_minor": 50})]
        assert (case.state.owed, case.state.overdue, case.state.facts_no) == before


# ---- money that may still bounce ---------------------------------------------------------------------------


def test_provisional_money_changes_nothing_but_is_kept() -> None:
    case = a_case(overdue=100_000)
    payment = case.pay(100_000, provisional=True)
    assert case.last == [KeepProvisional(payment)]
    assert (case.state.overdue, case.state.closed, case.state.provisional) == (100_000, "", (payment,))


@pytest.mark.rule("4.5")
def test_a_case_does_not_close_while_a_payment_is_provisional() -> None:
    case = a_case(overdue=100_000)
    case.pay(1_000, provisional=True)
    case.pay(100_000)
    assert (case.state.overdue, case.state.closed) == (0, "")


@pytest.mark.rule("4.5")
def test_a_paid_case_closes_when_the_provisional_money_is_gone() -> None:
    case = a_case(overdue=100_000)
    waiting = case.pay(1_000, provisional=True)
    case.pay(100_000)
    case.reverse(waiting, 1_000)
    assert case.saw(CloseCase) == [CloseCase("CURED")]
    assert case.state.balance == 400_000


def test_provisional_money_that_bounces_while_something_is_due_changes_no_figure() -> None:
    case = a_case(overdue=100_000)
    waiting = case.pay(100_000, provisional=True)
    before = case.state
    case.reverse(waiting, 100_000)
    assert case.last == []
    assert (case.state.owed, case.state.overdue, case.state.facts_no) == (
        before.owed,
        before.overdue,
        before.facts_no,
    )
    assert case.state.provisional == ()


def test_a_loan_the_core_bank_calls_current_closes_although_money_was_provisional() -> None:
    """The core bank owns the ledger. If that money bounces after all, the case is open again."""
    case = a_case(overdue=100_000, balance=500_000)
    waiting = case.pay(100_000, provisional=True)
    case.later(days=1).restate(balance=400_000, overdue=0, first_overdue_on=None)
    assert (case.state.closed, case.state.provisional) == ("CURED", ())
    case.later(days=1).reverse(waiting, 100_000)
    assert case.saw(ReopenCase)
    assert (case.state.overdue, case.state.balance) == (100_000, 500_000)
    assert case.state.first_overdue_on == case.today.isoformat()


def test_a_case_that_waits_for_provisional_money_closes_when_the_file_repeats_that_nothing_is_due() -> None:
    case = a_case(overdue=100_000, balance=500_000)
    case.pay(1_000, provisional=True)
    case.pay(100_000)
    case.restate()
    assert case.state.closed == "CURED"


@pytest.mark.rule("4.5")
def test_a_case_that_waited_closes_when_the_money_is_final() -> None:
    case = a_case(overdue=100_000, balance=500_000)
    waiting = case.pay(100_000, provisional=True)
    assert case.state.closed == ""
    case.later(days=2).finalize(waiting, 100_000)
    assert case.saw(Allocate) == [Allocate(waiting, 0, 0, 100_000, 0)]
    assert (case.state.closed, case.state.balance, case.state.provisional) == ("CURED", 400_000, ())


def test_final_money_puts_the_new_figures_under_the_open_tasks() -> None:
    case = a_case(overdue=100_000)
    waiting = case.pay(30_000, provisional=True)
    case.finalize(waiting, 30_000)
    assert case.saw(RefreshTask)[0].facts["overdue_minor"] == 70_000


def test_money_the_core_bank_has_counted_is_taken_against_nothing_when_it_is_final() -> None:
    case = a_case(overdue=100_000, balance=500_000)
    waiting = case.pay(30_000, provisional=True)
    case.restate(balance=470_000, overdue=70_000)
    case.finalize(waiting, 30_000, in_balance=True)
    assert (case.saw(Allocate), case.state.balance, case.state.provisional) == ([], 470_000, ())
    case.pay(1_000, provisional=True)
    case.pay(70_000)
    assert case.state.closed == ""
    case.finalize("P2", 1_000, in_balance=True)
    assert case.state.closed == "CURED"


@pytest.mark.parametrize("known", ["posted as final", "reversed", "final already", "never heard of"])
def test_only_money_that_waits_becomes_final(known: str) -> None:
    case = a_case(overdue=100_000)
    payment = "P9"
    if known != "never heard of":
        payment = case.pay(30_000, provisional=known != "posted as final")
    if known == "reversed":
        case.reverse(payment, 30_000)
    if known == "final already":
        case.finalize(payment, 30_000)
    before = case.state
    case.finalize(payment, 30_000)
    assert (case.refusal, case.state) == ("not_provisional", before)


def test_money_that_became_final_and_bounces_after_all_is_owed_again() -> None:
    case = a_case(overdue=100_000, balance=500_000)
    waiting = case.pay(100_000, provisional=True)
    case.finalize(waiting, 100_000).later(days=1).reverse(waiting, 100_000)
    assert case.saw(ReopenCase)
    assert (case.state.overdue, case.state.balance) == (100_000, 500_000)


# ---- money taken back --------------------------------------------------------------------------------------


def test_money_taken_back_is_owed_and_due_again() -> None:
    case = a_case(overdue=100_000, balance=500_000)
    payment = case.pay(30_000)
    case.reverse(payment, 30_000)
    assert case.saw(Allocate) == [Allocate(f"R-{payment}", 0, 0, -30_000, 0)]
    assert (case.state.overdue, case.state.balance) == (100_000, 500_000)
    assert case.saw(RefreshTask)[0].facts["overdue_minor"] == 100_000


def test_no_more_falls_due_again_than_was_due_before() -> None:
    """Whoever paid ahead and is taken back owes what was due, not all he had paid (C12: no inflated amounts)."""
    case = a_case(overdue=100_000, balance=500_000)
    payment = case.pay(300_000)
    assert (case.state.closed, case.state.ahead) == ("CURED", 200_000)
    case.reverse(payment, 300_000)
    assert case.saw(ReopenCase)
    assert (case.state.overdue, case.state.balance, case.state.ahead) == (100_000, 500_000, 0)


def test_money_taken_back_that_others_paid_ahead_re_opens_nothing() -> None:
    case = a_case(overdue=100_000, balance=500_000)
    first = case.pay(60_000)
    case.pay(200_000)
    case.reverse(first, 60_000)
    assert (case.state.closed, case.state.overdue, case.state.ahead) == ("CURED", 0, 100_000)
    assert case.state.balance == 300_000


def test_money_taken_back_is_first_taken_from_the_surplus() -> None:
    case = a_case(overdue=100_000, balance=500_000)
    case.pay(500_000)
    twice = case.pay(500_000)
    case.reverse(twice, 500_000)
    assert case.saw(Allocate) == [Allocate(f"R-{twice}", 0, 0, 0, -500_000)]
    assert (case.state.closed, case.state.balance, case.state.surplus) == ("PAID_OFF", 0, 0)


def test_money_taken_back_partly_from_the_surplus_re_opens_with_the_rest() -> None:
    case = a_case(overdue=100_000, balance=100_000)
    payment = case.pay(100_500)
    case.reverse(payment, 100_500)
    assert case.saw(Allocate) == [Allocate(f"R-{payment}", 0, 0, -100_000, -500)]
    assert (case.state.closed, case.state.overdue, case.state.surplus) == ("", 100_000, 0)


@pytest.mark.rule("4.6-8")
def test_days_past_due_count_from_the_old_day_after_a_bounce() -> None:
    """Rule book scenario 20."""
    case = a_case(days_past_due=20)
    payment = case.pay(100_000)
    case.later(days=2).reverse(payment, 100_000)
    assert case.state.first_overdue_on == "2026-02-10"


def test_a_closed_case_keeps_its_day_when_nothing_falls_due_again() -> None:
    case = opened(a_loan(overdue=0, balance=100))
    case.pay(200)
    case.reverse("P1", 50)
    assert (case.state.closed, case.state.surplus, case.state.first_overdue_on) == ("CURED", 50, None)


# ---- the core bank's word ----------------------------------------------------------------------------------


def test_the_core_banks_newer_state_stands() -> None:
    case = a_case(overdue=100_000, balance=500_000)
    case.pay(700, kind="fee")
    case.pay(30_000)
    facts_no = case.state.facts_no
    case.restate(balance=480_000, overdue=90_000)
    assert case.state.owed == Owed(principal=480_000)
    assert (case.state.overdue, case.state.facts_no) == (90_000, facts_no + 1)
    assert case.saw(RefreshTask)[0].facts["overdue_minor"] == 90_000


def test_a_state_that_repeats_what_is_known_changes_no_facts() -> None:
    for case in (a_case(), a_case(Stage.FORMAL), a_review(), a_suit(), a_case(Stage.LEGAL)):
        case.pay(700, kind="fee")
        case.pay(200)
        before = case.state
        case.later(days=1).restate()
        assert case.last == []
        assert case.state.owed == before.owed, "the tiers stay known"
        assert (case.state.facts_no, case.state.tasks) == (before.facts_no, before.tasks)


def test_a_newer_state_of_a_closed_case_is_kept_and_opens_nothing() -> None:
    case = a_case(Stage.CLOSED)
    case.restate(balance=900_000, overdue=80_000, first_overdue_on="2026-03-01")
    assert (case.state.closed, case.state.balance, case.state.overdue) == ("CURED", 900_000, 80_000)
    assert case.last == []


def test_a_loan_said_to_be_closed_whatever_was_known_ends_the_case() -> None:
    case = a_case(overdue=100_000, balance=500_000)
    case.hear(LoanRestated(a_loan(overdue=100_000, balance=500_000, status="closed")))
    assert case.state.closed == "DATA_ERROR"


@pytest.mark.parametrize("status", ["disputed", "stayed"])
def test_a_status_of_before_it_placed_a_hold_leaves_the_case_where_it_is(status: str) -> None:
    case = a_case()
    case.restate(status=status)
    assert (case.refusal, case.state.closed) == ("", "")


# ---- never two truths --------------------------------------------------------------------------------------


def test_a_payment_in_full_one_second_before_a_deadline_and_one_after() -> None:
    for early in (True, False):
        case = a_case()
        due = case.deadline(Clock.ESCALATE)
        assert due is not None
        if early:
            case.at(due - 1)
        else:
            case.wake()
            case.at(due + 1)
            assert TaskKind.ESCALATION in case.state.tasks
        case.pay(100_000)
        assert (case.state.closed, case.state.tasks, case.state.deadlines) == ("CURED", {}, {})
