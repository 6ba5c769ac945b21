"""In and out of the door."""

import pytest

from tests.web.branch import PASSWORD, Branch, swap_headers
from tests.web.reading import read


def test_a_person_signs_in_and_begins_where_the_work_is(branch: Branch) -> None:
    visitor = branch.visitor()
    answer = visitor.post("/login", data={"login": " Collector ", "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    for flag in ("HttpOnly", "SameSite=lax", "Path=/"):
        assert flag in cookie
    assert visitor.get("/").headers["location"] == "/inbox"
    assert "陈静" in visitor.get("/inbox").text


@pytest.mark.parametrize(
    ("login", "place"),
    [
        ("lead", "/inbox"),
        ("advisor1", "/inbox"),
        ("manager", "/inbox"),
        ("ops", "/inbox"),
        ("compliance", "/cases"),
        ("operator", "/cases"),
        ("admin", "/certificates"),
    ],
)
def test_each_role_begins_somewhere_it_may_be(branch: Branch, login: str, place: str) -> None:
    desk = branch.at(login)
    assert desk.get("/").headers["location"] == place
    assert desk.get(place).status_code == 200


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("collector", "wrong horse battery"),
        ("nobody", PASSWORD),
        ("", ""),
        ("collector", "短"),
        ("x" * 500, "y" * 5000),
    ],
)
def test_whoever_is_not_let_in_hears_the_same(branch: Branch, login: str, password: str) -> None:
    answer = branch.visitor().post("/login", data={"login": login, "password": password})
    assert answer.status_code == 422
    assert "登录名或密码不正确。" in answer.text
    assert "set-cookie" not in answer.headers
    assert password not in answer.text or not password


def test_too_many_tries_have_to_wait(branch: Branch) -> None:
    visitor = branch.visitor()
    for _ in range(4):
        visitor.post("/login", data={"login": "collector", "password": "wrong horse battery"})
    answer = visitor.post("/login", data={"login": "collector", "password": PASSWORD})
    assert answer.status_code == 429
    assert "秒后重试" in answer.text


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://elsewhere.example",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "javascript:alert(1)",
        "/a\nb",
        "\\/x",
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(branch: Branch, elsewhere: str) -> None:
    answer = branch.visitor().post("/login", data={"login": "lead", "password": PASSWORD, "next": elsewhere})
    assert answer.headers["location"] == "/"
    shown = branch.visitor().get("/login", params={"next": elsewhere})
    assert read(shown).all("input", name="next", value="/")


def test_one_comes_back_to_the_page_one_wanted(branch: Branch) -> None:
    visitor = branch.visitor()
    wanted = visitor.get("/inbox?view=mine")
    assert (wanted.status_code, wanted.headers["location"]) == (303, "/login?next=/inbox%3Fview%3Dmine")
    door = read(visitor.get(wanted.headers["location"]))
    assert "/login" in door.actions
    assert door.all("input", name="next", value="/inbox?view=mine")


def test_a_swap_is_never_answered_with_the_door(branch: Branch) -> None:
    answer = branch.visitor().get("/tasks/anything", headers=swap_headers())
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/login?next=/inbox"
    assert answer.text == ""


def test_signing_out_ends_the_session_itself(branch: Branch) -> None:
    desk = branch.at("collector")
    cookie = desk.client.cookies["sid"]
    assert desk.post("/logout").headers["location"] == "/login"
    assert branch.entrance.sessions.find(cookie) is None
    desk.client.cookies.set("sid", cookie, domain="127.0.0.1")
    assert desk.get("/inbox").status_code == 303


def test_whoever_is_in_does_not_see_the_door(branch: Branch) -> None:
    assert branch.at("lead").get("/login?next=/cases").headers["location"] == "/cases"
