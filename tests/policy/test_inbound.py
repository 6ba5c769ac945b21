"""Who may come and say what: a word stops the bank whoever says it, and binds the debtor only from the debtor's side."""

import pytest

from arrears.policy.codes import CODES, INBOUND, STOPPING, Action, Outcome
from arrears.policy.effects import CancelTask, HoldBegan, LimitationInterrupted, MarkContact, PromiseMade
from arrears.policy.guard import PartyRole
from arrears.policy.inbound import SPEAKS_FOR_DEBTOR, may_tell, results_of
from arrears.policy.state import Clock, HoldKind
from tests.policy.builders import COLLECTOR, a_case, at, full_terms

OTHERS = sorted(set(PartyRole) - SPEAKS_FOR_DEBTOR)


@pytest.mark.rule("3.2", "L07")
@pytest.mark.parametrize("party", OTHERS)
def test_nobody_promises_refuses_or_owns_up_for_the_debtor(party: PartyRole) -> None:
    for result in ("ptp", "part", "rtp", "noint", "cant", "hardship", "bankr", "lawyer"):
        assert not may_tell(party, result), result
        case = a_case().told(Action.IN_CALL, result, party=party.value)
        assert case.refusal == "not_theirs_to_say"


@pytest.mark.parametrize("party", sorted(SPEAKS_FOR_DEBTOR))
def test_whoever_speaks_for_the_debtor_may_say_all_that_the_debtor_may(party: PartyRole) -> None:
    for action in INBOUND:
        assert set(results_of(party, action)) == set(CODES[action]) - {Outcome.THIRD_REFUSES}


@pytest.mark.rule("C16")
@pytest.mark.parametrize("party", OTHERS)
def test_what_others_say_of_the_debtor_stops_the_bank_and_the_bank_still_looks_for_the_debtor(
    party: PartyRole,
) -> None:
    for result in set(results_of(party, Action.IN_VISIT)) & STOPPING:
        case = a_case().told(Action.IN_VISIT, result, party=party.value)
        assert [hold.by for hold in case.state.holds] == [COLLECTOR], result
        assert [one.why for one in case.saw(CancelTask) if one.why == "spoken_to"] == []


@pytest.mark.rule("C08")
def test_somebody_who_calls_to_be_called_no_more_is_marked_for_good() -> None:
    case = a_case(terms=full_terms()).told(
        Action.IN_CALL, Outcome.THIRD_REFUSES, party="third", contact_id="C1"
    )
    assert case.saw(MarkContact) == [MarkContact("C1", "stopped", COLLECTOR)]
    assert set(case.state.tasks) == {"first_contact"}, "the debtor was not spoken to"
    assert a_case().told(Action.IN_CALL, Outcome.THIRD_REFUSES).refusal == "not_theirs_to_say"


def test_a_stranger_is_a_third_person() -> None:
    assert may_tell("neighbour", Outcome.DEAD)
    assert not may_tell("neighbour", Outcome.DISPUTES)


@pytest.mark.rule("K1")
def test_a_complaint_that_was_brought_to_the_bank_names_whom_it_is_about() -> None:
    case = a_case().told(Action.IN_CALL, Outcome.COMPLAINS, by="s-desk", against="s-9")
    [hold] = case.saw(HoldBegan)
    assert (hold.hold, hold.by, hold.against) == (HoldKind.COMPLAINT, "s-desk", "s-9")
    assert case.state.kept_off == ("s-9",)
    assert a_case().told(Action.IN_CALL, Outcome.COMPLAINS, by="s-desk").state.kept_off == ()


@pytest.mark.rule("L07")
def test_a_promise_in_a_letter_starts_limitation_anew_on_the_day_it_was_made() -> None:
    case = a_case(terms=full_terms())
    said = case.now - 86_400
    case.told(Action.IN_MSG, Outcome.PROMISE, on="2026-03-04", at=said)
    [kept] = case.saw(LimitationInterrupted)
    assert (kept.rule, kept.at) == ("L07", said)
    assert case.saw(PromiseMade)
    assert case.deadline(Clock.PROMISE) == at("2026-03-06")


@pytest.mark.parametrize("action", sorted(INBOUND))
def test_a_disputed_part_is_that_part(action: Action) -> None:
    case = a_case(overdue=50_000).told(action, Outcome.DISPUTES, amount=20_000)
    assert [(hold.kind, hold.part) for hold in case.state.holds] == [(HoldKind.DISPUTE, 20_000)]
