"""What contacts brought to light of numbers and addresses: kept once each, with the address as it was then."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from arrears.store.tables import contact_marks, contact_points


@dataclass(frozen=True)
class Marked:
    """`mark` is one of `codes.Mark`."""

    mark: str
    borrower_id: str
    case_id: str
    by: str
    since: datetime


def put(connection: Connection, contact_id: str, marked: Marked) -> None:
    """The first mark of a kind stands; a contact point that is not this person's is left alone."""
    point = connection.execute(
        select(contact_points.c.channel, contact_points.c.address).where(
            contact_points.c.contact_id == contact_id, contact_points.c.borrower_id == marked.borrower_id
        )
    ).first()
    if point is None:
        return
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    row = {"mark_id": f"{contact_id}-{marked.mark}", "contact_id": contact_id, **vars(marked)}
    row |= {"channel": point.channel, "address": point.address}
    connection.execute(insert(contact_marks).values(row).on_conflict_do_nothing())
