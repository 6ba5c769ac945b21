"""Every route, every role, every way to stand to the object: what comes back is what the table says."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from api.auth.permissions import GRANTS, Permission, Relation
from api.deps import declared_by
from arrears.policy.tasks import Role
from tests.api import rows
from tests.api.conftest import Server

_number = count(1)

# How the person may stand to the task or message in the path, and which relations that gives.
TASKS: Final[dict[str, set[Relation]]] = {
    "held": {Relation.OWN, Relation.OF_ROLE, Relation.FIT},
    "free": {Relation.OF_ROLE, Relation.FIT},
    "barred": {Relation.OF_ROLE},
    "of another role": set(),
}
MESSAGES: Final[dict[str, set[Relation]]] = {"own": {Relation.OWN}, "of a colleague": set()}
SCENES: Final = TASKS | MESSAGES | {"": set()}


@dataclass
class Request:
    """A request that fits the route, with the names of objects in braces; `good` answers whom it is meant for."""

    good: int
    json: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)


DECISION: Final = {"outcome": "na", "facts_no": 1}
PAYMENT: Final = {
    "payment_id": "P1",
    "loan_id": "LX",
    "booked_on": "2026-11-01",
    "value_on": "2026-11-01",
    "amount_minor": 100,
    "currency": "CNY",
}
PLAN: Final = {
    "method": "equal_parts",
    "amount_minor": 120_000,
    "periods": 6,
    "first_due_on": "2026-12-02",
    "charges": "stop",
    "acceptance": "signed",
    "proof": "DOC-1",
    "unable_and_willing": True,
    "no_new_card": True,
    "rights_and_breach": True,
    "facts_no": 1,
}
DELIVERY: Final = {"notice_id": "{notice_id}", "status": "arrived", "at": "2026-11-01T09:00:00+08:00"}
CONTACT: Final = {"key": "k1", "case_id": "{case_id}", "action": "out_call"}
REQUESTS: Final[dict[str, Request]] = {
    "GET /api/v1/openapi.json": Request(200),
    "GET /api/v1/cases": Request(200),
    "GET /api/v1/cases/{case_id}": Request(200),
    "GET /api/v1/cases/{case_id}/timeline": Request(200),
    "GET /api/v1/cases/{case_id}/plans": Request(200),
    "POST /api/v1/cases/{case_id}/plans": Request(202, PLAN),
    "GET /api/v1/tasks": Request(200),
    "GET /api/v1/tasks/{task_id}": Request(200),
    "POST /api/v1/tasks/claim": Request(200, {"tasks": ["t-1"]}),
    "POST /api/v1/tasks/assign": Request(200, {"tasks": ["t-1"], "to": "{staff_id}"}),
    "POST /api/v1/tasks/{task_id}/claim": Request(200),
    "POST /api/v1/tasks/{task_id}/release": Request(200),
    "POST /api/v1/tasks/{task_id}/decision": Request(202, DECISION),
    "GET /api/v1/tasks/{task_id}/letter": Request(404),
    "GET /api/v1/messages/{message_id}": Request(200),
    "POST /api/v1/payments": Request(201, PAYMENT, {"Idempotency-Key": "k"}),
    "POST /api/v1/payments/{payment_id}/final": Request(201),
    "POST /api/v1/eod": Request(201, {"business_date": "2026-11-02"}),
    "POST /api/v1/deliveries": Request(202, DELIVERY),
    "POST /api/v1/contacts": Request(201, CONTACT),
    "POST /api/v1/contacts/{attempt_id}/result": Request(200, {"result": "na"}),
    "POST /api/v1/contacts/{attempt_id}/drop": Request(200),
    "POST /api/v1/cases/{case_id}/contacts": Request(
        201, {"key": "k1", "action": "in_call", "result": "noint"}
    ),
    "POST /api/v1/cases/{case_id}/holds": Request(202, {"kind": "dispute", "reason": "金额不对"}),
    "POST /api/v1/cases/{case_id}/holds/{hold_id}/end": Request(202, {"reason": "已查清"}),
    "POST /api/v1/freeze": Request(201, {"reason": "系统异常"}),
    "POST /api/v1/freeze/{stop_id}/end": Request(204, {"reason": "已恢复"}),
    "POST /api/v1/cases/{case_id}/contacts/{contact_id}/consent": Request(204, {"given": False}),
    "GET /api/v1/incidents": Request(200),
    "POST /api/v1/incidents/{incident_id}/close": Request(200, {"reason": "looked into"}),
}
FOR_EVERYONE: Final = {
    "POST /api/v1/token",
    "POST /api/v1/hooks/{source}",  # to whoever signs
    "GET /health/live",
    "GET /health/ready",
    "GET /metrics",
}


def test_no_route_is_left_out(quick_server: Server) -> None:
    assert set(_declared(quick_server)) == set(REQUESTS) | FOR_EVERYONE


@pytest.mark.slow
@pytest.mark.parametrize("role", Role)
def test_each_role_gets_what_the_table_says(quick_server: Server, role: Role) -> None:
    expected, found = {}, {}
    for route, permission in _declared(quick_server).items():
        if permission is None:
            continue
        for scene in _scenes(route):
            expected[route, scene] = _expected(route, permission, role, scene)
            found[route, scene] = _ask(quick_server, route, role, scene)
    assert found == expected


def test_without_signing_in_every_door_is_shut(quick_server: Server) -> None:
    client = quick_server.anyone()
    for route, request in REQUESTS.items():
        method, path = route.split()
        answer = client.request(method, path, json=request.json, headers=request.headers)
        assert (answer.status_code, answer.json()["detail"]) == (401, "not_signed_in"), route


def test_the_same_things_under_other_methods_do_not_exist(quick_server: Server) -> None:
    client = quick_server.as_(*Role)
    for route in REQUESTS:
        method, path = route.split()
        for other in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - {method}:
            answer = client.request(other, path)
            known = f"{other} {path}" in REQUESTS
            assert known or answer.status_code in (404, 405), (other, path)


def _declared(server: Server) -> dict[str, Permission | None]:
    """Routes as the app has them; None where everyone may."""
    found: dict[str, Permission | None] = {}
    for context in iter_route_contexts(server.app.routes):
        assert isinstance(context.original_route, APIRoute)
        declared = declared_by(context)
        assert declared, context.path
        for method in context.methods or ():
            found[f"{method} {context.path}"] = None if None in declared else declared[0]
    return found


def _scenes(route: str) -> list[str]:
    if "{task_id}" in route:
        return list(TASKS)
    return list(MESSAGES) if "{message_id}" in route else [""]


def _expected(route: str, permission: Permission, role: Role, scene: str) -> int:
    good = REQUESTS[route].good
    if role not in GRANTS[permission]:
        return 403
    if not scene:
        return good
    if route.endswith("/letter"):
        return good  # no such task here has one; tests/web/test_relations asks for one that has
    stands = SCENES[scene] | {Relation.ANY}
    if permission is Permission.READ_MESSAGE:
        return good if GRANTS[permission][role] & stands else 404
    if not GRANTS[Permission.READ_TASK].get(role, frozenset()) & stands:
        return 404
    # Giving back what nobody holds changes nothing; whoever could take the task may try.
    needed = Permission.DECIDE_TASK if permission is Permission.RELEASE_TASK else permission
    return good if GRANTS[needed].get(role, frozenset()) & stands else 403


def _ask(server: Server, route: str, role: Role, scene: str) -> int:
    person = server.person(role)
    names = _objects(server, person.staff_id, role, scene)
    names |= _held(server, route, role, names["case_id"])
    method, path = route.split()
    request = REQUESTS[route]
    answer = server.speaking_for(person).request(
        method, path.format(**names), json=_filled(request.json, names), headers=request.headers
    )
    return answer.status_code


def _held(server: Server, route: str, role: Role, case_id: str) -> dict[str, str]:
    """A hold of the kind this role ends, a stop of all work, or a way that needs consent."""
    held = {}
    if "{hold_id}" in route:
        kind = "hardship_review" if role is Role.PLAN_OFFICER else "dispute"
        held["hold_id"] = rows.a_hold(server.store, case_id, kind)
    if "{stop_id}" in route:
        held["stop_id"] = rows.a_hold(server.store, case_id, "system_freeze", scope="bank")
    if "{contact_id}" in route:
        held["contact_id"] = rows.a_way(server.store, case_id)
    return held


def _filled(body: dict[str, Any] | None, names: dict[str, str]) -> dict[str, Any] | None:
    if body is None:
        return None
    return {
        field: value.format(**names) if isinstance(value, str) else value for field, value in body.items()
    }


def _objects(server: Server, staff_id: str, role: Role, scene: str) -> dict[str, str]:
    key = f"L{next(_number)}"
    case_id = rows.a_case(server.store, key)
    other = Role.COLLECTOR if role is not Role.COLLECTOR else Role.TEAM_LEAD
    task_id = rows.a_task(
        server.store,
        case_id,
        role=other if scene == "of another role" else role,
        assignee=staff_id if scene == "held" else None,
        barred=(staff_id,) if scene == "barred" else (),
    )
    return {
        "staff_id": staff_id,
        "case_id": case_id,
        "task_id": task_id,
        "message_id": rows.a_message(
            server.store, case_id, actor="s-x" if scene == "of a colleague" else staff_id
        ),
        "attempt_id": rows.an_attempt(server.store, case_id, actor=staff_id),
        "notice_id": rows.a_notice(server.store, case_id),
        "incident_id": rows.an_incident(server.store, key),
        "payment_id": rows.a_provisional_payment(server.store, key),
    }
