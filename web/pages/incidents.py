"""The operators' queue: work that has no open case, closed with a reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from api.auth.permissions import Permission, may
from api.auth.person import Person
from api.desk.errors import Invalid
from api.paging import instant_behind, instant_cursor, known_shape
from arrears.store import queries
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


@dataclass(frozen=True)
class Typed:
    """A reason that was refused, to be shown again beside its incident."""

    incident_id: str
    reason: str
    faults: Mapping[str, str]


@router.get("/incidents")
def show(
    request: Request, office: TheOffice, who: Reader, status: str = "open", after: str | None = None
) -> Response:
    return _list(request, office, who, status=status if status in STATUSES else "open", after=after)


@router.post("/incidents/{incident_id}/close")
def close(
    request: Request, incident_id: str, office: TheOffice, who: Closer, reason: Annotated[str, Form()] = ""
) -> Response:
    try:
        office.desk.close_incident(who, known_shape(incident_id), reason)
    except Invalid as invalid:
        typed = Typed(incident_id, reason, told(invalid.missing))
        return _list(request, office, who, typed=typed)
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
    with office.store.reading() as connection:
        rows, more = queries.incident_list(connection, status=status, after=key)
        count = queries.open_incidents(connection)
    cursor = instant_cursor(more.at, more.incident_id) if more else None
    return office.pages.show(
        request,
        "incidents.html",
        status=422 if typed else 200,
        lines=[_line(row) for row in rows],
        shown=status,
        count_open=count,
        may_close=may(who, Permission.CLOSE_INCIDENT),
        more_href=f"/incidents?status={status}&after={cursor}" if cursor else None,
        typed=typed,
    )


def _line(incident: IncidentView) -> IncidentLine:
    return IncidentLine(
        incident,
        called(INCIDENTS, incident.kind),
        {called(DETAILS, name): _fact(name, value, incident) for name, value in _known(incident)},
        f"/incidents/{quote(incident.incident_id, safe='')}/close",
    )


def _known(incident: IncidentView) -> list[tuple[str, object]]:
    return [(name, value) for name, value in incident.detail.items() if value and name != "currency"]


def _fact(name: str, value: object, incident: IncidentView) -> str:
    currency = incident.detail.get("currency")
    if name.endswith("_minor") and isinstance(value, int) and isinstance(currency, str):
        return money(value, currency)
    return str(value)
