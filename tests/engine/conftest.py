"""A real Temporal server for these tests, found or fetched as a user's would be."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from arrears.engine.embedded import Engine
from arrears.engine.errors import TemporalNotFound
from arrears.engine.programs import Program
from arrears.engine.resolve import resolve
from tests.tools import lacking


@pytest.fixture(scope="session")
def program() -> Program:
    try:
        return resolve()
    except TemporalNotFound as reason:
        lacking(str(reason), marker="server")


@pytest.fixture(scope="session")
def engine_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("engine")


@pytest.fixture(scope="session")
def engine(program: Program, engine_folder: Path) -> Iterator[Engine]:
    """For tests that leave it running."""
    with Engine(data_dir=engine_folder, time_skipping=True, ui=False) as running:
        yield running
