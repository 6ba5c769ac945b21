"""Links with which people set their password: shown once to whoever made them, kept as hashes, good for one use."""

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from arrears.store.people import StaffRow, staff_by_id
from arrears.store.tables import invitations

LIFE: Final = timedelta(hours=72)
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")


def make(connection: Connection, staff_id: str, *, by: str, at: datetime) -> tuple[str, datetime]:
    """The token and its end, machine time; an earlier link of the person opens nothing any more."""
    withdraw(connection, staff_id)
    token, ends_at = secrets.token_urlsafe(32), at + LIFE
    row = {
        "token_hash": _hash(token),
        "staff_id": staff_id,
        "made_by": by,
        "made_at": at,
        "ends_at": ends_at,
    }
    connection.execute(insert(invitations).values(row))
    return token, ends_at


def withdraw(connection: Connection, staff_id: str) -> None:
    connection.execute(delete(invitations).where(invitations.c.staff_id == staff_id))


def ends_at(connection: Connection, staff_id: str, *, at: datetime) -> datetime | None:
    """Until when the link of this person is good; None without one."""
    return connection.execute(
        select(invitations.c.ends_at).where(invitations.c.staff_id == staff_id, invitations.c.ends_at > at)
    ).scalar()


def invited(connection: Connection, token: str, *, at: datetime) -> StaffRow | None:
    """Whose link it is; None for one that is unknown, over or used, or of somebody who has left."""
    if not _TOKEN.fullmatch(token):
        return None
    staff_id = connection.execute(
        select(invitations.c.staff_id).where(
            invitations.c.token_hash == _hash(token), invitations.c.ends_at > at
        )
    ).scalar()
    staff = None if staff_id is None else staff_by_id(connection, staff_id)
    return staff if staff is not None and (staff.active or staff.password_hash is None) else None


def use(connection: Connection, token: str, *, at: datetime) -> StaffRow | None:
    """As `invited`, and of two who use it at once one gets it."""
    staff = invited(connection, token, at=at)
    if staff is None:
        return None
    gone = connection.execute(delete(invitations).where(invitations.c.token_hash == _hash(token)))
    return staff if gone.rowcount == 1 else None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
