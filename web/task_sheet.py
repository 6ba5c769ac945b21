"""One task as its reader sees it: the facts, why it is here, what may be answered, what became of an answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Connection

from api.auth.permissions import Permission, may, task_relations
from api.auth.person import Person
from arrears import clock
from arrears.policy.codes import PROMISES, TALK, Outcome
from arrears.policy.difference import Changed, difference
from arrears.policy.profile import TELLS
from arrears.policy.tasks import NEEDS_REASON, PUT_OFF, WITH_DAY, WITH_PART, WORK, TaskKind
from arrears.settings import Settings
from arrears.store import queries
from arrears.store.asked_again import Earlier, earlier
from arrears.store.queries.approvals import KINDS
from arrears.store.views import Said, TaskView
from web import words
from web.around_panel import Around, around
from web.call_script import CallScript, call_script
from web.comment_panel import CommentPanel, Typed, comment_panel
from web.contact_panel import Look, Panel, panel
from web.formats import Formats, money
from web.language import gettext as _
from web.language import pgettext
from web.letter_panel import LetterPanel
from web.listing import Listing
from web.reveal_panel import RevealPanel
from web.seen import shown_name
from web.story import Entry, Teller, actor_name
from web.words import called

STEPS_SHOWN: Final = 5
_OPENS_HOUR: Final = 9


@dataclass(frozen=True)
class AnswerChoice:
    """`asks` names the fields this answer needs, for the style sheet to show them; `group` is the heading of several."""

    code: str
    name: str
    hint: str
    asks: str
    group: str


@dataclass(frozen=True)
class AnswerStanding:
    """What became of what somebody answered; `waits` while the case has not heard it yet."""

    kind: str
    icon: str
    title: str
    lines: tuple[str, ...]
    waits: bool = False


@dataclass(frozen=True)
class TaskSheet:
    now: datetime  # of its case
    task_id: str
    listing: Listing
    title: str
    name: str = field(repr=False)
    kind: str
    role: str
    stage: str
    loan_id: str
    case_href: str
    is_open: bool
    opened_at: datetime
    due_at: datetime
    why: str
    facts: Mapping[str, Any]
    facts_no: int
    days_past_due: int
    held: str  # the holds that stand, in words
    holder: str | None
    is_mine: bool
    may_claim: bool
    may_release: bool
    later: datetime | None  # put off until then
    later_choices: tuple[datetime, ...]  # to put it off until; none of them is after it is due
    shows_form: bool
    locked: str
    answers: tuple[AnswerChoice, ...]
    asks: set[str]
    answer: AnswerStanding | None
    contacts: Panel
    heard_href: str | None
    around: Around
    reveal: RevealPanel | None
    history: tuple[Entry, ...]
    asked_before: "AskedBefore | None"
    next_href: str | None
    comments: CommentPanel
    script: CallScript | None
    letter: LetterPanel | None  # that this person is asked to release
    approval_href: str = ""  # of a claim, where its evidence is seen

    def href(self, act: str) -> str:
        return self.listing.task_href(self.task_id, act)


@dataclass(frozen=True)
class Change:
    """One figure that is another one now."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class AskedBefore:
    """The same question earlier in this case, and what is another fact now."""

    title: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Setting:
    """Who looks, by which list, when, under which rules; what may be, or was just, shown in full."""

    look: Look
    listing: Listing
    reveal: RevealPanel | None = None
    stands_in: bool = False  # the holder is away today and the reader may take the task
    comment: Typed = field(default_factory=Typed)
    letter: LetterPanel | None = None
    settings: Settings | None = None  # where calls are made: the bank's own words

    @property
    def who(self) -> Person:
        return self.look.who

    @property
    def now(self) -> datetime:
        return self.look.now

    @property
    def shapes(self) -> Formats:
        return self.look.shapes


def task_sheet(
    connection: Connection, task: TaskView, setting: Setting, *, next_href: str | None
) -> TaskSheet:
    who = setting.who
    relations = task_relations(who, role=task.role, assignee=task.assignee, barred=task.barred)
    is_mine = task.assignee == who.staff_id
    under_way = task.answer is not None and task.answer.status in queries.LIVE
    is_open = task.status == "open" and not under_way
    answers = choices(WORK[TaskKind(task.kind)].outcomes)
    standing = _standing(task, setting.shapes)
    settled = not is_open and not (standing and standing.waits)
    case_href = f"/cases/{task.case_id}"
    return TaskSheet(
        now=setting.now,
        task_id=task.task_id,
        listing=setting.listing,
        title=called(words.TASKS, task.kind),
        name=shown_name(who, task.borrower, holds=is_mine),
        kind=task.kind,
        role=task.role,
        stage=task.stage,
        loan_id=task.loan_id,
        case_href=case_href,
        is_open=is_open,
        opened_at=task.opened_at,
        due_at=task.due_at,
        why=words.opened(task.why),
        facts=task.facts,
        facts_no=task.facts_no,
        days_past_due=setting.shapes.days_past_due(_first_overdue(task.facts), setting.now),
        held=pgettext("list", ", ").join(called(words.HOLDS, kind) for kind in task.facts.get("holds", ())),
        holder=task.assignee_name if is_open else None,
        is_mine=is_mine,
        may_claim=is_open
        and (task.assignee is None or setting.stands_in)
        and may(who, Permission.CLAIM_TASK, relations),
        may_release=is_open and is_mine,
        later=_later(task) if is_open and is_mine else None,
        later_choices=_later_choices(task, setting) if is_open and is_mine else (),
        shows_form=is_open,
        locked=_lock(task, setting),
        answers=answers,
        asks={what for answer in answers for what in answer.asks.split()},
        answer=standing,
        contacts=panel(connection, task, setting.look, is_open=is_open),
        heard_href=_heard_href(task, who),
        around=around(connection, task, setting.look, is_open=is_open),
        reveal=setting.reveal,
        history=_history(connection, task, setting.shapes),
        asked_before=_asked_before(earlier(connection, task.task_id), task, setting.shapes),
        next_href=next_href if settled else None,
        script=_script(task, setting),
        letter=setting.letter,
        comments=comment_panel(
            connection,
            who,
            case_href,
            task.case_id,
            acts=(
                setting.listing.task_href(task.task_id, "comments"),
                setting.listing.task_href(task.task_id, "comments/seen"),
            ),
            typed=setting.comment,
            opens=setting.reveal is not None,
        ),
        approval_href=_approval_href(task, who),
    )


def _script(task: TaskView, setting: Setting) -> CallScript | None:
    """For whoever holds the call: nobody else is told the debtor's name."""
    who = setting.who
    if setting.settings is None or task.assignee != who.staff_id:
        return None
    debtor = shown_name(who, task.borrower, holds=True)
    return call_script(task, setting.settings, caller=who.name, debtor=debtor)


def _later(task: TaskView) -> datetime | None:
    until = task.snoozed_until
    return until if until is not None and until > clock.door_now() else None


def _later_choices(task: TaskView, setting: Setting) -> tuple[datetime, ...]:
    """In an hour, in three, and when the bank opens on its next day."""
    now = clock.door_now().replace(second=0, microsecond=0)
    calendar = setting.look.rules.calendar
    next_day = calendar.bank_days_later(calendar.day_of(int(now.timestamp())), 1)
    opening = datetime.fromtimestamp(calendar.instant(next_day, hour=_OPENS_HOUR), UTC)
    offered = (now + timedelta(hours=1), now + timedelta(hours=3), opening)
    return tuple(at for at in offered if at <= task.due_at)


def _heard_href(task: TaskView, who: Person) -> str | None:
    """Where what the debtor came to say is written down."""
    if task.case_status != "open" or not may(who, Permission.HEAR):
        return None
    return f"/cases/{quote(task.case_id, safe='')}/contacts/new?task={quote(task.task_id, safe='')}"


def _approval_href(task: TaskView, who: Person) -> str:
    is_claim = task.kind in KINDS and may(who, Permission.READ_APPROVAL)
    return f"/approvals/{quote(task.task_id, safe='')}" if is_claim else ""


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> tuple[Change, ...]:
    """What is different between the facts a form was written on and those of now."""
    if before is None:
        return ()
    return tuple(_change(one, str(after["currency"])) for one in difference(before, after))


def _change(changed: Changed, currency: str) -> Change:
    name = called(words.FACTS, changed.fact)
    if changed.fact.endswith("_minor"):
        return Change(name, money(changed.before, currency), money(changed.after, currency))
    if changed.fact == "holds":
        return Change(name, _held(changed.before), _held(changed.after))
    if changed.before is None and changed.after is None:
        return Change(name, "", _("changed"))
    return Change(name, changed.before or "–", changed.after or "–")


def _held(kinds: list[str]) -> str:
    return pgettext("list", ", ").join(called(words.HOLDS, kind) for kind in kinds) or _("None")


def _asked_before(earlier: Earlier | None, task: TaskView, shapes: Formats) -> AskedBefore | None:
    if earlier is None:
        return None
    told = {"task": called(words.TASKS, earlier.kind), "time": shapes.stamp(earlier.at)}
    if earlier.outcome is None:
        title = _("Asked before and taken back: %(task)s, %(time)s") % told
    else:
        told |= {
            "answer": called(words.ANSWERS, earlier.outcome),
            "name": earlier.decided_by_name or earlier.decided_by or "",
        }
        title = _("Decided before: %(task)s, %(answer)s, %(name)s, %(time)s") % told
    currency = str(task.facts["currency"])
    return AskedBefore(title, tuple(_change(one, currency) for one in earlier.changed))


def _first_overdue(facts: Mapping[str, Any]) -> date | None:
    """None when nothing is overdue any more."""
    day = facts["first_overdue_on"] if facts["overdue_minor"] else None
    return None if day is None else date.fromisoformat(day)


def choices(outcomes: Iterable[Outcome]) -> tuple[AnswerChoice, ...]:
    return tuple(
        AnswerChoice(one.value, called(words.ANSWERS, one), words.hint(one), _asks(one), _group(one))
        for one in outcomes
    )


def _group(outcome: Outcome) -> str:
    return called(words.GROUPS, TALK[outcome].group) if outcome in TALK else ""


def _asks(outcome: Outcome) -> str:
    asked = {
        "reason": outcome in NEEDS_REASON,
        "promise": outcome in PROMISES,
        "arrival": outcome is Outcome.ARRIVED,
        "again": outcome in PUT_OFF,
        "part": outcome in WITH_PART,
        "profile": outcome in TELLS,
        "until": outcome in WITH_DAY - {Outcome.ARRIVED},
    }
    return " ".join(what for what, wanted in asked.items() if wanted)


def _lock(task: TaskView, setting: Setting) -> str:
    """Why this person cannot answer just now; empty for whoever holds the task."""
    who = setting.who
    if task.assignee == who.staff_id:
        return ""
    if who.staff_id in task.barred:
        return _("Four eyes: you proposed this or worked on the case. Somebody else must decide.")
    if task.role not in {role.value for role in who.roles}:
        return _("To be decided by: %(role)s") % {"role": called(words.ROLES, task.role)}
    if setting.stands_in:
        away = {"name": task.assignee_name or task.assignee}
        return _("%(name)s is away and you stand in. Take the task first, then record the decision.") % away
    if task.assignee is not None:
        return _("Only %(name)s can record a decision.") % {"name": task.assignee_name or task.assignee}
    return _("Take the task first, then record the decision.")


def _standing(task: TaskView, shapes: Formats) -> AnswerStanding | None:
    if task.status == "done":
        return _done(task, shapes)
    if task.status == "cancelled":
        why = {"why": words.cancelled(task.ended_why)}
        return AnswerStanding("info", "info", _("No longer needed: %(why)s") % why, (_ended(task, shapes),))
    return _under_way(task.answer, shapes) if task.answer else None


def _done(task: TaskView, shapes: Formats) -> AnswerStanding:
    told = {"answer": called(words.ANSWERS, task.outcome)}
    who = {"name": task.decided_by_name or task.decided_by or "", "time": _ended(task, shapes)}
    return AnswerStanding(
        "ok", "circle-check", _("Done: %(answer)s") % told, (_("%(name)s, %(time)s") % who,)
    )


def _ended(task: TaskView, shapes: Formats) -> str:
    return shapes.stamp(task.closed_at) if task.closed_at else ""


def _under_way(said: Said, shapes: Formats) -> AnswerStanding:
    told = {"answer": called(words.ANSWERS, said.content.get("outcome"))}
    who = actor_name(said.actor, {said.actor: said.actor_name} if said.actor_name else {})
    signed = _("%(name)s, %(time)s") % {"name": who, "time": shapes.stamp(said.accepted_at)}
    match said.status:
        case "waiting" | "sent":
            text = (signed, _("The decision is kept and is being applied. Nothing else needs to be done."))
            return AnswerStanding(
                "info", "hourglass", _("Being applied: %(answer)s") % told, text, waits=True
            )
        case "parked":
            text = (signed, _("It could not be applied yet; an operator looks after it."))
            return AnswerStanding("warn", "triangle-alert", _("Put aside: %(answer)s") % told, text)
        case "withdrawn":
            return AnswerStanding("info", "undo-2", _("Taken back: %(answer)s") % told, (signed,))
        case "refused":
            why = words.refusal(said.reason)
            return AnswerStanding("warn", "circle-alert", _("Not applied: %(answer)s") % told, (why, signed))
        case _:
            return AnswerStanding("ok", "circle-check", _("Done: %(answer)s") % told, (signed,))


def _history(connection: Connection, task: TaskView, shapes: Formats) -> tuple[Entry, ...]:
    told = queries.latest_steps(connection, task.case_id, limit=STEPS_SHOWN)
    return Teller(told, str(task.facts["currency"]), shapes).tell()
