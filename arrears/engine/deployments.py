"""Which builds of workers a Temporal server knows, and which of them it gives the cases to."""

import asyncio
from dataclasses import dataclass
from typing import Final, Literal

from temporalio.api.deployment.v1 import WorkerDeploymentInfo
from temporalio.api.enums.v1 import RoutingConfigUpdateState, WorkerDeploymentVersionStatus
from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
    SetWorkerDeploymentRampingVersionRequest,
)
from temporalio.service import RPCError, RPCStatusCode, WorkflowService

_IDENTITY: Final = "arrears-deployment"
_PAUSE: Final = 0.1
_PATIENCE: Final = 30.0
_UNKNOWN: Final = (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION)

Part = Literal["current", "ramping", "draining", "drained", "waiting"]


class BuildUnknown(Exception):
    """No worker of this build has called the server, or none listens to what the cases need."""


@dataclass(frozen=True)
class Build:
    build_id: str
    part: Part


@dataclass(frozen=True)
class Deployment:
    """`current` takes all cases, but for `percent` of them that `ramping` takes; None are workers without a build."""

    name: str
    builds: tuple[Build, ...]
    current: str | None
    ramping: str | None
    percent: float
    spread: bool  # the whole server has heard who takes the cases


async def look(service: WorkflowService, namespace: str, name: str) -> Deployment | None:
    """None where no worker of this deployment has ever called. Raises RPCError."""
    asked = DescribeWorkerDeploymentRequest(namespace=namespace, deployment_name=name)
    try:
        return _read((await service.describe_worker_deployment(asked)).worker_deployment_info)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise


async def use(service: WorkflowService, namespace: str, name: str, build_id: str | None) -> None:
    """Give all cases to this build, each at its next step; None: to workers without a build.

    Raises BuildUnknown, and TimeoutError when the server has not told all of itself within half a minute.
    """
    try:
        await service.set_worker_deployment_current_version(
            SetWorkerDeploymentCurrentVersionRequest(
                namespace=namespace, deployment_name=name, build_id=build_id or "", identity=_IDENTITY
            )
        )
    except RPCError as error:
        raise _answer(error) from error
    await _spread(service, namespace, name)


async def ramp(service: WorkflowService, namespace: str, name: str, build_id: str, percent: float) -> None:
    """Give this build so many of a hundred cases; the others stay with the current one. Raises BuildUnknown."""
    try:
        await service.set_worker_deployment_ramping_version(
            SetWorkerDeploymentRampingVersionRequest(
                namespace=namespace,
                deployment_name=name,
                build_id=build_id,
                percentage=percent,
                identity=_IDENTITY,
            )
        )
    except RPCError as error:
        raise _answer(error) from error
    await _spread(service, namespace, name)


async def _spread(service: WorkflowService, namespace: str, name: str) -> None:
    """The server tells its task queues one after the other; until then cases still go where they went."""
    async with asyncio.timeout(_PATIENCE):
        while True:
            found = await look(service, namespace, name)
            if found is None or found.spread:
                return
            await asyncio.sleep(_PAUSE)


def _answer(error: RPCError) -> Exception:
    return BuildUnknown(error.message) if error.status in _UNKNOWN else error


def _read(told: WorkerDeploymentInfo) -> Deployment:
    routing = told.routing_config
    return Deployment(
        told.name,
        tuple(Build(one.deployment_version.build_id, _part(one)) for one in told.version_summaries),
        routing.current_deployment_version.build_id or None,
        routing.ramping_deployment_version.build_id or None,
        routing.ramping_version_percentage,
        told.routing_config_update_state != RoutingConfigUpdateState.ROUTING_CONFIG_UPDATE_STATE_IN_PROGRESS,
    )


def _part(one: WorkerDeploymentInfo.WorkerDeploymentVersionSummary) -> Part:
    match one.status:
        case WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT:
            return "current"
        case WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING:
            return "ramping"
        case WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING:
            return "draining"
        case WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED:
            return "drained"
        case _:
            return "waiting"
