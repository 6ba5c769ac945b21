"""What the core bank calls a loan stops the bank once, in the step in which it is heard, and never ends by itself."""

from dataclasses import replace

import pytest

from arrears.policy.codes import Outcome
from arrears.policy.effects import HoldBegan, OpenTask, RaiseIncident
from arrears.policy.events import LoanRestated
from arrears.policy.state import Clock, HoldKind, Scope
from arrears.policy.tasks import TaskKind
from tests.policy.builders import Case, a_case, a_loan, full_terms, opened

KINDS = [("disputed", HoldKind.DISPUTE), ("stayed", HoldKind.MORATORIUM)]


def delivered(case: Case, status: str) -> Case:
    """The next file, in which nothing else has changed."""
    state = case.state
    known = a_loan(balance=state.balance, overdue=state.overdue, status=status)
    known = replace(known, first_overdue_on=state.first_overdue_on)
    case.hear(LoanRestated(known, stops=True))
    assert not case.refusal
    return case


def kinds(case: Case) -> list[HoldKind]:
    return [hold.kind for hold in case.state.holds]


@pytest.mark.rule("C16", "4.8")
@pytest.mark.parametrize(("status", "kind"), KINDS)
def test_a_loan_delivered_so_opens_a_case_that_stands_still_from_its_first_step(
    status: str, kind: HoldKind
) -> None:
    case = opened(a_loan(status=status), **full_terms())
    [began] = case.saw(HoldBegan)
    assert (began.hold, began.scope, began.by, began.reason) == (
        kind,
        Scope.LOAN,
        "core-bank",
        f"loan_{status}",
    )
    asked = [task.task for task in case.saw(OpenTask)]
    assert asked == ([TaskKind.DISPUTE_REVIEW] if status == "disputed" else [])
    assert {"escalate", "follow_up"} <= set(case.state.stopped)
    assert case.deadline(Clock.HOLD) is not None, "somebody looks again"


def test_rejected_by_the_desk_the_debtor_is_called_and_the_nightly_file_brings_nothing_back() -> None:
    case = opened(a_loan(status="disputed"), **full_terms())
    case.decide(TaskKind.DISPUTE_REVIEW, Outcome.REJECTED, by="s-desk")
    assert kinds(case) == []
    case.wake_until(Clock.FOLLOW_UP)
    for _night in range(3):
        assert kinds(delivered(case, "disputed")) == []
    assert TaskKind.FOLLOW_UP in case.state.tasks


@pytest.mark.rule("C16")
@pytest.mark.parametrize(("status", "kind"), KINDS)
def test_an_open_case_is_held_when_it_hears_it_and_once(status: str, kind: HoldKind) -> None:
    case = delivered(a_case(terms=full_terms()), status)
    assert kinds(case) == [kind]
    assert case.saw(RaiseIncident) == []
    assert not {"first_contact", "follow_up"} & set(case.state.tasks)
    before = case.state.facts_no
    assert kinds(delivered(case, status)) == [kind]
    assert case.state.facts_no == before


@pytest.mark.parametrize(("status", "kind"), KINDS)
def test_open_again_ends_no_hold_and_tells_a_person_once(status: str, kind: HoldKind) -> None:
    case = delivered(a_case(terms=full_terms()), status)
    delivered(case, "open")
    assert [told.incident for told in case.saw(RaiseIncident)] == ["loan_open_again"]
    assert kinds(case) == [kind]
    delivered(case, "open")
    assert case.saw(RaiseIncident) == []
    assert kinds(delivered(case, status)) == [kind], "said anew, it stands already"


def test_what_the_debtor_disputed_is_not_the_core_banks_to_open() -> None:
    case = a_case(terms=full_terms()).talk(Outcome.DISPUTES)
    delivered(delivered(case, "disputed"), "open")
    assert case.saw(RaiseIncident) == []
    assert [hold.by for hold in case.state.holds] != ["core-bank"]


def test_from_disputed_to_stayed_both_stand_and_closed_closes() -> None:
    case = delivered(delivered(a_case(terms=full_terms()), "disputed"), "stayed")
    assert kinds(case) == [HoldKind.DISPUTE, HoldKind.MORATORIUM]
    delivered(case, "closed")
    assert (case.state.closed, kinds(case)) == ("DATA_ERROR", [])


@pytest.mark.parametrize("status", ["disputed", "stayed"])
def test_a_file_of_before_is_an_incident_as_it_was(status: str) -> None:
    case = a_case(terms=full_terms()).restate(status=status)
    assert [told.incident for told in case.saw(RaiseIncident)] == [f"loan_{status}"]
    assert kinds(case) == []
