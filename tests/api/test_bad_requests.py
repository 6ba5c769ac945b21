"""Requests that two readers could read differently, or that try to be another one: each has its one answer."""

import gzip
import json
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import func, select

from api.routes import router
from api.strict import LARGEST_BODY, StrictRoute
from arrears.policy.tasks import Role
from arrears.store.tables import messages, payments, tasks
from tests.api import rows
from tests.api.conftest import Server
from tests.api.test_payments import BODY
from tests.api.test_routes_by_role import PLAN

JSON = "application/json"
PLAIN = json.dumps(BODY)


def _with(**changed: Any) -> bytes:
    return json.dumps(BODY | changed).encode()


def _text(old: str, new: str) -> bytes:
    assert old in PLAIN
    return PLAIN.replace(old, new).encode()


AMOUNT = '"amount_minor": 100000'
# Name: body, media type and other headers, status, why.
TABLE: dict[str, tuple[bytes, dict[str, str], int, str]] = {
    "broken": (b'{"payment_id": ', {}, 400, "unreadable"),
    "cut": (PLAIN[:-1].encode(), {}, 400, "unreadable"),
    "with a tail": (PLAIN.encode() + b"x", {}, 400, "unreadable"),
    "two objects": (PLAIN.encode() * 2, {}, 400, "unreadable"),
    "single quotes": (PLAIN.replace('"', "'").encode(), {}, 400, "unreadable"),
    "a comment": (b"/* x */" + PLAIN.encode(), {}, 400, "unreadable"),
    "a name twice": (_text(AMOUNT, f'{AMOUNT}, "amount_minor": 1'), {}, 400, "unreadable"),
    "a name twice, equal": (_text(AMOUNT, f"{AMOUNT}, {AMOUNT}"), {}, 400, "unreadable"),
    "a name twice, escaped": (_text(AMOUNT, f'{AMOUNT}, "\\u0061mount_minor": 1'), {}, 400, "unreadable"),
    "NaN": (_text(AMOUNT, '"amount_minor": NaN'), {}, 400, "unreadable"),
    "Infinity": (_text(AMOUNT, '"amount_minor": -Infinity'), {}, 400, "unreadable"),
    "1e999": (_text(AMOUNT, '"amount_minor": 1e999'), {}, 422, "invalid"),
    "5,000 digits": (_text(AMOUNT, f'"amount_minor": {"9" * 5000}'), {}, 400, "unreadable"),
    "4,000 digits": (_text(AMOUNT, f'"amount_minor": {"9" * 4000}'), {}, 422, "invalid"),
    "deep lists": (b"[" * 30_000 + b"]" * 30_000, {}, 400, "unreadable"),
    "deep objects": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, {}, 400, "unreadable"),
    "not UTF-8": (_text("L1", "张").decode().encode("gb18030"), {}, 400, "unreadable"),
    "a mark in front": (b"\xef\xbb\xbf" + PLAIN.encode(), {}, 400, "unreadable"),
    "UTF-16 unsaid": (PLAIN.encode("utf-16"), {}, 400, "unreadable"),
    "UTF-16 said": (PLAIN.encode("utf-16"), {"Content-Type": f"{JSON}; charset=utf-16"}, 415, "media_type"),
    "UTF-7 said": (PLAIN.encode(), {"Content-Type": f"{JSON}; charset=utf-7"}, 415, "media_type"),
    "UTF-8 said": (PLAIN.encode(), {"Content-Type": f"{JSON}; charset=UTF-8"}, 201, ""),
    "no media type": (PLAIN.encode(), {"Content-Type": ""}, 415, "media_type"),
    "plain text": (PLAIN.encode(), {"Content-Type": "text/plain"}, 415, "media_type"),
    "a form": (b"payment_id=P-1", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "media_type"),
    "a file": (PLAIN.encode(), {"Content-Type": "multipart/form-data; boundary=x"}, 415, "media_type"),
    "XML": (b"<payment/>", {"Content-Type": "application/xml"}, 415, "media_type"),
    "other JSON": (PLAIN.encode(), {"Content-Type": "application/vnd.api+json"}, 415, "media_type"),
    "two media types": (PLAIN.encode(), {"Content-Type": f"text/plain, {JSON}"}, 415, "media_type"),
    "packed": (gzip.compress(PLAIN.encode()), {"Content-Encoding": "gzip"}, 415, "media_type"),
    "packed to burst": (gzip.compress(b" " * 10**7), {"Content-Encoding": "gzip"}, 415, "media_type"),
    "said to be packed": (PLAIN.encode(), {"Content-Encoding": "identity, gzip"}, 415, "media_type"),
    "too large": (_with(designation="x" * LARGEST_BODY), {}, 413, "too_large"),
    "too large and said small": (b" " * (LARGEST_BODY + 1), {"Content-Length": "2"}, 413, "too_large"),
    "said to be too large": (b"{}", {"Content-Length": str(10**12)}, 422, "invalid"),
    "nothing": (b"", {}, 422, "invalid"),
    "blank": (b"   ", {}, 400, "unreadable"),
    "null": (b"null", {}, 422, "invalid"),
    "a list": (b"[]", {}, 422, "invalid"),
    "money with a point": (_with(amount_minor=100.0), {}, 422, "invalid"),
    "money as text": (_with(amount_minor="100"), {}, 422, "invalid"),
    "yes for money": (_with(amount_minor=True), {}, 422, "invalid"),
    "a number for a day": (_with(value_on=0), {}, 422, "invalid"),
    "a day in digits": (_with(value_on="1793577600"), {}, 422, "invalid"),
    "a day without dashes": (_with(value_on="20261102"), {}, 422, "invalid"),
    "a week for a day": (_with(value_on="2026-W45-1"), {}, 422, "invalid"),
    "a moment for a day": (_with(value_on="2026-11-02T00:00:00"), {}, 422, "invalid"),
    "a word not in the list": (_with(channel="cheque"), {}, 422, "invalid"),
    "a word in capitals": (_with(channel="Transfer"), {}, 422, "invalid"),
    "one for yes": (_with(provisional=1), {}, 422, "invalid"),
    "a field more": (_with(case_id="case-L1-1"), {}, 422, "invalid"),
    "a lone surrogate": (_text("L1", "\\\\ud800".replace("\\\\", "\\")), {}, 422, "invalid"),
    "full-width digits": (_with(currency="ＣＮＹ"), {}, 422, "invalid"),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_a_body_is_read_in_one_way_or_not_at_all(quick_server: Server, name: str) -> None:
    body, headers, status, why = TABLE[name]
    rows.a_case(quick_server.store)
    sent = {"Content-Type": JSON, "Idempotency-Key": "k", **headers}
    answer = quick_server.as_(Role.OPS).post("/api/v1/payments", content=body, headers=sent)
    assert (answer.status_code, answer.json().get("detail", "")) == (status, why)
    with quick_server.store.reading() as connection:
        kept = connection.execute(select(func.count()).select_from(payments)).scalar()
    assert kept == (1 if status == 201 else 0)


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ("limit=1&limit=200", [("query.limit", "repeated")]),
        ("limit=1&limit=1", [("query.limit", "repeated")]),
        ("cursr=x", [("query.?", "extra_forbidden")]),
        ("limit=1&13812345678=%E5%BC%A0", [("query.?", "extra_forbidden")]),
        ("Limit=1", [("query.?", "extra_forbidden")]),
        ("limit[]=1", [("query.?", "extra_forbidden")]),
        ("limit=1;status=open", [("query.limit", "value_error")]),
        ("_method=DELETE", [("query.?", "extra_forbidden")]),
        ("limit=٣", [("query.limit", "value_error")]),
        ("limit=1_0", [("query.limit", "value_error")]),
        ("limit=1e2", [("query.limit", "value_error")]),
        ("limit=-1", [("query.limit", "value_error")]),
        ("limit=0", [("query.limit", "greater_than_equal")]),
        ("limit=201", [("query.limit", "less_than_equal")]),
        ("limit=1000000000", [("query.limit", "value_error")]),
        ("limit=" + "9" * 5000, [("query.limit", "value_error")]),
        ("status=%00", [("query.status", "string_pattern_mismatch")]),
        ("status=open%0a", [("query.status", "string_pattern_mismatch")]),
    ],
)
def test_a_question_is_asked_with_known_parameters_once_each(
    quick_server: Server, query: str, faults: list[tuple[str, str]]
) -> None:
    answer = quick_server.as_(Role.OPERATOR).get(f"/api/v1/cases?{query}")
    assert answer.status_code == 422
    assert [(one["field"], one["why"]) for one in answer.json()["errors"]] == faults
    assert "13812345678" not in answer.text


def test_an_act_takes_no_parameters_in_its_address(quick_server: Server) -> None:
    case_id = rows.a_case(quick_server.store)
    task_id = rows.a_task(quick_server.store, case_id)
    client = quick_server.as_(Role.COLLECTOR)
    assert client.post(f"/api/v1/tasks/{task_id}/claim?to=s-lead").status_code == 422
    with quick_server.store.reading() as connection:
        assert connection.execute(select(tasks.c.assignee)).scalar() is None


@pytest.mark.parametrize(
    "headers",
    [
        {"X-HTTP-Method-Override": "POST"},
        {"X-HTTP-Method": "DELETE"},
        {"X-Method-Override": "PUT"},
        {"X-Original-URL": "/api/v1/freeze"},
        {"X-Rewrite-URL": "/api/v1/freeze"},
        {"X-Forwarded-Prefix": "/admin"},
        {"X-Request-Id": "13812345678\tforged"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_no_header_makes_another_request_of_it(quick_server: Server, headers: dict[str, str]) -> None:
    client = quick_server.as_(*Role)
    answer = client.get("/api/v1/cases", headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"items": [], "next": None})
    assert "13812345678" not in answer.headers["x-request-id"]
    with quick_server.store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(messages)).scalar() == 0


@pytest.mark.parametrize("key", ["k" * 129, "k" * 300, "k k", "k,k2", ""])
def test_a_key_of_a_strange_shape_keeps_nothing(quick_server: Server, key: str) -> None:
    rows.a_case(quick_server.store)
    sent = (
        [("Idempotency-Key", key)] if "," not in key else [("Idempotency-Key", one) for one in key.split(",")]
    )
    answer = quick_server.as_(Role.OPS).post("/api/v1/payments", json=BODY, headers=sent)
    assert (answer.status_code, answer.json()["detail"]) == (400, "key_missing")


def test_what_a_thing_is_not_called_is_not_there(quick_server: Server) -> None:
    """An id is one text: no braces, no urn, no other case, no other shape of the same."""
    case_id = rows.a_case(quick_server.store)
    client = quick_server.as_(Role.OPERATOR)
    assert client.get(f"/api/v1/cases/{case_id}").status_code == 200
    for other in (f"{{{case_id}}}", f"urn:case:{case_id}", case_id.upper(), f"{case_id}%20", f"%20{case_id}",
                  f"{case_id}.json", case_id.replace("-", "%E2%80%90"), f"{case_id}%00", f"./{case_id}x"):  # fmt: skip
        answer = client.get(f"/api/v1/cases/{other}", follow_redirects=True)
        assert answer.status_code == 404, other


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "HEAD", "CONNECT", "BREW"])
def test_another_method_is_told_which_there_are(quick_server: Server, method: str) -> None:
    client = quick_server.as_(*Role)
    answer = client.request(method, "/api/v1/tasks/claim")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    both = client.request(method, "/api/v1/cases/case-L1-1/plans")
    assert (both.status_code, both.headers["allow"]) == (405, "GET, POST")


def test_every_route_of_the_api_reads_strictly() -> None:
    for context in iter_route_contexts(router.routes):
        if (context.path or "").startswith("/api/"):
            assert isinstance(context.original_route, StrictRoute), context.path


@pytest.mark.parametrize("day", ["0001-01-01", "1582-10-10", "9999-12-31"])
def test_a_day_at_the_end_of_all_days_breaks_nothing(quick_server: Server, day: str) -> None:
    """Where it cannot be it is refused, and where it can be (a hold without an end) nothing overflows."""
    case_id = rows.a_case(quick_server.store)
    task_id = rows.a_task(quick_server.store, case_id, role=Role.COLLECTOR)
    attempt_id = rows.an_attempt(quick_server.store, case_id, actor="s-everybody")
    client = quick_server.as_(*Role)
    heard = {"key": "k", "action": "in_call", "result": "ptp", "amount_minor": 1}
    plan = PLAN | {"first_due_on": day}
    for path, body in {
        "payments": BODY | {"value_on": day},
        "payments ": BODY | {"booked_on": day},
        "eod": {"business_date": day},
        f"tasks/{task_id}/decision": {"outcome": "ptp", "facts_no": 1, "amount_minor": 1, "on": day},
        f"contacts/{attempt_id}/result": {"result": "ptp", "amount_minor": 1, "on": day},
        f"contacts/{attempt_id}/result ": {"result": "na", "made_at": f"{day}T00:00:00+14:00"},
        f"cases/{case_id}/contacts": heard | {"on": day},
        f"cases/{case_id}/contacts ": heard | {"key": "k2", "at": f"{day}T23:59:59-12:00"},
        f"cases/{case_id}/plans": plan,
        f"cases/{case_id}/holds": {"kind": "dispute", "reason": "x", "until": day},
        "deliveries": {"notice_id": "n", "status": "arrived", "at": f"{day}T00:00:00Z"},
    }.items():
        headers = {"Idempotency-Key": f"{path}{day}".replace(" ", "")}
        answer = client.post(f"/api/v1/{path.strip()}", json=body, headers=headers)
        assert answer.status_code < 500, (path, answer.text)
