"""The one thing every word to a case needs: that the case is open, and stays so until the word is kept."""

from datetime import datetime

from sqlalchemy import Connection, select

from api.desk.errors import CaseClosed
from arrears import clock
from arrears.store.tables import cases


def must_be_live(connection: Connection, case_id: str) -> datetime:
    """Holds the case row, so that a closing step and what is said cannot pass each other unseen.

    Returns the case's now: where time is skipped it is ahead of the door's. Raises CaseClosed.
    """
    case = connection.execute(
        select(cases.c.status, cases.c.decided_at)
        .where(cases.c.case_id == case_id)
        .with_for_update(read=True)
    ).first()
    if case is None or case.status != "open":
        raise CaseClosed
    decided_at: datetime = case.decided_at
    return clock.case_now(decided_at)
