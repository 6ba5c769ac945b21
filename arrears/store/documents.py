"""Files that were handed in: one row by the hash of the content, for whatever it is used."""

from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from arrears.store.tables import documents


def keep(
    connection: Connection, sha256: str, media_type: str, size_bytes: int, *, by: str, at: datetime
) -> None:
    """Its file is there already. The same content again changes nothing."""
    row = {
        "sha256": sha256,
        "media_type": media_type,
        "size_bytes": size_bytes,
        "kept_at": at,
        "kept_by": by,
    }
    put = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    connection.execute(put(documents).values(row).on_conflict_do_nothing())
