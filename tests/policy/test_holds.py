"""Holds: what they block, how clocks stop and go on, and that no silence ends one."""

import pytest

from arrears.policy.codes import Outcome
from arrears.policy.effects import CancelTask, HoldBegan, HoldEnded
from arrears.policy.events import HoldPlaced, HoldReleased
from arrears.policy.state import Clock, HoldKind, Scope
from arrears.policy.tasks import TaskKind
from tests.policy.builders import COLLECTOR, Case, decided, full_terms, opened

DESK = "s-desk"


def hold(case: Case, kind: HoldKind, *, scope: Scope = Scope.LOAN, part: int = 0, against: str = "") -> Case:
    case.hear(HoldPlaced(f"H-{kind}", kind, scope, DESK, "said", part=part, against=against))
    return case


def release(case: Case, kind: HoldKind) -> Case:
    case.hear(HoldReleased(f"H-{kind}", "ended", DESK))
    return case


@pytest.mark.rule("4.2")
def test_a_dispute_puts_the_call_aside_and_stops_the_clock_of_the_stage() -> None:
    case = opened(**full_terms())
    left = case.state.deadlines[Clock.ESCALATE.value] - case.now
    hold(case, HoldKind.DISPUTE)
    assert [effect.hold for effect in case.saw(HoldBegan)] == [HoldKind.DISPUTE]
    assert [effect.why for effect in case.saw(CancelTask)] == ["held_dispute"]
    assert TaskKind.FIRST_CONTACT not in case.state.tasks
    assert case.state.stopped == {Clock.ESCALATE.value: left, Clock.FOLLOW_UP.value: 0}


@pytest.mark.rule("4.2")
def test_after_the_last_hold_clocks_go_on_with_what_they_had_left() -> None:
    case = opened(**full_terms())
    left = case.state.deadlines[Clock.ESCALATE.value] - case.now
    hold(case, HoldKind.DISPUTE)
    hold(case.later(days=4), HoldKind.HARDSHIP_REVIEW)
    release(case.later(days=4), HoldKind.DISPUTE)
    assert case.state.stopped[Clock.ESCALATE.value] == left
    release(case.later(days=40), HoldKind.HARDSHIP_REVIEW)
    assert case.saw(HoldEnded)
    assert not case.state.stopped
    assert case.state.deadlines[Clock.ESCALATE.value] == case.now + left
    case.wake_until(Clock.FOLLOW_UP)
    assert TaskKind.FOLLOW_UP in case.state.tasks


def test_a_decision_on_work_that_was_put_aside_is_refused_in_the_name_of_the_hold() -> None:
    case = opened(**full_terms())
    task_id = case.task(TaskKind.FIRST_CONTACT)
    before = hold(case, HoldKind.PAID_CLAIM).state
    case.hear(decided(task_id, Outcome.NO_ANSWER, by=COLLECTOR))
    assert case.refusal == "held_paid_claim"
    assert case.state == before
