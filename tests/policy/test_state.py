"""A state crosses Temporal and lies in a row: it comes back the same, keeps its name and stays small."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace

import pytest
from temporalio.converter import DefaultPayloadConverter

from arrears.contracts import CaseInput, Rules, canonical, digest
from arrears.policy.state import CaseState, Clock, Stage
from arrears.policy.tasks import Outcome, TaskKind
from arrears.store.states import state_from_json
from tests.policy.builders import (
    CALENDAR,
    CASE,
    COLLECTOR,
    LEAD,
    LOAN,
    Case,
    a_case,
    a_notice_out,
    a_review,
    a_suit,
)

STATES: dict[str, Callable[[], Case]] = {
    "initial": a_case,
    "escalation asked": lambda: a_case().wake_until(Clock.ESCALATE),
    "formal": lambda: a_case(Stage.FORMAL),
    "notice out": a_notice_out,
    "review": a_review,
    "second approval": lambda: a_review().sue(),
    "approved": a_suit,
    "legal": lambda: a_case(Stage.LEGAL),
    "closed": lambda: a_case(Stage.CLOSED),
}


@pytest.mark.parametrize("where", STATES)
def test_a_state_crosses_temporal_unchanged(where: str) -> None:
    case = STATES[where]()
    case.pay(1_000, provisional=True)
    case.pay(300)
    converter = DefaultPayloadConverter()
    back = converter.from_payload(converter.to_payload(case.state), CaseState)
    assert back == case.state
    assert digest(back) == digest(case.state)
    assert type(back.stage) is Stage
    assert type(back.provisional) is tuple
    assert all(type(task.barred) is tuple for task in back.tasks.values())
    assert back.notice == case.state.notice
    assert back.approval == case.state.approval


@pytest.mark.parametrize("where", STATES)
def test_a_state_comes_back_from_its_row(where: str) -> None:
    state = STATES[where]().state
    back = state_from_json(json.loads(json.dumps(asdict(state))))
    assert (back, digest(back)) == (state, digest(state))


@pytest.mark.parametrize("where", STATES)
def test_a_state_that_came_back_decides_as_before(where: str) -> None:
    case, other = STATES[where](), STATES[where]()
    converter = DefaultPayloadConverter()
    other.state = converter.from_payload(converter.to_payload(other.state), CaseState)
    for step in (case, other):
        step.later(days=1).pay(10)
        if not step.state.closed:
            step.wake()
            step.pay(100_000)
    assert (case.state, case.steps) == (other.state, other.steps)
    assert digest(case.state) == digest(other.state)


def test_a_whole_run_is_handed_on_unchanged() -> None:
    life = CaseInput(CASE, LOAN, Rules(a_case().terms, CALENDAR), state=a_suit().state, seq=12)
    converter = DefaultPayloadConverter()
    assert converter.from_payload(converter.to_payload(life), CaseInput) == life


def test_every_state_has_a_name_of_its_own() -> None:
    names = {digest(build().state) for build in STATES.values()} | {digest(None)}
    assert len(names) == len(STATES) + 1


def test_the_order_of_keys_is_not_part_of_the_name() -> None:
    case = a_case().wake_until(Clock.ESCALATE)
    turned = asdict(case.state)
    for name in ("deadlines", "tasks"):
        turned[name] = dict(reversed(turned[name].items()))
    assert digest(state_from_json(turned)) == digest(case.state)


def _interact(case: Case, n: int) -> None:
    """One of a thousand things that happen to a case nobody gets to the end of."""
    if "follow_up" in case.state.tasks or "first_contact" in case.state.tasks:
        case.decide(
            next(TaskKind(kind) for kind in ("first_contact", "follow_up") if kind in case.state.tasks),
            Outcome.NO_ANSWER,
            by=f"{COLLECTOR}-{n % 12}",
        )
    elif "escalation" in case.state.tasks and n % 97:
        case.decide(TaskKind.ESCALATION, Outcome.KEEP, by=f"{LEAD}-{n % 4}")
    elif n % 5 == 0:
        case.pay(7, kind="fee" if n % 2 else "payment")
    else:
        case.wake()


def test_a_case_with_a_thousand_interactions_is_still_small() -> None:
    for case in (a_case(), a_review(), a_suit(), a_case(Stage.LEGAL)):
        for n in range(1_000):
            _interact(case, n)
        assert case.state.closed == ""
        assert len(case.steps) > 1_000
        assert len(canonical(asdict(case.state)).encode()) < 4_000


def test_nothing_in_a_state_grows_with_the_number_of_payments() -> None:
    case = a_case(overdue=100_000_000, balance=100_000_000)
    sizes = []
    for _ in range(300):
        payment = case.pay(3)
        case.reverse(payment, 1)
        case.pay(1, kind="fee")
        sizes.append(len(canonical(asdict(case.state))))
    assert sizes[-1] - sizes[0] < 40


def test_a_changed_state_is_what_replace_would_make_of_it() -> None:
    before = a_suit().state
    fields = {"surplus": 7, "hands": ("s-1",), "deadlines": {"idle": 5}}
    after = before.but(fields)
    assert after == replace(before, **fields)  # type: ignore[arg-type]
    assert list(asdict(after)) == list(asdict(before))
    assert before == a_suit().state, "the one it was made of is as it was"
    with pytest.raises(TypeError, match="a case has no surplu"):
        before.but({"surplu": 7})
