"""Many tasks at once: taken, or given to somebody; each with what became of it."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from api.auth.permissions import Permission
from api.auth.person import Person
from api.desk.assigning import Result
from api.desk.errors import Invalid
from api.paging import known_shape
from arrears.store import queries
from arrears.store.views import ChosenTask
from web import words
from web.forms import told
from web.gate import Permitted
from web.listing import Listing
from web.office import Office, TheOffice
from web.seen import shown_name
from web.words import called

router = APIRouter()

Worker = Annotated[Person, Depends(Permitted(Permission.CLAIM_TASK))]
Lead = Annotated[Person, Depends(Permitted(Permission.ASSIGN_TASK))]
Chosen = Annotated[list[str], Form()]


@dataclass(frozen=True)
class Line:
    """One task of those that were chosen; of one that is not there only that."""

    name: str = field(repr=False)
    loan_id: str
    kind: str
    href: str
    is_good: bool
    text: str


@router.post("/inbox/claim")
def claim(request: Request, office: TheOffice, who: Worker, task: Chosen = []) -> Response:  # noqa: B006 - FastAPI copies it
    try:
        results = office.desk.work.claim_all(who, [known_shape(one) for one in task])
    except Invalid as invalid:
        return _refused(request, office, invalid)
    return _show(request, office, who, results)


@router.post("/inbox/assign")
def assign(
    request: Request,
    office: TheOffice,
    who: Lead,
    task: Chosen = [],  # noqa: B006
    to: Annotated[str, Form()] = "",
) -> Response:
    try:
        results = office.desk.work.assign_all(who, [known_shape(one) for one in task], to)
    except Invalid as invalid:
        return _refused(request, office, invalid)
    return _show(request, office, who, results)


def _show(request: Request, office: Office, who: Person, results: list[Result]) -> Response:
    listing = Listing.read(request.query_params)
    with office.store.reading() as connection:
        found = queries.chosen(connection, [one.task_id for one in results])
    lines = [_line(who, listing, result, found) for result in results]
    good = sum(line.is_good for line in lines)
    return office.pages.show(
        request, "together.html", lines=lines, good=good, bad=len(lines) - good, back=listing.href, faults={}
    )


def _line(who: Person, listing: Listing, result: Result, found: dict[str, ChosenTask]) -> Line:
    text = words.together(result.result, result.by)
    task = found.get(result.task_id)
    if task is None or result.result == "not_found":
        return Line("", "", "", "", result.is_good, text)
    name = shown_name(who, task.borrower, holds=task.assignee == who.staff_id)
    kind = called(words.TASKS, task.kind)
    return Line(name, task.loan_id, kind, listing.task_href(task.task_id), result.is_good, text)


def _refused(request: Request, office: Office, invalid: Invalid) -> Response:
    listing = Listing.read(request.query_params)
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
