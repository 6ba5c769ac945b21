"""A branch of the bank with its people, standing still at one hour."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from arrears import clock
from arrears.contracts import Rules
from arrears.store import packs
from arrears.store.session import Store
from tests.builders import CaseRoom
from tests.web.branch import Branch, open_branch
from tests.web.place import Place, opened


@pytest.fixture(scope="session")
def rules() -> Rules:
    return packs.load("cn-bank-2026").rules


@pytest.fixture
def room(sqlite_store: Store, rules: Rules) -> CaseRoom:
    return CaseRoom(sqlite_store, rules)


@pytest.fixture
def branch(sqlite_store: Store, room: CaseRoom, tmp_path: Path) -> Iterator[Branch]:
    """What is said to a case here is heard at once."""
    made = open_branch(sqlite_store, room, letters=tmp_path / "letters")
    room.hears_at_once()
    with clock.door_time(room.now):
        yield made


@pytest.fixture(scope="module")
def place(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """For a browser: one branch and its portfolio for all tests of a file."""
    with opened(sqlite_template, tmp_path_factory.mktemp("branch")) as made:
        yield made
