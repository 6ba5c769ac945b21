"""Whose turn it is to choose what a case is told next, among several relays at one PostgreSQL."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, text

# What follows the lock is read anew: a message may have come, or gone, since the case was found.
# It is a lock of the case and not SKIP LOCKED on messages: a message that `record` is settling just now would be
# skipped, and the case taken for one with nothing under way.
_TAKE: Final = text(
    "SELECT name FROM unnest(CAST(:names AS text[])) AS name WHERE pg_try_advisory_xact_lock(:relays, hashtext(name))"
)
_RELAYS: Final = 0x72656C61  # any number, the same in every process


def take(connection: Connection, names: Sequence[str]) -> set[str]:
    """Those of the cases that nobody else is choosing for; ours until the transaction ends. Nobody waits."""
    if connection.dialect.name == "sqlite":  # whoever writes there writes alone
        return set(names)
    wanted = {"names": sorted(set(names)), "relays": _RELAYS}
    return set(connection.execute(_TAKE, wanted).scalars())
