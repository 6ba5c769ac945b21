"""People of the bank at their browsers: what each does by eye and hand, step by step."""

import re
from dataclasses import dataclass, field
from typing import Final

from playwright.sync_api import Browser, Locator, Page, expect

from tests.journeys.stack import RunningStack

PATIENCE: Final = 30_000  # the machine may be busy; a person would look again


@dataclass
class Office:
    """One browser window for each person who has come in."""

    stack: RunningStack
    browser: Browser
    _windows: dict[str, Page] = field(default_factory=dict)

    def window(self, role: str) -> Page:
        """Signed in the first time, found again later."""
        if role not in self._windows:
            context = self.browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
            context.set_default_timeout(PATIENCE)
            page = context.new_page()
            page.goto(f"{self.stack.base_url}/login")
            page.get_by_label("登录名").fill(self.stack.login(role))
            page.get_by_label("密码").fill(self.stack.password)
            page.get_by_role("button", name="登录").click()
            page.wait_for_url(re.compile(r"/(inbox|cases|incidents|certificates|prefs)$"))
            self._windows[role] = page
        return self._windows[role]

    def close(self) -> None:
        for page in self._windows.values():
            page.context.close()

    # ---- looking -----------------------------------------------------------------------------------------

    def case_page(self, role: str, case_id: str) -> Page:
        """Found by its loan number, as one does with a caller on the line."""
        page = self.window(role)
        page.goto(f"{self.stack.base_url}/cases")
        page.get_by_label("借据号").fill(self.stack.loan_of(case_id))
        page.get_by_role("button", name="查找").click()
        page.wait_for_url(f"**/cases/{case_id}")
        return page

    def row(self, role: str, case_id: str, task: str) -> Locator:
        """A task of the case in the person's list."""
        page = self.window(role)
        page.goto(f"{self.stack.base_url}/inbox")
        return page.locator("#list .row").filter(has_text=self.stack.loan_of(case_id)).filter(has_text=task)

    # ---- acting ------------------------------------------------------------------------------------------

    def open_task(self, role: str, case_id: str, task: str) -> Page:
        self.row(role, case_id, task).locator("a").click()
        page = self.window(role)
        expect(page.locator("#why-title")).to_have_text(task)
        return page

    def take(self, role: str, case_id: str, task: str) -> Page:
        page = self.open_task(role, case_id, task)
        page.get_by_role("button", name="领取任务").click()
        expect(page.get_by_text("由您处理")).to_be_visible()
        return page

    def decide(self, role: str, case_id: str, task: str, answer: str, reason: str = "") -> Page:
        """Takes the task, answers it, and sees that it was applied."""
        page = self.take(role, case_id, task)
        choose(page, answer)
        if reason:
            page.get_by_label("理由或备注").fill(reason)
        page.get_by_role("button", name="保存结果").click()
        expect(page.get_by_text(f"已完成：{answer}")).to_be_visible(timeout=PATIENCE)
        return page

    def skip(self, case_id: str) -> None:
        """The operator moves this one case's clock to its next deadline."""
        page = self.case_page("operator", case_id)
        page.get_by_role("button", name="跳到下一期限").click()
        page.wait_for_url(f"**/cases/{case_id}")
        self.stack.settle(case_id)

    def skip_until(self, case_id: str, kind: str) -> None:
        """On and on, until a task of this kind is open."""
        for _ in range(6):
            if kind in self.stack.open_kinds(case_id):
                return
            self.skip(case_id)
        raise AssertionError(f"{kind} never opens in {case_id}")

    def report_arrival(self, case_id: str) -> None:
        """Operations type in what the carrier says: it arrived in the minute it was sent, as e-mail does."""
        sent_at = self.stack.sent_at(case_id)
        assert sent_at is not None, "it went out"
        page = self.case_page("ops", case_id)
        page.get_by_role("link", name="登记送达或退回").click()
        choose(page, "催告函已送达")
        page.get_by_label("日期时间").fill(sent_at.strftime("%Y-%m-%dT%H:%M"))
        page.get_by_role("button", name="登记", exact=True).click()
        expect(page.get_by_text("还款宽限至")).to_be_visible(timeout=PATIENCE)

    # ---- the way of a case, for whoever comes late into it --------------------------------------------------

    def up_to_escalation(self, case_id: str) -> None:
        """Called in vain on two days; on the third the debtor refuses, past the threshold: the lead is asked."""
        self.decide("collector", case_id, "首次联系", "无人接听")
        self.skip_until(case_id, "follow_up")
        self.decide("collector", case_id, "跟进联系", "无人接听")
        self.skip_until(case_id, "follow_up")
        self.decide("collector", case_id, "跟进联系", "拒绝还款", reason="多次沟通仍拒绝还款")

    def up_to_review(self, case_id: str) -> None:
        self.up_to_escalation(case_id)
        self.decide("team_lead", case_id, "升级审议", "升级")
        self.decide("team_lead", case_id, "催告函签发", "签发")
        if self.stack.sent_at(case_id) is None:  # at night nothing goes out
            self.skip(case_id)
        self.report_arrival(case_id)
        self.skip_until(case_id, "legal_review")
        self.stack.prove(case_id)


def choose(page: Page, answer: str) -> None:
    page.locator("label.answer").filter(has=page.get_by_text(answer, exact=True)).click()
