"""A transfer of a debtor with several debts: kept once, shared out among them, each share a payment of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, exists, func, insert, select

from arrears.contracts import fingerprint
from arrears.policy.transfers import Debt, Share, share_out
from arrears.store import audit
from arrears.store.intents import (
    PaymentDiffers,
    PaymentIn,
    Standing,
    live_case,
    post_payment,
    raise_incident,
)
from arrears.store.tables import borrowers, cases, loans, messages, parties, payments, transfers

# A share is named after its transfer, and names of payments end at 48 signs.
LONGEST_ID: Final = 44


@dataclass(frozen=True)
class TransferIn:
    """Money that names a debtor and perhaps a loan; minor units, days in the bank's calendar."""

    transfer_id: str
    borrower_id: str
    booked_on: date
    value_on: date
    amount_minor: int
    currency: str
    channel: str = "unknown"
    provisional: bool = False
    designation: str | None = None

    @property
    def content_hash(self) -> str:
        return fingerprint(vars(self) | {"booked_on": str(self.booked_on), "value_on": str(self.value_on)})


@dataclass(frozen=True)
class SharePosted:
    """One loan's part; `why` is designated, due or ahead."""

    payment_id: str
    loan_id: str
    amount_minor: int
    why: str
    standing: str
    case_id: str | None


@dataclass(frozen=True)
class TransferKept:
    """`standing` is message (shared out), history or suspense; `surplus_minor` is what no debt takes."""

    transfer_id: str
    borrower_id: str
    amount_minor: int
    currency: str
    value_on: date
    designation: str | None
    standing: str
    surplus_minor: int
    shares: tuple[SharePosted, ...]
    repeated: bool = False


def post_transfer(
    connection: Connection,
    transfer: TransferIn,
    *,
    at: datetime,
    source: str,
    reopen_days: int,
    burden: tuple[str, ...],
    surplus_due_at: datetime,
) -> TransferKept:
    """Keep it and tell the cases. The same transfer again changes nothing; raises PaymentDiffers on other content.

    The shares and what is left over make up the amount to the cent.
    """
    _hold_borrower(connection, transfer.borrower_id)
    known = kept(connection, transfer.transfer_id)
    if known is not None:
        _refuse_other_content(connection, transfer)
        return known
    if _is_a_payment(connection, transfer.transfer_id):
        raise PaymentDiffers(transfer.transfer_id)
    debts = _debts(connection, transfer, at=at, reopen_days=reopen_days)
    why_not = _why_not(connection, transfer, debts)
    if why_not:
        shares: list[Share] = []
    else:
        owed = [debt for debt, _ in debts.values()]
        shares = share_out(transfer.amount_minor, owed, burden=burden, named=transfer.designation)
    surplus = transfer.amount_minor - sum(share.amount for share in shares)
    standing = "message"
    if why_not:
        standing = "history" if why_not == "history" else "suspense"
    posted = _post_shares(connection, transfer, shares, at=at, source=source, reopen_days=reopen_days)
    _write(connection, transfer, posted, standing=standing, surplus=surplus, at=at, source=source)
    if standing == "suspense" or (surplus and standing == "message"):
        kind = why_not or "transfer_surplus"
        money = {"surplus_minor" if not why_not else "amount_minor": surplus, "currency": transfer.currency}
        raise_incident(
            connection,
            kind=kind,
            key=transfer.transfer_id,
            at=at,
            detail={"transfer_id": transfer.transfer_id, "borrower_id": transfer.borrower_id, **money},
            due_at=surplus_due_at,
        )
    return TransferKept(
        transfer.transfer_id,
        transfer.borrower_id,
        transfer.amount_minor,
        transfer.currency,
        transfer.value_on,
        transfer.designation,
        standing,
        surplus,
        tuple(posted),
    )


def kept(connection: Connection, transfer_id: str) -> TransferKept | None:
    row = connection.execute(select(transfers).where(transfers.c.transfer_id == transfer_id)).first()
    if row is None:
        return None
    return TransferKept(
        row.transfer_id,
        row.borrower_id,
        row.amount_minor,
        row.currency,
        row.value_on,
        row.designation,
        row.standing,
        row.surplus_minor,
        tuple(SharePosted(**share) for share in row.shares),
        repeated=True,
    )


def _hold_borrower(connection: Connection, borrower_id: str) -> None:
    """Two transfers of one debtor at once: the second sees what the first has paid."""
    connection.execute(
        select(borrowers.c.borrower_id).where(borrowers.c.borrower_id == borrower_id).with_for_update()
    ).first()


def _refuse_other_content(connection: Connection, transfer: TransferIn) -> None:
    known = connection.execute(
        select(transfers.c.content_hash).where(transfers.c.transfer_id == transfer.transfer_id)
    ).scalar()
    if known != transfer.content_hash:
        raise PaymentDiffers(transfer.transfer_id)


def _is_a_payment(connection: Connection, payment_id: str) -> bool:
    found = connection.execute(select(payments.c.payment_id).where(payments.c.payment_id == payment_id))
    return found.first() is not None


def _debts(
    connection: Connection, transfer: TransferIn, *, at: datetime, reopen_days: int
) -> dict[str, tuple[Debt, date]]:
    """The debtor's loans that a case of ours keeps, and the one the payer named; with the day of their state."""
    guarantor = parties.c.role == "guarantor"
    rows = connection.execute(
        select(
            loans.c.loan_id,
            loans.c.product,
            loans.c.balance_minor,
            loans.c.overdue_minor,
            loans.c.first_overdue_on,
            loans.c.as_of_date,
            exists().where(parties.c.loan_id == loans.c.loan_id, guarantor).label("guaranteed"),
        )
        .where(loans.c.borrower_id == transfer.borrower_id)
        .order_by(loans.c.loan_id)
    ).all()
    figures = _figures(connection, [row.loan_id for row in rows])
    found: dict[str, tuple[Debt, date]] = {}
    for row in rows:
        case = live_case(connection, row.loan_id, at=at, reopen_days=reopen_days)
        known = figures.get(case or "")
        takes_none = case is None or (known is not None and known.closed)
        if takes_none and row.loan_id != transfer.designation:
            continue
        balance, due, since = _said(row) if known is None else (known.balance, known.due, known.since)
        paid = on_its_way(connection, case)
        debt = Debt(
            row.loan_id,
            row.product,
            max(0, balance - paid),
            max(0, due - paid),
            None if since is None else str(since),
            bool(row.guaranteed),
        )
        found[row.loan_id] = (debt, row.as_of_date)
    return found


@dataclass(frozen=True)
class _Known:
    """A loan as its case knows it, minor units."""

    balance: int
    due: int
    since: date | None
    closed: bool


def _figures(connection: Connection, loan_ids: list[str]) -> dict[str, _Known]:
    """By case."""
    rows = connection.execute(
        select(
            cases.c.case_id,
            cases.c.balance_minor,
            cases.c.overdue_minor,
            cases.c.first_overdue_on,
            cases.c.status,
        )
        .where(cases.c.loan_id.in_(loan_ids))
        .order_by(cases.c.case_id)
        .with_for_update()
    )
    return {
        row.case_id: _Known(
            row.balance_minor, row.overdue_minor, row.first_overdue_on, closed=row.status == "closed"
        )
        for row in rows
    }


def _said(row: Row[*tuple[Any, ...]]) -> tuple[int, int, date | None]:
    """As the core bank stated the loan, before its case has opened."""
    return row.balance_minor, row.overdue_minor, row.first_overdue_on


def on_its_way(connection: Connection, case: str | None) -> int:
    """Minor units that were told to the case and that it has not answered yet."""
    if case is None:
        return 0
    said = connection.execute(
        select(messages.c.content).where(
            messages.c.case_id == case,
            messages.c.signal == "payment_posted",
            messages.c.status.in_(("waiting", "sent")),
        )
    ).scalars()
    return sum(content["amount_minor"] for content in said if content["kind"] == "payment")


def _why_not(
    connection: Connection, transfer: TransferIn, debts: Mapping[str, tuple[Debt, date]]
) -> str | None:
    """Why it is not shared out: it is history, or an incident of this kind keeps it."""
    known = connection.execute(
        select(func.count()).select_from(loans).where(loans.c.borrower_id == transfer.borrower_id)
    ).scalar_one()
    if not known:
        return "transfer_unknown_borrower"
    if transfer.designation is not None and transfer.designation not in debts:
        return "transfer_unknown_loan"
    days = [as_of for _, as_of in debts.values()]
    if days and transfer.value_on <= min(days):
        return "history"
    if days and transfer.value_on <= max(days):
        # Some of the states have it in already and nobody can say how much of it.
        return "transfer_between_states"
    return None


def _post_shares(
    connection: Connection,
    transfer: TransferIn,
    shares: list[Share],
    *,
    at: datetime,
    source: str,
    reopen_days: int,
) -> list[SharePosted]:
    done = []
    for number, share in enumerate(shares, 1):
        payment = PaymentIn(
            payment_id=f"{transfer.transfer_id}-{number}",
            loan_id=share.loan_id,
            booked_on=transfer.booked_on,
            value_on=transfer.value_on,
            amount_minor=share.amount,
            currency=transfer.currency,
            channel=transfer.channel,
            provisional=transfer.provisional,
            designation=share.loan_id if share.why == "designated" else None,
        )
        posted = post_payment(connection, payment, at=at, source=source, reopen_days=reopen_days)
        if posted.standing is Standing.REPEATED:
            raise PaymentDiffers(payment.payment_id)
        done.append(
            SharePosted(
                payment.payment_id,
                share.loan_id,
                share.amount,
                share.why,
                posted.standing.value,
                posted.case_id,
            )
        )
    return done


def _write(
    connection: Connection,
    transfer: TransferIn,
    shares: list[SharePosted],
    *,
    standing: str,
    surplus: int,
    at: datetime,
    source: str,
) -> None:
    row: dict[str, Any] = vars(transfer) | {
        "content_hash": transfer.content_hash,
        "source": source,
        "standing": standing,
        "surplus_minor": surplus,
        "shares": [vars(share) for share in shares],
        "received_at": at,
    }
    connection.execute(insert(transfers).values(row))
    audit.append(
        connection,
        stream=audit.HOUSE,
        at=at,
        actor=source,
        what="transfer_shared_out",
        detail={
            "transfer_id": transfer.transfer_id,
            "borrower_id": transfer.borrower_id,
            "designation": transfer.designation,
            "standing": standing,
            "surplus_minor": surplus,
            "shares": [[share.loan_id, share.amount_minor, share.why] for share in shares],
        },
    )
