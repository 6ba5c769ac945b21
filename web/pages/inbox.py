"""The list of open tasks, and the search in it."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from api.auth.permissions import Permission
from api.auth.person import Person
from arrears import clock
from arrears.store import queries
from web.gate import Permitted
from web.list_pane import list_pane, ticking
from web.listing import Listing
from web.office import TheOffice
from web.undo_offer import told_offers

router = APIRouter()


Worker = Annotated[Person, Depends(Permitted(Permission.CLAIM_TASK))]


@router.get("/inbox")
def show(request: Request, office: TheOffice, who: Worker) -> Response:
    listing = Listing.read(request.query_params)
    away = office.desk.stands_in_for(who)
    with office.store.reading() as connection:
        now = clock.door_now()
        pane = list_pane(connection, who, listing, office, now=now, stands_in_for=away)
        offers = queries.undoable(connection, who.staff_id, now=now)
    undo = told_offers(offers, listing, now)
    return office.pages.show(
        request,
        "inbox.html",
        blocks=("list",) if request.headers.get("hx-target", "").endswith("#list") else (),
        list=pane,
        task=None,
        swapped=False,
        undo=undo,
        has_beside="/tasks/" in request.headers.get("hx-current-url", ""),
    )


@router.get("/inbox/clocks")
def clocks(request: Request, office: TheOffice, who: Worker) -> Response:
    """Of the rows of a list that is open, and of those that came between: only their two clocks, nothing moves."""
    listing = Listing.read(request.query_params)
    with office.store.reading() as connection:
        rows = ticking(connection, who, listing, office, now=clock.door_now())
    return office.pages.show(request, "_clocks.html", rows=rows)


@router.post("/inbox/search")
def search(request: Request, office: TheOffice, who: Worker, words: Annotated[str, Form()] = "") -> Response:
    """Over all splits and filters: whoever looks for one debtor knows which."""
    listing = Listing(team=Listing.read(request.query_params).team)
    found = replace(listing, search=office.desk.finder.keep(who, words))
    return RedirectResponse(found.href, 303)
