"""What is learnt of a person that changes who may be contacted: circumstances and consent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from arrears.policy.guard import Circumstance
from arrears.store.tables import circumstances, consents, contact_points
from arrears.store.writes import instant


def note(
    connection: Connection,
    borrower_id: str,
    what: Circumstance,
    *,
    by: str,
    at: int,
    evidence: str | None = None,
) -> None:
    """From now on this is known of the person; saying it again changes nothing."""
    open_one = select(circumstances.c.kind).where(
        circumstances.c.borrower_id == borrower_id,
        circumstances.c.kind == what.value,
        circumstances.c.ended_at.is_(None),
    )
    if connection.execute(open_one).first() is None:
        row = {"borrower_id": borrower_id, "kind": what.value, "since": instant(at), "by": by}
        _once(connection, circumstances, row | {"evidence": evidence})


def end(connection: Connection, borrower_id: str, what: Circumstance, *, by: str, at: int) -> None:
    connection.execute(
        update(circumstances)
        .where(
            circumstances.c.borrower_id == borrower_id,
            circumstances.c.kind == what.value,
            circumstances.c.ended_at.is_(None),
        )
        .values(ended_at=instant(at), ended_by=by)
    )


def give_consent(
    connection: Connection, contact_id: str, *, to: str, at: int, evidence: str | None = None
) -> None:
    """Leave to use this way of reaching the person (P2); given anew after it was withdrawn."""
    into = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    row = into(consents).values(contact_id=contact_id, given_at=instant(at), given_to=to, evidence=evidence)
    again = {"given_at": instant(at), "given_to": to, "withdrawn_at": None, "withdrawn_to": None}
    connection.execute(row.on_conflict_do_update(index_elements=["contact_id"], set_=again))


def withdraw_consent(connection: Connection, contact_id: str, *, to: str, at: int) -> None:
    """At once, and not backwards (P2); the phone of the contract stays, for it needs none (P1)."""
    connection.execute(
        update(consents)
        .where(consents.c.contact_id == contact_id, consents.c.withdrawn_at.is_(None))
        .values(withdrawn_at=instant(at), withdrawn_to=to)
    )


@dataclass(frozen=True)
class Way:
    """One way of reaching a person that the contract does not give, and whether the person allows it."""

    contact_id: str
    channel: str
    address: str = field(repr=False)
    given_at: datetime | None = None
    withdrawn_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.given_at is not None and self.withdrawn_at is None


# The contract gives these; every other way needs consent (P1, P2).
BY_CONTRACT: Final = ("phone", "sms", "email", "post")


def ways(connection: Connection, borrower_id: str) -> tuple[Way, ...]:
    found = connection.execute(
        select(
            contact_points.c.contact_id,
            contact_points.c.channel,
            contact_points.c.address,
            consents.c.given_at,
            consents.c.withdrawn_at,
        )
        .outerjoin(consents, consents.c.contact_id == contact_points.c.contact_id)
        .where(contact_points.c.borrower_id == borrower_id, contact_points.c.channel.not_in(BY_CONTRACT))
        .order_by(contact_points.c.contact_id)
    )
    return tuple(Way(*row) for row in found)


def _once(connection: Connection, table: Any, row: Mapping[str, Any]) -> None:
    into = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    connection.execute(into(table).values(row).on_conflict_do_nothing())
