"""Ctrl+K in a real browser: the acts of a page by their names, the menu, and the search for whatever else is typed."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from arrears import clock
from arrears.store import packs
from arrears.store.session import Store, open_engine
from tests.builders import CaseRoom
from tests.chromium import chromium
from tests.web.branch import listening, open_branch
from tests.web.place import Place, pleases_axe
from tests.web.portfolio import Portfolio

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def place(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("branch")
    shutil.copyfile(sqlite_template, folder / "arrears.db")
    store = Store(open_engine(f"sqlite:///{folder / 'arrears.db'}"))
    room = CaseRoom(store, packs.load("cn-bank-2026").rules, now=clock.machine_now())
    branch = open_branch(store, room, letters=folder / "letters")
    room.hears_at_once()
    none = Portfolio(**dict.fromkeys(Portfolio.__dataclass_fields__, ""))
    with chromium() as browser, listening(branch.app) as url:
        yield Place(url, branch, none, browser)
    store.close()


def _open(page: Page, wanted: str = "") -> None:
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    expect(page.locator("#f-wanted")).to_be_focused()
    page.keyboard.type(wanted)


def test_an_act_of_the_page_is_done_by_its_name(place: Place) -> None:
    page = place.signed_in("collector")
    page.goto(place.task_href(place.room.a_case(name="郭晓燕"), "first_contact"))
    _open(page, "领取")
    expect(page.get_by_role("option", selected=True)).to_have_text(re.compile("领取任务"))
    pleases_axe(page)
    page.keyboard.press("Enter")
    expect(page.get_by_text("由您处理")).to_be_visible()
    expect(page.locator("#palette")).to_be_hidden()
    _open(page)
    expect(page.get_by_role("option", name="稍后处理")).to_have_count(
        1
    )  # the list; the form of that name is folded away
    page.context.close()


def test_the_menu_and_the_lists_are_places_and_arrows_choose(place: Place) -> None:
    page = place.signed_in("lead")
    page.goto(f"{place.url}/inbox")
    _open(page)
    names = page.get_by_role("option").all_inner_texts()
    assert {"团队", "案件/", "未领取"} <= {name.replace("\n", "").split("0")[0] for name in names}
    page.keyboard.press("ArrowUp")  # from the first to the last
    expect(page.get_by_role("option").last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    page.keyboard.type("团队")
    page.get_by_role("option", name="团队", exact=True).click()
    page.wait_for_url("**/team")
    page.context.close()


def test_whatever_else_is_typed_is_searched_for_and_stands_in_no_address(place: Place) -> None:
    place.room.a_case(name="欧阳明月")
    page = place.signed_in("collector")
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    _open(page, "欧阳")
    expect(page.get_by_role("option")).to_have_text(["查找“欧阳”"])
    page.keyboard.press("Enter")
    expect(page.locator("#list .row")).to_have_count(1)
    assert not [url for url in addresses if quote("欧阳") in url or "欧阳" in url]
    page.context.close()


def test_it_opens_with_single_keys_off_and_leaves_everything_as_it_was(place: Place) -> None:
    page = place.signed_in("collector")
    page.goto(place.task_href(place.room.a_case(name="郭晓峰"), "first_contact"))
    page.keyboard.press("?")
    page.get_by_role("button", name="停用单键快捷键").click()
    page.keyboard.press("c")
    expect(page.get_by_role("button", name="领取任务")).to_be_visible()
    page.locator("article.task h1").focus()
    _open(page, "没有这样的")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    expect(page.locator("article.task h1")).to_be_focused()
    page.context.close()


def test_who_sees_cases_alone_looks_by_loan_number(place: Place) -> None:
    case_id = place.room.a_case()
    page = place.signed_in("operator")
    _open(page, place.room.case(case_id).loan_id)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{case_id}")
    page.context.close()


def test_in_english_too(place: Place) -> None:
    page = place.signed_in("collector")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("button", name="Commands")).to_be_visible()
    _open(page, "sett")
    expect(page.get_by_role("option").last).to_have_text("Search for “sett”")
    pleases_axe(page)
    page.context.close()
