"""What people are writing and have not sent: kept for the person alone, gone when the answer is taken or the task ends."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Insert, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from arrears.store.tables import drafts, tasks

# Machine time: what nobody came back to for so long is thrown away.
KEPT: Final = timedelta(days=30)


@dataclass(frozen=True)
class Written:
    """The fields of a form as typed, the number of the figures they were written on, machine time."""

    words: Mapping[str, str] = field(repr=False)
    facts_no: int
    saved_at: datetime


def put(
    connection: Connection,
    task_id: str,
    staff_id: str,
    words: Mapping[str, str],
    *,
    facts_no: int,
    at: datetime,
) -> None:
    """The newest one counts."""
    row = {
        "task_id": task_id,
        "staff_id": staff_id,
        "words": dict(words),
        "facts_no": facts_no,
        "saved_at": at,
    }
    connection.execute(_PUT[connection.dialect.name], row)


def find(connection: Connection, task_id: str, staff_id: str) -> Written | None:
    row = connection.execute(
        select(drafts.c.words, drafts.c.facts_no, drafts.c.saved_at).where(
            drafts.c.task_id == task_id, drafts.c.staff_id == staff_id
        )
    ).first()
    return None if row is None else Written(row.words, row.facts_no, row.saved_at)


def drop(connection: Connection, task_id: str, staff_id: str) -> None:
    connection.execute(_DROP, {"task": task_id, "staff": staff_id})


def sweep(connection: Connection, *, now: datetime) -> int:
    """Throws away what belongs to tasks that have ended and what is too old; how many."""
    is_open = select(tasks.c.task_id).where(tasks.c.task_id == drafts.c.task_id, tasks.c.status == "open")
    gone = delete(drafts).where((drafts.c.saved_at < now - KEPT) | ~is_open.exists())
    return int(connection.execute(gone).rowcount)


def _put(into: Any) -> Insert:
    fresh = into(drafts)
    changed = {name: fresh.excluded[name] for name in ("words", "facts_no", "saved_at")}
    made: Insert = fresh.on_conflict_do_update(index_elements=["task_id", "staff_id"], set_=changed)
    return made


# Made once: to build it costs more than to run it.
_DROP: Final = delete(drafts).where(
    drafts.c.task_id == bindparam("task"), drafts.c.staff_id == bindparam("staff")
)
_PUT: Final = {"sqlite": _put(sqlite.insert), "postgresql": _put(postgresql.insert)}
