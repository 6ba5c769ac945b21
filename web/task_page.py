"""The page of one task, as every act on it answers: the task, a note on top, the list beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from fastapi import Request
from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from api.auth.person import Person
from api.desk import errors
from api.desk.live import must_be_seen
from arrears import clock
from arrears.store import drafts, queries
from arrears.store.contacts import Slot
from arrears.store.drafts import Written
from arrears.store.keeping_off import keeps_off
from arrears.store.queries.approvals import KINDS
from arrears.store.views import TaskView
from web import words
from web.approval_sheet import Seeing
from web.comment_panel import Typed
from web.confirming import Confirm, confirm_on_task
from web.contact_panel import Look
from web.forms import DecisionForm, VisitForm
from web.guarding import because
from web.language import gettext as _
from web.letter_panel import STOPPED, is_asked, letter_panel, unread
from web.list_pane import list_pane, next_href, next_row
from web.listing import Listing
from web.office import Office
from web.rendering import is_swap
from web.reveal_panel import Asked, quota_told, reveal_panel
from web.seen import may_read
from web.task_sheet import Change, Setting, TaskSheet, changes, task_sheet
from web.undo_offer import told_offers
from web.words import called


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
class Beside:
    """What stands beside the answer form in just this reply: a number that was given, a fault of a visit's form, a look."""

    slot: Slot | None = None
    faults: Mapping[str, str] = field(default_factory=dict)
    visit: VisitForm = field(default_factory=VisitForm)
    reveal: Asked = field(default_factory=Asked)
    later: str = ""  # until when it was to be put off, as typed
    proof: bool = False  # the password is asked for again
    comment: Typed = field(default_factory=Typed)
    letter: bool = False  # the letter was opened
    confirms: bool = False  # the answer leads to the court and waits for its confirmation


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


def done(act: Act) -> Response:
    """The task as it is now; the list where what was done took the task out of this person's sight."""
    if not _is_seen(act):
        return leave(act)
    if is_swap(act.request):
        return show(act, focus="decision")
    return RedirectResponse(act.page_href, 303)


def _is_seen(act: Act) -> bool:
    with act.office.store.reading() as connection:
        task = queries.task(connection, act.task_id)
        if task is None or not may_read(act.who, task):
            return False
        return not keeps_off(connection, task.case_id, act.who.staff_id)


def ask_proof(act: Act, form: DecisionForm, *, fault: str = "", status: int = 403) -> Response:
    """The same form as it was typed, with a field for the password."""
    note = Told(
        "warn",
        "lock",
        _("Give your password again"),
        (_("An approval is signed with it. Nothing you typed is lost."),),
        leads_on=False,
    )
    faults = {"password": fault} if fault else {}
    return show(act, status=status, form=form, faults=faults, note=note, beside=Beside(proof=True))


def ask_confirm(act: Act, form: DecisionForm, *, fault: str = "", status: int = 200) -> Response:
    """What follows from it, in the place of the form."""
    faults = {"password": fault} if fault else {}
    return show(
        act,
        status=status,
        form=form,
        faults=faults,
        beside=Beside(confirms=True, proof=bool(fault)),
        blocks=("detail",),
        focus="decision",
    )


def refused(act: Act, refusal: errors.DeskError, form: DecisionForm) -> Response:
    if isinstance(refusal, errors.ProofNeeded):
        return ask_proof(act, form)
    note = note_of(act, refusal, form)
    if note is None:
        raise refusal
    return show(act, status=refusal.status, form=form, note=note)


def note_of(act: Act, refusal: errors.DeskError, form: DecisionForm) -> Told | None:
    """None for what gets a page of its own."""
    return _of_contact(act, refusal) or _of_undo(refusal) or _of_letter(refusal) or _note(act, refusal, form)


def _note(act: Act, refusal: errors.DeskError, form: DecisionForm) -> Told | None:
    """None for what gets a page of its own: not there, not for this role."""
    match refusal:
        case errors.TaskTaken():
            return _taken(refusal)
        case errors.AlreadyAnswered():
            return _answered(act, refusal)
        case errors.TaskGone():
            return _gone(act, refusal, form)
        case errors.StaleForm():
            return _stale(act, form)
        case errors.CaseClosed():
            return Told("bad", "lock", _("The case was closed meanwhile"), (_lost(form),))
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


def _lost(form: DecisionForm) -> str:
    if form.attempt_id:
        return _("What came of the call is kept in the ledger of contacts; nothing else was sent.")
    return _("Nothing you typed was sent.")


def _of_contact(act: Act, refusal: errors.DeskError) -> Told | None:
    """Why a contact could not be begun, or its result not be told."""
    match refusal:
        case errors.ContactRefused():
            return _not_now(act, refusal)
        case errors.ContactUnderWay():
            title = _("Another call or visit of this task is under way")
            return _stays("phone", title, _("Tell what came of it first, or say that it was not made."))
        case errors.ContactConflict():
            title = _("This call or visit was told of or dropped already")
            return _stays("circle-alert", title, _("The first word stands. Nothing you typed was sent."))
        case errors.TaskFree():
            return _stays("lock", _("Take the task first"), _("Whoever holds the task makes its contacts."))
        case errors.RevealQuota(most=most):
            return _stays("ban", quota_told(most), _("Compliance is told. Ask your team lead how to go on."))
        case _:
            return None


def _of_undo(refusal: errors.DeskError) -> Told | None:
    if not isinstance(refusal, errors.TooLate):
        return None
    line = _("Its case is told, or has heard it already: it cannot be taken back any more.")
    return Told("warn", "hourglass", _("The answer is already on its way"), (line,), leads_on=False)


def _of_letter(refusal: errors.DeskError) -> Told | None:
    match refusal:
        case errors.LetterUnread():
            return _stays("file-text", *unread(refusal))
        case errors.LetterStopped(why=why):
            return _stays("file-text", _("No letter can be made"), called(STOPPED, why))
        case _:
            return None


def _stays(icon: str, title: str, line: str) -> Told:
    return Told("bad", icon, title, (line,), leads_on=False)


def _not_now(act: Act, refusal: errors.ContactRefused) -> Told:
    """Not before when, and by which rule."""
    why = _("Why: %(why)s") % {"why": because(refusal.rule)}
    if refusal.at is None:
        return Told("bad", "ban", _("This person may not be contacted now"), (why,))
    title = _("No contact before %(time)s") % {"time": act.office.shapes.stamp(refusal.at)}
    return Told("bad", "clock", title, (why, _("Nothing you typed was sent.")), leads_on=False)


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


def _gone(act: Act, refusal: errors.TaskGone, form: DecisionForm) -> Told:
    at = act.office.shapes.stamp(refusal.at) if refusal.at else ""
    if refusal.how == "done":
        by = {"name": refusal.by or _("Somebody"), "time": at, "answer": called(words.ANSWERS, refusal.why)}
        title = _("%(name)s finished this task at %(time)s: %(answer)s") % by
    else:
        title = _("This task is no longer needed: %(why)s") % {"why": words.cancelled(refusal.why)}
    return Told("bad", "lock", title, (_lost(form),))


def _stale(act: Act, form: DecisionForm) -> Told:
    with act.office.store.reading() as connection:
        task = queries.task(connection, act.task_id)
        return _changed_since(connection, act.task_id, max(form.seen_facts, 0), task)


def _changed_since(connection: Connection, task_id: str, facts_no: int, task: TaskView | None) -> Told:
    seen = queries.facts_seen(connection, task_id, facts_no)
    return Told(
        "warn",
        "refresh-cw",
        _("The case changed while you were writing"),
        (_("Your words are still here. Look at the new figures and save again."),),
        changes(seen, task.facts) if task else (),
        leads_on=False,
    )


def _setting(connection: Connection, act: Act, task: TaskView, beside: Beside) -> Setting:
    office = act.office
    now = clock.case_now(task.decided_at)
    look = Look(act.who, now, office.rules.at(int(now.timestamp())), office.shapes, beside.slot)
    href = act.listing.task_href(act.task_id, "reveal")
    seen = reveal_panel(connection, act.who, task.case_id, task.borrower_id, href=href, asked=beside.reveal)
    letters, letter = office.desk.letters, None
    if letters is not None and seen is not None and is_asked(task, act.who):
        letter = letter_panel(connection, letters, act.who, task, act.listing, opened=beside.letter)
    return Setting(look, act.listing, seen, comment=beside.comment, letter=letter, settings=office.settings)


def news_of(act: Act, *, facts_no: str, was_mine: bool) -> Told | None:
    """What whoever has the task open does not see yet. Raises NotFound."""
    form = DecisionForm(facts_no=facts_no)
    with act.office.store.reading() as connection:
        task = queries.task(connection, act.task_id)
        if task is None or not may_read(act.who, task):
            raise errors.NotFound
        must_be_seen(connection, act.who, task.case_id)
        if task.status != "open":
            told = errors.TaskGone(
                task.status,
                by=task.decided_by_name or task.decided_by,
                at=task.closed_at,
                why=task.outcome or task.ended_why,
            )
            return replace(_gone(act, told, form), kind="info", lines=())
        if task.assignee not in (None, act.who.staff_id):
            return _somebody_has_it(task)
        if was_mine and task.assignee is None:
            return Told("info", "undo-2", _("The task is in nobody's hands any more"))
        if task.facts_no != max(form.seen_facts, 0):
            return replace(_changed_since(connection, act.task_id, form.seen_facts, task), lines=())
    return None


def _somebody_has_it(task: TaskView) -> Told:
    return Told("info", "lock", _("%(name)s is on it") % {"name": task.assignee_name or task.assignee or ""})


def lead_on(act: Act) -> Response:
    """After an answer that waits: the next task of the list opens, the toast can take the answer back."""
    office = act.office
    now, away = clock.door_now(), office.desk.stands_in_for(act.who)
    with office.store.reading() as connection:
        pane = list_pane(connection, act.who, act.listing, office, now=now, stands_in_for=away)
        offers = queries.undoable(connection, act.who.staff_id, now=now)
    row = next_row(pane, but=act.task_id)
    href = row.href if row else act.listing.href
    if not is_swap(act.request):
        return RedirectResponse(href, 303)
    if row is not None:
        answer = show(replace(act, task_id=row.task_id), focus="heading")
    else:
        answer = office.pages.show(
            act.request,
            "inbox.html",
            blocks=("detail", "list_beside"),
            list=pane,
            task=None,
            swapped=True,
            undo=told_offers(offers, act.listing, clock.door_now()),
            focus="empty",
        )
    answer.headers["HX-Push-Url"] = href
    return answer


def _confirm(  # noqa: PLR0917  # what a page of a task is made of
    connection: Connection,
    act: Act,
    task: TaskView,
    sheet: TaskSheet,
    setting: Setting,
    form: DecisionForm | None,
    beside: Beside,
) -> Confirm | None:
    if not beside.confirms or form is None or task.kind not in KINDS:
        return None
    look = setting.look
    seeing = Seeing(act.who, look.now, look.rules, look.shapes)
    proof = beside.proof or act.office.desk.wants_proof(act.who, form.outcome)
    return confirm_on_task(connection, task, sheet, seeing, form, wants_proof=proof)


def _draft(connection: Connection, act: Act, sheet: TaskSheet) -> Written | None:
    """What this person was writing here, for as long as it can be answered."""
    return drafts.find(connection, act.task_id, act.who.staff_id) if sheet.shows_form else None


def leave(act: Act) -> Response:
    """To the list: the task is no longer this person's to see."""
    if is_swap(act.request):
        return Response(headers={"HX-Redirect": "/inbox"})
    return RedirectResponse("/inbox", 303)


def show(
    act: Act,
    *,
    status: int = 200,
    form: DecisionForm | None = None,
    faults: Mapping[str, str] | None = None,
    note: Told | None = None,
    beside: Beside | None = None,
    blocks: tuple[str, ...] = ("detail", "list_beside"),
    focus: str = "",
) -> Response:
    office, now = act.office, clock.door_now()
    away = office.desk.stands_in_for(act.who)
    with office.store.reading() as connection:
        task = queries.task(connection, act.task_id)
        if task is None or not may_read(act.who, task):
            raise errors.NotFound
        must_be_seen(connection, act.who, task.case_id)
        shown = "list_beside" in blocks or not is_swap(act.request)
        pane = list_pane(connection, act.who, act.listing, office, now=now, shown=shown, stands_in_for=away)
        setting = _setting(connection, act, task, beside or Beside())
        setting = replace(setting, stands_in=task.assignee in away)
        leads_to = next_href(pane, but=act.task_id)
        sheet = task_sheet(connection, task, setting, next_href=leads_to)
        confirm = _confirm(connection, act, task, sheet, setting, form, beside or Beside())
        offers = queries.undoable(connection, act.who.staff_id, now=now)
        draft = _draft(connection, act, sheet) if form is None else None
        if draft is not None and note is None and draft.facts_no != task.facts_no:
            note = _changed_since(connection, act.task_id, draft.facts_no, task)
    return office.pages.show(
        act.request,
        "inbox.html",
        blocks=blocks,
        status=status,
        list=pane,
        task=sheet,
        comments=sheet.comments,
        form=form or (DecisionForm.again(draft.words) if draft else DecisionForm()),
        draft_of=draft.saved_at if draft else None,
        errors=faults or {},
        beside=beside or Beside(),
        confirm=confirm,
        undo_seconds=office.settings.undo_seconds,
        told=note,
        told_next=leads_to if note and note.leads_on else None,
        undo=told_offers(offers, act.listing, now),
        swapped=is_swap(act.request),
        focus=focus if is_swap(act.request) else "",
    )
