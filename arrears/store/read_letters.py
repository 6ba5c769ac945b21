"""Which letter somebody read before releasing it, and on which one a release was given."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from arrears.policy.tasks import Outcome, TaskKind
from arrears.store import audit
from arrears.store.tables import audit_rows, messages, tasks

READ: Final = "letter_read"


def note(connection: Connection, case_id: str, task_id: str, sha256: str, *, by: str, at: datetime) -> None:
    """Once for each letter and reader: it is opened again and again while somebody thinks."""
    if sha256 in hashes(connection, case_id, task_id, by=by):
        return
    detail = {"task_id": task_id, "sha256": sha256}
    audit.append(connection, stream=case_id, at=at, actor=by, what=READ, detail=detail)


def hashes(connection: Connection, case_id: str, task_id: str, *, by: str) -> tuple[str, ...]:
    """Of the letters this person has read for this task, the latest last."""
    rows: Any = connection.execute(
        select(audit_rows.c.detail)
        .where(audit_rows.c.stream == case_id, audit_rows.c.what == READ, audit_rows.c.actor == by)
        .order_by(audit_rows.c.n)
    ).scalars()
    return tuple(detail["sha256"] for detail in rows if detail["task_id"] == task_id)


def released(connection: Connection, case_id: str) -> str | None:
    """The hash the latest release of the case was given on; None where none was named."""
    content = connection.execute(
        select(messages.c.content)
        .join(tasks, tasks.c.task_id == messages.c.task_id)
        .where(
            messages.c.case_id == case_id,
            messages.c.status == "applied",
            tasks.c.kind == TaskKind.NOTICE_RELEASE.value,
            tasks.c.outcome == Outcome.RELEASE.value,
        )
        .order_by(tasks.c.closed_at.desc(), messages.c.arrival.desc())
        .limit(1)
    ).scalar()
    return content.get("letter_sha256") if content else None
