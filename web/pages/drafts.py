"""What somebody is writing into an answer: kept every few seconds, thrown away when they say so."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.auth.permissions import Permission
from api.auth.person import Person
from api.desk.drafting import DraftDesk
from api.paging import known_shape
from web.forms import DecisionForm
from web.gate import Permitted
from web.office import TheOffice
from web.pages.tasks import typed
from web.task_page import Act, done

router = APIRouter()

Writer = Annotated[Person, Depends(Permitted(Permission.DECIDE_TASK))]


@router.post("/tasks/{task_id}/draft")
def keep(
    task_id: str, office: TheOffice, who: Writer, form: Annotated[DecisionForm, Depends(typed)]
) -> Response:
    """In the background: whatever has become of the task meanwhile, whoever writes is not disturbed."""
    DraftDesk(office.store).keep(who, known_shape(task_id), form.words, facts_no=max(form.seen_facts, 0))
    return Response(status_code=204)


@router.post("/tasks/{task_id}/draft/discard")
def discard(request: Request, task_id: str, office: TheOffice, who: Writer) -> Response:
    act = Act(request, office, who, known_shape(task_id))
    DraftDesk(office.store).throw_away(who, act.task_id)
    return done(act)
