"""The team: how much lies in whose hands, what is stuck and why, forty given away in one go."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.auth.permissions import Permission
from api.auth.person import Person
from api.desk.absences import AbsenceDesk
from arrears import clock
from arrears.store import queries
from arrears.store.absences import AbsenceLine
from arrears.store.queries.team import Load, StuckTask
from arrears.store.views import NOBODY, Either, Narrowed, View
from web.gate import Permitted
from web.language import gettext as _
from web.list_pane import reader_of, takers_of
from web.listing import Listing
from web.office import Office, TheOffice
from web.seen import shown_name

router = APIRouter()

_LATE = Listing(View.LATE, team=True)


@dataclass(frozen=True)
class LoadLine:
    """`away_until` for whoever is not here today; `href` leads to what lies in these hands."""

    load: Load
    href: str
    late_href: str
    away_until: date | None
    substitute: str


@dataclass(frozen=True)
class StuckLine:
    task: StuckTask
    name: str = field(repr=False)
    href: str
    why: str
    now: datetime


@router.get("/team")
def show(
    request: Request, office: TheOffice, who: Annotated[Person, Depends(Permitted(Permission.ASSIGN_TASK))]
) -> Response:
    away = AbsenceDesk(office.store, office.rules).away()
    reader = reader_of(who, Listing(team=True), office, clock.door_now())
    with office.store.reading() as connection:
        free, each = queries.loads(connection, reader)
        found, more = queries.stuck(connection, reader)
    return office.pages.show(
        request,
        "team.html",
        free=free,
        free_href=Listing(View.FREE, team=True).href,
        free_late_href=Listing(View.LATE, team=True, narrowed=Narrowed(holder=Either((NOBODY,)))).href,
        each=[_load_line(one, away.get(one.staff_id)) for one in each],
        stuck=[_stuck_line(one, who, office, away) for one in found],
        more_href=_LATE.href if more else None,
        takers=takers_of(who, office),
        assign_href=f"/inbox/assign{_LATE.query}",
    )


def _load_line(load: Load, absence: AbsenceLine | None) -> LoadLine:
    held = Narrowed(holder=Either((load.staff_id,)))
    return LoadLine(
        load,
        Listing(team=True, narrowed=held).href,
        Listing(View.LATE, team=True, narrowed=held).href,
        absence.to_day if absence else None,
        absence.substitute_name if absence else "",
    )


def _stuck_line(task: StuckTask, who: Person, office: Office, away: dict[str, AbsenceLine]) -> StuckLine:
    return StuckLine(
        task,
        shown_name(who, task.borrower, holds=task.assignee == who.staff_id),
        _LATE.task_href(task.task_id),
        _why(task, office, away),
        clock.case_now(task.decided_at),
    )


def _why(task: StuckTask, office: Office, away: dict[str, AbsenceLine]) -> str:
    """The nearest reason, so that whoever reads it knows what to do."""
    name = {"name": task.assignee_name or task.assignee or ""}
    if task.waits:
        return _("Answered; the case has not heard it yet")
    if task.needs_attention:
        return _("The case itself needs attention")
    if task.assignee is None:
        return _("Nobody has taken it")
    if task.assignee in away:
        return _("%(name)s is away until %(day)s") % (name | {"day": away[task.assignee].to_day})
    if task.snoozed_until is not None and task.snoozed_until > clock.door_now():
        return _("%(name)s put it off until %(time)s") % (
            name | {"time": office.shapes.moment(task.snoozed_until)}
        )
    return _("In the hands of %(name)s") % name
