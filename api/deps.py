"""What routes ask for in their signatures: who is calling, whether they may, and the parts made at the start."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Annotated, Any, Final

from fastapi import Depends, FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from api.auth import csrf
from api.auth.entrance import Entrance
from api.auth.permissions import Permission, may_ever
from api.auth.person import Person
from api.auth.sessions import SignedIn, cookie_name
from api.auth.tokens import TokenRefused
from api.desk.contacts import ContactDesk
from api.desk.desk import Desk
from api.desk.errors import NotAllowed
from api.errors import CrossSite, NotSignedIn
from api.pacing import Pace
from arrears.store.session import Store

Reachable = Callable[[], Awaitable[bool]]
Counted = Callable[[], Awaitable[int]]


# ---- parts, put into app.state by whoever makes the app ----------------------------------------------------


def the_desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


def the_contact_desk(request: Request) -> ContactDesk:
    return the_desk(request).contacts


def the_store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


def the_pace(request: Request) -> Pace:
    pace: Pace = request.app.state.pace
    return pace


def the_entrance(request: Request) -> Entrance:
    entrance: Entrance = request.app.state.entrance
    return entrance


TheDesk = Annotated[Desk, Depends(the_desk)]
TheContactDesk = Annotated[ContactDesk, Depends(the_contact_desk)]
TheStore = Annotated[Store, Depends(the_store)]
TheEntrance = Annotated[Entrance, Depends(the_entrance)]
ThePace = Annotated[Pace, Depends(the_pace)]


# ---- who is calling ----------------------------------------------------------------------------------------


def session(request: Request, entrance: TheEntrance) -> SignedIn | None:
    """The browser's session, whether or not this request may use it."""
    return entrance.sessions.find(request.cookies.get(cookie_name(secure=entrance.secure_cookies)))


def caller(
    request: Request,
    entrance: TheEntrance,
    pace: ThePace,
    browser: Annotated[SignedIn | None, Depends(session)],
) -> Person:
    """By bearer token when one is sent, else by the browser's cookie together with its CSRF header."""
    bearers = request.headers.getlist("authorization")
    if bearers:
        program = entrance.bearer(_bearer(bearers))
        pace.take(program.staff_id)
        return program
    if browser is None:
        raise NotSignedIn
    host, sent = request.headers.get("host", ""), request.headers.get(csrf.HEADER)
    if not csrf.may_pass(request.method, request.headers, host=host, sent=sent, bound=browser.csrf):
        raise CrossSite
    return browser.person


def _bearer(headers: list[str]) -> str:
    scheme, _, token = headers[0].partition(" ")
    if len(headers) != 1 or scheme.lower() != "bearer":
        raise TokenRefused("scheme")
    return token.strip(" ")


Caller = Annotated[Person, Depends(caller)]


# ---- whether they may --------------------------------------------------------------------------------------


class Allowed:
    """`Depends(Allowed(permission))` lets in whom a role gives the permission for some object."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    def __call__(self, who: Caller) -> Person:
        if not may_ever(who, self.permission):
            raise NotAllowed
        return who


class Everyone:
    """Says that a route is open to people who are not signed in."""

    def __call__(self) -> None:
        return None


EVERYONE: Final = Depends(Everyone())


class UndeclaredRoute(Exception):
    """Routes that say nothing about who may use them; the server does not start with one."""


def require_declared(app: FastAPI) -> None:
    """Raises UndeclaredRoute with every route that has neither a permission nor EVERYONE."""
    undeclared = sorted(
        {
            context.path or repr(context.route)
            for context in iter_route_contexts(app.routes)
            if not _is_files(context.route) and not declared_by(context)
        }
    )
    if undeclared:
        raise UndeclaredRoute(", ".join(undeclared))


def _is_files(route: object) -> bool:
    return isinstance(route, Mount) and isinstance(route.app, StaticFiles)


def declared_by(context: Any) -> list[Permission | None]:
    """The permissions a route declares, None standing for EVERYONE; empty when it says nothing."""
    dependant = getattr(context, "dependant", None)
    if not isinstance(dependant, Dependant):
        return []
    # Pages have dependencies of their own kind; what counts is the permission they carry.
    calls = [one.call for one in dependants(dependant)]
    permissions = [getattr(call, "permission", None) for call in calls]
    declared: list[Permission | None] = [one for one in permissions if isinstance(one, Permission)]
    return declared + [None for call in calls if isinstance(call, Everyone)]


def dependants(dependant: Dependant) -> Iterator[Dependant]:
    """It, and all that it asks for."""
    yield dependant
    for one in dependant.dependencies:
        yield from dependants(one)


# ---- answers -----------------------------------------------------------------------------------------------


def no_store(response: Response) -> None:
    """Nothing about a case stays in a cache."""
    response.headers["Cache-Control"] = "no-store"
