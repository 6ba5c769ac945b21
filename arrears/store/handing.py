"""Work in somebody's hands goes to a colleague or back to the queue: who leaves or loses a role keeps none."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select, update

from arrears.store import audit
from arrears.store.tables import tasks

QUEUE: Final = None


def free_roles(
    connection: Connection, staff_id: str, roles: Collection[str], *, by: str, at: datetime
) -> int:
    """Open tasks of these roles go from this person back to the queue; how many."""
    held = connection.execute(
        select(tasks.c.task_id)
        .where(tasks.c.status == "open", tasks.c.assignee == staff_id, tasks.c.role.in_(list(roles)))
        .order_by(tasks.c.task_id)
    ).scalars()
    return sum(
        hand(connection, task_id, giver=staff_id, to=QUEUE, by=by, at=at, why="role_taken")
        for task_id in held
    )


def hand(
    connection: Connection,
    task_id: str,
    *,
    giver: str,
    to: str | None,
    by: str,
    at: datetime,
    why: str,
) -> bool:
    """Whether the task was still open and in the giver's hands. `to` is a colleague or the queue; `at` is door time."""
    task = connection.execute(
        update(tasks)
        .where(tasks.c.task_id == task_id, tasks.c.status == "open", tasks.c.assignee == giver)
        .values(assignee=to, claimed_at=None if to is None else at)
        .returning(tasks.c.case_id)
    ).first()
    if task is None:
        return False
    what = "task_released" if to is None else "task_handed_over"
    detail = {"task_id": task_id, "from": giver, "to": to, "why": why}
    audit.append(connection, stream=task.case_id, at=at, actor=by, what=what, detail=detail)
    return True
