"""What becomes of money that has come: it is final, or it is taken back."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.auth.permissions import Permission
from api.auth.person import Person
from api.desk import errors
from api.paging import known_shape
from arrears.policy.money import TakenBack
from arrears.store.intents import Posted
from web.gate import Permitted
from web.office import TheOffice
from web.pages.payments import payment_page
from web.waiting import until_settled
from web.words import FINAL_REFUSED, REVERSAL_REFUSED, Words, called

router = APIRouter()

Poster = Annotated[Person, Depends(Permitted(Permission.POST_PAYMENT))]


@router.post("/payments/{payment_id}/final")
async def finalize(request: Request, payment_id: str, office: TheOffice, who: Poster) -> Response:
    named = known_shape(payment_id)

    def say() -> Posted | Response:
        try:
            return office.desk.money.finalize_payment(who, named)
        except errors.NotProvisional as refusal:
            return _refused(FINAL_REFUSED, refusal)

    def _refused(words: Words, refusal: errors.DeskError) -> Response:
        return payment_page(request, office, named, fault=called(words, refusal.message_id))

    return await _done(office, who, named, await run_in_threadpool(say))


@router.post("/payments/{payment_id}/reversal")
async def take_back(
    request: Request, payment_id: str, office: TheOffice, who: Poster, reason: Annotated[str, Form()] = ""
) -> Response:
    named = known_shape(payment_id)

    def say() -> Posted | Response:
        try:
            return office.desk.money.take_back(who, named, TakenBack(reason))
        except ValueError:
            return _refused("reason_required")
        except (errors.NotReversible, errors.PaymentConflict) as refusal:
            return _refused(refusal.message_id)

    def _refused(why: str) -> Response:
        return payment_page(request, office, named, fault=called(REVERSAL_REFUSED, why))

    return await _done(office, who, named, await run_in_threadpool(say))


async def _done(office: TheOffice, who: Person, payment_id: str, said: Posted | Response) -> Response:
    if isinstance(said, Response):
        return said
    if said.message_id is not None:
        await until_settled(office.desk, who, said.message_id, patience=office.patience)
    return RedirectResponse(f"/payments/{quote(payment_id, safe='')}", 303)
