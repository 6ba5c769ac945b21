"""What starts the limitation period anew is kept with its proof, and marked when the proof is taken back."""

import pytest

from arrears.policy.effects import LimitationInterrupted, LimitationVoided
from arrears.policy.state import Stage
from arrears.policy.tasks import Outcome, TaskKind
from tests.policy.builders import ADVISOR, COLLECTOR, a_case, a_filing, a_silence, full_terms, opened


def told(outcome: Outcome, **more: str) -> list[LimitationInterrupted]:
    case = opened(**full_terms()).talk(outcome, **more)
    return case.saw(LimitationInterrupted)


@pytest.mark.rule("L07")
@pytest.mark.parametrize("outcome", [Outcome.PROMISE, Outcome.PART_PROMISE])
def test_a_promise_is_the_debtors_word(outcome: Outcome) -> None:
    [kept] = told(outcome)
    assert (kept.rule, kept.act, kept.proof, kept.by) == ("L07", outcome, "", COLLECTOR)


@pytest.mark.rule("L03")
@pytest.mark.parametrize("outcome", [Outcome.REFUSES, Outcome.NOT_WILLING, Outcome.CANNOT_PAY])
def test_a_demand_by_voice_needs_its_recording(outcome: Outcome) -> None:
    assert told(outcome) == []
    [kept] = told(outcome, recording_id="rec-1")
    assert (kept.rule, kept.proof) == ("L03", "rec-1")


@pytest.mark.parametrize(
    "outcome", [Outcome.NO_ANSWER, Outcome.INVALID_NUMBER, Outcome.HUNG_UP, Outcome.RELAYED]
)
def test_whoever_was_not_spoken_to_was_not_asked(outcome: Outcome) -> None:
    assert told(outcome, recording_id="rec-1") == []


@pytest.mark.rule("L04")
def test_a_notice_counts_from_its_arrival() -> None:
    case = a_silence()
    arrived = case.now - 3 * 86_400
    case.delivered("arrived", on=arrived)
    [kept] = case.saw(LimitationInterrupted)
    assert (kept.rule, kept.at, kept.proof) == ("L04", arrived, case.notice_id)


@pytest.mark.rule("L06")
def test_a_claim_counts_from_its_filing() -> None:
    case = a_filing().decide(TaskKind.FILING, Outcome.FILED, by=ADVISOR)
    [kept] = case.saw(LimitationInterrupted)
    assert case.state.matter is not None
    assert (kept.rule, kept.proof, kept.at) == ("L06", case.state.matter.matter_id, case.now)


@pytest.mark.rule("L07", "L01")
def test_a_part_payment_counts_until_it_is_taken_back() -> None:
    case = a_case(terms=full_terms(), overdue=300_000)
    payment = case.pay(10_000)
    [kept] = case.saw(LimitationInterrupted)
    assert (kept.rule, kept.proof) == ("L07", payment)
    case.reverse(payment, 10_000)
    assert case.saw(LimitationVoided) == [LimitationVoided(payment)]


def test_provisional_money_proves_nothing_yet() -> None:
    case = a_case(terms=full_terms(), overdue=300_000)
    case.pay(10_000, provisional=True)
    assert not case.saw(LimitationInterrupted)


def test_terms_of_before_keep_no_evidence() -> None:
    case = a_case(Stage.FORMAL)
    case.pay(10)
    assert not case.ever(LimitationInterrupted)
