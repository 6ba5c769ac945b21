"""The pages in a real browser, used with and without script."""

import pytest
from playwright.sync_api import Route, expect

from tests.web.branch import PASSWORD
from tests.web.place import Place, listen, pleases_axe

pytestmark = pytest.mark.browser


def test_a_collector_works_without_leaving_the_page(place: Place) -> None:
    case_id = place.room.a_case(name="罗小川", days_past_due=4)
    task_id = place.room.task(case_id, "first_contact").task_id
    page = place.signed_in("collector")
    heard = listen(page)
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
    heard = listen(page)
    page.goto(place.task_href(case_id, "first_contact"))
    page.get_by_role("button", name="领取任务").click()
    page.get_by_role("button", name="拨打 138****9999").click()
    expect(page.locator(".dial")).to_have_text("13811119999")
    expect(page.locator("#contact-title")).to_be_focused()
    assert "13811119999" not in page.url
    pleases_axe(page)
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
    pleases_axe(page)
    page.clock.run_for(31_000)
    expect(page.get_by_text("13811118888")).to_have_count(0)
    expect(page.locator("#reveal .note .breaks")).to_have_text("138****8888")
    page.context.close()


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
    heard = listen(page)
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
    pleases_axe(page)
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
