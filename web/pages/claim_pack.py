"""The evidence pack of a claim, as a PDF for the court and the bank's own file."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import RedirectResponse, Response

from api.auth.permissions import Permission
from api.auth.person import Person
from api.desk.exhibits import ExhibitDesk
from api.paging import known_shape
from arrears import clock
from arrears.channels.bank import load
from arrears.channels.cabinet import Cabinet
from arrears.channels.letters import language_for
from web import language
from web.approval_sheet import Seeing, Stated, approval_sheet, claim_task
from web.claim_pack import claim_pack
from web.contact_panel import Look
from web.gate import Permitted
from web.listing import Listing
from web.office import TheOffice
from web.task_sheet import Setting, task_sheet

router = APIRouter()


@router.get("/approvals/{task_id}/pack.pdf")
def show_pack(
    task_id: str,
    office: TheOffice,
    who: Annotated[Person, Depends(Permitted(Permission.READ_EXHIBIT))],
    on: str = "",
    rate: str = "",
) -> Response:
    """Stated as the page is. It names the debtor in full: whoever has it made is kept, and its hash is sealed (P11)."""
    stated = Stated(on[:20], rate[:20])
    bank = load(office.settings.bank_file)[language_for(language.spoken())]
    with office.store.reading() as connection:
        task = claim_task(connection, who, known_shape(task_id))
        now = clock.case_now(task.decided_at)
        seeing = Seeing(who, now, office.rules.at(int(now.timestamp())), office.shapes)
        look = Look(who, now, seeing.rules, office.shapes, None)
        sheet = task_sheet(connection, task, Setting(look, Listing()), next_href=None)
        page = approval_sheet(connection, task, sheet, seeing, stated)
        if page.faults:  # told on the page
            return RedirectResponse(page.href + stated.query, 303)
        paper = claim_pack(connection, task.case_id, page, seeing, bank)
    sha256 = hashlib.sha256(paper).hexdigest()
    ExhibitDesk(office.store, office.rules, Cabinet(office.settings.documents)).note_pack(
        who, task.case_id, sha256
    )
    headers = {"Content-Disposition": f'inline; filename="{task.case_id}-{page.claim.on}.pdf"'}
    return Response(paper, media_type="application/pdf", headers=headers)
