"""A running branch and a browser in front of it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from api.desk.letters import LetterDesk
from api.desk.publishing import PackDesk
from arrears import clock
from arrears.channels.bank import INVENTED
from arrears.contracts import Rules, Unchanging
from arrears.store import packs, people
from arrears.store.session import Store, open_engine
from tests.builders import CaseRoom
from tests.chromium import chromium
from tests.web import portfolio
from tests.web.branch import PASSWORD, Branch, listening, open_branch
from tests.web.portfolio import Portfolio

AXE: Final = next((Path(__file__).parents[1] / "vendor").glob("axe-*.min.js"))
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


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


@contextmanager
def opened(template: Path, folder: Path) -> Iterator[Place]:
    """Where every page has something to show; `template` is an empty database."""
    shutil.copyfile(template, folder / "arrears.db")
    store = Store(open_engine(f"sqlite:///{folder / 'arrears.db'}"))
    room = CaseRoom(store, _open_at_any_hour(packs.load("cn-bank-2026").rules))
    branch = open_branch(store, room, letters=folder / "letters")
    cases = portfolio.fill(room, clock.machine_now())
    room.hears_at_once()
    room.desk.letters = LetterDesk(
        store, Unchanging(room.rules), INVENTED
    )  # from here on letters are read first
    _propose(branch, folder)
    with chromium() as browser, listening(branch.app) as url:
        yield Place(url, branch, cases, browser)
    store.close()


def listen(page: Page) -> list[str]:
    heard: list[str] = []

    def console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            heard.append(message.text)

    page.on("console", console)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


def pleases_axe(page: Page) -> None:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    assert [one["id"] for one in found["violations"]] == []
