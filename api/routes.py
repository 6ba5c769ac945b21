"""All JSON routes under one router."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from api import (
    cases,
    consents,
    contacts,
    deliveries,
    eod,
    figures,
    health,
    holds,
    hooks,
    incidents,
    payments,
    plans,
    tasks,
)
from api.answers import AccessToken
from api.auth.permissions import Permission
from api.auth.person import Person
from api.auth.throttle import network_of
from api.deps import EVERYONE, Allowed, TheEntrance, no_store
from api.description import description
from api.forms import SignInForm
from api.strict import StrictRoute

_v1 = APIRouter(prefix="/api/v1", dependencies=[Depends(no_store)], route_class=StrictRoute)


@_v1.post("/token", dependencies=[EVERYONE], tags=["token"])
def post_token(request: Request, form: SignInForm, entrance: TheEntrance) -> AccessToken:
    """A bearer token for ten minutes; every reason not to give one looks the same."""
    network = network_of(request.client.host if request.client else None)
    person = entrance.sign_in.check(form.login, form.password, network=network)
    issued = entrance.tokens.issue(person)
    return AccessToken(access_token=issued.token, expires_in=int(issued.life.total_seconds()))


@_v1.get("/openapi.json", include_in_schema=False)
def read_description(_who: Annotated[Person, Depends(Allowed(Permission.READ_API))]) -> dict[str, Any]:
    """The description of this API, for those who work here."""
    return description(router.routes)


for _part in (cases, plans, tasks, contacts, payments, hooks, eod, deliveries, holds, consents, incidents):
    _v1.include_router(_part.router)

router = APIRouter()
router.include_router(_v1)
router.include_router(health.router)
router.include_router(figures.router)
