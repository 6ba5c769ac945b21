"""`/metrics`: what a monitor reads of the product, as Prometheus writes it; for whoever has the token of the settings."""

import asyncio
import hmac
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from api.counted import PROCESS
from api.deps import EVERYONE, Counted, the_store
from arrears import clock
from arrears.store.queries.figures import Standing, standing
from arrears.store.session import Store

router = APIRouter()

_FORMAT: Final = "text/plain; version=0.0.4; charset=utf-8"
_LATE: Final = timedelta(minutes=5)
_PATIENCE: Final = 2.0  # seconds for Temporal to answer


@router.get("/metrics", dependencies=[EVERYONE], include_in_schema=False)
async def figures(request: Request) -> Response:
    """Without a token in the settings there is no such page."""
    wanted = request.app.state.metrics_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not wanted or not hmac.compare_digest(given.encode(), wanted.encode()):
        return Response(status_code=404)
    stuck = await _stuck(getattr(request.app.state, "temporal_stuck", None))
    told = await run_in_threadpool(_told, the_store(request), stuck)
    return Response(told, media_type=_FORMAT, headers={"Cache-Control": "no-store"})


async def _stuck(count: Counted | None) -> int | None:
    """None where Temporal does not tell."""
    if count is None:
        return None
    try:
        async with asyncio.timeout(_PATIENCE):
            return await count()
    except Exception:  # noqa: BLE001  whatever the client raises: the other figures are told all the same
        return None


def _told(store: Store, stuck: int | None) -> bytes:
    now = clock.door_now()
    with store.reading() as connection:
        found = standing(connection, now=now, late_before=now - _LATE)
    registry = CollectorRegistry()
    registry.register(_Work(found))
    registry.register(_Engine(stuck))
    return generate_latest(registry) + generate_latest(PROCESS)


class _Work(Collector):
    def __init__(self, found: Standing) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        found = self._found
        by_code = (
            ("arrears_messages", "What was said and is not settled, by status.", "status", found.messages),
            ("arrears_cases_open", "Open cases, by stage.", "stage", found.cases),
            ("arrears_tasks_open", "Open tasks, by role.", "role", found.tasks),
            ("arrears_tasks_overdue", "Open tasks past their time, by role.", "role", found.overdue),
            ("arrears_incidents_open", "Open incidents, by kind.", "kind", found.incidents),
        )
        for name, says, label, counts in by_code:
            family = GaugeMetricFamily(name, says, labels=[label])
            for code, count in sorted(counts.items()):
                family.add_metric([code], count)
            yield family
        age = 0.0
        if found.oldest_unsettled is not None:
            age = max(0.0, (clock.door_now() - found.oldest_unsettled).total_seconds())
        yield GaugeMetricFamily(
            "arrears_outbox_age_seconds", "Of the oldest word that has not been heard.", age
        )
        yield GaugeMetricFamily(
            "arrears_clocks_late", "Clocks of open cases due for five minutes.", found.late_clocks
        )


class _Engine(Collector):
    def __init__(self, stuck: int | None) -> None:
        self._stuck = stuck

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "arrears_temporal_answers", "1 when Temporal answered just now.", float(self._stuck is not None)
        )
        # No figure is better than a comforting one.
        if self._stuck is not None:
            yield GaugeMetricFamily(
                "arrears_workflow_tasks_stuck", "Cases that fail at every try to take a step.", self._stuck
            )
