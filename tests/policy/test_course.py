"""The way of a case is one list, and what is ahead is read from it."""

from arrears.policy.course import COURSE, LASTING, WAY, Stage, after, way
from arrears.policy.explain import Key


def test_the_way_goes_from_the_first_call_to_the_court() -> None:
    assert WAY == (Stage.INITIAL, Stage.FORMAL, Stage.LEGAL)
    assert way({}) == WAY


def test_after_each_stage_comes_the_next_and_after_the_court_none() -> None:
    assert [after(stage, {}) for stage in WAY] == [Stage.FORMAL, Stage.LEGAL, Stage.LEGAL]


def test_no_stage_of_today_stands_between_the_approval_and_the_court() -> None:
    """Such a stage has days in the pack; tests/house/test_new_stage.py makes one."""
    assert LASTING == ()


def test_every_stage_names_a_sentence_that_there_is() -> None:
    assert {name for step in COURSE.values() for name in (step.first, step.later)} <= {
        key.value for key in Key
    }
