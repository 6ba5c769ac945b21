"""Payments of a loan, and where the money went."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, RowMapping, select

from arrears.store.queries.said import said, said_of
from arrears.store.suspense import KINDS as SUSPENSE
from arrears.store.tables import allocations, incidents, messages, payments
from arrears.store.views import Became, PaymentView, Said

_KEEPING: Final = (*sorted(SUSPENSE), "transfer_surplus")


def ledger_of(connection: Connection, loan_id: str, *, limit: int = 200) -> tuple[PaymentView, ...]:
    """Every payment of the loan, newest first, with where the money went."""
    rows = (
        connection.execute(
            select(payments)
            .where(payments.c.loan_id == loan_id)
            .order_by(payments.c.value_on.desc(), payments.c.payment_id.desc())
            .limit(limit)
        )
        .mappings()
        .all()
    )
    split = _allocated(connection, [row["payment_id"] for row in rows])
    kept = became(connection, [row["payment_id"] for row in rows if row["standing"] == "suspense"])
    return tuple(
        _payment_of(row, split.get(row["payment_id"], {}), kept.get(row["payment_id"])) for row in rows
    )


def payment(connection: Connection, payment_id: str) -> tuple[PaymentView, Said | None] | None:
    """A payment and the message that told its case, if one did."""
    row = connection.execute(select(payments).where(payments.c.payment_id == payment_id)).mappings().first()
    if row is None:
        return None
    told = connection.execute(said().where(messages.c.message_id == f"pay-{payment_id}")).mappings().first()
    split = _allocated(connection, [payment_id]).get(payment_id, {})
    kept = became(connection, [payment_id]).get(payment_id)
    return _payment_of(row, split, kept), said_of(told) if told else None


def became(connection: Connection, money_ids: Sequence[str]) -> dict[str, Became]:
    """Of payments and transfers in suspense, by their id: what became of the incident that keeps each."""
    named = {f"{kind}-{one}": one for one in money_ids for kind in _KEEPING}
    if not named:
        return {}
    rows = connection.execute(
        select(incidents.c.incident_id, incidents.c.status, incidents.c.outcome, incidents.c.reference).where(
            incidents.c.incident_id.in_(list(named))
        )
    )
    return {named[row.incident_id]: Became(**row._mapping) for row in rows}


def reversal_of(connection: Connection, payment_id: str) -> str | None:
    """The payment that took this one back."""
    back = select(payments.c.payment_id).where(payments.c.reverses_payment_id == payment_id).limit(1)
    return connection.execute(back).scalar()


def _allocated(connection: Connection, payment_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    rows = connection.execute(
        select(allocations.c.payment_id, allocations.c.tier, allocations.c.amount_minor).where(
            allocations.c.payment_id.in_(payment_ids)
        )
    )
    split: dict[str, dict[str, int]] = {}
    for row in rows:
        split.setdefault(row.payment_id, {})[row.tier] = row.amount_minor
    return split


def _payment_of(row: RowMapping, allocated: Mapping[str, int], kept: Became | None) -> PaymentView:
    return PaymentView(
        payment_id=row["payment_id"],
        loan_id=row["loan_id"],
        booked_on=row["booked_on"],
        value_on=row["value_on"],
        amount_minor=row["amount_minor"],
        currency=row["currency"],
        channel=row["channel"],
        kind=row["kind"],
        provisional=row["provisional"],
        source=row["source"],
        standing=row["standing"],
        received_at=row["received_at"],
        reverses_payment_id=row["reverses_payment_id"],
        reversal_reason=row["reversal_reason"],
        final_at=row["final_at"],
        designation=row["designation"],
        allocated=allocated,
        became=kept,
    )
