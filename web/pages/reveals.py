"""Who saw masked data in full, whose, why and when: for compliance (P11)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.auth.permissions import Permission
from api.auth.person import Person
from api.paging import instant_behind, instant_cursor
from arrears.store import reveals
from arrears.store.reveals import RevealKey
from web.gate import Permitted
from web.office import TheOffice

router = APIRouter()

Reader = Annotated[Person, Depends(Permitted(Permission.READ_REVEALS))]


@router.get("/reveals")
def show(request: Request, office: TheOffice, _who: Reader, after: str | None = None) -> Response:
    behind = instant_behind(after)
    with office.store.reading() as connection:
        rows, more = reveals.listed(connection, after=RevealKey(*behind) if behind else None)
    cursor = instant_cursor(more.at, more.reveal_id) if more else None
    return office.pages.show(
        request,
        "reveals.html",
        looks=rows,
        is_later=behind is not None,
        more_href=f"/reveals?after={cursor}" if cursor else None,
    )
