"""Whether this server lives, and whether it can do its work."""

import asyncio
from datetime import datetime
from http import HTTPStatus
from typing import Final, Literal

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from api.deps import EVERYONE, Reachable, the_store
from arrears import clock
from arrears.store import reads, schema
from arrears.store.session import Store

router = APIRouter(prefix="/health", tags=["health"])

PATIENCE: Final = 2.0  # seconds for Temporal to answer


class Live(BaseModel):
    status: Literal["live"] = "live"


class Ready(BaseModel):
    """`degraded`: people can read and decide, and what they decide waits for Temporal."""

    status: Literal["ready", "degraded", "not_ready"]
    database: Literal["ok", "away", "wrong_schema"]
    temporal: Literal["ok", "away", "not_watched"]
    outbox_age_seconds: int | None  # since the oldest message that should have gone out; None when none waits


@router.get("/live", dependencies=[EVERYONE])
def live() -> Live:
    return Live()


@router.get("/ready", dependencies=[EVERYONE], responses={503: {"model": Ready}})
async def ready(request: Request) -> JSONResponse:
    """503 without a database this version can use; without Temporal the inbox works on."""
    database, oldest = await run_in_threadpool(_database, the_store(request))
    temporal = await _temporal(getattr(request.app.state, "temporal_reachable", None))
    status = "not_ready" if database != "ok" else "degraded" if temporal == "away" else "ready"
    age = None if oldest is None else max(0, int((clock.machine_now() - oldest).total_seconds()))
    body = Ready(status=status, database=database, temporal=temporal, outbox_age_seconds=age)
    code = HTTPStatus.OK if database == "ok" else HTTPStatus.SERVICE_UNAVAILABLE
    return JSONResponse(body.model_dump(), code, headers={"Cache-Control": "no-store"})


def _database(store: Store) -> tuple[Literal["ok", "away", "wrong_schema"], datetime | None]:
    try:
        schema.require_current(store)
        with store.reading() as connection:
            return "ok", reads.oldest_unsent(connection, due_before=clock.door_now())
    except schema.SchemaError:
        return "wrong_schema", None
    except SQLAlchemyError:
        return "away", None


async def _temporal(reachable: Reachable | None) -> Literal["ok", "away", "not_watched"]:
    if reachable is None:
        return "not_watched"
    try:
        async with asyncio.timeout(PATIENCE):
            return "ok" if await reachable() else "away"
    except Exception:  # noqa: BLE001  whatever the client raises, it could not be reached
        return "away"
