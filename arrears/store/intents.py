"""What doors write: messages, payments, remarks and claims; never the state of a case."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import count
from typing import Any, Final

from sqlalchemy import Connection, literal, select, union_all, update
from sqlalchemy.dialects import postgresql, sqlite

from arrears import clock, traces
from arrears.contracts import Message, fingerprint, message_hash
from arrears.names import case_id as name_case
from arrears.names import open_message_id, payment_message_id, restated_message_id
from arrears.policy.money import COUNTED, TECHNICAL
from arrears.store.bulk import Clash, put_many
from arrears.store.tables import cases, incidents, loans, messages, payments, plans, promises
from arrears.store.types import Flag

RANK: Final = {
    "open": 0,
    "payment_posted": 0,
    "payment_reversed": 0,
    "payment_finalized": 0,
    "loan_restated": 0,
    "ledger_closed": 0,
    "policy_published": 1,
    "people_changed": 1,
    "delivery_reported": 1,
    "hold_placed": 1,
    "hold_released": 1,
    "plan_signed": 1,  # C15: before whatever people say to the case
}
PEOPLE: Final = 2


class AlreadyAnswered(Exception):
    """The task has a live message: somebody was first."""


class PaymentDiffers(Exception):
    """A payment id came again with other content; the first one stands."""


class Standing(StrEnum):
    """What a door made of a payment."""

    MESSAGE = "message"  # told to the open case
    HISTORY = "history"  # valued on or before the loan's state: already in the balance
    SUSPENSE = "suspense"  # no loan or no case to take it: an incident keeps it
    REPEATED = "repeated"  # the same payment again: nothing was written


@dataclass(frozen=True)
class PaymentIn:
    """Minor units; days in the bank's calendar."""

    payment_id: str
    loan_id: str
    booked_on: date
    value_on: date
    amount_minor: int
    currency: str
    channel: str = "unknown"
    kind: str = "payment"
    reverses_payment_id: str | None = None
    provisional: bool = False
    designation: str | None = None
    reversal_reason: str | None = None  # of `money.TakenBack`

    @property
    def content_hash(self) -> str:
        # Not asdict, which copies every value deeply and costs ten times the hash.
        said = vars(self) | {"booked_on": str(self.booked_on), "value_on": str(self.value_on)}
        if self.reversal_reason is None:
            del said["reversal_reason"]  # or what was kept before there were reasons would differ from itself
        return fingerprint(said)


@dataclass(frozen=True)
class Posted:
    standing: Standing
    case_id: str | None = None
    message_id: str | None = None


@dataclass(frozen=True)
class Said:
    """A message on its way in; `effective_at` later than `accepted_at` leaves time to take it back."""

    case_id: str
    message_id: str
    signal: str
    actor: str
    accepted_at: datetime
    content: Mapping[str, Any] = field(default_factory=dict)
    task_id: str | None = None
    effective_at: datetime | None = None


_tick = count()
# Made once: to build it costs more than to run it. A row that is refused spoils nothing of the caller's transaction.
_SAY: Final = {
    name: put(messages).on_conflict_do_nothing().returning(messages.c.message_id)
    for name, put in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}


def say(connection: Connection, said: Said) -> bool:
    """Insert the message; False when the same message id is there already. Raises AlreadyAnswered."""
    if connection.execute(_SAY[connection.dialect.name], _message_row(said)).first() is not None:
        return True
    if _has_message(connection, said.message_id):
        return False
    raise AlreadyAnswered(said.task_id)


def say_many(connection: Connection, said: Sequence[Said]) -> int:
    """`say` for many messages at once, none of which answers a task; how many were not there yet."""
    rows = [_message_row(one) for one in said]
    if not rows:
        return 0
    if any(row["task_id"] is not None for row in rows):
        raise ValueError("an answer to a task is said by itself")
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return put_many(connection, messages, columns, clash=Clash.KEEP)


def _message_row(said: Said) -> dict[str, Any]:
    message = Message(said.message_id, said.signal, said.actor, dict(said.content), said.task_id)
    return {
        "message_id": said.message_id,
        "arrival": int(clock.machine_now().timestamp() * 1_000_000) * 64 + next(_tick) % 64,
        "case_id": said.case_id,
        "signal": said.signal,
        "rank": RANK.get(said.signal, PEOPLE),
        "actor": said.actor,
        "task_id": said.task_id,
        "content": message.content,
        "content_hash": message_hash(said.case_id, message),
        "status": "waiting",
        "effective_at": said.effective_at or said.accepted_at,
        "accepted_at": said.accepted_at,
        "attempts": 0,
        "traceparent": traces.here(),
    }


def open_case(
    connection: Connection, loan: Mapping[str, Any], *, episode: int, at: datetime, pack: str
) -> str:
    """Say `open` for the next episode of a loan row; the relay starts the workflow. Returns the case id."""
    said = opening(loan, episode=episode, at=at, pack=pack)
    say(connection, said)
    return said.case_id


@dataclass(frozen=True)
class Former:
    """The stage in which the last episode was cured, and when."""

    stage: str
    closed_at: datetime


def opening(
    loan: Mapping[str, Any], *, episode: int, at: datetime, pack: str, former: Former | None = None
) -> Said:
    """What opens an episode of a loan row."""
    case = name_case(loan["loan_id"], episode)
    facts = loan_facts(loan, pack=pack)
    if former is not None:
        facts |= {"former_stage": former.stage, "former_closed_at": int(former.closed_at.timestamp())}
    return Said(case, open_message_id(case), "open", "core-bank", at, facts)


def restating(loan: Mapping[str, Any], *, paid_since: int, case: str, at: datetime, pack: str) -> Said:
    """What tells an open case that the core bank sent a new state of its loan: once for each day of state.

    `paid_since` (minor units) came after the day of the state. The file does not know it, and the case heard it
    before this message, so it is taken off here: a nightly file must not undo today's payment.
    """
    facts = loan_facts(loan, pack=pack)
    facts["balance_minor"] = max(0, facts["balance_minor"] - paid_since)
    facts["overdue_minor"] = min(max(0, facts["overdue_minor"] - paid_since), facts["balance_minor"])
    facts["stops"] = True
    message_id = restated_message_id(case, facts["as_of"])
    return Said(case, message_id, "loan_restated", "core-bank", at, facts)


def loan_facts(loan: Mapping[str, Any], *, pack: str) -> dict[str, Any]:
    """The part of a loan row a case decides on: ids, integers, ISO days."""
    first = loan["first_overdue_on"]
    return {
        "loan_id": loan["loan_id"],
        "borrower_id": loan["borrower_id"],
        "currency": loan["currency"],
        "as_of": str(loan["as_of_date"]),
        "balance_minor": loan["balance_minor"],
        "overdue_minor": loan["overdue_minor"],
        "first_overdue_on": None if first is None else str(first),
        "status": loan["status"],
        "pack": pack,
    }


def post_payment(
    connection: Connection, payment: PaymentIn, *, at: datetime, source: str, reopen_days: int
) -> Posted:
    """Keep a payment and tell its case. Raises PaymentDiffers; everything else has a standing."""
    kept = connection.execute(
        select(payments.c.content_hash).where(payments.c.payment_id == payment.payment_id)
    ).scalar()
    if kept is not None:
        _refuse_other_content(payment, kept)
        return Posted(Standing.REPEATED)
    posted = _place(connection, payment, at=at, actor=source, reopen_days=reopen_days)
    if _keep_row(connection, payment, posted.standing, at=at, source=source):
        return posted
    return post_payment(connection, payment, at=at, source=source, reopen_days=reopen_days)


def suspend(connection: Connection, payment: PaymentIn, kind: str, *, at: datetime, source: str) -> Posted:
    """Keep a payment that no case may take, with an incident of this kind. Raises PaymentDiffers."""
    kept = content_hashes(connection, [payment.payment_id]).get(payment.payment_id)
    if kept is not None:
        _refuse_other_content(payment, kept)
        return Posted(Standing.REPEATED)
    posted = _suspend(connection, payment, kind, at)
    if _keep_row(connection, payment, posted.standing, at=at, source=source):
        return posted
    return suspend(connection, payment, kind, at=at, source=source)


def post_payments(
    connection: Connection, batch: Sequence[PaymentIn], *, at: datetime, source: str, reopen_days: int
) -> Counter[Standing]:
    """Many payments of distinct ids, each as `post_payment` would; the ones that are history go in at once."""
    kept = content_hashes(connection, [payment.payment_id for payment in batch])
    states = _as_of(connection, {payment.loan_id for payment in batch})
    awaited = set(_awaiting(connection, {payment.loan_id for payment in batch}))
    standings: Counter[Standing] = Counter()
    rows = []
    for payment in batch:
        if payment.payment_id in kept:
            _refuse_other_content(payment, kept[payment.payment_id])
            standings[Standing.REPEATED] += 1
        elif _is_history(payment, states.get(payment.loan_id)) and payment.loan_id not in awaited:
            standings[Standing.HISTORY] += 1
            rows.append(_payment_row(payment, Standing.HISTORY, at=at, source=source))
        else:
            posted = post_payment(connection, payment, at=at, source=source, reopen_days=reopen_days)
            standings[posted.standing] += 1
    if rows:
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        put_many(connection, payments, columns, clash=Clash.KEEP)
    return standings


def is_settled(connection: Connection, payment: PaymentIn) -> bool:
    """Known already, or of the time before the loan's state: posting it moves no money."""
    kept = content_hashes(connection, [payment.payment_id])
    as_of = _as_of(connection, {payment.loan_id}).get(payment.loan_id)
    return bool(kept) or _is_history(payment, as_of)


def content_hashes(connection: Connection, payment_ids: Sequence[str]) -> dict[str, str]:
    """Of those payments that are kept already."""
    found = connection.execute(
        select(payments.c.payment_id, payments.c.content_hash).where(payments.c.payment_id.in_(payment_ids))
    )
    return {row.payment_id: row.content_hash for row in found}


def _refuse_other_content(payment: PaymentIn, kept_hash: str) -> None:
    if kept_hash != payment.content_hash:
        raise PaymentDiffers(payment.payment_id)


def _as_of(connection: Connection, loan_ids: set[str]) -> dict[str, date]:
    found = connection.execute(
        select(loans.c.loan_id, loans.c.as_of_date).where(loans.c.loan_id.in_(sorted(loan_ids)))
    )
    return {row.loan_id: row.as_of_date for row in found}


def _is_history(payment: PaymentIn, as_of: date | None) -> bool:
    """Valued on or before its loan's state: the state has it in already."""
    return as_of is not None and payment.kind not in ("reversal", "refund") and payment.value_on <= as_of


def _keep_row(
    connection: Connection, payment: PaymentIn, standing: Standing, *, at: datetime, source: str
) -> bool:
    """False when on PostgreSQL another hand kept the same id while this one was looking: that one was first."""
    put = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    row = put(payments).values(_payment_row(payment, standing, at=at, source=source))
    # Asked back, because psycopg counts no rows of such an insert.
    new = row.on_conflict_do_nothing().returning(payments.c.payment_id)
    return connection.execute(new).first() is not None


def _payment_row(payment: PaymentIn, standing: Standing, *, at: datetime, source: str) -> dict[str, Any]:
    return vars(payment) | {
        "content_hash": payment.content_hash,
        "source": source,
        "standing": standing.value,
        "received_at": at,
    }


def _place(
    connection: Connection, payment: PaymentIn, *, at: datetime, actor: str, reopen_days: int
) -> Posted:
    as_of = _as_of(connection, {payment.loan_id}).get(payment.loan_id)
    if as_of is None:
        return _suspend(connection, payment, "payment_unknown_loan", at)
    if _is_history(payment, as_of):
        _tell_who_waits(connection, payment, at=at, actor=actor)
        return Posted(Standing.HISTORY)
    case = live_case(connection, payment.loan_id, at=at, reopen_days=reopen_days)
    if case is None and payment.kind == "refund":
        return Posted(Standing.HISTORY)  # nobody's books but the bank's have it any more
    if case is None:
        return _suspend(connection, payment, "payment_without_case", at)
    message_id = payment_message_id(payment.payment_id)
    if payment.kind == "payment" and payment.designation not in (None, payment.loan_id):
        # The payer's word goes before the bank's order (W2); only the core bank can book it over.
        _tell_of(connection, payment, "payment_designated_elsewhere", at)
    signal = "payment_reversed" if payment.kind == "reversal" else "payment_posted"
    say(connection, Said(case, message_id, signal, actor, at, _payment_content(payment)))
    return Posted(Standing.MESSAGE, case, message_id)


def _awaiting(connection: Connection, loan_ids: set[str]) -> dict[str, tuple[str, bool]]:
    """Of those loans the open cases in which a plan or a promise counts money, and whether a promise does.

    A plan is kept, or was to its end; a promise is open, or late money may still change what became of it.
    """
    planned = (
        select(plans.c.loan_id, plans.c.case_id, literal(value=False, type_=Flag).label("promised"))
        .join(cases, cases.c.case_id == plans.c.case_id)
        .where(plans.c.loan_id.in_(sorted(loan_ids)), cases.c.status == "open")
    )
    promised = (
        select(cases.c.loan_id, cases.c.case_id, literal(value=True, type_=Flag).label("promised"))
        .join(promises, promises.c.case_id == cases.c.case_id)
        .where(
            cases.c.loan_id.in_(sorted(loan_ids)),
            cases.c.status == "open",
            promises.c.status.in_(_CHANGED_BY_LATE_MONEY),
        )
    )
    found: dict[str, tuple[str, bool]] = {}
    for row in connection.execute(union_all(planned, promised)):
        found[row.loan_id] = (row.case_id, row.promised or found.get(row.loan_id, ("", False))[1])
    return found


_CHANGED_BY_LATE_MONEY: Final = ("open", "partial", "broken", "reversed_technical")


def _tell_who_waits(connection: Connection, payment: PaymentIn, *, at: datetime, actor: str) -> None:
    """Money that the bank's balance has in already pays an instalment and keeps a promise all the same."""
    case, promised = _awaiting(connection, {payment.loan_id}).get(payment.loan_id, ("", False))
    if case and payment.kind == "payment":
        content = _payment_content(payment) | {"kind": COUNTED, "promised": promised}
        message_id = payment_message_id(payment.payment_id)
        say(connection, Said(case, message_id, "payment_posted", actor, at, content))


def live_case(connection: Connection, loan_id: str, *, at: datetime, reopen_days: int) -> str | None:
    """The case that hears money of this loan: the open one, one about to open, or one closed just now (4.6-8)."""
    latest = connection.execute(
        select(cases.c.case_id, cases.c.episode, cases.c.status, cases.c.closed_at)
        .where(cases.c.loan_id == loan_id)
        .order_by(cases.c.episode.desc())
        .limit(1)
    ).first()
    if latest is not None:
        fresh = latest.closed_at is not None and at - latest.closed_at <= timedelta(days=reopen_days)
        if latest.status == "open" or fresh:
            return str(latest.case_id)
    next_case = name_case(loan_id, 1 if latest is None else latest.episode + 1)
    about_to_open = select(messages.c.case_id).where(
        messages.c.message_id == open_message_id(next_case),
        messages.c.status.in_(("waiting", "sent")),
    )
    return connection.execute(about_to_open).scalar()


def _suspend(connection: Connection, payment: PaymentIn, kind: str, at: datetime) -> Posted:
    _tell_of(connection, payment, kind, at)
    return Posted(Standing.SUSPENSE)


def _tell_of(connection: Connection, payment: PaymentIn, kind: str, at: datetime) -> None:
    raise_incident(
        connection,
        kind=kind,
        key=payment.payment_id,
        at=at,
        loan_id=payment.loan_id,
        detail={
            "payment_id": payment.payment_id,
            "amount_minor": payment.amount_minor,
            "currency": payment.currency,
        },
    )


def _payment_content(payment: PaymentIn) -> dict[str, Any]:
    return {
        "payment_id": payment.payment_id,
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "value_on": str(payment.value_on),
        "kind": payment.kind,
        "reverses": payment.reverses_payment_id,
        "provisional": payment.provisional,
        "technical": payment.reversal_reason in TECHNICAL,
        "reason": payment.reversal_reason,
    }


def raise_incident(
    connection: Connection,
    *,
    kind: str,
    key: str,
    at: datetime,
    case_id: str | None = None,
    loan_id: str | None = None,
    detail: Mapping[str, Any] | None = None,
    due_at: datetime | None = None,
) -> bool:
    """Insert once by `kind` and `key`; True when it is new. `detail` holds ids and integers only."""
    incident = {
        "incident_id": f"{kind}-{key}",
        "kind": kind,
        "case_id": case_id,
        "loan_id": loan_id,
        "detail": dict(detail or {}),
        "status": "open",
        "opened_at": at,
        "due_at": due_at,
    }
    put = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    new = put(incidents).values(incident).on_conflict_do_nothing().returning(incidents.c.incident_id)
    return connection.execute(new).first() is not None


def withdraw(connection: Connection, message_id: str) -> bool:
    """Take back a message that was given time for it and has not been sent; False when it is too late.

    Conditional, as the relay's mark is: of the two one wins.
    """
    done = connection.execute(
        update(messages)
        .where(
            messages.c.message_id == message_id,
            messages.c.status == "waiting",
            messages.c.attempts == 0,
            messages.c.effective_at > messages.c.accepted_at,
        )
        .values(status="withdrawn")
    )
    return done.rowcount == 1


def _has_message(connection: Connection, message_id: str) -> bool:
    found = connection.execute(select(messages.c.message_id).where(messages.c.message_id == message_id))
    return found.scalar() is not None
