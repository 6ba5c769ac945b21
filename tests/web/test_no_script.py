"""Without script: each form of each page is filled in and sent as plain HTML says, and what was meant happens.

The main ones are tried in a real browser as well, with script switched off: `test_script_off.py`.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from arrears import clock
from arrears.store.session import Store
from tests.builders import CaseRoom
from tests.web.branch import open_branch
from tests.web.test_matrix import PAGES
from tests.web.tries import TRIES, Stage, Try
from web.rendering import TEMPLATES

# No form of a page: what a browser reports, what programs ask, and what is kept while somebody types.
NO_FORM: Final = {"POST /csp", "POST /codec/decode", "POST /tasks/{task_id}/draft"}
BEFORE_SIGN_IN: Final = {"login.html"}  # there is no session yet that could be misused
# Offered where time may be skipped alone; `tests/journeys` has such an engine.
OF_TRIALS: Final = {"POST /cases/{case_id}/skip"}


@pytest.fixture
def stage(sqlite_store: Store, room: CaseRoom, tmp_path: Path) -> Iterator[Stage]:
    with clock.door_time(room.now):  # people sign in before their cases live on
        branch = open_branch(sqlite_store, room, letters=tmp_path / "letters")
        room.hears_at_once()
        yield Stage(branch, room, tmp_path)


def test_no_form_is_left_out() -> None:
    """A new form without a try fails here."""
    posts = {route for route in PAGES if route.startswith("POST ")}
    assert set(TRIES) == posts - NO_FORM - OF_TRIALS


def test_no_form_needs_script_to_be_sent() -> None:
    """Script takes over forms that go to the same place without it, and every one that is posted proves where it is from."""
    for file in sorted(TEMPLATES.glob("*.html")):
        for form in re.findall(r"<form\b.*?</form>", file.read_text(encoding="utf-8"), re.DOTALL):
            opening, whole = form[: _end_of_tag(form)], _with_parts(form)
            posts = 'method="post"' in opening
            assert re.search(r'(^|[\s%}])action="', opening), (file.name, opening)
            assert posts or 'method="get"' in opening, (file.name, opening)
            assert ("csrf_input(" in whole) is (posts and file.name not in BEFORE_SIGN_IN), (
                file.name,
                opening,
            )
            for swapped in re.findall(r'hx-post="((?:\{\{.*?\}\}|[^"])*)"', opening):
                assert f' action="{swapped}"' in opening, (file.name, opening)


def _with_parts(text: str) -> str:
    def part(found: re.Match[str]) -> str:
        return (TEMPLATES / found[1]).read_text(encoding="utf-8")

    return re.sub(r'{% include "(\w+\.html)" %}', part, text)


def _end_of_tag(form: str) -> int:
    """Where the opening tag ends: `>` inside of an expression does not count."""
    return re.match(r"<form(?:\{\{.*?\}\}|\{%.*?%\}|[^>{]|\{(?![{%]))*>", form, re.DOTALL).end()  # type: ignore[union-attr]


@pytest.mark.slow
@pytest.mark.parametrize("one", dict.fromkeys(TRIES.values()), ids=lambda one: one.__name__.strip("_"))
def test_a_form_works_without_script(stage: Stage, one: Try) -> None:
    one(stage)
