"""Somebody called, wrote or came to the bank: what was said is written down beside the case."""

import re
import secrets
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from api.auth.permissions import Permission
from api.auth.person import Person
from api.desk.errors import CaseClosed, ContactConflict, Invalid, NotFound
from api.desk.inbound import Heard, HeardIn
from api.desk.live import must_be_seen
from api.paging import known_shape
from arrears.policy.codes import Outcome
from arrears.policy.tasks import Missing
from arrears.store import queries
from web.gate import Permitted
from web.inbound_form import RESULTS, InboundForm, choices
from web.office import Office, TheOffice
from web.task_sheet import choices as answer_choices
from web.waiting import until_settled

router = APIRouter()

Hearer = Annotated[Person, Depends(Permitted(Permission.HEAR))]
# What this page draws.
_OURS: Final = re.compile(r"page-[0-9a-f]{16}")


class Typed(BaseModel):
    """The form as the browser sends it; `task` is the task it was opened from."""

    key: str = ""
    action: str = ""
    who: str = ""
    result: str = ""
    reason: str = ""
    contact_id: str = ""
    on: str = ""
    amount: str = ""
    part: str = ""
    recording_id: str = ""
    against: str = ""
    at: str = ""
    task: str = ""

    def form(self) -> InboundForm:
        return InboundForm(**self.model_dump(exclude={"task"}))


@router.get("/cases/{case_id}/contacts/new")
def show_form(request: Request, case_id: str, office: TheOffice, who: Hearer, task: str = "") -> Response:
    """The key is drawn with the form: sent twice it is one word."""
    form = InboundForm(f"page-{secrets.token_hex(8)}")
    return _page(request, office, who, known_shape(case_id), form, task=task)


@router.post("/cases/{case_id}/contacts")
async def hear(
    request: Request, case_id: str, office: TheOffice, who: Hearer, typed: Annotated[Typed, Form()]
) -> Response:
    case, form = known_shape(case_id), typed.form()
    if not _OURS.fullmatch(form.key):
        raise NotFound
    heard = await run_in_threadpool(_hear, request, office, who, case, typed)
    if isinstance(heard, Response):
        return heard
    await until_settled(office.desk, who, heard.message_id, patience=office.patience)
    return RedirectResponse(await run_in_threadpool(_onward, office, who, case, form, typed.task), 303)


def _hear(request: Request, office: Office, who: Person, case_id: str, typed: Typed) -> Response | Heard:
    form, task = typed.form(), typed.task
    said = form.read(case_id, currency=office.rules_now().terms.currency, shapes=office.shapes)
    if not isinstance(said, HeardIn):
        return _page(request, office, who, case_id, form, task=task, faults=said)
    try:
        return office.desk.inbound.hear(who, said)
    except Invalid as invalid:
        return _page(request, office, who, case_id, form, task=task, faults=invalid.missing)
    except (CaseClosed, ContactConflict) as untaken:
        return _page(request, office, who, case_id, form, task=task, untaken=untaken.message_id)


def _onward(office: Office, who: Person, case_id: str, form: InboundForm, task: str) -> str:
    """To where it came from; whoever was complained of sees the case no more (K1)."""
    if form.result == Outcome.COMPLAINS:
        with office.store.reading() as connection:
            try:
                must_be_seen(connection, who, case_id)
            except NotFound:
                return "/inbox"
    return f"/tasks/{quote(known_shape(task), safe='')}" if task else f"{_href(case_id)}#contacts-title"


def _page(
    request: Request,
    office: Office,
    who: Person,
    case_id: str,
    form: InboundForm,
    *,
    task: str,
    faults: list[Missing] | None = None,
    untaken: str = "",
) -> Response:
    with office.store.reading() as connection:
        case = queries.case(connection, case_id)
        if case is None:
            raise NotFound
        must_be_seen(connection, who, case_id)
        mine = any(
            one.assignee == who.staff_id and one.status == "open"
            for one in queries.tasks_of(connection, case_id)
        )
        offered = choices(connection, case, who, holds=mine)
    return office.pages.show(
        request,
        "inbound.html",
        status=409 if untaken else 422 if faults else 200,
        case=case,
        case_href=_href(case_id),
        offered=offered,
        answers=answer_choices(RESULTS),
        form=form,
        task=task,
        errors=form.told(faults or []),
        untaken=untaken,
    )


def _href(case_id: str) -> str:
    return f"/cases/{quote(case_id, safe='')}"
