"""Puts the parts together: the one place that knows what a worker and its activities are made of."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from typing import Any, Final

from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import Worker, WorkerDeploymentConfig

from activities.deliver import DeliverActivities
from activities.record import RecordActivities
from api.auth.keys import keyring_from
from arrears.channels.letters import Bank, Language
from arrears.channels.port import Channel
from arrears.contracts import RulesInForce
from arrears.names import TASK_QUEUE
from arrears.settings import Settings
from arrears.store.session import Store
from workflows.collection_case import CollectionCase
from workflows.envelope import Envelope
from workflows.hearing import HearEverything
from workflows.runner import runner

_THREADS: Final = 16
GRACE: Final = timedelta(seconds=10)


@dataclass(frozen=True)
class WorkerTerms:
    """`may_shift` only where cases live at another time than the world's: tests, simulation, demo.

    With a `deployment` the worker takes only the cases that its build was given (`arrears deployment`).
    """

    may_shift: bool = False
    unsandboxed: bool = False
    max_cached_workflows: int = 1000
    task_queue: str = TASK_QUEUE
    deployment: str | None = None
    build_id: str | None = None  # of the package when not said


def build_of(build_id: str | None) -> str:
    return build_id or version("arrears")


def envelope(settings: Settings) -> Envelope | None:
    """What is said to Temporal is sealed where a file of keys is named. Raises KeyUnfit."""
    if settings.payload_key_file is None:
        return None
    return Envelope(keyring_from(settings.payload_key_file).by_name)


def make_worker(
    client: Client,
    store: Store,
    rules: RulesInForce,
    *,
    channel: Channel,
    banks: Mapping[Language, Bank],
    terms: WorkerTerms | None = None,
) -> Worker:
    """One queue for workflows and activities: a second one would lose the eager start of activities."""
    terms = terms or WorkerTerms()
    record = RecordActivities(store, rules, may_shift=terms.may_shift)
    deliver = DeliverActivities(store, rules, channel, banks)
    # One writer at a time is all SQLite has; more threads would only wait for each other.
    threads = 4 if store.is_sqlite else _THREADS
    return Worker(
        client,
        task_queue=terms.task_queue,
        workflows=[CollectionCase],
        activities=[record.record, deliver.deliver],
        activity_executor=ThreadPoolExecutor(threads, thread_name_prefix="activity"),
        max_concurrent_activities=threads,
        max_concurrent_local_activities=threads,
        workflow_runner=runner(unsandboxed=terms.unsandboxed),
        interceptors=[HearEverything()],
        max_cached_workflows=terms.max_cached_workflows,
        graceful_shutdown_timeout=GRACE,
        **_build(terms),
    )


def _build(terms: WorkerTerms) -> dict[str, Any]:
    """Without a build the SDK reads the source of every module to make one up."""
    build = build_of(terms.build_id)
    if terms.deployment is None:
        return {"build_id": build}
    # A case outlives builds: it goes on under whichever is current, at its next step (ADR 0013). It is said here
    # and not where the workflow is defined, or a worker without a deployment could complete no task.
    return {
        "deployment_config": WorkerDeploymentConfig(
            WorkerDeploymentVersion(terms.deployment, build),
            use_worker_versioning=True,
            default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
        )
    }
