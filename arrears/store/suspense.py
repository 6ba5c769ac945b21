"""Money in suspense: what an incident keeps of it, and how it comes onto a loan."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, exists, select

from arrears.contracts import fingerprint
from arrears.store import refunds
from arrears.store.intents import PaymentIn, Posted, post_payment
from arrears.store.tables import borrowers, cases, loans, payments, transfers

ASSIGNED: Final = "assigned"
OUTCOMES: Final = (ASSIGNED, *refunds.OUTCOMES)

_OF_PAYMENTS: Final = frozenset({"payment_unknown_loan", "payment_without_case"})
_OF_TRANSFERS: Final = frozenset(
    {"transfer_unknown_borrower", "transfer_unknown_loan", "transfer_between_states"}
)
KINDS: Final = _OF_PAYMENTS | _OF_TRANSFERS  # all of it, while a surplus is what was left over of it


@dataclass(frozen=True)
class Apart:
    """Minor units, and the day the payer paid on; `source` is who posted it."""

    amount_minor: int
    currency: str
    value_on: date
    channel: str
    source: str
    may_bounce: bool
    taken_back: bool


@dataclass(frozen=True)
class Target:
    """The loan it is to go onto; `product`, `name` and `case_id` are there to be recognized by."""

    loan_id: str
    borrower_id: str
    name: str
    product: str
    currency: str
    as_of: date
    case_id: str | None
    overdue_minor: int


def apart(connection: Connection, incident: Row[*tuple[Any, ...]]) -> Apart | None:
    """None when no money came: a charge or a reversal that found no loan."""
    if incident.kind in _OF_TRANSFERS or incident.kind == "transfer_surplus":
        return _of_transfer(connection, incident.detail)
    payment_id = incident.detail.get("payment_id", incident.incident_id.removeprefix("surplus-"))
    row = connection.execute(
        select(payments).where(payments.c.payment_id == payment_id, payments.c.kind == "payment")
    ).first()
    if row is None:
        return None
    back = exists().where(payments.c.reverses_payment_id == payment_id, payments.c.kind == "reversal")
    return Apart(
        incident.detail.get("surplus_minor", row.amount_minor),
        row.currency,
        row.value_on,
        row.channel,
        row.source,
        may_bounce=row.provisional and row.final_at is None,
        taken_back=bool(connection.execute(select(back)).scalar_one()),
    )


def _of_transfer(connection: Connection, detail: Mapping[str, Any]) -> Apart | None:
    row = connection.execute(
        select(transfers).where(transfers.c.transfer_id == detail["transfer_id"])
    ).first()
    if row is None:
        return None
    return Apart(
        row.surplus_minor,
        row.currency,
        row.value_on,
        row.channel,
        row.source,
        may_bounce=row.provisional,
        taken_back=False,
    )


def target(connection: Connection, loan_id: str) -> Target | None:
    """The loan as its latest case knows it, else as the core bank stated it."""
    row = connection.execute(
        select(loans, borrowers.c.name, cases.c.case_id, cases.c.overdue_minor.label("known"))
        .outerjoin(borrowers, borrowers.c.borrower_id == loans.c.borrower_id)
        .outerjoin(cases, cases.c.loan_id == loans.c.loan_id)
        .where(loans.c.loan_id == loan_id)
        .order_by(cases.c.episode.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    return Target(
        row.loan_id,
        row.borrower_id,
        row.name or "",
        row.product,
        row.currency,
        row.as_of_date,
        row.case_id,
        row.overdue_minor if row.known is None else row.known,
    )


def assigned_id(incident_id: str) -> str:
    """The payment it becomes on its loan: an incident becomes one, however often it is said."""
    return f"assigned-{fingerprint(incident_id)[:16]}"


def as_payment(incident_id: str, kept: Apart, onto: Target, *, today: date) -> PaymentIn:
    """Under the payer's day where the loan's state does not end it: that state knows nothing of this money."""
    return PaymentIn(
        payment_id=assigned_id(incident_id),
        loan_id=onto.loan_id,
        booked_on=today,
        value_on=max(kept.value_on, onto.as_of + timedelta(days=1)),
        amount_minor=kept.amount_minor,
        currency=kept.currency,
        channel=kept.channel,
    )


def assign(connection: Connection, payment: PaymentIn, *, at: datetime, by: str, reopen_days: int) -> Posted:
    """As a payment of that loan. The caller has seen that a case takes it."""
    return post_payment(connection, payment, at=at, source=by, reopen_days=reopen_days)
