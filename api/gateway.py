"""The only one who talks to Temporal on behalf of doors: starts cases, signals them, asks them."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from temporalio.api.common.v1 import Payloads, WorkflowExecution, WorkflowType
from temporalio.api.enums.v1 import WorkflowIdReusePolicy
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    SignalWithStartWorkflowExecutionRequest,
    SignalWorkflowExecutionRequest,
)
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.converter import PayloadCodec
from temporalio.runtime import Runtime
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper

from arrears import clock
from arrears.contracts import CaseInput, Message
from arrears.names import TASK_QUEUE, WORKFLOW_TYPE
from workflows.collection_case import CollectionCase
from workflows.hearing import converter


class CaseNotRunning(Exception):
    """No run of this case is open in Temporal."""


class TemporalAway(Exception):
    """Temporal did not take the call; the same call may be made again."""


# A client that has never connected says RuntimeError where a connected one says RPCError.
_FAILURES: Final = (RPCError, RuntimeError)


# After five tries, about a minute.
_STUCK: Final = f"WorkflowType = '{WORKFLOW_TYPE}' AND ExecutionStatus = 'Running' AND TemporalReportedProblems IS NOT NULL"


def _away(error: RPCError | RuntimeError) -> TemporalAway:
    return TemporalAway(error.status.name if isinstance(error, RPCError) else "NEVER_CONNECTED")


async def connect(
    address: str,
    namespace: str,
    *,
    lazy: bool = True,
    codec: PayloadCodec | None = None,
    runtime: Runtime | None = None,
) -> Client:
    """Lazy, the doors open and accept while Temporal is still away; a worker needs one that is connected."""
    return await Client.connect(
        address,
        namespace=namespace,
        data_converter=converter(codec),
        identity="arrears",
        lazy=lazy,
        runtime=runtime,
    )


class CaseGateway:
    def __init__(self, client: Client, *, task_queue: str = TASK_QUEUE) -> None:
        self._client = client
        self._queue = task_queue

    async def start(self, life: CaseInput) -> None:
        """Idempotent: a case that runs is left alone. Raises TemporalAway."""
        try:
            await self._client.start_workflow(
                CollectionCase.run,
                life,
                id=life.case_id,
                task_queue=self._queue,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                static_summary=f"Loan {life.loan_id}",
            )
        except _FAILURES as error:
            raise _away(error) from error

    async def signal(self, case_id: str, message: Message) -> None:
        """Raises CaseNotRunning or TemporalAway. The raw call, because only it takes our own request id."""
        request = SignalWorkflowExecutionRequest(
            namespace=self._client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=case_id),
            signal_name=message.signal,
            input=await self._payloads(asdict(message)),
            identity="arrears-relay",
            request_id=message.message_id,
        )
        try:
            await self._client.workflow_service.signal_workflow_execution(request)
        except _FAILURES as error:
            if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
                raise CaseNotRunning(case_id) from error
            raise _away(error) from error

    async def reopen(self, life: CaseInput, message: Message) -> None:
        """Start the case from its snapshot and say the message, in one step. Raises TemporalAway."""
        request = SignalWithStartWorkflowExecutionRequest(
            namespace=self._client.namespace,
            workflow_id=life.case_id,
            workflow_type=WorkflowType(name=WORKFLOW_TYPE),
            task_queue=TaskQueue(name=self._queue),
            input=await self._payloads(life),
            identity="arrears-relay",
            request_id=message.message_id,
            workflow_id_reuse_policy=WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
            signal_name=message.signal,
            signal_input=await self._payloads(asdict(message)),
        )
        try:
            await self._client.workflow_service.signal_with_start_workflow_execution(request)
        except _FAILURES as error:
            raise _away(error) from error

    async def nudge(self, case_id: str) -> None:
        """Have an idle case compare itself with the database, as after a reset. Raises CaseNotRunning."""
        # Each nudge has an id of its own: the server drops a request id that a run has had.
        once = f"{clock.machine_now().timestamp():.6f}"
        await self.signal(case_id, Message(f"nudge-{case_id}-{once}", "nudge", "operator"))

    async def look(self, case_id: str) -> dict[str, Any]:
        """What the workflow itself says: seq, digest, state. Needs a worker."""
        handle = self._client.get_workflow_handle(case_id)
        return await handle.query(CollectionCase.state)

    async def skip_to(self, case_id: str, instant: datetime, *, shift: timedelta) -> None:
        """Move one case's clock to `instant` of its own time; only a server that skips time can."""
        skipper = TimeSkipper(self._client)
        handle = self._client.get_workflow_handle(case_id)
        now = (await skipper.get_current_time(handle)).astimezone(UTC) + shift
        if instant > now:
            await skipper.fast_forward(handle, instant - now)

    async def stuck(self) -> int:
        """How many cases fail at every try to take their next step; Temporal marks them. Raises TemporalAway."""
        try:
            return (await self._client.count_workflows(_STUCK)).count
        except _FAILURES as error:
            raise _away(error) from error

    async def is_there(self) -> bool:
        """Whether Temporal answers and knows our namespace: a server without it would take nothing."""
        asked = DescribeNamespaceRequest(namespace=self._client.namespace)
        try:
            await self._client.workflow_service.describe_namespace(asked)
        except _FAILURES:
            return False
        return True

    async def _payloads(self, value: object) -> Payloads:
        return Payloads(payloads=await self._client.data_converter.encode([value]))
