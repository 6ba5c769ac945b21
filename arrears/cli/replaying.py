"""Whether cases that began under earlier code go on under this one: their histories, replayed as a worker would.

A history tells which steps a case took, not the figures it took them on: a replay finds another order of steps, a
timer or a record too many or too few, an exception. What was decided is held by the database (`record`).
"""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory
from temporalio.converter import PayloadCodec
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.worker import Interceptor, Replayer
from temporalio.workflow import NondeterminismError

from arrears.names import WORKFLOW_TYPE
from workflows.collection_case import CollectionCase
from workflows.hearing import HearEverything, converter
from workflows.runner import sandboxed_runner

EARS: Final = (HearEverything(),)
_QUIET: Final = TelemetryConfig(
    logging=LoggingConfig(TelemetryFilter(core_level="OFF", other_level="OFF")), metrics=None
)
# What the SDK says when a step takes too long: on a busy machine that is no fault of the code.
_TOO_SLOW: Final = "TMPRL1101"
_MESSAGE: Final = re.compile(r'message: "((?:[^"\\]|\\.)*)"')
_LONGEST: Final = 200


class Outcome(StrEnum):
    SAME = "same"
    BROKEN = "broken"
    NOT_BEGUN = "not_begun"  # no step was taken yet: any code may take the first
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Stored:
    """A history and where it lay: a file, or a server."""

    history: WorkflowHistory
    source: str


@dataclass(frozen=True)
class Verdict:
    outcome: Outcome
    case_id: str
    run_id: str
    source: str
    why: str = ""


def replayer(
    workflow: type = CollectionCase,
    *,
    interceptors: Sequence[Interceptor] = EARS,
    codec: PayloadCodec | None = None,
) -> Replayer:
    """As a worker is made, in all that a replay depends on; with the sandbox, whatever workers do without."""
    return Replayer(
        workflows=[workflow],
        workflow_runner=sandboxed_runner(),
        interceptors=interceptors,
        data_converter=converter(codec),
        build_id="replay",  # else the SDK reads the source of every module to make one up
        runtime=Runtime(telemetry=_QUIET),
    )


async def judged(
    stored: AsyncIterator[Stored], *, workflow: type = CollectionCase, codec: PayloadCodec | None = None
) -> AsyncIterator[Verdict]:
    """A verdict for each, in their order; nothing raises but the reading itself."""
    machine = replayer(workflow, codec=codec)
    async for one in stored:
        outcome, why = await _judge(machine, one.history)
        yield Verdict(outcome, *_names(one.history), one.source, why)


async def _judge(machine: Replayer, history: WorkflowHistory) -> tuple[Outcome, str]:
    fault = why_unfit(history)
    if fault:
        return Outcome.UNREADABLE, fault
    if not any(event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED for event in history.events):
        return Outcome.NOT_BEGUN, ""
    failure = await _failure(machine, history)
    if failure is not None and _TOO_SLOW in str(failure):
        failure = await _failure(machine, history)
    return (Outcome.SAME, "") if failure is None else (Outcome.BROKEN, _reason(failure))


async def _failure(machine: Replayer, history: WorkflowHistory) -> Exception | None:
    return (await machine.replay_workflow(history, raise_on_replay_failure=False)).replay_failure


def why_unfit(history: WorkflowHistory) -> str:
    """Why this cannot be replayed at all; the SDK would wait for ever on some of these."""
    if not history.events:
        return "it has no events"
    start = history.events[0]
    if not start.HasField("workflow_execution_started_event_attributes"):
        return "its first event is not the start of a workflow"
    told = start.workflow_execution_started_event_attributes
    if not told.original_execution_run_id:
        return "its start names no run"
    if told.workflow_type.name != WORKFLOW_TYPE:
        return f"it is of a {told.workflow_type.name[:40]}, not of a {WORKFLOW_TYPE}"
    for before, event in enumerate(history.events):
        if event.event_id != before + 1:
            return f"after event {before} comes event {event.event_id}"
    return ""


def _names(history: WorkflowHistory) -> tuple[str, str]:
    """Case and run; a history in a file has no name but that of its start, or of the file."""
    if not history.events:
        return history.workflow_id, ""
    told = history.events[0].workflow_execution_started_event_attributes
    return told.workflow_id or history.workflow_id, told.original_execution_run_id


def _reason(failure: Exception) -> str:
    """The innermost words, a line of them: the SDK wraps them in those of every layer between."""
    said = _MESSAGE.findall(str(failure))
    words = " ".join((said[0] if said else str(failure)).split()).replace("\\n", " ")
    named = "" if isinstance(failure, NondeterminismError) else "the code fails: "
    return named + re.sub(r"^\[\w+\] ", "", words)[:_LONGEST]
