"""JSON: the core bank closes a day."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from api.answers import DayClosed
from api.auth.permissions import Permission
from api.auth.person import Person
from api.deps import Allowed, TheDesk
from api.forms import ClosingBody
from api.strict import StrictRoute

router = APIRouter(tags=["end of day"], route_class=StrictRoute)


@router.post(
    "/eod",
    status_code=HTTPStatus.CREATED,
    responses={HTTPStatus.OK: {"model": DayClosed, "description": "It was closed already"}},
)
def close_day(
    body: ClosingBody,
    who: Annotated[Person, Depends(Allowed(Permission.CLOSE_DAY))],
    desk: TheDesk,
    response: Response,
) -> DayClosed:
    """All money of this day is here. 201 for a day that is new, 200 for one that was closed already.

    A closing stands for the days before it too.
    """
    told = desk.money.close_day(who, body.business_date)
    if told is None:
        response.status_code = HTTPStatus.OK
    return DayClosed(business_date=body.business_date, cases_told=told or 0)
