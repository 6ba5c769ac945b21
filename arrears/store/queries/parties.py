"""Who stands around a loan, and how each is reached: for pages that say whom a contact was with."""

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, select

from arrears.store.tables import borrowers, contact_points, parties


@dataclass(frozen=True)
class PartyView:
    """Somebody beside the borrower."""

    borrower_id: str
    role: str
    name: str = field(repr=False)
    guarantee_kind: str | None
    guarantee_until: date | None


@dataclass(frozen=True)
class PointView:
    contact_id: str
    borrower_id: str
    channel: str
    address: str = field(repr=False)


def parties_of(connection: Connection, loan_id: str) -> tuple[PartyView, ...]:
    rows = connection.execute(
        select(
            parties.c.borrower_id,
            parties.c.role,
            borrowers.c.name,
            parties.c.guarantee_kind,
            parties.c.guarantee_until,
        )
        .outerjoin(borrowers, borrowers.c.borrower_id == parties.c.borrower_id)
        .where(parties.c.loan_id == loan_id)
        .order_by(parties.c.role, parties.c.borrower_id)
    )
    return tuple(PartyView(**(dict(row._mapping) | {"name": row.name or ""})) for row in rows)


def points_of(connection: Connection, borrower_ids: list[str]) -> tuple[PointView, ...]:
    """Preferred ones first, person by person."""
    rows = connection.execute(
        select(
            contact_points.c.contact_id,
            contact_points.c.borrower_id,
            contact_points.c.channel,
            contact_points.c.address,
        )
        .where(contact_points.c.borrower_id.in_(borrower_ids))
        .order_by(
            contact_points.c.borrower_id, contact_points.c.preferred.desc(), contact_points.c.contact_id
        )
    )
    return tuple(PointView(**row._mapping) for row in rows)
