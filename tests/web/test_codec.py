"""The Temporal UI has payloads opened by us: for operators, from the UI's own address, and for nobody else."""

import asyncio
import json
import os
from base64 import b64decode, b64encode
from dataclasses import replace

import httpx
import pytest
from temporalio.api.common.v1 import Payload

from tests.web.branch import UI, Branch, Desk
from workflows.envelope import Envelope

PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"case-L1-1"')


@pytest.fixture
def envelope(branch: Branch) -> Envelope:
    made = Envelope({"a": os.urandom(32)})
    branch.app.state.office = replace(branch.app.state.office, envelope=made)
    return made


def _json(payload: Payload) -> dict[str, object]:
    return {
        "metadata": {name: b64encode(value).decode() for name, value in payload.metadata.items()},
        "data": b64encode(payload.data).decode(),
    }


def _ask(desk: Desk, body: object, *, origin: str = UI) -> httpx.Response:
    headers = {"Origin": origin, "Content-Type": "application/json", "Sec-Fetch-Site": "same-site"}
    return desk.client.post("/codec/decode", content=json.dumps(body), headers=headers)


def test_an_operator_reads_what_is_sealed(branch: Branch, envelope: Envelope) -> None:
    (sealed,) = asyncio.run(envelope.encode([PLAIN]))
    answer = _ask(branch.at("operator"), {"payloads": [_json(sealed), _json(PLAIN)]})
    assert answer.status_code == 200
    assert [b64decode(one["data"]) for one in answer.json()["payloads"]] == [PLAIN.data, PLAIN.data]
    assert answer.headers["access-control-allow-origin"] == UI
    assert answer.headers["access-control-allow-credentials"] == "true"


def test_the_browser_may_ask_before(branch: Branch, envelope: Envelope) -> None:
    headers = {"Origin": UI, "Access-Control-Request-Method": "POST"}
    answer = branch.visitor().options("/codec/decode", headers=headers)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (204, UI)
    other = branch.visitor().options("/codec/decode", headers={**headers, "Origin": "https://evil.example"})
    assert other.status_code == 403
    assert "access-control-allow-origin" not in other.headers


def test_nobody_else_reads_it(branch: Branch, envelope: Envelope) -> None:
    assert _ask(branch.at("collector"), {"payloads": []}).status_code == 403
    assert _ask(branch.at("operator"), {"payloads": []}, origin="https://evil.example").status_code == 403
    assert _ask(branch.at("operator"), {"payloads": []}, origin="null").status_code == 403
    visitor = branch.visitor()
    visitor.headers["Origin"] = UI
    assert visitor.post("/codec/decode", json={"payloads": []}).status_code in (303, 401)


@pytest.mark.parametrize("body", ["{", '{"payloads": 3}', '{"payloads": [{"what": 1}]}', ""])
def test_what_is_no_question_is_refused(branch: Branch, envelope: Envelope, body: str) -> None:
    headers = {"Origin": UI, "Content-Type": "application/json"}
    assert (
        branch.at("operator").client.post("/codec/decode", content=body, headers=headers).status_code == 400
    )


def test_too_much_at_once_is_refused(branch: Branch, envelope: Envelope) -> None:
    headers = {"Origin": UI, "Content-Type": "application/json"}
    answer = branch.at("operator").client.post("/codec/decode", content=b" " * (5 * 2**20), headers=headers)
    assert answer.status_code == 413


def test_where_nothing_is_sealed_there_is_no_such_thing(branch: Branch) -> None:
    assert _ask(branch.at("operator"), {"payloads": []}).status_code == 404
