"""What ends an incident: a reason, and for money what became of it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, update

from api.auth.permissions import Permission, may
from api.desk import apart_work, errors
from api.desk.apart_work import Act, Assignment, Closing
from arrears.policy.tasks import Missing
from arrears.store import audit
from arrears.store.tables import incidents


@dataclass(frozen=True)
class Closed:
    """Where it is noted, and what is told there beside its id."""

    stream: str
    told: dict[str, Any]


def close(connection: Connection, incident_id: str, closing: Closing, act: Act) -> Closed | None:
    """None when it was closed before.

    Raises NotFound, NotAllowed (money is work of operations), Invalid and SurplusUnseen.
    """
    incident = _held(connection, incident_id)
    of_money = incident.kind in apart_work.KINDS
    if of_money and not may(act.who, Permission.POST_PAYMENT):
        raise errors.NotAllowed
    wrong = apart_work.wrong_with(incident, closing) if of_money else _wrong(closing)
    if wrong:
        raise errors.Invalid(wrong)
    if incident.status != "open":
        return None
    posted = apart_work.settle(connection, incident, closing, act) if of_money else None
    reference = posted or closing.reference
    connection.execute(
        update(incidents)
        .where(incidents.c.incident_id == incident_id)
        .values(
            status="closed",
            closed_at=act.at,
            closed_by=act.who.staff_id,
            reason=closing.reason.strip() or None,
            outcome=closing.outcome,
            reference=reference,
        )
    )
    told = {"outcome": closing.outcome, "reference": reference} if of_money else {}
    if posted is not None:
        told["loan_id"] = closing.loan_id
    return Closed(incident.case_id or audit.HOUSE, told)


def look_at(connection: Connection, incident_id: str, closing: Closing, act: Act) -> Assignment | None:
    """What putting its money onto a loan would do; None when it is closed. Raises as `close` does."""
    incident = _held(connection, incident_id)
    if incident.kind not in apart_work.KINDS:
        raise errors.NotFound
    wrong = apart_work.wrong_with(incident, closing)
    if wrong:
        raise errors.Invalid(wrong)
    if incident.status != "open":
        return None
    return apart_work.look_at(connection, incident, closing.loan_id or "", act)


def _held(connection: Connection, incident_id: str) -> Row[*tuple[Any, ...]]:
    wanted = select(incidents).where(incidents.c.incident_id == incident_id).with_for_update()
    incident = connection.execute(wanted).first()
    if incident is None:
        raise errors.NotFound
    return incident


def _wrong(closing: Closing) -> list[Missing]:
    wrong = [] if closing.reason.strip() else [Missing("reason", "reason_required")]
    if closing.outcome is not None or closing.reference is not None or closing.loan_id is not None:
        wrong.append(Missing("outcome", "not_a_refund"))
    return wrong
