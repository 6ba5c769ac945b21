"""Repayment plans and their instalments as rows; called by `record` alone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select, update

from arrears.policy.agreements import Acceptance
from arrears.policy.effects import PlanBecame, PlanMade, PlanPaid
from arrears.policy.schedules import Method, schedule, shares
from arrears.store import recordings
from arrears.store.recordings import Proof
from arrears.store.tables import plan_instalments, plans, staff

SIGNED: Final = "plan_signed"
# A plan whose instalments still mean something: it runs, or ran to its end.
SHOWN: Final = ("waiting", "active", "at_risk", "renegotiating", "completed")


@dataclass(frozen=True)
class Signing:
    """Whose plan it is, and when it was signed."""

    case_id: str
    loan_id: str
    borrower_id: str
    currency: str
    at: datetime


def put(connection: Connection, signing: Signing, made: PlanMade) -> None:
    parts = schedule(
        Method(made.method),
        made.amount,
        yearly_bp=made.yearly_bp,
        periods=made.periods,
        first_due_on=date.fromisoformat(made.first_due_on),
    )
    connection.execute(
        insert(plans),
        {
            "plan_id": made.plan_id,
            "case_id": signing.case_id,
            "loan_id": signing.loan_id,
            "borrower_id": signing.borrower_id,
            "method": made.method,
            "amount_minor": made.amount,
            "total_minor": sum(part.amount for part in parts),
            "yearly_bp": made.yearly_bp,
            "periods": made.periods,
            "first_due_on": parts[0].due_on,
            "last_due_on": parts[-1].due_on,
            "currency": signing.currency,
            "charges": made.charges,
            "acceptance": made.acceptance,
            "proof": made.proof,
            "guarantor_proof": made.guarantor_proof or None,
            "signed_at": signing.at,
            "signed_by": made.by,
            "status": made.status,
            "changed_at": signing.at,
        },
    )
    connection.execute(
        insert(plan_instalments),
        [
            {
                "plan_id": made.plan_id,
                "number": part.number,
                "due_on": part.due_on,
                "principal_minor": part.principal,
                "interest_minor": part.interest,
            }
            for part in parts
        ],
    )
    if made.acceptance == Acceptance.ORAL:
        recordings.keep_until_settled(connection, _recording(signing, made))


def _recording(signing: Signing, made: PlanMade) -> Proof:
    return Proof(made.proof, signing.borrower_id, signing.case_id, signing.loan_id, signing.at)


def pay(connection: Connection, effect: PlanPaid, *, at: datetime) -> None:
    """First in, first out; only the instalments that changed are written."""
    connection.execute(
        update(plans)
        .where(plans.c.plan_id == effect.plan_id)
        .values(paid_minor=effect.paid, changed_at=at, changed_by=None)
    )
    rows = connection.execute(
        select(plan_instalments)
        .where(plan_instalments.c.plan_id == effect.plan_id)
        .order_by(plan_instalments.c.number)
    ).all()
    taken = shares([row.principal_minor + row.interest_minor for row in rows], effect.paid)
    moved = [
        {"of_plan": effect.plan_id, "of_number": row.number, "paid_minor": paid}
        for row, paid in zip(rows, taken, strict=True)
        if row.paid_minor != paid
    ]
    if moved:
        connection.execute(
            update(plan_instalments).where(
                plan_instalments.c.plan_id == bindparam("of_plan"),
                plan_instalments.c.number == bindparam("of_number"),
            ),
            moved,
        )


def became(connection: Connection, effect: PlanBecame, *, at: datetime) -> None:
    connection.execute(
        update(plans)
        .where(plans.c.plan_id == effect.plan_id)
        .values(
            status=effect.status,
            until=datetime.fromtimestamp(effect.until, UTC) if effect.until else None,
            changed_at=at,
            changed_by=effect.by or None,
        )
    )


# ---- looking ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class InstalmentView:
    """Minor units."""

    number: int
    due_on: date
    principal_minor: int
    interest_minor: int
    paid_minor: int

    @property
    def amount_minor(self) -> int:
        return self.principal_minor + self.interest_minor


@dataclass(frozen=True)
class PlanView:
    """Minor units, basis points of a year."""

    plan_id: str
    method: str
    amount_minor: int
    total_minor: int
    yearly_bp: int
    periods: int
    currency: str
    charges: str
    acceptance: str
    proof: str
    guarantor_proof: str | None
    signed_at: datetime
    signed_by: str
    signed_by_name: str | None
    status: str
    paid_minor: int
    until: datetime | None
    instalments: tuple[InstalmentView, ...]


def of_case(connection: Connection, case_id: str) -> tuple[PlanView, ...]:
    """The newest first."""
    rows = connection.execute(
        select(plans, staff.c.name.label("signed_by_name"))
        .outerjoin(staff, staff.c.staff_id == plans.c.signed_by)
        .where(plans.c.case_id == case_id)
        .order_by(plans.c.signed_at.desc(), plans.c.plan_id.desc())
    ).mappings()
    names = [name for name in PlanView.__dataclass_fields__ if name != "instalments"]
    return tuple(
        PlanView(
            **{name: row[name] for name in names}, instalments=_instalments_of(connection, row["plan_id"])
        )
        for row in rows.all()
    )


def _instalments_of(connection: Connection, plan_id: str) -> tuple[InstalmentView, ...]:
    rows = connection.execute(
        select(plan_instalments)
        .where(plan_instalments.c.plan_id == plan_id)
        .order_by(plan_instalments.c.number)
    )
    return tuple(
        InstalmentView(row.number, row.due_on, row.principal_minor, row.interest_minor, row.paid_minor)
        for row in rows
    )
