"""Every state says why it is as it is and what comes next, and every sentence is said by some state."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arrears.policy.explain import Explanation, Key, Running, Sentence, explain
from arrears.policy.state import Clock, Stage
from arrears.policy.tasks import TaskKind
from tests.policy.builders import CALENDAR, Case, at
from tests.policy.scenes import SCENES, whole
from tests.policy.test_properties import BEGINNINGS, Life, Move, beginnings, moves


def told(case: Case) -> Explanation:
    return explain(case.state, case.now, CALENDAR)


def keys(sentences: tuple[Sentence, ...]) -> list[Key]:
    return [sentence.key for sentence in sentences]


def test_every_sentence_is_said_by_some_case() -> None:
    said = {sentence.key for scene in SCENES.values() for sentence in told(scene()).sentences}
    # The one of a stage that has none of its own: tests/house/test_new_stage.py makes such a stage.
    assert set(Key) - said == {Key.ENTERED}


def test_every_clock_and_task_is_met_in_some_scene() -> None:
    met = [scene().state for scene in SCENES.values()]
    assert {kind for state in met for kind in state.tasks} == {kind.value for kind in TaskKind}
    assert {clock for state in met for clock in state.deadlines} >= {
        clock.value
        for clock in Clock
        if clock not in (Clock.FILING, Clock.COURT, Clock.NOTICE, Clock.STEP_BACK)
    }


@pytest.mark.parametrize("scene", SCENES)
def test_every_case_says_where_it_stands_and_what_comes_next(scene: str) -> None:
    case = SCENES[scene]()
    explanation = told(case)
    assert explanation.stands
    assert explanation.follows
    once = [key for key in keys(explanation.sentences) if key is not Key.LATE]
    assert len(set(once)) == len(once)
    assert [one.at for one in explanation.clocks] == sorted(case.state.deadlines.values())
    assert {one.clock.value for one in explanation.clocks} == set(case.state.deadlines)


@pytest.mark.parametrize("scene", SCENES)
def test_who_is_asked_is_said_once_for_each_open_task(scene: str) -> None:
    case = SCENES[scene]()
    asked = {kind.value for kind in keys(told(case).waits)} & {kind.value for kind in TaskKind}
    assert asked == set(case.state.tasks)


@given(beginnings, st.lists(moves, max_size=20))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_happened_a_case_can_be_explained(beginning: int, life: list[Move]) -> None:
    lived = Life(BEGINNINGS[beginning]())
    for move in life:
        lived.step(move)
        explanation = told(lived.case)
        assert explanation.stands
        assert explanation.follows


def test_a_fresh_case_waits_for_its_first_call_and_for_attempts() -> None:
    case = whole()
    explanation = told(case)
    assert explanation.stands == (
        Sentence(Key.OPENED, at=case.now),
        Sentence(Key.OVERDUE_SINCE, on=str(case.state.first_overdue_on)),
    )
    assert explanation.waits == (
        Sentence(Key.FIRST_CONTACT, at=case.now),
        Sentence(Key.ATTEMPTS_MISSING, n=0, of=3, days=0, of_days=2),
    )
    escalate = case.deadline(Clock.ESCALATE)
    assert escalate is not None
    assert explanation.follows == (
        Sentence(Key.AFTER_CONTACT),
        Sentence(Key.BY_THE_CLOCK, at=escalate, clock=Clock.ESCALATE),
    )
    assert Running(Clock.ESCALATE, escalate) in explanation.clocks


def test_a_promise_says_its_day_and_when_it_is_judged() -> None:
    case = SCENES["promised"]()
    promise = case.state.promise
    assert promise is not None
    assert Sentence(Key.PROMISED, on="2026-03-06", until=promise.judged_at) in told(case).waits
    assert told(case).follows == (Sentence(Key.BY_THE_CLOCK, at=promise.judged_at, clock=Clock.PROMISE),)
    assert told(case.at(promise.judged_at)).follows == (Sentence(Key.AT_ONCE, clock=Clock.PROMISE),)


def test_the_debtors_time_is_said_by_its_last_day() -> None:
    case = SCENES["arrived"]()
    assert case.state.notice is not None
    (runs,) = [one for one in told(case).waits if one.key is Key.TIME_RUNS]
    ends = case.deadline(Clock.CURE)
    assert ends == at(runs.on) + 86_400


def test_a_released_a_sent_and_an_arrived_notice_are_told_apart() -> None:
    said = {name: keys(told(SCENES[name]()).waits) for name in SCENES}
    assert Key.NOTICE_RELEASED in said["released"]
    assert Key.NOTICE_SENT in said["sent"]
    assert Key.TIME_RUNS not in said["sent"]
    assert {Key.NOTICE_SENT, Key.TIME_RUNS} <= set(said["sent, arrival assumed"])
    assert {Key.NOTICE_ARRIVED, Key.TIME_RUNS} <= set(said["arrived"])
    assert {Key.NOTICE_ARRIVED, Key.TIME_OVER} <= set(said["the debtor's time is over"])
    assert Key.NEW_ADDRESS in said["came back"]


def test_reminders_are_no_next_step() -> None:
    case = whole()
    assert case.deadline(Clock.SLA) is not None
    assert case.next_clock() is Clock.SLA
    assert Clock.SLA not in {one.clock for one in told(case).follows}
    assert Clock.SLA in {one.clock for one in told(case).clocks}


def test_while_nothing_is_overdue_no_clock_that_strikes_in_vain_is_promised() -> None:
    case = SCENES["paid, not final"]()
    assert case.state.overdue == 0
    assert case.state.deadlines.keys() >= {Clock.ESCALATE.value}
    waits = told(case).waits
    assert {Key.NOTHING_OVERDUE, Key.NOT_FINAL} <= set(keys(waits))
    assert not {Key.BY_THE_CLOCK, Key.AT_ONCE} & set(keys(told(case).follows))


def test_a_closed_case_says_how_it_ended_and_until_when_it_may_come_back() -> None:
    case = SCENES["cured"]()
    assert told(case) == Explanation(
        (Sentence(Key.CURED, at=case.now),),
        (),
        (Sentence(Key.MAY_REOPEN, until=case.now + 7 * 86_400),),
        (),
    )


def test_each_stage_says_how_it_was_entered() -> None:
    entered = {
        "opened": (Stage.INITIAL, Key.OPENED),
        "stepped back": (Stage.INITIAL, Key.STEPPED_BACK),
        "formal": (Stage.FORMAL, Key.ESCALATED),
        "overdue again": (Stage.FORMAL, Key.OVERDUE_AGAIN),
        "to be filed": (Stage.LEGAL, Key.APPROVED),
    }
    for name, (stage, key) in entered.items():
        case = SCENES[name]()
        assert (case.state.stage, told(case).stands[0]) == (stage, Sentence(key, at=case.state.stage_since))
