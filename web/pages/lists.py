"""A list that is kept: saved under a name, or carried away as a file."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from api.auth.permissions import Permission
from api.auth.person import Person
from api.desk.errors import Invalid
from api.desk.exporting import ROWS
from api.paging import known_shape
from arrears import clock
from arrears.policy.currency import EXPONENTS
from web import words
from web.forms import told
from web.gate import Permitted
from web.language import gettext as _
from web.list_pane import whole_list
from web.list_rows import RowView
from web.listing import Listing
from web.office import Office, TheOffice
from web.words import called

router = APIRouter()

Worker = Annotated[Person, Depends(Permitted(Permission.CLAIM_TASK))]
Exporter = Annotated[Person, Depends(Permitted(Permission.EXPORT_LIST))]
# What a spreadsheet would take for a formula, or for the end of a cell.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


@router.post("/inbox/views")
def save(
    request: Request,
    office: TheOffice,
    who: Worker,
    name: Annotated[str, Form()] = "",
    shared: Annotated[str, Form()] = "",
) -> Response:
    """Words that were searched for are nobody else's and end: they are not saved."""
    listing = replace(Listing.read(request.query_params).first_page, search="")
    try:
        office.desk.views.save(who, name, listing.query, shared=shared == "1")
    except Invalid as invalid:
        return office.pages.show(
            request,
            "together.html",
            status=422,
            lines=[],
            good=0,
            bad=0,
            back=listing.href,
            faults=told(invalid.missing),
        )
    return RedirectResponse(listing.href, 303)


@router.post("/inbox/views/{view_id}/remove")
def remove(request: Request, view_id: str, office: TheOffice, who: Worker) -> Response:
    office.desk.views.remove(who, known_shape(view_id))
    return RedirectResponse(Listing.read(request.query_params).href, 303)


@router.post("/inbox/export")
def export(request: Request, office: TheOffice, who: Exporter) -> Response:
    """Masked as on the page; at most so many rows, the earliest due ones."""
    listing = Listing.read(request.query_params).first_page
    with office.store.reading() as connection:
        rows = whole_list(connection, who, listing, office, now=clock.door_now(), most=ROWS)
    office.desk.exports.note(who, listing.query, rows=len(rows))
    headers = {"Content-Disposition": 'attachment; filename="tasks.csv"', "Cache-Control": "no-store"}
    return Response(_table(office, rows), media_type="text/csv; charset=utf-8", headers=headers)


def _table(office: Office, rows: tuple[RowView, ...]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_head())
    writer.writerows([_safe(cell) for cell in _cells(office, row)] for row in rows)
    return out.getvalue().encode("utf-8-sig")  # with the mark by which spreadsheets know the letters


def _head() -> list[str]:
    return [
        _("Borrower"),
        _("Loan number"),
        _("Stage"),
        _("Task"),
        _("Why"),
        _("Overdue"),
        _("Currency"),
        _("Days past due"),
        _("Due"),
        _("In whose hands"),
        _("Last"),
    ]


def _cells(office: Office, row: RowView) -> Iterator[str]:
    yield row.name
    yield row.loan_id
    yield called(words.STAGES, row.stage)
    yield called(words.TASKS, row.kind)
    yield row.why
    yield str(Decimal(row.overdue_minor).scaleb(-EXPONENTS.get(row.currency, 2)))
    yield row.currency
    yield str(row.days_past_due)
    yield office.shapes.stamp(row.due_at)
    yield row.holder or ""
    yield row.last


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
