"""Who saw masked data in full, whose, why and when (P11): rows that name what was seen and never hold it."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, and_, func, literal, or_, select, tuple_
from sqlalchemy import insert as put

from arrears.policy.state import HoldKind
from arrears.store import audit
from arrears.store.tables import borrowers, contact_attempts, contact_points, holds, reveals, staff
from arrears.store.types import Instant, Text

PAGE: Final = 50
# Shown for one call or visit: the ledger of contacts limits these, unless nothing came of them.
FOR_A_CONTACT: Final = "contact"
# Opening the letter that was sent: it is evidence, and its readers are few.
FOR_THE_LETTER: Final = "letter"


@dataclass(frozen=True)
class Seen:
    """One thing one person saw in full; `what` is name, id_number, home, contact or letter."""

    staff_id: str
    borrower_id: str
    what: str
    purpose: str
    case_id: str | None = None
    task_id: str | None = None
    attempt_id: str | None = None
    contact_id: str | None = None
    reason: str | None = field(default=None, repr=False)


def note(connection: Connection, seen: Seen, *, at: datetime) -> str:
    """Keeps it, and seals it into the trail of its case. Free words stay out of the trail."""
    reveal_id = f"rv-{secrets.token_hex(8)}"
    connection.execute(put(reveals).values(reveal_id=reveal_id, at=at, **vars(seen)))
    detail = {"reveal_id": reveal_id, "what": seen.what, "purpose": seen.purpose}
    detail |= {
        name: value
        for name in ("task_id", "attempt_id", "contact_id")
        if (value := getattr(seen, name)) is not None
    }
    stream = seen.case_id or audit.HOUSE
    audit.append(connection, stream=stream, at=at, actor=seen.staff_id, what="revealed", detail=detail)
    return reveal_id


def hold_staff(connection: Connection, staff_id: str) -> None:
    """Of two windows of one person the second waits, so that no quota is passed by haste."""
    connection.execute(select(staff.c.staff_id).where(staff.c.staff_id == staff_id).with_for_update())


def used(connection: Connection, staff_id: str, *, since: datetime) -> int:
    """How often this person has seen something in full since then: all but letters and contacts that were made."""
    counted = or_(
        reveals.c.purpose.not_in((FOR_A_CONTACT, FOR_THE_LETTER)),
        and_(reveals.c.purpose == FOR_A_CONTACT, contact_attempts.c.status == "released"),
    )
    return int(connection.execute(_counting(staff_id, since).where(counted)).scalar_one())


def dropped(connection: Connection, staff_id: str, *, since: datetime) -> int:
    """How often a number was shown for a contact that was not made after all."""
    unmade = _counting(staff_id, since).where(contact_attempts.c.status == "released")
    return int(connection.execute(unmade).scalar_one())


def _counting(staff_id: str, since: datetime) -> Select[Any]:
    return (
        select(func.count())
        .select_from(
            reveals.outerjoin(contact_attempts, contact_attempts.c.attempt_id == reveals.c.attempt_id)
        )
        .where(reveals.c.staff_id == staff_id, reveals.c.at >= since)
    )


def complained_of(connection: Connection, staff_id: str, borrower_id: str) -> bool:
    """Whether the person has an open complaint against this member of staff (scenario 27)."""
    against = select(holds.c.hold_id).where(
        holds.c.borrower_id == borrower_id,
        holds.c.kind == HoldKind.COMPLAINT.value,
        holds.c.against == staff_id,
        holds.c.ended_at.is_(None),
    )
    return connection.execute(against.limit(1)).first() is not None


# ---- what is there to be seen ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Person:
    """A debtor with all that is masked elsewhere."""

    borrower_id: str
    name: str = field(repr=False)
    id_number: str | None = field(repr=False)
    home: str | None = field(repr=False)
    points: tuple["Address", ...]


@dataclass(frozen=True)
class Address:
    contact_id: str
    channel: str
    address: str = field(repr=False)


def person(connection: Connection, borrower_id: str) -> Person | None:
    row = connection.execute(select(borrowers).where(borrowers.c.borrower_id == borrower_id)).first()
    if row is None:
        return None
    points = connection.execute(
        select(contact_points.c.contact_id, contact_points.c.channel, contact_points.c.address)
        .where(contact_points.c.borrower_id == borrower_id)
        .order_by(contact_points.c.preferred.desc(), contact_points.c.contact_id)
    )
    return Person(
        borrower_id, row.name, row.id_number, row.address, tuple(Address(*point) for point in points)
    )


# ---- the list --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RevealKey:
    """A place in the list: the last row that was shown."""

    at: datetime
    reveal_id: str


def listed(
    connection: Connection, *, after: RevealKey | None = None
) -> tuple[list[Row[*tuple[Any, ...]]], RevealKey | None]:
    """Newest first, with the names of those who looked and the channel of what they saw."""
    rows = (
        select(reveals, staff.c.name.label("staff_name"), contact_points.c.channel, contact_attempts.c.action)
        .outerjoin(staff, staff.c.staff_id == reveals.c.staff_id)
        .outerjoin(contact_points, contact_points.c.contact_id == reveals.c.contact_id)
        .outerjoin(contact_attempts, contact_attempts.c.attempt_id == reveals.c.attempt_id)
        .order_by(reveals.c.at.desc(), reveals.c.reveal_id.desc())
        .limit(PAGE + 1)
    )
    if after is not None:
        place = tuple_(literal(after.at, Instant), literal(after.reveal_id, Text))
        rows = rows.where(tuple_(reveals.c.at, reveals.c.reveal_id) < place)
    found = list(connection.execute(rows))
    shown = found[:PAGE]
    more = RevealKey(shown[-1].at, shown[-1].reveal_id) if len(found) > PAGE else None
    return shown, more
