"""Reads a portfolio and the money that will come: loans into the store, payments for their day."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import select

from arrears import clock
from arrears.cli.simulation.terms import SimulationTerms
from arrears.feeds.checking import Shift, check
from arrears.feeds.columns import Bank
from arrears.feeds.comparing import as_payments
from arrears.feeds.delivery import find
from arrears.feeds.importing import Order, Reporter, Verdict, import_delivery
from arrears.feeds.kinds import PAYMENTS
from arrears.feeds.reading import read
from arrears.feeds.rejects import rows_in
from arrears.names import case_id
from arrears.store.intents import PaymentIn
from arrears.store.packs import Pack
from arrears.store.session import Store
from arrears.store.tables import loans, messages


class PortfolioRefused(Exception):
    """The files cannot be simulated; the text says why."""


@dataclass(frozen=True)
class Debt:
    """One loan of the portfolio as it stands on the as-of day, and the payments that will come for it."""

    loan_id: str
    borrower_id: str
    case_id: str
    balance_minor: int
    overdue_minor: int
    first_overdue_on: date
    payments: tuple[PaymentIn, ...] = ()


def load(
    store: Store, pack: Pack, terms: SimulationTerms, reporter: Reporter, *, rejects_to: Path
) -> list[Debt]:
    """The loans that have a case, by id. The same portfolio again changes nothing. Raises PortfolioRefused."""
    folder = Path(terms.portfolio)
    begins = datetime.fromtimestamp(terms.begins_at(pack.calendar), UTC)
    order = Order(
        [folder / "intake"],
        rejects_to=rejects_to,
        rebase_to_today=True,
        first_loans=terms.loans,
    )
    with clock.door_time(begins):
        outcome = import_delivery(store, pack, order, reporter)
    if outcome.verdict is Verdict.REFUSED:
        told = "; ".join(fault.text for fault in outcome.faults) or f"see {order.rejects_to}"
        raise PortfolioRefused(f"The portfolio was refused: {told}")
    return _debts(store, replay(folder, pack, terms))


def replay(folder: Path, pack: Pack, terms: SimulationTerms) -> Mapping[str, Sequence[PaymentIn]]:
    """The payments that will come, by loan and in their order, on days moved as the portfolio's are."""
    manifest = find([folder / "intake"]).manifest
    if manifest is None or manifest.as_of_date is None:
        raise PortfolioRefused(f"{folder / 'intake'} has no manifest with an as-of day")
    if not (folder / "replay").exists():
        return {}
    shift = Shift.between(manifest.as_of_date, terms.as_of)
    sheets = [read(file) for file in find([folder / "replay"]).files if file.kind == PAYMENTS.name]
    checked = check(PAYMENTS, sheets, Bank(date.max, pack.terms.currency), shift)
    if rows_in(checked.rejects):
        raise PortfolioRefused(f"{rows_in(checked.rejects)} rows of {folder / 'replay'} cannot be read")
    found: dict[str, list[PaymentIn]] = defaultdict(list)
    for payment in sorted(as_payments(checked.table), key=lambda one: (one.booked_on, one.payment_id)):
        found[payment.loan_id].append(payment)
    return found


def _debts(store: Store, payments: Mapping[str, Sequence[PaymentIn]]) -> list[Debt]:
    with store.reading() as connection:
        opened = set(
            connection.execute(select(messages.c.case_id).where(messages.c.signal == "open")).scalars()
        )
        rows = connection.execute(select(loans).order_by(loans.c.loan_id)).all()
    return [
        Debt(
            row.loan_id,
            row.borrower_id,
            case_id(row.loan_id, 1),
            row.balance_minor,
            row.overdue_minor,
            row.first_overdue_on,
            tuple(payments.get(row.loan_id, ())),
        )
        for row in rows
        if case_id(row.loan_id, 1) in opened
    ]
