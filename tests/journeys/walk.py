"""People of the bank at their browsers: what each does by eye and hand, step by step."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from playwright.sync_api import Browser, Locator, Page, expect

from tests.journeys import before
from tests.journeys.stack import RunningStack
from tests.spoken import Spoken

PATIENCE: Final = 30_000  # the machine may be busy; a person would look again


@dataclass
class Office:
    """One browser window for each person who has come in."""

    stack: RunningStack
    browser: Browser
    say: Spoken
    _windows: dict[str, Page] = field(default_factory=dict)

    def window(self, role: str) -> Page:
        """Signed in the first time, found again later."""
        if role not in self._windows:
            context = self.browser.new_context(
                locale=self.say.language, viewport={"width": 1440, "height": 900}
            )
            context.set_default_timeout(PATIENCE)
            page = context.new_page()
            page.goto(f"{self.stack.base_url}/login")
            self.sign_in(page, role)
            page.wait_for_url(re.compile(r"/(inbox|cases|incidents|certificates|prefs)$"))
            self._speak(page)
            self._windows[role] = page
        return self._windows[role]

    def sign_in(self, page: Page, role: str) -> None:
        """At the door, wherever it leads."""
        page.get_by_label(self.say("登录名")).fill(self.stack.login(role))
        page.get_by_label(self.say("密码")).fill(self.stack.password)
        page.get_by_role("button", name=self.say("登录")).click()

    def _speak(self, page: Page) -> None:
        """Everybody who works here was hired in Chinese."""
        if page.locator("html").get_attribute("lang") != self.say.language:
            page.locator(f".switches [lang={self.say.language}]").click()
            expect(page.locator("html")).to_have_attribute("lang", self.say.language)

    def close(self) -> None:
        for page in self._windows.values():
            page.context.close()

    # ---- looking -----------------------------------------------------------------------------------------

    def case_page(self, role: str, case_id: str) -> Page:
        """Found by its loan number, as one does with a caller on the line."""
        page = self.window(role)
        page.goto(f"{self.stack.base_url}/cases")
        page.get_by_label(self.say("借据号")).fill(self.stack.loan_of(case_id))
        page.get_by_role("button", name=self.say("查找")).click()
        page.wait_for_url(f"**/cases/{case_id}")
        return page

    def row(self, role: str, case_id: str, task: str) -> Locator:
        """A task of the case in the person's list."""
        page = self.window(role)
        self.search(page, "/inbox", self.stack.loan_of(case_id))
        return page.locator("#list .row").filter(has_text=self.say(task))

    def search(self, page: Page, where: str, words: str) -> None:
        """In a list that holds more than one page of work."""
        page.goto(f"{self.stack.base_url}{where}")
        page.get_by_label(self.say("姓名、借据号或电话尾号")).fill(words)
        page.keyboard.press("Enter")
        expect(page.locator(".sought")).to_be_visible()

    # ---- acting ------------------------------------------------------------------------------------------

    def open_task(self, role: str, case_id: str, task: str) -> Page:
        self.row(role, case_id, task).locator("a").click()
        page = self.window(role)
        expect(page.locator("#why-title")).to_have_text(self.say(task))
        return page

    def take(self, role: str, case_id: str, task: str) -> Page:
        page = self.open_task(role, case_id, task)
        page.get_by_role("button", name=self.say("领取任务")).click()
        expect(page.get_by_text(self.say("由您处理"))).to_be_visible()
        return page

    def decide(self, role: str, case_id: str, task: str, answer: str, reason: str = "") -> Page:
        """Takes the task, answers it, and sees that it was applied."""
        page = self.take(role, case_id, task)
        if task == "催告函签发":
            self.read_letter(page)
        self.choose(page, answer)
        if reason:
            page.get_by_label(self.say("理由或备注")).fill(reason)
        page.get_by_role("button", name=self.say("保存结果")).click()
        if answer in {"起诉", "同意起诉", "已立案"}:
            page.get_by_role("button", name=self.say("确认决定")).click()
        expect(page.get_by_text(self.done(answer))).to_be_visible(timeout=PATIENCE)
        return page

    def read_letter(self, page: Page) -> None:
        page.get_by_role("link", name=self.say("阅看函件")).click()
        expect(page.get_by_text(self.say("您已阅看"))).to_be_visible()

    def choose(self, page: Page, answer: str, meaning: str = "answer") -> None:
        said = page.get_by_text(self.say(answer, meaning), exact=True)
        page.locator("label.answer").filter(has=said).click()

    def done(self, answer: str) -> str:
        return self.say("已完成：%(answer)s", answer=self.say(answer, "answer"))

    def skip(self, case_id: str) -> None:
        """The operator moves this one case's clock to its next deadline."""
        page = self.case_page("operator", case_id)
        # The address stays the same, and the page may note its own place in it: only the answer tells that it was done.
        with page.expect_response(f"**/cases/{case_id}/skip", timeout=2 * PATIENCE):
            page.get_by_role("button", name=self.say("跳到下一期限")).click()
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
        page.get_by_role("link", name=self.say("登记送达或退回")).click()
        self.choose(page, "催告函已送达", "delivery")
        page.get_by_label(self.say("日期时间")).fill(sent_at.strftime("%Y-%m-%dT%H:%M"))
        page.get_by_role("button", name=self.say("登记", "Report it"), exact=True).click()
        expect(page.get_by_text(self.say("还款宽限至"))).to_be_visible(timeout=PATIENCE)

    # ---- the way of a case, for whoever comes late into it --------------------------------------------------

    def up_to_escalation(self, case_id: str) -> None:
        """Called in vain on two days; on the third the debtor refuses, past the threshold: the lead is asked."""
        for kind, answer in (("first_contact", "na"), ("follow_up", "na")):
            before.decide(self.stack, "collector", case_id, kind, answer)
            self.skip_until(case_id, "follow_up")
        before.decide(self.stack, "collector", case_id, "follow_up", "rtp", reason="多次沟通仍拒绝还款")

    def up_to_review(self, case_id: str) -> None:
        """The letter arrived, and its days ran out; the documents are there."""
        self.up_to_escalation(case_id)
        before.decide(self.stack, "team_lead", case_id, "escalation", "escalate")
        before.decide(self.stack, "team_lead", case_id, "notice_release", "release")
        if self.stack.sent_at(case_id) is None:  # at night nothing goes out
            self.skip(case_id)
        before.report_arrival(self.stack, case_id)
        self.skip_until(case_id, "legal_review")
        self.stack.prove(case_id)


@dataclass(frozen=True)
class Fingers:
    """Somebody at a task with a keyboard alone."""

    page: Page
    say: Spoken

    def answer(self, outcome: str, typed: Mapping[str, str]) -> None:
        """Takes the open task, chooses the answer, fills what it asks for, saves, and sees that it was applied."""
        expect(self.page.locator("[data-key=c]")).to_be_visible()  # the next one is there, and free
        self.page.keyboard.press("c")
        expect(self.page.get_by_text(self.say("由您处理"))).to_be_visible()
        self._choose(outcome)
        for name, words in typed.items():
            self._go_to(name)
            self.page.keyboard.type(words)
        self.page.keyboard.press("Control+Enter")
        expect(self.page.locator(".decision .note.ok")).to_be_visible(timeout=PATIENCE)

    def _choose(self, outcome: str) -> None:
        self.page.keyboard.press("e")
        offered = self.page.locator("input[name=outcome]").evaluate_all("all => all.map(one => one.value)")
        place = offered.index(outcome)
        self.page.keyboard.press("Space")
        for _ in range(place):
            self.page.keyboard.press("ArrowDown")
        expect(self.page.locator(f"input[name=outcome][value={outcome}]")).to_be_checked()

    def _go_to(self, name: str) -> None:
        """On with Tab, as often as it takes to come there."""
        for _ in range(20):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("document.activeElement.name") == name:
                return
        raise AssertionError(f"no way to {name} by the keyboard")
