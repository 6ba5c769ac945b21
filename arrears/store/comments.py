"""What colleagues say to each other about a case, and whom they name; no case hears of it."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert, select, update

from arrears.store.tables import cases, mentions, remarks, staff

COMMENT: Final = "comment"
SHOWN: Final = 50


@dataclass(frozen=True)
class Comment:
    """`is_new` for a reader whom it names and who has not said that it was seen."""

    remark_id: str
    author: str
    author_name: str | None
    words: str = field(repr=False)
    at: datetime
    is_new: bool


@dataclass(frozen=True)
class Mentioned:
    case_id: str
    loan_id: str
    author: str
    author_name: str | None
    at: datetime


def put(
    connection: Connection,
    remark_id: str,
    case_id: str,
    *,
    author: str,
    words: str,
    named: Collection[str],
    at: datetime,
) -> None:
    row = {"remark_id": remark_id, "case_id": case_id, "author": author, "words": words, "written_at": at}
    connection.execute(insert(remarks), row | {"task_id": None, "kind": COMMENT})
    told = [{"remark_id": remark_id, "staff_id": one, "case_id": case_id} for one in sorted(named)]
    if told:
        connection.execute(insert(mentions), told)


def of_case(connection: Connection, case_id: str, reader: str) -> tuple[Comment, ...]:
    """The newest first."""
    mine = (mentions.c.remark_id == remarks.c.remark_id) & (mentions.c.staff_id == reader)
    rows = connection.execute(
        select(
            remarks.c.remark_id,
            remarks.c.author,
            staff.c.name.label("author_name"),
            remarks.c.words,
            remarks.c.written_at.label("at"),
            (mentions.c.remark_id.is_not(None) & mentions.c.seen_at.is_(None)).label("is_new"),
        )
        .outerjoin(staff, staff.c.staff_id == remarks.c.author)
        .outerjoin(mentions, mine)
        .where(remarks.c.case_id == case_id, remarks.c.kind == COMMENT)
        .order_by(remarks.c.written_at.desc(), remarks.c.remark_id.desc())
        .limit(SHOWN)
    )
    return tuple(Comment(**{**row._mapping, "is_new": bool(row.is_new)}) for row in rows)


def unseen(connection: Connection, staff_id: str) -> tuple[Mentioned, ...]:
    """Where somebody is named and has not looked; the newest first."""
    rows = connection.execute(
        select(
            mentions.c.case_id,
            cases.c.loan_id,
            remarks.c.author,
            staff.c.name.label("author_name"),
            remarks.c.written_at.label("at"),
        )
        .join(remarks, remarks.c.remark_id == mentions.c.remark_id)
        .join(cases, cases.c.case_id == mentions.c.case_id)
        .outerjoin(staff, staff.c.staff_id == remarks.c.author)
        .where(mentions.c.staff_id == staff_id, mentions.c.seen_at.is_(None))
        .order_by(remarks.c.written_at.desc())
        .limit(SHOWN)
    )
    return tuple(Mentioned(**row._mapping) for row in rows)


def see(connection: Connection, case_id: str, staff_id: str, *, at: datetime) -> None:
    """Whoever is named has seen what is said of this case so far."""
    connection.execute(
        update(mentions)
        .where(mentions.c.case_id == case_id, mentions.c.staff_id == staff_id, mentions.c.seen_at.is_(None))
        .values(seen_at=at)
    )
