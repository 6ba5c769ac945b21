"""The task page under the fingers, in a real browser: drafts, undo, later, live changes, six keystrokes."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from arrears import clock
from arrears.store import packs
from arrears.store.session import Store, open_engine
from tests.builders import CaseRoom
from tests.chromium import chromium
from tests.web.branch import PASSWORD, listening, open_branch
from tests.web.place import Place, listen, pleases_axe
from tests.web.portfolio import Portfolio
from web.feed import Feed

pytestmark = pytest.mark.browser


class Desk(Place):
    """The same, where answers can be made to wait."""

    @property
    def feed(self) -> Feed:
        feed: Feed = self.branch.app.state.office.feed
        return feed

    def answers_wait(self, seconds: int) -> None:
        self.branch.settings.undo_seconds = seconds


@pytest.fixture(scope="module")
def place(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
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
        yield Desk(url, branch, none, browser)
    store.close()


# ---- drafts ----------------------------------------------------------------------------------------------


def test_words_are_kept_after_two_quiet_seconds_and_are_there_again(place: Desk) -> None:
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


def test_whoever_writes_without_a_pause_has_the_words_kept_all_the_same(place: Desk) -> None:
    task = place.room.task(place.room.a_case(name="郭晓云"), "first_contact")
    page = place.signed_in("collector")
    page.goto(f"{place.url}/tasks/{task.task_id}")
    page.get_by_role("button", name="领取任务").click()
    words = page.get_by_label("理由或备注")
    words.click()
    kept: list[str] = []
    page.on("requestfinished", lambda request: kept.append(request.url) if "/draft" in request.url else None)
    for _ in range(100):  # never quiet for two seconds
        words.press_sequentially("一直在写", delay=50)
        if kept:
            break
    assert kept
    page.goto(f"{place.url}/tasks/{task.task_id}")
    assert page.get_by_label("理由或备注").input_value().startswith("一直在写")
    page.context.close()


def test_signed_out_in_the_middle_of_a_form_nothing_that_was_typed_is_lost(place: Desk) -> None:
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
    # What is kept by the clock may come a moment earlier, still under the session that ended.
    with page.expect_response(lambda kept: kept.url.endswith("/draft") and kept.status == 204):
        page.evaluate("dispatchEvent(new Event('focus'))")
    expect(told).to_have_count(0)
    door.reload()
    expect(door.get_by_label("理由或备注")).to_have_value("登录失效之后写的")
    page.get_by_role("button", name="保存结果").click()
    expect(page.get_by_text("已完成：占线")).to_be_visible()
    page.context.close()


# ---- undo ------------------------------------------------------------------------------------------------


def test_an_answer_is_taken_back_by_a_key_and_its_words_are_there(place: Desk) -> None:
    first, second = (place.room.a_case(name=name) for name in ("关小雨", "关小雪"))
    page = place.signed_in("collector")
    place.answers_wait(10)
    page.goto(place.task_href(first, "first_contact"))
    page.keyboard.press("c")
    expect(page.get_by_text("由您处理")).to_be_visible()
    page.get_by_label("占线", exact=True).check()
    page.get_by_label("理由或备注").fill("背景很吵")
    page.keyboard.press("Control+Enter")
    toast = page.locator("#toasts form")
    expect(toast).to_contain_text("已保存：占线")
    task_id = place.room.task(first, "first_contact").task_id
    expect(page.locator(f"[data-task='{task_id}']")).to_have_count(0)  # the next one is open
    expect(page.locator(f"[id='row-{task_id}']")).to_have_count(0)
    pleases_axe(page)
    page.keyboard.press("z")
    expect(page.locator(f"[data-task='{task_id}']")).to_be_visible()
    assert page.url.endswith(f"/tasks/{task_id}")
    expect(page.get_by_text("已撤回：占线")).to_be_visible()
    expect(page.get_by_label("理由或备注")).to_have_value("背景很吵")
    expect(page.get_by_label("占线", exact=True)).to_be_checked()
    expect(toast).to_have_count(0)
    expect(page.locator(f"[id='row-{task_id}']")).to_have_count(1)
    place.answers_wait(0)
    page.context.close()
    place.room.pay(second, 100_000)


def test_the_way_back_goes_when_its_time_is_over(place: Desk) -> None:
    case_id = place.room.a_case(name="关小风")
    page = place.signed_in("collector")
    place.answers_wait(2)
    page.goto(place.task_href(case_id, "first_contact"))
    page.get_by_role("button", name="领取任务").click()
    page.get_by_label("占线", exact=True).check()
    page.get_by_role("button", name="保存结果").click()
    toast = page.locator("#toasts form")
    expect(toast).to_be_visible()
    toast.get_by_role("button").focus()
    page.wait_for_timeout(2_500)
    expect(toast).to_be_visible()  # not while somebody is about to
    page.locator("#list-title").click()
    page.evaluate("document.activeElement.blur()")
    expect(toast).to_have_count(0)
    place.answers_wait(0)
    page.context.close()


def test_without_script_an_answer_is_taken_back_by_a_plain_form(place: Desk) -> None:
    case_id = place.room.a_case(name="关小云")
    page = place.signed_in("collector", java_script_enabled=False)
    place.answers_wait(10)
    page.goto(place.task_href(case_id, "first_contact"))
    page.get_by_role("button", name="领取任务").click()
    page.get_by_label("拒绝还款", exact=True).check()
    page.get_by_label("理由或备注").fill("不认可利息")
    page.get_by_role("button", name="保存结果").click()
    expect(page.get_by_text("已保存：拒绝还款")).to_be_visible()
    page.get_by_role("button", name="撤回", exact=True).click()
    expect(page.get_by_text("已撤回：拒绝还款")).to_be_visible()
    expect(page.get_by_label("理由或备注")).to_have_value("不认可利息")
    place.answers_wait(0)
    page.context.close()


# ---- keys ------------------------------------------------------------------------------------------------


def test_six_keystrokes_lead_from_an_open_task_over_no_answer_to_the_next(place: Desk) -> None:
    """Counted as fingers count: a key held for another counts, too."""
    for name in ("贺知秋", "贺知春"):
        place.room.a_case(name=name)
    page = place.signed_in("collector")
    place.answers_wait(10)
    page.goto(f"{place.url}/inbox?view=free")
    page.evaluate("window.isSamePage = true")
    page.keyboard.press("j")
    opened = page.locator("article.task")
    first = opened.get_attribute("data-task")
    pressed: list[str] = []

    def press(*keys: str) -> None:
        pressed.extend(keys)
        page.keyboard.press("+".join(keys))

    press("c")
    expect(page.get_by_text("由您处理")).to_be_visible()
    press("e")
    press("Space")
    expect(page.get_by_label("无人接听", exact=True)).to_be_checked()
    press("Control", "Enter")
    expect(page.locator("#toasts form")).to_contain_text("已保存：无人接听")
    expect(page.locator(f"article.task:not([data-task='{first}'])")).to_be_visible()
    expect(page.locator("article.task h1")).to_be_focused()
    assert len(pressed) <= 6
    assert page.evaluate("window.isSamePage"), "a form was sent before htmx had it in hand"
    place.answers_wait(0)
    page.context.close()


def test_a_push_in_the_middle_of_a_walk_leaves_the_reader_in_the_list(place: Desk) -> None:
    place.room.a_case(name="贺知冬")
    page = place.signed_in("collector")
    page.goto(f"{place.url}/inbox?view=free")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/tasks/**", hold)
    with page.expect_request("**/tasks/**"):
        page.keyboard.press("j")
    page.evaluate("document.dispatchEvent(new CustomEvent('htmx:after:swap', {detail: {ctx: {}}}))")
    for one in held:
        one.continue_()
    expect(page.locator("article.task h1")).to_be_visible()
    expect(page.locator("#list .row > a[aria-current]")).to_be_focused()
    page.context.close()


def test_a_key_puts_a_task_off_and_the_next_one_opens(place: Desk) -> None:
    case_id = place.room.a_case(name="贺知夏")
    address = place.task_href(case_id, "first_contact")
    page = place.signed_in("collector")
    page.goto(address)
    page.keyboard.press("c")
    expect(page.get_by_text("由您处理")).to_be_visible()
    page.keyboard.press("h")
    expect(page.locator(".put-off button[name=at]").first).to_be_visible()
    pleases_axe(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    task_id = address.rsplit("/", 1)[1]
    expect(page.locator(f"[data-task='{task_id}']")).to_have_count(0)
    page.goto(f"{place.url}/inbox?view=later")
    expect(page.locator(f"[id='row-{task_id}'] .later")).to_be_visible()
    pleases_axe(page)
    page.context.close()


# ---- what is pushed --------------------------------------------------------------------------------------


def test_two_browsers_see_what_the_other_does_and_nothing_jumps(place: Desk) -> None:
    case_id = place.room.a_case(name="尹秋水")
    task_id = place.room.task(case_id, "first_contact").task_id
    mine, hers = place.signed_in("collector"), place.signed_in("colleague")
    heard = listen(mine)
    mine.goto(f"{place.url}/tasks/{task_id}")
    expect(mine.locator("[data-live=on]")).to_contain_text("实时更新")
    row = mine.locator(f"[id='row-{task_id}']")
    grey = row.locator(".kind").first.evaluate("one => getComputedStyle(one).color")
    before = [one.get_attribute("id") for one in mine.locator("#list .row").all()]
    hers.goto(f"{place.url}/tasks/{task_id}")
    hers.get_by_role("button", name="领取任务").click()
    expect(row.locator(".holder")).to_have_text("李敏")
    assert row.locator(".name").evaluate("one => getComputedStyle(one).color") == grey
    expect(mine.locator(".news-of")).to_contain_text("李敏 处理中")
    pleases_axe(mine)
    names = ("尹秋山", "尹秋月")
    fresh = [place.room.task(place.room.a_case(name=name), "first_contact").task_id for name in names]
    pill = mine.locator("#news")
    expect(pill).to_have_text("2 条新任务")
    assert [one.get_attribute("id") for one in mine.locator("#list .row").all()] == before
    pleases_axe(mine)
    pill.click()
    for new in fresh:
        expect(mine.locator(f"[id='row-{new}']")).to_have_count(1)
    expect(pill).to_be_hidden()
    expect(mine.locator(f"[data-task='{task_id}']")).to_be_visible()  # what was open stays open
    hers.get_by_label("占线", exact=True).check()
    hers.get_by_role("button", name="保存结果").click()
    expect(row.locator(".holder.gone")).to_contain_text("已办结")
    assert heard == []
    for page in (mine, hers):
        page.context.close()


def test_the_dot_says_when_nothing_is_heard_and_what_was_missed_comes_after(place: Desk) -> None:
    page = place.signed_in("collector")
    dot = page.locator("[data-live]")
    expect(dot).to_have_attribute("data-live", "on")
    page.context.set_offline(offline=True)
    place.feed.let_go()
    expect(dot).to_contain_text("正在重新连接")
    place.room.a_case(name="尹秋云")
    page.context.set_offline(offline=False)
    expect(dot).to_contain_text("实时更新", timeout=15_000)
    expect(page.locator("#news")).to_contain_text("条新任务")
    page.context.close()


# ---- on paper --------------------------------------------------------------------------------------------


def test_each_printed_page_says_who_printed_it_when_and_of_what(place: Desk) -> None:
    case_id = place.room.a_case(name="郭晓冬")
    page = place.signed_in("lead")
    page.goto(f"{place.url}/cases/{case_id}")
    expect(page.locator(".printed")).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    foot = "name => getComputedStyle(document.documentElement).getPropertyValue(name)"
    by, what = (page.evaluate(foot, f"--printed-{name}") for name in ("by", "what"))
    assert re.fullmatch(r'"打印人：周凯，\d{4}-\d\d-\d\d \d\d:\d\d"', by)
    assert case_id in what
    assert "郭" not in what, "a title and an address name no debtor"
    page.emulate_media(media="print")
    for hidden in (".bar", ".menu", "form", ".printed"):
        expect(page.locator(hidden).first).to_be_hidden()
    page.context.close()


def test_without_script_the_last_page_says_who_and_when(place: Desk) -> None:
    page = place.signed_in("lead", java_script_enabled=False)
    page.goto(f"{place.url}/cases/{place.room.a_case()}")
    page.emulate_media(media="print")
    expect(page.locator(".printed")).to_be_visible()
    expect(page.locator(".printed")).to_contain_text("打印人：周凯，")
    page.context.close()
