"""Money that was paid too much: a piece of work with a term, ended by giving it back or by a reason to keep it (4.7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

from arrears.contracts import fingerprint
from arrears.store.intents import PaymentIn, live_case, post_payment
from arrears.store.tables import cases, incidents, loans, messages
from arrears.store.transfers import on_its_way

KINDS: Final = frozenset({"surplus", "transfer_surplus"})
PAID_OUT: Final = "paid_out"
KEPT: Final = "kept"
OUTCOMES: Final = (PAID_OUT, KEPT)


@dataclass(frozen=True)
class Beyond:
    """What a payment leaves over, minor units; `has_case` tells whether a case takes any of it."""

    owed: int
    surplus: int
    has_case: bool


def beyond(connection: Connection, payment: PaymentIn, *, at: datetime, reopen_days: int) -> Beyond:
    """As the books stand, without what is still on its way to the case."""
    case = live_case(connection, payment.loan_id, at=at, reopen_days=reopen_days)
    if case is None:
        return Beyond(0, payment.amount_minor, has_case=False)
    known = connection.execute(select(cases.c.balance_minor).where(cases.c.case_id == case)).scalar()
    if known is None:  # it is about to open, on what the core bank said
        of_loan = select(loans.c.balance_minor).where(loans.c.loan_id == payment.loan_id)
        known = connection.execute(of_loan).scalar_one()
    owed = max(0, known - on_its_way(connection, case))
    return Beyond(owed, max(0, payment.amount_minor - owed), has_case=True)


def still_kept(connection: Connection, case_id: str | None, detail: Mapping[str, Any]) -> bool:
    """Whether the surplus of this incident is there to be given back, and not taken by a reversal meanwhile."""
    amount: int = detail["surplus_minor"]
    if case_id is None:
        return True
    state = connection.execute(
        select(cases.c.state).where(cases.c.case_id == case_id).with_for_update()
    ).scalar_one()
    return bool(amount <= state.get("surplus", 0) - _going_back(connection, case_id))


def pay_out(
    connection: Connection,
    incident: Row[*tuple[Any, ...]],
    *,
    today: date,
    at: datetime,
    by: str,
    reopen_days: int,
    onto: str | None = None,
) -> None:
    """A line of the loan's money, told to its case as long as that hears money; `onto` is a loan that gets it."""
    payment = PaymentIn(
        payment_id=f"refund-{fingerprint(incident.incident_id)[:16]}",
        loan_id=incident.loan_id,
        booked_on=today,
        value_on=today,
        amount_minor=incident.detail["surplus_minor"],
        currency=incident.detail["currency"],
        channel="transfer",
        kind="refund",
        designation=onto,
    )
    post_payment(connection, payment, at=at, source=by, reopen_days=reopen_days)


def overdue(connection: Connection, *, now: datetime) -> int:
    """How many open incidents are past their term."""
    late = select(func.count()).where(incidents.c.status == "open", incidents.c.due_at < now)
    return connection.execute(late).scalar_one()


def _going_back(connection: Connection, case_id: str) -> int:
    """Minor units that were said to be given back or taken back and that the case has not heard yet."""
    said = connection.execute(
        select(messages.c.signal, messages.c.content).where(
            messages.c.case_id == case_id,
            messages.c.signal.in_(("payment_posted", "payment_reversed")),
            messages.c.status.in_(("waiting", "sent")),
        )
    )
    return sum(
        row.content["amount_minor"]
        for row in said
        if row.signal == "payment_reversed" or row.content["kind"] == "refund"
    )
