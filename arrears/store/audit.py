"""The audit trail: append-only rows, each sealed by a hash over itself and the row before it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite

from arrears.contracts import canonical
from arrears.store.tables import Audit

HOUSE: Final = "house"  # the stream of what concerns no case
START: Final = "0" * 64
SEALED: Final = "trail_sealed"

_rows = Audit.metadata.tables["audit"]
_LAST = (
    select(_rows.c.n, _rows.c.hash)
    .where(_rows.c.stream == bindparam("of_stream"))
    .order_by(_rows.c.n.desc())
    .limit(1)
)
_INSERT = {
    "sqlite": sqlite.insert(_rows).on_conflict_do_nothing().returning(_rows.c.n),
    "postgresql": postgresql.insert(_rows).on_conflict_do_nothing().returning(_rows.c.n),
}


@dataclass(frozen=True)
class Break:
    """Where a chain does not hold, and why."""

    stream: str
    n: int
    why: str


def append(
    connection: Connection, *, stream: str, at: datetime, actor: str, what: str, detail: Mapping[str, Any]
) -> str:
    """Adds one row to the chain of `stream` in the caller's transaction and answers its hash."""
    # What is hashed is what will be read back: a key that was a number is text afterwards.
    kept = json.loads(canonical(dict(detail)))
    while True:
        last = connection.execute(_LAST, {"of_stream": stream}).one_or_none()
        n, prev_hash = (last.n + 1, last.hash) if last else (1, START)
        row = {
            "stream": stream,
            "n": n,
            "at": at,
            "actor": actor,
            "what": what,
            "detail": kept,
            "prev_hash": prev_hash,
        }
        row_hash = sealed(row)
        added = connection.execute(_INSERT[connection.dialect.name], {**row, "hash": row_hash})
        if added.one_or_none() is not None:
            return row_hash
        # PostgreSQL waited for another transaction, which took this number: go behind it.


def verify(connection: Connection, stream: str) -> list[Break]:
    """Reads the whole chain again; an empty list says that no row was changed, removed or put in between.

    Rows cut off at the end leave a chain that holds: only a seal kept elsewhere shows that.
    """
    breaks = []
    n, prev_hash = 0, START
    found = connection.execute(select(_rows).where(_rows.c.stream == stream).order_by(_rows.c.n)).mappings()
    for row in found:
        n += 1
        if row["n"] != n:
            breaks.append(Break(stream, n, f"missing: the next row is number {row['n']}"))
            n = row["n"]
        elif row["prev_hash"] != prev_hash:
            breaks.append(Break(stream, n, "does not follow the row before it"))
        if row["hash"] != sealed(dict(row)):
            breaks.append(Break(stream, n, "was changed after it was written"))
        prev_hash = row["hash"]
    return breaks


def heads(connection: Connection) -> dict[str, tuple[int, str]]:
    """The number and the hash of the last row of every chain."""
    last = select(_rows.c.stream, func.max(_rows.c.n).label("n")).group_by(_rows.c.stream).subquery()
    found = select(_rows.c.stream, _rows.c.n, _rows.c.hash).join(
        last, (last.c.stream == _rows.c.stream) & (last.c.n == _rows.c.n)
    )
    return {row.stream: (row.n, row.hash) for row in connection.execute(found)}


def against(connection: Connection, ends: Iterable[tuple[str, int, str, int]]) -> list[Break]:
    """Chains that have no longer a row at which a seal says that they ended: stream, number, hash, and which seal."""
    breaks = []
    for stream, n, row_hash, number in ends:
        kept = connection.execute(
            select(_rows.c.hash).where(_rows.c.stream == stream, _rows.c.n == n)
        ).scalar()
        if kept is None:
            breaks.append(Break(stream, n, f"was cut off: seal {number} has it"))
        elif kept != row_hash:
            breaks.append(Break(stream, n, f"is another row than the one in seal {number}"))
    return breaks


def sealings(connection: Connection) -> dict[int, str]:
    """What the trail itself says of its seals: the hash of each one's file."""
    told = select(_rows.c.detail).where(_rows.c.stream == HOUSE, _rows.c.what == SEALED)
    return {detail["number"]: detail["sha256"] for detail in connection.execute(told).scalars()}


def streams(connection: Connection) -> list[str]:
    return list(connection.execute(select(_rows.c.stream).distinct().order_by(_rows.c.stream)).scalars())


def sealed(row: Mapping[str, Any]) -> str:
    """The hash over a row and the one before it; `at` is an instant, or was written out in UTC with microseconds."""
    content = {name: row[name] for name in ("stream", "n", "actor", "what", "detail", "prev_hash")}
    at = row["at"]
    content["at"] = at if isinstance(at, str) else at.astimezone(UTC).isoformat(timespec="microseconds")
    return hashlib.sha256(canonical(content).encode()).hexdigest()
