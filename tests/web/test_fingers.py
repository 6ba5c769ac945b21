"""The task page under the fingers, in a real browser: drafts, undo, later, live changes, six keystrokes."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from arrears import clock
from arrears.store import packs
from arrears.store.session import Store, open_engine
from tests.builders import CaseRoom
from tests.chromium import chromium
from tests.web.branch import PASSWORD, listening, open_branch
from tests.web.portfolio import Portfolio
from tests.web.test_browser import Place

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def place(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A branch without a case yet, open at any hour."""
    folder = tmp_path_factory.mktemp("branch")
    shutil.copyfile(sqlite_template, folder / "arrears.db")
    store = Store(open_engine(f"sqlite:///{folder / 'arrears.db'}"))
    rules = packs.load("cn-bank-2026").rules
    terms = replace(rules.terms, window_from="00:00", window_to="24:00")
    rules = replace(rules, terms=terms, conduct=replace(rules.conduct, dial_to="24:00"))
    room = CaseRoom(store, rules, now=clock.machine_now())
    branch = open_branch(store, room, letters=folder / "letters")
    room.hears_at_once()
    none = Portfolio(**dict.fromkeys(Portfolio.__dataclass_fields__, ""))
    with chromium() as browser, listening(branch.app) as url:
        yield Place(url, branch, none, browser)
    store.close()


# ---- drafts ----------------------------------------------------------------------------------------------


def test_words_are_kept_after_two_quiet_seconds_and_are_there_again(place: Place) -> None:
    address = place.task_href(place.room.a_case(name="郭晓燕"), "first_contact")
    page = place.signed_in("collector")
    page.goto(address)
    page.get_by_role("button", name="领取任务").click()
    page.get_by_label("承诺还款", exact=True).check()
    page.get_by_label("承诺金额").fill("一万二")
    with page.expect_response("**/draft") as saved:
        page.get_by_label("理由或备注").fill("客户说下周")
    assert saved.value.status == 204
    page.goto(f"{place.url}/inbox")
    page.goto(address)
    expect(page.get_by_label("理由或备注")).to_have_value("客户说下周")
    expect(page.get_by_label("承诺金额")).to_have_value("一万二")
    expect(page.get_by_label("承诺还款", exact=True)).to_be_checked()
    page.get_by_role("button", name="丢弃草稿").click()
    expect(page.get_by_label("理由或备注")).to_have_value("")
    page.context.close()


def test_signed_out_in_the_middle_of_a_form_nothing_that_was_typed_is_lost(place: Place) -> None:
    address = place.task_href(place.room.a_case(name="郭晓峰"), "first_contact")
    page = place.signed_in("collector")
    page.goto(address)
    page.get_by_role("button", name="领取任务").click()
    expect(page.get_by_text("由您处理")).to_be_visible()
    place.branch.entrance.sessions.revoke_all("s-collector")
    page.get_by_label("理由或备注").fill("登录失效之后写的")
    page.get_by_label("占线", exact=True).check()
    page.get_by_role("button", name="保存结果").click()
    told = page.locator("#alerts a")
    expect(told).to_contain_text("登录已失效")
    expect(page.get_by_label("理由或备注")).to_have_value("登录失效之后写的")
    with page.context.expect_page() as opened:
        told.click()
    door = opened.value
    door.fill("#f-login", "collector")
    door.fill("#f-password", PASSWORD)
    door.click("form.sign-in button")
    door.wait_for_url(address)  # the sign-in leads back to the task
    with page.expect_response("**/draft") as saved:
        page.evaluate("dispatchEvent(new Event('focus'))")
    assert saved.value.status == 204
    expect(told).to_have_count(0)
    door.reload()
    expect(door.get_by_label("理由或备注")).to_have_value("登录失效之后写的")
    page.get_by_role("button", name="保存结果").click()
    expect(page.get_by_text("已完成：占线")).to_be_visible()
    page.context.close()
