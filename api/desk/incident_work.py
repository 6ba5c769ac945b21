"""What ends an incident: a reason, and for money that was paid too much what became of it."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from api.auth.permissions import Permission, may
from api.auth.person import Person
from api.desk import errors
from arrears.contracts import Rules
from arrears.policy.tasks import Missing
from arrears.store import audit, refunds
from arrears.store.tables import incidents

_REFERENCE: Final = re.compile(r"[A-Za-z0-9_-]{1,48}")


@dataclass(frozen=True)
class Closing:
    """`outcome` and `reference` are of refunds alone: paid_out with the bank's number of it, or kept with a reason."""

    reason: str = ""
    outcome: str | None = None
    reference: str | None = None


@dataclass(frozen=True)
class Closed:
    """Where it is noted, and what is told there beside its id."""

    stream: str
    told: dict[str, Any]


def close(
    connection: Connection, who: Person, incident_id: str, closing: Closing, *, at: datetime, rules: Rules
) -> Closed | None:
    """None when it was closed before. Raises NotFound, NotAllowed (a refund is work of operations) and Invalid."""
    wanted = select(incidents).where(incidents.c.incident_id == incident_id).with_for_update()
    incident = connection.execute(wanted).first()
    if incident is None:
        raise errors.NotFound
    is_refund = incident.kind in refunds.KINDS
    if is_refund and not may(who, Permission.POST_PAYMENT):
        raise errors.NotAllowed
    wrong = _wrong_refund(closing) if is_refund else _wrong(closing)
    if wrong:
        raise errors.Invalid(wrong)
    if incident.status != "open":
        return None
    if closing.outcome == refunds.PAID_OUT:
        _pay_out(connection, incident, who, at=at, rules=rules)
    connection.execute(
        update(incidents)
        .where(incidents.c.incident_id == incident_id)
        .values(
            status="closed",
            closed_at=at,
            closed_by=who.staff_id,
            reason=closing.reason.strip() or None,
            outcome=closing.outcome,
            reference=closing.reference,
        )
    )
    told = {"outcome": closing.outcome, "reference": closing.reference} if is_refund else {}
    return Closed(incident.case_id or audit.HOUSE, told)


def _wrong(closing: Closing) -> list[Missing]:
    wrong = [] if closing.reason.strip() else [Missing("reason", "reason_required")]
    if closing.outcome is not None or closing.reference is not None:
        wrong.append(Missing("outcome", "not_a_refund"))
    return wrong


def _wrong_refund(closing: Closing) -> list[Missing]:
    match closing.outcome:
        case refunds.PAID_OUT if not closing.reference:
            return [Missing("reference", "reference_required")]
        case refunds.PAID_OUT if not _REFERENCE.fullmatch(closing.reference or ""):
            return [Missing("reference", "reference_unreadable")]
        case refunds.KEPT if not closing.reason.strip():
            return [Missing("reason", "reason_required")]
        case refunds.PAID_OUT | refunds.KEPT:
            return []
        case _:
            return [Missing("outcome", "refund_outcome_required")]


def _pay_out(
    connection: Connection, incident: Row[*tuple[Any, ...]], who: Person, *, at: datetime, rules: Rules
) -> None:
    if not refunds.still_kept(connection, incident.case_id, incident.detail):
        raise errors.Invalid([Missing("outcome", "surplus_gone")])
    if incident.loan_id is None:
        return  # left over of a transfer: no loan ever had it in its books
    refunds.pay_out(
        connection,
        incident.incident_id,
        incident.loan_id,
        incident.detail,
        today=rules.calendar.day_of(int(at.timestamp())),
        at=at,
        by=who.staff_id,
        reopen_days=rules.terms.reopen_days,
    )
