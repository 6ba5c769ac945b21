"""What came before a walk, said by a program at the same doors: as true as by hand, and quicker."""

import json
import urllib.request
from typing import Any

from tests.journeys.stack import RunningStack


def ask(
    stack: RunningStack, path: str, body: dict[str, Any] | None = None, token: str = ""
) -> dict[str, Any]:
    """JSON both ways; without a body it is a look. Raises HTTPError."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    sent = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{stack.base_url}/api/v1{path}", sent, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        told = answer.read()
    is_json = answer.headers.get_content_type() == "application/json"
    return dict(json.loads(told)) if is_json else {}


def token_of(stack: RunningStack, role: str) -> str:
    came = ask(stack, "/token", {"login": stack.login(role), "password": stack.password})
    return str(came["access_token"])


def decide(stack: RunningStack, role: str, case_id: str, kind: str, outcome: str, reason: str = "") -> None:
    """Takes the open task of this kind, reads what is to be read, answers it, and waits until the case has heard."""
    token, task = token_of(stack, role), f"/tasks/{stack.task(case_id, kind)}"
    ask(stack, f"{task}/claim", {}, token)
    if kind == "notice_release":
        ask(stack, f"{task}/letter", token=token)
    facts_no = ask(stack, task, token=token)["task"]["facts_no"]
    answer = {"outcome": outcome, "facts_no": facts_no} | ({"reason": reason} if reason else {})
    ask(stack, f"{task}/decision", answer, token)
    stack.settle(case_id)


def report_arrival(stack: RunningStack, case_id: str) -> None:
    """The carrier says it arrived in the minute it was sent, as e-mail does."""
    sent_at = stack.sent_at(case_id)
    assert sent_at is not None, "it went out"
    said = {"notice_id": stack.notice(case_id), "status": "arrived", "at": sent_at.isoformat()}
    ask(stack, "/deliveries", said, token_of(stack, "ops"))
    stack.settle(case_id)
