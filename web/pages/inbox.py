"""The list of open tasks, and the search in it."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from api.auth.permissions import Permission
from api.auth.person import Person
from arrears import clock
from web.gate import Permitted
from web.list_pane import list_pane
from web.listing import Listing
from web.office import TheOffice

router = APIRouter()


Worker = Annotated[Person, Depends(Permitted(Permission.CLAIM_TASK))]


@router.get("/inbox")
def show(request: Request, office: TheOffice, who: Worker) -> Response:
    listing = Listing.read(request.query_params)
    away = office.desk.stands_in_for(who)
    with office.store.reading() as connection:
        pane = list_pane(connection, who, listing, office, now=clock.door_now(), stands_in_for=away)
    return office.pages.show(request, "inbox.html", list=pane, task=None, swapped=False)


@router.post("/inbox/search")
def search(request: Request, office: TheOffice, who: Worker, words: Annotated[str, Form()] = "") -> Response:
    """Over all splits and filters: whoever looks for one debtor knows which."""
    listing = Listing(team=Listing.read(request.query_params).team)
    found = replace(listing, search=office.desk.finder.keep(who, words))
    return RedirectResponse(found.href, 303)
