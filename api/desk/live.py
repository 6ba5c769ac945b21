"""What every word to a case needs, that it is open until the word is kept; and what every look at it needs."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, select

from api.auth.person import Person
from api.desk.errors import CaseClosed, NotFound
from arrears import clock
from arrears.store import keeping_off
from arrears.store.tables import cases


def must_be_live(connection: Connection, case_id: str) -> datetime:
    """Holds the case row, so that a closing step and what is said cannot pass each other unseen.

    Returns the case's now: where time is skipped it is ahead of the door's. Raises CaseClosed.
    """
    case = connection.execute(_CASE, {"case": case_id}).first()
    if case is None or case.status != "open":
        raise CaseClosed
    decided_at: datetime = case.decided_at
    return clock.case_now(decided_at)


def must_be_seen(connection: Connection, who: Person, case_id: str) -> None:
    """Whoever the debtor complained of sees nothing of the case any more (K1). Raises NotFound."""
    if keeping_off.keeps_off(connection, case_id, who.staff_id):
        raise NotFound


# Made once: to build it costs more than to run it.
_CASE: Final = (
    select(cases.c.status, cases.c.decided_at)
    .where(cases.c.case_id == bindparam("case"))
    .with_for_update(read=True)
)
