import itertools
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Request
from sqlalchemy import func, select
from starlette.responses import PlainTextResponse, Response

from api import errors
from api.desk.errors import DeskError, Invalid
from api.errors import Problem
from arrears.policy.tasks import Role
from arrears.store.tables import messages, payments
from tests.api import rows
from tests.api.conftest import Server
from tests.api.doorway import Doorway
from tests.api.test_payments import BODY

CANARY = "13812345678 张三 <x>"
LIMIT = 64 * 1024

HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "null": b"null",
    "a number": b"7",
    "a list": b"[]",
    "a list of lists": b"[[[]]]",
    "a word": b'"x"',
    "not JSON": b"{",
    "half a word": b'{"a',
    "NaN": b"NaN",
    "infinite": b'{"amount_minor": Infinity, "facts_no": 1e400}',
    "deep": b"[" * 30_000,
    "deep and closed": b"[" * 20_000 + b"]" * 20_000,
    "deep objects": b'{"a":' * 8_000,
    "long number": b'{"facts_no": ' + b"9" * 30_000 + b"}",
    "not UTF-8": b'{"reason": "\xff\xfe"}',
    "UTF-16": json.dumps({"note": "x"}).encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "lone surrogate": b'{"reason": "\\ud800", "outcome": "\\udfff", "login": "\\ud800", "password": "\\ud800aaaaaaaaaaaaa"}',
    "NUL": b'{"reason": "a\\u0000b", "outcome": "\\u0000", "login": "\\u0000", "password": "aaaaaaaaaaaa\\u0000"}',
    "names of ours": b'{"__class__": {}, "__proto__": {"admin": true}, "constructor": 1}',
    "a name twice": b'{"outcome": "na", "outcome": "sue", "facts_no": 1, "facts_no": 2}',
    "objects for words": b'{"outcome": {"$ne": null}, "facts_no": {"$gt": 0}, "login": {}, "password": []}',
    "SQL": b'{"outcome": "na", "facts_no": 1, "reason": "\'); drop table messages; --", "on": "\' or 1=1"}',
    "CRLF": b'{"note": "a\\r\\nSet-Cookie: x=1"}',
    "many fields": json.dumps({f"f{number}": number for number in range(3000)}).encode(),
    "a canary as a name": json.dumps({CANARY: CANARY}).encode(),
    "canaries as values": json.dumps(
        dict.fromkeys([*BODY, "outcome", "facts_no", "login", "on"], CANARY)
    ).encode(),
}
POSTS = [
    "/api/v1/token",
    "/api/v1/tasks/{task_id}/claim",
    "/api/v1/tasks/{task_id}/release",
    "/api/v1/tasks/{task_id}/decision",
    "/api/v1/payments",
    "/api/v1/deliveries",
    "/api/v1/incidents/{incident_id}/close",
]


MEDIA = ["application/json", "application/x-www-form-urlencoded", "text/plain", ""]


def test_a_hostile_body_is_the_sender_s_fault_and_is_not_repeated(server: Server) -> None:
    names = {
        "task_id": rows.a_task(server.store, rows.a_case(server.store)),
        "incident_id": rows.an_incident(server.store),
    }
    client = server.as_(*Role)
    for (name, body), path in itertools.product(HOSTILE.items(), POSTS):
        for media in MEDIA if name.startswith("a canary") else MEDIA[:1]:
            # A try that waits is not looked at, so time goes on.
            server.machine.pass_(minutes=2)
            client = server.as_(*Role)
            headers = {"Content-Type": media, "Idempotency-Key": "k"}
            answer = client.post(path.format(**names), content=body, headers=headers)
            case = (name, path, media, answer.status_code, answer.text)
            assert answer.status_code < 500, case
            assert path.endswith(("claim", "release")) or answer.status_code in (400, 401, 415, 422), case
            assert answer.status_code != 401 or path == "/api/v1/token", case
            assert "13812345678" not in answer.text, case
            assert "张" not in answer.text, case
    with server.store.reading() as connection:
        for table in (messages, payments):
            assert connection.execute(select(func.count()).select_from(table)).scalar() == 0


def test_a_body_that_is_too_large_is_not_read(quick_server: Server) -> None:
    client = quick_server.as_(Role.OPS)
    for content in (b"x" * (LIMIT + 1), json.dumps(BODY | {"designation": "x" * LIMIT}).encode()):
        headers = {"Content-Type": "application/json", "Idempotency-Key": "k"}
        answer = client.post("/api/v1/payments", content=content, headers=headers)
        assert (answer.status_code, answer.json()["detail"]) == (413, "too_large")


STRANGE_IDS = [
    "%00",
    "a%00b",
    "%ff%fe",
    "%ed%a0%80",
    "'%20or%201=1--",
    "..%2f..%2fetc",
    "x" * 5000,
    "%e5%bc%a0",
    "{}",
    "a%0d%0ab",
]


def test_an_id_that_cannot_be_is_not_there(server: Server) -> None:
    client = server.as_(*Role)
    for some_id in STRANGE_IDS:
        for path in ("cases/{}", "cases/{}/timeline", "tasks/{}", "messages/{}"):
            assert client.get("/api/v1/" + path.format(some_id)).status_code == 404, path
        for path in ("tasks/{}/claim", "tasks/{}/release", "incidents/{}/close", "tasks/{}/decision"):
            body = {"reason": "x"} if "incidents" in path else {"outcome": "na", "facts_no": 1}
            answer = client.post("/api/v1/" + path.format(some_id), json=body)
            assert answer.status_code == 404, (path, some_id)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "limit=1e9",
        "limit=%00",
        "status=%00",
        "stage=%ff",
        "whose=all",
        "limit=-1",
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(quick_server: Server, query: str) -> None:
    client = quick_server.as_(*Role)
    paths = {"stage": ["cases"], "whose": ["tasks"], "status": ["cases", "incidents"]}
    for path in paths.get(query.partition("=")[0], ["cases", "tasks", "incidents"]):
        answer = client.get(f"/api/v1/{path}?{query}")
        assert answer.status_code == 422, path
        assert set(answer.json()) == {"type", "title", "status", "detail", "request_id", "errors"}


def test_problems_have_one_shape(quick_server: Server) -> None:
    answer = quick_server.as_(Role.COLLECTOR).get("/api/v1/cases/none")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "type": "urn:arrears:problem:not_found",
        "title": "Not Found",
        "status": 404,
        "detail": "not_found",
        "request_id": answer.headers["x-request-id"],
    }
    unsigned = quick_server.anyone().get("/api/v1/tasks")
    assert unsigned.headers["www-authenticate"] == "Bearer"
    assert quick_server.anyone().get("/api/v1/nothing").json()["detail"] == "not_found"
    assert quick_server.anyone().put("/api/v1/tasks").json()["detail"] == "method_not_allowed"


# ---- the table itself ---------------------------------------------------------------------------------------


def _app(error: Exception, page: errors.Page | None = None) -> httpx.Client:
    app = FastAPI(openapi_url=None)

    def fails() -> None:
        raise error

    app.add_api_route("/api/fails", fails)
    app.add_api_route("/page", fails)
    errors.install(app, page=page)
    return httpx.Client(transport=Doorway(app), base_url="http://127.0.0.1")


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(CANARY),
        KeyError(CANARY),
        ExceptionGroup(CANARY, [ValueError(CANARY)]),
        HTTPException(418, CANARY),
        HTTPException(400, {"said": CANARY}),
        RecursionError(CANARY),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_words_of_an_exception_reach_the_answer(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = _app(error).get("/api/fails")
    assert answer.status_code >= 400
    assert "13812345678" not in answer.text
    assert "Traceback" not in answer.text
    if answer.status_code == 500:
        reference = answer.json()["request_id"]
        logged = capsys.readouterr().out
        assert reference in logged
        assert "13812345678" not in logged


def _of_desk(error: type[DeskError]) -> list[type[DeskError]]:
    return [error, *(found for below in error.__subclasses__() for found in _of_desk(below))]


@pytest.mark.parametrize("kind", _of_desk(DeskError), ids=lambda kind: kind.__name__)
def test_every_no_of_the_desk_has_a_status_and_words(kind: type[DeskError]) -> None:
    problem = errors.problem_of(kind.__new__(kind)) if not issubclass(kind, Invalid) else None
    assert 400 <= kind.status < 500
    assert problem is None or (problem.status, problem.message_id) == (kind.status, kind.message_id)


@pytest.mark.parametrize("kind", errors.TABLE, ids=lambda kind: kind.__name__)
def test_a_more_special_error_is_found_by_its_kind(kind: type[Exception]) -> None:
    special = type("Special", (kind,), {"__init__": lambda self: None})
    error: Any = special()
    error.seconds = 3
    problem = errors.problem_of(error)
    assert (problem.status, problem.message_id) == errors.TABLE[kind]


def test_pages_are_drawn_for_people_and_never_for_programs() -> None:
    def page(_request: Request, problem: Problem) -> Response:
        return PlainTextResponse(f"sorry, {problem.message_id}", problem.status)

    async def page_later(request: Request, problem: Problem) -> Response:
        return page(request, problem)

    drawing: list[Callable[..., Any]] = [page, page_later]
    for draw in drawing:
        client = _app(HTTPException(404), draw)
        assert client.get("/page").text == "sorry, not_found"
        assert client.get("/api/fails").json()["detail"] == "not_found"
        assert client.get("/api/nothing").json()["detail"] == "not_found"
        assert client.get("/nothing").text == "sorry, not_found"
