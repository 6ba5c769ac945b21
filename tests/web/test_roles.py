"""Each role and each page: let in or kept out, as the table of permissions says."""

import pytest

from tests.builders import CaseRoom
from tests.web.branch import Branch
from tests.web.reading import read

LOGINS = ("collector", "lead", "advisor1", "ops", "manager", "compliance", "operator", "admin")
PAGES = {
    "/inbox": {"collector", "lead", "advisor1", "ops", "manager"},
    "/cases": {"collector", "lead", "advisor1", "ops", "manager", "compliance", "operator"},
    "/cases/case-RL2024000001-1": {
        "collector",
        "lead",
        "advisor1",
        "ops",
        "manager",
        "compliance",
        "operator",
    },
    "/incidents": {"ops", "compliance", "operator"},
    "/payments/new": {"ops"},
    "/staff": {"lead", "ops", "manager", "compliance", "admin"},
    "/staff/s-lead": {"lead", "ops", "manager", "compliance", "admin"},
    "/staff/invite": {"admin"},
    "/staff/s-lead/leave": {"admin"},
    "/prefs": set(LOGINS),
}


@pytest.mark.parametrize("path", PAGES)
def test_pages_let_in_whom_they_are_for(branch: Branch, room: CaseRoom, path: str) -> None:
    room.a_case()
    let_in = {login for login in LOGINS if branch.at(login).get(path).status_code == 200}
    assert let_in == PAGES[path]
    kept_out = set(LOGINS) - let_in
    assert {branch.at(login).get(path).status_code for login in kept_out} <= {403}


@pytest.mark.parametrize("path", [*PAGES, "/tasks/any", "/payments/any", "/"])
def test_nobody_sees_a_page_without_signing_in(branch: Branch, path: str) -> None:
    answer = branch.visitor().get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")


@pytest.mark.parametrize("login", LOGINS)
def test_a_menu_leads_only_where_one_may_go(branch: Branch, login: str) -> None:
    desk = branch.at(login)
    menu = [
        one.attributes["href"] for one in read(desk.get("/prefs")).all("a") if one.attributes["href"] in PAGES
    ]
    assert {desk.get(place).status_code for place in menu} == {200}


def test_whoever_left_the_bank_is_out_at_the_next_click(branch: Branch) -> None:
    desk = branch.at("collector")
    with branch.room.store.transaction() as connection:
        connection.exec_driver_sql("UPDATE staff SET active = 0 WHERE login = 'collector'")
    assert desk.get("/inbox").status_code == 303
    assert desk.post("/tasks/any/claim").status_code == 303
