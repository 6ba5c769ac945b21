"""JSON: what carriers and printers report of notices."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends

from api.answers import Accepted
from api.auth.permissions import Permission
from api.auth.person import Person
from api.deps import Allowed, TheDesk, TheStore
from api.forms import DeliveryBody
from api.strict import StrictRoute
from arrears.store import reads

router = APIRouter(tags=["deliveries"], route_class=StrictRoute)


@router.post("/deliveries", status_code=HTTPStatus.ACCEPTED)
def report_delivery(
    body: DeliveryBody,
    who: Annotated[Person, Depends(Allowed(Permission.REPORT_DELIVERY))],
    desk: TheDesk,
    store: TheStore,
) -> Accepted:
    """A notice arrived, or came back. The same report again is the same message, so it may be sent until answered.

    The same status for another time is a conflict, unless the case refused the first report.
    """
    message_id = desk.report_delivery(who, body.delivery())
    with store.reading() as connection:
        said = reads.message(connection, message_id)
    assert said is not None, "what the desk said has a row"
    return Accepted(message_id=message_id, status=said.status)
