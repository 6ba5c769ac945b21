"""Proves that a namespace takes cases, by running one workflow by hand that sets every search attribute.

Each service inside the server keeps its own copy of the namespace, seconds old, and an attribute that a
copy does not know yet fails the workflow task of a case: so the proof goes the way a case goes.
"""

import os
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from google.protobuf.duration_pb2 import Duration
from temporalio.api.command.v1 import (
    Command,
    CompleteWorkflowExecutionCommandAttributes,
    UpsertWorkflowSearchAttributesCommandAttributes,
)
from temporalio.api.common.v1 import Payload, SearchAttributes, WorkflowExecution, WorkflowType
from temporalio.api.enums.v1 import CommandType, WorkflowIdConflictPolicy
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DeleteWorkflowExecutionRequest,
    PollWorkflowTaskQueueRequest,
    RespondWorkflowTaskCompletedRequest,
    StartWorkflowExecutionRequest,
)
from temporalio.service import RPCError, WorkflowService

from arrears.engine.patience import Patience

_PROBE: Final = "arrears-probe"
# Should we be killed half-way, the probe ends by itself.
_PROBE_LIFE: Final = Duration(seconds=300)
_POLL_PATIENCE: Final = timedelta(seconds=5)


async def prove(
    service: WorkflowService, namespace: str, attributes: Mapping[str, str], patience: Patience
) -> None:
    # Its own queue and request: two processes may prove at once, and an answered request starts nothing.
    mark = f"{_PROBE}-{os.getpid()}-{time.monotonic_ns()}"
    queue = TaskQueue(name=mark)
    start = StartWorkflowExecutionRequest(
        namespace=namespace,
        workflow_id=mark,
        workflow_type=WorkflowType(name=_PROBE),
        task_queue=queue,
        request_id=mark,
        workflow_id_conflict_policy=WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
        workflow_execution_timeout=_PROBE_LIFE,
    )
    while True:
        try:
            await service.start_workflow_execution(start)
            if await _set_all(service, namespace, queue, attributes):
                break
            why = "no workflow task came"
        except RPCError as error:
            why = error.message
        await patience.once_more(f"namespace {namespace} takes no workflows yet ({why})")
    # Nobody should meet the probe among the cases; the server takes about half a minute to carry it out.
    await service.delete_workflow_execution(
        DeleteWorkflowExecutionRequest(
            namespace=namespace, workflow_execution=WorkflowExecution(workflow_id=mark)
        )
    )


async def _set_all(
    service: WorkflowService, namespace: str, queue: TaskQueue, attributes: Mapping[str, str]
) -> bool:
    """False when the server had no task to give within its long poll."""
    task = await service.poll_workflow_task_queue(
        PollWorkflowTaskQueueRequest(namespace=namespace, task_queue=queue), timeout=_POLL_PATIENCE
    )
    if not task.task_token:
        return False
    set_attributes = Command(
        command_type=CommandType.COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
        upsert_workflow_search_attributes_command_attributes=UpsertWorkflowSearchAttributesCommandAttributes(
            search_attributes=_all_empty(attributes)
        ),
    )
    complete = Command(
        command_type=CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION,
        complete_workflow_execution_command_attributes=CompleteWorkflowExecutionCommandAttributes(),
    )
    await service.respond_workflow_task_completed(
        RespondWorkflowTaskCompletedRequest(
            namespace=namespace, task_token=task.task_token, commands=[set_attributes, complete]
        )
    )
    return True


def _all_empty(attributes: Mapping[str, str]) -> SearchAttributes:
    """The server checks the name of an attribute also when it is set to nothing."""
    return SearchAttributes(
        indexed_fields={
            name: Payload(metadata={"encoding": b"json/plain", "type": kind.encode()}, data=b"null")
            for name, kind in attributes.items()
        }
    )
