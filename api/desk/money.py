"""What the desk asks of money before it keeps it."""

from datetime import UTC, date, datetime

from sqlalchemy import Connection, select

from api.desk import errors
from arrears.contracts import Rules
from arrears.policy.tasks import Missing
from arrears.store import intents, transfers
from arrears.store.intents import PaymentIn
from arrears.store.tables import borrowers, loans
from arrears.store.transfers import TransferIn, TransferKept


def keep_transfer(
    connection: Connection, transfer: TransferIn, *, rules: Rules, at: datetime, source: str, by_hand: bool
) -> TransferKept:
    """From the core bank what names nobody goes to suspense; a hand that mistypes is told so."""
    second = int(at.timestamp())
    wrong = wrong_with(transfer, currency=rules.terms.currency, today=rules.calendar.day_of(second))
    if len(transfer.transfer_id) > transfers.LONGEST_ID:
        wrong.append(Missing("payment_id", "too_long"))
    if wrong:
        raise errors.Invalid(wrong)
    if by_hand:
        _must_be_known(connection, transfer)
    try:
        return transfers.post_transfer(
            connection,
            transfer,
            at=at,
            source=source,
            reopen_days=rules.terms.reopen_days,
            burden=rules.terms.burden,
            surplus_due_at=datetime.fromtimestamp(
                rules.calendar.close_after(second, rules.terms.refund_bank_days), UTC
            ),
        )
    except intents.PaymentDiffers as differs:
        raise errors.PaymentConflict from differs


def _must_be_known(connection: Connection, transfer: TransferIn) -> None:
    known = select(borrowers.c.borrower_id).where(borrowers.c.borrower_id == transfer.borrower_id)
    if connection.execute(known).first() is None:
        raise errors.Invalid([Missing("borrower_id", "borrower_unknown")])
    named = select(loans.c.borrower_id).where(loans.c.loan_id == transfer.designation)
    if transfer.designation and connection.execute(named).scalar() != transfer.borrower_id:
        raise errors.Invalid([Missing("designation", "not_this_debtors")])


def wrong_with(money: PaymentIn | TransferIn, *, currency: str, today: date) -> list[Missing]:
    wrong: list[Missing] = []
    if money.amount_minor <= 0:
        wrong.append(Missing("amount", "amount_required"))
    if money.currency != currency:
        wrong.append(Missing("currency", "currency_not_the_packs"))
    if money.booked_on > today:
        wrong.append(Missing("booked_on", "day_in_the_future"))
    if money.value_on > today:
        wrong.append(Missing("value_on", "day_in_the_future"))
    if isinstance(money, TransferIn):
        return wrong
    if money.kind not in ("payment", "reversal", "fee", "write_off"):
        wrong.append(Missing("kind", "kind_unknown"))
    if (money.kind == "reversal") != (money.reverses_payment_id is not None):
        wrong.append(Missing("reverses_payment_id", "reversal_names_its_payment"))
    return wrong
