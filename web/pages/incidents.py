"""The operators' queue: work that has no open case, closed with a reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from api.auth.permissions import Permission, may
from api.auth.person import Person
from api.desk.errors import Invalid
from api.desk.incident_work import Closing
from api.paging import instant_behind, instant_cursor, known_shape
from arrears import clock
from arrears.store import queries, refunds
from arrears.store.views import IncidentKey, IncidentView
from web.formats import money
from web.forms import told
from web.gate import Permitted
from web.office import Office, TheOffice
from web.story import DETAILS, INCIDENTS
from web.words import called

router = APIRouter()

STATUSES = ("open", "closed")

Reader = Annotated[Person, Depends(Permitted(Permission.READ_INCIDENT))]
Closer = Annotated[Person, Depends(Permitted(Permission.CLOSE_INCIDENT))]


@dataclass(frozen=True)
class IncidentLine:
    incident: IncidentView
    name: str
    facts: Mapping[str, str]
    close_href: str
    is_refund: bool
    may_end: bool


@dataclass(frozen=True)
class Typed:
    """A reason that was refused, to be shown again beside its incident."""

    incident_id: str
    reason: str
    faults: Mapping[str, str]
    outcome: str = ""
    reference: str = ""


@router.get("/incidents")
def show(
    request: Request, office: TheOffice, who: Reader, status: str = "open", after: str | None = None
) -> Response:
    return _list(request, office, who, status=status if status in STATUSES else "open", after=after)


@dataclass(frozen=True)
class ClosingForm:
    """As it was typed; each field counts for the answer it belongs to."""

    reason: str = field(default="", repr=False)
    outcome: str = ""
    reference: str = ""

    def read(self) -> Closing:
        number = self.reference.strip() if self.outcome == refunds.PAID_OUT else ""
        return Closing(self.reason, self.outcome or None, number or None)


def typed(
    reason: Annotated[str, Form()] = "",
    outcome: Annotated[str, Form()] = "",
    reference: Annotated[str, Form()] = "",
) -> ClosingForm:
    return ClosingForm(reason, outcome, reference)


@router.post("/incidents/{incident_id}/close")
def close(
    request: Request,
    incident_id: str,
    office: TheOffice,
    who: Closer,
    form: Annotated[ClosingForm, Depends(typed)],
) -> Response:
    try:
        office.desk.close_incident(who, known_shape(incident_id), form.read())
    except Invalid as invalid:
        refused = Typed(incident_id, form.reason, told(invalid.missing), form.outcome, form.reference)
        return _list(request, office, who, typed=refused)
    return RedirectResponse("/incidents", 303)


def _list(
    request: Request,
    office: Office,
    who: Person,
    *,
    status: str = "open",
    after: str | None = None,
    typed: Typed | None = None,
) -> Response:
    behind = instant_behind(after)
    key = IncidentKey(*behind) if behind else None
    now = clock.door_now()
    with office.store.reading() as connection:
        rows, more = queries.incident_list(connection, status=status, after=key)
        count = queries.open_incidents(connection)
        overdue = refunds.overdue(connection, now=now)
    cursor = instant_cursor(more.at, more.incident_id) if more else None
    return office.pages.show(
        request,
        "incidents.html",
        status=422 if typed else 200,
        lines=[_line(row, may_refund=may(who, Permission.POST_PAYMENT)) for row in rows],
        now=now,
        overdue=overdue,
        shown=status,
        count_open=count,
        may_close=may(who, Permission.CLOSE_INCIDENT),
        more_href=f"/incidents?status={status}&after={cursor}" if cursor else None,
        typed=typed,
    )


def _line(incident: IncidentView, *, may_refund: bool) -> IncidentLine:
    is_refund = incident.kind in refunds.KINDS
    return IncidentLine(
        incident,
        called(INCIDENTS, incident.kind),
        {called(DETAILS, name): _fact(name, value, incident) for name, value in _known(incident)},
        f"/incidents/{quote(incident.incident_id, safe='')}/close",
        is_refund,
        may_refund or not is_refund,
    )


def _known(incident: IncidentView) -> list[tuple[str, object]]:
    return [(name, value) for name, value in incident.detail.items() if value and name != "currency"]


def _fact(name: str, value: object, incident: IncidentView) -> str:
    currency = incident.detail.get("currency")
    if name.endswith("_minor") and isinstance(value, int) and isinstance(currency, str):
        return money(value, currency)
    return str(value)
