"""Takes the pictures of the README from a running server: `python scripts/take_pictures.py --password …`.

Start `arrears demo` first; it prints the password. Nothing is changed there: pages are only looked at.
"""

import argparse
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SETTLES: Final = 4_000  # ms; the Temporal UI never stops asking its server, so it is never idle
SIZES: Final = {"": (1440, 900), "-phone": (390, 844)}


@dataclass(frozen=True)
class Wish:
    """What to take: from where, as whom, in which dress, into which folder."""

    url: str
    password: str
    collector: str
    operator: str
    case: str | None
    out: Path
    language: str
    theme: str
    size: str

    @property
    def dress(self) -> str:
        return f"{'zh' if self.language == 'zh-CN' else self.language}-{self.theme}{self.size}"


def main() -> None:
    wishes = _wishes()
    with sync_playwright() as driver:
        binary = os.environ.get("ARREARS_CHROMIUM") or shutil.which("chromium")
        browser = driver.chromium.launch(executable_path=binary, args=list(FLAGS))
        for wish in wishes:
            _take(browser, wish)
        browser.close()


def _wishes() -> list[Wish]:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--url", default="http://127.0.0.1:8400")
    asked.add_argument("--password", required=True, help="the one the demo prints")
    asked.add_argument("--collector", default="collector", help="log-in of a collector")
    asked.add_argument("--operator", default="operator", help="log-in of an operator, for the Temporal UI")
    asked.add_argument("--case", help="the case to show; else the first of the list")
    asked.add_argument("--out", type=Path, default=Path("docs/pictures"))
    asked.add_argument("--all", action="store_true", help="both languages, colours and sizes")
    said = asked.parse_args()
    languages = ["zh-CN", "en"] if said.all else ["zh-CN"]
    themes = ["light", "dark"] if said.all else ["light"]
    sizes = list(SIZES) if said.all else [""]
    said.out.mkdir(parents=True, exist_ok=True)
    return [
        Wish(
            said.url.rstrip("/"),
            said.password,
            said.collector,
            said.operator,
            said.case,
            said.out,
            language,
            theme,
            size,
        )
        for language in languages
        for theme in themes
        for size in sizes
    ]


def _take(browser: Browser, wish: Wish) -> None:
    with _signed_in(browser, wish, wish.collector) as page:
        page.goto(f"{wish.url}/inbox")
        _save(page, wish, "inbox")
        page.locator("#list .row > a").first.click()
        page.wait_for_selector("#detail .task")
        _save(page, wish, "task")
    with _signed_in(browser, wish, wish.operator) as page:
        _open_case(page, wish)
        _save(page, wish, "case")
        engine = page.get_by_role("link", name=re.compile("Temporal"))
        if engine.count() and not wish.size and wish.theme == "light":
            # The Temporal UI speaks English only and keeps its own colours, so one picture of it is enough.
            page.goto(engine.first.get_attribute("href") or wish.url)
            page.get_by_text("CollectionCase").first.wait_for()
            page.wait_for_timeout(SETTLES)
            # The case in prose stands under this tab; a worker is asked for it, so it takes a moment.
            page.get_by_text("User Metadata").first.click()
            page.wait_for_url("**/user-metadata")
            page.wait_for_timeout(SETTLES)
            page.screenshot(path=wish.out / f"temporal-{wish.theme}.png", caret="initial")


def _open_case(page: Page, wish: Wish) -> None:
    if wish.case:
        page.goto(f"{wish.url}/cases/{wish.case}")
        return
    page.goto(f"{wish.url}/cases")
    page.locator("tbody a").first.click()
    page.wait_for_url("**/cases/case-*")


@contextmanager
def _signed_in(browser: Browser, wish: Wish, login: str) -> Iterator[Page]:
    """A window of this person in the wanted dress; the person's own language is put back at the end."""
    width, height = SIZES[wish.size]
    context = browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=1)
    context.add_cookies([{"name": "theme", "value": wish.theme, "url": wish.url}])
    page = context.new_page()
    page.goto(f"{wish.url}/login")
    page.fill("#f-login", login)
    page.fill("#f-password", wish.password)
    page.click("form.sign-in button")
    page.wait_for_url(lambda url: "/login" not in url)
    before = page.locator("html").get_attribute("lang")
    _speak(page, wish.language)
    try:
        yield page
    finally:
        page.goto(f"{wish.url}/prefs")
        _speak(page, before or wish.language)
        context.close()


def _speak(page: Page, language: str) -> None:
    if page.locator("html").get_attribute("lang") != language:
        page.locator(f"button[name=language][value='{language}']").click()
        page.wait_for_selector(f"html[lang='{language}']")


def _save(page: Page, wish: Wish, name: str) -> None:
    # Without the caret trick of the driver: it would write a style into the page, which our policy refuses.
    page.screenshot(path=wish.out / f"{name}-{wish.dress}.png", caret="initial")


if __name__ == "__main__":
    main()
