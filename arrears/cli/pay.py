"""`arrears pay LOAN AMOUNT`: post a payment by hand."""

import secrets
import sys
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import typer

from api.desk import errors
from api.desk.desk import Desk
from arrears import clock
from arrears.cli.config import load_pack, load_settings, stop
from arrears.cli.stack import must_be_current, opened_store
from arrears.policy.currency import EXPONENTS, minor_units
from arrears.store.in_force import PublishedRules
from arrears.store.intents import PaymentIn, Standing
from arrears.store.transfers import TransferIn

_MEANS = {
    Standing.MESSAGE: "The case {case} is told.",
    Standing.HISTORY: "It is valued on or before the loan's state, so it is in the balance already; kept.",
    Standing.SUSPENSE: "No open case takes it: it is in suspense, see the incidents.",
    Standing.REPEATED: "This payment was known already; nothing changed.",
}


def pay(
    loan_and_amount: Annotated[
        list[str],
        typer.Argument(metavar="[LOAN] AMOUNT", help="The amount as 1200.50, in the loan's currency."),
    ],
    borrower: Annotated[
        str,
        typer.Option(help="Share it out among this debtor's loans; LOAN is then the one the payer named."),
    ] = "",
    value_on: Annotated[str, typer.Option(help="Value day, ISO; today when left out.")] = "",
    payment_id: Annotated[str, typer.Option(help="The bank's reference: the same one twice is one.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Post it also when it is more than is owed.")] = False,
) -> None:
    """Post a payment by hand; the case decides what follows."""
    *loan, amount = loan_and_amount
    if len(loan) != 1 and not (borrower and not loan):
        stop("Say LOAN and AMOUNT, or AMOUNT with --borrower.")
    settings = load_settings()
    pack = load_pack(settings)
    currency = pack.terms.currency
    today = pack.calendar.day_of(int(clock.door_now().timestamp()))
    money = _Typed(
        payment_id or f"hand-{secrets.token_hex(8)}",
        today,
        _day(value_on) or today,
        _minor(amount, currency),
        currency,
    )
    store = opened_store(settings)
    must_be_current(store)
    desk = Desk(store, PublishedRules(store, pack.rules))
    try:
        if borrower:
            _transfer(desk, money.of_debtor(borrower, loan[0] if loan else None))
        else:
            _payment(desk, money.of_loan(loan[0]), yes=yes)
    except errors.NotFound:
        stop(f"There is no loan {loan[0]}.", code=1)
    except errors.PaymentConflict:
        stop(f"Payment {money.payment_id} is known with other content; the first one stands.", code=1)
    except errors.Invalid as wrong:
        stop(f"Not posted: {wrong}", code=1)
    finally:
        store.close()


@dataclass(frozen=True)
class _Typed:
    payment_id: str
    booked_on: date
    value_on: date
    amount_minor: int
    currency: str

    def of_loan(self, loan_id: str) -> PaymentIn:
        return PaymentIn(loan_id=loan_id, **vars(self))

    def of_debtor(self, borrower_id: str, designation: str | None) -> TransferIn:
        fields = dict(vars(self))
        return TransferIn(
            transfer_id=fields.pop("payment_id"), borrower_id=borrower_id, designation=designation, **fields
        )


def _payment(desk: Desk, payment: PaymentIn, *, yes: bool) -> None:
    seen = None
    while True:
        try:
            posted = desk.money.keep_payment(payment, source="command-line", by_hand=True, surplus_seen=seen)
            break
        except errors.SurplusUnseen as beyond:
            _agree(payment, beyond, yes=yes)
            seen = beyond.surplus
    typer.echo(f"{payment.payment_id}: {_MEANS[posted.standing].format(case=posted.case_id)}")


def _agree(payment: PaymentIn, beyond: errors.SurplusUnseen, *, yes: bool) -> None:
    """Asked of whoever sits there; a script has to say --yes."""
    if beyond.has_case:
        told = (
            f"Loan {payment.loan_id} owes {beyond.owed} minor units; {beyond.surplus} are left over, are kept aside "
            "and have to be given back."
        )
    else:
        told = f"No open case takes it: all of it, {beyond.surplus} minor units, is kept aside."
    typer.echo(told)
    if yes:
        return
    if not sys.stdin.isatty():
        stop("Not posted. With --yes it is posted all the same.", code=1)
    if not typer.confirm("Post it?"):
        stop("Not posted.", code=1)


def _transfer(desk: Desk, transfer: TransferIn) -> None:
    kept = desk.money.keep_transfer(transfer, source="command-line", by_hand=True)
    for share in kept.shares:
        typer.echo(f"{share.payment_id}: {share.loan_id} {share.amount_minor} minor units ({share.why})")
    if kept.surplus_minor:
        typer.echo(f"{kept.transfer_id}: {kept.surplus_minor} minor units are left over, see the incidents.")
    if kept.repeated or kept.standing == "history":
        typer.echo(f"{kept.transfer_id}: {_MEANS[Standing.REPEATED if kept.repeated else Standing.HISTORY]}")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        stop(f"{text} is no ISO day such as 2026-11-23.")


def _minor(text: str, currency: str) -> int:
    minor = minor_units(text, currency)
    if minor is None or minor <= 0:
        stop(f"{text} is no amount: write a positive one with at most {EXPONENTS[currency]} decimals.")
    return minor
