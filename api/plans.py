"""JSON: repayment plans of a case, and the word that a debtor agreed to one."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends

from api.answers import Accepted, PlanFull, PlanList
from api.auth.permissions import Permission
from api.auth.person import Person
from api.deps import Allowed, TheDesk, TheStore
from api.desk import plans as desk_plans
from api.desk.errors import NotFound
from api.desk.live import must_be_seen
from api.forms import PlanBody
from api.paging import known_shape
from api.strict import StrictRoute
from arrears.store import plans, reads

router = APIRouter(prefix="/cases", tags=["plans"], route_class=StrictRoute)


@router.get("/{case_id}/plans")
def list_plans(
    case_id: str, who: Annotated[Person, Depends(Allowed(Permission.READ_CASE))], store: TheStore
) -> PlanList:
    """Every plan of the case with its instalments, and what is paid of each."""
    with store.reading() as connection:
        ground = desk_plans.ground_of(connection, known_shape(case_id))
        if ground is None:
            raise NotFound
        must_be_seen(connection, who, case_id)
        kept = plans.of_case(connection, case_id)
    items = [PlanFull.model_validate(asdict(one)) for one in kept]
    return PlanList(facts_no=ground.facts_no, items=items)


@router.post("/{case_id}/plans", status_code=HTTPStatus.ACCEPTED)
def sign_plan(
    case_id: str,
    body: PlanBody,
    who: Annotated[Person, Depends(Allowed(Permission.SIGN_PLAN))],
    desk: TheDesk,
    store: TheStore,
) -> Accepted:
    """A debtor agreed to a plan. From here on nobody collects, and the case checks the plan once more.

    The same plan on the same figures is the same message, so it may be sent until answered. A plan of more instalments
    than an officer may agree to alone waits for managers.
    """
    message_id = desk.sign_plan(who, body.plan(known_shape(case_id)))
    with store.reading() as connection:
        said = reads.message(connection, message_id)
    assert said is not None, "what the desk said has a row"
    return Accepted(message_id=message_id, status=said.status)
