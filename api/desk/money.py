"""What the desk asks of money before it keeps it."""

from datetime import UTC, date, datetime

from sqlalchemy import Connection, select

from api.desk import errors
from arrears.contracts import Rules, fingerprint
from arrears.policy.money import TakenBack
from arrears.policy.tasks import Missing
from arrears.store import finality, intents, refunds, transfers, webhooks
from arrears.store.intents import PaymentIn, Posted, Standing
from arrears.store.tables import borrowers, loans, payments
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


def keep_payment(
    connection: Connection, payment: PaymentIn, *, rules: Rules, at: datetime, source: str
) -> Posted:
    """Kept once by its number, and told to its case; it must fit. Raises PaymentConflict."""
    days = rules.terms.reopen_days
    try:
        posted = intents.post_payment(connection, payment, at=at, source=source, reopen_days=days)
    except intents.PaymentDiffers as differs:
        raise errors.PaymentConflict from differs
    webhooks.release(connection, at=at, reopen_days=days)
    return posted


def must_fit(payment: PaymentIn, *, rules: Rules, at: datetime) -> None:
    """Raises Invalid."""
    today = rules.calendar.day_of(int(at.timestamp()))
    wrong = wrong_with(payment, currency=rules.terms.currency, today=today)
    if wrong:
        raise errors.Invalid(wrong)


def finalize(connection: Connection, payment_id: str, *, rules: Rules, at: datetime, source: str) -> Posted:
    """Of a transfer, each of its shares; the answer is that of the last one the case hears of now."""
    transfer = transfers.kept(connection, payment_id)
    named = [payment_id] if transfer is None else [share.payment_id for share in transfer.shares]
    answers = [_finalize(connection, one, rules=rules, at=at, source=source) for one in named]
    if not answers:
        raise errors.NotProvisional
    return next((one for one in answers[::-1] if one.standing is not Standing.REPEATED), answers[-1])


def _finalize(connection: Connection, payment_id: str, *, rules: Rules, at: datetime, source: str) -> Posted:
    try:
        done = finality.finalize(
            connection, payment_id, at=at, source=source, reopen_days=rules.terms.reopen_days
        )
    except finality.NotProvisional as wrong:
        raise errors.NotProvisional from wrong
    if done is None:
        raise errors.NotFound
    return done


def reversal_of(connection: Connection, payment_id: str, reason: TakenBack, *, today: date) -> PaymentIn:
    """All of a payment, taken back by hand, once: under the value day of what it takes back (rule book 4.6-8)."""
    row = connection.execute(
        select(payments).where(payments.c.payment_id == payment_id, payments.c.kind == "payment")
    ).first()
    if row is None:
        raise errors.NotFound
    reversal_id = f"back-{fingerprint(payment_id)[:16]}"
    others = select(payments.c.payment_id).where(
        payments.c.reverses_payment_id == payment_id, payments.c.payment_id != reversal_id
    )
    if row.standing == Standing.SUSPENSE or connection.execute(others).first() is not None:
        raise errors.NotReversible
    return PaymentIn(
        payment_id=reversal_id,
        loan_id=row.loan_id,
        booked_on=today,
        value_on=row.value_on,
        amount_minor=row.amount_minor,
        currency=row.currency,
        channel=row.channel,
        kind="reversal",
        reverses_payment_id=payment_id,
        reversal_reason=reason.value,
    )


def ask_about_surplus(
    connection: Connection, payment: PaymentIn, *, at: datetime, rules: Rules, seen: int | None
) -> None:
    """Money a hand typed that nobody owes is asked about once; what was posted before or is history is not."""
    if payment.kind != "payment" or intents.is_settled(connection, payment):
        return
    left = refunds.beyond(connection, payment, at=at, reopen_days=rules.terms.reopen_days)
    if left.surplus and left.surplus != seen:
        raise errors.SurplusUnseen(**vars(left))


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
    return wrong if isinstance(money, TransferIn) else [*wrong, *_wrong_kind(money)]


def _wrong_kind(money: PaymentIn) -> list[Missing]:
    wrong: list[Missing] = []
    if money.kind not in ("payment", "reversal", "fee", "write_off"):
        wrong.append(Missing("kind", "kind_unknown"))
    if (money.kind == "reversal") != (money.reverses_payment_id is not None):
        wrong.append(Missing("reverses_payment_id", "reversal_names_its_payment"))
    if money.reversal_reason is not None and money.kind != "reversal":
        wrong.append(Missing("reversal_reason", "only_of_a_reversal"))
    return wrong
