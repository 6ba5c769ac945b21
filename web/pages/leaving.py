"""Somebody leaves: who takes over the open tasks, and what became of each."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from api.auth.permissions import Permission
from api.auth.person import Person
from api.desk.errors import Invalid
from api.desk.leaving import TO_QUEUE, LeavingDesk
from api.desk.staffing import StaffDesk
from api.paging import known_shape
from arrears.store.queries.people import Standing
from web.forms import told
from web.gate import Permitted
from web.office import Office, TheOffice

router = APIRouter()

Manager = Annotated[Person, Depends(Permitted(Permission.MANAGE_STAFF))]

QUEUE: Final = "queue"
ONE_BY_ONE: Final = 50  # tasks that can each go to somebody else; all others go as most do
_PREFIX: Final = "to-"


async def chosen(request: Request) -> dict[str, str]:
    """To whom each task goes that goes to somebody else, by its id."""
    form = await request.form()
    fields = {
        name.removeprefix(_PREFIX): str(value) for name, value in form.items() if name.startswith(_PREFIX)
    }
    return {task_id: _taker(to) for task_id, to in fields.items() if to}


@router.get("/staff/{staff_id}/leave")
def show(request: Request, staff_id: str, office: TheOffice, who: Manager) -> Response:
    return _page(request, office, who, known_shape(staff_id))


@router.post("/staff/{staff_id}/leave")
def let_go(  # noqa: PLR0917  # one a field
    request: Request,
    staff_id: str,
    office: TheOffice,
    who: Manager,
    each: Annotated[dict[str, str], Depends(chosen)],
    to: Annotated[str, Form()] = "",
) -> Response:
    desk = LeavingDesk(office.store, office.rules)
    line = StaffDesk(office.store).look(who, known_shape(staff_id))
    try:
        handed = desk.let_go(who, staff_id, to=_taker(to), each=each)
    except Invalid as invalid:
        return _page(request, office, who, staff_id, to=to, each=each, faults=told(invalid.missing))
    if line.standing in {Standing.INVITED, Standing.OVERDUE}:
        return RedirectResponse("/staff", 303)
    return office.pages.show(request, "left.html", line=line, handed=handed)


def _page(
    request: Request,
    office: Office,
    who: Person,
    staff_id: str,
    *,
    to: str = "",
    each: Mapping[str, str] | None = None,
    faults: Mapping[str, str] | None = None,
) -> Response:
    work = LeavingDesk(office.store, office.rules).work(who, staff_id)
    everybody = sorted({pair for group in work.takers.values() for pair in group}, key=lambda pair: pair[1])
    return office.pages.show(
        request,
        "leave.html",
        status=422 if faults else 200,
        line=StaffDesk(office.store).look(who, staff_id),
        tasks=work.tasks[:ONE_BY_ONE],
        more=len(work.tasks) - ONE_BY_ONE,
        takers=work.takers,
        everybody=everybody,
        queue=QUEUE,
        to=to,
        each=each or {},
        errors=faults or {},
    )


def _taker(typed: str) -> str:
    return TO_QUEUE if typed in {"", QUEUE} else typed
