"""One task: look at it, take it, give it back, decide it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.auth.permissions import Permission, may, task_relations
from api.auth.person import Person
from api.desk import errors
from api.desk.desk import Answer
from api.desk.live import must_be_seen
from api.paging import known_shape
from arrears import clock
from arrears.policy.codes import Outcome
from arrears.store import queries
from arrears.store.views import TaskView
from web import words
from web.forms import DecisionForm
from web.gate import Permitted
from web.language import gettext as _
from web.list_pane import Listing, list_pane, next_href
from web.office import Office, TheOffice
from web.rendering import is_swap
from web.task_sheet import Change, Setting, changes, task_sheet
from web.waiting import until_settled
from web.words import called

router = APIRouter()

Reader = Annotated[Person, Depends(Permitted(Permission.READ_TASK))]
# Whether this person may do it to this task the desk says, which also knows who was first.
Taker = Annotated[Person, Depends(Permitted(Permission.CLAIM_TASK))]
Decider = Annotated[Person, Depends(Permitted(Permission.DECIDE_TASK))]


@dataclass(frozen=True)
class Told:
    """A note on top of the task: what happened to what the person just did."""

    kind: str
    icon: str
    title: str
    lines: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    leads_on: bool = True


@dataclass(frozen=True)
class Act:
    """One request on one task."""

    request: Request
    office: Office
    who: Person
    task_id: str

    @property
    def listing(self) -> Listing:
        return Listing.read(self.request.query_params)

    @property
    def page_href(self) -> str:
        return self.listing.task_href(self.task_id)


def typed(  # noqa: PLR0913, PLR0917  # one a field
    outcome: Annotated[str, Form()] = "",
    facts_no: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    amount: Annotated[str, Form()] = "",
    on: Annotated[str, Form()] = "",
    arrived_on: Annotated[str, Form()] = "",
    again_on: Annotated[str, Form()] = "",
    part: Annotated[str, Form()] = "",
    until_on: Annotated[str, Form()] = "",
) -> DecisionForm:
    return DecisionForm(outcome, facts_no, reason, amount, on, arrived_on, again_on, part, until_on)


@router.get("/tasks/{task_id}")
def show(request: Request, task_id: str, office: TheOffice, who: Reader) -> Response:
    act = Act(request, office, who, known_shape(task_id))
    if request.headers.get("hx-target", "").endswith("#decision"):
        return _look_again(act)
    return _show(act, blocks=("detail",), focus="heading")


@router.post("/tasks/{task_id}/claim")
def claim(request: Request, task_id: str, office: TheOffice, who: Taker) -> Response:
    act = Act(request, office, who, known_shape(task_id))
    try:
        office.desk.claim(who, act.task_id)
    except errors.DeskError as refusal:
        return _refused(act, refusal, DecisionForm())
    return _done(act)


@router.post("/tasks/{task_id}/release")
def release(request: Request, task_id: str, office: TheOffice, who: Taker) -> Response:
    act = Act(request, office, who, known_shape(task_id))
    try:
        office.desk.release(who, act.task_id)
    except errors.DeskError as refusal:
        return _refused(act, refusal, DecisionForm())
    return _done(act)


@router.post("/tasks/{task_id}/decision")
async def decide(
    request: Request,
    task_id: str,
    office: TheOffice,
    who: Decider,
    form: Annotated[DecisionForm, Depends(typed)],
) -> Response:
    act = Act(request, office, who, known_shape(task_id))
    said = await run_in_threadpool(_decide, act, form)
    if isinstance(said, Response):
        return said
    await until_settled(office.desk, who, said, patience=office.patience)
    if form.outcome == Outcome.COMPLAINS:  # the case is no longer this person's to see
        return _leave(act)
    return await run_in_threadpool(_done, act)


def _look_again(act: Act) -> Response:
    """Whether an answer was applied: until then only its note is new, then the whole task is."""
    with act.office.store.reading() as connection:
        task = queries.task(connection, act.task_id)
    if task is not None and task.status == "open":
        return _show(act, blocks=("decision",))
    settled = _show(act)
    settled.headers["HX-Retarget"] = "#detail"
    return settled


def _decide(act: Act, form: DecisionForm) -> str | Response:
    """The message id; else the page that says why not."""
    answer = form.read(act.office.rules_now().terms.currency)
    if not isinstance(answer, Answer):
        return _show(act, status=422, form=form, faults=form.told(answer), blocks=("detail",))
    try:
        return act.office.desk.decide(act.who, act.task_id, answer)
    except errors.Invalid as invalid:
        return _show(act, status=422, form=form, faults=form.told(invalid.missing), blocks=("detail",))
    except errors.DeskError as refusal:
        return _refused(act, refusal, form)


def _may_read(who: Person, task: TaskView) -> bool:
    relations = task_relations(who, role=task.role, assignee=task.assignee, barred=task.barred)
    return may(who, Permission.READ_TASK, relations)


def _done(act: Act) -> Response:
    if is_swap(act.request):
        return _show(act, focus="decision")
    return RedirectResponse(act.page_href, 303)


def _leave(act: Act) -> Response:
    if is_swap(act.request):
        return Response(headers={"HX-Redirect": "/inbox"})
    return RedirectResponse("/inbox", 303)


def _refused(act: Act, refusal: errors.DeskError, form: DecisionForm) -> Response:
    if isinstance(refusal, errors.ContactRefused):
        note: Told | None = _not_now(act, refusal)
    else:
        note = _note(act, refusal, form)
    if note is None:
        raise refusal
    return _show(act, status=refusal.status, form=form, note=note)


def _note(act: Act, refusal: errors.DeskError, form: DecisionForm) -> Told | None:
    """None for what gets a page of its own: not there, not for this role."""
    match refusal:
        case errors.TaskTaken():
            return _taken(refusal)
        case errors.AlreadyAnswered():
            return _answered(act, refusal)
        case errors.TaskGone():
            return _gone(act, refusal)
        case errors.StaleForm():
            return _stale(act, form)
        case errors.CaseClosed():
            return Told(
                "bad", "lock", _("The case was closed meanwhile"), (_("Nothing you typed was sent."),)
            )
        case errors.NotCertified():
            return Told(
                "bad",
                "shield-check",
                _("Your certificate does not hold today"),
                (
                    _(
                        "Whoever works with debtors is trained and tested once a year. Nobody can allow it without."
                    ),
                ),
            )
        case errors.SecondPersonNeeded():
            return Told(
                "bad",
                "shield-check",
                _("A second person must decide this"),
                (_("You proposed this or worked on the case; four eyes need two people."),),
            )
        case _:
            return None


def _not_now(act: Act, refusal: errors.ContactRefused) -> Told:
    """Not before when, and by which rule."""
    rule = _("Rule: %(rule)s") % {"rule": refusal.rule}
    if refusal.at is None:
        return Told("bad", "ban", _("This person may not be contacted now"), (rule,))
    title = _("No contact before %(time)s") % {"time": act.office.shapes.stamp(refusal.at)}
    return Told("bad", "clock", title, (rule, _("Nothing you typed was sent.")), leads_on=False)


def _taken(refusal: errors.TaskTaken) -> Told:
    by = {"name": refusal.by}
    title = (
        _("%(name)s took this task before you") % by
        if refusal.by
        else _("Somebody took this task before you")
    )
    return Told("bad", "lock", title, (_("Nothing you typed was sent."),))


def _answered(act: Act, refusal: errors.AlreadyAnswered) -> Told:
    by = {"name": refusal.by or _("Somebody"), "time": act.office.shapes.stamp(refusal.at)}
    title = _("%(name)s answered this task before you, at %(time)s") % by
    return Told("bad", "lock", title, (_("That answer stands. Your words are kept with the case."),))


def _gone(act: Act, refusal: errors.TaskGone) -> Told:
    at = act.office.shapes.stamp(refusal.at) if refusal.at else ""
    if refusal.how == "done":
        by = {"name": refusal.by or _("Somebody"), "time": at, "answer": called(words.ANSWERS, refusal.why)}
        title = _("%(name)s finished this task at %(time)s: %(answer)s") % by
    else:
        title = _("This task is no longer needed: %(why)s") % {"why": words.cancelled(refusal.why)}
    return Told("bad", "lock", title, (_("Nothing you typed was sent."),))


def _stale(act: Act, form: DecisionForm) -> Told:
    with act.office.store.reading() as connection:
        task = queries.task(connection, act.task_id)
        seen = queries.facts_seen(
            connection, act.task_id, int(form.facts_no) if form.facts_no.isdecimal() else 0
        )
    return Told(
        "warn",
        "refresh-cw",
        _("The case changed while you were writing"),
        (_("Your words are still here. Look at the new figures and save again."),),
        changes(seen, task.facts) if task else (),
        leads_on=False,
    )


def _show(
    act: Act,
    *,
    status: int = 200,
    form: DecisionForm | None = None,
    faults: Mapping[str, str] | None = None,
    note: Told | None = None,
    blocks: tuple[str, ...] = ("detail", "list_beside"),
    focus: str = "",
) -> Response:
    office, now = act.office, clock.door_now()
    with office.store.reading() as connection:
        task = queries.task(connection, act.task_id)
        if task is None or not _may_read(act.who, task):
            raise errors.NotFound
        must_be_seen(connection, act.who, task.case_id)
        pane = list_pane(connection, act.who, act.listing, shapes=office.shapes, now=now)
        setting = Setting(
            act.who, act.listing, clock.case_now(task.decided_at), office.rules_now().terms, office.shapes
        )
        leads_to = next_href(pane, but=act.task_id)
        sheet = task_sheet(connection, task, setting, next_href=leads_to)
    return office.pages.show(
        act.request,
        "inbox.html",
        blocks=blocks,
        status=status,
        list=pane,
        task=sheet,
        form=form or DecisionForm(),
        errors=faults or {},
        told=note,
        told_next=leads_to if note and note.leads_on else None,
        swapped=is_swap(act.request),
        focus=focus if is_swap(act.request) else "",
    )
