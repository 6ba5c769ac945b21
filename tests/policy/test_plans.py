"""A repayment plan: what the bank takes, how it keeps still, and that only money and people decide what becomes of it."""

from dataclasses import replace
from datetime import date, time
from random import Random
from typing import Any

import pytest

from arrears.policy import matrix, plans
from arrears.policy.agreements import Acceptance, Charges, Clause, Debt, Offer, approvals, faults
from arrears.policy.codes import INBOUND, Action, Outcome
from arrears.policy.effects import (
    CancelTask,
    CloseCase,
    FinishTask,
    HoldBegan,
    HoldEnded,
    LimitationInterrupted,
    OpenTask,
    PlanBecame,
    PlanMade,
    PlanPaid,
    PromiseBecame,
    RaiseIncident,
)
from arrears.policy.events import (
    Due,
    HoldPlaced,
    HoldReleased,
    PaymentPosted,
    PaymentReversed,
    PlanSigned,
    Unreadable,
    read,
)
from arrears.policy.guard import Asked, Go, Held, Hours, Known, Never, verdict
from arrears.policy.money import COUNTED
from arrears.policy.schedules import Method
from arrears.policy.state import Clock, HoldKind, Plan, Scope, Stage
from arrears.policy.tasks import Role, TaskKind
from tests.policy.builders import (
    CASE,
    COLLECTOR,
    MANAGER,
    PLANNER,
    RULES,
    Case,
    a_breach,
    a_case,
    a_claim,
    a_plan,
    an_offer,
    at,
    full_terms,
)

TODAY = date(2026, 3, 2)
DEBT = Debt(balance=500_000, overdue=300_000, is_guaranteed=False)
BOSS = "s-boss"


def _why(offer: Offer, debt: Debt = DEBT) -> list[str]:
    return [fault.why for fault in faults(offer, debt, today=TODAY, terms=RULES.terms)]


def _plan(case: Case) -> Plan:
    assert case.state.plan is not None
    return case.state.plan


def became(case: Case) -> list[str]:
    return [effect.status for effect in case.saw(PlanBecame)]


# ---- what the bank takes ----------------------------------------------------------------------------------


@pytest.mark.rule("1.3", "s18")
@pytest.mark.parametrize(
    ("periods", "why"), [(61, ["plan_too_long"]), (60, []), (1, []), (0, ["plan_periods_required"])]
)
def test_sixty_months_and_not_sixty_one(periods: int, why: list[str]) -> None:
    assert _why(an_offer(periods=periods)) == why


@pytest.mark.rule("1.3", "s18")
@pytest.mark.parametrize(
    ("acceptance", "proof", "why"),
    [
        (Acceptance.ORAL, "", ["plan_recording_required"]),
        (Acceptance.ORAL, "REC-7", []),
        (Acceptance.SIGNED, "", ["plan_document_required"]),
        (Acceptance.SIGNED, "DOC-7", []),
    ],
)
def test_what_was_agreed_can_be_shown(acceptance: Acceptance, proof: str, why: list[str]) -> None:
    assert _why(an_offer(acceptance=acceptance, proof=proof)) == why


@pytest.mark.rule("1.3")
@pytest.mark.parametrize("missing", Clause)
def test_an_agreement_holds_all_that_article_70_wants(missing: Clause) -> None:
    rest = tuple(clause for clause in Clause if clause is not missing)
    [fault] = faults(an_offer(clauses=rest), DEBT, today=TODAY, terms=RULES.terms)
    assert (fault.field, fault.why) == (missing.value, "plan_clause_missing")


@pytest.mark.rule("1.3", "I04")
@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"amount": 299_999}, "plan_amount_outside"),
        ({"amount": 500_001}, "plan_amount_outside"),
        ({"yearly_bp": 2_401, "method": Method.EQUAL_TOTAL}, "plan_rate_too_high"),
        ({"yearly_bp": -1, "method": Method.EQUAL_TOTAL}, "plan_rate_too_high"),
        ({"yearly_bp": 100}, "plan_without_interest"),
        ({"first_due_on": "2026-03-02"}, "day_not_ahead"),
        ({"first_due_on": "2026-06-03"}, "plan_starts_too_late"),
        ({"periods": 10**9}, "plan_too_long"),
    ],
)
def test_a_slip_of_the_pen_is_named(changes: dict[str, Any], why: str) -> None:
    assert _why(an_offer(**changes)) == [why]


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 300_000},
        {"amount": 500_000},
        {"yearly_bp": 2_400, "method": Method.EQUAL_TOTAL},
        {"first_due_on": "2026-03-03"},
        {"first_due_on": "2026-06-02"},
    ],
)
def test_the_limits_themselves_are_taken(changes: dict[str, Any]) -> None:
    assert _why(an_offer(**changes)) == []


def test_no_instalment_is_of_nothing() -> None:
    tiny = Debt(balance=100, overdue=100, is_guaranteed=False)
    assert _why(an_offer(amount=100, periods=60), tiny) == ["plan_instalment_empty"]


def test_nothing_overdue_needs_no_plan() -> None:
    assert _why(an_offer(), replace(DEBT, overdue=0)) == ["nothing_overdue"]


@pytest.mark.rule("G6")
def test_whoever_stands_for_the_debt_agrees_in_writing() -> None:
    guaranteed = replace(DEBT, is_guaranteed=True)
    assert _why(an_offer(), guaranteed) == ["guarantor_consent_missing"]
    assert _why(an_offer(guarantor_proof="DOC-G"), guaranteed) == []
    assert _why(an_offer(without_guarantor=True), guaranteed) == [], "an advisor is asked instead"


def test_a_pack_that_knows_no_plans_takes_none() -> None:
    old = replace(RULES.terms, plan_max_periods=0)
    assert [fault.why for fault in faults(an_offer(), DEBT, today=TODAY, terms=old)] == ["plans_not_offered"]


@pytest.mark.rule("4.4")
@pytest.mark.parametrize(("periods", "more"), [(12, 0), (13, 1), (36, 1), (37, 2), (60, 2)])
def test_the_longer_the_plan_the_more_people_agree(periods: int, more: int) -> None:
    assert approvals(periods, RULES.terms) == more


# ---- the word as it comes --------------------------------------------------------------------------------

SAID = {
    "method": "equal_parts",
    "amount_minor": 300_000,
    "yearly_bp": 0,
    "periods": 6,
    "first_due_on": "2026-04-02",
    "charges": "stop",
    "acceptance": "signed",
    "proof": "DOC-1",
    "unable_and_willing": True,
    "no_new_card": True,
    "rights_and_breach": True,
    "guaranteed": False,
    "facts_no": 4,
}


def _read(**changes: Any) -> Any:
    return read(CASE, "plan_signed", actor=PLANNER, task_id=None, content=SAID | changes)


def test_a_signed_plan_is_read_as_it_was_said() -> None:
    assert _read() == PlanSigned(an_offer(), PLANNER, 4)
    assert _read(no_new_card=False).offer.clauses == (Clause.UNABLE_AND_WILLING, Clause.RIGHTS_AND_BREACH)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("method", "any"),
        ("amount_minor", 0),
        ("amount_minor", "300000"),
        ("yearly_bp", 1.5),
        ("periods", True),
        ("first_due_on", None),
        ("first_due_on", "2026-4-2"),
        ("charges", None),
        ("acceptance", "nodded"),
        ("proof", None),
        ("no_new_card", "yes"),
        ("guaranteed", None),
        ("facts_no", None),
    ],
)
def test_a_plan_that_cannot_be_read_is_none(field: str, value: Any) -> None:
    with pytest.raises(Unreadable, match=field):
        _read(**{field: value})


# ---- signed -----------------------------------------------------------------------------------------------


@pytest.mark.rule("C15", "s18", "4.2")
def test_from_the_signing_on_the_bank_keeps_still() -> None:
    case = a_plan()
    [made] = case.saw(PlanMade)
    assert (made.amount, made.periods, made.by, made.status) == (300_000, 6, PLANNER, "active")
    assert [effect.hold for effect in case.saw(HoldBegan)] == [HoldKind.PLAN_ACTIVE]
    assert [effect.why for effect in case.saw(CancelTask)] == ["held_plan_active"]
    assert set(case.state.tasks) == set()
    assert set(case.state.deadlines) == {"plan", "idle"}
    assert Clock.ESCALATE.value in case.state.stopped
    still = {act for act in matrix.Act if matrix.blocked(case.state.holds, act, RULES.terms)}
    assert still == {matrix.Act.CONTACT, matrix.Act.ESCALATION, matrix.Act.FILING}


@pytest.mark.rule("C15", "s18")
@pytest.mark.parametrize("action", [action for action in Action if action not in {*INBOUND, Action.DEBIT}])
def test_no_channel_reaches_who_keeps_a_plan_but_the_reminder_of_its_day(action: Action) -> None:
    bank = Hours(time(8), time(22), RULES.calendar.zone, "C01")
    known = Known((bank,), held=(Held(HoldKind.PLAN_ACTIVE.value),), consented=True)
    staff = ("s-1", "s-2")
    asked = Asked(action, COLLECTOR, staff=staff)
    noon = at("2026-03-03", 12)
    assert verdict(asked, known, RULES.conduct, RULES.calendar, at=noon) == Never(HoldKind.PLAN_ACTIVE.value)
    reminder = replace(asked, service=True)
    assert isinstance(verdict(reminder, known, RULES.conduct, RULES.calendar, at=noon), Go)


@pytest.mark.rule("L07")
def test_a_plan_is_the_debtors_word_that_he_owes() -> None:
    [evidence] = a_plan().saw(LimitationInterrupted)
    assert (evidence.rule, evidence.act, evidence.proof) == ("L07", "plan", "DOC-1")


def test_a_plan_takes_the_place_of_a_promise() -> None:
    case = a_case(terms=full_terms(), overdue=300_000).talk(Outcome.PROMISE)
    case.hear(PlanSigned(an_offer(), PLANNER, case.state.facts_no))
    assert [effect.status for effect in case.saw(PromiseBecame)] == ["superseded"]


def _refused(case: Case, offer: Offer, by: str = PLANNER, *, facts_no: int | None = None) -> str:
    before = case.state
    case.hear(PlanSigned(offer, by, case.state.facts_no if facts_no is None else facts_no))
    if case.refusal:
        assert case.state == before
    return case.refusal


@pytest.mark.rule("1.3", "4.4", "s18")
def test_the_case_refuses_what_the_door_should_have_refused() -> None:
    case = a_case(terms=full_terms(), overdue=300_000)
    assert _refused(case, an_offer(periods=61)) == "plan_too_long"
    assert _refused(case, an_offer(acceptance=Acceptance.ORAL, proof="")) == "plan_recording_required"
    assert _refused(case, an_offer(), facts_no=case.state.facts_no - 1) == "facts_changed"
    case.talk()
    assert _refused(case, an_offer(), by=COLLECTOR) == "second_person_needed"
    assert _refused(case, an_offer(periods=60)) == ""


@pytest.mark.rule("1.3", "s24")
@pytest.mark.parametrize("kind", [HoldKind.INCAPACITY, HoldKind.DECEASED, HoldKind.INSOLVENCY])
def test_a_signature_that_binds_nobody_is_not_taken(kind: HoldKind) -> None:
    case = a_case(terms=full_terms(), overdue=300_000)
    case.hear(HoldPlaced("H", kind, Scope.PERSON, "s-desk", "said"))
    assert _refused(case, an_offer()) == f"held_{kind}"


def test_one_plan_at_a_time() -> None:
    assert _refused(a_plan(), an_offer()) == "plan_stands"


@pytest.mark.rule("C15")
def test_nobody_lifts_the_hold_of_a_plan_that_is_kept() -> None:
    case = a_plan()
    case.hear(HoldReleased(case.state.holds[0].hold_id, "ended", "s-desk"))
    assert case.refusal == "plan_stands"


# ---- approved ---------------------------------------------------------------------------------------------


@pytest.mark.rule("4.4")
def test_a_long_plan_waits_for_a_manager_and_keeps_the_bank_still_meanwhile() -> None:
    case = a_plan(periods=13)
    assert _plan(case).status == "waiting"
    [asked] = case.saw(OpenTask)
    assert (asked.task, asked.role, asked.barred) == (TaskKind.PLAN_APPROVAL, "manager", (PLANNER,))
    assert asked.facts["plan_minor"] == 300_000
    assert Clock.PLAN.value not in case.state.deadlines
    assert _refused_by(case, PLANNER) == "second_person_needed"
    case.decide(TaskKind.PLAN_APPROVAL, Outcome.AGREE, by=MANAGER)
    assert became(case) == ["active"]
    assert case.deadline(Clock.PLAN) is not None


@pytest.mark.rule("4.4")
def test_the_longest_plans_take_two_managers() -> None:
    case = a_plan(periods=60)
    case.decide(TaskKind.PLAN_APPROVAL, Outcome.AGREE, by=MANAGER)
    assert _plan(case).status == "waiting"
    assert _refused_by(case, MANAGER) == "second_person_needed"
    case.decide(TaskKind.PLAN_APPROVAL, Outcome.AGREE, by=BOSS)
    assert _plan(case).approved_by == (MANAGER, BOSS)
    assert _plan(case).status == "active"


def _refused_by(case: Case, who: str) -> str:
    case.decide(TaskKind.PLAN_APPROVAL, Outcome.AGREE, by=who)
    return case.refusal


@pytest.mark.rule("4.4")
def test_a_plan_that_is_declined_lets_the_collectors_go_on() -> None:
    case = a_plan(periods=24)
    case.decide(TaskKind.PLAN_APPROVAL, Outcome.DECLINE, by=MANAGER)
    assert became(case) == ["withdrawn"]
    assert [effect.outcome for effect in case.saw(HoldEnded)] == ["plan_withdrawn"]
    assert {"escalate", "follow_up"} <= set(case.state.deadlines)


@pytest.mark.rule("4.6-5")
def test_money_while_a_manager_is_asked_puts_new_figures_under_the_question() -> None:
    case = a_plan(periods=24)
    old = case.state.facts_no
    case.pay(10_000)
    case.decide(TaskKind.PLAN_APPROVAL, Outcome.AGREE, by=MANAGER, facts_no=old)
    assert case.refusal == "facts_changed"
    case.decide(TaskKind.PLAN_APPROVAL, Outcome.AGREE, by=MANAGER)
    assert (_plan(case).status, _plan(case).paid) == ("active", 10_000)


# ---- kept, at risk, asked ---------------------------------------------------------------------------------


@pytest.mark.rule("T15", "D1")
def test_three_bank_days_after_its_day_an_instalment_puts_the_plan_at_risk() -> None:
    """Due on Thursday 2 April; Saturday to Monday the bank rests, so Wednesday is the third."""
    case = a_plan()
    assert case.deadline(Clock.PLAN) == at("2026-04-09")
    assert case.wake() is Clock.PLAN
    assert (became(case), case.state.tasks) == (["at_risk"], {})


@pytest.mark.rule("T15", "4.7", "s19")
def test_fifteen_days_after_its_day_an_officer_is_asked_and_nothing_breaks_by_itself() -> None:
    case = a_breach()
    assert case.now == at("2026-04-18")
    [asked] = case.saw(OpenTask)
    assert (asked.task, asked.role, asked.why) == (TaskKind.PLAN_BREACH, "plan_officer", "plan_missed")
    assert asked.due_at == at("2026-04-22", 18)
    assert (asked.facts["plan_minor"], asked.facts["plan_paid_minor"], asked.facts["plan_missed"]) == (
        300_000,
        0,
        1,
    )
    case.later(days=400)
    assert _plan(case).status == "at_risk"
    assert case.state.holds


@pytest.mark.rule("T15")
def test_two_missed_ask_an_officer_before_the_fifteen_days() -> None:
    terms = full_terms(plan_breach_days=90)
    case = a_case(terms=terms, overdue=300_000)
    case.hear(PlanSigned(an_offer(), PLANNER, case.state.facts_no))
    case.wake_until(Clock.PLAN)
    case.wake_until(Clock.PLAN)
    assert TaskKind.PLAN_BREACH in case.state.tasks
    assert case.now == at(
        "2026-05-10"
    )  # 2 May is a rest day: due on the 6th, and three bank days (the 9th is worked)
    [asked] = case.saw(OpenTask)
    assert asked.facts["plan_missed"] == 2


@pytest.mark.rule("T15", "s19")
def test_money_before_the_word_takes_the_question_back() -> None:
    case = a_breach()
    case.later(hours=30).pay(50_000)
    assert [effect.why for effect in case.saw(CancelTask)] == ["plan_paid"]
    assert became(case) == ["active"]
    assert case.deadline(Clock.PLAN) == at("2026-05-10")
    assert case.state.holds


def test_a_part_of_the_instalment_leaves_the_question_open() -> None:
    case = a_breach()
    case.pay(49_999)
    assert TaskKind.PLAN_BREACH in case.state.tasks
    assert _plan(case).status == "at_risk"
    case.pay(1)
    assert _plan(case).status == "active"


def test_money_is_matched_first_in_first_out() -> None:
    case = a_plan()
    case.pay(120_000)
    assert [part.number for part in plans.unpaid(_plan(case))] == [3, 4, 5, 6]
    assert case.deadline(Clock.PLAN) == at("2026-06-06")  # 2 June and three bank days


@pytest.mark.rule("T15")
def test_a_payment_at_midnight_does_not_say_late_before_the_books_are_closed() -> None:
    """Only the clock, which waits for yesterday's money, makes it worse."""
    case = a_plan().at(at("2026-04-09"))
    case.pay(10_000)
    assert _plan(case).status == "active"
    assert case.deadline(Clock.PLAN) == case.now


@pytest.mark.parametrize(
    ("value_on", "paid"), [("2026-03-02", 50_000), ("2026-03-01", 0), ("2026-04-20", 50_000)]
)
def test_money_that_the_banks_balance_has_in_already_pays_an_instalment_and_nothing_twice(
    value_on: str, paid: int
) -> None:
    case = a_breach().restate(balance=450_000, overdue=250_000)
    owed = case.state.owed
    case.hear(PaymentPosted("file", 50_000, COUNTED, False, value_on))
    assert (_plan(case).paid, case.state.owed, case.state.overdue) == (paid, owed, 250_000)
    assert _plan(case).status == ("active" if paid else "at_risk")


def test_the_last_instalment_may_come_with_the_banks_file() -> None:
    case = a_plan().restate(balance=200_000, overdue=0, first_overdue_on=None)
    case.hear(PaymentPosted("file", 300_000, COUNTED, False, "2026-03-02"))
    assert (case.state.closed, _plan(case).status) == ("PLAN_COMPLETED", "completed")


def test_without_a_plan_such_money_says_nothing() -> None:
    case = a_case(terms=full_terms(), overdue=300_000)
    before = case.state
    assert case.hear(PaymentPosted("file", 50_000, COUNTED, False, "2026-03-02")) == []
    assert case.state == before


# ---- the guarantor has not consented ----------------------------------------------------------------------


ADVISOR = "s-advisor"


def without_guarantor(**changes: Any) -> Case:
    case = a_case(terms=full_terms(), overdue=300_000)
    offer = an_offer(without_guarantor=True, **changes)
    case.hear(PlanSigned(offer, PLANNER, case.state.facts_no, is_guaranteed=True))
    assert not case.refusal
    return case


@pytest.mark.rule("G6", "4.4")
def test_s17_a_plan_without_the_guarantor_waits_for_an_advisor_who_acknowledges_it() -> None:
    case = without_guarantor()
    [asked] = case.saw(OpenTask)
    assert (asked.task, asked.role, asked.why) == (
        TaskKind.PLAN_APPROVAL,
        Role.LEGAL_ADVISOR,
        "guarantor_not_consented",
    )
    assert PLANNER in asked.barred
    assert _plan(case).status == "waiting"
    assert [hold.kind for hold in case.state.holds] == [HoldKind.PLAN_ACTIVE], "nobody collects meanwhile"
    case.decide(TaskKind.PLAN_APPROVAL, Outcome.AGREE, by=ADVISOR)
    assert (_plan(case).status, _plan(case).approved_by) == ("active", (ADVISOR,))
    assert case.deadline(Clock.PLAN) is not None


@pytest.mark.rule("G6", "4.4")
def test_s17_a_long_one_takes_the_advisor_first_and_then_its_managers() -> None:
    case = without_guarantor(periods=24)
    case.decide(TaskKind.PLAN_APPROVAL, Outcome.AGREE, by=ADVISOR)
    [asked] = case.saw(OpenTask)
    assert (asked.role, asked.why) == (Role.MANAGER, "plan_too_long_for_one")
    assert {PLANNER, ADVISOR} <= set(asked.barred)
    assert _plan(case).status == "waiting"
    case.decide(TaskKind.PLAN_APPROVAL, Outcome.AGREE, by=MANAGER)
    assert _plan(case).status == "active"


@pytest.mark.rule("G6")
def test_s17_an_advisor_who_declines_ends_it_and_the_case_goes_on() -> None:
    case = without_guarantor().decide(TaskKind.PLAN_APPROVAL, Outcome.DECLINE, by=ADVISOR)
    assert (_plan(case).status, case.state.holds) == ("withdrawn", ())


def test_where_nobody_stands_for_the_loan_no_advisor_is_asked() -> None:
    case = a_plan(without_guarantor=True)
    assert _plan(case).status == "active"


# ---- the hardship is decided ------------------------------------------------------------------------------


def in_hardship(**changes: Any) -> Case:
    """A debtor in hardship is offered a plan and takes it."""
    case = a_case(terms=full_terms(), overdue=300_000).talk(Outcome.HARDSHIP)
    case.decide(TaskKind.HARDSHIP_DECISION, Outcome.OFFER, by="s-officer")
    case.hear(PlanSigned(an_offer(**changes), PLANNER, case.state.facts_no, ends_review=True))
    assert not case.refusal
    return case


def held(case: Case) -> list[HoldKind]:
    return [hold.kind for hold in case.state.holds]


@pytest.mark.rule("3.4", "4.7")
def test_the_signing_decides_the_hardship_in_the_same_step_for_every_loan_of_the_person() -> None:
    case = in_hardship()
    [ended] = case.saw(HoldEnded)
    assert (ended.hold, ended.outcome, ended.by, ended.spreads) == (
        HoldKind.HARDSHIP_REVIEW,
        "plan_signed",
        PLANNER,
        True,
    )
    assert held(case) == [HoldKind.PLAN_ACTIVE], "and the bank keeps still all the same"
    assert case.deadline(Clock.HOLD) is None
    assert "escalate" in case.state.stopped


@pytest.mark.rule("3.4", "4.7")
def test_a_plan_that_waits_for_a_manager_leaves_the_review_standing_until_it_begins() -> None:
    case = in_hardship(periods=13)
    assert held(case) == [HoldKind.HARDSHIP_REVIEW, HoldKind.PLAN_ACTIVE]
    agreed = case.decide(TaskKind.PLAN_APPROVAL, Outcome.AGREE, by=MANAGER)
    assert (held(agreed), [one.by for one in agreed.saw(HoldEnded)]) == ([HoldKind.PLAN_ACTIVE], [MANAGER])
    declined = in_hardship(periods=13).decide(TaskKind.PLAN_APPROVAL, Outcome.DECLINE, by=MANAGER)
    assert held(declined) == [HoldKind.HARDSHIP_REVIEW], "an offer that did not come about decides nothing"


def test_a_plan_signed_before_anybody_had_decided_is_the_decision() -> None:
    case = a_case(terms=full_terms(), overdue=300_000).talk(Outcome.HARDSHIP)
    case.hear(PlanSigned(an_offer(), PLANNER, case.state.facts_no, ends_review=True))
    assert (held(case), set(case.state.tasks)) == ([HoldKind.PLAN_ACTIVE], set())


def test_a_plan_of_before_leaves_the_review_to_a_person() -> None:
    case = a_case(terms=full_terms(), overdue=300_000).talk(Outcome.HARDSHIP)
    case.hear(PlanSigned(an_offer(), PLANNER, case.state.facts_no))
    assert held(case) == [HoldKind.HARDSHIP_REVIEW, HoldKind.PLAN_ACTIVE]


# ---- broken, time to catch up, anew -----------------------------------------------------------------------


@pytest.mark.rule("T15", "4.2")
def test_broken_the_clocks_of_the_stage_go_on_with_what_they_had_left() -> None:
    case = a_case(terms=full_terms(), overdue=300_000)
    left = case.state.deadlines[Clock.ESCALATE.value] - case.now
    case.hear(PlanSigned(an_offer(), PLANNER, case.state.facts_no))
    case.wake_until(Clock.PLAN).wake_until(Clock.PLAN)
    case.decide(TaskKind.PLAN_BREACH, Outcome.BROKEN, by=PLANNER)
    assert became(case) == ["broken"]
    assert [effect.outcome for effect in case.saw(HoldEnded)] == ["plan_broken"]
    assert case.deadline(Clock.ESCALATE) == case.now + left
    assert Clock.FOLLOW_UP.value in case.state.deadlines
    assert Clock.PLAN.value not in case.state.deadlines
    assert (case.state.overdue, case.state.holds) == (300_000, ())
    case.pay(1_000)
    assert _plan(case).paid == 0, "what comes now is for the debt, not for the plan"


def test_a_broken_plan_leaves_a_debtor_with_an_old_promise_to_a_collector() -> None:
    case = a_case(terms=full_terms(), overdue=300_000).talk(Outcome.PROMISE)
    case.hear(PlanSigned(an_offer(), PLANNER, case.state.facts_no))
    case.wake_until(Clock.PLAN).wake_until(Clock.PLAN)
    case.decide(TaskKind.PLAN_BREACH, Outcome.BROKEN, by=PLANNER)
    assert case.deadline(Clock.FOLLOW_UP) == at("2026-04-19", 9)


@pytest.mark.rule("4.7")
@pytest.mark.parametrize(
    ("outcome", "status"), [(Outcome.CURE_PERIOD, "at_risk"), (Outcome.RENEGOTIATE, "renegotiating")]
)
def test_there_is_time_and_then_the_question_comes_again(outcome: Outcome, status: str) -> None:
    case = a_breach().decide(TaskKind.PLAN_BREACH, outcome, by=PLANNER)
    assert _plan(case).status == status
    assert case.state.holds
    assert case.deadline(Clock.PLAN) == at("2026-05-04")
    case.wake_until(Clock.PLAN)
    assert TaskKind.PLAN_BREACH in case.state.tasks


def test_who_catches_up_in_time_keeps_the_plan() -> None:
    case = a_breach().decide(TaskKind.PLAN_BREACH, Outcome.CURE_PERIOD, by=PLANNER)
    case.later(days=2).pay(50_000)
    assert (_plan(case).status, _plan(case).cure_until) == ("active", 0)


def test_another_plan_takes_the_place_of_the_one_that_failed_and_the_bank_keeps_still_throughout() -> None:
    case = a_breach().decide(TaskKind.PLAN_BREACH, Outcome.RENEGOTIATE, by=PLANNER)
    case.pay(20_000)
    case.hear(
        PlanSigned(
            an_offer(amount=280_000, periods=10, first_due_on="2026-05-20"), PLANNER, case.state.facts_no
        )
    )
    assert case.refusal == ""
    assert became(case) == ["replaced"]
    assert (_plan(case).plan_id, _plan(case).paid) == (f"{CASE}-plan-2", 0)
    assert not case.saw(HoldEnded)
    assert [hold.kind for hold in case.state.holds] == [HoldKind.PLAN_ACTIVE]


# ---- money that does not stay -----------------------------------------------------------------------------


@pytest.mark.rule("4.6-8")
def test_money_taken_back_unpays() -> None:
    case = a_plan()
    payment = case.pay(50_000)
    case.at(at("2026-04-20", 10)).reverse(payment, 50_000)
    assert [effect.paid for effect in case.saw(PlanPaid)] == [0]
    case.wake_until(Clock.PLAN)
    assert TaskKind.PLAN_BREACH in case.state.tasks


def test_money_of_before_the_plan_that_is_taken_back_leaves_the_plan_as_it_is() -> None:
    case = a_case(terms=full_terms(), overdue=310_000)
    early = case.pay(10_000)
    case.hear(PlanSigned(an_offer(), PLANNER, case.state.facts_no))
    case.pay(50_000)
    case.reverse(early, 10_000)
    assert _plan(case).paid == 50_000


def test_of_many_payments_the_newest_are_remembered_and_the_state_stays_small() -> None:
    case = a_plan()
    first = case.pay(10)
    for _ in range(70):
        case.pay(10)
    assert len(_plan(case).payments) == 60
    case.hear(PaymentReversed("R", first, 10))
    assert _plan(case).paid == 700


# ---- completed --------------------------------------------------------------------------------------------


@pytest.mark.rule("4.5")
def test_the_case_closes_when_the_last_instalment_is_paid() -> None:
    case = a_plan()
    for _ in range(5):
        case.pay(50_000)
    assert not case.state.closed
    case.pay(50_000)
    assert case.saw(CloseCase) == [CloseCase("PLAN_COMPLETED")]
    assert became(case) == ["completed"]
    assert [effect.outcome for effect in case.saw(HoldEnded)] == ["case_closed"]


@pytest.mark.rule("4.5")
def test_a_plan_of_more_than_is_due_is_not_over_when_nothing_is_overdue() -> None:
    """A plan of the whole balance goes on after the arrears are paid; paid off, the case is."""
    case = a_plan(amount=500_000, periods=10)
    case.pay(300_000)
    assert (case.state.closed, case.state.overdue) == ("", 0)
    case.wake_until(Clock.PLAN)
    assert _plan(case).status == "at_risk", "its clock rings though nothing is overdue"
    case.pay(200_000)
    assert case.saw(CloseCase) == [CloseCase("PAID_OFF")]


@pytest.mark.rule("4.5")
def test_the_core_bank_may_put_the_loan_on_new_feet_and_the_plan_goes_on() -> None:
    case = a_plan().restate(overdue=0, first_overdue_on=None)
    assert (case.state.closed, _plan(case).status) == ("", "active")
    case.wake_until(Clock.PLAN).wake_until(Clock.PLAN)
    case.decide(TaskKind.PLAN_BREACH, Outcome.BROKEN, by=PLANNER)
    assert case.state.closed == "CURED", "broken, nothing holds a case open that owes nothing"


@pytest.mark.rule("4.5")
def test_money_that_may_bounce_completes_nothing() -> None:
    case = a_plan()
    case.pay(300_000, provisional=True)
    assert (_plan(case).status, case.state.closed) == ("active", "")
    assert Clock.PLAN.value not in case.state.deadlines, "nobody is asked about what is paid"
    case.restate(overdue=0, balance=200_000)
    assert case.state.closed == "PLAN_COMPLETED"


@pytest.mark.rule("4.5")
def test_a_paid_plan_with_arrears_that_came_later_tells_operations_and_lets_the_stage_go_on() -> None:
    case = a_plan()
    case.pay(40_000, kind="fee")
    case.pay(300_000)
    assert became(case) == ["completed"]
    [incident] = case.saw(RaiseIncident)
    assert (incident.incident, incident.detail) == ("plan_paid_still_overdue", {"amount_minor": 40_000})
    assert (case.state.closed, case.state.holds) == ("", ())
    assert Clock.ESCALATE.value in case.state.deadlines


@pytest.mark.rule("4.6-7")
def test_a_plan_paid_before_the_court_waits_for_an_advisors_word() -> None:
    case = a_claim(overdue=300_000)
    case.hear(PlanSigned(an_offer(first_due_on=_in_a_month(case)), PLANNER, case.state.facts_no))
    case.pay(300_000)
    assert (_plan(case).status, case.state.closed) == ("completed", "")
    case.decide(TaskKind.COURT_END, Outcome.WITHDRAW, by="s-advisor")
    assert case.state.closed == "PLAN_COMPLETED"


def _in_a_month(case: Case) -> str:
    return date.fromordinal(case.today.toordinal() + 30).isoformat()


@pytest.mark.rule("4.6-8", "C15")
def test_the_last_payment_taken_back_opens_the_case_and_the_plan_again() -> None:
    case = a_plan()
    payment = case.pay(300_000)
    assert case.state.closed == "PLAN_COMPLETED"
    case.later(days=2).reverse(payment, 300_000)
    assert (case.state.closed, _plan(case).status, _plan(case).paid) == ("", "active", 0)
    assert [hold.kind for hold in case.state.holds] == [HoldKind.PLAN_ACTIVE]
    assert (case.state.tasks, case.saw(OpenTask)) == ({}, [])
    assert case.deadline(Clock.PLAN) == at("2026-04-09")


def test_a_case_that_ends_otherwise_ends_its_plan() -> None:
    case = a_plan().restate(status="closed", overdue=0, balance=1)
    assert (case.state.closed, became(case)) == ("DATA_ERROR", ["withdrawn"])
    paid = a_plan().restate(status="closed", overdue=0, balance=0)
    assert (paid.state.closed, became(paid)) == ("PAID_OFF", ["completed"])


# ---- whatever happens -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_a_kept_plan_keeps_the_bank_still_and_no_cent_is_lost(seed: int) -> None:
    chance = Random(seed)
    case = a_plan(periods=chance.choice([1, 6, 12, 24, 60]), amount=chance.choice([300_000, 500_000]))
    paid: list[tuple[str, int]] = []
    for _ in range(80):
        if case.state.closed:
            break
        _something(case, chance, paid)
        _holds_with_its_plan(case)
        ended = [effect.task_id for effect in case.last if isinstance(effect, CancelTask | FinishTask)]
        assert "" not in ended, "a task that was opened in this very step"
        if _plan(case).is_open:
            assert _plan(case).paid == sum(amount for _, amount in paid)


def _something(case: Case, chance: Random, paid: list[tuple[str, int]]) -> None:
    what = chance.choice(["ring", "ring", "ring", "pay", "pay", "reverse", "answer", "answer", "later"])
    if what == "pay":
        amount = chance.choice([1, 8_333, 50_000, 70_001])
        paid.append((case.pay(amount), amount))
    elif what == "reverse" and paid:
        payment, amount = paid.pop(chance.randrange(len(paid)))
        case.reverse(payment, amount)
    elif what == "answer" and case.state.tasks:
        kind = TaskKind(chance.choice(sorted(case.state.tasks)))
        if kind in plans.TASKS:
            by = f"s-{chance.randrange(5)}"
            outcomes = {
                TaskKind.PLAN_BREACH: [Outcome.CURE_PERIOD, Outcome.BROKEN],
                TaskKind.PLAN_APPROVAL: [Outcome.AGREE, Outcome.AGREE, Outcome.DECLINE],
            }
            case.decide(kind, chance.choice(outcomes[kind]), by=by)
    elif what == "later":
        case.later(days=chance.choice([0, 1, 10]))
    elif case.state.deadlines:
        case.ring()


def _holds_with_its_plan(case: Case) -> None:
    held = any(hold.kind is HoldKind.PLAN_ACTIVE for hold in case.state.holds)
    assert held == case.state.keeps_plan
    asked = TaskKind.PLAN_BREACH in case.state.tasks
    if _plan(case).status in ("active", "at_risk") and plans.unpaid(_plan(case)):
        assert asked != (Clock.PLAN.value in case.state.deadlines), "somebody or something looks after it"
    if not case.state.keeps_plan:
        assert not asked
        assert Clock.PLAN.value not in case.state.deadlines


def test_a_clock_that_rings_for_a_plan_that_is_over_says_nothing() -> None:
    case = a_breach().decide(TaskKind.PLAN_BREACH, Outcome.BROKEN, by=PLANNER)
    case.hear(Due(Clock.PLAN))
    assert case.refusal == "not_due"


def test_in_the_formal_stage_the_notice_waits_for_the_plan() -> None:
    case = a_plan(Stage.FORMAL, first_due_on="2026-04-30", charges=Charges.ACCRUE)
    assert TaskKind.NOTICE_RELEASE not in case.state.tasks
    assert Clock.NOTICE.value in case.state.stopped
