"""Whoever owns the database can take its guards off: what they do then is for the chains and seals to find."""

from sqlalchemy import Connection, text


def off_guard(connection: Connection) -> None:
    """From here on rows of the trail can be changed and taken out."""
    on = "" if connection.dialect.name == "sqlite" else " on audit"
    for name in ("audit_stays_as_written", "audit_stays_whole"):
        connection.execute(text(f"drop trigger {name}{on}"))
