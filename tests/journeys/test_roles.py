"""One walk through the running product for each role: real pages, real workflows, nothing made up in between."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from tests.chromium import chromium
from tests.journeys.stack import RunningStack
from tests.journeys.walk import PATIENCE, Office, choose

pytestmark = [pytest.mark.browser, pytest.mark.server]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def office(stack: RunningStack, browser: Browser) -> Iterator[Office]:
    made = Office(stack, browser)
    yield made
    made.close()


def test_a_collector_finishes_a_task_and_the_case_moves(office: Office, stack: RunningStack) -> None:
    case_id = stack.a_case(days_past_due=12, overdue=1_234_500, balance=8_000_000)
    expect(office.row("colleague", case_id, "首次联系")).to_contain_text("未领取")
    page = office.take("collector", case_id, "首次联系")
    expect(office.row("colleague", case_id, "首次联系")).to_contain_text("陈静")
    choose(page, "承诺还款")
    page.get_by_label("承诺金额").fill("12,345.00")
    promised_for = (stack.today_of(case_id) + timedelta(days=5)).isoformat()
    page.get_by_label("承诺还款日").fill(promised_for)
    page.get_by_label("理由或备注").fill("工资到账后还款")
    page.get_by_role("button", name="保存结果").click()
    expect(page.get_by_text("已完成：承诺还款")).to_be_visible(timeout=PATIENCE)
    expect(office.row("collector", case_id, "首次联系")).to_have_count(0)
    story = office.case_page("collector", case_id)
    expect(story.get_by_text(f"首次联系：承诺还款，{promised_for} 还 ¥12,345.00")).to_be_visible()
    expect(story.get_by_text("工资到账后还款")).to_be_visible()
    expect(story.get_by_text("判定承诺是否履行").first).to_be_visible()
    assert stack.case(case_id).seq == 2


def test_two_collectors_finish_one_task_and_the_second_is_told_who_was_first(
    office: Office, stack: RunningStack
) -> None:
    case_id = stack.a_case()
    late = office.open_task("colleague", case_id, "首次联系")
    office.decide("collector", case_id, "首次联系", "占线")
    late.get_by_role("button", name="领取任务").click()
    expect(late.locator(".note.bad")).to_contain_text("陈静 已于")
    expect(late.locator(".note.bad")).to_contain_text("完成该任务：占线")


def test_a_lead_escalates_and_releases_the_notice(office: Office, stack: RunningStack) -> None:
    case_id = stack.a_case(days_past_due=41, overdue=2_000_000, balance=2_000_000)
    office.up_to_escalation(case_id)
    page = office.open_task("team_lead", case_id, "升级审议")
    expect(page.get_by_text("债务人拒绝还款。", exact=True)).to_be_visible()
    office.decide("team_lead", case_id, "升级审议", "升级")
    office.decide("team_lead", case_id, "催告函签发", "签发")
    story = office.case_page("team_lead", case_id)
    expect(story.locator(".way .now")).to_contain_text("正式催告")
    expect(story.get_by_text("签发催告函：逾期 ¥20,000.00，总欠款 ¥20,000.00")).to_be_visible()
    if story.get_by_text("催告函已发出").count() == 0:
        office.skip(case_id)  # at night nothing goes out: the operator lets the morning come
        story = office.case_page("team_lead", case_id)
    expect(story.get_by_text("催告函已发出").first).to_be_visible()
    letter = story.get_by_role("link", name="发出的函件原文").get_attribute("href")
    answer = story.request.get(f"{stack.base_url}{letter}")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF")


def test_two_advisors_approve_and_one_alone_cannot(office: Office, stack: RunningStack) -> None:
    case_id = stack.a_case(days_past_due=95, overdue=3_000_000, balance=3_000_000)
    office.up_to_review(case_id)
    office.decide("legal_advisor", case_id, "诉讼审查", "起诉", reason="证据齐全")
    first = office.open_task("legal_advisor", case_id, "诉讼复核")
    expect(first.get_by_text("双人复核：您提出过此事或办理过本案，须由他人决定。")).to_be_visible()
    expect(first.get_by_role("button", name="领取任务")).to_have_count(0)
    token = first.locator("input[name=csrf]").first.get_attribute("value") or ""
    forced = first.request.post(
        f"{stack.base_url}/tasks/{stack.task(case_id, 'second_approval')}/decision",
        form={"csrf": token, "outcome": "approve", "facts_no": "1"},
        headers={"Origin": stack.base_url, "Sec-Fetch-Site": "same-origin"},
    )
    assert forced.status == 403
    assert "此事须由另一人决定" in forced.text()
    office.decide("second_advisor", case_id, "诉讼复核", "同意起诉")
    stack.settle(case_id)
    story = office.case_page("second_advisor", case_id)
    expect(story.locator(".way .now")).to_contain_text("法律程序")
    expect(story.locator(".way .now")).to_contain_text("两人同意")


def test_ops_posts_a_payment_by_hand_and_the_case_closes(office: Office, stack: RunningStack) -> None:
    case_id = stack.a_case(overdue=100_000, balance=500_000)
    page = office.window("ops")
    page.get_by_role("link", name="还款").click()
    page.get_by_label("借据号").fill(stack.loan_of(case_id))
    page.get_by_label("金额").fill("1,000.00")
    page.get_by_role("button", name="录入还款").click()
    expect(page.get_by_text("案件已结案：逾期已还清")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="查看案件").click()
    expect(page.get_by_text("已结案：逾期已还清")).to_be_visible()
    expect(page.get_by_text("冲抵：本金 ¥1,000.00")).to_be_visible()
    expect(office.row("collector", case_id, "首次联系")).to_have_count(0)


def test_an_operator_sees_an_incident_and_its_workflow_and_operations_give_the_money_back(
    office: Office, stack: RunningStack
) -> None:
    case_id = stack.a_case(overdue=100_000, balance=100_000)
    ops = office.window("ops")
    ops.goto(f"{stack.base_url}/payments/new")
    ops.get_by_label("借据号").fill(stack.loan_of(case_id))
    ops.get_by_label("金额").fill("1,050.00")
    ops.get_by_role("button", name="录入还款").click()
    expect(ops.get_by_text("余下 ¥50.00 将作为溢缴款暂挂，须退还")).to_be_visible()
    ops.get_by_role("button", name="确认入账").click()
    expect(ops.get_by_text("案件已结案：已结清")).to_be_visible(timeout=PATIENCE)
    page = office.window("operator")
    page.get_by_role("link", name="异常").click()
    incident = page.locator(".incident").filter(has_text=case_id)
    expect(incident).to_contain_text("还款超出欠款")
    incident.get_by_role("link", name=case_id).click()
    engine = page.get_by_role("link", name="在 Temporal 中查看").get_attribute("href") or ""
    assert engine.endswith(f"/workflows/{case_id}")
    seen = page.request.get(engine)
    assert seen.ok
    ops.get_by_role("link", name="异常").click()
    refund = ops.locator(".incident").filter(has_text=case_id)
    refund.get_by_text("已退还", exact=True).click()
    refund.get_by_label("付款流水号").fill("OUT-20261123-1")
    refund.get_by_role("button", name="关闭事项").click()
    expect(ops.locator(".incident").filter(has_text=case_id)).to_have_count(0)
    page.goto(f"{stack.base_url}/incidents")
    page.get_by_role("link", name="已关闭").click()
    expect(page.locator(".incident").filter(has_text=case_id)).to_contain_text("已退还 · OUT-20261123-1")


def test_an_operator_lets_the_time_of_one_case_pass(office: Office, stack: RunningStack) -> None:
    case_id = stack.a_case(days_past_due=10)
    office.decide("collector", case_id, "首次联系", "无人接听")
    before = stack.case(case_id)
    office.skip(case_id)
    page = office.case_page("operator", case_id)
    expect(page.get_by_text("到期：再次联系债务人")).to_be_visible()
    assert stack.case(case_id).seq > before.seq
    expect(office.row("collector", case_id, "跟进联系")).to_have_count(1)


def test_compliance_reads_everything_and_changes_nothing(office: Office, stack: RunningStack) -> None:
    case_id = stack.a_case()
    office.decide("collector", case_id, "首次联系", "无人接听")
    page = office.case_page("compliance", case_id)
    expect(page.get_by_text("首次联系：无人接听")).to_be_visible()
    page.get_by_role("link", name="首次联系").click()
    expect(page.get_by_text("已完成：无人接听")).to_be_visible()
    for place in (f"/cases/{case_id}", "/incidents", "/cases"):
        page.goto(f"{stack.base_url}{place}")
        # To see masked data for a purpose is all that compliance may ask for.
        expect(page.locator("main form:not(.finder):not(.look)")).to_have_count(0)


def test_a_manager_is_the_second_person_for_a_large_amount(office: Office, stack: RunningStack) -> None:
    case_id = stack.a_case(days_past_due=95, overdue=60_000_000, balance=60_000_000)
    office.up_to_review(case_id)
    office.decide("legal_advisor", case_id, "诉讼审查", "起诉")
    expect(office.row("second_advisor", case_id, "诉讼复核")).to_have_count(0)
    office.decide("manager", case_id, "诉讼复核", "不同意起诉", reason="先与客户协商还款方案")
    story = office.case_page("manager", case_id)
    expect(story.locator(".way .now")).to_contain_text("正式催告")
    expect(story.get_by_text("先与客户协商还款方案")).to_be_visible()


def test_an_administrator_has_settings_and_no_case(office: Office, stack: RunningStack) -> None:
    page = office.window("admin")
    expect(page.get_by_role("heading", name="上岗证")).to_be_visible()
    page.goto(f"{stack.base_url}/prefs")
    page.get_by_label("English").check()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    answer = page.goto(f"{stack.base_url}/cases")
    assert answer is not None
    assert answer.status == 403
    expect(page.get_by_text("This is not for your role")).to_be_visible()
    page.goto(f"{stack.base_url}/prefs")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login")
