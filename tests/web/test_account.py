"""A person's own account: where it is signed in, and its password."""

import httpx
import pytest
from sqlalchemy import select

from api.auth.browsers import FAMILIES, family_of
from arrears.store import audit
from arrears.store.tables import audit_rows, browser_sessions
from tests.web.branch import PASSWORD, Branch
from tests.web.reading import read
from web.staff_words import BROWSERS

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"
NEW = "a longer and newer sentence"


def _signed_in(branch: Branch, login: str, *, agent: str = FIREFOX) -> httpx.Client:
    client = branch.visitor()
    client.headers["User-Agent"] = agent
    assert client.post("/login", data={"login": login, "password": PASSWORD}).status_code == 303
    return client


def _post(client: httpx.Client, path: str, **fields: str) -> httpx.Response:
    token = read(client.get("/prefs")).all("input", name="csrf")[0].attributes["value"]
    return client.post(path, data={"csrf": token, **fields})


def _handles(client: httpx.Client) -> list[str]:
    return [
        one.attributes["data-session"]
        for one in read(client.get("/sessions")).all("article")
        if "data-session" in one.attributes
    ]


def test_each_browser_stands_there_by_its_family_and_nothing_tells_more(branch: Branch) -> None:
    here, there = _signed_in(branch, "lead"), _signed_in(branch, "lead", agent=EDGE)
    page = read(here.get("/sessions"))
    titles = [one.text for one in page.all("h2") if one.attributes["id"].startswith("s-")]
    assert sorted(titles) == ["微软浏览器", "火狐浏览器"]
    assert len(page.all("form", action="/sessions/end-others")) == 1
    assert page.words.count("本浏览器") > 0
    assert len(_handles(there)) == 2
    with branch.room.store.reading() as connection:
        kept = str(connection.execute(select(browser_sessions)).mappings().all())
    assert "Windows" not in kept
    assert "192.0.2" not in kept


def test_one_is_ended_and_the_other_goes_on(branch: Branch) -> None:
    here, there = _signed_in(branch, "lead"), _signed_in(branch, "lead", agent=EDGE)
    (other,) = [
        form.attributes["action"]
        for form in read(here.get("/sessions")).all("form")
        if form.attributes["action"].endswith("/end")
    ]
    assert _post(here, other).headers["location"] == "/sessions"
    assert there.get("/sessions").status_code == 303
    assert len(_handles(here)) == 1
    assert _post(here, other).status_code == 404


def test_all_others_are_ended_at_once(branch: Branch) -> None:
    here, *others = [_signed_in(branch, "lead") for _ in range(3)]
    assert _post(here, "/sessions/end-others").status_code == 303
    assert [client.get("/sessions").status_code for client in others] == [303, 303]
    assert here.get("/sessions").status_code == 200
    with branch.room.store.reading() as connection:
        assert audit.verify(connection, audit.HOUSE) == []
        told = connection.execute(
            select(audit_rows.c.actor, audit_rows.c.detail).where(audit_rows.c.what == "sessions_ended")
        ).all()
    assert told == [("s-lead", {"staff_id": "s-lead", "sessions": 2})]


def test_the_session_of_a_colleague_is_as_if_it_were_not_there(branch: Branch) -> None:
    mine, theirs = _signed_in(branch, "lead"), _signed_in(branch, "ops")
    (handle,) = _handles(theirs)
    foreign = _post(mine, f"/sessions/{handle}/end")
    missing = _post(mine, f"/sessions/{'0' * 16}/end")
    assert (foreign.status_code, foreign.text) == (404, missing.text)
    assert theirs.get("/sessions").status_code == 200


def test_a_new_password_ends_the_others_and_goes_on_here(branch: Branch) -> None:
    here, there = _signed_in(branch, "lead"), _signed_in(branch, "lead")
    before = here.cookies["sid"]
    token = branch.entrance.tokens.issue(branch.people["lead"]).token
    done = _post(here, "/password", old=PASSWORD, new=NEW, again=NEW)
    assert done.headers["location"] == "/sessions"
    assert here.get("/sessions").status_code == 200
    assert here.cookies["sid"] != before
    assert there.get("/sessions").status_code == 303
    bearer = {"Authorization": f"Bearer {token}"}
    assert branch.visitor().get("/api/v1/openapi.json", headers=bearer).status_code == 401
    assert branch.visitor().post("/login", data={"login": "lead", "password": PASSWORD}).status_code == 422
    assert branch.visitor().post("/login", data={"login": "lead", "password": NEW}).status_code == 303


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"old": "wrong horse battery", "new": NEW, "again": NEW}, "密码不正确"),
        ({"old": "", "new": NEW, "again": NEW}, "密码不正确"),
        ({"old": PASSWORD, "new": "short", "again": "short"}, "12"),
        ({"old": PASSWORD, "new": NEW, "again": NEW + "x"}, "两次输入不一致"),
        ({"old": PASSWORD, "new": "the lead of all", "again": "the lead of all"}, "不得包含登录名"),
        ({"old": PASSWORD, "new": "ababababababab", "again": "ababababababab"}, "重复字符过多"),
        ({"old": PASSWORD, "new": PASSWORD, "again": PASSWORD}, "与原密码相同"),
    ],
)
def test_a_password_that_cannot_be_is_said_at_its_field_and_nothing_changes(
    branch: Branch, fields: dict[str, str], says: str
) -> None:
    here, there = _signed_in(branch, "lead"), _signed_in(branch, "lead")
    answer = _post(here, "/password", **fields)
    assert (answer.status_code, says in answer.text) == (422, True)
    assert all(typed not in answer.text for typed in fields.values() if typed and typed != "short")
    assert there.get("/sessions").status_code == 200


def test_guessing_at_the_old_password_has_to_wait(branch: Branch) -> None:
    here = _signed_in(branch, "lead")
    tries = [_post(here, "/password", old="wrong horse battery", new=NEW, again=NEW) for _ in range(5)]
    assert tries[-1].status_code == 429
    assert "秒后重试" in tries[-1].text


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        (FIREFOX, "firefox"),
        (EDGE, "edge"),
        ("Mozilla/5.0 AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "chrome"),
        ("Mozilla/5.0 (Macintosh) Version/18.0 Safari/605.1.15", "safari"),
        ("Mozilla/5.0 Chrome/120.0 MQQBrowser/14.0 QQBrowser/14 Safari/537.36", "qq"),
        ("Mozilla/5.0 Chrome/120.0 MicroMessenger/8.0 Safari/537.36", "wechat"),
        ("curl/8.0", "other"),
        ("", "other"),
        (None, "other"),
        ("x" * 100_000, "other"),
    ],
)
def test_a_browser_is_known_by_its_family(agent: str | None, family: str) -> None:
    assert family_of(agent) == family
    assert set(BROWSERS) == set(FAMILIES)
