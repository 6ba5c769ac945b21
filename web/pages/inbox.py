"""The list of open tasks."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.auth.permissions import Permission
from api.auth.person import Person
from arrears import clock
from arrears.store import queries
from web.gate import Permitted
from web.list_pane import Listing, list_pane
from web.office import TheOffice
from web.undo_offer import told_offers

router = APIRouter()


@router.get("/inbox")
def show(
    request: Request, office: TheOffice, who: Annotated[Person, Depends(Permitted(Permission.CLAIM_TASK))]
) -> Response:
    listing = Listing.read(request.query_params)
    with office.store.reading() as connection:
        now = clock.door_now()
        pane = list_pane(connection, who, listing, shapes=office.shapes, now=now)
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
