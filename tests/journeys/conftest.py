"""One running product for all journeys: in one process, or with ARREARS_TEST_CLUSTER set as a cluster."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.chromium import chromium
from tests.journeys.cluster import running_cluster
from tests.journeys.parts import running_stack
from tests.journeys.stack import RunningStack
from tests.postgres import Cluster


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def embedded_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    with running_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(scope="session")
def cluster_stack(
    postgres_cluster: Cluster, postgres_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningStack]:
    with running_cluster(postgres_cluster, postgres_template, tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> RunningStack:
    name = "cluster_stack" if os.environ.get("ARREARS_TEST_CLUSTER") else "embedded_stack"
    made = request.getfixturevalue(name)
    assert isinstance(made, RunningStack)
    return made
