import httpx
import pytest
from sqlalchemy import select

from api.auth.csrf import HEADER
from api.auth.passwords import Passwords
from api.auth.person import Person
from arrears.policy.tasks import Role
from arrears.store import people
from arrears.store.tables import audit_rows, staff
from tests.api import rows
from tests.api.conftest import Server
from tests.api.doorway import told

PASSWORD = "correct horse battery"
OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def li(server: Server, passwords: Passwords) -> Person:
    return rows.a_person(server.store, Role.COLLECTOR, login="li", password_hash=passwords.hash(PASSWORD))


def _token(client: httpx.Client, login: str = "li", password: str = PASSWORD) -> httpx.Response:
    return client.post("/api/v1/token", json={"login": login, "password": password})


def test_a_password_gives_a_token_for_ten_minutes(server: Server, li: Person) -> None:
    answer = _token(server.anyone(), " LI ")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["token_type"] == "Bearer"
    assert answer.json()["expires_in"] == 600
    client = server.anyone()
    client.headers["Authorization"] = f"bearer {answer.json()['access_token']}"
    assert client.get("/api/v1/tasks").status_code == 200
    server.machine.pass_(minutes=10, seconds=31)
    assert client.get("/api/v1/tasks").json()["detail"] == "token_refused"


def test_every_reason_to_refuse_looks_the_same(server: Server, li: Person, passwords: Passwords) -> None:
    gone = rows.a_person(server.store, Role.OPS, login="gone", password_hash=passwords.hash(PASSWORD))
    rows.a_person(server.store, Role.OPS, login="bare")
    with server.store.transaction() as connection:
        people.change_staff(connection, gone.staff_id, at=server.machine.now, active=False)
    tries = [
        ("li", "wrong horse battery"),
        ("nobody", PASSWORD),
        ("gone", PASSWORD),
        ("bare", PASSWORD),
        ("li\x00", PASSWORD),
        ("li", ""),
        ("", ""),
        ("li", "x" * 1000),
    ]
    answers = {_strip(_token(server.anyone(), login, password)) for login, password in tries}
    assert len(answers) == 1
    [(status, _, text)] = answers
    assert status == 401
    assert "sign_in_refused" in text


def _strip(answer: httpx.Response) -> tuple[int, str, str]:
    kept = sorted((name, value) for name, value in answer.headers.items() if name != "x-request-id")
    return answer.status_code, str(kept), str(told(answer))


def test_too_many_tries_wait_also_with_the_right_password(server: Server, li: Person) -> None:
    for _ in range(4):
        assert _token(server.anyone(), password="wrong horse battery").status_code == 401
    for login in ("li", "unknown"):
        while login == "unknown" and _token(server.anyone(), login).status_code == 401:
            pass
        refused = _token(server.anyone(), login)
        assert (refused.status_code, refused.json()["detail"]) == (429, "too_many_tries")
        assert int(refused.headers["retry-after"]) == 1
    server.machine.pass_(seconds=1)
    assert _token(server.anyone()).status_code == 200


def test_signing_in_leaves_a_trace_and_an_older_hash_is_renewed(server: Server, li: Person) -> None:
    weaker = Passwords(memory_kib=32, passes=1, lanes=1).hash(PASSWORD)
    with server.store.transaction() as connection:
        people.set_password_hash(connection, li.staff_id, weaker)
    assert _token(server.anyone()).status_code == 200
    with server.store.reading() as connection:
        assert connection.execute(select(staff.c.password_hash)).scalar() != weaker
        trace = connection.execute(select(audit_rows.c.actor, audit_rows.c.what)).all()
    assert [tuple(row) for row in trace] == [(li.staff_id, "signed_in")]


def test_a_token_is_worth_what_its_person_is_now(server: Server, li: Person) -> None:
    client = server.speaking_for(li)
    assert client.get("/api/v1/incidents").status_code == 403
    with server.store.transaction() as connection:
        connection.execute(staff.update().values(roles=["ops"]))
    assert client.get("/api/v1/incidents").status_code == 200
    with server.store.transaction() as connection:
        connection.execute(staff.update().values(active=False))
    assert client.get("/api/v1/incidents").json()["detail"] == "token_refused"


def test_tokens_can_be_taken_back_one_by_one_or_all(server: Server, li: Person) -> None:
    issued, other = server.entrance.tokens.issue(li), server.entrance.tokens.issue(li)

    def status(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return server.anyone().get("/api/v1/tasks", headers=headers).status_code

    with server.store.transaction() as connection:
        people.revoke_token(connection, issued.token_id, at=server.machine.now)
    assert [status(issued.token), status(other.token)] == [401, 200]
    with server.store.transaction() as connection:
        people.void_tokens_before(connection, li.staff_id, server.machine.now)
    assert status(other.token) == 401
    server.machine.pass_(seconds=1)
    assert status(server.entrance.tokens.issue(li).token) == 200


@pytest.mark.parametrize(
    "value",
    ["", "Bearer", "Bearer ", "Basic bGk6eA==", "bearer a b", "Token x", "Bearer  x", "x", "Bearer é"],
)
def test_an_authorization_that_is_no_bearer_token_is_refused(quick_server: Server, value: str) -> None:
    headers = {b"Authorization": value.encode()}
    answer = quick_server.anyone().get("/api/v1/tasks", headers=headers)
    assert (answer.status_code, answer.json()["detail"]) == (401, "token_refused")


def test_two_authorizations_are_none(quick_server: Server) -> None:
    token = quick_server.entrance.tokens.issue(quick_server.person(Role.COLLECTOR)).token
    headers = [("Authorization", f"Bearer {token}")] * 2
    assert quick_server.anyone().get("/api/v1/tasks", headers=headers).status_code == 401


def test_the_browser_s_cookie_opens_the_same_doors(server: Server, li: Person) -> None:
    opened = server.entrance.sessions.open(li.staff_id)
    task_id = rows.a_task(server.store, rows.a_case(server.store))
    browser = server.anyone()
    browser.cookies.set("sid", opened.cookie)
    assert browser.get("/api/v1/tasks").json()["items"][0]["task_id"] == task_id
    claimed = browser.post(f"/api/v1/tasks/{task_id}/claim", headers={**OURS, HEADER: opened.csrf})
    assert claimed.status_code == 200
    assert claimed.json()["assignee"] == li.staff_id


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        (OURS | {HEADER: "own"}, True),
        ({"Origin": "http://127.0.0.1:8400", HEADER: "own"}, True),
        (OURS, False),
        (OURS | {HEADER: ""}, False),
        (OURS | {HEADER: "of another session"}, False),
        ({HEADER: "own"}, False),
        ({"Sec-Fetch-Site": "cross-site", HEADER: "own"}, False),
        ({"Sec-Fetch-Site": "same-site", HEADER: "own"}, False),
        ({"Origin": "https://evil.example", HEADER: "own"}, False),
        ({"Origin": "null", HEADER: "own"}, False),
    ],
)
def test_a_cookie_alone_changes_nothing(quick_server: Server, headers: dict[str, str], passes: bool) -> None:
    li = quick_server.person(Role.COLLECTOR)
    opened = quick_server.entrance.sessions.open(li.staff_id)
    other = quick_server.entrance.sessions.open(li.staff_id)
    task_id = rows.a_task(quick_server.store, rows.a_case(quick_server.store))
    sent = {"own": opened.csrf, "of another session": other.csrf}
    headers = {name: sent.get(value, value) for name, value in headers.items()}
    browser = quick_server.anyone()
    browser.cookies.set("sid", opened.cookie)
    for path in (f"/api/v1/tasks/{task_id}/claim", f"/api/v1/tasks/{task_id}/release"):
        answer = browser.post(path, headers=headers)
        assert answer.status_code == (200 if passes else 403)
        assert passes or answer.json()["detail"] == "cross_site"


def test_a_bad_token_is_not_made_good_by_a_cookie(quick_server: Server) -> None:
    browser = quick_server.anyone()
    browser.cookies.set(
        "sid", quick_server.entrance.sessions.open(quick_server.person(Role.OPS).staff_id).cookie
    )
    assert browser.get("/api/v1/tasks").status_code == 200
    assert browser.get("/api/v1/tasks", headers={"Authorization": "Bearer x"}).status_code == 401


def test_the_description_is_for_people_who_work_here(quick_server: Server) -> None:
    assert quick_server.anyone().get("/api/v1/openapi.json").status_code == 401
    described = quick_server.as_(Role.ADMIN).get("/api/v1/openapi.json").json()
    assert "/api/v1/tasks/{task_id}/decision" in described["paths"]
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert quick_server.anyone().get(path).status_code == 404
