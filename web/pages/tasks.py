"""One task: look at it, take it, give it back, decide it."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from api.auth.permissions import Permission
from api.auth.person import Person
from api.desk import errors
from api.desk.answering import Answer, may_wait
from api.desk.drafting import DraftDesk
from api.desk.undoing import UndoDesk
from api.paging import known_shape
from arrears.policy.codes import Outcome
from arrears.store import queries
from web.confirming import leads_to_court
from web.forms import DecisionForm
from web.gate import Permitted
from web.office import TheOffice
from web.proof import NotProved, keep, prove
from web.rendering import is_swap
from web.task_page import Act, ask_confirm, ask_proof, done, lead_on, leave, refused
from web.task_page import show as show_task
from web.waiting import until_settled

router = APIRouter()

Reader = Annotated[Person, Depends(Permitted(Permission.READ_TASK))]
# Whether this person may do it to this task the desk says, which also knows who was first.
Taker = Annotated[Person, Depends(Permitted(Permission.CLAIM_TASK))]
Decider = Annotated[Person, Depends(Permitted(Permission.DECIDE_TASK))]


def typed(  # noqa: PLR0913, PLR0917  # one a field
    outcome: Annotated[str, Form()] = "",
    facts_no: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    amount: Annotated[str, Form()] = "",
    on: Annotated[str, Form()] = "",
    arrived_on: Annotated[str, Form()] = "",
    again_on: Annotated[str, Form()] = "",
    attempt_id: Annotated[str, Form()] = "",
    recording_id: Annotated[str, Form()] = "",
    part: Annotated[str, Form()] = "",
    until_on: Annotated[str, Form()] = "",
    cause: Annotated[str, Form()] = "",
    willingness: Annotated[str, Form()] = "",
    ability: Annotated[str, Form()] = "",
) -> DecisionForm:
    return DecisionForm(
        outcome,
        facts_no,
        reason,
        amount,
        on,
        arrived_on,
        again_on,
        attempt_id,
        recording_id,
        part,
        until_on,
        cause,
        willingness,
        ability,
    )


@router.get("/tasks/{task_id}")
def show(request: Request, task_id: str, office: TheOffice, who: Reader) -> Response:
    act = Act(request, office, who, known_shape(task_id))
    if request.headers.get("hx-target", "").endswith("#decision"):
        return _look_again(act)
    return show_task(act, blocks=("detail",), focus="heading")


@router.post("/tasks/{task_id}/claim")
def claim(request: Request, task_id: str, office: TheOffice, who: Taker) -> Response:
    act = Act(request, office, who, known_shape(task_id))
    try:
        office.desk.claim(who, act.task_id)
    except errors.DeskError as refusal:
        return refused(act, refusal, DecisionForm())
    return done(act)


@router.post("/tasks/{task_id}/release")
def release(request: Request, task_id: str, office: TheOffice, who: Taker) -> Response:
    act = Act(request, office, who, known_shape(task_id))
    try:
        office.desk.release(who, act.task_id)
    except errors.DeskError as refusal:
        return refused(act, refusal, DecisionForm())
    return done(act)


@router.post("/tasks/{task_id}/decision")
async def decide(  # noqa: PLR0917  # one a field
    request: Request,
    task_id: str,
    office: TheOffice,
    who: Decider,
    form: Annotated[DecisionForm, Depends(typed)],
    password: Annotated[str, Form()] = "",
    confirmed: Annotated[str, Form()] = "",
) -> Response:
    """What leads to the court is said once more before it is kept."""
    act = Act(request, office, who, known_shape(task_id))
    try:
        proved = await run_in_threadpool(prove, request, office, who, password)
    except NotProved as wrong:
        return await run_in_threadpool(_ask_proof, act, form, wrong)
    answer = await _decided(replace(act, who=proved), form, sure=confirmed == "yes")
    return await run_in_threadpool(keep, request, office, answer) if password else answer


async def _decided(act: Act, form: DecisionForm, *, sure: bool) -> Response:
    said = await run_in_threadpool(_decide, act, form, sure=sure)
    if isinstance(said, Response):
        return said
    office = act.office
    if office.undo and may_wait(form.outcome):
        return await run_in_threadpool(lead_on, act)
    await until_settled(office.desk, act.who, said, patience=office.patience)
    if form.outcome == Outcome.COMPLAINS:  # the case is no longer this person's to see
        return leave(act)
    return await run_in_threadpool(done, act)


@router.post("/tasks/{task_id}/undo")
def undo(request: Request, task_id: str, office: TheOffice, who: Decider) -> Response:
    """Back to the task with the words as a draft; whoever comes too late is told so."""
    act = Act(request, office, who, known_shape(task_id))
    try:
        back = UndoDesk(office.store).take_back(who, act.task_id)
    except errors.DeskError as refusal:
        return refused(act, refusal, DecisionForm())
    form = DecisionForm.of(back.answer, office.rules_now().terms.currency)
    DraftDesk(office.store).keep(who, act.task_id, form.words, facts_no=max(form.seen_facts, 0))
    answer = done(act)
    if is_swap(request):
        answer.headers["HX-Push-Url"] = act.page_href
    return answer


def _look_again(act: Act) -> Response:
    """Whether an answer was applied: until then only its note is new, then the whole task is."""
    with act.office.store.reading() as connection:
        task = queries.task(connection, act.task_id)
    if task is not None and task.status == "open":
        return show_task(act, blocks=("decision",))
    settled = show_task(act)
    settled.headers["HX-Retarget"] = "#detail"
    return settled


def _decide(act: Act, form: DecisionForm, *, sure: bool) -> str | Response:
    """The message id; else the page that asks once more, or says why not."""
    answer = form.read(act.office.rules_now().terms.currency)
    if not isinstance(answer, Answer):
        return show_task(act, status=422, form=form, faults=form.told(answer), blocks=("detail",))
    try:
        if not sure and _is_for_court(act, form):
            act.office.desk.check(act.who, act.task_id, answer)
            # Who goes back finds the words again.
            DraftDesk(act.office.store).keep(act.who, act.task_id, form.words, facts_no=answer.facts_no)
            return ask_confirm(act, form)
        return act.office.desk.decide(act.who, act.task_id, answer, undo=act.office.undo)
    except errors.ProofNeeded as refusal:
        return ask_confirm(act, form, status=403) if sure else refused(act, refusal, form)
    except errors.Invalid as invalid:
        return show_task(act, status=422, form=form, faults=form.told(invalid.missing), blocks=("detail",))
    except errors.DeskError as refusal:
        return refused(act, refusal, form)


def _is_for_court(act: Act, form: DecisionForm) -> bool:
    with act.office.store.reading() as connection:
        task = queries.task(connection, act.task_id)
    return task is not None and leads_to_court(task.kind, form.outcome)


def _ask_proof(act: Act, form: DecisionForm, wrong: NotProved) -> Response:
    again = ask_confirm if _is_for_court(act, form) else ask_proof
    return again(act, form, fault=wrong.words, status=wrong.status)
