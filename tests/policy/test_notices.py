"""The demand notice: one at a time, with the ledger's amounts, and the debtor's whole time after it arrived."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from arrears.policy.calendar import Calendar
from arrears.policy.effects import CancelTask, NoticeBecame, OpenTask, RaiseIncident, ReleaseNotice
from arrears.policy.events import DeliveryReported, Due, Opened, SendAnswered
from arrears.policy.react import react
from arrears.policy.state import Clock, NoticeUnderWay, Stage
from arrears.policy.tasks import Outcome, TaskKind
from arrears.policy.turn import Moment
from tests.policy.builders import (
    CASE,
    LEAD,
    Case,
    a_case,
    a_loan,
    a_notice_out,
    a_review,
    a_suit,
    at,
    some_terms,
)

NOTICE = f"{CASE}-notice-1"


def _sent_on(day: str, *, arrival_days: int = 3, **loan: int) -> Case:
    """A notice that went out on that day at ten."""
    case = a_case(Stage.FORMAL, terms={"arrival_days": arrival_days}, **loan)
    case.at(at(day, 10)).release().wake_until(Clock.SEND)
    return case


# ---- release -----------------------------------------------------------------------------------------------


@pytest.mark.rule("1.2")
def test_a_released_notice_carries_the_amounts_of_the_ledger() -> None:
    case = a_case(Stage.FORMAL)
    case.pay(821)
    case.release()
    assert case.saw(ReleaseNotice) == [ReleaseNotice(NOTICE, 99_179, 499_179, LEAD)]
    assert case.state.notice == NoticeUnderWay(NOTICE, "released", 99_179, LEAD)
    assert case.deadline(Clock.SEND) == case.now


@pytest.mark.rule("1.2", "4.6-5", "s14")
def test_a_notice_is_not_released_on_figures_that_changed() -> None:
    """Rule book scenario 14."""
    case = a_case(Stage.FORMAL)
    seen = case.state.facts_no
    case.pay(1)
    case.decide(TaskKind.NOTICE_RELEASE, Outcome.RELEASE, by=LEAD, facts_no=seen)
    assert case.refusal == "facts_changed"
    assert case.state.notice is None
    case.release()
    assert case.refusal == ""


@pytest.mark.rule("1.2")
def test_a_lead_who_cancels_is_asked_again_after_five_days() -> None:
    case = a_case(Stage.FORMAL).decide(TaskKind.NOTICE_RELEASE, Outcome.CANCEL, by=LEAD)
    assert case.state.notice is None
    assert case.deadline(Clock.NOTICE) == at(case.today + timedelta(days=5))
    assert case.wake() is Clock.NOTICE
    assert [task.why for task in case.saw(OpenTask)] == ["notice_due"]


def test_each_notice_has_its_number() -> None:
    case = a_case(Stage.FORMAL)
    names = []
    for _ in range(3):
        case.release()
        names.append(case.notice_id)
        case.wake_until(Clock.SEND).delivered("returned")
    assert names == [f"{CASE}-notice-{n}" for n in (1, 2, 3)]


@pytest.mark.rule("1.2")
@pytest.mark.parametrize("change", ["payment", "fee", "reversal", "restated"])
def test_a_change_of_the_amount_withdraws_a_notice_that_has_not_gone(change: str) -> None:
    case = a_case(Stage.FORMAL)
    paid = case.pay(10)
    case.release()
    match change:
        case "payment":
            case.pay(1)
        case "fee":
            case.pay(1, kind="fee")
        case "reversal":
            case.reverse(paid, 10)
        case _:
            case.restate(balance=600_000)
    assert case.saw(NoticeBecame) == [NoticeBecame(NOTICE, "withdrawn", case.now)]
    assert [(task.why, task.facts_no) for task in case.saw(OpenTask)] == [
        ("amount_changed", case.state.facts_no)
    ]
    assert case.state.notice is None
    assert case.deadline(Clock.SEND) is None


def test_a_file_that_repeats_what_is_known_leaves_the_notice_alone() -> None:
    case = a_case(Stage.FORMAL).release()
    before = case.state
    case.restate()
    assert case.state == before
    assert case.last == []


def test_a_change_of_the_amount_leaves_a_notice_alone_that_has_gone() -> None:
    case = a_notice_out()
    before = case.state.notice
    case.pay(1)
    assert case.state.notice == before
    assert case.deadline(Clock.CURE) is not None


# ---- sending -----------------------------------------------------------------------------------------------


@pytest.mark.rule("T4")
def test_a_notice_that_went_out_starts_the_time_from_its_assumed_arrival() -> None:
    case = _sent_on("2026-04-09")
    assert case.saw(NoticeBecame) == [NoticeBecame(NOTICE, "sent", at("2026-04-09", 10), "2026-04-27")]
    assert case.state.notice == NoticeUnderWay(NOTICE, "sent", 100_000, LEAD, sent_at=at("2026-04-09", 10))
    assert case.deadline(Clock.CURE) == at("2026-04-28")
    assert case.deadline(Clock.SEND) is None


def test_a_contact_that_must_wait_is_asked_for_again_then() -> None:
    case = a_case(Stage.FORMAL).release()
    opening = at(case.today + timedelta(days=1), 8)
    case.send_answered("not_before", not_before=opening, rule="C01")
    assert (case.state.notice is not None, case.deadline(Clock.SEND)) == (True, opening)
    assert case.last == []


def test_a_guard_that_answers_with_the_past_is_asked_again_a_minute_later() -> None:
    case = a_case(Stage.FORMAL).release().send_answered("not_before", not_before=0)
    assert case.deadline(Clock.SEND) == case.now + 60


def test_hours_that_never_meet_are_put_before_a_person() -> None:
    case = a_case(Stage.FORMAL).release()
    case.send_answered("not_before", not_before=case.now + 8 * 86_400, rule="own_hours")
    assert case.saw(RaiseIncident) == [RaiseIncident("notice_refused", NOTICE, {"rule": "own_hours"})]
    assert set(case.state.tasks) == {"notice_release"}
    assert case.deadline(Clock.SEND) is None


def test_money_on_its_way_is_waited_for_an_hour() -> None:
    case = a_case(Stage.FORMAL).release().send_answered("wait", rule="money_first")
    assert case.deadline(Clock.SEND) == case.now + 3600
    assert case.state.notice is not None


@pytest.mark.parametrize(
    ("answer", "status"), [("uncertain", "uncertain"), ("refused", "withdrawn"), ("nonsense", "withdrawn")]
)
def test_a_notice_that_did_not_surely_go_comes_back_to_a_person(answer: str, status: str) -> None:
    case = a_case(Stage.FORMAL).release().send_answered(answer, rule="no_address")
    assert case.saw(NoticeBecame) == [NoticeBecame(NOTICE, status, case.now)]
    assert case.saw(RaiseIncident) == [RaiseIncident(f"notice_{answer}", NOTICE, {"rule": "no_address"})]
    assert [task.why for task in case.saw(OpenTask)] == [f"notice_{answer}"]
    assert case.state.notice is None
    assert set(case.state.deadlines) == {"idle"}


@pytest.mark.parametrize(
    "case", [a_case(), a_case(Stage.FORMAL), a_notice_out(), a_review(), a_case(Stage.LEGAL)]
)
def test_an_answer_about_a_notice_that_does_not_wait_is_refused(case: Case) -> None:
    before = case.state
    for answer in ("sent", "not_before", "wait", "uncertain", "refused", ""):
        case.send_answered(answer, notice=NOTICE)
        assert (case.refusal, case.state) == ("notice_not_waiting", before)


def test_an_answer_about_another_notice_is_refused() -> None:
    case = a_case(Stage.FORMAL).release()
    case.send_answered("sent", notice=f"{CASE}-notice-2")
    assert case.refusal == "notice_not_waiting"


def test_the_sending_clock_alone_only_waits() -> None:
    case = a_case(Stage.FORMAL).release()
    case.hear(Due(Clock.SEND))
    assert case.deadline(Clock.SEND) == case.now + 3600
    assert case.last == []


# ---- arrival and the debtor's time -------------------------------------------------------------------------


@pytest.mark.rule("T4", "D1")
@pytest.mark.parametrize(
    ("arrived", "last"),
    [
        ("2026-04-08", "2026-04-23"),  # a Thursday fifteen days later
        ("2026-04-10", "2026-04-27"),  # the last day is a Saturday: Monday
        ("2026-04-16", "2026-05-06"),  # the last day is in the Labour Day holiday
        ("2026-04-24", "2026-05-09"),  # a Saturday that is worked
    ],
)
def test_the_time_begins_the_day_after_arrival_and_ends_with_its_last_day(arrived: str, last: str) -> None:
    """Civil Code arts. 201-203: the day of arrival is not counted, and a rest day at the end moves it."""
    for hour, minute in ((0, 0), (12, 0), (23, 59)):
        instant = at(arrived, hour, minute)
        case = _sent_on("2026-04-07").at(max(at("2026-04-28", 9), instant)).delivered("arrived", on=instant)
        became = case.saw(NoticeBecame)
        assert became == [NoticeBecame(NOTICE, "arrived", instant, last)]
        ends = at(date.fromisoformat(last) + timedelta(days=1))
        assert case.deadline(Clock.CURE) == max(ends, case.now)


@pytest.mark.rule("T4", "D4")
def test_in_a_year_without_a_published_schedule_the_last_day_is_not_moved() -> None:
    """Rule book D4: unshifted rather than guessed; 2027-01-09 is a Saturday."""
    case = a_case(Stage.FORMAL, days_past_due=40).at(at("2026-12-22", 10)).release().wake_until(Clock.SEND)
    assert isinstance(case, Case)
    case.at(at("2026-12-25", 10)).delivered("arrived")
    assert case.saw(NoticeBecame)[0].cure_on == "2027-01-09"


@pytest.mark.rule("T4")
def test_arrival_counts_and_not_sending() -> None:
    """Rule book scenario 13: sent on day 0, arrives on day 6, ends on day 21 and not on day 15."""
    case = _sent_on("2026-04-07", arrival_days=0)
    assert case.deadline(Clock.CURE) == at("2026-04-23")
    case.at(at("2026-04-13", 15)).delivered("arrived")
    assert case.deadline(Clock.CURE) == at("2026-04-29")


def test_a_report_of_an_earlier_arrival_moves_the_end_forward() -> None:
    case = _sent_on("2026-04-07")
    assert case.deadline(Clock.CURE) == at("2026-04-28")  # 04-25 is a Saturday
    case.at(at("2026-04-09", 9)).delivered("arrived", on=at("2026-04-08", 17))
    assert case.deadline(Clock.CURE) == at("2026-04-24")


def test_the_bank_writes_days_not_hours_when_summer_time_begins_or_ends() -> None:
    """Three days on the way are three civil days, also across a change of the clocks."""
    new_york = Calendar("America/New_York")
    for sent_on, last in (("2026-03-06", "2026-03-24"), ("2026-10-30", "2026-11-17")):
        for hour, minute in ((0, 10), (12, 0), (23, 40)):
            instant = new_york.instant(date.fromisoformat(sent_on), hour=hour, minute=minute)
            now = Moment(instant, some_terms(), new_york)
            state, _ = react(None, Opened(CASE, a_loan()), now)
            state = replace(
                state,
                stage=Stage.FORMAL,
                notice=NoticeUnderWay(NOTICE, "released", 100_000, LEAD),
                deadlines={"send": instant, "idle": instant},
                tasks={},
            )
            _, effects = react(state, SendAnswered(NOTICE, "sent", instant, 0, ""), now)
            assert [effect.cure_on for effect in effects if isinstance(effect, NoticeBecame)] == [last]


@pytest.mark.rule("T6", "T8")
def test_the_end_of_the_time_waits_for_the_seventy_fifth_day() -> None:
    case = _sent_on("2026-04-07", days_past_due=5)
    case.wake_until(Clock.CURE)
    assert case.state.cured_notice_at == case.now == at("2026-04-28")
    assert case.state.tasks == {}
    assert case.deadline(Clock.LEGAL_REVIEW) == at("2026-05-11")
    case.wake()
    [review] = case.saw(OpenTask)
    assert (review.task, review.facts["days_past_due"]) == ("legal_review", 75)
    assert review.due_at == at("2026-05-18", 18)  # the fifth bank day


@pytest.mark.rule("T6")
def test_an_old_debt_goes_to_the_advisor_when_the_time_is_over() -> None:
    case = _sent_on("2026-04-07", days_past_due=200)
    case.wake_until(Clock.LEGAL_REVIEW)
    assert case.now == at("2026-04-28")


@pytest.mark.parametrize("status", ["arrived", "returned"])
@pytest.mark.parametrize(
    ("when", "possible"),
    [
        ("1970-01-02", False),
        ("2026-04-06", False),  # the day before it was sent
        ("2026-04-07", True),  # carriers report days: midnight of the day it was sent
        ("2026-04-10", True),
        ("2026-04-11", False),  # tomorrow
        ("2199-12-31", False),
    ],
)
def test_a_delivery_is_not_believed_before_it_was_sent_or_after_today(
    status: str, when: str, possible: bool
) -> None:
    case = _sent_on("2026-04-07").at(at("2026-04-10", 12))
    before = case.state
    case.delivered(status, on=at(when))
    assert case.refusal == ("" if possible else "delivery_day_impossible")
    assert possible or case.state == before


def test_a_carriers_clock_may_run_a_little_fast() -> None:
    case = _sent_on("2026-04-07").at(at("2026-04-10", 12))
    case.delivered("arrived", on=case.now + 90)
    assert case.refusal == ""


def test_the_first_arrival_counts() -> None:
    case = _sent_on("2026-04-07").at(at("2026-04-10", 12)).delivered("arrived")
    before = case.state
    case.later(days=1).delivered("arrived")
    assert (case.refusal, case.state) == ("arrived_already", before)


@pytest.mark.parametrize("status", ["arrived", "returned", "lost", ""])
def test_a_report_about_no_notice_or_another_one_is_refused(status: str) -> None:
    for case in (a_case(), a_case(Stage.FORMAL), a_case(Stage.FORMAL).release()):
        before = case.state
        case.delivered(status, notice=NOTICE)
        assert (case.refusal, case.state) == ("notice_not_under_way", before)
    case = a_notice_out()
    case.hear(DeliveryReported(f"{CASE}-notice-7", status, case.now))
    assert case.refusal == "notice_not_under_way"


@pytest.mark.parametrize("status", ["lost", "", "ARRIVED", "sent"])
def test_a_report_nobody_can_read_is_refused(status: str) -> None:
    assert a_notice_out().delivered(status).refusal == "delivery_status_unknown"


# ---- late reports ------------------------------------------------------------------------------------------


def _later_than_assumed(case: Case) -> Case:
    """The time seemed over; now it is reported that the notice arrived only yesterday."""
    return case.delivered("arrived", on=case.now - 86_400)


def test_an_arrival_later_than_assumed_takes_back_a_review_asked_too_early() -> None:
    case = a_review(days_past_due=200)
    asked = case.task(TaskKind.LEGAL_REVIEW)
    _later_than_assumed(case)
    assert case.saw(CancelTask) == [CancelTask(asked, "notice_arrived_later")]
    assert case.state.cured_notice_at == 0
    assert case.deadline(Clock.CURE) is not None
    case.wake_until(Clock.CURE).wake_until(Clock.LEGAL_REVIEW)
    assert TaskKind.LEGAL_REVIEW in case.state.tasks


@pytest.mark.parametrize("spoken", [1, 2])
def test_an_arrival_later_than_assumed_takes_back_approvals(spoken: int) -> None:
    # Approved well before the ninety-first day, so that both can wait for it.
    case = a_review().sue() if spoken == 1 else a_suit()
    _later_than_assumed(case)
    assert case.state.approval is None
    assert case.state.tasks == {}
    assert case.deadline(Clock.ENTER_LEGAL) is None
    case.wake_until(Clock.LEGAL_REVIEW)
    assert case.state.stage is Stage.FORMAL


def test_an_arrival_as_assumed_changes_nothing_that_was_asked() -> None:
    case = a_review(days_past_due=200)
    before = case.state
    assert before.notice is not None
    case.delivered("arrived", on=before.notice.sent_at + 3600)
    assert case.refusal == ""
    assert case.state.tasks == before.tasks
    assert case.state.cured_notice_at == before.cured_notice_at
    assert case.state.deadlines == before.deadlines


def test_an_arrival_later_than_assumed_keeps_the_day_an_advisor_has_set() -> None:
    case = a_review(days_past_due=200)
    case.decide(TaskKind.LEGAL_REVIEW, Outcome.RETURN, by="s-advisor")
    asked_again = case.deadline(Clock.LEGAL_REVIEW)
    _later_than_assumed(case).wake_until(Clock.CURE)
    assert case.deadline(Clock.LEGAL_REVIEW) == asked_again


def test_a_review_that_comes_due_while_the_time_runs_waits_for_its_end() -> None:
    case = a_notice_out(days_past_due=200).wake_until(Clock.CURE)
    assert case.deadline(Clock.LEGAL_REVIEW) == case.now
    _later_than_assumed(case)
    assert case.wake() is Clock.LEGAL_REVIEW
    assert case.last == []
    case.wake_until(Clock.CURE)
    assert case.wake() is Clock.LEGAL_REVIEW
    assert [task.task for task in case.saw(OpenTask)] == ["legal_review"]


@pytest.mark.rule("T7")
@pytest.mark.parametrize(
    ("case", "tasks"),
    [
        (a_notice_out(), 0),
        (a_notice_out().wake_until(Clock.CURE), 0),
        (a_review(), 1),
        (a_review().sue(), 1),
        (a_suit(), 0),
        (a_review().decide(TaskKind.LEGAL_REVIEW, Outcome.RETURN, by="s-advisor"), 0),
    ],
    ids=["sent", "cured", "review", "second approval", "approved", "sent back"],
)
def test_no_litigation_rests_on_a_notice_that_came_back(case: Case, tasks: int) -> None:
    case.delivered("returned")
    assert [gone.why for gone in case.saw(CancelTask)] == ["notice_returned"] * tasks
    assert [became.status for became in case.saw(NoticeBecame)] == ["returned"]
    assert [task.why for task in case.saw(OpenTask)] == ["notice_returned"]
    state = case.state
    assert (state.notice, state.approval, state.cured_notice_at) == (None, None, 0)
    assert set(state.tasks) == {"notice_release"}
    assert set(state.deadlines) - {"follow_up"} == {"idle"}


def test_a_notice_that_came_back_after_an_arrival_was_reported_counts_as_never_arrived() -> None:
    case = a_notice_out().delivered("arrived").later(days=1).delivered("returned")
    assert case.refusal == ""
    assert case.deadline(Clock.CURE) is None
    assert set(case.state.tasks) == {"notice_release"}


def test_in_the_legal_stage_a_notice_that_came_back_is_an_incident() -> None:
    case = a_case(Stage.LEGAL)
    notice = case.notice_id
    case.delivered("returned")
    assert case.saw(RaiseIncident) == [RaiseIncident("notice_returned_in_legal", notice)]
    assert case.state.stage is Stage.LEGAL
    assert case.state.tasks == {}


def test_in_the_legal_stage_a_late_arrival_is_kept_and_told_when_the_time_is_not_over() -> None:
    early, late = a_case(Stage.LEGAL), a_case(Stage.LEGAL)
    assert early.state.notice is not None
    early.delivered("arrived", on=early.state.notice.sent_at + 60)
    assert not early.saw(RaiseIncident)
    notice = late.notice_id
    _later_than_assumed(late)
    assert late.saw(RaiseIncident) == [RaiseIncident("cure_not_over_in_legal", notice)]
    for case in (early, late):
        assert [became.status for became in case.saw(NoticeBecame)] == ["arrived"]
        assert case.state.stage is Stage.LEGAL
        assert set(case.state.deadlines) == {"idle"}
