"""The server people and programs speak to: pages, JSON routes, static files, and what guards them all."""

from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from fastapi import APIRouter, FastAPI, Request
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import Response
from starlette.routing import BaseRoute
from temporalio.converter import PayloadCodec

from api import errors
from api.auth.entrance import Entrance
from api.auth.sessions import cookie_name
from api.deps import EVERYONE, Reachable, require_declared
from api.desk.desk import Desk
from api.pacing import Pace
from api.routes import router as api_router
from api.traced import Traced
from arrears import clock
from arrears.contracts import RulesInForce
from arrears.settings import Settings
from arrears.store.session import Store
from web.assets import PREFIX, Assets
from web.case_feed import CaseFeed
from web.feed import Feed
from web.formats import Formats
from web.headers import SecurityHeaders
from web.mishap import Mishaps
from web.office import Office
from web.pages import (
    account,
    approvals,
    cases,
    certificates,
    claim_pack,
    codec,
    comments,
    contacts,
    debtor,
    deliveries,
    drafts,
    events,
    holds,
    inbound,
    inbox,
    incidents,
    invitation,
    leaving,
    letters,
    lists,
    packs,
    payment_acts,
    payments,
    plans,
    prefs,
    reveals,
    sign_in,
    snooze,
    staff,
    tasks,
    team,
    together,
)
from web.reception import Reception
from web.rendering import Pages
from web.seal import Sealed
from web.threshold import Threshold
from web.waiting import PATIENCE

log = structlog.get_logger(__name__)

_LARGEST_REPORT: Final = 16 * 1024


def create_app(
    *,
    settings: Settings,
    store: Store,
    desk: Desk,
    entrance: Entrance,
    rules: RulesInForce,
    temporal_ready: Reachable | None = None,
    patience: float = PATIENCE,
    envelope: PayloadCodec | None = None,
) -> FastAPI:
    assets, pages = _printed(rules.at(int(clock.machine_now().timestamp())).calendar.zone)
    mishaps = Mishaps(pages)
    app = FastAPI(title="Arrears", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.store, app.state.desk, app.state.entrance = store, desk, entrance
    app.state.pace = Pace(settings.requests_per_second, rush=2 * settings.requests_per_second)
    app.state.temporal_reachable = temporal_ready
    app.state.metrics_token = settings.metrics_token and settings.metrics_token.get_secret_value()
    app.state.office = Office(
        settings, store, desk, entrance, rules, pages, Feed(store), CaseFeed(store), patience, envelope
    )
    app.router.routes.extend(_routes())
    app.mount(PREFIX, assets, name="static")
    errors.install(app, page=mishaps)
    # The last one added is the first to see a request.
    app.add_middleware(Sealed, mishap=mishaps)
    app.add_middleware(
        Reception,
        sessions=entrance.sessions,
        cookie=cookie_name(secure=entrance.secure_cookies),
        mishap=mishaps,
    )
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=settings.answers_to, www_redirect=False)
    app.add_middleware(Threshold)
    app.add_middleware(SecurityHeaders, secure=entrance.secure_cookies)
    app.add_middleware(Traced)
    return app


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """All routes there are, looked through and wired once: the same for every server of this process.

    Raises UndeclaredRoute.
    """
    own = APIRouter()
    own.add_api_route("/csp", _report, methods=["POST"], dependencies=[EVERYONE])
    pages = (
        sign_in,
        prefs,
        account,
        invitation,
        leaving,
        staff,
        inbox,
        tasks,
        letters,
        comments,
        drafts,
        events,
        snooze,
        approvals,
        contacts,
        inbound,
        cases,
        debtor,
        deliveries,
        holds,
        incidents,
        packs,
        certificates,
        claim_pack,
        payments,
        reveals,
        plans,
        payment_acts,
        together,
        team,
        lists,
        codec,
    )
    whole = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    for part in (api_router, *(page.router for page in pages), own):
        whole.include_router(part)
    require_declared(whole)
    return tuple(whole.router.routes)


@cache
def _printed(zone: str) -> tuple[Assets, Pages]:
    """Static files and compiled templates: the same for every server of this process."""
    assets = Assets()
    return assets, Pages(assets, Formats(ZoneInfo(zone)))


async def _report(request: Request) -> Response:
    """A browser refused to load something: worth a line, whatever it was."""
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > _LARGEST_REPORT:
            break
    log.warning("a page broke the content policy", bytes=size)
    return Response(status_code=204)
