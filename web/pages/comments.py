"""What colleagues say to each other about a case."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from api.auth.permissions import Permission
from api.auth.person import Person
from api.desk.commenting import CommentDesk
from api.desk.errors import Invalid
from api.forms import LONGEST_REASON
from api.paging import known_shape
from arrears.policy.tasks import Missing
from web.forms import told, unkeepable
from web.gate import Permitted
from web.office import TheOffice
from web.pages.cases import show_case

router = APIRouter()

Writer = Annotated[Person, Depends(Permitted(Permission.COMMENT))]


@router.post("/cases/{case_id}/comments")
def write(
    request: Request, case_id: str, office: TheOffice, who: Writer, words: Annotated[str, Form()] = ""
) -> Response:
    case = known_shape(case_id)
    try:
        wrong: list[Missing] = unkeepable("words", words, longest=LONGEST_REASON)
        if wrong:
            raise Invalid(wrong)
        CommentDesk(office.store).write(who, case, words)
    except Invalid as invalid:
        return show_case(
            request, office, who, case, status=422, comment=words, comment_faults=told(invalid.missing)
        )
    return RedirectResponse(f"/cases/{quote(case, safe='')}#comments", 303)


@router.post("/cases/{case_id}/comments/seen")
def see(case_id: str, office: TheOffice, who: Writer) -> Response:
    case = known_shape(case_id)
    CommentDesk(office.store).see(who, case)
    return RedirectResponse(f"/cases/{quote(case, safe='')}#comments", 303)
