"""The shipped pack with all its rules: attempts before escalation, arrival before cure, a floor, a way back."""

from datetime import timedelta

import pytest

from arrears.policy.effects import CloseCase, EnterStage, NoticeBecame, OpenTask
from arrears.policy.events import DeliveryReported, Opened
from arrears.policy.react import react
from arrears.policy.state import Clock, Stage
from arrears.policy.tasks import Outcome, TaskKind
from arrears.policy.turn import Moment
from tests.policy.builders import (
    CALENDAR,
    CASE,
    LEAD,
    OPS,
    RULES,
    START,
    Case,
    a_case,
    a_loan,
    a_return,
    a_silence,
    at,
    full_terms,
    opened,
)


def whole(*, days_past_due: int = 5) -> Case:
    return a_case(terms=full_terms(), days_past_due=days_past_due)


# ---- T3: attempts -------------------------------------------------------------------------------------------


@pytest.mark.rule("T3")
def test_without_attempts_a_lead_is_not_asked_and_a_collector_is() -> None:
    case = whole(days_past_due=40)
    case.wake_until(Clock.ESCALATE)
    assert TaskKind.ESCALATION not in case.state.tasks
    assert "attempts_missing" in [task.why for task in case.saw(OpenTask)]
    case.talk().talk()
    assert case.deadline(Clock.ESCALATE) is None, "two attempts on one day are not enough"
    case.wake_until(Clock.FOLLOW_UP)
    case.talk()
    case.wake_until(Clock.ESCALATE)
    assert case.state.tasks.keys() >= {TaskKind.ESCALATION}
    assert (case.state.attempts, case.state.attempt_days) == (3, 2)


@pytest.mark.rule("T3")
def test_three_attempts_on_one_day_are_not_enough() -> None:
    case = whole(days_past_due=40)
    for _ in range(3):
        kind = TaskKind.FIRST_CONTACT if TaskKind.FIRST_CONTACT in case.state.tasks else TaskKind.FOLLOW_UP
        if kind not in case.state.tasks:
            case.turn_to_follow_up()
        case.decide(kind, Outcome.BUSY, by="s-collector")
    case.wake_until(Clock.ESCALATE)
    assert TaskKind.ESCALATION not in case.state.tasks


@pytest.mark.rule("4.4")
@pytest.mark.parametrize(
    ("on", "refusal"),
    [("2026-05-04", ""), (None, ""), ("2020-01-01", "day_not_soon"), ("2027-12-31", "day_not_soon")],
)
def test_who_puts_a_question_off_may_name_the_day(on: str | None, refusal: str) -> None:
    case = whole(days_past_due=31).ask_lead()
    case.decide(TaskKind.ESCALATION, Outcome.KEEP, by=LEAD, on=on)
    assert case.refusal == refusal
    if not refusal:
        asked = case.deadline(Clock.ESCALATE)
        assert asked == (at(on) if on else case.now // 1 and asked)


# ---- T4: arrival --------------------------------------------------------------------------------------------


@pytest.mark.rule("T4", "s13")
def test_the_cure_period_runs_from_arrival_not_from_sending() -> None:
    case = whole(days_past_due=40).escalate().release()
    case.wake_until(Clock.SEND)
    sent_on = case.today
    assert case.deadline(Clock.CURE) is None
    case.later(days=6).delivered("arrived")
    [became] = case.saw(NoticeBecame)
    assert became.cure_on is not None
    assert (CALENDAR.day_of(case.now) - sent_on).days == 6
    assert case.deadline(Clock.SILENCE) is None
    assert case.deadline(Clock.CURE) is not None


@pytest.mark.rule("T4")
@pytest.mark.parametrize("outcome", [Outcome.ARRIVED, Outcome.CAME_BACK, Outcome.NOT_KNOWN])
def test_after_a_week_of_silence_somebody_asks_the_carrier(outcome: Outcome) -> None:
    case = a_silence()
    assert TaskKind.DELIVERY_CHECK in case.state.tasks
    assert case.state.notice is not None
    sent_on = CALENDAR.day_of(case.state.notice.sent_at).isoformat()
    case.decide(TaskKind.DELIVERY_CHECK, outcome, by=OPS, on=sent_on if outcome is Outcome.ARRIVED else None)
    match outcome:
        case Outcome.ARRIVED:
            assert case.deadline(Clock.CURE) is not None
        case Outcome.CAME_BACK:
            assert TaskKind.NEW_ADDRESS in case.state.tasks
        case _:
            case.wake_until(Clock.SILENCE)
            assert TaskKind.DELIVERY_CHECK in case.state.tasks


@pytest.mark.parametrize("days", [-1, 8])
def test_a_letter_does_not_arrive_before_it_was_sent_or_tomorrow(days: int) -> None:
    case = a_silence()
    assert case.state.notice is not None
    on = CALENDAR.day_of(case.state.notice.sent_at) + timedelta(days=days)
    case.decide(TaskKind.DELIVERY_CHECK, Outcome.ARRIVED, by=OPS, on=on.isoformat())
    assert case.refusal == "delivery_day_impossible"


@pytest.mark.rule("s13", "L04")
def test_what_comes_back_from_an_agreed_address_has_arrived() -> None:
    case = a_silence()
    case.hear(DeliveryReported(case.notice_id, "returned", case.now, agreed_address=True))
    assert case.deadline(Clock.CURE) is not None
    assert TaskKind.DELIVERY_CHECK not in case.state.tasks


@pytest.mark.rule("s13")
@pytest.mark.parametrize("outcome", [Outcome.FOUND, Outcome.NOT_FOUND])
def test_what_comes_back_from_elsewhere_asks_for_an_address(outcome: Outcome) -> None:
    case = a_return()
    assert (case.deadline(Clock.CURE), set(case.state.tasks)) == (None, {"new_address"})
    case.decide(TaskKind.NEW_ADDRESS, outcome, by=OPS)
    if outcome is Outcome.NOT_FOUND:
        case.wake_until(Clock.NOTICE)
    assert TaskKind.NOTICE_RELEASE in case.state.tasks


# ---- back and forth -----------------------------------------------------------------------------------------


@pytest.mark.rule("4.6-6")
def test_a_debt_that_stays_young_goes_back_to_talking() -> None:
    case = whole(days_past_due=40).escalate()
    case.restate(first_overdue_on=case.today.isoformat())
    assert case.state.stage is Stage.FORMAL
    case.wake_until(Clock.STEP_BACK)
    assert case.saw(EnterStage) == [EnterStage(Stage.INITIAL, "stepped_back")]
    assert case.state.notice is None
    assert case.deadline(Clock.ESCALATE) is not None


@pytest.mark.rule("4.6-6")
def test_a_debt_that_is_old_again_in_time_stays() -> None:
    case = whole(days_past_due=40).escalate()
    first = case.state.first_overdue_on
    case.restate(first_overdue_on=case.today.isoformat())
    case.later(days=2).restate(first_overdue_on=first)
    assert case.deadline(Clock.STEP_BACK) is None


@pytest.mark.rule("T17", "s21")
@pytest.mark.parametrize(
    ("former", "days", "stage"),
    [
        ("legal", 40, Stage.FORMAL),
        ("legal", 90, Stage.FORMAL),
        ("legal", 91, Stage.INITIAL),
        ("formal", 40, Stage.INITIAL),
        ("initial", 40, Stage.INITIAL),
        (None, 0, Stage.INITIAL),
    ],
)
def test_who_falls_behind_again_soon_starts_one_stage_below(
    former: str | None, days: int, stage: Stage
) -> None:
    now = int(START.timestamp())
    event = Opened(CASE, a_loan(), former, None if former is None else now - days * 86_400)
    state, effects = react(None, event, Moment(now, RULES.terms, CALENDAR))
    assert state.stage is stage
    kinds = [effect.task for effect in effects if isinstance(effect, OpenTask)]
    assert kinds == [TaskKind.NOTICE_RELEASE if stage is Stage.FORMAL else TaskKind.FIRST_CONTACT]


@pytest.mark.rule("T1", "s46", "4.5")
@pytest.mark.parametrize(("rest", "closed"), [(37, True), (4_999, True), (5_000, False)])
def test_nobody_is_chased_for_less_than_the_floor(rest: int, closed: bool) -> None:
    case = opened(a_loan(overdue=100_000), **full_terms())
    case.pay(100_000 - rest)
    assert case.saw(CloseCase) == ([CloseCase("CURED_TOLERANCE")] if closed else [])
