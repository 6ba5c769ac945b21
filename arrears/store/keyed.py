"""Keyed requests of API clients: the first answer is kept and told again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from arrears.store.tables import idempotency_keys

UNANSWERED: Final = 0


@dataclass(frozen=True)
class Keyed:
    """A request by its key, its actor and its route; `body_hash` tells whether it is the same request."""

    key: str
    actor: str
    route: str
    body_hash: str


@dataclass(frozen=True)
class Kept:
    """`status` is 0 while the first request is under way, or when it died on the way."""

    body_hash: str
    status: int
    answer: dict[str, Any]


def reserve(connection: Connection, keyed: Keyed, *, at: datetime) -> Kept:
    """Takes the key when it is free; answers what stands there then."""
    put = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    row = put(idempotency_keys).values(
        key=keyed.key,
        actor=keyed.actor,
        route=keyed.route,
        body_hash=keyed.body_hash,
        status=UNANSWERED,
        answer={},
        at=at,
    )
    connection.execute(row.on_conflict_do_nothing())
    return _kept(connection, keyed)


def settle(connection: Connection, keyed: Keyed, *, status: int, answer: dict[str, Any]) -> Kept:
    """Keeps the answer unless another was first; answers the one that stands."""
    connection.execute(
        update(idempotency_keys)
        .where(*_of(keyed), idempotency_keys.c.status == UNANSWERED)
        .values(status=status, answer=answer)
    )
    return _kept(connection, keyed)


def _kept(connection: Connection, keyed: Keyed) -> Kept:
    row = connection.execute(
        select(idempotency_keys.c.body_hash, idempotency_keys.c.status, idempotency_keys.c.answer).where(
            *_of(keyed)
        )
    ).one()
    return Kept(row.body_hash, row.status, row.answer)


def _of(keyed: Keyed) -> tuple[Any, ...]:
    return (
        idempotency_keys.c.key == keyed.key,
        idempotency_keys.c.actor == keyed.actor,
        idempotency_keys.c.route == keyed.route,
    )
