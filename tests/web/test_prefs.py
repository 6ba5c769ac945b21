"""Language and colours follow the person, and before the sign-in the browser."""

import pytest

from tests.web.branch import Branch
from tests.web.reading import read


def test_before_the_sign_in_the_browser_chooses(branch: Branch) -> None:
    visitor = branch.visitor()
    assert read(visitor.get("/login")).one("html").attributes == {"lang": "zh-CN", "data-theme": "light"}
    english = visitor.get("/login", headers={"Accept-Language": "fr, en-GB;q=0.8, zh;q=0.5"})
    assert read(english).one("html").attributes["lang"] == "en"
    answer = visitor.post("/prefs", data={"language": "en", "theme": "dark", "next": "/login"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert read(visitor.get("/login")).one("html").attributes == {"lang": "en", "data-theme": "dark"}


def test_a_persons_language_goes_along_to_every_browser(branch: Branch) -> None:
    desk = branch.at("collector")
    desk.client.cookies.set("language", "en", domain="127.0.0.1")
    assert read(desk.get("/inbox")).one("html").attributes["lang"] == "zh-CN"
    desk.post("/prefs", language="en", next="/inbox?view=mine")
    assert "Task list" in desk.get("/inbox").text
    visitor = branch.visitor()
    visitor.post("/login", data={"login": "collector", "password": "correct horse battery"})
    assert "Task list" in visitor.get("/inbox").text


@pytest.mark.parametrize(
    "fields", [{"language": "xx"}, {"theme": "pink"}, {"language": "en\r\nSet-Cookie: a=b"}]
)
def test_what_we_do_not_offer_changes_nothing(branch: Branch, fields: dict[str, str]) -> None:
    answer = branch.visitor().post("/prefs", data=fields)
    assert answer.status_code == 303
    assert "set-cookie" not in answer.headers


def test_the_switches_come_back_to_where_they_were_used(branch: Branch) -> None:
    page = read(branch.at("collector").get("/inbox?view=late"))
    assert {one.attributes["value"] for one in page.all("input", name="next")} == {"/inbox?view=late"}


def test_settings_show_who_one_is(branch: Branch) -> None:
    page = read(branch.at("admin").get("/prefs"))
    for shown in ("何平", "admin", "系统管理员", "退出登录"):
        assert shown in page.words
