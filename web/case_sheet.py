"""One case as its reader sees it: figures, the way through the stages, work, clocks, money, letters, the story."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from urllib.parse import quote

from sqlalchemy import Connection

from api.auth.permissions import Permission, may, may_ever, task_relations
from api.auth.person import Person
from api.desk.holding import may_end
from arrears import clock
from arrears.policy import course, matrix
from arrears.policy.calendar import Calendar
from arrears.policy.course import WAY
from arrears.policy.masking import masked_contact
from arrears.policy.matrix import Act
from arrears.policy.state import HoldKind, Scope, Stage
from arrears.policy.terms import Terms
from arrears.settings import Settings
from arrears.store import circumstances, plans, queries, recordings
from arrears.store.circumstances import Way
from arrears.store.plans import PlanView
from arrears.store.recordings import Logged
from arrears.store.views import (
    CaseTask,
    CaseView,
    HoldView,
    IncidentView,
    NoticeView,
    PaymentView,
    StageEntry,
)
from web import explanation, plan_form
from web.comment_panel import CommentPanel, Typed, comment_panel
from web.document_panel import DocumentLine, document_lines
from web.explanation import Line, Part
from web.formats import Formats
from web.language import gettext as _
from web.language import pgettext
from web.plan_form import InstalmentRow
from web.reveal_panel import Asked, RevealPanel, reveal_panel
from web.seen import shown_name
from web.story import Entry, Teller
from web.words import ACTS, ENTERED, called


@dataclass(frozen=True)
class Milestone:
    """A stage on the way: passed, where the case is now, or ahead."""

    stage: str
    state: str
    entered_at: datetime | None
    why: str


@dataclass(frozen=True)
class TaskLine:
    task: CaseTask
    href: str | None


@dataclass(frozen=True)
class NoticeLine:
    notice: NoticeView
    href: str | None
    report_href: str | None


@dataclass(frozen=True)
class PlanPanel:
    """A plan of the case; `rows` only while it runs, `rate` with its sign."""

    plan: PlanView
    rate: str
    rows: tuple[InstalmentRow, ...]


@dataclass(frozen=True)
class HoldLine:
    """`blocks` in words; `end_href` for whoever may end it by hand."""

    hold: HoldView
    blocks: str
    end_href: str | None


@dataclass(frozen=True)
class ConsentLine:
    way: Way
    address: str = field(repr=False)
    href: str


@dataclass(frozen=True)
class CaseSheet:
    case: CaseView
    now: datetime  # the case's own
    name: str = field(repr=False)
    overdue_since: date | None
    days_past_due: int
    way: tuple[Milestone, ...]
    open_tasks: tuple[TaskLine, ...]
    ended_tasks: tuple[TaskLine, ...]
    why: tuple[Part, ...]
    clocks: tuple[Line, ...]
    plans: tuple[PlanPanel, ...]
    plan_new_href: str | None
    ledger: tuple[PaymentView, ...]
    notices: tuple[NoticeLine, ...]
    contacts: tuple[Logged, ...]
    heard_href: str | None
    reveal: RevealPanel | None
    holds: tuple[HoldLine, ...]
    hold_href: str | None
    ways: tuple[ConsentLine, ...]
    incidents: tuple[IncidentView, ...]
    comments: CommentPanel
    documents: tuple[DocumentLine, ...]
    story: tuple[Entry, ...]
    is_earlier: bool
    earlier_href: str | None
    href: str
    events_href: str
    engine_href: str | None
    may_skip: bool
    may_post: bool


@dataclass(frozen=True)
class Look:
    """Where the letters lie and the engine is seen, the bank's days, how things are written, when, and whether time
    can be skipped."""

    settings: Settings
    calendar: Calendar
    shapes: Formats
    now: datetime
    skips_time: bool
    terms: Terms


@dataclass(frozen=True)
class Beside:
    """What stands on the page in just this answer: what was asked to be shown, what was typed."""

    asked: Asked = field(default_factory=Asked)
    comment: Typed = field(default_factory=Typed)


def case_href(case_id: str) -> str:
    return f"/cases/{quote(case_id, safe='')}"


def case_sheet(
    connection: Connection, case: CaseView, who: Person, look: Look, *, before: int | None, beside: Beside
) -> CaseSheet:
    look = replace(look, now=clock.case_now(case.decided_at))
    tasks = queries.tasks_of(connection, case.case_id)
    told = queries.timeline(connection, case.case_id, before=before)
    holds = any(task.assignee == who.staff_id and task.status == "open" for task in tasks)
    lines = [TaskLine(task, _task_href(task, who)) for task in tasks]
    href = case_href(case.case_id)
    seen = reveal_panel(
        connection, who, case.case_id, case.borrower_id, href=f"{href}/reveal", asked=beside.asked
    )
    explained = explanation.explained(case.state, int(look.now.timestamp()), look.calendar)
    overdue_since = case.first_overdue_on if case.overdue_minor else None
    talk = comment_panel(
        connection,
        who,
        href,
        case.case_id,
        acts=(f"{href}/comments", f"{href}/comments/seen"),
        typed=beside.comment,
        opens=seen is not None,
    )
    return CaseSheet(
        case=case,
        now=look.now,
        name=shown_name(who, case.borrower, holds=holds),
        overdue_since=overdue_since,
        days_past_due=look.shapes.days_past_due(overdue_since, look.now),
        way=_way(case, queries.stages_of(connection, case.case_id)),
        open_tasks=tuple(line for line in lines if line.task.status == "open"),
        ended_tasks=tuple(line for line in lines if line.task.status != "open"),
        why=tuple(part for part in explained if part.name != "clocks"),
        clocks=next((part.lines for part in explained if part.name == "clocks"), ()),
        plans=_plans(connection, case, look),
        plan_new_href=_plan_new_href(href, case, who),
        ledger=queries.ledger_of(connection, case.loan_id),
        notices=tuple(
            NoticeLine(
                notice,
                _document_href(href, notice, look.settings) if seen is not None else None,
                _report_href(href, case, notice, who),
            )
            for notice in queries.notices_of(connection, case.case_id)
        ),
        contacts=recordings.logged(connection, case.case_id),
        heard_href=f"{href}/contacts/new" if case.status == "open" and may(who, Permission.HEAR) else None,
        reveal=seen,
        holds=tuple(
            _hold_line(href, case, hold, who, look)
            for hold in queries.holds_of(connection, case.case_id, case.borrower_id)
        ),
        hold_href=f"{href}/holds" if case.status == "open" and may(who, Permission.PLACE_HOLD) else None,
        ways=_ways(connection, href, case, who),
        incidents=_incidents(connection, case, who),
        comments=talk,
        documents=document_lines(connection, who, case.case_id, talk),
        story=Teller(told, case.currency, look.shapes).tell(),
        is_earlier=before is not None,
        earlier_href=f"{href}?before={told.earlier}#story" if told.earlier else None,
        href=href,
        events_href=f"{href}/events?seen={queries.trail_lengths(connection, [case.case_id]).get(case.case_id, 0)}",
        engine_href=_engine_href(case, who, look.settings),
        may_skip=look.skips_time and case.status == "open" and may(who, Permission.SKIP_TIME),
        may_post=may(who, Permission.POST_PAYMENT),
    )


def _way(case: CaseView, entries: tuple[StageEntry, ...]) -> tuple[Milestone, ...]:
    entered = {entry.stage: entry for entry in entries}
    now = WAY.index(Stage(case.stage))
    ahead = course.way(case.state.terms.stage_days)
    return tuple(
        Milestone(
            stage,
            _state(case, place, now),
            entered[stage].at if stage in entered and place <= now else None,
            called(ENTERED, entered[stage].why) if stage in entered and place <= now else _("not reached"),
        )
        for place, stage in enumerate(WAY)
        if stage in ahead or stage in entered
    )


def _state(case: CaseView, place: int, now: int) -> str:
    if place != now:
        return "passed" if place < now else "ahead"
    return "now" if case.status == "open" else "passed"


def _task_href(task: CaseTask, who: Person) -> str | None:
    relations = task_relations(who, role=task.role, assignee=task.assignee, barred=task.barred)
    readable = may(who, Permission.READ_TASK, relations)
    return f"/tasks/{quote(task.task_id, safe='')}" if readable else None


def _document_href(case_href: str, notice: NoticeView, settings: Settings) -> str | None:
    is_there = notice.document is not None and (settings.letters / f"{notice.notice_id}.pdf").is_file()
    return f"{case_href}/notices/{quote(notice.notice_id, safe='')}" if is_there else None


def _report_href(case_href: str, case: CaseView, notice: NoticeView, who: Person) -> str | None:
    """For whoever may say that it arrived or came back, while it is under way."""
    can_come = case.status == "open" and notice.status in ("sent", "arrived")
    if not can_come or not may(who, Permission.REPORT_DELIVERY):
        return None
    return f"{case_href}/notices/{quote(notice.notice_id, safe='')}/delivery"


def _plans(connection: Connection, case: CaseView, look: Look) -> tuple[PlanPanel, ...]:
    today = look.shapes.day_of(look.now)
    return tuple(
        PlanPanel(
            plan,
            f"{plan.yearly_bp / 100:g}%",
            plan_form.kept(plan, today) if plan.status in plans.SHOWN else (),
        )
        for plan in plans.of_case(connection, case.case_id)
    )


def _plan_new_href(case_href: str, case: CaseView, who: Person) -> str | None:
    """For an officer, while something is overdue and no plan runs; one that is agreed anew may be replaced."""
    plan = case.state.plan
    runs = plan is not None and plan.is_open and plan.status != "renegotiating"
    if runs or case.status != "open" or not case.overdue_minor or not may(who, Permission.SIGN_PLAN):
        return None
    return f"{case_href}/plans/new"


def _hold_line(case_href: str, case: CaseView, hold: HoldView, who: Person, look: Look) -> HoldLine:
    blocked = matrix.blocks(HoldKind(hold.kind), Scope(hold.scope), look.terms)
    told = pgettext("list", ", ").join(called(ACTS, act) for act in Act if act in blocked)
    can_end = case.status == "open" and may_end(who, HoldKind(hold.kind), hold.against)
    href = f"{case_href}/holds/{quote(hold.hold_id, safe='')}/end"
    return HoldLine(hold, told, href if can_end else None)


def _ways(connection: Connection, case_href: str, case: CaseView, who: Person) -> tuple[ConsentLine, ...]:
    """Ways that need consent, for whoever may write down that it was given or withdrawn."""
    if not may(who, Permission.CHANGE_CONSENT):
        return ()
    return tuple(
        ConsentLine(
            way,
            masked_contact(way.channel, way.address),
            f"{case_href}/contacts/{quote(way.contact_id, safe='')}/consent",
        )
        for way in circumstances.ways(connection, case.borrower_id)
    )


def _incidents(connection: Connection, case: CaseView, who: Person) -> tuple[IncidentView, ...]:
    if not may_ever(who, Permission.READ_INCIDENT):
        return ()
    return queries.incidents_of(connection, case.case_id)


def _engine_href(case: CaseView, who: Person, settings: Settings) -> str | None:
    if settings.temporal_ui_url is None or not may(who, Permission.INSPECT_ENGINE):
        return None
    root = settings.temporal_ui_url.rstrip("/")
    return f"{root}/namespaces/{settings.temporal_namespace}/workflows/{quote(case.case_id, safe='')}"
