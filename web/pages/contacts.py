"""Where a contact of a task starts: a call or a visit is asked for, told of, or dropped; masked data are shown (P11)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from api.auth.permissions import Permission
from api.auth.person import Person
from api.desk import errors
from api.desk.contacts import ResultIn
from api.desk.revealing import RevealDesk
from api.paging import known_shape
from arrears.store import queries
from arrears.store.contacts import Slot
from web.forms import DecisionForm, VisitForm, told
from web.gate import Permitted
from web.office import TheOffice
from web.reveal_panel import Asked, RevealForm
from web.seen import may_read
from web.task_page import Act, Beside, done, refused, show

router = APIRouter()

Caller = Annotated[Person, Depends(Permitted(Permission.CONTACT))]
Viewer = Annotated[Person, Depends(Permitted(Permission.REVEAL))]
_BLOCKS = ("detail", "list_beside")


@router.post("/tasks/{task_id}/call")
def call(
    request: Request, task_id: str, office: TheOffice, who: Caller, contact_id: Annotated[str, Form()] = ""
) -> Response:
    """The number stands in this answer alone: whoever comes back to the page asks again, and that is kept, too."""
    act = Act(request, office, who, known_shape(task_id))
    try:
        return _given(act, office.desk.contacts.call(who, act.task_id, known_shape(contact_id)))
    except errors.Invalid as invalid:
        return _faults(act, Beside(faults=told(invalid.missing)))
    except errors.DeskError as refusal:
        return refused(act, refusal, DecisionForm())


@router.post("/tasks/{task_id}/visit")
def visit(  # noqa: PLR0917  # one a field
    request: Request,
    task_id: str,
    office: TheOffice,
    who: Caller,
    contact_id: Annotated[str, Form()] = "",
    companion: Annotated[str, Form()] = "",
) -> Response:
    act = Act(request, office, who, known_shape(task_id))
    others = (companion.strip(),) if companion.strip() else ()
    try:
        return _given(act, office.desk.contacts.visit(who, act.task_id, known_shape(contact_id), others))
    except errors.Invalid as invalid:
        return _faults(act, Beside(faults=told(invalid.missing)))
    except errors.DeskError as refusal:
        return refused(act, refusal, DecisionForm())


@router.post("/tasks/{task_id}/told")
def tell(  # noqa: PLR0917  # one a field
    request: Request,
    task_id: str,
    office: TheOffice,
    who: Caller,
    attempt_id: Annotated[str, Form()] = "",
    result: Annotated[str, Form()] = "",
    recording_id: Annotated[str, Form()] = "",
) -> Response:
    act = Act(request, office, who, known_shape(task_id))
    form = VisitForm("", result, recording_id)
    came = form.came()
    try:
        if not isinstance(came, ResultIn):
            raise errors.Invalid(came)
        office.desk.contacts.finish(who, known_shape(attempt_id), came)
    except errors.Invalid as invalid:
        return _faults(act, Beside(faults=told(invalid.missing), visit=form))
    except errors.DeskError as refusal:
        return refused(act, refusal, DecisionForm())
    return done(act)


@router.post("/tasks/{task_id}/drop")
def drop(
    request: Request, task_id: str, office: TheOffice, who: Caller, attempt_id: Annotated[str, Form()] = ""
) -> Response:
    act = Act(request, office, who, known_shape(task_id))
    try:
        office.desk.contacts.drop(who, known_shape(attempt_id))
    except errors.DeskError as refusal:
        return refused(act, refusal, DecisionForm())
    return done(act)


@router.post("/tasks/{task_id}/reveal")
def reveal(  # noqa: PLR0917  # one a field
    request: Request,
    task_id: str,
    office: TheOffice,
    who: Viewer,
    what: Annotated[str, Form()] = "",
    purpose: Annotated[str, Form()] = "",
    why: Annotated[str, Form()] = "",
) -> Response:
    act = Act(request, office, who, known_shape(task_id))
    form = RevealForm(what, purpose, why)
    try:
        with office.store.reading() as connection:
            task = queries.task(connection, act.task_id)
        if task is None or not may_read(who, task):
            raise errors.NotFound
        said = form.read(task.case_id, task_id=act.task_id)
        shown = RevealDesk(office.store, office.rules).reveal(who, said)
    except errors.Invalid as invalid:
        return _faults(act, Beside(reveal=Asked(form, told(invalid.missing))))
    except errors.DeskError as refusal:
        return refused(act, refusal, DecisionForm())
    return show(act, beside=Beside(reveal=Asked(revealed=shown)), blocks=_BLOCKS)


def _given(act: Act, slot: Slot) -> Response:
    return show(act, beside=Beside(slot=slot), blocks=_BLOCKS)


def _faults(act: Act, beside: Beside) -> Response:
    return show(act, status=422, beside=beside, blocks=("detail",))
