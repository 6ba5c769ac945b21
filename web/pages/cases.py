"""Cases: the open ones by their next deadline, one by its loan number, one in full, its letters."""

from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import FileResponse, RedirectResponse, Response

from api.auth.permissions import Permission
from api.auth.person import Person
from api.desk.errors import CannotSkipNow, Invalid, NotFound, RevealQuota
from api.desk.live import must_be_seen
from api.desk.revealing import RevealDesk
from api.paging import instant_behind, instant_cursor, known_shape
from arrears import clock
from arrears.store import queries
from arrears.store.keeping_off import keeps_off
from arrears.store.views import CaseKey, CaseRow
from web.case_sheet import Beside, Look, case_sheet
from web.forms import FAULTS, told
from web.gate import Permitted
from web.office import Office, TheOffice
from web.reveal_panel import Asked, RevealForm, quota_told
from web.seen import shown_name
from web.words import called

router = APIRouter()

Reader = Annotated[Person, Depends(Permitted(Permission.READ_CASE))]
Place = Annotated[int | None, Query(ge=0, le=2**53)]  # a number of the trail


@dataclass(frozen=True)
class CaseLine:
    case: CaseRow
    href: str
    name: str = field(repr=False)
    days_past_due: int


@router.get("/cases")
def show_open(request: Request, office: TheOffice, who: Reader, after: str | None = None) -> Response:
    return _list(request, office, who, after=after)


@router.post("/cases")
def find(request: Request, office: TheOffice, who: Reader, loan_id: Annotated[str, Form()] = "") -> Response:
    """Posted, so that what somebody looks for stands in no address and no log."""
    wanted = loan_id.strip()
    with office.store.reading() as connection:
        found = queries.cases_of_loan(connection, wanted) if wanted else ()
        is_seen = bool(found) and not keeps_off(connection, found[0].case_id, who.staff_id)
    if is_seen:
        return RedirectResponse(_href(found[0].case_id), 303)
    fault = called(FAULTS, "not_found" if wanted else "loan_required")
    return _list(request, office, who, loan_id=wanted, fault=fault)


@router.get("/cases/{case_id}")
def show(request: Request, case_id: str, office: TheOffice, who: Reader, before: Place = None) -> Response:
    return show_case(request, office, who, known_shape(case_id), before=before)


@router.post("/cases/{case_id}/reveal")
def reveal(  # noqa: PLR0917  # one a field
    request: Request,
    case_id: str,
    office: TheOffice,
    who: Annotated[Person, Depends(Permitted(Permission.REVEAL))],
    what: Annotated[str, Form()] = "",
    purpose: Annotated[str, Form()] = "",
    why: Annotated[str, Form()] = "",
) -> Response:
    """What was asked for stands in this answer alone (P11)."""
    form = RevealForm(what, purpose, why)
    case = known_shape(case_id)
    try:
        shown = RevealDesk(office.store, office.rules).reveal(who, form.read(case))
    except Invalid as invalid:
        asked = Asked(form, told(invalid.missing))
        return show_case(request, office, who, case, status=422, beside=Beside(asked))
    except RevealQuota as over:
        asked = Asked(form, {"what": quota_told(over.most)})
        return show_case(request, office, who, case, status=over.status, beside=Beside(asked))
    return show_case(request, office, who, case, beside=Beside(Asked(revealed=shown)))


@router.get("/cases/{case_id}/notices/{notice_id}")
def show_letter(
    case_id: str,
    notice_id: str,
    office: TheOffice,
    who: Annotated[Person, Depends(Permitted(Permission.REVEAL))],
) -> Response:
    """The very bytes that were sent: they name the debtor, so that whoever reads them is kept (P11)."""
    with office.store.reading() as connection:
        notice = queries.notice(connection, known_shape(case_id), known_shape(notice_id))
        must_be_seen(connection, who, case_id)
    if notice is None or notice.document is None:
        raise NotFound
    letter = office.settings.letters / f"{notice.notice_id}.pdf"
    if not letter.is_file():
        raise NotFound
    RevealDesk(office.store, office.rules).open_letter(who, case_id)
    return FileResponse(
        letter,
        media_type="application/pdf",
        filename=f"{notice.notice_id}.pdf",
        content_disposition_type="inline",
    )


@router.post("/cases/{case_id}/skip")
async def skip_to_next_deadline(
    request: Request,
    case_id: str,
    office: TheOffice,
    who: Annotated[Person, Depends(Permitted(Permission.SKIP_TIME))],
) -> Response:
    """Only where the engine can skip time: in the demo, and for whoever tries the rules out."""
    case = known_shape(case_id)
    try:
        await office.desk.skip_to_next_deadline(who, case)
    except CannotSkipNow:
        return await run_in_threadpool(show_case, request, office, who, case, stuck=True)
    return RedirectResponse(_href(case), 303)


def show_case(  # noqa: PLR0913  # what stands on the page in just this answer
    request: Request,
    office: Office,
    who: Person,
    case_id: str,
    *,
    before: int | None = None,
    stuck: bool = False,
    status: int = 200,
    beside: Beside | None = None,
    blocks: tuple[str, ...] = (),
) -> Response:
    with office.store.reading() as connection:
        case = queries.case(connection, case_id)
        if case is None:
            raise NotFound
        must_be_seen(connection, who, case_id)
        sheet = case_sheet(
            connection,
            case,
            who,
            Look(
                office.settings,
                office.rules_now().calendar,
                office.shapes,
                clock.door_now(),
                office.desk.skips_time,
                office.rules_now().terms,
            ),
            before=before,
            beside=beside or Beside(),
        )
    return office.pages.show(
        request,
        "case.html",
        blocks=blocks,
        status=409 if stuck else status,
        sheet=sheet,
        comments=sheet.comments,
        case=case,
        stuck=stuck,
    )


def _list(
    request: Request,
    office: Office,
    who: Person,
    *,
    after: str | None = None,
    loan_id: str = "",
    fault: str = "",
) -> Response:
    behind = instant_behind(after)
    with office.store.reading() as connection:
        last = CaseKey(*behind) if behind else None
        rows, more = queries.open_cases(connection, who.staff_id, after=last)
    return office.pages.show(
        request,
        "cases.html",
        status=422 if fault else 200,
        lines=[_line(row, who, office) for row in rows],
        more_href=f"/cases?after={instant_cursor(more.due_at, more.case_id)}" if more else None,
        is_later=behind is not None,
        loan_id=loan_id,
        errors={"loan_id": fault} if fault else {},
    )


def _line(row: CaseRow, who: Person, office: Office) -> CaseLine:
    days = office.shapes.days_past_due(row.first_overdue_on, clock.case_now(row.decided_at))
    return CaseLine(row, _href(row.case_id), shown_name(who, row.borrower, holds=False), days)


def _href(case_id: str) -> str:
    return f"/cases/{quote(case_id, safe='')}"
