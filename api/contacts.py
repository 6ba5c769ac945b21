"""JSON: contacts of dialers and other programs, each asked for before it is made and told of afterwards (4.6-4); and what
somebody came to tell the bank."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends

from api.answers import ContactDropped, ContactHeard, ContactSlot, ContactTold
from api.auth.permissions import Permission
from api.auth.person import Person
from api.deps import Allowed, TheContactDesk, TheDesk
from api.forms import ContactBody, HeardBody, ResultBody
from api.paging import known_shape
from api.strict import StrictRoute

router = APIRouter(tags=["contacts"], route_class=StrictRoute)

Caller = Annotated[Person, Depends(Allowed(Permission.CONTACT))]


@router.post("/contacts", status_code=HTTPStatus.CREATED)
def start_contact(body: ContactBody, who: Caller, desk: TheContactDesk) -> ContactSlot:
    """May this contact be made now? If so its slot is taken until a result is told or it is dropped.

    Hours, caps, holds, stops and consent are checked at this instant, over all loans, people, robots and agencies.
    Asked again under the same `key` it is the same slot, judged anew: what may no longer be made gives it back. 409 says
    not before `not_before`, or never as things stand (`not_before` null), because of `rule`; or that the key, the case or
    the contact stands otherwise.
    """
    slot = desk.start(who, body.contact())
    at = datetime.fromtimestamp(slot.at, UTC)
    return ContactSlot(attempt_id=slot.attempt_id, number=slot.number, at=at, warnings=list(slot.warnings))


@router.post("/contacts/{attempt_id}/result")
def tell_result(attempt_id: str, body: ResultBody, who: Caller, desk: TheContactDesk) -> ContactTold:
    """What came of it, by the bank's result codes. The same again changes nothing; another result is a conflict."""
    done = desk.finish(who, known_shape(attempt_id), body.came())
    return ContactTold(**vars(done))


@router.post("/contacts/{attempt_id}/drop")
def drop_contact(attempt_id: str, who: Caller, desk: TheContactDesk) -> ContactDropped:
    """It was not made after all: the slot is free again. One that was made cannot be dropped."""
    desk.drop(who, known_shape(attempt_id))
    return ContactDropped(attempt_id=attempt_id)


@router.post("/cases/{case_id}/contacts", status_code=HTTPStatus.CREATED)
def hear_contact(
    case_id: str, body: HeardBody, who: Annotated[Person, Depends(Allowed(Permission.HEAR))], desk: TheDesk
) -> ContactHeard:
    """Somebody called, wrote or came to the bank. It counts against no cap and needs no slot; what was said binds at once.

    The same again under its `key` changes nothing; another word under it is a conflict.
    """
    heard = desk.inbound.hear(who, body.heard(known_shape(case_id)))
    return ContactHeard(**vars(heard))
