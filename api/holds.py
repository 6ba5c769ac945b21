"""JSON: holds of a case, and the stop of all work of the bank."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends

from api.answers import Accepted, Frozen
from api.auth.permissions import Permission
from api.auth.person import Person
from api.deps import Allowed, TheDesk, TheStore
from api.forms import HoldBody, ReasonBody
from api.paging import known_shape
from api.strict import StrictRoute
from arrears.store import reads
from arrears.store.session import Store

router = APIRouter(tags=["holds"], route_class=StrictRoute)


@router.post("/cases/{case_id}/holds", status_code=HTTPStatus.ACCEPTED)
def place_hold(
    case_id: str,
    body: HoldBody,
    who: Annotated[Person, Depends(Allowed(Permission.PLACE_HOLD))],
    desk: TheDesk,
    store: TheStore,
) -> Accepted:
    """It binds everybody at once; ask for the message to learn what the case made of it."""
    return _kept(store, desk.holds.place(who, known_shape(case_id), body.hold()))


@router.post("/cases/{case_id}/holds/{hold_id}/end", status_code=HTTPStatus.ACCEPTED)
def end_hold(  # noqa: PLR0917  # one a part
    case_id: str,
    hold_id: str,
    body: ReasonBody,
    who: Annotated[Person, Depends(Allowed(Permission.END_HOLD))],
    desk: TheDesk,
    store: TheStore,
) -> Accepted:
    """In every case it reaches."""
    return _kept(store, desk.holds.end(who, known_shape(case_id), known_shape(hold_id), body.reason))


@router.post("/freeze", status_code=HTTPStatus.CREATED)
def stop_all_work(
    body: ReasonBody, who: Annotated[Person, Depends(Allowed(Permission.FREEZE))], desk: TheDesk
) -> Frozen:
    """No debtor of the bank is contacted until a team lead ends it."""
    return Frozen(hold_id=desk.holds.freeze(who, body.reason))


@router.post("/freeze/{stop_id}/end", status_code=HTTPStatus.NO_CONTENT)
def let_work_go_on(
    stop_id: str,
    body: ReasonBody,
    who: Annotated[Person, Depends(Allowed(Permission.THAW))],
    desk: TheDesk,
) -> None:
    desk.holds.thaw(who, known_shape(stop_id), body.reason)


def _kept(store: Store, message_id: str) -> Accepted:
    with store.reading() as connection:
        said = reads.message(connection, message_id)
    assert said is not None, "what the desk said has a row"
    return Accepted(message_id=message_id, status=said.status)
