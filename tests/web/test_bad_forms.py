"""Every form and every address of a page, filled with what nobody means: never a fault of ours, never taken at its word."""

import dataclasses
import itertools
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote, urlencode

import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import func, select

from api.auth.permissions import GRANTS, Permission
from api.deps import declared_by, dependants
from arrears.policy.tasks import Role
from arrears.store.tables import cases, messages, payments, staff, tasks
from tests.builders import CaseRoom
from tests.web.branch import Branch, Desk, swap_headers
from tests.web.reading import read
from tests.web.test_matrix import ENDS_SESSION, LOGINS, MISSING

HOSTILE: Final[dict[str, bytes]] = {
    "nothing": b"",
    "markup": b'"><x data-xss>{{7*7}}${7*7}<script>alert(1)</script>',
    "a word of SQL": b"'; drop table tasks; -- %_\\",
    "control signs": b"a\x00b\r\nSet-Cookie: sid=x\r\n\r\n",
    "not UTF-8": b"\xff\xfe",
    "a lone surrogate": b"\xed\xa0\x80",
    "a great number": b"9" * 400,
    "digits of others": "-１２３٣².५e1".encode(),
    "a day of no calendar": b"2026-02-30",
    "the first day": b"0001-01-01",
    "the last day": b"9999-12-31T23:59",
    "very long": "\u202e长".encode() * 500,
    "an address": b"//evil.example/\\@evil.example",
}
# So that what stands behind a choice is read as well.
CHOICES: Final[dict[str, str]] = {
    "outcome": "ptp",
    "kind": "dispute",
    "status": "arrived",
    "action": "in_call",
    "result": "ptp",
    "what": "phone",
    "purpose": "call",
    "roles": "collector",
    "language": "en",
    "facts_no": "1",
    "given": "yes",
    "method": "equal_parts",
    "party": "borrower",
}


@pytest.mark.slow
def test_whatever_is_typed_into_a_form_or_an_address_is_no_fault_of_ours(
    branch: Branch, room: CaseRoom
) -> None:
    broken = []
    doors = list(_doors(branch, room))
    assert len(doors) >= 48
    for (route, login, path, fields), name in itertools.product(doors, HOSTILE):
        for chosen in _choices(fields):
            typed = {field: chosen.get(field, HOSTILE[name]) for field in fields}
            answer = _ask(branch.at(login), route.split()[0], path, typed)
            if answer.status_code >= 500 or "<x data-xss>" in answer.text or "evil" in _led_to(answer):
                broken.append((route, name, answer.status_code))
    assert broken == []


def _choices(fields: list[str]) -> tuple[dict[str, str], ...]:
    """None made, and where there are some, sensible ones: what stands behind them is read then."""
    return ({}, CHOICES) if set(fields) & set(CHOICES) else ({},)


def _led_to(answer: Any) -> str:
    return str(answer.headers.get("location", "")).partition("?")[0] + str(
        answer.headers.get("hx-redirect", "")
    )


def _ask(desk: Desk, method: str, path: str, typed: dict[str, Any]) -> Any:
    if method == "GET":
        return desk.client.get(f"{path}?{urlencode(typed)}")
    body = urlencode({"csrf": desk.csrf, **typed})
    return desk.client.post(path, content=body, headers={"Content-Type": "application/x-www-form-urlencoded"})


def _doors(branch: Branch, room: CaseRoom) -> Iterator[tuple[str, str, str, list[str]]]:
    """Each with somebody who may use it on a thing that is there."""
    things = {role: _things(branch, room, login) for role, login in LOGINS.items()}
    for context in iter_route_contexts(branch.app.routes):
        path = context.path or ""
        fields = sorted(_fields(context)) if hasattr(context, "dependant") else []
        # A stream that is open does not end.
        if path.startswith(("/api/", "/health/", "/metrics", "/static")) or path.endswith("/events"):
            continue
        if not fields:
            continue
        [permission, *_] = declared_by(context)
        role = next(iter(GRANTS[permission])) if isinstance(permission, Permission) else Role.COLLECTOR
        for method in context.methods or ():
            if f"{method} {path}" not in ENDS_SESSION | {"POST /login"}:
                yield f"{method} {path}", LOGINS[role], _filled(path, things[role]), fields


def _fields(context: Any) -> Iterator[str]:
    for one in dependants(context.dependant):
        for field in (*one.body_params, *one.query_params):
            kind = field.field_info.annotation
            inner = getattr(kind, "model_fields", None) or (
                [part.name for part in dataclasses.fields(kind)] if dataclasses.is_dataclass(kind) else None
            )
            yield from inner or [field.alias]


def _things(branch: Branch, room: CaseRoom, login: str) -> dict[str, str]:
    case_id = room.a_case()
    task = room.task(case_id, "first_contact")
    role = next(iter(branch.people[login].roles))
    with room.store.transaction() as connection:
        mine = {"role": role.value, "assignee": branch.people[login].staff_id}
        connection.execute(tasks.update().where(tasks.c.task_id == task.task_id).values(mine))
    return {"case_id": case_id, "task_id": task.task_id, "staff_id": "s-colleague"}


def _filled(path: str, things: dict[str, str]) -> str:
    for name, value in things.items():
        path = path.replace(f"{{{name}}}", quote(value))
    return path if "{" not in path else path[: path.index("{")] + MISSING + path[path.index("}") + 1 :]


# ---- one by one ------------------------------------------------------------------------------------------


@pytest.fixture
def task_id(branch: Branch, room: CaseRoom) -> str:
    found = str(room.task(room.a_case(), "first_contact").task_id)
    branch.at("collector").post(f"/tasks/{found}/claim")
    return found


def _count(room: CaseRoom, table: Any) -> int:
    with room.store.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_a_field_more_gives_nobody_more(branch: Branch, room: CaseRoom, task_id: str) -> None:
    """Nothing reads what a form does not have: neither roles, nor who said it, nor whose task it is."""
    more: dict[str, Any] = {"actor": "s-lead", "assignee": "s-lead", "by": "s-lead", "case_id": "case-X-1", "role": "admin",
            "roles": "admin", "status": "closed", "task_id": "t-1", "rank": "0", "effective_at": "2020-01-01"}  # fmt: skip
    said = _count(room, messages)
    branch.at("collector").post(f"/tasks/{task_id}/decision", outcome="na", facts_no="1", **more)
    with room.store.reading() as connection:
        answer = connection.execute(select(messages).order_by(messages.c.arrival.desc())).first()
        me = connection.execute(select(staff.c.roles).where(staff.c.staff_id == "s-collector")).scalar_one()
        closed = connection.execute(select(cases.c.status)).scalars().all()
    assert answer is not None
    assert _count(room, messages) == said + 1
    assert (answer.actor, answer.task_id, answer.content.get("outcome")) == ("s-collector", task_id, "na")
    assert (list(me), closed) == (["collector"], ["open"])


def test_a_field_that_comes_twice_decides_once_and_as_shown(
    branch: Branch, room: CaseRoom, task_id: str
) -> None:
    """What a page showed is what its last field of a name says, and the message says the same."""
    branch.at("collector").post(f"/tasks/{task_id}/decision", outcome=["wn", "na"], facts_no="1")
    with room.store.reading() as connection:
        said = connection.execute(select(messages).where(messages.c.task_id == task_id)).all()
    assert [one.content["outcome"] for one in said] == ["na"]


@pytest.mark.parametrize("between", [";", "%26", "%3B", "\n"])
def test_nothing_but_an_ampersand_parts_two_fields(
    branch: Branch, room: CaseRoom, task_id: str, between: str
) -> None:
    desk = branch.at("collector")
    body = f"csrf={quote(desk.csrf)}&facts_no=1&outcome=na{between}outcome=wn"
    answer = desk.client.post(
        f"/tasks/{task_id}/decision",
        content=body,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 422
    with room.store.reading() as connection:
        assert connection.execute(select(messages).where(messages.c.task_id == task_id)).first() is None


@pytest.mark.parametrize("reason", ["", "   ", "\u3000\u3000", "\t\n", "a\x00b", "x" * 4001])
def test_a_reason_of_nothing_or_of_what_cannot_be_kept_is_no_reason(
    branch: Branch, room: CaseRoom, reason: str
) -> None:
    case_id = room.a_case(days_past_due=45)
    desk = branch.at("desk")
    answer = desk.post(f"/cases/{case_id}/holds", kind="dispute", reason=reason)
    assert answer.status_code == 422
    assert read(answer).words
    assert room.state(case_id).holds == ()


def test_a_note_of_a_megabyte_is_not_read(branch: Branch, room: CaseRoom, task_id: str) -> None:
    answer = branch.at("collector").post(f"/tasks/{task_id}/decision", outcome="na", reason="x" * 2**20)
    assert answer.status_code == 413
    assert "无法识别" in answer.text


def test_two_thousand_chosen_rows_are_not_taken(branch: Branch, room: CaseRoom) -> None:
    room.a_case()
    answer = branch.at("collector").post("/inbox/claim", task=[f"t-{n}" for n in range(900)])
    assert (answer.status_code, "一次最多 100 条任务" in answer.text) == (422, True)
    assert (
        branch.at("collector").post("/inbox/claim", task=[f"t-{n}" for n in range(2000)]).status_code == 400
    )


@pytest.mark.parametrize(
    "words", ["%", "_", "'", '"', "\\", "(", "[a-z]*", ".*", "%%%%", "*", "(a+)+$", "x" * 10_240]
)
def test_signs_of_a_search_are_looked_for_as_they_stand(branch: Branch, room: CaseRoom, words: str) -> None:
    room.a_case(name="王小明")
    answer = branch.at("collector").client.post(
        "/inbox/search", data={"csrf": branch.at("collector").csrf, "words": words}, follow_redirects=True
    )
    assert answer.status_code in (200, 422)
    assert "王" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        swap_headers(),
        {"HX-Request": "true", "HX-Current-URL": "https://evil.example/"},
        {"HX-Boosted": "true"},
        {"HX-Prompt": "yes", "HX-Trigger": "claim", "HX-Target": "section#detail"},
        {"X-User": "admin", "X-Remote-User": "admin", "X-Staff-Id": "s-admin", "Remote-User": "admin"},
        {"X-Forwarded-User": "admin", "X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"},
        {"Authorization": "Basic YWRtaW46YWRtaW4="},
        {"Cookie": "sid=admin; role=admin"},
    ],
    ids=", ".join,
)
def test_no_header_opens_a_door(branch: Branch, room: CaseRoom, headers: dict[str, str]) -> None:
    task = room.task(room.a_case(), "first_contact").task_id
    for path in ("/staff", "/incidents", "/packs"):
        assert branch.at("collector").client.get(path, headers=headers).status_code in (303, 401, 403)
    visitor = branch.visitor()
    assert visitor.get(f"/tasks/{task}", headers=headers).status_code in (303, 401)
    assert visitor.post(f"/tasks/{task}/claim", headers=headers).status_code in (303, 401, 403)
    with room.store.reading() as connection:
        held = select(tasks.c.assignee).where(tasks.c.task_id == task)
        assert connection.execute(held).scalar() is None


def test_a_payment_of_a_hidden_field_is_the_page_s_own(branch: Branch, room: CaseRoom) -> None:
    """The number of a form cannot be put in the place of a payment that stands."""
    room.a_case()
    before = _count(room, payments)
    for payment_id in ("P-1", "'", "hand-" + "x" * 60, ""):
        answer = branch.at("ops").post("/payments", payment_id=payment_id, loan_id="L1", amount="1")
        assert answer.status_code == 404, payment_id
    assert _count(room, payments) == before
