"""One walk through the running product for each role, in both languages: real pages, real workflows, nothing made up in between."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.stack import RunningStack
from tests.journeys.walk import PATIENCE, Fingers, Office
from tests.spoken import LANGUAGES, Spoken

pytestmark = [pytest.mark.browser, pytest.mark.server]


@pytest.fixture(scope="module", params=LANGUAGES)
def say(request: pytest.FixtureRequest) -> Spoken:
    return Spoken(request.param)


@pytest.fixture(scope="module")
def office(say: Spoken, stack: RunningStack, browser: Browser) -> Iterator[Office]:
    """People come in once and stay, as on any day."""
    made = Office(stack, browser, say)
    yield made
    made.close()


@pytest.fixture
def office_alone(say: Spoken, stack: RunningStack, browser: Browser) -> Iterator[Office]:
    """For whoever goes before the day is over."""
    made = Office(stack, browser, say)
    yield made
    made.close()


def test_a_collector_finishes_a_task_and_the_case_moves(
    office: Office, stack: RunningStack, say: Spoken
) -> None:
    case_id = stack.a_case(days_past_due=12, overdue=1_234_500, balance=8_000_000)
    expect(office.row("colleague", case_id, "首次联系")).to_contain_text(say("未领取", "Not taken"))
    page = office.take("collector", case_id, "首次联系")
    expect(office.row("colleague", case_id, "首次联系")).to_contain_text("陈静")
    office.choose(page, "承诺还款")
    page.get_by_label(say("承诺金额")).fill("12,345.00")
    promised_for = (stack.today_of(case_id) + timedelta(days=5)).isoformat()
    page.get_by_label(say("承诺还款日")).fill(promised_for)
    page.get_by_label(say("理由或备注")).fill("工资到账后还款")
    page.get_by_role("button", name=say("保存结果")).click()
    expect(page.get_by_text(office.done("承诺还款"))).to_be_visible(timeout=PATIENCE)
    expect(office.row("collector", case_id, "首次联系")).to_have_count(0)
    story = office.case_page("collector", case_id)
    expect(
        story.get_by_text(
            say(
                "%(task)s：%(answer)s，%(day)s 还 %(amount)s",
                task=say("首次联系"),
                answer=say("承诺还款"),
                day=promised_for,
                amount="¥12,345.00",
            )
        )
    ).to_be_visible()
    expect(story.get_by_text("工资到账后还款")).to_be_visible()
    expect(story.get_by_text(say("判定承诺是否履行")).first).to_be_visible()
    assert stack.case(case_id).seq == 2


def test_a_collector_finishes_ten_mixed_tasks_without_a_mouse(
    office: Office, stack: RunningStack, say: Spoken
) -> None:
    family = {"zh-CN": "司徒", "en": "上官"}[say.language]
    cases = [
        stack.a_case(days_past_due=12, overdue=40_000 * (n + 1), name=f"{family}{'甲乙丙丁戊己庚辛壬癸'[n]}")
        for n in range(10)
    ]
    for case_id in cases[:2]:  # two were called in vain before
        office.decide("collector", case_id, "首次联系", "无人接听")
        office.skip_until(case_id, "follow_up")
    page = office.window("collector")
    page.goto(f"{stack.base_url}/inbox")
    page.keyboard.press("/")
    page.keyboard.type(family)
    page.keyboard.press("Enter")
    expect(page.locator("#list .row")).to_have_count(10)
    expect(page.locator("#list .row").filter(has_text=say("跟进联系"))).to_have_count(2)
    page.keyboard.press("j")
    fingers = Fingers(page, say)
    promised_for = stack.now + timedelta(days=4)
    day = promised_for.strftime("%m%d%Y")
    for outcome, typed in (
        ("na", {}),
        ("busy", {}),
        ("ptp", {"on": day, "amount": "500"}),
        ("rtp", {"reason": "不认可利息"}),
        ("hung", {}),
        ("na", {"reason": "无人应答，已留号"}),
        ("part", {"on": day, "amount": "300"}),
        ("off", {}),
        ("noint", {"reason": "态度消极"}),
        ("busy", {}),
    ):
        fingers.answer(outcome, typed)
        page.keyboard.press("g")
    expect(page.locator("#list .row")).to_have_count(0)


def test_two_collectors_finish_one_task_and_the_second_is_told_who_was_first(
    office: Office, stack: RunningStack, say: Spoken
) -> None:
    case_id = stack.a_case()
    late = office.open_task("colleague", case_id, "首次联系")
    office.decide("collector", case_id, "首次联系", "占线")
    late.get_by_role("button", name=say("领取任务")).click()
    expect(late.locator(".note.bad")).to_contain_text(
        re.compile(
            say(
                "%(name)s 已于 %(time)s 完成该任务：%(answer)s",
                name="陈静",
                time=".*",
                answer=say("占线", "answer"),
            )
        )
    )


def test_who_is_signed_out_in_the_middle_of_a_form_loses_no_word(
    office: Office, stack: RunningStack, say: Spoken
) -> None:
    case_id = stack.a_case()
    page = office.take("collector", case_id, "首次联系")
    address, _, _search = page.url.partition("?")
    admin = office.window("admin")
    admin.goto(f"{stack.base_url}/staff")
    admin.get_by_role("link", name="陈静").click()
    admin.locator("form[action$='/sessions/end'] button").click()
    page.get_by_label(say("理由或备注")).fill("登录失效之后写的")
    office.choose(page, "占线")
    page.get_by_role("button", name=say("保存结果")).click()
    told = page.locator("#alerts a")
    with page.context.expect_page() as opened:
        told.click()
    door = opened.value
    office.sign_in(door, "collector")
    door.wait_for_url(address)
    # What is kept by the clock may come a moment earlier, still under the session that ended.
    with page.expect_response(lambda kept: "/draft" in kept.url and kept.status == 204):
        page.evaluate("dispatchEvent(new Event('focus'))")
    door.reload()
    expect(door.get_by_label(say("理由或备注"))).to_have_value("登录失效之后写的")
    door.close()
    page.get_by_role("button", name=say("保存结果")).click()
    expect(page.get_by_text(office.done("占线"))).to_be_visible(timeout=PATIENCE)


def test_a_lead_escalates_and_releases_the_notice(office: Office, stack: RunningStack, say: Spoken) -> None:
    case_id = stack.a_case(days_past_due=41, overdue=2_000_000, balance=2_000_000)
    office.up_to_escalation(case_id)
    page = office.open_task("team_lead", case_id, "升级审议")
    expect(page.get_by_text(say("债务人拒绝还款。"), exact=True)).to_be_visible()
    office.decide("team_lead", case_id, "升级审议", "升级")
    office.decide("team_lead", case_id, "催告函签发", "签发")
    story = office.case_page("team_lead", case_id)
    expect(story.locator(".way .now")).to_contain_text(say("正式催告"))
    expect(
        story.get_by_text(
            say(
                "签发催告函：逾期 %(overdue)s，总欠款 %(balance)s", overdue="¥20,000.00", balance="¥20,000.00"
            )
        )
    ).to_be_visible()
    if story.get_by_text(say("催告函已发出")).count() == 0:
        office.skip(case_id)  # at night nothing goes out: the operator lets the morning come
        story = office.case_page("team_lead", case_id)
    expect(story.get_by_text(say("催告函已发出")).first).to_be_visible()
    letter = story.get_by_role("link", name=say("发出的函件原文")).get_attribute("href")
    answer = story.request.get(f"{stack.base_url}{letter}")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF")
    office.report_arrival(case_id)


def test_a_lead_gives_forty_tasks_to_somebody_in_one_go(
    office: Office, stack: RunningStack, say: Spoken
) -> None:
    family = {"zh-CN": "慕容", "en": "皇甫"}[say.language]
    for _ in range(40):
        stack.a_case(name=f"{family}远")
    page = office.window("team_lead")
    office.search(page, "/inbox?team=1", family)
    expect(page.locator("#list .row")).to_have_count(40)
    page.locator("#list [name=task]").first.check()
    page.get_by_role("button", name=say("全选本页")).click()
    page.get_by_label(say("分派给")).select_option(label="李敏")
    page.get_by_role("button", name=say("分派", "Give"), exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(40)
    expect(page.locator("tbody .ok")).to_have_count(40)
    page.get_by_role("link", name=say("回到列表")).click()
    expect(page.locator("#list .holder").get_by_text("李敏")).to_have_count(40)
    mine = office.window("colleague")
    office.search(mine, "/inbox", family)
    expect(mine.locator("#list .row")).to_have_count(40)


def test_one_advisor_returns_a_claim_two_approve_it_and_compliance_reads_all_of_it(
    office: Office, stack: RunningStack, say: Spoken
) -> None:
    case_id = stack.a_case(days_past_due=95, overdue=3_000_000, balance=3_000_000)
    office.up_to_review(case_id)
    office.decide("legal_advisor", case_id, "诉讼审查", "退回", reason="借款合同缺少签字页")
    office.skip_until(case_id, "legal_review")
    office.decide("second_advisor", case_id, "诉讼审查", "起诉", reason="签字页已补齐")
    office.decide("legal_advisor", case_id, "诉讼复核", "同意起诉")
    stack.settle(case_id)
    story = office.case_page("compliance", case_id)
    expect(story.locator(".way .now")).to_contain_text(say("法律程序"))
    told = story.locator(".timeline")
    for words in ("借款合同缺少签字页", "签字页已补齐"):
        expect(told.get_by_text(words).first).to_be_visible()
    for task, answer, name in (
        ("诉讼审查", "退回", "赵静"),
        ("诉讼审查", "起诉", "钱伟"),
        ("诉讼复核", "同意起诉", "赵静"),
        ("催告函签发", "签发", "周凯"),
    ):
        headline = say("%(task)s：%(answer)s", task=say(task, "task"), answer=say(answer, "answer"))
        step = told.locator("li").filter(has_text=headline).first
        expect(step).to_contain_text(name)
        expect(step).to_contain_text("cn-bank-2026")  # the rules it was decided under


def test_two_advisors_approve_and_one_alone_cannot(office: Office, stack: RunningStack, say: Spoken) -> None:
    case_id = stack.a_case(days_past_due=95, overdue=3_000_000, balance=3_000_000)
    office.up_to_review(case_id)
    office.decide("legal_advisor", case_id, "诉讼审查", "起诉", reason="证据齐全")
    first = office.open_task("legal_advisor", case_id, "诉讼复核")
    expect(first.get_by_text(say("双人复核：您提出过此事或办理过本案，须由他人决定。"))).to_be_visible()
    expect(first.get_by_role("button", name=say("领取任务"))).to_have_count(0)
    token = first.locator("input[name=csrf]").first.get_attribute("value") or ""
    forced = first.request.post(
        f"{stack.base_url}/tasks/{stack.task(case_id, 'second_approval')}/decision",
        form={"csrf": token, "outcome": "approve", "facts_no": "1"},
        headers={"Origin": stack.base_url, "Sec-Fetch-Site": "same-origin"},
    )
    assert forced.status == 403
    assert say("此事须由另一人决定") in forced.text()
    office.decide("second_advisor", case_id, "诉讼复核", "同意起诉")
    stack.settle(case_id)
    story = office.case_page("second_advisor", case_id)
    expect(story.locator(".way .now")).to_contain_text(say("法律程序"))
    expect(story.locator(".way .now")).to_contain_text(say("两人同意"))


def test_ops_posts_a_payment_by_hand_and_the_case_closes(
    office: Office, stack: RunningStack, say: Spoken
) -> None:
    case_id = stack.a_case(overdue=100_000, balance=500_000)
    page = office.window("ops")
    page.get_by_role("link", name=say("还款", "menu")).click()
    page.get_by_label(say("借据号")).fill(stack.loan_of(case_id))
    page.get_by_label(say("金额", "Amount")).fill("1,000.00")
    page.get_by_role("button", name=say("录入还款")).click()
    expect(
        page.get_by_text(say("案件已结案：%(reason)s", reason=say("逾期已还清", "closing")))
    ).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name=say("查看案件")).click()
    closed = say("已结案：%(reason)s", reason=say("逾期已还清", "closing"))
    expect(page.get_by_text(closed, exact=True)).to_be_visible()
    expect(page.get_by_text(f"{say('本金')} ¥1,000.00", exact=True)).to_be_visible()
    expect(office.row("collector", case_id, "首次联系")).to_have_count(0)


def test_an_operator_sees_an_incident_and_its_workflow_and_operations_give_the_money_back(
    office: Office, stack: RunningStack, say: Spoken
) -> None:
    case_id = stack.a_case(overdue=100_000, balance=100_000)
    ops = office.window("ops")
    ops.goto(f"{stack.base_url}/payments/new")
    ops.get_by_label(say("借据号")).fill(stack.loan_of(case_id))
    ops.get_by_label(say("金额", "Amount")).fill("1,050.00")
    ops.get_by_role("button", name=say("录入还款")).click()
    expect(
        ops.get_by_text(
            say(
                "该贷款欠款 %(owed)s；余下 %(surplus)s 将作为溢缴款暂挂，须退还。",
                owed="¥1,000.00",
                surplus="¥50.00",
            )
        )
    ).to_be_visible()
    ops.get_by_role("button", name=say("确认入账")).click()
    expect(ops.get_by_text(say("案件已结案：%(reason)s", reason=say("已结清", "closing")))).to_be_visible(
        timeout=PATIENCE
    )
    page = office.window("operator")
    page.get_by_role("link", name=say("异常", "menu")).click()
    incident = page.locator(".incident").filter(has_text=case_id)
    expect(incident).to_contain_text(say("还款超出欠款"))
    incident.get_by_role("link", name=case_id).click()
    engine = page.get_by_role("link", name=say("在 Temporal 中查看")).get_attribute("href") or ""
    assert engine.endswith(f"/workflows/{case_id}")
    seen = page.request.get(engine)
    assert seen.ok
    second = office.window("ops2")  # who typed money in does not send it out
    second.get_by_role("link", name=say("异常", "menu")).click()
    refund = second.locator(".incident").filter(has_text=case_id)
    refund.get_by_text(say("已退还", "refund"), exact=True).click()
    refund.get_by_label(say("付款流水号")).fill("OUT-20261123-1")
    refund.get_by_role("button", name=say("关闭事项")).click()
    expect(second.locator(".incident").filter(has_text=case_id)).to_have_count(0)
    page.goto(f"{stack.base_url}/incidents")
    page.get_by_role("link", name=say("已关闭", "Closed")).click()
    expect(page.locator(".incident").filter(has_text=case_id)).to_contain_text(
        f"{say('已退还', 'refund')} · OUT-20261123-1"
    )


def test_the_case_desk_decides_a_dispute_and_calls_go_on(
    office: Office, stack: RunningStack, say: Spoken
) -> None:
    case_id = stack.a_case(days_past_due=12)
    office.decide("collector", case_id, "首次联系", "对债务有异议", reason="称利息计算有误")
    held = office.case_page("case_desk", case_id)
    expect(held.locator("[data-hold=dispute]")).to_be_visible()
    expect(office.row("collector", case_id, "跟进联系")).to_have_count(0)  # nobody calls meanwhile
    office.decide("case_desk", case_id, "异议审查", "不成立", reason="已核对流水，计息无误")
    story = office.case_page("case_desk", case_id)
    expect(story.locator("[data-hold]")).to_have_count(0)
    expect(story.get_by_text("已核对流水，计息无误")).to_be_visible()


def test_a_plan_officer_signs_a_plan_and_nobody_collects(
    office: Office, stack: RunningStack, say: Spoken
) -> None:
    case_id = stack.a_case(days_past_due=45, overdue=6_000_000, balance=8_000_000)
    page = office.case_page("plan_officer", case_id)
    page.get_by_role("link", name=say("新建还款方案")).click()
    first = (stack.today_of(case_id) + timedelta(days=30)).isoformat()
    for name, value in (
        ("amount", "60,000"),
        ("yearly_bp", "12"),
        ("periods", "12"),
        ("first_due_on", first),
        ("proof", "DOC-2026-1"),
    ):
        page.locator(f"input[name={name}]").fill(value)
    for name, code in (("method", "equal_total"), ("charges", "stop"), ("acceptance", "signed")):
        page.locator(f"input[name={name}][value={code}]").check()
    page.locator("button[value=compute]").click()
    expect(page.locator("#schedule-title")).to_be_focused()
    expect(page.get_by_text("¥63,971.13").first).to_be_visible()  # with the interest
    for clause in page.locator("input[name=clause]").all():
        clause.check()
    page.locator("button[value=sign]").click()
    page.wait_for_url(f"**/cases/{case_id}*")
    stack.settle(case_id)
    story = office.case_page("compliance", case_id)
    expect(story.locator("[data-plan=active]")).to_be_visible()
    expect(story.locator("[data-hold=plan_active]")).to_be_visible()
    expect(office.row("collector", case_id, "首次联系")).to_have_count(0)


def test_an_operator_lets_the_time_of_one_case_pass(office: Office, stack: RunningStack, say: Spoken) -> None:
    case_id = stack.a_case(days_past_due=10)
    office.decide("collector", case_id, "首次联系", "无人接听")
    before = stack.case(case_id)
    office.skip(case_id)
    page = office.case_page("operator", case_id)
    expect(page.get_by_text(say("到期：%(what)s", what=say("再次联系债务人", "clock")))).to_be_visible()
    assert stack.case(case_id).seq > before.seq
    expect(office.row("collector", case_id, "跟进联系")).to_have_count(1)


def test_compliance_reads_everything_and_changes_nothing(
    office: Office, stack: RunningStack, say: Spoken
) -> None:
    case_id = stack.a_case()
    office.decide("collector", case_id, "首次联系", "无人接听")
    page = office.case_page("compliance", case_id)
    expect(
        page.get_by_text(say("%(task)s：%(answer)s", task=say("首次联系"), answer=say("无人接听")))
    ).to_be_visible()
    page.get_by_role("link", name=say("首次联系")).click()
    expect(page.get_by_text(office.done("无人接听"))).to_be_visible()
    for place in (f"/cases/{case_id}", "/incidents", "/cases"):
        page.goto(f"{stack.base_url}{place}")
        # To see masked data for a purpose is all that compliance may ask for.
        expect(page.locator("main form:not(.finder):not(.look)")).to_have_count(0)


def test_a_manager_is_the_second_person_for_a_large_amount(
    office: Office, stack: RunningStack, say: Spoken
) -> None:
    case_id = stack.a_case(days_past_due=95, overdue=60_000_000, balance=60_000_000)
    office.up_to_review(case_id)
    office.decide("legal_advisor", case_id, "诉讼审查", "起诉")
    expect(office.row("second_advisor", case_id, "诉讼复核")).to_have_count(0)
    office.decide("manager", case_id, "诉讼复核", "不同意起诉", reason="先与客户协商还款方案")
    story = office.case_page("manager", case_id)
    expect(story.locator(".way .now")).to_contain_text(say("正式催告"))
    expect(story.get_by_text("先与客户协商还款方案")).to_be_visible()


def test_an_administrator_has_settings_and_no_case(
    office_alone: Office, stack: RunningStack, say: Spoken
) -> None:
    page = office_alone.window("admin")
    expect(page.get_by_role("heading", name=say("上岗证"))).to_be_visible()
    page.goto(f"{stack.base_url}/prefs")
    other = Spoken("en" if say.language == "zh-CN" else "zh-CN")
    page.get_by_label("English" if other.language == "en" else "中文").check()
    page.get_by_role("button", name=say("保存"), exact=True).click()
    expect(page.get_by_role("heading", name=other("设置"))).to_be_visible()
    answer = page.goto(f"{stack.base_url}/cases")
    assert answer is not None
    assert answer.status == 403
    expect(page.get_by_text(other("您的角色无权访问"))).to_be_visible()
    page.goto(f"{stack.base_url}/prefs")
    page.get_by_role("button", name=other("退出登录")).click()
    page.wait_for_url("**/login")
