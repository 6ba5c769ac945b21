"""Who works here: the list, one person, an invitation, roles, a new link, sessions ended for somebody else."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from api.auth.permissions import Permission, may
from api.auth.person import Person
from api.desk.absences import AbsenceDesk, AbsenceIn
from api.desk.accounts import AccountDesk
from api.desk.errors import Invalid
from api.desk.staffing import Link, NewPerson, StaffDesk
from api.paging import known_shape
from arrears.policy.tasks import Missing, Role
from arrears.store.queries.people import Standing
from web import words
from web.formats import typed_day
from web.forms import told
from web.gate import Permitted
from web.language import LANGUAGES
from web.office import Office, TheOffice
from web.words import called

router = APIRouter()

Reader = Annotated[Person, Depends(Permitted(Permission.SEE_STAFF))]
Manager = Annotated[Person, Depends(Permitted(Permission.MANAGE_STAFF))]
Ender = Annotated[Person, Depends(Permitted(Permission.END_SESSIONS))]
Planner = Annotated[Person, Depends(Permitted(Permission.PLAN_ABSENCE))]
Typed = Annotated[str, Form()]
Chosen = Annotated[list[str], Form()]


@router.get("/staff")
def show(
    request: Request, office: TheOffice, who: Reader, status: str = "", after: str | None = None
) -> Response:
    left = status == Standing.LEFT
    lines, more = StaffDesk(office.store).listed(who, left=left, after=known_shape(after) if after else None)
    query = "status=left&" if left else ""
    return office.pages.show(
        request,
        "staff.html",
        lines=lines,
        away={} if left else AbsenceDesk(office.store, office.rules).away(),
        shows_left=left,
        may_manage=may(who, Permission.MANAGE_STAFF),
        more_href=f"/staff?{query}after={more}" if more else None,
        is_later=after is not None,
    )


@router.get("/staff/invite")
def show_invite(request: Request, office: TheOffice, _who: Manager) -> Response:
    return _invite_page(request, office, NewPerson("", "", frozenset()), {})


@router.post("/staff/invite")
def invite(  # noqa: PLR0917  # one a field
    request: Request,
    office: TheOffice,
    who: Manager,
    login: Typed = "",
    name: Typed = "",
    roles: Chosen = [],  # noqa: B006  # only read
    language: Typed = "",
) -> Response:
    new = NewPerson(login, name, _roles(roles), language)
    try:
        link = StaffDesk(office.store).invite(who, new)
    except Invalid as invalid:
        return _invite_page(request, office, new, told(invalid.missing))
    return _link_page(request, office, who, link)


@router.get("/staff/{staff_id}")
def look(request: Request, staff_id: str, office: TheOffice, who: Reader) -> Response:
    return person_page(request, office, who, known_shape(staff_id))


@router.post("/staff/{staff_id}/roles")
def set_roles(
    request: Request,
    staff_id: str,
    office: TheOffice,
    who: Manager,
    roles: Chosen = [],  # noqa: B006  # only read
) -> Response:
    try:
        StaffDesk(office.store).set_roles(who, known_shape(staff_id), _roles(roles))
    except Invalid as invalid:
        return person_page(request, office, who, staff_id, faults=told(invalid.missing))
    return RedirectResponse(f"/staff/{staff_id}", 303)


@router.post("/staff/{staff_id}/link")
def new_link(request: Request, staff_id: str, office: TheOffice, who: Manager) -> Response:
    return _link_page(request, office, who, StaffDesk(office.store).new_link(who, known_shape(staff_id)))


@router.post("/staff/{staff_id}/return")
def take_back(staff_id: str, office: TheOffice, who: Manager) -> Response:
    StaffDesk(office.store).take_back(who, known_shape(staff_id))
    return RedirectResponse(f"/staff/{staff_id}", 303)


@router.post("/staff/{staff_id}/sessions/end")
def end_sessions(staff_id: str, office: TheOffice, who: Ender) -> Response:
    AccountDesk(office.store, office.entrance.sessions).end_of(who, known_shape(staff_id))
    return RedirectResponse(f"/staff/{staff_id}", 303)


@router.post("/staff/{staff_id}/absences")
def enter_absence(  # noqa: PLR0917  # one a field
    request: Request,
    staff_id: str,
    office: TheOffice,
    who: Planner,
    from_day: Typed = "",
    to_day: Typed = "",
    substitute_id: Typed = "",
) -> Response:
    typed = {"from_day": from_day, "to_day": to_day, "substitute_id": substitute_id}
    first, last = typed_day(from_day), typed_day(to_day)
    try:
        if first is None or last is None:
            raise Invalid(_unread(typed))
        said = AbsenceIn(first, last, substitute_id)
        AbsenceDesk(office.store, office.rules).enter(who, known_shape(staff_id), said)
    except Invalid as invalid:
        return person_page(request, office, who, staff_id, faults=told(invalid.missing), typed=typed)
    return RedirectResponse(f"/staff/{staff_id}", 303)


@router.post("/staff/{staff_id}/absences/{absence_id}/end")
def end_absence(staff_id: str, absence_id: str, office: TheOffice, who: Planner) -> Response:
    desk = AbsenceDesk(office.store, office.rules)
    desk.withdraw(who, known_shape(staff_id), known_shape(absence_id))
    return RedirectResponse(f"/staff/{staff_id}", 303)


def person_page(
    request: Request,
    office: Office,
    who: Person,
    staff_id: str,
    *,
    faults: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    line = StaffDesk(office.store).look(who, staff_id)
    absences = AbsenceDesk(office.store, office.rules)
    plans = may(who, Permission.PLAN_ABSENCE) and line.standing is Standing.ACTIVE
    manages = may(who, Permission.MANAGE_STAFF) and staff_id != who.staff_id
    here = line.standing is not Standing.LEFT
    return office.pages.show(
        request,
        "person.html",
        status=422 if faults else 200,
        line=line,
        roles=_choices(),
        errors=faults or {},
        may_change_roles=manages,
        may_link=manages and here,
        may_let_go=manages and (here or line.held > 0),
        may_take_back=manages and not here,
        may_end_sessions=may(who, Permission.END_SESSIONS) and line.sessions > 0,
        languages=LANGUAGES,
        absences=absences.of(staff_id),
        away=absences.away(),
        may_plan=plans,
        substitutes=absences.fit_for(staff_id) if plans else (),
        typed=typed or {},
    )


def _invite_page(request: Request, office: Office, new: NewPerson, faults: Mapping[str, str]) -> Response:
    return office.pages.show(
        request,
        "staff_invite.html",
        status=422 if faults else 200,
        typed=new,
        roles=_choices(),
        languages=LANGUAGES,
        errors=faults,
    )


def _link_page(request: Request, office: Office, who: Person, link: Link) -> Response:
    """The only answer that ever holds the token."""
    scheme = "https" if office.entrance.secure_cookies else "http"
    return office.pages.show(
        request,
        "staff_link.html",
        line=StaffDesk(office.store).look(who, link.staff_id),
        address=f"{scheme}://{request.headers.get('host', '')}/invitation/{link.token}",
        ends_at=link.ends_at,
    )


def _unread(typed: Mapping[str, str]) -> list[Missing]:
    days = {name: typed[name] for name in ("from_day", "to_day") if typed_day(typed[name]) is None}
    return [Missing(name, "day_unreadable" if day.strip() else "day_required") for name, day in days.items()]


def _choices() -> tuple[tuple[str, str], ...]:
    return tuple((role.value, called(words.ROLES, role.value)) for role in Role)


def _roles(chosen: list[str]) -> frozenset[Role]:
    known = {role.value for role in Role}
    return frozenset(Role(role) for role in chosen if role in known)
