"""The other tests of pages ask SQLite; here whoever works at PostgreSQL follows the links of the house, each role its own."""

import re
from pathlib import Path
from typing import Final

import pytest

from arrears import clock
from arrears.contracts import Rules
from arrears.policy.tasks import Role
from arrears.store.session import Store
from tests.builders import CaseRoom
from tests.web.branch import Branch, open_branch
from tests.web.test_matrix import LOGINS

pytestmark = pytest.mark.postgres

MOST: Final = 25
_LINK: Final = re.compile(r'href="(/[^"#]*)"')
# One of each kind is enough: two tasks are asked for alike.
_THING: Final = re.compile(r"(?<=/)(?:case-[^/?]+|[^/?]*\d[^/?]*)|(?<==)[^&]*\d[^&]*")


@pytest.fixture
def branch(postgres_store: Store, rules: Rules, tmp_path: Path) -> Branch:
    room = CaseRoom(postgres_store, rules)
    made = open_branch(postgres_store, room, letters=tmp_path / "letters")
    room.hears_at_once()
    with clock.door_time(room.now):
        for _ in range(3):
            room.a_case()
        room.a_claim()
        room.pay(room.a_case(), 10_000)
    return made


def test_whoever_follows_the_links_comes_to_no_page_that_fails(branch: Branch) -> None:
    failed, seen = [], set[str]()
    with clock.door_time(branch.room.now):
        for role in Role:
            for path, status in _walk(branch, LOGINS[role]).items():
                seen.add(_kind(path))
                if status >= 500:
                    failed.append((role.value, path, status))
    assert failed == []
    assert {"/inbox", "/team", "/approvals", "/cases", "/incidents", "/staff"} <= seen, sorted(seen)


def _walk(branch: Branch, login: str) -> dict[str, int]:
    """Each kind of page that can be come to by links, with what came back."""
    desk, ways, kinds = branch.at(login), ["/"], set[str]()
    found: dict[str, int] = {}
    while ways and len(found) < MOST:
        path = ways.pop(0)
        answer = desk.client.get(path, follow_redirects=True)
        found[answer.url.path if path == "/" else path] = answer.status_code
        for link in (one.replace("&amp;", "&") for one in _LINK.findall(answer.text)):
            if _kind(link) not in kinds and not link.startswith(("/static", "/events")):
                kinds.add(_kind(link))
                ways.append(link)
    return found


def _kind(path: str) -> str:
    return _THING.sub("*", path)
