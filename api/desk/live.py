"""The one thing every word to a case needs: that the case is open, and stays so until the word is kept."""

from sqlalchemy import Connection, select

from api.desk.errors import CaseClosed
from arrears.store.tables import cases


def must_be_live(connection: Connection, case_id: str) -> None:
    """Holds the case row, so that a closing step and what is said cannot pass each other unseen."""
    status = connection.execute(
        select(cases.c.status).where(cases.c.case_id == case_id).with_for_update(read=True)
    ).scalar()
    if status != "open":
        raise CaseClosed
