"""The main work in a real browser whose script is switched off; every other form: `test_no_script.py`."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.web.place import Place

pytestmark = pytest.mark.browser


def _plain(place: Place, login: str) -> Page:
    """Signed in by the form of the door, without script."""
    return place.signed_in(login, java_script_enabled=False)


def test_a_collector_finds_takes_and_answers(place: Place) -> None:
    place.room.a_case(name="沈若兰", days_past_due=5)
    case_id = place.room.a_case(name="沈若梅", days_past_due=5)
    task_id = place.room.task(case_id, "first_contact").task_id
    page = _plain(place, "collector")
    page.goto(f"{place.url}/inbox")
    page.locator("#f-sought").fill("沈若梅")
    page.locator("form.find button").click()
    rows = page.locator("#list .row")
    expect(rows).to_have_count(1)
    page.locator("details.sieves > summary").click()
    page.locator("input[name=stage][value=legal]").check()
    page.get_by_role("button", name="应用筛选").click()
    expect(rows).to_have_count(0)
    page.go_back()
    rows.first.locator("a").click()
    assert urlsplit(page.url).path == f"/tasks/{task_id}"
    page.get_by_role("button", name="领取任务").click()
    page.get_by_label("承诺还款", exact=True).check()
    page.get_by_role("button", name="保存结果").click()
    summary = page.get_by_role("alert").filter(has_text="有 2 项需要修改")
    summary.get_by_role("link", name="请填写金额").click()
    page.get_by_label("承诺金额").fill("500")  # the fields of every answer are there
    page.get_by_label("承诺还款日").fill(place.room.today.isoformat())
    page.get_by_label("理由或备注").fill("发工资后")
    page.get_by_role("button", name="保存结果").click()
    expect(page.get_by_text("已完成：承诺还款")).to_be_visible()
    expect(page.get_by_text("发工资后").first).to_be_visible()
    page.context.close()


def test_a_lead_gives_several_tasks_away_in_another_language_and_in_the_dark(place: Place) -> None:
    tasks = [place.room.task(place.room.a_case(name="温若水"), "first_contact").task_id for _ in range(2)]
    page = _plain(place, "lead")
    page.goto(f"{place.url}/inbox?team=1&view=free")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.locator("header button[name=theme], footer button[name=theme]").first.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    for task_id in tasks:
        page.locator(f"[name=task][value='{task_id}']").check()
    page.get_by_label("Give to").select_option("s-colleague")
    page.get_by_role("button", name="Give", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert [place.room.task(task.rsplit("-t", 1)[0], "first_contact").assignee for task in tasks] == [
        "s-colleague"
    ] * 2
    place.speaks("lead", "zh-CN")
    page.context.close()


def test_a_payment_is_posted(place: Place) -> None:
    case_id = place.room.a_case(overdue=100_000)
    page = _plain(place, "ops")
    page.goto(f"{place.url}/payments/new")
    page.get_by_label("借据号").fill(place.room.case(case_id).loan_id)
    page.get_by_label("金额").first.fill("400")
    page.locator("main form button").last.click()
    page.wait_for_url("**/payments/hand-*")
    assert place.room.case(case_id).overdue_minor == 60_000
    page.context.close()


def test_a_hold_is_placed_and_ended(place: Place) -> None:
    case_id = place.room.a_case()
    page = _plain(place, "desk")
    page.goto(f"{place.url}/cases/{case_id}/holds")
    page.locator("input[name=kind][value=dispute]").check()
    page.get_by_label("理由或备注").fill("金额不对")
    page.locator("main form button").last.click()
    page.wait_for_url(f"**/cases/{case_id}")
    assert [one.kind.value for one in place.room.state(case_id).holds] == ["dispute"]
    page.locator("summary", has_text="解除").click()
    page.locator("form[action$='/end'] textarea").fill("已查清")
    page.locator("form[action$='/end'] button").click()
    expect(page.locator("form[action$='/end']")).to_have_count(0)
    assert place.room.state(case_id).holds == ()
    page.context.close()


def test_a_plan_is_computed_and_signed(place: Place) -> None:
    case_id = place.room.a_case(days_past_due=45, overdue=60_000_00, balance=80_000_00)
    page = _plain(place, "planner")
    page.goto(f"{place.url}/cases/{case_id}/plans/new")
    page.locator("input[name=method][value=equal_parts]").check()
    page.locator("[name=amount]").fill("60,000")
    page.locator("[name=periods]").fill("12")
    page.locator("[name=first_due_on]").fill(str(place.room.today + timedelta(days=30)))
    page.locator("button[value=compute]").click()
    expect(page.get_by_text("¥5,000.00").first).to_be_visible()
    page.locator("input[name=charges][value=stop]").check()
    page.locator("input[name=acceptance][value=signed]").check()
    page.locator("[name=proof]").fill("DOC-1")
    for clause in page.locator("[name=clause]").all():
        clause.check()
    page.locator("button[value=sign]").click()
    page.wait_for_url(f"**/cases/{case_id}*")
    assert place.room.state(case_id).plan is not None
    page.context.close()


def test_an_advisor_returns_a_claim_after_reading_what_follows(place: Place) -> None:
    task_id = place.room.task(place.cases.review, "legal_review").task_id
    page = _plain(place, "advisor1")
    page.goto(f"{place.url}/approvals/{task_id}")
    page.get_by_role("button", name="领取任务").click()
    page.locator("input[name=outcome][value=return]").check()
    page.get_by_label("理由或备注").fill("补充证据")
    page.locator("form.answering button.primary").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("确认")
    page.locator("main form button.primary").click()
    page.wait_for_url(f"**/approvals/{task_id}*")
    assert "legal_review" not in place.room.state(place.cases.review).tasks
    page.context.close()
