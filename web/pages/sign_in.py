"""The door: sign in, sign out, and where the front page leads."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from api.auth.browsers import family_of
from api.auth.passwords import TooBusy
from api.auth.permissions import Permission
from api.auth.person import Person
from api.auth.sessions import LONGEST, cookie_name
from api.auth.sign_in import SignInRefused
from api.auth.throttle import TooManyTries, network_of
from api.deps import EVERYONE
from web.gate import Permitted
from web.language import gettext as _
from web.language import ngettext
from web.office import Office, TheOffice
from web.rendering import menu
from web.visitor import Anyone, safe_next

router = APIRouter()

LONGEST_LOGIN: Final = 200
LONGEST_PASSWORD: Final = 1024


@router.get("/")
def front(who: Annotated[Person, Depends(Permitted(Permission.BE_SIGNED_IN))]) -> Response:
    """Each role begins where its work is."""
    places = menu(who, "/")
    return RedirectResponse(places[0].href if places else "/prefs", 303)


@router.get("/login", dependencies=[EVERYONE])
def show_door(request: Request, visitor: Anyone, office: TheOffice, next: str = "") -> Response:  # noqa: A002
    if visitor.person is not None:
        return RedirectResponse(safe_next(next), 303)
    return office.pages.show(request, "login.html", next=safe_next(next), login="", refused="")


@router.post("/login", dependencies=[EVERYONE])
def sign_in(
    request: Request,
    office: TheOffice,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "",  # noqa: A002
) -> Response:
    if len(login) > LONGEST_LOGIN or len(password) > LONGEST_PASSWORD:
        login, password = "", ""
    network = network_of(request.client.host if request.client else None)
    status, refused = 422, _("Log-in or password is wrong.")
    try:
        person = office.entrance.sign_in.check(login, password, network=network)
        return welcome(request, office, person, safe_next(next))
    except SignInRefused:
        pass
    except TooManyTries as early:
        waiting = ngettext("Try again in %(n)s second.", "Try again in %(n)s seconds.", early.seconds)
        status, refused = 429, waiting % {"n": early.seconds}
    except TooBusy:
        status, refused = 503, _("Many people are signing in just now. Try again in a moment.")
    return office.pages.show(
        request, "login.html", status=status, next=safe_next(next), login=login, refused=refused
    )


@router.post("/logout")
def sign_out(
    request: Request,
    office: TheOffice,
    _who: Annotated[Person, Depends(Permitted(Permission.BE_SIGNED_IN))],
) -> Response:
    name = cookie_name(secure=office.entrance.secure_cookies)
    office.entrance.sessions.close(request.cookies.get(name, ""))
    gone = RedirectResponse("/login", 303)
    gone.delete_cookie(name, path="/", secure=office.entrance.secure_cookies, httponly=True, samesite="lax")
    gone.headers["Clear-Site-Data"] = '"cache"'
    return gone


def welcome(request: Request, office: Office, person: Person, back_to: str) -> Response:
    """A new session in this browser, instead of the one it may have had."""
    secure = office.entrance.secure_cookies
    name = cookie_name(secure=secure)
    opened = office.entrance.sessions.open(
        person.staff_id,
        replacing=request.cookies.get(name),
        browser=family_of(request.headers.get("user-agent")),
    )
    answer = RedirectResponse(back_to, 303)
    answer.set_cookie(
        name,
        opened.cookie,
        max_age=int(LONGEST.total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )
    return answer
