"""Moves the clock of one case along, with one look at where it stands."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.common.v1 import TimeSkippingConfig, WorkflowExecution
from temporalio.api.enums.v1 import FastForwardPollingResult
from temporalio.api.workflow.v1 import WorkflowExecutionOptions
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    PollWorkflowExecutionTimeSkippingRequest,
    PollWorkflowExecutionTimeSkippingResponse,
    UpdateWorkflowExecutionOptionsRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError

from arrears import clock
from arrears.cli.simulation.patience import is_dropped, patiently

_PAUSE_SECONDS: Final = 0.01
_LONGEST_PAUSE_SECONDS: Final = 0.5
_ASK_AGAIN: Final = timedelta(seconds=4)
_CAME: Final = FastForwardPollingResult.FAST_FORWARD_POLLING_RESULT_FAST_FORWARD_COMPLETED
_FAILED: Final = FastForwardPollingResult.FAST_FORWARD_POLLING_RESULT_FAST_FORWARD_FAILED


class SkipLost(Exception):
    """The case ended, or another skip took the place of this one."""


class Skips:
    def __init__(self, client: Client) -> None:
        self._client = client
        # A run that goes on after another one must not repeat the names of that one.
        self._name = f"{clock.machine_now().timestamp():.6f}"
        self._number = count(1)

    async def rest(self, case_id: str) -> datetime:
        """Until the server has heard the end of the case's last step, which the database knew a moment before.

        Returns the server's clock for this case.
        """
        request = DescribeWorkflowExecutionRequest(
            namespace=self._client.namespace, execution=WorkflowExecution(workflow_id=case_id)
        )
        pause = _PAUSE_SECONDS
        while True:
            told = await patiently(lambda: self._client.workflow_service.describe_workflow_execution(request))
            if not told.HasField("pending_workflow_task"):
                break
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
        extended = told.workflow_extended_info
        if not extended.HasField("time_skipping_info"):
            return clock.machine_now()
        return extended.time_skipping_info.current_time.ToDatetime().replace(tzinfo=UTC)

    async def skip(self, case_id: str, by: timedelta, *, until: datetime) -> None:
        """Returns when the case has come there: `until` is where, by the server's clock for it. Raises SkipLost.

        A server with much to do may miss to tell whoever waits that a skip is over, may let one lie that came in the
        midst of a step, and may drop the call for one. So after a while of silence the case is looked at, and sent on
        from where it stands.
        """
        skip_id = await self._set_off(case_id, by)
        while True:
            told = None if skip_id is None else await self._ask(case_id, skip_id)
            if told is None:
                left = until - await self.rest(case_id)
                if left <= timedelta(0):
                    return
                skip_id = await self._set_off(case_id, left)
            elif told.fast_forward_polling_result == _CAME:
                return
            elif told.fast_forward_polling_result == _FAILED:
                raise SkipLost(told.failed_reason)

    async def _ask(self, case_id: str, skip_id: str) -> PollWorkflowExecutionTimeSkippingResponse | None:
        """None when nothing was said for a while."""
        request = PollWorkflowExecutionTimeSkippingRequest(
            namespace=self._client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=case_id),
            fast_forward_id=skip_id,
        )
        try:
            return await self._client.workflow_service.poll_workflow_execution_time_skipping(
                request, timeout=_ASK_AGAIN
            )
        except RPCError as error:
            if not is_dropped(error):
                raise
            return None

    async def _set_off(self, case_id: str, by: timedelta) -> str | None:
        """The name of the skip; None when nobody knows whether the server heard of it."""
        skip_id = f"{self._name}-{next(self._number)}"
        config = TimeSkippingConfig(enabled=True)
        config.fast_forward_config.id = skip_id
        config.fast_forward_config.duration.FromTimedelta(by)
        request = UpdateWorkflowExecutionOptionsRequest(
            namespace=self._client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=case_id),
            workflow_execution_options=WorkflowExecutionOptions(time_skipping_config=config),
            update_mask=FieldMask(paths=["time_skipping_config"]),
            identity=self._client.identity,
        )
        try:
            await self._client.workflow_service.update_workflow_execution_options(request, retry=True)
        except RPCError as error:
            if not is_dropped(error):
                raise
            return None
        return skip_id
