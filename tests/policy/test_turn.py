"""A turn works on clocks and tasks of its own: what was put to the rules stays as it was."""

from copy import deepcopy

import pytest

from arrears.policy.react import react
from arrears.policy.state import Clock
from arrears.policy.tasks import TaskKind
from arrears.policy.turn import Moment, Turn
from tests.policy.builders import CALENDAR, Case
from tests.policy.scenes import SCENES


@pytest.mark.parametrize("scene", SCENES)
def test_a_turn_leaves_the_case_that_was_put_to_it_as_it_was(scene: str) -> None:
    case: Case = SCENES[scene]()
    before = deepcopy(case.state)
    turn = Turn(case.state, Moment(case.now, case.terms, CALENDAR))
    turn.disarm(*Clock)
    turn.cancel(*TaskKind, why="idle")
    turn.arm(Clock.IDLE, case.now + 1)
    turn.open(TaskKind.IDLE_REVIEW, why="idle")
    assert case.state == before
    assert turn.state != before


def test_a_case_hears_the_same_event_twice_with_the_same_answer() -> None:
    for scene in SCENES.values():
        case = scene()
        for event, _ in case.steps[-1:]:
            now = Moment(case.now, case.terms, CALENDAR)
            assert react(case.state, event, now) == react(case.state, event, now)
