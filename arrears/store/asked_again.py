"""A question that came back: what the person before decided on, for whoever is asked now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from arrears.policy.difference import Changed, difference
from arrears.store.tables import staff, tasks

# Which questions are the same one asked again.
SAME: Final = {
    "legal_review": ("legal_review", "second_approval"),
    "second_approval": ("second_approval",),
    "notice_release": ("notice_release",),
}


@dataclass(frozen=True)
class Earlier:
    """`outcome` and who gave it are None when the question was taken back before anybody had answered."""

    kind: str
    outcome: str | None
    decided_by: str | None
    decided_by_name: str | None
    at: datetime
    changed: tuple[Changed, ...]


def earlier(connection: Connection, task_id: str) -> Earlier | None:
    """The latest answer to the same question in this case, else the latest asking; None when it is asked first."""
    asked = connection.execute(
        select(tasks.c.case_id, tasks.c.kind, tasks.c.opened_seq, tasks.c.facts).where(
            tasks.c.task_id == task_id
        )
    ).first()
    if asked is None or asked.kind not in SAME:
        return None
    before = select(
        tasks.c.kind,
        tasks.c.outcome,
        tasks.c.decided_by,
        staff.c.name,
        tasks.c.closed_at,
        tasks.c.facts,
    ).outerjoin(staff, staff.c.staff_id == tasks.c.decided_by)
    found = connection.execute(
        before.where(
            tasks.c.case_id == asked.case_id,
            tasks.c.kind.in_(SAME[asked.kind]),
            tasks.c.status != "open",
            tasks.c.closed_seq <= asked.opened_seq,
            tasks.c.task_id != task_id,
        )
        .order_by((tasks.c.status == "done").desc(), tasks.c.closed_seq.desc(), tasks.c.task_id.desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    facts: Mapping[str, Any] = asked.facts
    return Earlier(
        found.kind,
        found.outcome,
        found.decided_by,
        found.name,
        found.closed_at,
        difference(found.facts, facts),
    )
