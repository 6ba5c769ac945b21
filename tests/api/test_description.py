"""The API against its own description, as each role and as nobody: what fits, what almost fits, and one call after another.

A run takes few examples; `ARREARS_TEST_EXAMPLES=100 pytest tests/api/test_description.py` takes its time.
"""

import os
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
import schemathesis
from fastapi.routing import iter_route_contexts
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.auth.permissions import GRANTS
from api.auth.tokens import Kind
from api.deps import declared_by
from api.description import description
from api.routes import router
from arrears.policy.tasks import Role
from tests.api import rows
from tests.api.auth.test_senders import signed
from tests.api.conftest import BANK_SECRETS, Machine, Server

pytestmark = pytest.mark.slow

EXAMPLES: Final = int(os.environ.get("ARREARS_TEST_EXAMPLES", "2"))
DESCRIPTION: Final = description(router.routes)
CANARIES: Final = (rows.NAME, rows.PHONE, rows.MAIL, "310101199001011234", "样本市演示路9号")
OURS: Final = ("Traceback", 'File "', ".py", "sqlalchemy", "psycopg", "sqlite", "pydantic")
Chosen = Callable[[Any], bool]


# ---- checks of our own ---------------------------------------------------------------------------------------


@schemathesis.check
def an_answer_has_its_number(_ctx: Any, response: Any, _case: Any) -> None:
    [number] = response.headers["x-request-id"]
    assert len(number) == 16
    if response.status_code >= 400:
        assert response.json()["request_id"] == number


@schemathesis.check
def a_refusal_repeats_nothing_and_shows_nothing_of_ours(_ctx: Any, response: Any, case: Any) -> None:
    if response.status_code < 400:
        return
    text = response.text
    assert not [word for word in (*CANARIES, *OURS) if word in text]
    assert not [word for word in _long_words(case.body) if word in text]


@schemathesis.check
def nobody_is_named_in_full_but_to_who_works_the_case(_ctx: Any, response: Any, case: Any) -> None:
    """The number of a call is told to whoever may make it now; a name to whoever holds the task."""
    may_stand = {rows.PHONE} if case.operation.path == "/api/v1/contacts" else {rows.NAME}
    assert not [word for word in set(CANARIES) - may_stand if word in response.text]


@schemathesis.check
def what_fits_the_description_is_never_refused_for_its_shape(_ctx: Any, response: Any, case: Any) -> None:
    """What the rules refuse says so in words of ours, without the place in the body that a wrong shape has."""
    fits = case.meta is None or case.meta.generation.mode.is_positive
    if fits and response.status_code == 422:
        faults = [fault for fault in response.json().get("errors", []) if _is_of_shape(fault)]
        assert not [fault for fault in faults if fault["why"] not in _STRICTER]


# To JSON Schema 1.0 is a whole number; money written with a point is refused on purpose. Nor can it say between which
# years a day lies.
_STRICTER: Final = {"int_type", "no_such_day"}


def _is_of_shape(fault: dict[str, str]) -> bool:
    return re.match(r"(body|query|path|header)\.", fault["field"]) is not None


def _long_words(sent: Any) -> Iterator[str]:
    match sent:
        case str():
            if len(sent) >= 10 and not sent.isascii():
                yield sent
        case dict():
            for value in sent.values():
                yield from _long_words(value)
        case list():
            for value in sent:
                yield from _long_words(value)


# ---- runs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
def test_whatever_a_role_sends_is_answered_as_described(quick_server: Server, role: Role) -> None:
    person = quick_server.person(role)
    token = quick_server.entrance.tokens.issue(person, kind=Kind.PERSONAL).token
    known = _things(quick_server, role)
    mine = _doors_of(role)
    headers = {"Authorization": f"Bearer {token}"}
    assert _run(quick_server.app, lambda door: door in mine, headers=headers, known=known) == []
    shut = _run(quick_server.app, lambda door: door not in mine, headers=headers, known=known, briefly=True)
    assert shut == []


def test_whatever_nobody_sends_is_answered_as_described(quick_server: Server) -> None:
    """The doors that are open: a password, health, and what the core bank signs."""
    rows.a_case(quick_server.store)
    bank = Bank(quick_server.app, quick_server.machine)
    assert _run(bank, lambda door: door in _doors_of(None)) == []
    assert _run(quick_server.app, lambda door: door not in _doors_of(None), briefly=True) == []


class Bank:
    """Signs on the way what would be an event but for its signature: no generator can."""

    def __init__(self, app: ASGIApp, machine: Machine) -> None:
        self._app = app
        self._machine = machine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _lacks_a_signature_alone(scope):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        message = await receive()
        sign = signed(
            message.get("body", b"").decode("utf-8", "replace"),
            by=BANK_SECRETS["corebank"][0],
            at=self._machine.now,
            webhook_id=headers["webhook-id"],
        )
        kept = [pair for pair in scope["headers"] if pair[0] not in dict(sign.raw)]

        async def again() -> Any:
            return message

        scope["path"], scope["raw_path"] = "/api/v1/hooks/corebank", b"/api/v1/hooks/corebank"
        scope["headers"] = [*kept, *sign.raw]
        await self._app(scope, again, send)


def _lacks_a_signature_alone(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    stamp = headers.get("webhook-timestamp", "")
    named = headers.get("webhook-id") and headers.get("webhook-signature")
    source = re.fullmatch(r"/api/v1/hooks/[a-z][a-z0-9-]{0,31}", scope["path"])
    return bool(named and stamp.isdigit() and source)


def _doors_of(role: Role | None) -> set[str]:
    """Labels of the operations this role may use on some object, or that are open to everybody."""
    found = set()
    for context in iter_route_contexts(router.routes):
        [permission, *_] = declared_by(context)
        may = permission is None if role is None else permission is not None and role in GRANTS[permission]
        found |= {f"{method} {context.path}" for method in context.methods or () if may}
    return found


def _things(server: Server, role: Role) -> dict[str, str]:
    """One of each to ask about; the task is this person's."""
    staff_id = server.person(role).staff_id
    case_id = rows.a_case(server.store)
    return {
        "case_id": case_id,
        "task_id": rows.a_task(server.store, case_id, role=role, assignee=staff_id),
        "message_id": rows.a_message(server.store, case_id, actor=staff_id),
        "attempt_id": rows.an_attempt(server.store, case_id, actor=staff_id),
        "incident_id": rows.an_incident(server.store),
        "hold_id": rows.a_hold(server.store, case_id),
        "contact_id": rows.a_way(server.store, case_id),
        "payment_id": rows.a_provisional_payment(server.store, "L1"),
    }


def _run(
    app: Any,
    chosen: Chosen,
    *,
    headers: dict[str, str] | None = None,
    known: dict[str, str] | None = None,
    briefly: bool = False,
) -> list[str]:
    """What was found, each with the request that shows it; `briefly` where the answer is always the same no."""
    config = SchemathesisConfig.from_dict(
        {
            "headers": headers or {},
            "seed": 1,
            "generation": {
                "deterministic": True,
                "database": "none",
                "max-examples": 1 if briefly else EXAMPLES,
            },
            "parameters": {f"path.{name}": value for name, value in (known or {}).items()},
            # A day to come, figures of yesterday, a cursor of nobody: 422 by the rules, which no description can
            # say. That it is the rules and not the shape is checked above.
            "checks": {
                "positive_data_acceptance": {"expected-statuses": [*_TAKEN, "422"]},
                "negative_data_rejection": {"expected-statuses": [*_REFUSED, "413"]},
            },
            "phases": {
                "coverage": {"enabled": not briefly},
                # Of what anybody may ask nothing leads to anything else.
                "stateful": {"enabled": bool(headers) and not briefly, "max-steps": 5},
            },
        }
    )
    schema: Any = schemathesis.openapi.from_dict(DESCRIPTION, config=config)
    schema.app = app
    wanted = schema.include(func=lambda ctx: chosen(ctx.operation.label))
    if not list(wanted.get_all_operations()):  # an administrator has no door of the API
        return []
    return [fault for event in from_schema(wanted).execute() for fault in _faults(event)]


_TAKEN: Final = ("2xx", "401", "403", "404", "409")
_REFUSED: Final = ("400", "401", "403", "404", "405", "409", "415", "422", "429")


def _faults(event: Any) -> Iterator[str]:
    if isinstance(event, events.NonFatalError | events.FatalError):
        yield f"{event}"
    if isinstance(event, events.ScenarioFinished):
        for case_id, checks in event.recorder.checks.items():
            for check in checks:
                if check.status is Status.FAILURE:
                    yield _told(check, event.recorder, case_id)


def _told(check: Any, recorder: Any, case_id: str) -> str:
    request = recorder.cases[case_id].value
    seen = recorder.interactions[case_id].response
    answer = "" if seen is None else f"{seen.status_code} {seen.text[:300]}"
    why = check.failure_info.failure if check.failure_info else ""
    return f"{check.name}: {why}\n{request.as_curl_command()}\n{answer}"
