"""`/metrics`: what a monitor reads of the product, as Prometheus writes it; for whoever has the token of the settings."""

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
from api.deps import EVERYONE, the_store
from arrears import clock
from arrears.store.queries.figures import Standing, standing
from arrears.store.session import Store

router = APIRouter()

_FORMAT: Final = "text/plain; version=0.0.4; charset=utf-8"
_LATE: Final = timedelta(minutes=5)


@router.get("/metrics", dependencies=[EVERYONE], include_in_schema=False)
async def figures(request: Request) -> Response:
    """Without a token in the settings there is no such page."""
    wanted = request.app.state.metrics_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not wanted or not hmac.compare_digest(given.encode(), wanted.encode()):
        return Response(status_code=404)
    told = await run_in_threadpool(_told, the_store(request))
    return Response(told, media_type=_FORMAT, headers={"Cache-Control": "no-store"})


def _told(store: Store) -> bytes:
    now = clock.door_now()
    with store.reading() as connection:
        found = standing(connection, now=now, late_before=now - _LATE)
    registry = CollectorRegistry()
    registry.register(_Work(found))
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
