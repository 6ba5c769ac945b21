"""An invited person sets a password and is in; the link that led here opens nothing afterwards."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from api.auth.passwords import TooBusy
from api.auth.sign_in import InvitationOver
from api.deps import EVERYONE
from api.desk.errors import NotFound
from web.office import Office, TheOffice
from web.pages.account import new_password_faults, waiting
from web.pages.sign_in import welcome

router = APIRouter()

Typed = Annotated[str, Form()]


@router.get("/invitation/{token}", dependencies=[EVERYONE])
def show(request: Request, token: str, office: TheOffice) -> Response:
    """Looking uses nothing up: programs that check links look too."""
    return _page(request, office, token, {})


@router.post("/invitation", dependencies=[EVERYONE])
def accept(
    request: Request, office: TheOffice, token: Typed = "", new: Typed = "", again: Typed = ""
) -> Response:
    faults = new_password_faults(new, again, login=_login(office, token))
    if faults:
        return _page(request, office, token, faults)
    try:
        person = office.entrance.sign_in.accept(token, new)
    except InvitationOver as over:
        raise NotFound from over
    except TooBusy as busy:
        return _page(request, office, token, {"new": waiting(busy)})
    return welcome(request, office, person, "/")


def _page(request: Request, office: Office, token: str, faults: Mapping[str, str]) -> Response:
    return office.pages.show(
        request,
        "invitation.html",
        status=422 if faults else 200,
        login=_login(office, token),
        token=token,
        errors=faults,
    )


def _login(office: Office, token: str) -> str:
    """A link that is over, used or invented is as if it were not there."""
    try:
        return office.entrance.sign_in.invited(token)
    except InvitationOver as over:
        raise NotFound from over
