from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from arrears.engine.namespace import prepare
from tests.postgres import Cluster
from tests.temporal import temporal_on

pytestmark = [pytest.mark.server, pytest.mark.postgres]


async def test_a_server_on_postgresql_keeps_what_it_acknowledged_when_it_is_killed(
    postgres_cluster: Cluster, tmp_path: Path
) -> None:
    with temporal_on(postgres_cluster, tmp_path) as temporal:
        await prepare(temporal.address, namespace="bank", retention_days=1)
        client = await Client.connect(temporal.address, namespace="bank")
        started = await client.start_workflow("CollectionCase", id="case-1", task_queue="nobody")
        temporal.kill()
        temporal.start()
        again = await Client.connect(temporal.address, namespace="bank")
        described = await again.get_workflow_handle("case-1").describe()
        assert described.run_id == started.result_run_id
        assert described.status is WorkflowExecutionStatus.RUNNING
