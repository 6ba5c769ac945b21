"""How far the relay is with the cases an import asked for."""

from sqlalchemy import func, select, text

from arrears.store.session import Store
from arrears.store.tables import messages


def openings_under_way(store: Store) -> int:
    """Cases that are asked for and have not answered yet."""
    # The words of the index on unsettled messages, so that SQLite knows it may use it.
    unsettled = text("status in ('waiting','sent')")
    with store.reading() as connection:
        under_way = select(func.count()).select_from(messages).where(unsettled, messages.c.signal == "open")
        return connection.execute(under_way).scalar_one()


def openings_parked(store: Store) -> int:
    """Cases that could not be started and wait for an operator."""
    with store.reading() as connection:
        parked = messages.c.status == "parked"
        return connection.execute(
            select(func.count()).select_from(messages).where(parked, messages.c.signal == "open")
        ).scalar_one()
