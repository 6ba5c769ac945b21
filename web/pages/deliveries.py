"""What a carrier or printer reported of a notice, entered by hand, and what became of it."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.auth.permissions import Permission
from api.auth.person import Person
from api.desk.deliveries import DeliveryIn
from api.desk.errors import CaseClosed, DeliveryConflict, Invalid, NotFound
from api.desk.live import must_be_seen
from api.paging import known_shape
from arrears.policy.tasks import Missing
from arrears.store import queries
from web.forms import DeliveryForm, told
from web.gate import Permitted
from web.office import Office, TheOffice
from web.waiting import until_settled

router = APIRouter()

Reporter = Annotated[Person, Depends(Permitted(Permission.REPORT_DELIVERY))]


@dataclass(frozen=True)
class Letter:
    """The notice a page is about."""

    case_id: str
    notice_id: str

    @property
    def case_href(self) -> str:
        return f"/cases/{quote(self.case_id, safe='')}"

    @property
    def href(self) -> str:
        return f"{self.case_href}/notices/{quote(self.notice_id, safe='')}/delivery"


def named(case_id: str, notice_id: str) -> Letter:
    return Letter(known_shape(case_id), known_shape(notice_id))


TheLetter = Annotated[Letter, Depends(named)]


def typed(
    status: Annotated[str, Form()] = "",
    at: Annotated[str, Form()] = "",
    reference: Annotated[str, Form()] = "",
) -> DeliveryForm:
    return DeliveryForm(status, at, reference)


@router.get("/cases/{case_id}/notices/{notice_id}/delivery")
def show(request: Request, letter: TheLetter, office: TheOffice, who: Reporter) -> Response:
    return _page(request, office, who, letter)


@router.post("/cases/{case_id}/notices/{notice_id}/delivery")
async def report(
    request: Request,
    letter: TheLetter,
    office: TheOffice,
    who: Reporter,
    form: Annotated[DeliveryForm, Depends(typed)],
) -> Response:
    answer = await run_in_threadpool(_report, request, office, who, letter, form)
    if isinstance(answer, Response):
        return answer
    await until_settled(office.desk, who, answer, patience=office.patience)
    return RedirectResponse(letter.href, 303)


def _report(
    request: Request, office: Office, who: Person, letter: Letter, form: DeliveryForm
) -> Response | str:
    """The message id when it is kept; else the form with what is wrong."""
    with office.store.reading() as connection:
        if queries.notice(connection, letter.case_id, letter.notice_id) is None:
            raise NotFound
    delivery = form.read(letter.notice_id, office.shapes)
    if not isinstance(delivery, DeliveryIn):
        return _page(request, office, who, letter, form=form, faults=delivery)
    try:
        return office.desk.report_delivery(who, delivery)
    except Invalid as invalid:
        return _page(request, office, who, letter, form=form, faults=invalid.missing)
    except (DeliveryConflict, CaseClosed):
        return _page(request, office, who, letter, form=form, conflict=True)


def _page(
    request: Request,
    office: Office,
    who: Person,
    letter: Letter,
    *,
    form: DeliveryForm | None = None,
    faults: list[Missing] | None = None,
    conflict: bool = False,
) -> Response:
    with office.store.reading() as connection:
        case = queries.case(connection, letter.case_id)
        notice = queries.notice(connection, letter.case_id, letter.notice_id)
        reports = queries.deliveries_of(connection, letter.case_id, letter.notice_id)
        if case is None or notice is None:
            raise NotFound
        must_be_seen(connection, who, letter.case_id)
    return office.pages.show(
        request,
        "delivery.html",
        status=409 if conflict else 422 if faults else 200,
        case=case,
        notice=notice,
        letter=letter,
        reports=reports,
        may_come=case.status == "open" and notice.status in ("sent", "arrived"),
        form=form or DeliveryForm(),
        errors=told(faults or []),
        conflict=conflict,
        under_way=queries.UNDER_WAY,
    )
