"""Money posted by hand, and what became of it."""

import re
import secrets
from datetime import date
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.auth.permissions import Permission
from api.auth.person import Person
from api.desk.errors import Invalid, NotFound, PaymentConflict, SurplusUnseen
from api.paging import known_shape
from arrears import clock
from arrears.names import payment_message_id
from arrears.policy.tasks import Missing
from arrears.store import queries, transfers
from arrears.store.intents import PaymentIn, Standing
from arrears.store.transfers import TransferIn
from web.forms import PaymentForm, told
from web.gate import Permitted
from web.office import Office, TheOffice
from web.waiting import until_settled

router = APIRouter()

# What this page draws, and what a loan number can look like at all.
_OURS: Final = re.compile(r"hand-[0-9a-f]{16}")
_LOAN: Final = re.compile(r"[A-Za-z0-9_-]{1,48}")

Poster = Annotated[Person, Depends(Permitted(Permission.POST_PAYMENT))]


def typed(  # noqa: PLR0917  # one a field
    payment_id: Annotated[str, Form()] = "",
    loan_id: Annotated[str, Form()] = "",
    amount: Annotated[str, Form()] = "",
    value_on: Annotated[str, Form()] = "",
    borrower_id: Annotated[str, Form()] = "",
    surplus_seen: Annotated[str, Form()] = "",
) -> PaymentForm:
    return PaymentForm(payment_id, loan_id, amount, value_on, borrower_id, surplus_seen)


@router.get("/payments/new")
def show_form(request: Request, office: TheOffice, _who: Poster) -> Response:
    """The payment's id is drawn with the form: sent twice it is one payment."""
    form = PaymentForm(f"hand-{secrets.token_hex(8)}", value_on=_today(office).isoformat())
    return _form(request, office, form)


@router.post("/payments")
async def post(
    request: Request, office: TheOffice, who: Poster, form: Annotated[PaymentForm, Depends(typed)]
) -> Response:
    if not _OURS.fullmatch(form.payment_id):
        raise NotFound
    done = await run_in_threadpool(_post, request, office, who, form)
    if isinstance(done, Response):
        return done
    if done is not None:
        await until_settled(office.desk, who, payment_message_id(done), patience=office.patience)
    return RedirectResponse(f"/payments/{quote(form.payment_id, safe='')}", 303)


@router.get("/payments/{payment_id}")
def show(request: Request, payment_id: str, office: TheOffice, _who: Poster) -> Response:
    return payment_page(request, office, known_shape(payment_id))


def payment_page(request: Request, office: Office, payment_id: str, *, fault: str = "") -> Response:
    """`fault` says why something could not be done with it."""
    with office.store.reading() as connection:
        known = queries.payment(connection, payment_id)
        if known is None:
            transfer = transfers.kept(connection, payment_id)
            if transfer is None:
                raise NotFound
            became = queries.became(connection, [payment_id]).get(payment_id)
            return office.pages.show(request, "transfer.html", transfer=transfer, became=became)
        payment, said = known
        found = queries.cases_of_loan(connection, payment.loan_id)
        back = queries.reversal_of(connection, payment_id)
    waits = said is not None and said.status in queries.UNDER_WAY
    return office.pages.show(
        request,
        "payment.html",
        status=409 if fault else 200,
        fault=fault,
        back=back,
        may_take_back=payment.kind == "payment" and payment.standing != Standing.SUSPENSE and not back,
        payment=payment,
        said=said,
        waits=waits,
        case=found[0] if found else None,
        case_href=f"/cases/{quote(found[0].case_id, safe='')}" if found else None,
    )


def _post(request: Request, office: Office, who: Person, form: PaymentForm) -> Response | str | None:
    """The payment to wait for (of a transfer the last one), None for none; or the form with what is wrong."""
    money = form.read(currency=office.rules_now().terms.currency, today=_today(office))
    if isinstance(money, list):
        return _form(request, office, form, faults=money)
    if any(number and not _LOAN.fullmatch(number) for number in _numbers(money)):
        return _form(request, office, form, faults=[Missing("loan_id", "loan_unknown")])
    try:
        return _keep(office, who, money, form.agreed)
    except NotFound:
        return _form(request, office, form, faults=[Missing("loan_id", "loan_unknown")])
    except Invalid as invalid:
        faults = [_beside_loan(missing) for missing in invalid.missing]
        return _form(request, office, form, faults=faults)
    except PaymentConflict:
        return _form(request, office, form, conflict=True)
    except SurplusUnseen as beyond:
        return _form(request, office, form, beyond=beyond)


def _keep(office: Office, who: Person, money: PaymentIn | TransferIn, agreed: int | None) -> str | None:
    if isinstance(money, PaymentIn):
        office.desk.money.post_payment(who, money, by_hand=True, surplus_seen=agreed)
        return money.payment_id
    kept = office.desk.money.post_transfer(who, money, by_hand=True)
    return kept.shares[-1].payment_id if kept.shares else None


def _numbers(money: PaymentIn | TransferIn) -> tuple[str | None, ...]:
    if isinstance(money, PaymentIn):
        return (money.loan_id,)
    return money.borrower_id, money.designation


def _beside_loan(missing: Missing) -> Missing:
    """The loan the payer named is typed into the field of the loan."""
    return Missing("loan_id", missing.why) if missing.field == "designation" else missing


def _form(
    request: Request,
    office: Office,
    form: PaymentForm,
    *,
    faults: list[Missing] | None = None,
    conflict: bool = False,
    beyond: SurplusUnseen | None = None,
) -> Response:
    return office.pages.show(
        request,
        "payment_new.html",
        status=409 if conflict or beyond else 422 if faults else 200,
        form=form,
        errors=told(faults or []),
        conflict=conflict,
        beyond=beyond,
        currency=office.rules_now().terms.currency,
    )


def _today(office: Office) -> date:
    return office.shapes.day_of(clock.door_now())
