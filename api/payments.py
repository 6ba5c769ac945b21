"""JSON: money posted by hand or by the core bank."""

import re
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header
from fastapi.responses import JSONResponse
from pydantic import Discriminator, Tag

from api.answers import PaymentKept, ShareKept, TransferKept
from api.auth.permissions import Permission
from api.auth.person import Person
from api.deps import Allowed, TheDesk, TheStore
from api.desk.desk import Desk
from api.errors import KeyMissing, KeyReused
from api.forms import PaymentBody, TransferBody
from api.paging import known_shape
from api.strict import StrictRoute
from arrears import clock
from arrears.contracts import fingerprint
from arrears.names import final_message_id, payment_message_id
from arrears.store import keyed, reads
from arrears.store.intents import PaymentIn, Standing
from arrears.store.keyed import Kept, Keyed
from arrears.store.session import Store

router = APIRouter(tags=["payments"], route_class=StrictRoute)

ROUTE: Final = "POST /payments"
_KEY: Final = re.compile(r"[\x21-\x7e]{1,128}")


def _sort(body: object) -> str:
    """Whoever names a debtor sends a transfer; so a fault is told of the one form that was meant."""
    named = body.get("borrower_id") if isinstance(body, dict) else getattr(body, "borrower_id", None)
    return "transfer" if named is not None else "payment"


Body = Annotated[
    Annotated[PaymentBody, Tag("payment")] | Annotated[TransferBody, Tag("transfer")], Discriminator(_sort)
]


@router.post(
    "/payments",
    status_code=HTTPStatus.CREATED,
    response_model=PaymentKept | TransferKept,
    responses={HTTPStatus.OK: {"model": PaymentKept | TransferKept, "description": "It was known"}},
)
def post_payment(
    body: Body,
    who: Annotated[Person, Depends(Allowed(Permission.POST_PAYMENT))],
    desk: TheDesk,
    store: TheStore,
    idempotency_key: Annotated[list[str] | None, Header()] = None,
) -> JSONResponse:
    """Money of one loan (`loan_id`), or of a debtor (`borrower_id`), then shared out among the debtor's loans.

    The same key with the same body gets the first answer again, with another body a refusal. 201 for a payment
    that is new, 200 for one whose `payment_id` is known with the same content.
    """
    request = Keyed(_key(idempotency_key), who.staff_id, ROUTE, fingerprint(body.model_dump(mode="json")))
    kept = _reserve(store, request)
    if kept.status == keyed.UNANSWERED:
        # A first request that died between both steps is done again: the payment id makes that harmless.
        status, answer = _post_any(desk, store, who, body)
        with store.transaction() as connection:
            kept = keyed.settle(connection, request, status=status, answer=answer.model_dump())
    return JSONResponse(kept.answer, kept.status)


@router.post(
    "/payments/{payment_id}/final",
    status_code=HTTPStatus.CREATED,
    response_model=PaymentKept,
    responses={HTTPStatus.OK: {"model": PaymentKept, "description": "It was said before"}},
)
def finalize_payment(
    payment_id: str,
    who: Annotated[Person, Depends(Allowed(Permission.POST_PAYMENT))],
    desk: TheDesk,
    store: TheStore,
) -> JSONResponse:
    """Provisional money can bounce no more: its case takes it against what is owed, and closes if all is paid.

    201 the first time, 200 when it was said before. Of a transfer all shares become final.
    """
    named = known_shape(payment_id)
    done = desk.money.finalize_payment(who, named)
    status = HTTPStatus.CREATED
    standing = reads.PaymentStanding(done.standing.value, done.case_id, done.message_id)
    if done.standing is Standing.REPEATED:
        status = HTTPStatus.OK
        with store.reading() as connection:
            said = reads.message(connection, final_message_id(named))
        standing = reads.PaymentStanding(
            done.standing.value, said.case_id if said else None, said.message_id if said else None
        )
    kept = PaymentKept(payment_id=named, **vars(standing))
    return JSONResponse(kept.model_dump(), status)


def _key(headers: list[str] | None) -> str:
    """One, or which of them counts would be anybody's guess."""
    if headers is None or len(headers) != 1 or not _KEY.fullmatch(headers[0]):
        raise KeyMissing
    return headers[0]


def _reserve(store: Store, request: Keyed) -> Kept:
    with store.transaction() as connection:
        kept = keyed.reserve(connection, request, at=clock.machine_now())
    if kept.body_hash != request.body_hash:
        raise KeyReused
    return kept


def _post_any(
    desk: Desk, store: Store, who: Person, body: PaymentBody | TransferBody
) -> tuple[int, PaymentKept | TransferKept]:
    if isinstance(body, PaymentBody):
        return _post(desk, store, who, body.payment())
    kept = desk.money.post_transfer(who, body.transfer())
    answer = TransferKept(
        payment_id=kept.transfer_id,
        standing=kept.standing,
        surplus_minor=kept.surplus_minor,
        shares=[ShareKept(**vars(share)) for share in kept.shares],
    )
    return HTTPStatus.OK if kept.repeated else HTTPStatus.CREATED, answer


def _post(desk: Desk, store: Store, who: Person, payment: PaymentIn) -> tuple[int, PaymentKept]:
    posted = desk.money.post_payment(who, payment)
    if posted.standing is not Standing.REPEATED:
        first = reads.PaymentStanding(posted.standing.value, posted.case_id, posted.message_id)
        return HTTPStatus.CREATED, _kept(payment, first)
    message_id = payment_message_id(payment.payment_id)
    with store.reading() as connection:
        known = reads.payment_standing(connection, payment.payment_id, message_id=message_id)
    assert known is not None, "a repeated payment has a row"
    return HTTPStatus.OK, _kept(payment, known)


def _kept(payment: PaymentIn, standing: reads.PaymentStanding) -> PaymentKept:
    return PaymentKept(
        payment_id=payment.payment_id,
        standing=standing.standing,
        case_id=standing.case_id,
        message_id=standing.message_id,
    )
