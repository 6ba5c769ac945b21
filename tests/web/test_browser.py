"""The pages in a real browser: seen by axe in both languages, colours and sizes; used with and without script."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, expect
from sqlalchemy import delete, insert

from api.desk.publishing import PackDesk
from arrears import clock
from arrears.contracts import Rules
from arrears.store import packs, people
from arrears.store.session import Store, open_engine
from arrears.store.tables import holds
from scripts import vendor_web
from tests.builders import CaseRoom
from tests.chromium import chromium
from tests.web import portfolio
from tests.web.branch import PASSWORD, Branch, listening, open_branch
from tests.web.portfolio import Portfolio

pytestmark = pytest.mark.browser

AXE: Final = next((Path(__file__).parents[1] / "vendor").glob("axe-*.min.js"))
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES: Final = ((1440, 900), (390, 844))
NARROW: Final = (320, 640)
STICKING_OUT: Final = """() => [...document.querySelectorAll(".card, .task-head, .page-head, .list-pane")].flatMap(box => {
  const edge = box.getBoundingClientRect().right + 1;
  const clipped = ".scroll, .row .line, .vh, .label, thead";
  return [...box.querySelectorAll("*")]
    .filter(one => one.getBoundingClientRect().right > edge && one.offsetParent && !one.closest(clipped))
    .map(one => one.textContent.trim().slice(0, 40));
}).slice(0, 3)"""


@dataclass(frozen=True)
class Place:
    """A running branch with a full portfolio, and a browser in front of it."""

    url: str
    branch: Branch
    cases: Portfolio
    browser: Browser

    @property
    def room(self) -> CaseRoom:
        return self.branch.room

    def visitor(self, **how: Any) -> BrowserContext:
        how.setdefault("viewport", {"width": 1440, "height": 900})
        context = self.browser.new_context(locale="zh-CN", **how)
        context.set_default_timeout(10_000)
        return context

    def signed_in(self, login: str, **how: Any) -> Page:
        page = self.visitor(**how).new_page()
        page.goto(f"{self.url}/login")
        page.fill("#f-login", login)
        page.fill("#f-password", PASSWORD)
        page.click("form.sign-in button")
        page.wait_for_url(lambda url: "/login" not in url)
        return page

    def speaks(self, login: str, language: str) -> None:
        with self.room.store.transaction() as connection:
            people.set_language(connection, f"s-{login}", language)

    def task_href(self, case_id: str, kind: str) -> str:
        return f"{self.url}/tasks/{self.room.task(case_id, kind).task_id}"


def _propose(branch: Branch, folder: Path) -> None:
    file = folder / "trial.toml"
    file.write_text(
        'extends = "cn-bank-2026"\npack = "trial.1"\n[legal]\nreview_dpd = 80\n[formal]\ncure_days = 20\n',
        encoding="utf-8",
    )
    PackDesk(branch.room.store).propose(
        branch.people["compliance"], packs.load(file), reason="董事会决议第 12 号", effective_at=None
    )


def _open_at_any_hour(rules: Rules) -> Rules:
    """A browser's clock is the machine's: what is tried here must not depend on the hour of the run."""
    terms = replace(rules.terms, window_from="00:00", window_to="24:00")
    return replace(rules, terms=terms, conduct=replace(rules.conduct, dial_to="24:00"))


@pytest.fixture(scope="module")
def place(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("branch")
    shutil.copyfile(sqlite_template, folder / "arrears.db")
    store = Store(open_engine(f"sqlite:///{folder / 'arrears.db'}"))
    room = CaseRoom(store, _open_at_any_hour(packs.load("cn-bank-2026").rules))
    branch = open_branch(store, room, letters=folder / "letters")
    cases = portfolio.fill(room, clock.machine_now())
    room.hears_at_once()
    _propose(branch, folder)
    with chromium() as browser, listening(branch.app) as url:
        yield Place(url, branch, cases, browser)
    store.close()


# ---- seen ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class View:
    """A page as one role comes to it; `status` is what a plain request gets."""

    name: str
    login: str | None
    path: str
    status: int = 200


VIEWS: Final = (
    View("login", None, "/login"),
    View("inbox", "collector", "/inbox"),
    View("inbox-empty", "collector", "/inbox?stage=legal"),
    View("inbox-team", "lead", "/inbox?team=1&not_stage=legal"),
    View("task-contact", "collector", "first_contact:first_contact"),
    View("task-escalation", "lead", "escalation:escalation"),
    View("task-notice", "lead", "notice:notice_release"),
    View("task-second-barred", "advisor1", "second:second_approval"),
    View("approvals", "manager", "/approvals"),
    View("team", "lead", "/team"),
    View("approval", "advisor2", "approval:second_approval"),
    View("approval-barred", "advisor1", "approval:second_approval"),
    View("cases", "compliance", "/cases"),
    View("case-lead", "lead", "case:formal"),
    View("reveals", "compliance", "/reveals"),
    View("case-formal", "operator", "case:formal"),
    View("case-legal", "lead", "case:legal"),
    View("case-closed", "collector", "case:paid"),
    View("debtor", "collector", "debtor:longest"),
    View("case-longest", "operator", "case:longest"),
    View("task-longest", "lead", "longest:escalation"),
    View("incidents", "operator", "/incidents"),
    View("incidents-refund", "ops", "/incidents"),
    View("certificates", "lead", "/certificates"),
    View("packs", "compliance", "/packs"),
    View("pack", "manager", "/packs/trial.1"),
    View("payment", "ops", "/payments/new"),
    View("payment-waits", "ops", "/payments/P-900002"),
    View("delivery", "ops", "delivery:formal"),
    View("plan-new", "planner", "plan:formal"),
    View("hold-new", "desk", "holds:formal"),
    View("case-held", "desk", "case:held"),
    View("task-dispute", "desk", "held:dispute_review"),
    View("task-hardship", "planner", "held:hardship_decision"),
    View("freeze", "manager", "/freeze"),
    View("contacted", "desk", "contacted:formal"),
    View("case-planned", "planner", "case:planned"),
    View("task-plan", "planner", "planned:plan_breach"),
    View("settings", "admin", "/prefs"),
    View("staff", "admin", "/staff"),
    View("person", "admin", "/staff/s-collector"),
    View("person-read", "lead", "/staff/s-collector"),
    View("invite", "admin", "/staff/invite"),
    View("leave", "admin", "/staff/s-collector/leave"),
    View("sessions", "lead", "/sessions"),
    View("password", "lead", "/password"),
    View("forbidden", "admin", "/cases", 403),
    View("nothing", "lead", "/no-such-page", 404),
)


_FORMS: Final = {"debtor": "debtor", "plan": "plans/new", "holds": "holds", "contacted": "contacts/new"}


def _address(place: Place, view: View) -> str:
    where, _, what = view.path.partition(":")
    if view.path.startswith("/"):
        return f"{place.url}{view.path}"
    if where == "case":
        return f"{place.url}/cases/{getattr(place.cases, what)}"
    if where == "delivery":
        case_id = getattr(place.cases, what)
        return f"{place.url}/cases/{case_id}/notices/{case_id}-notice-1/delivery"
    if where == "approval":
        return place.task_href(place.cases.second, what).replace("/tasks/", "/approvals/")
    if where in _FORMS:
        return f"{place.url}/cases/{getattr(place.cases, what)}/{_FORMS[where]}"
    return place.task_href(getattr(place.cases, where), what)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_page_is_whole_for_everybody(place: Place, view: View) -> None:
    """Answers, pleases axe, says nothing on the console and does not run sideways, in each dress."""
    page = place.signed_in(view.login) if view.login else place.visitor().new_page()
    heard = _listen(page)
    faults: list[str] = []
    for language in ("zh-CN", "en"):
        if view.login:
            place.speaks(view.login, language)
        for theme in ("light", "dark"):
            page.context.add_cookies(
                [
                    {"name": "theme", "value": theme, "url": place.url},
                    {"name": "language", "value": language, "url": place.url},
                ]
            )
            for size in SIZES:
                faults += _faults(page, _address(place, view), view.status, size, f"{language} {theme}")
    faults += [said for said in heard if not _is_expected(said, view.status)]
    if view.login:
        place.speaks(view.login, "zh-CN")
    page.context.close()
    assert faults == []


@pytest.fixture
def frozen(place: Place) -> Iterator[None]:
    """A stop of all work that only its page knows of: the cases of the other tests go on."""
    stop = {
        "hold_id": "bank-hold-1",
        "kind": "system_freeze",
        "scope": "bank",
        "reason": "said",
        "placed_by": "s-manager",
        "placed_at": place.room.now,
    }
    with place.room.store.transaction() as connection:
        connection.execute(insert(holds).values(stop))
    yield
    with place.room.store.transaction() as connection:
        connection.execute(delete(holds).where(holds.c.hold_id == "bank-hold-1"))


@pytest.mark.parametrize("login", ["manager", "lead"])
def test_the_page_of_a_stopped_bank_is_whole(place: Place, frozen: None, login: str) -> None:
    page = place.signed_in(login)
    heard = _listen(page)
    faults = [fault for size in SIZES for fault in _faults(page, f"{place.url}/freeze", 200, size, login)]
    page.context.close()
    assert faults + heard == []


def _faults(page: Page, address: str, status: int, size: tuple[int, int], dress: str) -> list[str]:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    answer = page.goto(address)
    assert answer is not None
    faults = [f"{dress} {size}: answered {answer.status}"] if answer.status != status else []
    named = page.evaluate(
        "[...document.querySelectorAll('svg.icon use')].map(one => one.getAttribute('href'))"
    )
    faults += [f"no picture {href}" for href in named if href.split("#")[1] not in vendor_web.ICONS]
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    for violation in found["violations"]:
        where = [node["target"] for node in violation["nodes"]][:3]
        faults.append(f"{dress} {size}: {violation['id']} at {where}")
    for width in {size[0], NARROW[0] if size is SIZES[-1] else size[0]}:
        page.set_viewport_size({"width": width, "height": size[1]})
        beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if beyond > 0:
            faults.append(f"{dress} {width}: {beyond} px sideways")
        faults += [f"{dress} {width}: {text!r} sticks out" for text in page.evaluate(STICKING_OUT)]
    return faults


def _listen(page: Page) -> list[str]:
    heard: list[str] = []

    def console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            heard.append(message.text)

    page.on("console", console)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


def _is_expected(said: str, status: int) -> bool:
    """A browser calls every answer above 400 an error."""
    return status >= 400 and f"status of {status}" in said


# ---- used ------------------------------------------------------------------------------------------------


def test_a_collector_works_without_leaving_the_page(place: Place) -> None:
    case_id = place.room.a_case(name="罗小川", days_past_due=4)
    task_id = place.room.task(case_id, "first_contact").task_id
    page = place.signed_in("collector")
    heard = _listen(page)
    page.evaluate("window.sameDocument = true")
    row = page.locator(f"[id='row-{task_id}'] > a")
    row.click()
    expect(page.locator("#detail h1")).to_be_focused()
    expect(row).to_have_attribute("aria-current", "true")
    assert page.url.endswith(f"/tasks/{task_id}")
    page.get_by_role("button", name="领取任务").click()
    expect(page.locator("#detail h1")).to_have_text("罗小川")
    expect(page.locator("#decision-title")).to_be_focused()
    page.get_by_label("占线", exact=True).check()
    page.get_by_role("button", name="保存结果").click()
    expect(page.get_by_text("已完成：占线")).to_be_visible()
    expect(row).to_have_count(0)
    page.get_by_role("link", name="下一条任务").click()
    expect(page.locator(f"[data-task='{task_id}']")).to_have_count(0)
    page.go_back()
    expect(page.get_by_text("已完成：占线")).to_be_visible()
    assert page.evaluate("window.sameDocument") is True
    assert heard == []
    page.context.close()


def test_a_collector_calls_and_tells_what_came_of_it(place: Place) -> None:
    case_id = place.room.a_case(name="白晓梅", phone="13811119999")
    page = place.signed_in("collector")
    heard = _listen(page)
    page.goto(place.task_href(case_id, "first_contact"))
    page.get_by_role("button", name="领取任务").click()
    page.get_by_role("button", name="拨打 138****9999").click()
    expect(page.locator(".dial")).to_have_text("13811119999")
    expect(page.locator("#contact-title")).to_be_focused()
    assert "13811119999" not in page.url
    _pleases_axe(page)
    page.get_by_role("link", name="请在任务处理结果中填写通话结果。").click()
    page.get_by_label("接通后挂断", exact=True).check()
    page.get_by_label("录音编号").fill("rec-81")
    page.get_by_role("button", name="保存结果").click()
    expect(page.get_by_text("已完成：接通后挂断")).to_be_visible()
    expect(page.get_by_text("13811119999")).to_have_count(0)
    page.goto(f"{place.url}/cases/{case_id}")
    expect(page.get_by_text("录音 rec-81")).to_be_visible()
    assert heard == []
    page.context.close()


def test_what_is_shown_in_full_is_masked_again(place: Place) -> None:
    case_id = place.room.a_case(name="白晓松", phone="13811118888")
    page = place.signed_in("lead")
    page.clock.install()
    page.goto(f"{place.url}/cases/{case_id}")
    page.locator("#reveal > summary").click()
    page.get_by_label("查看内容").select_option(label="电话 138****8888")
    page.get_by_label("查看目的").select_option("control")
    page.get_by_role("button", name="查看", exact=True).click()
    expect(page.get_by_text("13811118888")).to_be_visible()
    _pleases_axe(page)
    page.clock.run_for(31_000)
    expect(page.get_by_text("13811118888")).to_have_count(0)
    expect(page.locator("#reveal .note .breaks")).to_have_text("138****8888")
    page.context.close()


def _pleases_axe(page: Page) -> None:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    assert [one["id"] for one in found["violations"]] == []


def test_fields_come_with_the_answer_and_faults_come_first(place: Place) -> None:
    page = place.signed_in("collector")
    page.goto(place.task_href(place.room.a_case(), "first_contact"))
    page.get_by_role("button", name="领取任务").click()
    expect(page.locator("#decision-title")).to_be_focused()
    expect(page.locator(".asked-promise")).to_be_hidden()
    page.get_by_label("承诺还款", exact=True).check()
    expect(page.locator(".asked-promise")).to_be_visible()
    page.get_by_role("button", name="保存结果").click()
    summary = page.get_by_role("alert").filter(has_text="有 2 项需要修改")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="请填写金额").click()
    expect(page.get_by_label("承诺金额")).to_be_focused()
    page.keyboard.type("500")
    page.get_by_label("承诺还款日").fill(place.room.today.isoformat())
    page.get_by_role("button", name="保存结果").click()
    expect(page.get_by_text("已完成：承诺还款")).to_be_visible()
    page.context.close()


def test_a_task_is_answered_and_the_next_one_opened_by_keys_alone(place: Place) -> None:
    for name in ("柳青云", "柳青山"):
        place.room.a_case(name=name)
    page = place.signed_in("collector")
    page.goto(f"{place.url}/inbox?view=free")
    page.keyboard.press("j")
    opened = page.locator("#list .row > a[aria-current]")
    expect(opened).to_be_focused()  # who walks the list stays in it
    first = opened.get_attribute("href")
    page.keyboard.press("j")
    expect(page.locator("#list .row").nth(1).locator("a[aria-current]")).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator("#list .row").nth(0).locator("a[aria-current]")).to_be_focused()
    expect(page.locator("#detail .task h1")).to_be_visible()
    page.keyboard.press("c")
    expect(page.get_by_text("由您处理")).to_be_visible()
    page.keyboard.press("e")
    page.keyboard.press("ArrowDown")  # from the first answer to the second
    page.keyboard.press("n")
    page.keyboard.type("jjj")  # words are words
    expect(page.get_by_label("理由或备注")).to_have_value("jjj")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("已完成：占线")).to_be_visible()
    page.keyboard.press("g")
    expect(page.get_by_text("已完成：占线")).to_have_count(0)
    assert page.url.partition("?")[0] != f"{place.url}{first}".partition("?")[0]
    page.context.close()


def test_several_tasks_are_chosen_and_taken_by_keys_alone(place: Place) -> None:
    made = [place.room.a_case(name="柳青河") for _ in range(2)]
    page = place.signed_in("collector")
    heard = _listen(page)
    page.goto(f"{place.url}/inbox")
    page.keyboard.press("/")
    page.keyboard.type("柳青河")
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox?s=*")
    expect(page.locator("#list .row")).to_have_count(2)
    expect(page.locator(".chosen")).to_be_hidden()
    page.locator("#list .row > a").first.focus()
    for key in ("x", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator("#list [name=task]:checked")).to_have_count(2)
    page.get_by_role("button", name="领取所选").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("批量办理")
    expect(page.get_by_text("2 条已办理")).to_be_visible()
    _pleases_axe(page)
    page.get_by_role("link", name="回到列表").press("Enter")
    expect(page.locator("#list .row .holder", has_text="陈静")).to_have_count(len(made))
    assert heard == []
    page.context.close()


def test_single_keys_are_listed_and_can_be_switched_off(place: Place) -> None:
    page = place.signed_in("lead")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="快捷键")
    expect(keys).to_be_visible()
    keys.get_by_role("button", name="停用单键快捷键").click()
    page.wait_for_url("**/inbox")
    page.keyboard.press("j")
    expect(page.locator("#list .row > a[aria-current]")).to_have_count(0)
    page.get_by_role("button", name="快捷键").click()
    page.get_by_role("dialog").get_by_role("button", name="启用单键快捷键").click()
    page.wait_for_url("**/inbox")
    page.keyboard.press("j")
    expect(page.locator("#list .row > a[aria-current]")).to_have_count(1)
    page.context.close()


def test_of_two_browsers_one_takes_the_task_and_the_other_is_told(place: Place) -> None:
    case_id = place.room.a_case(name="温立群")
    address = place.task_href(case_id, "first_contact")
    first, second = place.signed_in("collector"), place.signed_in("colleague")
    first.goto(address)
    second.goto(address)
    second.get_by_role("button", name="领取任务").click()
    expect(second.get_by_text("由您处理")).to_be_visible()
    first.get_by_role("button", name="领取任务").click()
    note = first.locator(".note.bad")
    expect(note).to_contain_text("李敏 已先一步领取该任务")
    expect(note).to_be_focused()
    expect(first.get_by_role("button", name="保存结果")).to_be_disabled()
    expect(first.locator(f"[id='row-{address.rsplit('/', 1)[1]}']")).to_contain_text("李敏")
    for page in (first, second):
        page.context.close()


def test_when_the_server_fails_the_form_stays_and_an_alert_says_so(place: Place) -> None:
    case_id = place.room.a_case()
    page = place.signed_in("collector")
    page.goto(place.task_href(case_id, "first_contact"))
    page.get_by_role("button", name="领取任务").click()
    page.get_by_label("理由或备注").fill("客户说下周还")

    def fails(route: Route) -> None:
        route.fulfill(status=500, body="")

    page.route("**/decision*", fails)
    page.get_by_label("占线", exact=True).check()
    page.get_by_role("button", name="保存结果").click()
    expect(page.locator("#alerts")).to_contain_text("服务器没有响应，内容没有丢失，请重试。")
    expect(page.get_by_label("理由或备注")).to_have_value("客户说下周还")
    page.unroute("**/decision*")
    page.get_by_role("button", name="保存结果").click()
    expect(page.get_by_text("已完成：占线")).to_be_visible()
    page.context.close()


def test_a_session_that_ended_leads_to_the_door_and_back(place: Place) -> None:
    case_id = place.room.a_case()
    page = place.signed_in("collector")
    page.goto(place.task_href(case_id, "first_contact"))
    place.branch.entrance.sessions.revoke_all("s-collector")
    # Whatever asks first, the click or what keeps the list live: the answer is the door.
    page.evaluate("document.querySelector('#list .row > a')?.click()")
    page.wait_for_url("**/login?next=**")
    page.fill("#f-login", "collector")
    page.fill("#f-password", PASSWORD)
    page.click("form.sign-in button")
    page.wait_for_url("**/tasks/**")
    page.context.close()


def test_on_a_phone_one_pane_shows_at_a_time(place: Place) -> None:
    page = place.signed_in("collector", viewport={"width": 390, "height": 844}, has_touch=True)
    page.locator("#list .row > a").first.tap()
    expect(page.locator("#detail .task")).to_be_visible()
    expect(page.locator("#list")).to_be_hidden()
    page.get_by_role("link", name="任务", exact=True).first.click()
    page.wait_for_url("**/inbox")
    expect(page.locator("#list")).to_be_visible()
    for button in page.locator("header.bar .quiet:visible, .menu a:visible").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    page.context.close()


def test_everything_works_without_script(place: Place) -> None:
    case_id = place.room.a_case(name="沈若兰")
    page = place.signed_in("collector", java_script_enabled=False)
    page.goto(place.task_href(case_id, "first_contact"))
    page.get_by_role("button", name="领取任务").click()
    page.get_by_label("拒绝还款", exact=True).check()
    page.get_by_role("button", name="保存结果").click()
    expect(page.get_by_role("link", name="请填写理由")).to_be_visible()
    page.get_by_label("理由或备注").fill("不认可利息")
    page.get_by_role("button", name="保存结果").click()
    expect(page.get_by_text("已完成：拒绝还款")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_text("Done: Refuses to pay")).to_be_visible()
    place.speaks("collector", "zh-CN")
    page.context.close()


def test_a_browser_keeps_nothing_of_a_case(place: Place) -> None:
    page = place.signed_in("collector")
    page.goto(f"{place.url}/cases/{place.cases.formal}")
    kept = page.evaluate("({...localStorage, ...sessionStorage})")
    assert kept == {}
    assert {cookie["name"] for cookie in page.context.cookies()} <= {"sid", "language", "theme", "keys"}
    page.context.close()


def test_an_answer_that_waits_is_looked_at_again_by_itself(place: Place) -> None:
    case_id = place.room.a_case(name="邵一帆")
    page = place.signed_in("collector")
    page.goto(place.task_href(case_id, "first_contact"))
    page.get_by_role("button", name="领取任务").click()
    expect(page.locator("#decision-title")).to_be_focused()
    place.room.away = True
    page.get_by_label("关机", exact=True).check()
    page.get_by_role("button", name="保存结果").click()
    expect(page.get_by_text("正在生效：关机")).to_be_visible()
    place.room.away = False
    place.room.hear_everything()
    expect(page.get_by_text("已完成：关机")).to_be_visible()
    expect(page.get_by_text("首次联系：关机")).to_be_visible()
    page.context.close()
