"""A skip whose end nobody tells: it is over all the same, or it lies and is sent on."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from temporalio.api.enums.v1 import FastForwardPollingResult
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionResponse,
    PollWorkflowExecutionTimeSkippingResponse,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from arrears.cli.simulation.skipping import SkipLost, Skips

FROM = datetime(2026, 1, 5, 1, tzinfo=UTC)
UNTIL = FROM + timedelta(days=2)
CAME = FastForwardPollingResult.FAST_FORWARD_POLLING_RESULT_FAST_FORWARD_COMPLETED
FAILED = FastForwardPollingResult.FAST_FORWARD_POLLING_RESULT_FAST_FORWARD_FAILED


class Server:
    """Answers polls from `told` (None: silence) and stands at `clocks` one after the other when it is looked at."""

    def __init__(self, told: list[Any], clocks: list[datetime], pending: int = 0, drops: int = 0) -> None:
        self.told, self.clocks, self.pending, self.drops = told, clocks, pending, drops
        self.set_off: list[timedelta] = []
        self.asked: list[str] = []

    async def poll_workflow_execution_time_skipping(self, request: Any, **_: Any) -> Any:
        self.asked.append(request.fast_forward_id)
        said = self.told.pop(0)
        if said is None:
            raise RPCError("late", RPCStatusCode.DEADLINE_EXCEEDED, b"")
        if isinstance(said, Exception):
            raise said
        return PollWorkflowExecutionTimeSkippingResponse(fast_forward_polling_result=said)

    async def update_workflow_execution_options(self, request: Any, **_: Any) -> None:
        skip = request.workflow_execution_options.time_skipping_config.fast_forward_config
        self.set_off.append(skip.duration.ToTimedelta())
        if self.drops:
            self.drops -= 1
            raise RPCError("dropped", RPCStatusCode.CANCELLED, b"")

    async def describe_workflow_execution(self, _request: Any, **_: Any) -> Any:
        told = DescribeWorkflowExecutionResponse()
        if self.pending:
            self.pending -= 1
            told.pending_workflow_task.attempt = 1
            return told
        stands = self.clocks.pop(0)
        told.workflow_extended_info.time_skipping_info.current_time.FromDatetime(stands)
        return told


def _skips(server: Server) -> Skips:
    client = SimpleNamespace(workflow_service=server, namespace="n", identity="robot")
    return Skips(cast("Client", client))


async def _skip(server: Server) -> None:
    await _skips(server).skip("case-1", UNTIL - FROM, until=UNTIL)


async def test_a_skip_is_over_when_the_server_says_so() -> None:
    server = Server([CAME], [])
    await _skip(server)
    assert server.set_off == [timedelta(days=2)]


async def test_a_skip_that_came_there_untold_is_over() -> None:
    server = Server([None], [UNTIL + timedelta(seconds=1)])
    await _skip(server)
    assert server.set_off == [timedelta(days=2)]


async def test_a_skip_that_lies_is_sent_on_from_where_the_case_stands_once_it_rests() -> None:
    server = Server([None, None, CAME], [FROM, FROM + timedelta(days=1)], pending=2)
    await _skip(server)
    assert server.set_off == [timedelta(days=2), timedelta(days=2), timedelta(days=1)]
    assert len(set(server.asked)) == 3  # each under its own name


async def test_a_skip_that_lost_its_place_says_so() -> None:
    with pytest.raises(SkipLost):
        await _skip(Server([FAILED], []))


async def test_what_the_server_refuses_is_not_waited_for() -> None:
    with pytest.raises(RPCError):
        await _skip(Server([RPCError("gone", RPCStatusCode.NOT_FOUND, b"")], []))


async def test_a_skip_that_the_server_dropped_is_set_off_again_from_where_the_case_stands() -> None:
    server = Server([CAME], [FROM], drops=1)
    await _skip(server)
    assert server.set_off == [timedelta(days=2), timedelta(days=2)]


async def test_a_skip_that_was_heard_before_it_was_dropped_is_not_set_off_twice() -> None:
    server = Server([], [UNTIL + timedelta(seconds=1)], drops=1)
    await _skip(server)
    assert server.set_off == [timedelta(days=2)]
