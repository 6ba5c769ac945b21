"""What colleagues say to each other about a case, from its page or beside a task, and the documents that came with it."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from starlette.responses import RedirectResponse, Response

from api.auth.permissions import Permission
from api.auth.person import Person
from api.desk.commenting import CommentDesk, CommentIn
from api.desk.errors import Invalid, NotFound
from api.desk.revealing import RevealDesk
from api.forms import LONGEST_REASON
from api.paging import known_shape
from arrears.channels.cabinet import LARGEST, Cabinet
from arrears.policy.tasks import Missing
from arrears.store import queries
from web.case_sheet import Beside as BesideCase
from web.comment_panel import Typed
from web.forms import told, unkeepable
from web.gate import Permitted
from web.office import Office, TheOffice
from web.pages.cases import show_case
from web.papers import paper
from web.rendering import is_swap
from web.seen import may_read
from web.task_page import Act, Beside
from web.task_page import show as show_task

router = APIRouter()

Writer = Annotated[Person, Depends(Permitted(Permission.COMMENT))]

_PLACE = "comments"


def _said(
    words: Annotated[str, Form()] = "", document: Annotated[UploadFile | None, File()] = None
) -> CommentIn:
    content = b"" if document is None else document.file.read(LARGEST + 1)
    return CommentIn(words, content, (document and document.filename) or "")


Said = Annotated[CommentIn, Depends(_said)]


@router.post("/cases/{case_id}/comments")
def write(request: Request, case_id: str, office: TheOffice, who: Writer, said: Said) -> Response:
    case = known_shape(case_id)
    try:
        _write(office, who, case, said)
    except Invalid as invalid:
        return _case(request, office, who, case, Typed(said.words, told(invalid.missing)))
    return _case(request, office, who, case)


@router.post("/cases/{case_id}/comments/seen")
def see(request: Request, case_id: str, office: TheOffice, who: Writer) -> Response:
    case = known_shape(case_id)
    _desk(office).see(who, case)
    return _case(request, office, who, case)


@router.post("/tasks/{task_id}/comments")
def write_beside(request: Request, task_id: str, office: TheOffice, who: Writer, said: Said) -> Response:
    act = Act(request, office, who, known_shape(task_id))
    try:
        _write(office, who, _case_of(act), said)
    except Invalid as invalid:
        return _task(act, Typed(said.words, told(invalid.missing)))
    return _task(act)


@router.post("/tasks/{task_id}/comments/seen")
def see_beside(request: Request, task_id: str, office: TheOffice, who: Writer) -> Response:
    act = Act(request, office, who, known_shape(task_id))
    _desk(office).see(who, _case_of(act))
    return _task(act)


@router.get("/cases/{case_id}/comments/{remark_id}/document")
def open_document(
    case_id: str,
    remark_id: str,
    office: TheOffice,
    who: Annotated[Person, Depends(Permitted(Permission.REVEAL))],
) -> Response:
    """As it was handed in; whoever reads it is kept (P11)."""
    desk = RevealDesk(office.store, office.rules)
    attached = desk.open_attachment(who, known_shape(case_id), known_shape(remark_id))
    content = _cabinet(office).get(attached.sha256)
    if content is None:
        raise NotFound
    return paper(content, attached.media_type, attached.sha256)


# ---- inside ----------------------------------------------------------------------------------------------


def _write(office: Office, who: Person, case_id: str, said: CommentIn) -> None:
    wrong: list[Missing] = unkeepable("words", said.words, longest=LONGEST_REASON)
    if wrong:
        raise Invalid(wrong)
    _desk(office).write(who, case_id, said)


def _case(
    request: Request, office: Office, who: Person, case_id: str, typed: Typed | None = None
) -> Response:
    if typed is None and not is_swap(request):
        return RedirectResponse(f"/cases/{quote(case_id, safe='')}#{_PLACE}", 303)
    status = 422 if typed else 200
    beside = BesideCase(comment=typed or Typed())
    return show_case(request, office, who, case_id, status=status, beside=beside, blocks=(_PLACE,))


def _task(act: Act, typed: Typed | None = None) -> Response:
    if typed is None and not is_swap(act.request):
        return RedirectResponse(f"{act.page_href}#{_PLACE}", 303)
    status = 422 if typed else 200
    return show_task(act, status=status, beside=Beside(comment=typed or Typed()), blocks=(_PLACE,))


def _case_of(act: Act) -> str:
    with act.office.store.reading() as connection:
        task = queries.task(connection, act.task_id)
    if task is None or not may_read(act.who, task):
        raise NotFound
    return task.case_id


def _cabinet(office: Office) -> Cabinet:
    return Cabinet(office.settings.documents)


def _desk(office: Office) -> CommentDesk:
    return CommentDesk(office.store, _cabinet(office))
