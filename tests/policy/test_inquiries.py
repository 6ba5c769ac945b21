"""What was said stops the bank at once, and every answer of its desks does to the hold what the rule book says."""

from datetime import timedelta
from typing import Any

import pytest

from arrears.policy import effects as fx
from arrears.policy.codes import Action, Outcome
from arrears.policy.events import HoldPlaced, HoldReleased
from arrears.policy.state import Clock, HoldKind, Scope
from arrears.policy.tasks import Role, TaskKind
from tests.policy.builders import (
    CALENDAR,
    COLLECTOR,
    OPS,
    Case,
    a_case,
    a_claim,
    at,
    decided,
    full_terms,
    opened,
)
from tests.policy.scenes import whole

DESK, OFFICER, MANAGER = "s-desk", "s-officer", "s-manager"


def said(result: Outcome, *, amount: int | None = None, **loan: Any) -> Case:
    """In the first call, by the debtor or by whoever answered."""
    return whole(**loan).talk(result, amount=amount)


def kinds(case: Case) -> set[HoldKind]:
    return {hold.kind for hold in case.state.holds}


def incidents(case: Case) -> list[str]:
    return [effect.incident for effect in case.ever(fx.RaiseIncident)]


# ---- what was said opens its hold and its work -----------------------------------------------------------------

ASKED = [
    (Outcome.DISPUTES, HoldKind.DISPUTE, TaskKind.DISPUTE_REVIEW, Role.CASE_DESK, "2026-03-18"),
    (Outcome.COMPLAINS, HoldKind.COMPLAINT, TaskKind.COMPLAINT_REPLY, Role.CASE_DESK, "2026-03-18"),
    (Outcome.NOT_MINE, HoldKind.FRAUD_CLAIM, TaskKind.FRAUD_VERIFY, Role.CASE_DESK, "2026-03-09"),
    (Outcome.SAYS_PAID, HoldKind.PAID_CLAIM, TaskKind.PAID_CLAIM_CHECK, Role.OPS, "2026-03-04"),
    (Outcome.HARDSHIP, HoldKind.HARDSHIP_REVIEW, TaskKind.HARDSHIP_DECISION, Role.PLAN_OFFICER, "2026-03-16"),
    (
        Outcome.CANNOT_PAY,
        HoldKind.HARDSHIP_REVIEW,
        TaskKind.HARDSHIP_DECISION,
        Role.PLAN_OFFICER,
        "2026-03-16",
    ),
    (Outcome.ILL, HoldKind.HARDSHIP_REVIEW, TaskKind.HARDSHIP_DECISION, Role.PLAN_OFFICER, "2026-03-16"),
    (Outcome.IN_JAIL, HoldKind.HARDSHIP_REVIEW, TaskKind.HARDSHIP_DECISION, Role.PLAN_OFFICER, "2026-03-16"),
    (Outcome.DEAD, HoldKind.DECEASED, TaskKind.DEATH_VERIFY, Role.CASE_DESK, "2026-03-09"),
    (Outcome.BANKRUPT, HoldKind.INSOLVENCY, TaskKind.INSOLVENCY_VERIFY, Role.CASE_DESK, "2026-03-09"),
]


@pytest.mark.rule("C16", "4.7", "K1")
@pytest.mark.parametrize(("result", "kind", "task", "role", "due"), ASKED)
def test_what_was_said_opens_the_hold_and_the_task_of_the_right_desk_in_the_same_step(
    result: Outcome, kind: HoldKind, task: TaskKind, role: Role, due: str
) -> None:
    case = said(result)
    [began] = case.saw(fx.HoldBegan)
    assert (began.hold, began.reason, began.by) == (kind, result, COLLECTOR)
    assert began.spreads is (began.scope is Scope.PERSON)
    [asked] = case.saw(fx.OpenTask)
    assert (asked.task, asked.role) == (task, role)
    # Bank days end at the close of business, calendar days at midnight.
    hour = 0 if due.endswith("18") else 18
    assert asked.due_at == at(due, hour)


@pytest.mark.rule("C16")
@pytest.mark.parametrize("result", [one[0] for one in ASKED])
@pytest.mark.parametrize("action", [Action.IN_CALL, Action.IN_MSG, Action.AI_CALL])
def test_who_comes_to_the_bank_or_tells_a_robot_is_heard_as_well(action: Action, result: Outcome) -> None:
    case = whole().told(action, result)
    assert len(case.saw(fx.HoldBegan)) == 1
    if result is not Outcome.COMPLAINS:  # a complaint keeps away a person, and stops no call
        assert TaskKind.FIRST_CONTACT not in case.state.tasks
    assert not case.state.kept_off, "whoever takes the word down is not whom it is about"


def test_a_pack_of_before_the_case_desk_calls_again_who_cannot_pay() -> None:
    case = a_case().talk(Outcome.CANNOT_PAY)
    assert (case.state.holds, case.deadline(Clock.FOLLOW_UP) is not None) == ((), True)


@pytest.mark.rule("C16")
def test_what_stops_the_bank_is_heard_though_its_task_was_put_aside_meanwhile() -> None:
    case = whole()
    task = case.task(TaskKind.FIRST_CONTACT)
    case.hear(HoldPlaced("H1", HoldKind.PAID_CLAIM, Scope.LOAN, DESK, "said"))
    event = decided(task, Outcome.DEAD, amount=None)
    case.hear(event)
    assert case.refusal == "held_paid_claim", "no call stands in the ledger"
    case.hear(type(event)(**vars(event) | {"attempt_id": f"{task}-c1"}))
    assert case.refusal == ""
    assert kinds(case) == {HoldKind.PAID_CLAIM, HoldKind.DECEASED}
    assert TaskKind.DEATH_VERIFY in case.state.tasks


def test_what_is_said_twice_opens_one_hold() -> None:
    case = said(Outcome.DISPUTES).told(Action.IN_CALL, Outcome.DISPUTES)
    assert (case.refusal, len(case.state.holds)) == ("", 1)
    assert not case.saw(fx.HoldBegan)


@pytest.mark.rule("4.2")
def test_after_a_hold_somebody_calls_again_and_the_clocks_go_on() -> None:
    case = said(Outcome.SAYS_PAID)
    assert case.deadline(Clock.FOLLOW_UP) is None
    case.later(days=1).decide(TaskKind.PAID_CLAIM_CHECK, Outcome.NO_MONEY, by=OPS)
    assert not case.state.holds
    assert case.deadline(Clock.FOLLOW_UP) is not None


@pytest.mark.rule("C06")
def test_a_lawyer_opens_no_hold() -> None:
    case = said(Outcome.HAS_LAWYER)
    assert (case.state.holds, case.deadline(Clock.FOLLOW_UP) is not None) == ((), True)


# ---- said to be paid ---------------------------------------------------------------------------------------------


@pytest.mark.rule("4.7")
def test_money_that_was_found_ends_the_hold_when_it_is_booked() -> None:
    case = said(Outcome.SAYS_PAID).decide(TaskKind.PAID_CLAIM_CHECK, Outcome.MONEY_FOUND, by=OPS)
    assert kinds(case) == {HoldKind.PAID_CLAIM}, "nobody is asked for it before it is booked"
    assert incidents(case) == ["money_to_book"]
    case.pay(40_000)
    assert [(one.outcome, one.by) for one in case.saw(fx.HoldEnded)] == [("money_found", "core-bank")]
    assert not case.state.holds


def test_money_that_was_booked_before_the_answer_needs_no_waiting() -> None:
    case = said(Outcome.SAYS_PAID)
    case.pay(40_000)
    assert kinds(case) == {HoldKind.PAID_CLAIM}
    case.decide(TaskKind.PAID_CLAIM_CHECK, Outcome.MONEY_FOUND, by=OPS)
    assert not case.state.holds
    assert incidents(case) == []


def test_money_that_may_still_bounce_proves_nothing() -> None:
    case = said(Outcome.SAYS_PAID)
    case.pay(40_000, provisional=True)
    case.decide(TaskKind.PAID_CLAIM_CHECK, Outcome.MONEY_FOUND, by=OPS)
    assert kinds(case) == {HoldKind.PAID_CLAIM}


# ---- disputes ----------------------------------------------------------------------------------------------------


@pytest.mark.rule("4.2", "P9")
def test_s26_a_part_that_was_disputed_rightly_is_not_owed() -> None:
    case = said(Outcome.DISPUTES, amount=200_000, overdue=1_000_000, balance=3_000_000)
    [hold] = case.state.holds
    assert (hold.scope, hold.part) == (Scope.PART, 200_000)
    case.decide(TaskKind.DISPUTE_REVIEW, Outcome.UPHELD, by=DESK)
    assert (case.state.overdue, case.state.balance, case.state.holds) == (800_000, 2_800_000, ())
    [told] = [one for one in case.ever(fx.RaiseIncident) if one.incident == "ledger_to_correct"]
    assert told.detail == {"amount_minor": 200_000}


@pytest.mark.parametrize(("amount", "refusal"), [(50_000, ""), (200_001, "amount_too_large")])
def test_a_dispute_upheld_in_part_takes_off_what_the_desk_names(amount: int, refusal: str) -> None:
    case = said(Outcome.DISPUTES, amount=200_000, overdue=1_000_000, balance=3_000_000)
    before = case.state
    case.decide(TaskKind.DISPUTE_REVIEW, Outcome.UPHELD_PART, by=DESK, amount=amount)
    assert case.refusal == refusal
    assert case.state.overdue == (before.overdue if refusal else 950_000)
    if refusal:
        assert case.state == before


def test_a_debt_that_was_disputed_as_a_whole_and_rightly_closes() -> None:
    case = said(Outcome.DISPUTES).decide(TaskKind.DISPUTE_REVIEW, Outcome.UPHELD, by=DESK)
    assert (case.state.closed, case.state.overdue, case.state.holds) == ("DATA_ERROR", 0, ())
    assert [one.outcome for one in case.saw(fx.HoldEnded)] == ["case_closed"]


def test_a_file_of_before_the_correction_does_not_bring_the_amount_back() -> None:
    case = said(Outcome.DISPUTES, amount=200_000, overdue=1_000_000, balance=3_000_000)
    case.decide(TaskKind.DISPUTE_REVIEW, Outcome.UPHELD, by=DESK)
    case.restate(overdue=1_000_000, balance=3_000_000)
    assert (case.state.overdue, case.state.balance, case.state.corrected) == (800_000, 2_800_000, 200_000)
    case.restate(overdue=790_000, balance=2_790_000)
    assert (case.state.overdue, case.state.balance, case.state.corrected) == (790_000, 2_790_000, 0)


def test_a_dispute_that_was_rejected_changes_no_figure() -> None:
    case = said(Outcome.DISPUTES)
    before = case.state
    case.decide(TaskKind.DISPUTE_REVIEW, Outcome.REJECTED, by=DESK)
    assert (case.state.overdue, case.state.owed, case.state.holds) == (before.overdue, before.owed, ())
    assert incidents(case) == ["penalty_to_stop", "penalty_to_go_on"]


@pytest.mark.parametrize(
    ("scope", "part", "refusal"),
    [
        (Scope.PART, 0, "hold_part_wrong"),
        (Scope.PART, 500_001, "hold_part_wrong"),
        (Scope.LOAN, 5, "hold_part_wrong"),
        (Scope.PERSON, 0, "hold_scope_unknown"),
        (Scope.PART, 500_000, ""),
    ],
)
def test_a_part_is_a_part_of_what_is_owed(scope: Scope, part: int, refusal: str) -> None:
    case = whole()
    case.hear(HoldPlaced("H1", HoldKind.DISPUTE, scope, DESK, "said", part=part))
    assert case.refusal == refusal


# ---- complaints --------------------------------------------------------------------------------------------------


@pytest.mark.rule("K1")
def test_s27_whoever_is_complained_of_has_to_do_with_the_case_no_more() -> None:
    case = said(Outcome.COMPLAINS)
    [hold] = case.state.holds
    assert (hold.against, case.state.kept_off) == (COLLECTOR, (COLLECTOR,))
    assert case.saw(fx.KeepOff) == [fx.KeepOff(COLLECTOR)]
    [reply] = case.saw(fx.OpenTask)
    assert COLLECTOR in reply.barred
    case.wake_until(Clock.FOLLOW_UP)
    [call] = case.saw(fx.OpenTask)
    assert call.barred == (COLLECTOR,), "a colleague goes on"


@pytest.mark.rule("K1")
def test_who_is_complained_of_does_not_answer_the_complaint() -> None:
    case = whole()
    case.hear(HoldPlaced("H1", HoldKind.COMPLAINT, Scope.PERSON, "s-lead", "said", against=DESK))
    case.decide(TaskKind.COMPLAINT_REPLY, Outcome.REJECTED, by=DESK)
    assert case.refusal == "second_person_needed"
    case.decide(TaskKind.COMPLAINT_REPLY, Outcome.REJECTED, by="s-other-desk")
    assert (case.refusal, case.state.holds) == ("", ())


@pytest.mark.rule("K1")
def test_a_second_complaint_about_somebody_else_stands_beside_the_first_and_one_reply_ends_both() -> None:
    case = said(Outcome.COMPLAINS)
    case.hear(HoldPlaced("H2", HoldKind.COMPLAINT, Scope.PERSON, DESK, "said", against="s-colleague"))
    assert case.refusal == ""
    assert case.state.kept_off == (COLLECTOR, "s-colleague")
    case.hear(HoldPlaced("H3", HoldKind.COMPLAINT, Scope.PERSON, DESK, "said", against="s-colleague"))
    assert case.refusal == "hold_stands"
    case.decide(TaskKind.COMPLAINT_REPLY, Outcome.WITHDRAWN, by=DESK)
    assert len(case.saw(fx.HoldEnded)) == 2
    assert not case.state.holds


@pytest.mark.rule("K1")
def test_a_complaint_takes_longer_only_with_a_reason_and_a_managers_word() -> None:
    case = said(Outcome.COMPLAINS).later(days=10)
    case.decide(TaskKind.COMPLAINT_REPLY, Outcome.EXTEND, by=DESK)
    first = at("2026-03-18")
    assert case.state.tasks[TaskKind.COMPLAINT_REPLY].due_at == first, "nothing is given by asking"
    case.decide(TaskKind.COMPLAINT_EXTENSION, Outcome.ALLOW, by=DESK)
    assert case.refusal == "second_person_needed"
    case.decide(TaskKind.COMPLAINT_EXTENSION, Outcome.ALLOW, by=MANAGER)
    assert case.state.tasks[TaskKind.COMPLAINT_REPLY].due_at == at("2026-04-02")
    assert [hold.until for hold in case.state.holds] == [at("2026-04-02")]
    case.decide(TaskKind.COMPLAINT_REPLY, Outcome.EXTEND, by=DESK)
    case.decide(TaskKind.COMPLAINT_EXTENSION, Outcome.ALLOW, by=MANAGER)
    assert case.state.tasks[TaskKind.COMPLAINT_REPLY].due_at == at("2026-05-02")
    case.decide(TaskKind.COMPLAINT_REPLY, Outcome.EXTEND, by=DESK)
    assert case.refusal == "no_extension_left"


@pytest.mark.rule("K1")
@pytest.mark.parametrize("extended", [False, True])
def test_a_complaint_without_an_answer_on_its_day_is_an_incident(extended: bool) -> None:
    case = said(Outcome.COMPLAINS)
    if extended:
        case.decide(TaskKind.COMPLAINT_REPLY, Outcome.EXTEND, by=DESK)
        case.decide(TaskKind.COMPLAINT_EXTENSION, Outcome.ALLOW, by=MANAGER)
    day = at("2026-04-02" if extended else "2026-03-18")
    while "complaint_late" not in incidents(case):
        assert case.now <= day
        case.wake()
    assert case.now == day
    assert kinds(case) == {HoldKind.COMPLAINT}, "no hold ends by itself"


@pytest.mark.rule("4.5", "K1")
def test_a_complaint_keeps_a_paid_case_open_until_it_is_answered() -> None:
    case = said(Outcome.COMPLAINS)
    case.pay(case.state.overdue)
    assert case.state.closed == ""
    case.decide(TaskKind.COMPLAINT_REPLY, Outcome.UPHELD, by=DESK)
    assert case.state.closed == "CURED"
    assert incidents(case) == ["complaint_upheld"]


# ---- hardship ----------------------------------------------------------------------------------------------------


@pytest.mark.rule("3.4")
def test_missing_evidence_is_no_refusal() -> None:
    case = said(Outcome.HARDSHIP).later(days=10)
    case.decide(TaskKind.HARDSHIP_DECISION, Outcome.MORE_EVIDENCE, by=OFFICER)
    assert kinds(case) == {HoldKind.HARDSHIP_REVIEW}
    again = CALENDAR.close_after(case.now, 10)
    assert case.state.tasks[TaskKind.HARDSHIP_DECISION].due_at == again
    case.decide(TaskKind.HARDSHIP_DECISION, Outcome.NO_RELIEF, by=OFFICER)
    assert not case.state.holds


@pytest.mark.rule("3.4")
def test_an_offer_keeps_the_bank_still_until_there_is_a_plan() -> None:
    case = said(Outcome.HARDSHIP).decide(TaskKind.HARDSHIP_DECISION, Outcome.OFFER, by=OFFICER)
    assert kinds(case) == {HoldKind.HARDSHIP_REVIEW}
    assert incidents(case) == ["plan_to_agree"]
    case.wake_until(Clock.HOLD)
    [asked] = case.saw(fx.OpenTask)
    assert (asked.task, asked.role) == (TaskKind.HOLD_REVIEW, Role.PLAN_OFFICER)


# ---- death, capacity, insolvency, somebody else's debt -----------------------------------------------------------


@pytest.mark.rule("4.7")
@pytest.mark.parametrize(
    ("result", "task"),
    [
        (Outcome.DEAD, TaskKind.DEATH_VERIFY),
        (Outcome.BANKRUPT, TaskKind.INSOLVENCY_VERIFY),
        (Outcome.NOT_MINE, TaskKind.FRAUD_VERIFY),
    ],
)
def test_a_false_report_is_gone_and_no_cap_begins_anew(result: Outcome, task: TaskKind) -> None:
    case = said(result)
    attempts = (case.state.attempts, case.state.attempt_days)
    case.decide(task, Outcome.NEED_PROOF, by=DESK)
    assert (len(case.state.holds), task in case.state.tasks) == (1, True), (
        "asked again, and still all is quiet"
    )
    case.decide(task, Outcome.REFUTED, by=DESK)
    assert not case.state.holds
    assert (case.state.attempts, case.state.attempt_days) == attempts
    [ended] = case.saw(fx.HoldEnded)
    assert ended.spreads is (result is not Outcome.NOT_MINE)


@pytest.mark.rule("4.2")
def test_a_death_that_is_proved_ends_the_promise_and_is_looked_at_again() -> None:
    case = whole().talk(Outcome.PROMISE).told(Action.IN_CALL, Outcome.DEAD)
    case.decide(TaskKind.DEATH_VERIFY, Outcome.CONFIRMED, by=DESK)
    assert case.state.promise is not None
    assert case.state.promise.status == "cancelled"
    assert [hold.confirmed_by for hold in case.state.holds] == [DESK]
    confirmed = case.today
    case.wake_until(Clock.HOLD)
    assert (case.today - confirmed).days == 31
    assert TaskKind.HOLD_REVIEW in case.state.tasks
    assert kinds(case) == {HoldKind.DECEASED}


def test_a_court_is_told_of_a_death_by_people() -> None:
    case = a_claim().told(Action.IN_CALL, Outcome.DEAD)
    case.decide(TaskKind.DEATH_VERIFY, Outcome.CONFIRMED, by=DESK)
    assert "court_to_be_told" in incidents(case)


@pytest.mark.rule("4.2")
@pytest.mark.parametrize("kind", [HoldKind.INCAPACITY, HoldKind.DECEASED])
def test_s24_whoever_lacks_capacity_makes_no_promise(kind: HoldKind) -> None:
    case = whole()
    case.hear(HoldPlaced("H1", kind, Scope.PERSON, DESK, "said"))
    case.told(Action.IN_CALL, Outcome.PROMISE)
    assert (case.refusal, case.state.promise) == ("debtor_cannot_promise", None)


@pytest.mark.rule("K2", "D5")
def test_the_claim_is_declared_by_the_day_the_court_named() -> None:
    case = said(Outcome.BANKRUPT)
    before = case.state
    case.decide(TaskKind.INSOLVENCY_VERIFY, Outcome.INSOLVENT, by=DESK)
    assert (case.refusal, case.state) == ("incomplete", before), "without its day nobody can hold it"
    case.decide(TaskKind.INSOLVENCY_VERIFY, Outcome.INSOLVENT, by=DESK, on="2026-05-10")
    [asked] = case.saw(fx.OpenTask)
    assert (asked.task, asked.role) == (TaskKind.DECLARE_CLAIM, Role.LEGAL_ADVISOR)
    assert asked.due_at == at("2026-05-11"), "a Sunday is not moved"
    assert incidents(case) == ["penalty_to_stop", "standing_debit_to_stop"]
    case.decide(TaskKind.DECLARE_CLAIM, Outcome.NOT_DECLARED, by="s-advisor")
    assert incidents(case)[-1] == "claim_not_declared"
    assert kinds(case) == {HoldKind.INSOLVENCY}


@pytest.mark.rule("4.5")
def test_s42_a_debt_that_is_not_the_persons_closes_and_the_bureau_forgets_it() -> None:
    case = said(Outcome.NOT_MINE).decide(TaskKind.FRAUD_VERIFY, Outcome.CONFIRMED, by=DESK)
    assert (case.state.closed, case.state.holds, case.state.tasks) == ("FRAUD_NOT_DEBTOR", (), {})
    assert incidents(case) == ["penalty_to_stop", "bureau_to_delete"]


@pytest.mark.rule("4.5")
def test_a_debt_that_is_not_the_persons_closes_when_the_court_matter_has_ended() -> None:
    case = a_claim().told(Action.IN_CALL, Outcome.NOT_MINE)
    case.decide(TaskKind.FRAUD_VERIFY, Outcome.CONFIRMED, by=DESK)
    assert (case.state.closed, TaskKind.COURT_END in case.state.tasks) == ("", True)
    case.decide(TaskKind.COURT_END, Outcome.WITHDRAW, by="s-advisor")
    assert case.state.closed == "FRAUD_NOT_DEBTOR"


# ---- the day of a hold -------------------------------------------------------------------------------------------


@pytest.mark.rule("4.2")
def test_the_day_of_a_hold_asks_a_person_and_ends_nothing() -> None:
    case = whole()
    day = case.now + 3 * 86_400
    case.hear(HoldPlaced("H1", HoldKind.MORATORIUM, Scope.LOAN, DESK, "court_order", day))
    case.hear(HoldPlaced("H2", HoldKind.INCAPACITY, Scope.PERSON, DESK, "said", day, confirmed_by=DESK))
    assert TaskKind.CAPACITY_VERIFY not in case.state.tasks, "what is confirmed is not asked again"
    case.wake_until(Clock.HOLD)
    assert case.now == day
    on = (case.today + timedelta(days=30)).isoformat()
    case.decide(TaskKind.HOLD_REVIEW, Outcome.GOES_ON, by=DESK, on=on)
    assert case.saw(fx.HoldBecame) == [fx.HoldBecame("H1", at(case.today + timedelta(days=31)))]
    case.wake_until(Clock.HOLD)
    assert case.now == day, "the second of the same day is asked about next"
    case.decide(TaskKind.HOLD_REVIEW, Outcome.HOLD_ENDS, by=DESK)
    assert [one.hold_id for one in case.saw(fx.HoldEnded)] == ["H2"]
    case.wake_until(Clock.HOLD)
    assert case.now == at(on) + 86_400
    case.hear(HoldReleased("H1", "ended_by_hand", DESK))
    assert (case.state.holds, TaskKind.HOLD_REVIEW in case.state.tasks) == ((), False)


@pytest.mark.rule("4.6-9")
def test_a_case_that_does_not_ask_about_a_hold_takes_over_from_the_one_that_closed() -> None:
    case = whole()
    hold = HoldPlaced("H1", HoldKind.DECEASED, Scope.PERSON, DESK, "deceased", asks=False)
    case.hear(hold)
    assert (case.deadline(Clock.HOLD), TaskKind.DEATH_VERIFY in case.state.tasks) == (None, False)
    case.hear(type(hold)(**vars(hold) | {"asks": True}))
    assert TaskKind.DEATH_VERIFY in case.state.tasks
    assert case.deadline(Clock.HOLD) is not None
    assert len(case.state.holds) == 1


@pytest.mark.rule("4.2")
def test_s48_after_two_holds_the_clock_goes_on_with_what_it_had_left_and_not_sooner_than_three_bank_days() -> (
    None
):
    case = opened(**full_terms()).later(days=25)
    left = case.state.deadlines[Clock.ESCALATE.value] - case.now
    case.told(Action.IN_CALL, Outcome.DISPUTES, amount=None)
    case.later(days=3).told(Action.IN_CALL, Outcome.HARDSHIP)
    case.decide(TaskKind.DISPUTE_REVIEW, Outcome.REJECTED, by=DESK)
    assert kinds(case) == {HoldKind.HARDSHIP_REVIEW}
    assert case.state.stopped[Clock.ESCALATE.value] == left
    case.decide(TaskKind.HARDSHIP_DECISION, Outcome.NO_RELIEF, by=OFFICER)
    soonest = CALENDAR.start_of(CALENDAR.bank_days_later(case.today, 3) + timedelta(days=1))
    assert case.deadline(Clock.ESCALATE) == max(case.now + left, soonest)
