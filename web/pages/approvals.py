"""Claims before the bank's advisors: the queue, one claim with its evidence, the answer with its consequence in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.auth.permissions import Permission
from api.auth.person import Person
from api.desk import errors
from api.desk.answering import Answer
from api.desk.drafting import DraftDesk
from api.desk.exhibits import ExhibitDesk, ExhibitIn
from api.desk.undoing import UndoDesk
from api.paging import instant_behind, instant_cursor, known_shape
from arrears import clock
from arrears.channels.cabinet import LARGEST, Cabinet
from arrears.policy.checklist import FILED_BY_HAND
from arrears.policy.tasks import Missing, Role
from arrears.store import drafts, queries
from arrears.store.views import ApprovalRow, TaskKey, TaskView
from web.approval_sheet import Seeing, Stated, approval_sheet, claim_task, queue_line
from web.confirming import confirm_of
from web.contact_panel import Look
from web.formats import typed_day
from web.forms import DecisionForm, told
from web.gate import Permitted
from web.listing import Listing
from web.office import Office, TheOffice
from web.pages.tasks import typed
from web.papers import paper
from web.proof import NotProved, keep, prove
from web.task_page import Act, Beside, Told, note_of
from web.task_sheet import Setting, task_sheet
from web.undo_offer import own_offers
from web.waiting import until_settled
from web.words import ITEMS, called

router = APIRouter()

Reader = Annotated[Person, Depends(Permitted(Permission.READ_APPROVAL))]
Decider = Annotated[Person, Depends(Permitted(Permission.DECIDE_TASK))]
Taker = Annotated[Person, Depends(Permitted(Permission.CLAIM_TASK))]
Filer = Annotated[Person, Depends(Permitted(Permission.FILE_EXHIBIT))]
ExhibitReader = Annotated[Person, Depends(Permitted(Permission.READ_EXHIBIT))]


@dataclass(frozen=True)
class Shown:
    """What an answer shows beside the claim: what was typed, what is wrong with it, what became of it."""

    form: DecisionForm = field(default_factory=DecisionForm)
    faults: Mapping[str, str] = field(default_factory=dict)
    note: Told | None = None
    exhibit: Mapping[str, str] = field(default_factory=dict)
    exhibit_faults: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    confirms: bool = False  # the answer waits for its confirmation
    wants_proof: bool = False  # the password is asked for with it


@router.get("/approvals")
def show_queue(request: Request, office: TheOffice, who: Reader, after: str | None = None) -> Response:
    behind = instant_behind(after)
    # An advisor sees what advisors are asked; who oversees them sees all of it.
    roles = {Role.LEGAL_ADVISOR} if not who.roles & {Role.MANAGER, Role.COMPLIANCE} else None
    with office.store.reading() as connection:
        rows, more = queries.approvals(
            connection, who.staff_id, roles, after=TaskKey(*behind) if behind else None
        )
    lines = [queue_line(row, _seeing(office, who, row)) for row in rows]
    return office.pages.show(
        request,
        "approvals.html",
        lines=lines,
        is_later=behind is not None,
        more_href=f"/approvals?after={instant_cursor(more.due_at, more.task_id)}" if more else None,
    )


@router.get("/approvals/{task_id}")
def show(  # noqa: PLR0917  # one a field
    request: Request, task_id: str, office: TheOffice, who: Reader, on: str = "", rate: str = ""
) -> Response:
    act = Act(request, office, who, known_shape(task_id))
    return _page(act, Stated(on[:20], rate[:20]), Shown())


@router.post("/approvals/{task_id}/claim")
def take(request: Request, task_id: str, office: TheOffice, who: Taker) -> Response:
    act = Act(request, office, who, known_shape(task_id))
    try:
        office.desk.claim(who, act.task_id)
    except errors.DeskError as refusal:
        return _refused(act, Stated(), refusal, DecisionForm())
    return RedirectResponse(_href(act.task_id), 303)


@router.post("/approvals/{task_id}/decision")
async def decide(  # noqa: PLR0913, PLR0917  # one a field
    request: Request,
    task_id: str,
    office: TheOffice,
    who: Decider,
    form: Annotated[DecisionForm, Depends(typed)],
    confirmed: Annotated[str, Form()] = "",
    stated_on: Annotated[str, Form()] = "",
    rate: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """Asked once more with the consequence in words, and for the password where the last one is old; then the same answer as from the list."""
    act = Act(request, office, who, known_shape(task_id))
    stated = Stated(stated_on[:20], rate[:20])
    try:
        proved = await run_in_threadpool(prove, request, office, who, password)
    except NotProved as wrong:
        return await run_in_threadpool(_ask_proof, act, stated, form, wrong)
    answer = await _decided(replace(act, who=proved), stated, form, sure=confirmed == "yes")
    return await run_in_threadpool(keep, request, office, answer) if password else answer


async def _decided(act: Act, stated: Stated, form: DecisionForm, *, sure: bool) -> Response:
    said = await run_in_threadpool(_decide, act, stated, form, sure=sure)
    if isinstance(said, Response):
        return said
    if not act.office.undo:
        await until_settled(act.office.desk, act.who, said, patience=act.office.patience)
    return RedirectResponse(f"{_href(act.task_id)}#decision-title", 303)


@router.post("/approvals/{task_id}/undo")
def undo(request: Request, task_id: str, office: TheOffice, who: Decider) -> Response:
    """As long as its case has not heard it; the words come back as a draft."""
    act = Act(request, office, who, known_shape(task_id))
    try:
        back = UndoDesk(office.store).take_back(who, act.task_id)
    except errors.DeskError as refusal:
        return _refused(act, Stated(), refusal, DecisionForm())
    form = DecisionForm.of(back.answer, office.rules_now().terms.currency)
    DraftDesk(office.store).keep(who, act.task_id, form.words, facts_no=max(form.seen_facts, 0))
    return RedirectResponse(f"{_href(act.task_id)}#decision-title", 303)


@router.post("/approvals/{task_id}/draft/discard")
def discard_draft(task_id: str, office: TheOffice, who: Decider) -> Response:
    task = known_shape(task_id)
    DraftDesk(office.store).throw_away(who, task)
    return RedirectResponse(_href(task), 303)


@router.post("/approvals/{task_id}/evidence")
def file_exhibit(  # noqa: PLR0917  # one a field
    request: Request,
    task_id: str,
    office: TheOffice,
    who: Filer,
    item: Annotated[str, Form()] = "",
    dated_on: Annotated[str, Form()] = "",
    until: Annotated[str, Form()] = "",
    document: Annotated[UploadFile | None, File()] = None,
) -> Response:
    act = Act(request, office, who, known_shape(task_id))
    content = b"" if document is None else document.file.read(LARGEST + 1)
    days = {"dated_on": typed_day(dated_on), "until": typed_day(until)}
    raw = {"item": item, "dated_on": dated_on, "until": until}
    faults = [
        Missing(name, "day_unreadable") for name, day in days.items() if raw[name].strip() and day is None
    ]
    try:
        if faults:
            raise errors.Invalid(faults)
        case_id = _case_of(act)
        _desk(office).file(who, ExhibitIn(case_id, item, content, days["dated_on"], days["until"]))
    except errors.Invalid as invalid:
        shown = Shown(exhibit=raw, exhibit_faults=told(invalid.missing), status=422)
        return _page(act, Stated(), shown)
    except errors.CaseClosed as refusal:
        return _refused(act, Stated(), refusal, DecisionForm())
    return RedirectResponse(f"{_href(act.task_id)}#evidence-title", 303)


@router.post("/approvals/{task_id}/evidence/{exhibit_id}/withdraw")
def withdraw(request: Request, task_id: str, exhibit_id: str, office: TheOffice, who: Filer) -> Response:
    act = Act(request, office, who, known_shape(task_id))
    try:
        _desk(office).withdraw(who, _case_of(act), known_shape(exhibit_id))
    except errors.CaseClosed as refusal:
        return _refused(act, Stated(), refusal, DecisionForm())
    return RedirectResponse(f"{_href(act.task_id)}#evidence-title", 303)


@router.get("/evidence/{sha256}")
def read_exhibit(sha256: str, office: TheOffice, who: ExhibitReader) -> Response:
    opened = _desk(office).open(who, sha256)
    return paper(opened.content, opened.media_type, sha256)


# ---- inside ----------------------------------------------------------------------------------------------


def _decide(act: Act, stated: Stated, form: DecisionForm, *, sure: bool) -> str | Response:
    """The message id; else the page that asks once more, or says why not."""
    answer = form.read(act.office.rules_now().terms.currency)
    if not isinstance(answer, Answer):
        return _page(act, stated, Shown(form, form.told(answer), status=422))
    try:
        if not sure:
            act.office.desk.check(act.who, act.task_id, answer)
            return _confirm(act, stated, form, answer.outcome)
        return act.office.desk.decide(act.who, act.task_id, answer, undo=act.office.undo)
    except errors.ProofNeeded:
        return _confirm(act, stated, form, answer.outcome, status=403)
    except errors.Invalid as invalid:
        return _page(act, stated, Shown(form, form.told(invalid.missing), status=422))
    except errors.DeskError as refusal:
        return _refused(act, stated, refusal, form)


def _confirm(
    act: Act, stated: Stated, form: DecisionForm, outcome: str, *, fault: str = "", status: int = 200
) -> Response:
    wants_proof = bool(fault) or act.office.desk.wants_proof(act.who, outcome)
    faults = {"password": fault} if fault else {}
    return _page(act, stated, Shown(form, faults, confirms=True, wants_proof=wants_proof, status=status))


def _ask_proof(act: Act, stated: Stated, form: DecisionForm, wrong: NotProved) -> Response:
    answer = form.read(act.office.rules_now().terms.currency)
    if not isinstance(answer, Answer):
        return _page(act, stated, Shown(form, form.told(answer), status=422))
    return _confirm(act, stated, form, answer.outcome, fault=wrong.words, status=wrong.status)


def _refused(act: Act, stated: Stated, refusal: errors.DeskError, form: DecisionForm) -> Response:
    note = note_of(act, refusal, form)
    if note is None:
        raise refusal
    return _page(act, stated, Shown(form, note=replace(note, leads_on=False), status=refusal.status))


def _case_of(act: Act) -> str:
    with act.office.store.reading() as connection:
        return claim_task(connection, act.who, act.task_id).case_id


def _desk(office: Office) -> ExhibitDesk:
    return ExhibitDesk(office.store, office.rules, Cabinet(office.settings.documents))


def _seeing(office: Office, who: Person, task: TaskView | ApprovalRow) -> Seeing:
    now = clock.case_now(task.decided_at)
    return Seeing(who, now, office.rules.at(int(now.timestamp())), office.shapes)


def _page(act: Act, stated: Stated, shown: Shown) -> Response:
    office = act.office
    with office.store.reading() as connection:
        task = claim_task(connection, act.who, act.task_id)
        seeing = _seeing(office, act.who, task)
        look = Look(act.who, seeing.now, seeing.rules, office.shapes, None)
        sheet = task_sheet(connection, task, Setting(look, Listing()), next_href=None)
        page = approval_sheet(connection, task, sheet, seeing, stated)
        draft = drafts.find(connection, task.task_id, act.who.staff_id) if sheet.shows_form else None
        offers = queries.undoable(connection, act.who.staff_id, now=clock.door_now())
    faults = told(page.faults)
    # What was just posted stands in the form; else what this person was writing here.
    draft = draft if shown.form == DecisionForm() else None
    return office.pages.show(
        act.request,
        "approval_confirm.html" if shown.confirms else "approval.html",
        status=422 if faults and shown.status == 200 else shown.status,
        page=page,
        task=page.task,
        form=DecisionForm.again(draft.words) if draft else shown.form,
        errors=shown.faults,
        claim_errors=faults,
        exhibit=shown.exhibit,
        exhibit_errors=shown.exhibit_faults,
        told=shown.note,
        told_next=None,
        focus="",
        confirm=confirm_of(page, shown.form, seeing, wants_proof=shown.wants_proof)
        if shown.confirms
        else None,
        undo_seconds=office.settings.undo_seconds,
        undo=own_offers(offers, clock.door_now()),
        beside=Beside(),
        draft_of=draft.saved_at if draft else None,
        items=[(item.value, called(ITEMS, item.value)) for item in FILED_BY_HAND],
    )


def _href(task_id: str) -> str:
    return f"/approvals/{quote(task_id, safe='')}"
