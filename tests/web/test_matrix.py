"""Every page and every role, as page and as fragment: what comes back is what the table of permissions says."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from api.auth.permissions import GRANTS, Permission
from api.deps import declared_by
from arrears.policy.tasks import Role
from tests.web.branch import UI, Branch, Desk, swap_headers
from workflows.envelope import Envelope

P = Permission
# By hand, beside what each route declares: a change of either is looked at twice.
PAGES: Final[dict[str, Permission | None]] = {
    "GET /": P.BE_SIGNED_IN,
    "GET /login": None,
    "POST /login": None,
    "POST /logout": P.BE_SIGNED_IN,
    "GET /prefs": P.BE_SIGNED_IN,
    "POST /prefs": None,
    "GET /sessions": P.BE_SIGNED_IN,
    "POST /sessions/end-others": P.BE_SIGNED_IN,
    "POST /sessions/{handle}/end": P.BE_SIGNED_IN,
    "GET /password": P.BE_SIGNED_IN,
    "POST /password": P.BE_SIGNED_IN,
    "GET /invitation/{token}": None,
    "POST /invitation": None,
    "GET /staff": P.SEE_STAFF,
    "GET /staff/invite": P.MANAGE_STAFF,
    "POST /staff/invite": P.MANAGE_STAFF,
    "GET /staff/{staff_id}": P.SEE_STAFF,
    "GET /staff/{staff_id}/leave": P.MANAGE_STAFF,
    "POST /staff/{staff_id}/leave": P.MANAGE_STAFF,
    "POST /staff/{staff_id}/roles": P.MANAGE_STAFF,
    "POST /staff/{staff_id}/link": P.MANAGE_STAFF,
    "POST /staff/{staff_id}/return": P.MANAGE_STAFF,
    "POST /staff/{staff_id}/sessions/end": P.END_SESSIONS,
    "POST /staff/{staff_id}/absences": P.PLAN_ABSENCE,
    "POST /staff/{staff_id}/absences/{absence_id}/end": P.PLAN_ABSENCE,
    "GET /inbox": P.CLAIM_TASK,
    "GET /inbox/clocks": P.CLAIM_TASK,
    "GET /tasks/{task_id}": P.READ_TASK,
    "POST /approvals/{task_id}/undo": P.DECIDE_TASK,
    "GET /cases/{case_id}/events": P.READ_CASE,
    "GET /tasks/{task_id}/letter": P.DECIDE_TASK,
    "GET /tasks/{task_id}/letter.pdf": P.DECIDE_TASK,
    "GET /tasks/{task_id}/letter/{number}.png": P.DECIDE_TASK,
    "POST /tasks/{task_id}/claim": P.CLAIM_TASK,
    "POST /tasks/{task_id}/release": P.CLAIM_TASK,
    "POST /tasks/{task_id}/decision": P.DECIDE_TASK,
    "POST /tasks/{task_id}/call": P.CONTACT,
    "POST /tasks/{task_id}/visit": P.CONTACT,
    "POST /tasks/{task_id}/told": P.CONTACT,
    "POST /tasks/{task_id}/drop": P.CONTACT,
    "POST /tasks/{task_id}/reveal": P.REVEAL,
    "GET /cases": P.READ_CASE,
    "POST /cases": P.READ_CASE,
    "GET /cases/{case_id}": P.READ_CASE,
    "POST /cases/{case_id}/reveal": P.REVEAL,
    "GET /cases/{case_id}/notices/{notice_id}": P.REVEAL,
    "POST /cases/{case_id}/skip": P.SKIP_TIME,
    "GET /cases/{case_id}/notices/{notice_id}/delivery": P.REPORT_DELIVERY,
    "POST /cases/{case_id}/notices/{notice_id}/delivery": P.REPORT_DELIVERY,
    "GET /cases/{case_id}/holds": P.PLACE_HOLD,
    "POST /cases/{case_id}/holds": P.PLACE_HOLD,
    "POST /cases/{case_id}/holds/{hold_id}/end": P.END_HOLD,
    "POST /cases/{case_id}/contacts/{contact_id}/consent": P.CHANGE_CONSENT,
    "GET /freeze": P.SEE_FREEZE,
    "POST /freeze": P.FREEZE,
    "POST /freeze/{hold_id}/end": P.THAW,
    "GET /incidents": P.READ_INCIDENT,
    "POST /incidents/{incident_id}/close": P.CLOSE_INCIDENT,
    "GET /packs": P.READ_PACK,
    "GET /packs/{version}": P.READ_PACK,
    "POST /packs/{version}/approve": P.PUBLISH_PACK,
    "POST /packs/{version}/withdraw": P.PUBLISH_PACK,
    "GET /certificates": P.CERTIFY_STAFF,
    "POST /certificates/{staff_id}": P.CERTIFY_STAFF,
    "GET /payments/new": P.POST_PAYMENT,
    "POST /payments": P.POST_PAYMENT,
    "GET /payments/{payment_id}": P.POST_PAYMENT,
    "POST /payments/{payment_id}/final": P.POST_PAYMENT,
    "POST /payments/{payment_id}/reversal": P.POST_PAYMENT,
    "GET /reveals": P.READ_REVEALS,
    "GET /cases/{case_id}/plans/new": P.SIGN_PLAN,
    "POST /cases/{case_id}/plans": P.SIGN_PLAN,
    "POST /inbox/search": P.CLAIM_TASK,
    "POST /tasks/{task_id}/undo": P.DECIDE_TASK,
    "POST /cases/{case_id}/comments": P.COMMENT,
    "POST /cases/{case_id}/comments/seen": P.COMMENT,
    "POST /tasks/{task_id}/comments": P.COMMENT,
    "POST /tasks/{task_id}/comments/seen": P.COMMENT,
    "GET /cases/{case_id}/comments/{remark_id}/document": P.REVEAL,
    "POST /tasks/{task_id}/draft": P.DECIDE_TASK,
    "POST /tasks/{task_id}/draft/discard": P.DECIDE_TASK,
    "GET /events": P.CLAIM_TASK,
    "GET /tasks/{task_id}/news": P.READ_TASK,
    "POST /tasks/{task_id}/snooze": P.RELEASE_TASK,
    "POST /tasks/{task_id}/snooze/end": P.RELEASE_TASK,
    "GET /approvals": P.READ_APPROVAL,
    "GET /team": P.ASSIGN_TASK,
    "GET /cases/{case_id}/debtor": P.READ_CASE,
    "GET /approvals/{task_id}": P.READ_APPROVAL,
    "GET /approvals/{task_id}/pack.pdf": P.READ_EXHIBIT,
    "POST /approvals/{task_id}/claim": P.CLAIM_TASK,
    "POST /approvals/{task_id}/decision": P.DECIDE_TASK,
    "POST /approvals/{task_id}/draft/discard": P.DECIDE_TASK,
    "POST /approvals/{task_id}/evidence": P.FILE_EXHIBIT,
    "POST /approvals/{task_id}/evidence/{exhibit_id}/withdraw": P.FILE_EXHIBIT,
    "GET /evidence/{sha256}": P.READ_EXHIBIT,
    "GET /cases/{case_id}/contacts/new": P.HEAR,
    "POST /cases/{case_id}/contacts": P.HEAR,
    "POST /inbox/claim": P.CLAIM_TASK,
    "POST /inbox/assign": P.ASSIGN_TASK,
    "POST /inbox/views": P.CLAIM_TASK,
    "POST /inbox/views/{view_id}/remove": P.CLAIM_TASK,
    "POST /inbox/export": P.EXPORT_LIST,
    "POST /csp": None,
    "GET /metrics": None,
    "OPTIONS /codec/decode": None,
    "POST /codec/decode": P.INSPECT_ENGINE,
}
# Which of those end the session they are asked with, or never end by themselves: tried elsewhere.
ENDS_SESSION: Final = {"POST /logout", "POST /sessions/end-others", "GET /events"}
# What comes back for a thing that is not there, where it is not 404: its form is read first, whatever it is about; the
# end of a hold that is over leads back to the case; time is skipped in trials alone; a payment brings its number along;
# of a task that is not there nothing is new.
INSTEAD: Final = {
    "POST /freeze/{hold_id}/end": 422,
    "POST /certificates/{staff_id}": 422,
    "POST /cases/{case_id}/holds/{hold_id}/end": 303,
    "POST /cases/{case_id}/skip": 403,
    "POST /payments": 404,
    "POST /codec/decode": 400,  # a form is no question
    "GET /tasks/{task_id}/news": 204,
}
LOGINS: Final = {
    Role.COLLECTOR: "collector",
    Role.TEAM_LEAD: "lead",
    Role.LEGAL_ADVISOR: "advisor1",
    Role.PLAN_OFFICER: "planner",
    Role.CASE_DESK: "desk",
    Role.OPS: "ops",
    Role.MANAGER: "manager",
    Role.COMPLIANCE: "compliance",
    Role.OPERATOR: "operator",
    Role.ADMIN: "admin",
}
FORMATS: Final = ("page", "fragment")
MISSING: Final = "no-such-thing"


def test_no_page_is_left_out(branch: Branch) -> None:
    assert _declared(branch) == PAGES
    assert set(LOGINS) == set(Role)


@pytest.fixture
def branch(branch: Branch) -> Branch:
    """Where what cases say to Temporal is sealed, so that there is something to open."""
    branch.app.state.office = replace(branch.app.state.office, envelope=Envelope({"a": bytes(32)}))
    return branch


@pytest.mark.slow
@pytest.mark.parametrize("role", Role)
def test_each_role_is_let_in_or_kept_out_as_the_table_says(branch: Branch, role: Role) -> None:
    """Of things that are not there: who lacks the permission hears so, everybody else that nothing is there."""
    desk = branch.at(LOGINS[role])
    surprises = []
    for route, permission in PAGES.items():
        if permission is None or route in ENDS_SESSION:
            continue
        for format_ in FORMATS:
            got = _ask(desk, route, format_, MISSING).status_code
            if not _is_right(route, got, granted=role in GRANTS[permission]):
                surprises.append((route, format_, got))
    assert surprises == []


def _is_right(route: str, got: int, *, granted: bool) -> bool:
    if not granted:
        return got == 403
    if route in INSTEAD:
        return got == INSTEAD[route]
    return got == 404 if "{" in route else got in {200, 303, 422}


@pytest.mark.slow
@pytest.mark.parametrize("format_", FORMATS)
def test_nobody_gets_anywhere_without_signing_in(branch: Branch, format_: str) -> None:
    headers = swap_headers() if format_ == "fragment" else {}
    for route, permission in PAGES.items():
        if permission is None:
            continue
        method, path = route.split()
        answer = branch.visitor().request(method, _filled(path, MISSING), headers=headers)
        if format_ == "fragment":
            assert (answer.status_code, answer.text) == (401, ""), route
        else:
            assert answer.headers["location"].startswith("/login"), route


# ---- inside ----------------------------------------------------------------------------------------------


def _declared(branch: Branch) -> dict[str, Permission | None]:
    return dict(_routes(branch))


def _routes(branch: Branch) -> Iterator[tuple[str, Permission | None]]:
    for context in iter_route_contexts(branch.app.routes):
        if context.path is None or context.path.startswith(("/api/", "/health/", "/static")):
            continue
        declared = declared_by(context)
        assert declared, context.path
        for method in context.methods or ():
            yield f"{method} {context.path}", None if None in declared else declared[0]


def _ask(desk: Desk, route: str, format_: str, thing: str) -> httpx.Response:
    """Forms come without sense: what is wrong with them is told to those alone who may send them."""
    method, path = route.split()
    headers = swap_headers() if format_ == "fragment" else {}
    if path.startswith("/codec/"):
        headers["Origin"] = UI  # no other site may ask
    typed = {"outcome": "no-such-answer", "facts_no": "1"} if path.endswith("/decision") else {}
    data = {"csrf": desk.csrf, **typed} if method == "POST" else None
    return desk.client.request(method, _filled(path, thing), data=data, headers=headers)


def _filled(path: str, thing: str) -> str:
    path = path.replace("{number}", "1")  # a page of a letter: no other word is one
    return re.sub(r"\{\w+\}", thing, path)
