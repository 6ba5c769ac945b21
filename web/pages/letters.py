"""The letter before it is released: opened by whoever holds the task, page by page or as the file it will be."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.auth.permissions import Permission
from api.auth.person import Person
from api.desk import errors
from api.desk.letters import LetterDesk
from api.paging import known_shape
from arrears.channels.letters import pictures
from web.forms import DecisionForm
from web.gate import Permitted
from web.office import Office, TheOffice
from web.task_page import Act, Beside, refused
from web.task_page import show as show_task

router = APIRouter()

Reader = Annotated[Person, Depends(Permitted(Permission.DECIDE_TASK))]


@router.get("/tasks/{task_id}/letter")
def read(request: Request, task_id: str, office: TheOffice, who: Reader) -> Response:
    """Whoever opens it is kept, with the hash of what was opened: a release stands on that."""
    act = Act(request, office, who, known_shape(task_id))
    try:
        _letters(office).read(who, act.task_id)
    except errors.LetterStopped as stopped:
        return refused(act, stopped, DecisionForm())
    return show_task(act, beside=Beside(letter=True), blocks=("letter",))


@router.get("/tasks/{task_id}/letter.pdf")
def file(task_id: str, office: TheOffice, who: Reader) -> Response:
    draft = _letters(office).as_read(who, known_shape(task_id))
    name = f"{draft.demand.notice_id}-draft.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(draft.pdf, media_type="application/pdf", headers=headers)


@router.get("/tasks/{task_id}/letter/{number}.png")
def page(task_id: str, number: int, office: TheOffice, who: Reader) -> Response:
    draft = _letters(office).as_read(who, known_shape(task_id))
    pages = pictures(draft.demand)
    if not 0 < number <= len(pages):
        raise errors.NotFound
    return Response(pages[number - 1], media_type="image/png")


def _letters(office: Office) -> LetterDesk:
    if office.desk.letters is None:
        raise errors.NotFound
    return office.desk.letters
