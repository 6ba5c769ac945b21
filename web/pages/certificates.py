"""Certificates of those who work with debtors: whose holds until when, and a new one after a test."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from api.auth.permissions import Permission
from api.auth.person import Person
from api.desk.certifying import CertificateDesk
from api.desk.errors import Invalid
from api.paging import known_shape
from arrears.policy.tasks import Missing
from web.formats import typed_day
from web.forms import told
from web.gate import Permitted
from web.office import Office, TheOffice

router = APIRouter()

Certifier = Annotated[Person, Depends(Permitted(Permission.CERTIFY_STAFF))]


@router.get("/certificates")
def show(request: Request, office: TheOffice, who: Certifier) -> Response:
    return _list(request, office, who)


@router.post("/certificates/{staff_id}")
def certify(
    request: Request, staff_id: str, office: TheOffice, who: Certifier, tested_on: Annotated[str, Form()] = ""
) -> Response:
    day = typed_day(tested_on)
    if day is None and tested_on.strip():
        faults = told([Missing("tested_on", "day_unreadable")])
        return _list(request, office, who, about=staff_id, typed=tested_on, faults=faults)
    try:
        CertificateDesk(office.store, office.rules).certify(who, known_shape(staff_id), tested_on=day)
    except Invalid as invalid:
        return _list(request, office, who, about=staff_id, typed=tested_on, faults=told(invalid.missing))
    return RedirectResponse("/certificates", 303)


def _list(
    request: Request,
    office: Office,
    who: Person,
    *,
    about: str = "",
    typed: str = "",
    faults: Mapping[str, str] | None = None,
) -> Response:
    return office.pages.show(
        request,
        "certificates.html",
        status=422 if faults else 200,
        people=CertificateDesk(office.store, office.rules).listed(who),
        about=about,
        typed=typed,
        fault=(faults or {}).get("tested_on", ""),
    )
