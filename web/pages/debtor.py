"""One debtor over all loans: what is owed, where each case stands, holds on the person, contacts whoever made them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.auth.permissions import Permission
from api.auth.person import Person
from api.desk.errors import NotFound
from api.desk.live import must_be_seen
from api.paging import known_shape
from arrears import clock
from arrears.store import queries
from arrears.store.queries.debtor import LoanLine
from web.formats import Formats
from web.gate import Permitted
from web.office import TheOffice
from web.seen import shown_name

router = APIRouter()


@dataclass(frozen=True)
class Owed:
    """Sums of one currency, minor units."""

    currency: str
    balance_minor: int
    overdue_minor: int


@dataclass(frozen=True)
class Line:
    loan: LoanLine
    href: str | None
    days_past_due: int


@router.get("/cases/{case_id}/debtor")
def show(
    request: Request,
    case_id: str,
    office: TheOffice,
    who: Annotated[Person, Depends(Permitted(Permission.READ_CASE))],
) -> Response:
    """By way of a case: no address names a customer."""
    with office.store.reading() as connection:
        case = queries.case(connection, known_shape(case_id))
        if case is None:
            raise NotFound
        must_be_seen(connection, who, case.case_id)
        holds = any(
            task.assignee == who.staff_id and task.status == "open"
            for task in queries.tasks_of(connection, case.case_id)
        )
        loans = queries.loans_of(connection, case.borrower_id)
        contacts = queries.contacts_with(connection, case.borrower_id)
        held = queries.holds_of(connection, case.case_id, case.borrower_id)
    now = clock.case_now(case.decided_at)
    return office.pages.show(
        request,
        "debtor.html",
        case=case,
        case_href=f"/cases/{quote(case.case_id, safe='')}",
        name=shown_name(who, case.borrower, holds=holds),
        lines=[_line(loan, office.shapes, now) for loan in loans],
        sums=_sums(loans),
        contacts=contacts,
        holds=[hold for hold in held if hold.scope in ("person", "bank")],
    )


def _line(loan: LoanLine, shapes: Formats, now: datetime) -> Line:
    since = loan.first_overdue_on if loan.overdue_minor else None
    href = f"/cases/{quote(loan.case_id, safe='')}" if loan.case_id else None
    return Line(loan, href, shapes.days_past_due(since, now))


def _sums(loans: Sequence[LoanLine]) -> list[Owed]:
    return [
        Owed(
            currency,
            sum(loan.balance_minor for loan in loans if loan.currency == currency),
            sum(loan.overdue_minor for loan in loans if loan.currency == currency),
        )
        for currency in sorted({loan.currency for loan in loans})
    ]
