"""Debian's Chromium, driven as a person's browser; a visible skip where there is none."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from tests.tools import lacking

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


@contextmanager
def chromium() -> Iterator[Browser]:
    """One browser for a module of tests: while it is open, nothing else may run an event loop in this thread."""
    binary = os.environ.get("ARREARS_CHROMIUM") or shutil.which("chromium")
    if binary is None:
        lacking("Chromium (apt-get install chromium)")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=binary, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()
