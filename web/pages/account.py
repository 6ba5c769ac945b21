"""A person's own account: where it is signed in, and its password."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from api.auth.passwords import LONGEST, SHORTEST, TooBusy, fault_of
from api.auth.permissions import Permission
from api.auth.person import Person
from api.auth.sessions import cookie_name
from api.auth.sign_in import SignInRefused
from api.auth.throttle import TooManyTries, network_of
from api.desk.accounts import AccountDesk
from api.paging import known_shape
from arrears.policy.tasks import Missing
from web.forms import told
from web.gate import Permitted
from web.language import gettext as _
from web.language import ngettext
from web.office import Office, TheOffice
from web.pages.sign_in import LONGEST_PASSWORD, welcome
from web.visitor import Anyone

router = APIRouter()

Oneself = Annotated[Person, Depends(Permitted(Permission.BE_SIGNED_IN))]
Typed = Annotated[str, Form()]


@router.get("/sessions")
def show(request: Request, office: TheOffice, visitor: Anyone, who: Oneself) -> Response:
    return office.pages.show(
        request, "sessions.html", sessions=_desk(office).listed(who), this_one=visitor.handle
    )


@router.post("/sessions/end-others")
def end_others(request: Request, office: TheOffice, who: Oneself) -> Response:
    name = cookie_name(secure=office.entrance.secure_cookies)
    _desk(office).end_others(who, request.cookies.get(name, ""))
    return RedirectResponse("/sessions", 303)


@router.post("/sessions/{handle}/end")
def end(office: TheOffice, handle: str, who: Oneself) -> Response:
    _desk(office).end(who, known_shape(handle))
    return RedirectResponse("/sessions", 303)


@router.get("/password")
def show_password(request: Request, office: TheOffice, _who: Oneself) -> Response:
    return _password_page(request, office, {})


@router.post("/password")
def change_password(  # noqa: PLR0917  # one a field
    request: Request, office: TheOffice, who: Oneself, old: Typed = "", new: Typed = "", again: Typed = ""
) -> Response:
    """The browser it is done in goes on under a new cookie; all others are signed out."""
    faults = new_password_faults(new, again, login=who.login)
    if new and new == old:
        faults["new"] = told([Missing("new", "password_is_the_old")])["new"]
    if faults or len(old) > LONGEST_PASSWORD:
        return _password_page(request, office, faults or {"old": wrong_password()})
    try:
        office.entrance.sign_in.change_password(who, old, new, network=here(request))
    except SignInRefused:
        return _password_page(request, office, {"old": wrong_password()})
    except (TooManyTries, TooBusy) as wait:
        return _password_page(request, office, {"old": waiting(wait)}, status=429)
    return welcome(request, office, who, "/sessions")


def new_password_faults(new: str, again: str, *, login: str) -> dict[str, str]:
    why = fault_of(new, login=login)
    if why == "password_length":
        return {
            "new": _("A password has %(least)s to %(most)s characters") % {"least": SHORTEST, "most": LONGEST}
        }
    if why is not None:
        return told([Missing("new", why)])
    return {} if new == again else told([Missing("again", "passwords_differ")])


def wrong_password() -> str:
    return _("This is not your password.")


def waiting(wait: TooManyTries | TooBusy) -> str:
    if isinstance(wait, TooBusy):
        return _("Many people are signing in just now. Try again in a moment.")
    words = ngettext("Try again in %(n)s second.", "Try again in %(n)s seconds.", wait.seconds)
    return words % {"n": wait.seconds}


def here(request: Request) -> str:
    """The network a request came from, for the throttle."""
    return network_of(request.client.host if request.client else None)


def _password_page(
    request: Request, office: Office, faults: Mapping[str, str], *, status: int = 422
) -> Response:
    """Nothing typed comes back: a password is on no page."""
    return office.pages.show(request, "password.html", status=status if faults else 200, errors=faults)


def _desk(office: Office) -> AccountDesk:
    return AccountDesk(office.store, office.entrance.sessions)
