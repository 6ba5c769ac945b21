"""A desk for imports: on SQLite alone where the database plays no part, on both where it does."""

from pathlib import Path

import pytest

from arrears.store.session import Store
from tests.feeds.deliveries import Desk


@pytest.fixture
def desk(store: Store, tmp_path: Path) -> Desk:
    return Desk(store, tmp_path / "desk")


@pytest.fixture
def sqlite_desk(sqlite_store: Store, tmp_path: Path) -> Desk:
    return Desk(sqlite_store, tmp_path / "desk")
