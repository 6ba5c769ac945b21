"""The password given again at an approval: checked like a sign-in, and the session goes on under a new cookie."""

from dataclasses import replace

from fastapi import Request
from starlette.responses import Response

from api.auth.passwords import TooBusy
from api.auth.person import Person
from api.auth.sessions import LONGEST, cookie_name
from api.auth.sign_in import SignInRefused
from api.auth.throttle import TooManyTries, network_of
from arrears import clock
from arrears.policy.tasks import Missing
from web.forms import told
from web.language import gettext as _
from web.language import ngettext
from web.office import Office


class NotProved(Exception):
    """`words` say why, in the reader's language; `status` is that of the answer."""

    def __init__(self, words: str, status: int) -> None:
        super().__init__(str(status))
        self.words, self.status = words, status


def prove(request: Request, office: Office, who: Person, password: str) -> Person:
    """The person as proved now; as before when no password was given. Raises NotProved."""
    if not password:
        return who
    network = network_of(request.client.host if request.client else None)
    try:
        office.entrance.sign_in.prove(who, password, network=network)
    except SignInRefused as wrong:
        raise NotProved(told([Missing("password", "password_wrong")])["password"], 422) from wrong
    except TooManyTries as early:
        waiting = ngettext("Try again in %(n)s second.", "Try again in %(n)s seconds.", early.seconds)
        raise NotProved(waiting % {"n": early.seconds}, 429) from early
    except TooBusy as busy:
        words = _("Many people are signing in just now. Try again in a moment.")
        raise NotProved(words, 503) from busy
    return replace(who, proved_at=clock.machine_now())


def keep(request: Request, office: Office, response: Response) -> Response:
    """The proof holds for some minutes in this browser. Last, so that an act that fails loses nobody the session."""
    secure = office.entrance.secure_cookies
    proved = office.entrance.sessions.prove(request.cookies.get(cookie_name(secure=secure), ""))
    if proved is not None:
        response.set_cookie(
            cookie_name(secure=secure),
            proved,
            max_age=int(LONGEST.total_seconds()),
            path="/",
            secure=secure,
            httponly=True,
            samesite="lax",
        )
    return response
