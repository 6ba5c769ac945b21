"""Route, role, relation, format: what comes back of everything that can be done to one task or one case, and that what is
not for somebody's eyes looks like what is not there."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from api.auth.permissions import GRANTS, Permission, Relation
from api.deps import declared_by
from api.desk.letters import LetterDesk
from arrears import clock
from arrears.channels.bank import INVENTED
from arrears.contracts import Unchanging
from arrears.policy.tasks import Role
from arrears.store.session import Store
from tests.builders import CaseRoom
from tests.web import relations
from tests.web.branch import Branch, open_branch, swap_headers
from tests.web.relations import MISSING, PDF, SCENES, Snapshot, Thing
from tests.web.test_matrix import LOGINS

# A letter a way to stand, in the order of SCENES: let in; forbidden; conflict, since it stands otherwise; not there.
# A second row is for those who see the tasks of all roles; two pairs, where a grant is of what one holds, and of all.
#                                        free, own, on hold, a colleague's, of who is away, four eyes, complained of, over,
#                                        of another role
EXPECTED: Final[dict[str, str]] = {
    "GET /tasks/{task_id}": "iiiiiinin iiiiiinii",
    "GET /tasks/{task_id}/news": "iiiiiinin iiiiiinii",
    "GET /tasks/{task_id}/letter": "niinnnnnn",
    "GET /tasks/{task_id}/letter.pdf": "nccnnnnnn",  # read it first
    "GET /tasks/{task_id}/letter/{number}.png": "nccnnnnnn",
    "POST /tasks/{task_id}/claim": "iiicifncn iiicifncf",
    "POST /tasks/{task_id}/release": "iiiccfncn iiiccfncf",
    "POST /tasks/{task_id}/decision": "iiccifncn iiccifncf",
    "POST /tasks/{task_id}/undo": "iiiiinncn",  # one's own word, whoever holds the task by now
    "POST /tasks/{task_id}/draft": "iiiiinnin",
    "POST /tasks/{task_id}/draft/discard": "iiiiinnin",
    "POST /tasks/{task_id}/snooze": "ciicccncn",
    "POST /tasks/{task_id}/snooze/end": "ciicccncn",
    "POST /tasks/{task_id}/call": "cicccfncn",
    "POST /tasks/{task_id}/visit": "cicccfncn",
    "POST /tasks/{task_id}/told": "iiiiiiiii",  # a call that was made stands in the ledger, whatever became of its task
    "POST /tasks/{task_id}/drop": "iiiiiiiii",
    "POST /tasks/{task_id}/reveal": "fiifffnfn fiifffnff iiiiiinin iiiiiinii",
    "POST /tasks/{task_id}/comments": "iiiiiinin iiiiiinii",
    "POST /tasks/{task_id}/comments/seen": "iiiiiinin iiiiiinii",
    "GET /approvals/{task_id}": "iiiiiinin iiiiiinii",
    "GET /approvals/{task_id}/pack.pdf": "iiiiiinin iiiiiinii",
    "POST /approvals/{task_id}/claim": "iiicifncn iiicifncf",
    "POST /approvals/{task_id}/decision": "iiicifncn iiicifncf",
    "POST /approvals/{task_id}/undo": "iiiiinncn",
    "POST /approvals/{task_id}/draft/discard": "iiiiinnin",
    "POST /approvals/{task_id}/evidence": "iiiiiincn iiiiiinci",
    "POST /approvals/{task_id}/evidence/{exhibit_id}/withdraw": "iiiiiincn iiiiiinci",
    "GET /cases/{case_id}": "iiiiiinii",
    "GET /cases/{case_id}/debtor": "iiiiiinii",
    "GET /cases/{case_id}/holds": "iiiiiinii",
    "POST /cases/{case_id}/holds": "iiiiiinci",
    "POST /cases/{case_id}/holds/{hold_id}/end": "iiiiiinci",
    "GET /cases/{case_id}/plans/new": "iiiiiinii",
    "POST /cases/{case_id}/plans": "iiiiiinci",
    "GET /cases/{case_id}/contacts/new": "iiiiiinii",
    "POST /cases/{case_id}/contacts": "iiiiiinci",
    "POST /cases/{case_id}/contacts/{contact_id}/consent": "iiiiiinii",
    "POST /cases/{case_id}/comments": "iiiiiinii",
    "POST /cases/{case_id}/comments/seen": "iiiiiinii",
    "GET /cases/{case_id}/comments/{remark_id}/document": "fiifffnff fiifffnff iiiiiinii iiiiiinii",
    "GET /cases/{case_id}/notices/{notice_id}": "fiifffnff fiifffnff iiiiiinii iiiiiinii",
    "GET /cases/{case_id}/notices/{notice_id}/delivery": "iiiiiinii",
    "POST /cases/{case_id}/notices/{notice_id}/delivery": "iiiiiinci",
    "POST /cases/{case_id}/reveal": "fiifffnff fiifffnff iiiiiinii iiiiiinii",
    "POST /cases/{case_id}/skip": "fffffffff",  # in trials alone
    "GET /api/v1/tasks/{task_id}": "iiiiiinin iiiiiinii",
    "POST /api/v1/tasks/{task_id}/claim": "iiicifncn iiicifncf",
    "POST /api/v1/tasks/{task_id}/release": "iiiccfncn iiiccfncf",
    "POST /api/v1/tasks/{task_id}/decision": "iiccifncn iiccifncf",
    "GET /api/v1/tasks/{task_id}/letter": "niinnnnnn",
    "GET /api/v1/cases/{case_id}": "iiiiiinii",
    "GET /api/v1/cases/{case_id}/timeline": "iiiiiinii",
    "GET /api/v1/cases/{case_id}/plans": "iiiiiinii",
    "POST /api/v1/cases/{case_id}/plans": "iiiiiinci",
    "POST /api/v1/cases/{case_id}/holds": "iiiiiinci",
    "POST /api/v1/cases/{case_id}/holds/{hold_id}/end": "iiiiiinci",
    "POST /api/v1/cases/{case_id}/contacts": "iiiiiinci",
    "POST /api/v1/cases/{case_id}/contacts/{contact_id}/consent": "iiiiiinii",
}
# They go on until somebody leaves: what is not there is asked for alone.
STREAMS: Final = {"GET /cases/{case_id}/events"}
_HELD: Final = {"kind": "dispute", "reason": "金额不对"}
_HEARD: Final = {"key": "k1", "action": "in_call", "result": "noint"}
_PLAN: Final = {"method": "equal_parts", "periods": "6", "first_due_on": "{next_month}", "charges": "stop"}
_SIGNED: Final = {"acceptance": "signed", "proof": "DOC-1"}
_CLAUSES: Final = ("unable_and_willing", "no_new_card", "rights_and_breach")
# What is sent: a request that whoever may make it is granted. A route that is not here fails.
SAID: Final[dict[str, dict[str, Any]]] = {
    "POST /tasks/{task_id}/claim": {},
    "POST /tasks/{task_id}/release": {},
    "POST /tasks/{task_id}/decision": {"outcome": "na", "facts_no": "{facts_no}"},
    "POST /tasks/{task_id}/undo": {},
    "POST /tasks/{task_id}/call": {"contact_id": "{phone}"},
    "POST /tasks/{task_id}/visit": {"contact_id": "{post}", "companion": "s-colleague"},
    "POST /tasks/{task_id}/told": {"attempt_id": "{task_id}-c1", "result": "na"},
    "POST /tasks/{task_id}/drop": {"attempt_id": "{task_id}-c1"},
    "POST /tasks/{task_id}/reveal": {"what": "name", "purpose": "identify"},
    "POST /tasks/{task_id}/comments": {"words": "请看"},
    "POST /tasks/{task_id}/comments/seen": {},
    "POST /tasks/{task_id}/draft": {"outcome": "na", "reason": "草稿"},
    "POST /tasks/{task_id}/draft/discard": {},
    "POST /tasks/{task_id}/snooze": {"at": "{soon}"},
    "POST /tasks/{task_id}/snooze/end": {},
    "POST /approvals/{task_id}/claim": {},
    "POST /approvals/{task_id}/decision": {
        "outcome": "return",
        "facts_no": "{facts_no}",
        "reason": "补充证据",
        "confirmed": "yes",
    },
    "POST /approvals/{task_id}/undo": {},
    "POST /approvals/{task_id}/draft/discard": {},
    "POST /approvals/{task_id}/evidence": {"item": "identity"},
    "POST /approvals/{task_id}/evidence/{exhibit_id}/withdraw": {},
    "POST /cases/{case_id}/reveal": {"what": "name", "purpose": "identify"},
    "POST /cases/{case_id}/skip": {},
    "POST /cases/{case_id}/notices/{notice_id}/delivery": {"status": "arrived", "at": "2026-11-02 10:00"},
    "POST /cases/{case_id}/holds": _HELD,
    "POST /cases/{case_id}/holds/{hold_id}/end": {"reason": "已查清"},
    "POST /cases/{case_id}/contacts/{contact_id}/consent": {"given": "no"},
    "POST /cases/{case_id}/plans": _PLAN
    | _SIGNED
    | {"amount": "5,000", "facts_no": "{facts_no}", "clause": _CLAUSES},
    "POST /cases/{case_id}/comments": {"words": "请看"},
    "POST /cases/{case_id}/comments/seen": {},
    "POST /cases/{case_id}/contacts": _HEARD | {"key": "page-0123456789abcdef", "who": "borrower"},
    "POST /api/v1/tasks/{task_id}/claim": {},
    "POST /api/v1/tasks/{task_id}/release": {},
    "POST /api/v1/tasks/{task_id}/decision": {"outcome": "na", "facts_no": 1},
    "POST /api/v1/cases/{case_id}/plans": _PLAN
    | _SIGNED
    | {"amount_minor": 500_000, "periods": 6, "facts_no": 1}
    | dict.fromkeys(_CLAUSES, True),
    "POST /api/v1/cases/{case_id}/holds": _HELD,
    "POST /api/v1/cases/{case_id}/holds/{hold_id}/end": {"reason": "已查清"},
    "POST /api/v1/cases/{case_id}/contacts/{contact_id}/consent": {"given": False},
    "POST /api/v1/cases/{case_id}/contacts": _HEARD,
}
# What must have happened before there is anything to do it to.
BEFORE: Final[dict[str, Callable[..., None]]] = {
    "POST /tasks/{task_id}/undo": relations.answered,
    "POST /approvals/{task_id}/undo": relations.answered,
    "POST /tasks/{task_id}/told": relations.call_under_way,
    "POST /tasks/{task_id}/drop": relations.call_under_way,
    "POST /cases/{case_id}/holds/{hold_id}/end": relations.in_hardship,
    "POST /api/v1/cases/{case_id}/holds/{hold_id}/end": relations.in_hardship,
}


class World:
    """One branch, asked by one person after the other; each question finds it as it was made."""

    def __init__(self, branch: Branch, things: dict[str, Thing]) -> None:
        self.branch, self._things = branch, things
        self._clients = {login: branch.at(login).client for login in LOGINS.values()}
        self._kept = Snapshot(branch.room.store)
        self._stands: tuple[object, ...] = ()

    def thing(self, route: str) -> Thing:
        named = (kind for kind in self._things if f"/{kind}" in route)
        return self._things[next(named, "plain")]

    def set_up(self, route: str, role: Role, scene: str) -> None:
        """Nothing is done where the last question found the same and changed nothing."""
        thing, before = self.thing(route), BEFORE.get(route)
        wanted = (thing.case_id, role, scene, before)
        if self._stands == wanted:
            return
        who, at = self.branch.people[LOGINS[role]], self.branch.room.now
        self._kept.put_back()
        with self.branch.room.store.transaction() as connection:
            relations.set_up(connection, thing, scene, who, role, at)
            if before is not None:
                before(connection, thing, who, at)
        self._stands = wanted

    def ask(self, route: str, role: Role, format_: str, **instead: str) -> httpx.Response:
        method, path = route.split()
        names = self.thing(route).names | instead
        path = _filled(path, names)
        said = {name: _filled(value, names) for name, value in SAID.get(route, {}).items()}
        answer = self._send(method, path, said, role, format_)
        if method == "POST" and answer.status_code not in (403, 404):
            self._stands = ()
        return answer

    def post_json(self, role: Role, path: str, body: dict[str, Any]) -> httpx.Response:
        return self._program(role).post(path, json=body)

    def _program(self, role: Role) -> httpx.Client:
        client = self.branch.visitor()
        token = self.branch.entrance.tokens.issue(self.branch.people[LOGINS[role]]).token
        client.headers["Authorization"] = f"Bearer {token}"
        return client

    def _send(self, method: str, path: str, said: dict[str, Any], role: Role, format_: str) -> httpx.Response:
        login = LOGINS[role]
        if format_ == "json":
            return self._program(role).request(method, path, json=said or None)
        client, headers = self._clients[login], swap_headers() if format_ == "fragment" else {}
        if method == "GET":
            return client.get(path, headers=headers)
        files = {"document": ("scan.pdf", PDF, "application/pdf")} if path.endswith("/evidence") else None
        form = {"csrf": self.branch.at(login).csrf, **said}
        return client.post(path, data=form, files=files, headers=headers)


def _filled(value: Any, names: dict[str, str]) -> Any:
    return re.sub(r"\{(\w+)\}", lambda found: names[found[1]], value) if isinstance(value, str) else value


@pytest.fixture
def world(sqlite_store: Store, room: CaseRoom, tmp_path: Path) -> Iterator[World]:
    claim, notice = room.a_claim(), room.a_case(days_past_due=40, stage="formal")
    room.desk.letters = LetterDesk(room.store, Unchanging(room.rules), INVENTED)
    room.now = (room.now + timedelta(days=7 - room.today.weekday())).replace(hour=2, minute=20)
    case_id = room.a_case(phone="13800005678")
    room.away = True  # what is said is kept and waits: nobody hears it here
    branch = open_branch(sqlite_store, room, letters=tmp_path / "letters")
    branch.app.state.office = replace(branch.app.state.office, patience=0)
    things = {
        "plain": relations.a_thing(room, case_id, "first_contact"),
        "approvals/": relations.a_thing(room, claim, "legal_review"),
        "tasks/{task_id}/letter": relations.a_thing(room, notice, "notice_release"),
    }
    relations.furnish(branch, things["plain"], tmp_path / "letters")
    relations.hand_in(branch, things["approvals/"])
    with clock.door_time(room.now):
        yield World(branch, things)


@pytest.mark.slow
def test_what_comes_back_is_what_the_table_says_in_every_format(world: World) -> None:
    """And what is not there for somebody looks, word for word, like what is not there at all."""
    surprises, unlike = [], []
    for route, permission, role, format_ in _questions(world.branch):
        letters = ""
        for scene in SCENES:
            world.set_up(route, role, scene)
            answer = world.ask(route, role, format_)
            letters += _came(answer)
            if answer.status_code == 404:
                missing = world.ask(route, role, format_, task_id=MISSING, case_id=MISSING)
                thing = world.thing(route)
                if _bare(answer, thing) != _bare(missing, thing):
                    unlike.append((route, role.value, format_, scene))
        if letters != (expected := _expected(route, permission, role)):
            surprises.append(f"{route} as {role.value} in {format_}: {letters} and not {expected}")
    assert (surprises, unlike) == ([], [])


@pytest.mark.parametrize(
    ("scene", "path", "body"),
    [
        ("complained of", "/tasks/claim", {"tasks": ["{task_id}"]}),
        ("of another role", "/tasks/claim", {"tasks": ["{task_id}"]}),
        ("complained of", "/contacts", {"key": "k1", "case_id": "{case_id}", "action": "sms"}),
    ],
)
def test_what_a_body_names_is_no_more_there_than_what_an_address_names(
    world: World, scene: str, path: str, body: dict[str, Any]
) -> None:
    thing = world.thing("")
    world.set_up("", Role.COLLECTOR, scene)
    asked, missing = (
        world.post_json(Role.COLLECTOR, f"/api/v1{path}", _named(body, names))
        for names in (thing.names, {"task_id": MISSING, "case_id": MISSING})
    )
    assert _bare(asked, thing) == _bare(missing, thing)


@pytest.mark.parametrize(
    "path",
    ["/inbox", "/inbox?view=mine", "/cases", "/approvals", "/api/v1/tasks", "/api/v1/cases"],
)
def test_no_list_shows_a_debtor_to_whom_the_complaint_is_about(world: World, path: str) -> None:
    role = Role.LEGAL_ADVISOR if path == "/approvals" else Role.COLLECTOR
    route = f"GET {path}/" if path == "/approvals" else f"GET {path}"
    for scene, is_shown in (("own", True), ("complained of", False)):
        world.set_up(route, role, scene)
        answer = world.ask(f"GET {path}", role, "json" if "/api/" in path else "page")
        assert answer.status_code == 200
        assert (world.thing(route).case_id in answer.text) is is_shown


@pytest.mark.parametrize("route", STREAMS)
def test_no_stream_is_opened_of_what_is_not_there(world: World, route: str) -> None:
    world.set_up(route, Role.COLLECTOR, "complained of")
    asked, missing = (
        world.ask(route, Role.COLLECTOR, "page", **names)
        for names in ({}, {"case_id": MISSING, "task_id": MISSING})
    )
    assert asked.status_code == 404
    assert _bare(asked, world.thing(route)) == _bare(missing, world.thing(route))


@pytest.mark.parametrize(
    ("route", "role"),
    [
        ("GET /cases/{case_id}/comments/{remark_id}/document", Role.TEAM_LEAD),
        ("GET /cases/{case_id}/notices/{notice_id}", Role.TEAM_LEAD),
        ("GET /approvals/{task_id}/pack.pdf", Role.LEGAL_ADVISOR),
        ("POST /inbox/export", Role.TEAM_LEAD),
    ],
)
def test_no_file_is_named_after_a_debtor(world: World, route: str, role: Role) -> None:
    """Names of files stand in folders, in mails and in logs: they hold ids and days."""
    world.set_up(route, role, "own")
    named = world.ask(route, role, "page").headers["Content-Disposition"]
    ids = (world.thing(route).case_id, "tasks", r"[0-9a-f]{12}")
    assert re.fullmatch(rf'(inline|attachment); filename="({"|".join(ids)})[-0-9a-z]*\.(pdf|csv)"', named), (
        named
    )


def test_nobody_finds_the_case_of_a_debtor_who_complained_of_him(world: World) -> None:
    thing = world.thing("")
    for scene, status in (("own", 303), ("complained of", 422)):
        world.set_up("", Role.COLLECTOR, scene)
        desk = world.branch.at(LOGINS[Role.COLLECTOR])
        assert desk.post("/cases", loan_id=thing.case_id.split("-")[1]).status_code == status


def _named(body: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {
        name: [_filled(one, names) for one in value] if isinstance(value, list) else _filled(value, names)
        for name, value in body.items()
    }


def test_no_route_is_left_out(branch: Branch) -> None:
    assert set(EXPECTED) == set(_routes(branch)) - STREAMS
    assert set(SAID) == {route for route in EXPECTED if route.startswith("POST ")}


def _questions(branch: Branch) -> Iterator[tuple[str, Permission, Role, str]]:
    for route, permission in _routes(branch).items():
        if route in STREAMS:
            continue
        for role in _askers(permission):
            for format_ in ("json",) if " /api/" in route else ("page", "fragment"):
                yield route, permission, role, format_


def _routes(branch: Branch) -> dict[str, Permission]:
    found: dict[str, Permission] = {}
    for context in iter_route_contexts(branch.app.routes):
        if context.path and ("{task_id}" in context.path or "{case_id}" in context.path):
            permission = declared_by(context)[0]
            assert permission is not None, context.path
            found |= {f"{method} {context.path}": permission for method in context.methods or ()}
    return found


def _askers(permission: Permission) -> Iterator[Role]:
    """Of those who are granted it: one who sees the tasks of the own role, one who sees all. Within each all stand alike."""
    seen = set()
    for role in GRANTS[permission]:
        kind = (_sees_all(role), GRANTS[permission][role])
        if kind not in seen:
            seen.add(kind)
            yield role


def _sees_all(role: Role) -> bool:
    return Relation.ANY in GRANTS[Permission.READ_TASK].get(role, frozenset())


def _expected(route: str, permission: Permission, role: Role) -> str:
    rows = EXPECTED[route].split()
    if len(rows) > 2 and Relation.ANY in GRANTS[permission][role]:
        rows = rows[2:]
    return rows[min(_sees_all(role), len(rows) - 1)]


def _came(answer: httpx.Response) -> str:
    """Nothing to say is nothing there, where somebody asks."""
    quiet = answer.status_code == 204 and answer.request.method == "GET"
    letters = {403: "f", 404: "n", 409: "c"}
    return "n" if quiet else letters.get(answer.status_code, "i" if answer.status_code < 500 else "!")


def _bare(answer: httpx.Response, thing: Thing) -> tuple[int, str]:
    """Without the address that was asked for, which a page repeats in its switches."""
    text = answer.text.replace(answer.headers.get("x-request-id", "-none-"), "")
    for name in (thing.task_id, thing.case_id, MISSING):
        text = text.replace(name, "")
    return answer.status_code, text
