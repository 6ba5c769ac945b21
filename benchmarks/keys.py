"""From a key to what the eye sees, in a real browser: the row that is marked, and the task that stands beside the list.

Part of `benchmarks.inbox`, over the same tasks. Counted from the key event to the frame after it was painted.
"""

from typing import Any, Final

from fastapi import FastAPI

from tests.chromium import chromium
from tests.web.branch import Desk, listening

# Over from the bar that nobody waits: people press j faster than this only to skip what they do not read.
_PAUSE_MS: Final = 250
_WATCH: Final = """() => {
  window.took = {painted: [], swapped: []};
  let pressed;
  const after = (list, since) => requestAnimationFrame(() => setTimeout(() => list.push(performance.now() - since)));
  addEventListener("keydown", (event) => {
    pressed = event.timeStamp;
    after(took.painted, pressed);
  }, true);
  document.addEventListener("htmx:after:swap", () => after(took.swapped, pressed));
}"""


def walk_by_keys(app: FastAPI, desk: Desk, presses: int) -> dict[str, list[float]]:
    """Milliseconds of each press of j: until the row was `painted`, and until its task was `swapped` in."""
    cookie = {"name": "sid", "value": desk.client.cookies["sid"]}
    with listening(app) as url, chromium() as browser:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_cookies([{**cookie, "url": url}])  # type: ignore[list-item]
        page = context.new_page()
        page.goto(f"{url}/inbox?view=free")
        page.wait_for_selector("[data-live=on]")
        page.evaluate(_WATCH)
        for n in range(presses):
            page.keyboard.press("j" if n % 40 < 20 else "k")
            page.wait_for_timeout(_PAUSE_MS)
        took: dict[str, Any] = page.evaluate("took")
        context.close()
    return took
