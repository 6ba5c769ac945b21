"""Another party or address: what was decided on the old ones is asked again, and nothing personal is known (4.6-5)."""

from collections.abc import Callable

import pytest

from arrears.policy.effects import CancelTask, EnterStage, NoticeBecame, OpenTask, RefreshTask
from arrears.policy.events import PeopleChanged
from arrears.policy.state import Clock, Stage
from arrears.policy.tasks import Outcome, TaskKind
from tests.policy.builders import (
    ADVISOR,
    LEAD,
    SECOND,
    Case,
    a_case,
    a_filing,
    a_notice_out,
    a_review,
    a_suit,
)

PARTIES = PeopleChanged(parties=True, address=False)
ADDRESS = PeopleChanged(parties=False, address=True)
BOTH = PeopleChanged(parties=True, address=True)


def _why(case: Case) -> list[tuple[str, str]]:
    return [(task.task, task.why) for task in case.saw(OpenTask)]


@pytest.mark.rule("4.6-5")
@pytest.mark.parametrize("event", [PARTIES, ADDRESS])
@pytest.mark.parametrize(
    "asked", [a_review, lambda: a_review().sue(), a_suit], ids=["review", "second approval", "approved"]
)
def test_what_was_approved_or_asked_goes_back_to_an_advisor(
    asked: Callable[[], Case], event: PeopleChanged
) -> None:
    case = asked()
    case.hear(event)
    assert _why(case) == [(TaskKind.LEGAL_REVIEW, "people_changed")]
    assert case.state.approval is None
    assert case.deadline(Clock.ENTER_LEGAL) is None
    assert {cancelled.why for cancelled in case.saw(CancelTask)} <= {"people_changed"}


@pytest.mark.rule("4.6-5")
def test_approved_anew_on_the_new_people_it_takes_effect_on_its_day() -> None:
    case = a_suit(days_past_due=5)
    case.hear(BOTH)
    case.sue(by=ADVISOR).approve(by=SECOND).wake_until(Clock.ENTER_LEGAL)
    assert [effect.stage for effect in case.saw(EnterStage)] == [Stage.LEGAL]


def test_a_released_notice_to_an_old_address_does_not_go_out() -> None:
    case = a_case(Stage.FORMAL).decide(TaskKind.NOTICE_RELEASE, Outcome.RELEASE, by=LEAD)
    notice = case.notice_id
    case.hear(PARTIES)
    assert case.notice_id == notice, "who stands behind the debt is no addressee of it"
    case.hear(ADDRESS)
    assert [(became.notice_id, became.status) for became in case.saw(NoticeBecame)] == [(notice, "withdrawn")]
    assert _why(case) == [(TaskKind.NOTICE_RELEASE, "address_changed")]
    assert case.deadline(Clock.SEND) is None
    case.decide(TaskKind.NOTICE_RELEASE, Outcome.RELEASE, by=LEAD)
    assert case.notice_id != notice


def test_a_notice_that_is_out_goes_on() -> None:
    case = a_notice_out()
    before = case.state.notice
    case.hear(ADDRESS)
    assert case.state.notice == before
    assert case.saw(OpenTask) == []


@pytest.mark.rule("4.6-5", "4.9")
def test_a_filing_on_the_old_parties_is_refused_and_on_the_new_ones_taken() -> None:
    case = a_filing()
    old = case.state.facts_no
    case.hear(PARTIES)
    assert [task.facts["parties_no"] for task in case.saw(RefreshTask)] == [1]
    case.decide(TaskKind.FILING, Outcome.FILED, by=ADVISOR, facts_no=old)
    assert case.refusal == "facts_changed"
    case.decide(TaskKind.FILING, Outcome.FILED, by=ADVISOR)
    assert case.state.matter is not None


def test_each_change_is_counted_beside_the_facts_and_a_case_without_one_has_none() -> None:
    case = a_case()
    case.pay(1)
    [task] = case.saw(RefreshTask)
    assert not {"parties_no", "address_no"} & set(task.facts)
    case.hear(BOTH)
    case.hear(ADDRESS)
    [task] = case.saw(RefreshTask)
    assert (task.facts["parties_no"], task.facts["address_no"]) == (1, 2)


def test_a_closed_case_hears_nothing_of_it() -> None:
    case = a_case(Stage.CLOSED)
    case.hear(BOTH)
    assert case.refusal == "case_closed"
