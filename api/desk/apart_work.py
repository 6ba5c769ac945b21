"""The ways out of money that an incident keeps apart: onto a loan, back to the payer, or left where it is."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row

from api.auth.person import Person
from api.desk import errors
from arrears.contracts import Rules
from arrears.policy.tasks import Missing
from arrears.store import refunds, suspense
from arrears.store.intents import PaymentIn
from arrears.store.suspense import Apart, Target

KINDS: Final = refunds.KINDS | suspense.KINDS
_REFERENCE: Final = re.compile(r"[A-Za-z0-9_-]{1,48}")
_OUTCOMES: Final = frozenset(suspense.OUTCOMES)

Incident = Row[*tuple[Any, ...]]


@dataclass(frozen=True)
class Closing:
    """`outcome`, `reference` and `loan_id` are of money alone.

    assigned names the loan, paid_out the bank's number of the payment, kept has a reason. `surplus_seen` is what a
    person was shown to be left over on that loan, minor units.
    """

    reason: str = ""
    outcome: str | None = None
    reference: str | None = None
    loan_id: str | None = None
    surplus_seen: int | None = None


@dataclass(frozen=True)
class Assignment:
    """What would follow: of `payment`, `surplus` is left over beyond what the loan owes."""

    payment: PaymentIn
    onto: Target
    owed: int
    surplus: int


@dataclass(frozen=True)
class Act:
    """Who ends it, when, by which rules."""

    who: Person
    at: datetime
    rules: Rules


def wrong_with(incident: Incident, closing: Closing) -> list[Missing]:
    """What the words lack, before the books are asked."""
    if closing.outcome not in _OUTCOMES:
        return [Missing("outcome", "refund_outcome_required")]
    wrong = []
    if closing.outcome == suspense.ASSIGNED and not closing.loan_id:
        wrong.append(Missing("loan_id", "loan_required"))
    if closing.outcome == refunds.PAID_OUT and not closing.reference:
        wrong.append(Missing("reference", "reference_required"))
    elif closing.outcome == refunds.PAID_OUT and not _REFERENCE.fullmatch(closing.reference or ""):
        wrong.append(Missing("reference", "reference_unreadable"))
    # Money paid too much goes back because it is too much; everything else has a ground of its own.
    explains_itself = closing.outcome == refunds.PAID_OUT and incident.kind in refunds.KINDS
    if not explains_itself and not closing.reason.strip():
        wrong.append(Missing("reason", "reason_required"))
    return wrong


def settle(connection: Connection, incident: Incident, closing: Closing, act: Act) -> str | None:
    """Does what was said; the payment it was put onto a loan with. Raises Invalid and SurplusUnseen."""
    match closing.outcome:
        case refunds.PAID_OUT:
            _must_be_final(connection, incident, by=act.who)
            _take_from_books(connection, incident, act)
        case suspense.ASSIGNED:
            return _assign(connection, incident, closing, act)
        case _:
            pass
    return None


def look_at(connection: Connection, incident: Incident, loan_id: str, act: Act) -> Assignment:
    """What putting it onto that loan would do. Raises Invalid."""
    kept = _must_be_final(connection, incident)
    if kept is None:
        raise errors.Invalid([Missing("outcome", "no_money_came")])
    onto = suspense.target(connection, loan_id)
    if onto is None:
        raise errors.Invalid([Missing("loan_id", "loan_unknown")])
    if onto.currency != kept.currency:
        raise errors.Invalid([Missing("loan_id", "currency_not_the_packs")])
    today = act.rules.calendar.day_of(int(act.at.timestamp()))
    payment = suspense.as_payment(incident.incident_id, kept, onto, today=today)
    if payment.value_on > today:
        raise errors.Invalid([Missing("loan_id", "state_of_today")])
    left = refunds.beyond(connection, payment, at=act.at, reopen_days=act.rules.terms.reopen_days)
    if not left.owed:
        raise errors.Invalid([Missing("loan_id", "nothing_owed" if left.has_case else "no_case_takes_it")])
    return Assignment(payment, onto, left.owed, left.surplus)


def _assign(connection: Connection, incident: Incident, closing: Closing, act: Act) -> str:
    seen = look_at(connection, incident, closing.loan_id or "", act)
    if closing.surplus_seen not in (None, seen.surplus):
        raise errors.SurplusUnseen(owed=seen.owed, surplus=seen.surplus, has_case=True)
    _take_from_books(connection, incident, act, onto=closing.loan_id)
    suspense.assign(
        connection,
        seen.payment,
        at=act.at,
        by=act.who.staff_id,
        reopen_days=act.rules.terms.reopen_days,
    )
    return seen.payment.payment_id


def _must_be_final(connection: Connection, incident: Incident, *, by: Person | None = None) -> Apart | None:
    """Money that may still bounce, or has, is nobody's to move; who typed it in does not send it out (4.7)."""
    kept = suspense.apart(connection, incident)
    if kept is None:
        if incident.kind in suspense.KINDS:
            raise errors.Invalid([Missing("outcome", "no_money_came")])
        return None
    if kept.taken_back:
        raise errors.Invalid([Missing("outcome", "surplus_gone")])
    if kept.may_bounce:
        raise errors.Invalid([Missing("outcome", "may_still_bounce")])
    if by is not None and kept.source == by.staff_id:
        raise errors.Invalid([Missing("outcome", "typed_by_you")])
    return kept


def _take_from_books(
    connection: Connection, incident: Incident, act: Act, *, onto: str | None = None
) -> None:
    """A surplus is in the books of its loan; what came for no loan or no case is in none."""
    if incident.kind not in refunds.KINDS:
        return
    if not refunds.still_kept(connection, incident.case_id, incident.detail):
        raise errors.Invalid([Missing("outcome", "surplus_gone")])
    if incident.loan_id is None:
        return  # left over of a transfer: no loan ever had it in its books
    refunds.pay_out(
        connection,
        incident,
        today=act.rules.calendar.day_of(int(act.at.timestamp())),
        at=act.at,
        by=act.who.staff_id,
        reopen_days=act.rules.terms.reopen_days,
        onto=onto,
    )
