"""Holds and consent, said by hand from the case page, and the stop of all work."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.auth.permissions import Permission, may
from api.auth.person import Person
from api.desk.errors import HoldOver, HoldStands, Invalid, NotFound
from api.desk.holding import PLACED_BY_HAND, HoldIn, frozen
from api.desk.live import must_be_seen
from api.paging import known_shape
from arrears.policy.tasks import Missing
from arrears.store import queries
from web.forms import HoldForm, told
from web.gate import Permitted
from web.office import Office, TheOffice
from web.waiting import until_settled

router = APIRouter()

Placer = Annotated[Person, Depends(Permitted(Permission.PLACE_HOLD))]
Ender = Annotated[Person, Depends(Permitted(Permission.END_HOLD))]
Hearer = Annotated[Person, Depends(Permitted(Permission.CHANGE_CONSENT))]


def typed(  # noqa: PLR0917  # one a field
    kind: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    part: Annotated[str, Form()] = "",
    until: Annotated[str, Form()] = "",
    evidence: Annotated[str, Form()] = "",
    against: Annotated[str, Form()] = "",
    wide: Annotated[str, Form()] = "",
) -> HoldForm:
    return HoldForm(kind, reason, part, until, evidence, against, wide)


@router.get("/cases/{case_id}/holds")
def show(request: Request, case_id: str, office: TheOffice, who: Placer) -> Response:
    return _page(request, office, who, known_shape(case_id), HoldForm())


@router.post("/cases/{case_id}/holds")
async def place(
    request: Request,
    case_id: str,
    office: TheOffice,
    who: Placer,
    form: Annotated[HoldForm, Depends(typed)],
) -> Response:
    case = known_shape(case_id)
    said = await run_in_threadpool(_place, request, office, who, case, form)
    if isinstance(said, Response):
        return said
    await until_settled(office.desk, who, said, patience=office.patience)
    return RedirectResponse(_href(case), 303)


@router.post("/cases/{case_id}/holds/{hold_id}/end")
async def end(
    case_id: str, hold_id: str, office: TheOffice, who: Ender, reason: Annotated[str, Form()] = ""
) -> Response:
    """Without a reason nothing ends; the page stands as it stood."""
    case = known_shape(case_id)
    said = await run_in_threadpool(_end, office, who, case, known_shape(hold_id), reason)
    if said:
        await until_settled(office.desk, who, said, patience=office.patience)
    return RedirectResponse(f"{_href(case)}#holds-title", 303)


@router.post("/cases/{case_id}/contacts/{contact_id}/consent")
def change_consent(  # noqa: PLR0917  # one a field
    case_id: str,
    contact_id: str,
    office: TheOffice,
    who: Hearer,
    given: Annotated[str, Form()] = "",
    evidence: Annotated[str, Form()] = "",
) -> Response:
    """Consent without its proof is none."""
    case, proof = known_shape(case_id), evidence.strip()
    try:
        office.desk.consents.change(
            who, case, known_shape(contact_id), given=given == "yes", evidence=proof or None
        )
    except Invalid:
        return RedirectResponse(f"{_href(case)}#consent-title", 303)
    return RedirectResponse(_href(case), 303)


def _place(request: Request, office: Office, who: Person, case_id: str, form: HoldForm) -> Response | str:
    hold = form.read(office.rules_now().terms.currency)
    if not isinstance(hold, HoldIn):
        return _page(request, office, who, case_id, form, faults=hold)
    try:
        return office.desk.holds.place(who, case_id, hold)
    except Invalid as invalid:
        return _page(request, office, who, case_id, form, faults=invalid.missing)
    except HoldStands:
        return _page(request, office, who, case_id, form, stands=True)


def _end(office: Office, who: Person, case_id: str, hold_id: str, reason: str) -> str:
    try:
        return office.desk.holds.end(who, case_id, hold_id, reason)
    except (Invalid, HoldOver):
        return ""


def _page(
    request: Request,
    office: Office,
    who: Person,
    case_id: str,
    form: HoldForm,
    *,
    faults: list[Missing] | None = None,
    stands: bool = False,
) -> Response:
    with office.store.reading() as connection:
        case = queries.case(connection, case_id)
        if case is None:
            raise NotFound
        must_be_seen(connection, who, case_id)
    return office.pages.show(
        request,
        "hold.html",
        status=409 if stands else 422 if faults else 200,
        case=case,
        case_href=_href(case_id),
        kinds=[kind.value for kind in PLACED_BY_HAND],
        form=form,
        errors=told(faults or []),
        stands=stands,
    )


def _href(case_id: str) -> str:
    return f"/cases/{quote(case_id, safe='')}"


# ---- the whole bank --------------------------------------------------------------------------------------


@router.get("/freeze")
def show_freeze(
    request: Request, office: TheOffice, who: Annotated[Person, Depends(Permitted(Permission.SEE_FREEZE))]
) -> Response:
    return _freeze_page(request, office, who)


@router.post("/freeze")
def freeze(
    request: Request,
    office: TheOffice,
    who: Annotated[Person, Depends(Permitted(Permission.FREEZE))],
    reason: Annotated[str, Form()] = "",
) -> Response:
    try:
        office.desk.holds.freeze(who, reason)
    except Invalid as invalid:
        return _freeze_page(request, office, who, faults=invalid.missing)
    except HoldStands:
        pass
    return RedirectResponse("/freeze", 303)


@router.post("/freeze/{hold_id}/end")
def thaw(
    request: Request,
    hold_id: str,
    office: TheOffice,
    who: Annotated[Person, Depends(Permitted(Permission.THAW))],
    reason: Annotated[str, Form()] = "",
) -> Response:
    try:
        office.desk.holds.thaw(who, known_shape(hold_id), reason)
    except Invalid as invalid:
        return _freeze_page(request, office, who, faults=invalid.missing)
    except HoldOver:
        pass
    return RedirectResponse("/freeze", 303)


def _freeze_page(
    request: Request, office: Office, who: Person, *, faults: list[Missing] | None = None
) -> Response:
    with office.store.reading() as connection:
        stop = frozen(connection)
    return office.pages.show(
        request,
        "freeze.html",
        status=422 if faults else 200,
        stop=stop,
        may_freeze=may(who, Permission.FREEZE),
        may_thaw=may(who, Permission.THAW),
        errors=told(faults or []),
    )
