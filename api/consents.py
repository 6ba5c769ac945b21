"""JSON: consent to a way of reaching a person, given or withdrawn."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends

from api.auth.permissions import Permission
from api.auth.person import Person
from api.deps import Allowed, TheDesk
from api.forms import ConsentBody
from api.paging import known_shape
from api.strict import StrictRoute

router = APIRouter(tags=["consents"], route_class=StrictRoute)


@router.post("/cases/{case_id}/contacts/{contact_id}/consent", status_code=HTTPStatus.NO_CONTENT)
def change_consent(
    case_id: str,
    contact_id: str,
    body: ConsentBody,
    who: Annotated[Person, Depends(Allowed(Permission.CHANGE_CONSENT))],
    desk: TheDesk,
) -> None:
    """Effective at once; ways that the contract gives take no consent, and stay."""
    desk.consents.change(
        who, known_shape(case_id), known_shape(contact_id), given=body.given, evidence=body.evidence
    )
