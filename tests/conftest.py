"""The databases that tests run on: a migrated, empty store of their own each."""

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import hypothesis
import pytest

from arrears.engine.ports import choose
from arrears.store import roles, schema
from arrears.store.session import Store, open_engine
from tests import postgres
from tests.grammar import one_grammar
from tests.store.expanding import expand
from tests.tools import lacking

_number = count(1)

# Properties see the same examples in every run, and are never tried against the clock.
hypothesis.settings.register_profile("arrears", deadline=None, derandomize=True)
hypothesis.settings.register_profile("quick", deadline=None, derandomize=True, max_examples=25)  # make check
hypothesis.settings.load_profile("arrears")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--later-tables", action="store_true", help="stores as a later version may leave them (ADR 0014)"
    )


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    _migrated(f"sqlite:///{path}", request)
    return path


def _migrated(url: str, request: pytest.FixtureRequest) -> None:
    store = Store(open_engine(url))
    schema.upgrade(store)
    if not store.is_sqlite:
        roles.make(store)
    if request.config.getoption("--later-tables"):
        with store.transaction() as connection:
            expand(connection)
    store.close()


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[postgres.Cluster]:
    """A server of our own for the whole run; skips, or fails where the tool is required, when it cannot be had."""
    try:
        with postgres.cluster(port=choose(["postgres"], kept={})["postgres"]) as made:
            yield made
    except postgres.NoPostgres as reason:
        lacking(str(reason), marker="postgres")


@pytest.fixture(scope="session")
def postgres_template(postgres_cluster: postgres.Cluster, request: pytest.FixtureRequest) -> str:
    _migrated(postgres_cluster.create("arrears_template"), request)
    return "arrears_template"


@pytest.fixture
def sqlite_store(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    path = tmp_path / "arrears.db"
    shutil.copyfile(sqlite_template, path)
    engine = open_engine(f"sqlite:///{path}")
    one_grammar(engine)
    store = Store(engine)
    yield store
    store.close()


@pytest.fixture
def postgres_store(postgres_cluster: postgres.Cluster, postgres_template: str) -> Iterator[Store]:
    """Signed in as the app: what a test does there, the product may do."""
    name = f"t{next(_number)}"
    postgres_cluster.create(name, template=postgres_template)
    store = Store(open_engine(postgres_cluster.url(name, role=roles.APP)))
    yield store
    store.close()
    postgres_cluster.drop(name)


@pytest.fixture
def postgres_owned_store(postgres_store: Store) -> Iterator[Store]:
    """The same database with its owner's rights."""
    store = Store(open_engine(str(postgres_store.engine.url.set(username="postgres"))))
    yield store
    store.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def owned_store(request: pytest.FixtureRequest) -> Store:
    """For tests that make tables, or change what no process of ours may."""
    name = "sqlite_store" if request.param == "sqlite" else "postgres_owned_store"
    made = request.getfixturevalue(name)
    assert isinstance(made, Store)
    return made


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest) -> Store:
    """Both databases, one after the other: what holds on one must hold on the other."""
    made = request.getfixturevalue(f"{request.param}_store")
    assert isinstance(made, Store)
    return made
