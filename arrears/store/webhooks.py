"""Signed events of other houses: each is kept once, with the first answer, in the transaction of what follows."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from arrears.store.intents import PaymentDiffers, PaymentIn, post_payment, raise_incident
from arrears.store.tables import incidents, payments, webhooks

UNANSWERED: Final = 0
WAITS: Final = "reversal_waits"  # the kind of incident


@dataclass(frozen=True)
class Heard:
    """An event whose signature is good; `body_hash` tells whether it is the same event."""

    source: str
    webhook_id: str
    body_hash: str
    type: str

    @property
    def actor(self) -> str:
        return f"webhook:{self.source}"


@dataclass(frozen=True)
class Kept:
    body_hash: str
    status: int
    answer: dict[str, Any]


def reserve(connection: Connection, heard: Heard, *, at: datetime) -> Kept | None:
    """Takes the id when it is free; else what stands there. Of two at once the second waits for the first."""
    put = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    row = vars(heard) | {"status": UNANSWERED, "answer": {}, "content": {}, "at": at}
    new = put(webhooks).values(row).on_conflict_do_nothing().returning(webhooks.c.webhook_id)
    if connection.execute(new).first() is not None:
        return None
    found = connection.execute(
        select(webhooks.c.body_hash, webhooks.c.status, webhooks.c.answer).where(*_of(heard))
    ).one()
    return Kept(found.body_hash, found.status, found.answer)


def settle(connection: Connection, heard: Heard, *, status: int, answer: dict[str, Any]) -> Kept:
    connection.execute(update(webhooks).where(*_of(heard)).values(status=status, answer=answer))
    return Kept(heard.body_hash, status, answer)


def let_wait(connection: Connection, heard: Heard, reversal: PaymentIn, *, at: datetime) -> None:
    """Nobody has heard of the payment it takes back: it waits, and operations are told, in case none comes."""
    days = {"booked_on": str(reversal.booked_on), "value_on": str(reversal.value_on)}
    connection.execute(
        update(webhooks)
        .where(*_of(heard))
        .values(waits_for=reversal.reverses_payment_id, content=vars(reversal) | days)
    )
    money = {"amount_minor": reversal.amount_minor, "currency": reversal.currency}
    raise_incident(
        connection,
        kind=WAITS,
        key=reversal.payment_id,
        at=at,
        loan_id=reversal.loan_id,
        detail={"payment_id": reversal.reverses_payment_id, **money},
    )


def release(connection: Connection, *, at: datetime, reopen_days: int) -> None:
    """Posts the reversals whose payment has come meanwhile, by whichever door; asked wherever money comes."""
    come = (
        select(webhooks.c.source, webhooks.c.webhook_id, webhooks.c.content)
        .join(payments, payments.c.payment_id == webhooks.c.waits_for)
        .with_for_update(of=webhooks)
    )
    for row in connection.execute(come).all():
        heard = Heard(row.source, row.webhook_id, "", "")
        connection.execute(update(webhooks).where(*_of(heard)).values(waits_for=None, content={}))
        _post(connection, _reversal(row.content), heard.actor, at=at, reopen_days=reopen_days)


def _post(connection: Connection, reversal: PaymentIn, actor: str, *, at: datetime, reopen_days: int) -> None:
    try:
        post_payment(connection, reversal, at=at, source=actor, reopen_days=reopen_days)
    except PaymentDiffers:
        return  # another word came under its number meanwhile: that one stands, and somebody has to look
    connection.execute(
        update(incidents)
        .where(incidents.c.incident_id == f"{WAITS}-{reversal.payment_id}", incidents.c.status == "open")
        .values(status="closed", closed_at=at, closed_by=actor, reason=reversal.reverses_payment_id)
    )


def _reversal(content: dict[str, Any]) -> PaymentIn:
    days = {name: date.fromisoformat(content[name]) for name in ("booked_on", "value_on")}
    return PaymentIn(**content | days)


def _of(heard: Heard) -> tuple[Any, ...]:
    return webhooks.c.source == heard.source, webhooks.c.webhook_id == heard.webhook_id
