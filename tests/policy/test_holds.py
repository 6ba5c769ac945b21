"""Holds: what they block, how clocks stop and go on, and that no silence ends one."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arrears.policy import matrix
from arrears.policy.codes import Outcome
from arrears.policy.effects import CancelTask, HoldBegan, HoldEnded
from arrears.policy.events import HoldPlaced, HoldReleased
from arrears.policy.state import Clock, HoldKind, Scope
from arrears.policy.tasks import TaskKind
from tests.policy.builders import CALENDAR, COLLECTOR, Case, decided, full_terms, opened

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


SPANS = st.integers(0, 20 * 86_400)


@st.composite
def _stacks(draw: st.DrawFn) -> tuple[list[tuple[HoldKind, int]], list[tuple[HoldKind, int]]]:
    """Kinds in the order of their beginning and in that of their end, each with the seconds before it."""
    kinds = draw(st.lists(st.sampled_from(sorted(matrix.SCOPES)), min_size=1, max_size=6, unique=True))
    ends = draw(st.permutations(kinds))
    return [(kind, draw(SPANS)) for kind in kinds], [(kind, draw(SPANS)) for kind in ends]


@pytest.mark.rule("4.2")
@given(stack=_stacks(), after=st.integers(0, 10 * 86_400))
@settings(max_examples=80)
def test_s48_a_stack_of_holds_released_in_any_order_leaves_the_time_there_was(
    stack: tuple[list[tuple[HoldKind, int]], list[tuple[HoldKind, int]]], after: int
) -> None:
    case = opened(**full_terms()).later(seconds=after)
    begins, ends = stack
    first, *others = begins
    case = hold(case, first[0], scope=matrix.SCOPES[first[0]][0])
    left = dict(case.state.stopped)
    assert Clock.ESCALATE in left
    for kind, span in others:
        hold(case.later(seconds=span), kind, scope=matrix.SCOPES[kind][0])
        assert case.state.stopped[Clock.ESCALATE] == left[Clock.ESCALATE]
    for kind, span in ends[:-1]:
        release(case.later(seconds=span), kind)
        assert case.state.stopped[Clock.ESCALATE] == left[Clock.ESCALATE], "nobody moves while one stands"
    release(case.later(seconds=ends[-1][1]), ends[-1][0])
    assert case.refusal == ""
    assert (case.state.holds, case.state.stopped) == ((), {})
    bank_days = CALENDAR.bank_days_later(case.today, case.terms.resume_bank_days)
    earliest = CALENDAR.start_of(bank_days + timedelta(days=1))
    assert case.state.deadlines[Clock.ESCALATE] == max(case.now + left[Clock.ESCALATE], earliest)
