"""A repayment plan: computed first, signed when the debtor has agreed."""

from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from api.auth.permissions import Permission
from api.auth.person import Person
from api.desk import plans as desk_plans
from api.desk.errors import CaseClosed, Invalid, NotFound, PlanStands, SecondPersonNeeded, StaleForm
from api.desk.live import must_be_seen
from api.desk.plans import PlanIn
from api.paging import known_shape
from arrears.policy import agreements
from arrears.policy.tasks import Missing
from arrears.store import queries
from web.gate import Permitted
from web.office import Office, TheOffice
from web.plan_form import FIGURES, InstalmentRow, PlanForm, computed, told
from web.waiting import until_settled

router = APIRouter()

Officer = Annotated[Person, Depends(Permitted(Permission.SIGN_PLAN))]

_UNTAKEN: Final = (CaseClosed, PlanStands, SecondPersonNeeded)


@dataclass(frozen=True)
class Shown:
    """What stands on the page beside the form."""

    form: PlanForm
    faults: tuple[Missing, ...] = ()
    rows: tuple[InstalmentRow, ...] = ()
    approvals: int = 0
    untaken: str = ""  # why the case takes none, as a message id
    is_stale: bool = False


class Typed(BaseModel):
    """The form as the browser sends it; `act` is the button that was pressed."""

    method: str = ""
    amount: str = ""
    yearly_bp: str = ""
    periods: str = ""
    first_due_on: str = ""
    charges: str = ""
    acceptance: str = ""
    proof: str = ""
    guarantor_proof: str = ""
    without_guarantor: str = ""
    clause: list[str] = []
    facts_no: str = ""
    act: str = "sign"

    def form(self) -> PlanForm:
        fields = self.model_dump(exclude={"clause", "act"})
        return PlanForm(**fields, clauses=tuple(self.clause))


@router.get("/cases/{case_id}/plans/new")
def show_form(request: Request, case_id: str, office: TheOffice, who: Officer) -> Response:
    return _page(request, office, who, known_shape(case_id), Shown(PlanForm()))


@router.post("/cases/{case_id}/plans")
async def sign(
    request: Request, case_id: str, office: TheOffice, who: Officer, typed: Annotated[Typed, Form()]
) -> Response:
    """`compute` shows the instalments and changes nothing."""
    case = known_shape(case_id)
    what = _compute if typed.act == "compute" else _sign
    answer = await run_in_threadpool(what, request, office, who, case, typed.form())
    if isinstance(answer, Response):
        return answer
    await until_settled(office.desk, who, answer, patience=office.patience)
    return RedirectResponse(f"{_href(case)}#plans-title", 303)


def _compute(request: Request, office: Office, who: Person, case_id: str, form: PlanForm) -> Response | str:
    plan = form.figures(case_id, _currency(office))
    if isinstance(plan, list):
        return _page(request, office, who, case_id, Shown(form, tuple(plan)))
    try:
        faults = [fault for fault in office.desk.plan_faults(who, plan) if fault.field in FIGURES]
    except CaseClosed as closed:
        return _page(request, office, who, case_id, Shown(form, untaken=closed.message_id))
    if faults:
        return _page(request, office, who, case_id, Shown(form, tuple(faults)))
    return _page(request, office, who, case_id, _with_rows(office, plan, Shown(form)))


def _sign(request: Request, office: Office, who: Person, case_id: str, form: PlanForm) -> Response | str:
    """The message id when it is kept; else the form with what is wrong."""
    plan = form.read(case_id, _currency(office))
    if isinstance(plan, list):
        return _page(request, office, who, case_id, Shown(form, tuple(plan)))
    try:
        return office.desk.sign_plan(who, plan)
    except Invalid as invalid:
        return _page(request, office, who, case_id, Shown(form, tuple(invalid.missing)))
    except StaleForm:
        return _page(request, office, who, case_id, _with_rows(office, plan, Shown(form, is_stale=True)))
    except _UNTAKEN as untaken:
        return _page(request, office, who, case_id, Shown(form, untaken=untaken.message_id))


def _with_rows(office: Office, plan: PlanIn, shown: Shown) -> Shown:
    needed = agreements.approvals(plan.offer.periods, office.rules_now().terms)
    return Shown(shown.form, rows=computed(plan.offer), approvals=needed, is_stale=shown.is_stale)


def _page(request: Request, office: Office, who: Person, case_id: str, shown: Shown) -> Response:
    with office.store.reading() as connection:
        case = queries.case(connection, case_id)
        ground = desk_plans.ground_of(connection, case_id)
        if case is None or ground is None:
            raise NotFound
        must_be_seen(connection, who, case_id)
    is_conflict = bool(shown.untaken) or shown.is_stale
    return office.pages.show(
        request,
        "plan_new.html",
        status=409 if is_conflict else 422 if shown.faults else 200,
        case=case,
        case_href=_href(case_id),
        ground=ground,
        shown=shown,
        form=shown.form,
        errors=told(shown.faults),
        terms=office.rules_now().terms,
    )


def _currency(office: Office) -> str:
    return office.rules_now().terms.currency


def _href(case_id: str) -> str:
    return f"/cases/{quote(case_id, safe='')}"
