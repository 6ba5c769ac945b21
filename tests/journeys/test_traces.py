"""One decision is one trace: the request that took it, the relay that carried it, the step that applied it."""

import time

import pytest

from arrears.cli.tracing import ATTRIBUTES
from tests.journeys.before import ask, token_of
from tests.journeys.collector import Span
from tests.journeys.stack import RunningStack

pytestmark = pytest.mark.server

DOOR = "POST /api/v1/tasks/{task_id}/decision"


def _trace_of(stack: RunningStack, message_id: str) -> list[Span]:
    """Once all three parts have sent what they saw."""
    for _ in range(600):
        spans = stack.collector.spans()
        recorded = [
            one
            for one in spans
            if one.name == "record" and one.attributes["arrears.message_id"] == message_id
        ]
        for one in recorded:
            whole = [span for span in spans if span.trace_id == one.trace_id]
            if {"relay", "record", DOOR} <= {span.name for span in whole}:
                return whole
        time.sleep(0.05)
    raise TimeoutError("no such trace came")


def test_a_decision_is_one_trace_from_the_door_to_its_record(stack: RunningStack) -> None:
    case_id = stack.a_case()
    token, task_id = token_of(stack, "collector"), stack.task(case_id, "first_contact")
    ask(stack, f"/tasks/{task_id}/claim", {}, token)
    decision = {"outcome": "na", "facts_no": 1, "reason": "鸑鷟麟不在"}
    said = ask(stack, f"/tasks/{task_id}/decision", decision, token)
    stack.settle(case_id)
    spans = {span.name: span for span in _trace_of(stack, said["message_id"])}
    door, relay, record = spans[DOOR], spans["relay"], spans["record"]
    assert (door.parent_id, relay.parent_id, record.parent_id) == ("", door.span_id, door.span_id)
    assert door.attributes["http.status_code"] == 202
    named = {"arrears.case_id": case_id, "arrears.message_id": said["message_id"]}
    assert relay.attributes == named | {"arrears.signal": "task_decided", "arrears.attempt": 1}
    assert record.attributes == named | {"arrears.seq": 2, "arrears.verdict": "committed"}
    assert {name for span in stack.collector.spans() for name in span.attributes} <= ATTRIBUTES
    assert not any("鸑鷟麟".encode() in body for body in stack.collector.bodies)
