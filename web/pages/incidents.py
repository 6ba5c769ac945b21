"""The operators' queue: work that has no open case, closed with a reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.auth.permissions import Permission, may
from api.auth.person import Person
from api.desk.apart_work import KINDS, Assignment, Closing
from api.desk.errors import Invalid, SurplusUnseen
from api.paging import instant_behind, instant_cursor, known_shape
from arrears import clock
from arrears.names import payment_message_id
from arrears.policy.masking import masked_name
from arrears.store import queries, refunds, suspense
from arrears.store.views import IncidentKey, IncidentView
from web.formats import money
from web.forms import told
from web.gate import Permitted
from web.guarding import RULES, because
from web.office import Office, TheOffice
from web.story import DETAILS, INCIDENTS
from web.waiting import until_settled
from web.words import called

router = APIRouter()

STATUSES = ("open", "closed")

Reader = Annotated[Person, Depends(Permitted(Permission.READ_INCIDENT))]
Closer = Annotated[Person, Depends(Permitted(Permission.CLOSE_INCIDENT))]


@dataclass(frozen=True)
class IncidentLine:
    """`posted_href` leads to the payment that its money became, where it was put onto a loan."""

    incident: IncidentView
    name: str
    facts: Mapping[str, str]
    close_href: str
    of_money: bool
    may_end: bool
    posted_href: str | None


@dataclass(frozen=True)
class ClosingForm:
    """As it was typed; each field counts for the answer it belongs to. `back` from what would follow."""

    reason: str = field(default="", repr=False)
    outcome: str = ""
    reference: str = ""
    loan_id: str = ""
    surplus_seen: str = ""  # what the page said would be left over, minor units
    back: bool = False

    @property
    def agreed(self) -> int | None:
        known = self.surplus_seen.isascii() and self.surplus_seen.isdecimal() and len(self.surplus_seen) < 17
        return int(self.surplus_seen) if known else None

    def read(self) -> Closing:
        number = self.reference.strip() if self.outcome == refunds.PAID_OUT else ""
        loan = self.loan_id.strip() if self.outcome == suspense.ASSIGNED else ""
        return Closing(self.reason, self.outcome or None, number or None, loan or None, self.agreed)


@dataclass(frozen=True)
class Typed:
    """What was refused or thought over, to be shown again beside its incident."""

    incident_id: str
    form: ClosingForm
    faults: Mapping[str, str]


@router.get("/incidents")
def show(
    request: Request, office: TheOffice, who: Reader, status: str = "open", after: str | None = None
) -> Response:
    return _list(request, office, who, status=status if status in STATUSES else "open", after=after)


def typed(  # noqa: PLR0917  # one a field
    reason: Annotated[str, Form()] = "",
    outcome: Annotated[str, Form()] = "",
    reference: Annotated[str, Form()] = "",
    loan_id: Annotated[str, Form()] = "",
    surplus_seen: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "",
) -> ClosingForm:
    return ClosingForm(reason, outcome, reference, loan_id, surplus_seen, bool(back))


@router.post("/incidents/{incident_id}/close")
async def close(
    request: Request,
    incident_id: str,
    office: TheOffice,
    who: Closer,
    form: Annotated[ClosingForm, Depends(typed)],
) -> Response:
    """Money goes onto a loan after whoever says so was shown what follows; its page tells how it ended."""
    known = known_shape(incident_id)
    refused = await run_in_threadpool(_close, request, office, who, known, form)
    if refused is not None:
        return refused
    if form.outcome != suspense.ASSIGNED:
        return RedirectResponse("/incidents", 303)
    payment_id = suspense.assigned_id(known)
    await until_settled(office.desk, who, payment_message_id(payment_id), patience=office.patience)
    return RedirectResponse(f"/payments/{quote(payment_id, safe='')}", 303)


def _close(
    request: Request, office: Office, who: Person, incident_id: str, form: ClosingForm
) -> Response | None:
    if form.back:
        return _list(request, office, who, typed=Typed(incident_id, form, {}))
    try:
        if form.outcome == suspense.ASSIGNED and form.agreed is None:
            return _shown_first(request, office, who, incident_id, form)
        office.desk.close_incident(who, incident_id, form.read())
    except Invalid as invalid:
        return _list(request, office, who, typed=Typed(incident_id, form, told(invalid.missing)))
    except SurplusUnseen:
        return _shown_first(request, office, who, incident_id, form, changed=True)
    return None


def _shown_first(
    request: Request,
    office: Office,
    who: Person,
    incident_id: str,
    form: ClosingForm,
    *,
    changed: bool = False,
) -> Response:
    seen = office.desk.look_at_assignment(who, incident_id, form.read())
    if seen is None:
        return RedirectResponse("/incidents?status=closed", 303)
    return office.pages.show(
        request,
        "incident_assign.html",
        status=409 if changed else 200,
        form=form,
        seen=seen,
        name=masked_name(seen.onto.name),
        changed=changed,
        close_href=_close_href(incident_id),
        case_href=_case_href(seen),
    )


def _case_href(seen: Assignment) -> str | None:
    return f"/cases/{quote(seen.onto.case_id, safe='')}" if seen.onto.case_id else None


def _close_href(incident_id: str) -> str:
    return f"/incidents/{quote(incident_id, safe='')}/close"


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
        if typed and typed.incident_id not in {row.incident_id for row in rows}:
            # Words typed on a page further down come back with their incident.
            its_own = queries.incident(connection, typed.incident_id)
            rows = (*([its_own] if its_own else []), *rows)
        count = queries.open_incidents(connection)
        overdue = refunds.overdue(connection, now=now)
    cursor = instant_cursor(more.at, more.incident_id) if more else None
    return office.pages.show(
        request,
        "incidents.html",
        status=422 if typed and typed.faults else 200,
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
    of_money = incident.kind in KINDS
    posted = incident.reference if incident.outcome == suspense.ASSIGNED else None
    return IncidentLine(
        incident,
        called(INCIDENTS, incident.kind),
        {called(DETAILS, name): _fact(name, value, incident) for name, value in _known(incident)},
        _close_href(incident.incident_id),
        of_money,
        may_refund or not of_money,
        f"/payments/{quote(posted, safe='')}" if posted and may_refund else None,
    )


def _known(incident: IncidentView) -> list[tuple[str, object]]:
    return [(name, value) for name, value in incident.detail.items() if value and name != "currency"]


def _fact(name: str, value: object, incident: IncidentView) -> str:
    currency = incident.detail.get("currency")
    if name.endswith("_minor") and isinstance(value, int) and isinstance(currency, str):
        return money(value, currency)
    return because(str(value)) if name == "rule" and value in RULES else str(value)
