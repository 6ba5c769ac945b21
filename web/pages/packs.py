"""Policy packs: which holds, which are proposed, what each changes, and the second key."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from api.auth.permissions import Permission, may
from api.auth.person import Person
from api.desk import errors
from api.desk.publishing import PackDesk, may_turn_second_key
from api.paging import known_shape
from arrears import clock
from arrears.policy.preview import Milestone
from arrears.policy.tasks import Role
from arrears.store import packs, people, publishing, trying
from arrears.store.publishing import Published
from arrears.store.trying import Changed
from web import words
from web.forms import told
from web.gate import Permitted
from web.language import gettext as _
from web.language import pgettext
from web.office import Office, TheOffice
from web.words import called

router = APIRouter()

Reader = Annotated[Person, Depends(Permitted(Permission.READ_PACK))]
Publisher = Annotated[Person, Depends(Permitted(Permission.PUBLISH_PACK))]

# Each takes a few milliseconds; a page is for a look, `arrears pack try` for all of them.
_MOST_CASES: Final = 50
_COURSE: Final[words.Words] = {**words.STAGES, **words.TASKS, **words.CLOSINGS}


@dataclass(frozen=True)
class PackLine:
    pack: Published
    href: str
    proposed_by: str
    decided_by: str
    is_in_force: bool


@dataclass(frozen=True)
class CaseLine:
    """Where the two courses of a case part, in words."""

    case_id: str
    stage: str
    before: str
    after: str


@router.get("/packs")
def show(request: Request, office: TheOffice, who: Reader) -> Response:
    known = PackDesk(office.store).listed(who)
    with office.store.reading() as connection:
        holding = publishing.in_force(connection, clock.door_now())
        names = {row.staff_id: row.name for row in people.all_staff(connection)}
    held = packs.load(office.settings.pack).version if holding is None else holding.version
    return office.pages.show(
        request,
        "packs.html",
        lines=[_line(pack, names, held) for pack in known],
        held=held,
        is_founding=holding is None,
    )


@router.get("/packs/{version}")
def look(request: Request, version: str, office: TheOffice, who: Reader) -> Response:
    return _sheet(request, office, who, version)


@router.post("/packs/{version}/approve")
def approve(request: Request, version: str, office: TheOffice, who: Publisher) -> Response:
    try:
        PackDesk(office.store).approve(who, known_shape(version))
    except errors.SecondPersonNeeded:
        return _sheet(
            request, office, who, version, status=403, refused=_("The second key is another person's")
        )
    except errors.Invalid as invalid:
        refused = next(iter(told(invalid.missing).values()))
        return _sheet(request, office, who, version, status=422, refused=refused)
    return RedirectResponse(_href(version), 303)


@router.post("/packs/{version}/withdraw")
def withdraw(version: str, office: TheOffice, who: Publisher) -> Response:
    PackDesk(office.store).withdraw(who, known_shape(version))
    return RedirectResponse(_href(version), 303)


def _sheet(
    request: Request, office: Office, who: Person, version: str, *, status: int = 200, refused: str = ""
) -> Response:
    pack = PackDesk(office.store).look(who, known_shape(version))
    now = clock.door_now()
    founding = packs.load(office.settings.pack)
    with office.store.reading() as connection:
        holding = publishing.in_force(connection, now)
        staff = {row.staff_id: row for row in people.all_staff(connection)}
        rules = publishing.rules_of(pack, founding=founding.rules)
        since = int(max(now, pack.effective_at or now).timestamp())
        changed = trying.changes(connection, office.rules, rules, since=since)
        cases = list(islice(changed, _MOST_CASES)) if pack.status == "proposed" else []
    held = founding.version if holding is None else holding.version
    first = staff.get(pack.proposed_by)
    roles = frozenset(Role(role) for role in first.roles) if first is not None else frozenset[Role]()
    waits = pack.status == "proposed"
    return office.pages.show(
        request,
        "pack.html",
        status=status,
        line=_line(pack, {key: row.name for key, row in staff.items()}, held),
        numbers=trying.differences(founding.text if holding is None else holding.text, pack.text),
        held=held,
        cases=[_case(case) for case in cases],
        most=_MOST_CASES,
        may_approve=waits and may_turn_second_key(who, pack, roles),
        may_withdraw=waits and may(who, Permission.PUBLISH_PACK),
        refused=refused,
    )


def _line(pack: Published, names: dict[str, str], held: str) -> PackLine:
    return PackLine(
        pack,
        _href(pack.version),
        names.get(pack.proposed_by, pack.proposed_by),
        names.get(pack.decided_by or "", pack.decided_by or ""),
        pack.version == held,
    )


def _case(case: Changed) -> CaseLine:
    return CaseLine(case.case_id, case.stage, _course(case.before), _course(case.after))


def _course(milestones: Sequence[Milestone]) -> str:
    return pgettext("list", ", ").join(f"{one.on} {called(_COURSE, one.what)}" for one in milestones)


def _href(version: str) -> str:
    return f"/packs/{quote(version, safe='')}"
