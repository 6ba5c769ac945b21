"""Documents that came with comments; the content is kept once, as every document is, and never deleted."""

from dataclasses import dataclass, field

from sqlalchemy import Connection, insert, select

from arrears.store.tables import attachments, documents


@dataclass(frozen=True)
class Attached:
    """`name` is what the file was called by whoever handed it in."""

    remark_id: str
    sha256: str
    media_type: str
    size_bytes: int
    name: str | None = field(repr=False)


def put(connection: Connection, remark_id: str, case_id: str, *, sha256: str, name: str | None) -> None:
    """The document itself is kept already."""
    row = {"remark_id": remark_id, "case_id": case_id, "sha256": sha256, "name": name}
    connection.execute(insert(attachments), row)


def of_case(connection: Connection, case_id: str) -> dict[str, Attached]:
    """By the comment each came with."""
    found = connection.execute(_ATTACHED.where(attachments.c.case_id == case_id))
    return {row.remark_id: Attached(**row._mapping) for row in found}


def find(connection: Connection, case_id: str, remark_id: str) -> Attached | None:
    found = connection.execute(
        _ATTACHED.where(attachments.c.case_id == case_id, attachments.c.remark_id == remark_id)
    ).first()
    return None if found is None else Attached(**found._mapping)


_ATTACHED = select(
    attachments.c.remark_id,
    attachments.c.sha256,
    documents.c.media_type,
    documents.c.size_bytes,
    attachments.c.name,
).join(documents, documents.c.sha256 == attachments.c.sha256)
