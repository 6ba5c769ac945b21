"""What people looked for, kept under an id that says nothing, for whoever asked and for some hours."""

import secrets
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from arrears.store.tables import searches

KEPT: Final = timedelta(hours=12)


def keep(connection: Connection, staff_id: str, words: str, *, now: datetime) -> str:
    """The same words of the same person keep their id. `now` is machine time."""
    connection.execute(delete(searches).where(searches.c.ends_at <= now))
    theirs = (searches.c.staff_id == staff_id) & (searches.c.words == words)
    known = connection.execute(select(searches.c.search_id).where(theirs).limit(1)).scalar()
    if known is not None:
        connection.execute(update(searches).where(searches.c.search_id == known).values(ends_at=now + KEPT))
        return str(known)
    search_id = secrets.token_urlsafe(12)
    row = {"search_id": search_id, "staff_id": staff_id, "words": words, "ends_at": now + KEPT}
    connection.execute(insert(searches).values(row))
    return search_id


def words_of(connection: Connection, staff_id: str, search_id: str, *, now: datetime) -> str | None:
    """None when it has ended, or was somebody else's."""
    theirs = (searches.c.search_id == search_id) & (searches.c.staff_id == staff_id)
    return connection.execute(select(searches.c.words).where(theirs, searches.c.ends_at > now)).scalar()
