"""A page and a program answer a task by one model: what one may say the other may, and what is wrong has one name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.desk.answering import Answer
from api.forms import DecisionIn
from arrears.policy.profile import TELLS
from arrears.policy.tasks import WORK, TaskKind
from tests.builders import CaseRoom
from tests.web.branch import Branch
from web.forms import DecisionForm
from web.language import speaking

KINDS = [(kind, outcome) for kind in TaskKind for outcome in WORK[kind].outcomes]


@pytest.mark.parametrize(("kind", "outcome"), KINDS)
def test_an_answer_typed_and_the_same_answer_sent_are_one(kind: TaskKind, outcome: str) -> None:
    sent = DecisionIn(outcome=outcome, facts_no=3, reason="看过", recording_id="rec-1").answer()
    typed = DecisionForm(outcome, "3", " 看过 ", recording_id="rec-1")
    assert typed.read("CNY") == sent


@given(st.builds(DecisionForm, outcome=st.sampled_from([*TELLS, "ptp", "dispute", "", "x y"]) | st.text()))
def test_whatever_is_typed_is_an_answer_or_a_fault_in_words(form: DecisionForm) -> None:
    with speaking("en"):
        read = form.read("CNY")
        assert isinstance(read, Answer) or all(form.told(read).values())


@pytest.mark.parametrize(
    ("typed", "sent", "field"),
    [
        ({"outcome": "ptp"}, {"outcome": "ptp"}, {"amount": "amount_minor", "on": "on"}),
        ({"outcome": "rtp"}, {"outcome": "rtp"}, {"reason": "reason"}),
        ({"outcome": "escalate"}, {"outcome": "escalate"}, {"outcome": "outcome"}),
        ({"outcome": "na", "reason": "字" * 4001}, None, {"reason": "reason"}),
        ({"outcome": "na", "reason": "a\x00b"}, None, {"reason": "reason"}),
        ({"outcome": "na", "recording_id": "a b"}, None, {"recording_id": "recording_id"}),
        (
            {"outcome": "ptp", "amount": "0"},
            {"outcome": "ptp", "amount_minor": 0},
            {"amount": "amount_minor"},
        ),
        ({"outcome": "noint", "cause": "greed"}, None, {"cause": "cause"}),
    ],
    ids=str,
)
def test_what_is_wrong_stands_beside_the_same_field_for_both(
    branch: Branch,
    room: CaseRoom,
    typed: dict[str, str],
    sent: dict[str, object] | None,
    field: dict[str, str],
) -> None:
    task_id = room.task(room.a_case(), "first_contact").task_id
    desk, visitor = branch.at("collector"), branch.visitor()
    page = desk.client.post(f"/tasks/{task_id}/decision", data={"csrf": desk.csrf, "facts_no": "1", **typed})
    token = branch.entrance.tokens.issue(desk.person).token
    answer = visitor.post(
        f"/api/v1/tasks/{task_id}/decision",
        json={"facts_no": 1, **(typed if sent is None else sent)},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert (page.status_code, answer.status_code) == (422, 422)
    assert {fault["field"] for fault in answer.json()["errors"]} == set(field.values())
    assert all(f'href="#f-{name}"' in page.text for name in field)
