"""`arrears pay LOAN AMOUNT`: post a payment by hand."""

import secrets
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from api.desk import errors
from api.desk.desk import Desk
from arrears import clock
from arrears.cli.config import load_pack, load_settings, stop
from arrears.cli.stack import must_be_current, opened_store
from arrears.policy.currency import EXPONENTS
from arrears.store.intents import PaymentIn, Standing

_MEANS = {
    Standing.MESSAGE: "The case {case} is told.",
    Standing.HISTORY: "It is valued on or before the loan's state, so it is in the balance already; kept.",
    Standing.SUSPENSE: "No open case takes it: it is in suspense, see the incidents.",
    Standing.REPEATED: "This payment was known already; nothing changed.",
}


def pay(
    loan: Annotated[str, typer.Argument(help="The loan id.")],
    amount: Annotated[str, typer.Argument(help="In the loan's currency, such as 1200.50.")],
    value_on: Annotated[str, typer.Option(help="Value day, ISO; today when left out.")] = "",
    payment_id: Annotated[str, typer.Option(help="The bank's reference: the same one twice is one.")] = "",
) -> None:
    """Post a payment by hand; the case decides what follows."""
    settings = load_settings()
    pack = load_pack(settings)
    currency = pack.terms.currency
    today = pack.calendar.day_of(int(clock.door_now().timestamp()))
    payment = PaymentIn(
        payment_id=payment_id or f"hand-{secrets.token_hex(8)}",
        loan_id=loan,
        booked_on=today,
        value_on=_day(value_on) or today,
        amount_minor=_minor(amount, EXPONENTS[currency]),
        currency=currency,
    )
    store = opened_store(settings)
    must_be_current(store)
    try:
        posted = Desk(store, lambda: pack.rules).keep_payment(payment, source="command-line", by_hand=True)
    except errors.NotFound:
        stop(f"There is no loan {loan}.", code=1)
    except errors.PaymentConflict:
        stop(f"Payment {payment.payment_id} is known with other content; the first one stands.", code=1)
    except errors.Invalid as wrong:
        stop(f"Not posted: {wrong}", code=1)
    finally:
        store.close()
    typer.echo(f"{payment.payment_id}: {_MEANS[posted.standing].format(case=posted.case_id)}")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        stop(f"{text} is no ISO day such as 2026-11-23.")


def _minor(text: str, exponent: int) -> int:
    try:
        minor = Decimal(text.replace(",", "")).scaleb(exponent)
    except InvalidOperation:
        stop(f"{text} is no amount.")
    if not minor.is_finite() or minor != minor.to_integral_value() or minor <= 0:
        stop(f"{text} is not a positive amount with at most {exponent} decimals.")
    return int(minor)
