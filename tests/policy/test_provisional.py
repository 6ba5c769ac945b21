"""Dates in a year nobody published: told once, and set anew when its bank days are known."""

from dataclasses import replace

import pytest

from arrears.policy.calendar import Calendar
from arrears.policy.effects import NoticeBecame, PromiseBecame, RaiseIncident, TaskMoved
from arrears.policy.events import LoanState, Opened, PolicyPublished
from arrears.policy.react import react
from arrears.policy.state import CaseState, Clock, NoticeUnderWay, OpenTask, Promise
from arrears.policy.turn import Moment
from tests.policy.builders import CALENDAR, CASE, RULES, at

# As if the State Council had given the second week of February 2027, with the Saturday after it worked.
KNOWN = replace(
    CALENDAR,
    rest_days=(*CALENDAR.rest_days, *(f"2027-02-{day:02d}" for day in range(8, 13))),
    workdays=(*CALENDAR.workdays, "2027-02-13"),
    official=(2026, 2027),
)
FRIDAY = at("2027-02-05", hour=10)


def _moment(instant: int, calendar: Calendar = CALENDAR) -> Moment:
    return Moment(instant, RULES.terms, calendar)


def _opened(instant: int = FRIDAY, calendar: Calendar = CALENDAR) -> tuple[CaseState, list[RaiseIncident]]:
    loan = LoanState("L1", "CNY", 500_000, 100_000, "2027-01-04", "open")
    state, effects = react(None, Opened(CASE, loan), _moment(instant, calendar))
    assert state is not None
    state = replace(state, tasks={k: replace(task, task_id="t1") for k, task in state.tasks.items()})
    return state, [effect for effect in effects if isinstance(effect, RaiseIncident)]


@pytest.mark.rule("D4")
def test_a_date_in_an_unknown_year_marks_the_case_and_tells_operations() -> None:
    state, incidents = _opened()
    assert state.tasks["first_contact"].due_at == at("2027-02-08", hour=18)
    assert state.calendar_missing == 2027
    assert incidents == [RaiseIncident("calendar_missing", "2027", {"year": 2027})]


def test_a_date_in_a_known_year_marks_nothing() -> None:
    for state, incidents in (_opened(at("2026-03-02", hour=10)), _opened(calendar=KNOWN)):
        assert (state.calendar_missing, incidents) == (0, [])


def test_it_is_told_once_for_a_case_and_under_one_key_for_all() -> None:
    state, _ = _opened()
    after, effects = react(state, PolicyPublished("same"), _moment(FRIDAY + 60))
    assert after is not None
    assert (after.calendar_missing, effects) == (2027, [])


@pytest.mark.rule("D4")
def test_a_task_gets_the_bank_days_it_was_given_when_they_are_known() -> None:
    state, _ = _opened()
    after, effects = react(state, PolicyPublished("newer"), _moment(FRIDAY + 60, KNOWN))
    assert after is not None
    due = at("2027-02-13", hour=18)
    assert (after.tasks["first_contact"].due_at, after.calendar_missing) == (due, 0)
    assert TaskMoved("t1", due) in effects


@pytest.mark.rule("D4")
def test_a_promise_is_judged_by_the_bank_days_that_became_known() -> None:
    state, _ = _opened()
    judged = at("2027-02-10")
    promise = Promise("p", 1_000, "2027-02-08", FRIDAY, judged, grace=1)
    state = replace(state, promise=promise, deadlines=state.deadlines | {Clock.PROMISE.value: judged})
    after, effects = react(state, PolicyPublished("newer"), _moment(FRIDAY + 60, KNOWN))
    assert after is not None
    # The first bank day from the eighth is Saturday the thirteenth, and Monday is the day of grace.
    assert after.deadlines[Clock.PROMISE] == at("2027-02-16")
    assert PromiseBecame("p", "open", 0, at("2027-02-16")) in effects


@pytest.mark.rule("D4", "s29")
def test_the_debtors_time_ends_unshifted_and_moves_when_the_year_is_known() -> None:
    state, _ = _opened()
    arrived = at("2027-01-26", hour=9)
    notice = NoticeUnderWay("n", "arrived", 1, "s-lead", sent_at=arrived, arrived_at=arrived)
    unshifted = at("2027-02-11")  # the tenth, to its end
    state = replace(state, notice=notice, deadlines=state.deadlines | {Clock.CURE.value: unshifted}, tasks={})
    same, _ = react(state, PolicyPublished("same"), _moment(FRIDAY + 60))
    assert same is not None
    assert (same.deadlines[Clock.CURE], same.calendar_missing) == (unshifted, 2027)
    after, effects = react(state, PolicyPublished("newer"), _moment(FRIDAY + 60, KNOWN))
    assert after is not None
    assert (after.deadlines[Clock.CURE], after.calendar_missing) == (at("2027-02-14"), 0)
    assert NoticeBecame("n", "arrived", arrived, "2027-02-13") in effects


def test_a_task_of_a_time_before_its_days_were_kept_stays_where_it_is() -> None:
    state, _ = _opened()
    older = OpenTask("t1", FRIDAY, 1, due_at=at("2027-02-08", hour=18))
    after, effects = react(
        replace(state, tasks={"first_contact": older}), PolicyPublished("newer"), _moment(FRIDAY + 60, KNOWN)
    )
    assert after is not None
    assert after.tasks["first_contact"].due_at == older.due_at
    assert not [effect for effect in effects if isinstance(effect, TaskMoved)]
