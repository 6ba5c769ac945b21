"""The catalogue of work: every kind has somebody to do it and something to answer."""

import pytest

from arrears.policy.codes import CONTACT_RESULTS, PROMISES, TALK, WITH_DAYS, Outcome
from arrears.policy.tasks import (
    NEEDS_REASON,
    ON_FACTS,
    TIMED_BY_HOLD,
    WITH_DAY,
    WORK,
    Missing,
    Role,
    TaskKind,
    lacks,
    may_answer,
)
from tests.policy.builders import RULES


@pytest.mark.rule("4.7", "T16")
def test_every_kind_of_task_is_somebodys_work_with_a_service_level() -> None:
    assert set(WORK) == set(TaskKind)
    timed = {str(kind) for kind in set(TaskKind) - TIMED_BY_HOLD}
    assert set(RULES.terms.sla_bank_days) == timed
    assert all(work.outcomes for work in WORK.values())


def test_every_outcome_answers_some_task() -> None:
    assert {outcome for work in WORK.values() for outcome in work.outcomes} == set(Outcome)


@pytest.mark.rule("3.2", "T2")
def test_every_result_of_a_call_has_its_day_for_the_next() -> None:
    days = RULES.terms.follow_up_days
    assert set(days) == {str(result) for result in WITH_DAYS}
    assert {TALK[result].like or result for result in CONTACT_RESULTS} <= set(WITH_DAYS)


@pytest.mark.rule("4.7")
@pytest.mark.parametrize("kind", TaskKind)
def test_only_its_own_outcomes_answer_a_task(kind: TaskKind) -> None:
    for outcome in Outcome:
        assert may_answer(kind, outcome) is (outcome in WORK[kind].outcomes)
    for nonsense in ("", " na", "NA", "None", "sue;"):
        assert not may_answer(kind, nonsense)


@pytest.mark.rule("4.4")
def test_litigation_and_long_plans_part_people() -> None:
    parted = {kind for kind, work in WORK.items() if work.parts_people}
    assert parted == {TaskKind.LEGAL_REVIEW, TaskKind.SECOND_APPROVAL, TaskKind.PLAN_APPROVAL}
    assert {WORK[kind].role for kind in parted} == {Role.LEGAL_ADVISOR, Role.MANAGER}


@pytest.mark.rule("4.6-5")
def test_every_step_against_a_debtor_is_taken_on_the_facts_of_the_moment() -> None:
    pressing = {Outcome.ESCALATE, Outcome.RELEASE, Outcome.SUE, Outcome.APPROVE, Outcome.FILED}
    assert pressing | {Outcome.WITHDRAW, Outcome.BROKEN, Outcome.AGREE} == ON_FACTS


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("reason", [None, "", "   ", "because"])
def test_an_answer_against_the_proposal_wants_a_reason(outcome: Outcome, reason: str | None) -> None:
    wanted = lacks(outcome, reason=reason, amount_minor=5, on="2026-03-06")
    needs = outcome in NEEDS_REASON and reason != "because"
    assert wanted == ([Missing("reason", "reason_required")] if needs else [])


@pytest.mark.parametrize(
    ("amount", "on", "fields"),
    [
        (5, "2026-03-06", []),
        (None, "2026-03-06", ["amount"]),
        (0, "2026-03-06", ["amount"]),
        (-5, "2026-03-06", ["amount"]),
        (5, None, ["on"]),
        (5, "", ["on"]),
        (None, None, ["amount", "on"]),
    ],
)
def test_a_promise_wants_an_amount_and_a_day(amount: int | None, on: str | None, fields: list[str]) -> None:
    wanted = lacks(Outcome.PROMISE, reason=None, amount_minor=amount, on=on)
    assert [missing.field for missing in wanted] == fields
    assert lacks(Outcome.PART_PROMISE, reason=None, amount_minor=amount, on=on) == wanted
    for outcome in set(Outcome) - NEEDS_REASON - PROMISES - WITH_DAY - {Outcome.UPHELD_PART}:
        assert lacks(outcome, reason=None, amount_minor=amount, on=on) == []
