"""Later: a task leaves its holder's work for some hours and comes back by itself."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from api.auth.permissions import Permission
from api.auth.person import Person
from api.desk import errors
from api.desk.snoozing import SnoozeDesk
from api.paging import known_shape
from arrears.policy.tasks import Missing
from web.forms import DecisionForm, told
from web.gate import Permitted
from web.office import TheOffice
from web.task_page import Act, Beside, done, lead_on, refused, show

router = APIRouter()

Holder = Annotated[Person, Depends(Permitted(Permission.RELEASE_TASK))]


@router.post("/tasks/{task_id}/snooze")
def put_off(  # noqa: PLR0917  # one a field
    request: Request,
    task_id: str,
    office: TheOffice,
    who: Holder,
    at: Annotated[str, Form()] = "",
    until: Annotated[str, Form()] = "",
) -> Response:
    """`at` is one of the offered times, `until` one that was typed."""
    act = Act(request, office, who, known_shape(task_id))
    typed = at.strip() or until.strip()
    instant = office.shapes.typed_minute(typed)
    try:
        if instant is None:
            raise errors.Invalid([Missing("until", "time_unreadable" if typed else "time_required")])
        SnoozeDesk(office.store).put_off(who, act.task_id, instant)
    except errors.Invalid as invalid:
        return show(
            act, status=422, faults=told(invalid.missing), beside=Beside(later=until), blocks=("detail",)
        )
    except errors.DeskError as refusal:
        return refused(act, refusal, DecisionForm())
    return lead_on(act)


@router.post("/tasks/{task_id}/snooze/end")
def bring_back(request: Request, task_id: str, office: TheOffice, who: Holder) -> Response:
    act = Act(request, office, who, known_shape(task_id))
    try:
        SnoozeDesk(office.store).bring_back(who, act.task_id)
    except errors.DeskError as refusal:
        return refused(act, refusal, DecisionForm())
    return done(act)
