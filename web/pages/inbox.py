"""The list of open tasks."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.auth.permissions import Permission
from api.auth.person import Person
from arrears import clock
from web.gate import Permitted
from web.list_pane import Listing, list_pane
from web.office import TheOffice

router = APIRouter()


@router.get("/inbox")
def show(
    request: Request, office: TheOffice, who: Annotated[Person, Depends(Permitted(Permission.CLAIM_TASK))]
) -> Response:
    listing = Listing.read(request.query_params)
    away = office.desk.stands_in_for(who)
    with office.store.reading() as connection:
        pane = list_pane(
            connection, who, listing, shapes=office.shapes, now=clock.door_now(), stands_in_for=away
        )
    return office.pages.show(request, "inbox.html", list=pane, task=None, swapped=False)
