"""Who is away on which days, and who stands in: an absence begins and ends by its days, without anybody's doing."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, or_, select, update

from arrears.store.tables import absences, staff


@dataclass(frozen=True)
class AbsenceLine:
    """Both days are included."""

    absence_id: str
    staff_id: str
    substitute_id: str
    substitute_name: str
    from_day: date
    to_day: date


def enter(  # one a column
    connection: Connection,
    staff_id: str,
    *,
    substitute_id: str,
    from_day: date,
    to_day: date,
    by: str,
    at: datetime,
) -> str:
    absence_id = f"a-{secrets.token_hex(6)}"
    row = {
        "absence_id": absence_id,
        "staff_id": staff_id,
        "substitute_id": substitute_id,
        "from_day": from_day,
        "to_day": to_day,
        "entered_by": by,
        "entered_at": at,
    }
    connection.execute(insert(absences).values(row))
    return absence_id


def withdraw(connection: Connection, staff_id: str, absence_id: str, *, at: datetime) -> bool:
    """Whether it was there, of this person, and not withdrawn yet."""
    gone = connection.execute(
        update(absences)
        .where(
            absences.c.absence_id == absence_id,
            absences.c.staff_id == staff_id,
            absences.c.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=at)
    )
    return gone.rowcount == 1


def end_all(connection: Connection, staff_id: str, *, at: datetime) -> None:
    """Whoever leaves is neither away nor stands in for anybody."""
    either = or_(absences.c.staff_id == staff_id, absences.c.substitute_id == staff_id)
    connection.execute(
        update(absences).where(either, absences.c.withdrawn_at.is_(None)).values(withdrawn_at=at)
    )


def covered_by(connection: Connection, substitute_id: str, *, today: date) -> frozenset[str]:
    """For whom this person stands in on that civil day."""
    rows = connection.execute(
        select(absences.c.staff_id).where(absences.c.substitute_id == substitute_id, *_over(today, today))
    )
    return frozenset(rows.scalars())


def is_away(connection: Connection, staff_id: str, *, first: date, last: date) -> bool:
    """On some day between these."""
    found = select(absences.c.absence_id).where(absences.c.staff_id == staff_id, *_over(first, last))
    return connection.execute(found.limit(1)).first() is not None


def stands_in(connection: Connection, staff_id: str, *, first: date, last: date) -> bool:
    """For anybody, on some day between these."""
    found = select(absences.c.absence_id).where(absences.c.substitute_id == staff_id, *_over(first, last))
    return connection.execute(found.limit(1)).first() is not None


def away(connection: Connection, *, today: date) -> dict[str, AbsenceLine]:
    """Everybody who is away on that day, by staff id."""
    found = connection.execute(_LINES.where(*_over(today, today)))
    return {row.staff_id: _line(row) for row in found}


def to_come(connection: Connection, staff_id: str, *, today: date) -> tuple[AbsenceLine, ...]:
    """Of one person, today's and later ones."""
    found = connection.execute(
        _LINES.where(
            absences.c.staff_id == staff_id, absences.c.to_day >= today, absences.c.withdrawn_at.is_(None)
        ).order_by(absences.c.from_day)
    )
    return tuple(_line(row) for row in found)


def _over(first: date, last: date) -> tuple[ColumnElement[bool], ...]:
    return (absences.c.from_day <= last, absences.c.to_day >= first, absences.c.withdrawn_at.is_(None))


def _line(row: Row[*tuple[Any, ...]]) -> AbsenceLine:
    return AbsenceLine(**row._mapping)


_LINES = select(
    absences.c.absence_id,
    absences.c.staff_id,
    absences.c.substitute_id,
    staff.c.name.label("substitute_name"),
    absences.c.from_day,
    absences.c.to_day,
).join(staff, staff.c.staff_id == absences.c.substitute_id)
