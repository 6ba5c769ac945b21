"""Money that might have bounced and cannot any more: kept beside the payment once, and told to its case."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, exists, select, update
from sqlalchemy.sql.elements import ColumnElement

from arrears.names import final_message_id
from arrears.store.intents import Posted, Said, Standing, live_case, raise_incident, say
from arrears.store.tables import loans, payments

SIGNAL: Final = "payment_finalized"


class NotProvisional(Exception):
    """The payment was final from the beginning, is history, or was taken back."""


def finalize(
    connection: Connection, payment_id: str, *, at: datetime, source: str, reopen_days: int
) -> Posted | None:
    """The same word again changes nothing. None for an unknown payment; raises NotProvisional."""
    payment = _held(connection, payment_id)
    if payment is None:
        return None
    if payment.final_at is not None:
        return Posted(Standing.REPEATED)
    if not payment.provisional or payment.kind != "payment" or payment.reversed:
        raise NotProvisional(payment_id)
    connection.execute(update(payments).where(payments.c.payment_id == payment_id).values(final_at=at))
    if payment.standing != Standing.MESSAGE:
        return Posted(Standing(payment.standing))
    case = live_case(connection, payment.loan_id, at=at, reopen_days=reopen_days)
    if case is None:
        return _without_case(connection, payment_id, payment, at=at)
    content = {
        "payment_id": payment_id,
        "amount_minor": payment.amount_minor,
        "in_balance": _in_balance(payment),
    }
    message_id = final_message_id(payment_id)
    say(connection, Said(case, message_id, SIGNAL, source, at, content))
    return Posted(Standing.MESSAGE, case, message_id)


def _without_case(
    connection: Connection, payment_id: str, payment: Row[*tuple[Any, ...]], *, at: datetime
) -> Posted:
    """Its case has closed meanwhile, on the core bank's word: either that had the money in, or somebody must look."""
    if _in_balance(payment):
        return Posted(Standing.HISTORY)
    money = {"amount_minor": payment.amount_minor, "currency": payment.currency}
    raise_incident(
        connection,
        kind="payment_without_case",
        key=payment_id,
        at=at,
        loan_id=payment.loan_id,
        detail={"payment_id": payment_id, **money},
    )
    return Posted(Standing.SUSPENSE)


def _held(connection: Connection, payment_id: str) -> Row[*tuple[Any, ...]] | None:
    """The row, kept as it is until the transaction ends: two who say it at once say it once."""
    return connection.execute(
        select(
            payments.c.loan_id,
            payments.c.kind,
            payments.c.provisional,
            payments.c.final_at,
            payments.c.standing,
            payments.c.amount_minor,
            payments.c.currency,
            payments.c.value_on,
            loans.c.as_of_date,
            _taken_back(payment_id).label("reversed"),
        )
        .outerjoin(loans, loans.c.loan_id == payments.c.loan_id)
        .where(payments.c.payment_id == payment_id)
        .with_for_update(of=payments)
    ).first()


def _taken_back(payment_id: str) -> ColumnElement[bool]:
    back = payments.alias()
    return exists().where(back.c.reverses_payment_id == payment_id, back.c.kind == "reversal")


def _in_balance(payment: Row[*tuple[Any, ...]]) -> bool:
    """The core bank's state is of the payment's day or a later one, so it has it in already."""
    return payment.as_of_date is not None and payment.value_on <= payment.as_of_date
