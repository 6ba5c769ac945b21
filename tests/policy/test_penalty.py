"""What is disputed is not demanded, and the core bank is told that penalty on it waits, and when it goes on."""

import pytest

from arrears.policy.codes import Action, Outcome
from arrears.policy.effects import RaiseIncident, ReleaseNotice
from arrears.policy.events import HoldPlaced, HoldReleased
from arrears.policy.state import HoldKind, Scope, Stage
from arrears.policy.tasks import TaskKind
from tests.policy.builders import Case, a_case, full_terms

DESK = "s-desk"


def told(case: Case) -> list[tuple[str, int]]:
    return [
        (one.incident, one.detail["amount_minor"])
        for one in case.saw(RaiseIncident)
        if one.incident.startswith("penalty_")
    ]


def hold(case: Case, kind: HoldKind, *, part: int = 0) -> Case:
    scope = Scope.PART if part else Scope.LOAN
    case.hear(HoldPlaced(f"H-{kind}", kind, scope, DESK, "said", part=part))
    return case


def release(case: Case, kind: HoldKind) -> Case:
    case.hear(HoldReleased(f"H-{kind}", "ended_by_hand", DESK))
    return case


@pytest.mark.rule("4.2")
def test_s26_a_disputed_part_is_not_claimed_and_its_penalty_waits_until_it_is_rejected() -> None:
    case = a_case(Stage.FORMAL, terms=full_terms(), overdue=1_000_000, balance=3_000_000)
    case.told(Action.IN_CALL, Outcome.DISPUTES, amount=200_000)
    assert told(case) == [("penalty_to_stop", 200_000)]
    case.release()
    [notice] = case.saw(ReleaseNotice)
    assert (notice.overdue, notice.balance) == (800_000, 2_800_000)
    case.decide(TaskKind.DISPUTE_REVIEW, Outcome.REJECTED, by=DESK)
    assert told(case) == [("penalty_to_go_on", 200_000)]


@pytest.mark.rule("4.2")
def test_what_was_disputed_rightly_was_never_owed_and_no_penalty_goes_on() -> None:
    case = a_case(terms=full_terms(), overdue=1_000_000, balance=3_000_000)
    case.told(Action.IN_CALL, Outcome.DISPUTES, amount=200_000)
    case.decide(TaskKind.DISPUTE_REVIEW, Outcome.UPHELD, by=DESK)
    assert told(case) == []
    assert [one.incident for one in case.saw(RaiseIncident)] == ["ledger_to_correct"]


@pytest.mark.rule("4.2")
def test_under_two_holds_it_goes_on_after_the_last() -> None:
    case = hold(hold(a_case(terms=full_terms()), HoldKind.DISPUTE), HoldKind.FRAUD_CLAIM)
    assert told(release(case, HoldKind.DISPUTE)) == []
    assert told(release(case, HoldKind.FRAUD_CLAIM)) == [("penalty_to_go_on", 100_000)]


@pytest.mark.parametrize("kind", [HoldKind.HARDSHIP_REVIEW, HoldKind.PAID_CLAIM, HoldKind.COMPLAINT])
def test_a_hold_that_leaves_penalty_alone_tells_nobody(kind: HoldKind) -> None:
    case = a_case(terms=full_terms())
    scope = Scope.PERSON if kind is HoldKind.COMPLAINT else Scope.LOAN
    case.hear(HoldPlaced("H", kind, scope, DESK, "said"))
    assert told(case) == []
    case.hear(HoldReleased("H", "ended_by_hand", DESK))
    assert (told(case), case.state.holds) == ([], ())


def test_the_core_bank_is_not_told_what_it_said_itself() -> None:
    case = a_case(terms=full_terms())
    case.hear(HoldPlaced("H", HoldKind.DISPUTE, Scope.LOAN, "core-bank", "loan_disputed"))
    assert told(case) == []
    case.hear(HoldReleased("H", "rejected", DESK))
    assert told(case) == [("penalty_to_go_on", 100_000)], "that a desk decided it the core bank cannot know"
