"""A task is put off within its term by whoever holds it: the day by which it is due never moves."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from api.auth.permissions import Permission, may, own_relation
from api.auth.person import Person
from api.desk import errors
from api.desk.live import must_be_seen
from arrears import clock
from arrears.policy.tasks import Missing
from arrears.store import audit, queries
from arrears.store.session import Store
from arrears.store.tables import staff, tasks


class SnoozeDesk:
    def __init__(self, store: Store) -> None:
        self._store = store

    def put_off(self, who: Person, task_id: str, until: datetime) -> None:
        """It leaves this person's work until then, or until something happens in its case.

        Raises NotFound, TaskFree, TaskTaken, TaskGone and Invalid.
        """
        with self._store.transaction() as connection:
            task = _held(connection, who, task_id)
            if until <= clock.door_now():
                raise errors.Invalid([Missing("until", "time_has_passed")])
            if until > task.due_at:
                raise errors.Invalid([Missing("until", "after_it_is_due")])
            self._set(connection, who, task, until)

    def bring_back(self, who: Person, task_id: str) -> None:
        """Now and not later. Raises NotFound, TaskFree, TaskTaken and TaskGone."""
        with self._store.transaction() as connection:
            task = _held(connection, who, task_id)
            if task.snoozed_until is not None:
                self._set(connection, who, task, None)

    def _set(
        self, connection: Connection, who: Person, task: Row[*tuple[Any, ...]], until: datetime | None
    ) -> None:
        done = connection.execute(
            update(tasks)
            .where(
                tasks.c.task_id == task.task_id, tasks.c.status == "open", tasks.c.assignee == who.staff_id
            )
            .values(snoozed_until=until)
        )
        if done.rowcount != 1:
            raise errors.TaskFree
        detail = {"task_id": task.task_id} | ({} if until is None else {"until": int(until.timestamp())})
        what = "task_brought_back" if until is None else "task_put_off"
        audit.append(
            connection, stream=task.case_id, at=clock.door_now(), actor=who.staff_id, what=what, detail=detail
        )


def _held(connection: Connection, who: Person, task_id: str) -> Row[*tuple[Any, ...]]:
    task = connection.execute(select(tasks).where(tasks.c.task_id == task_id)).first()
    if task is None:
        raise errors.NotFound
    must_be_seen(connection, who, task.case_id)
    if task.status != "open":
        by = queries.names(connection, [task.decided_by] if task.decided_by else []).get(
            task.decided_by or ""
        )
        raise errors.TaskGone(task.status, by=by, at=task.closed_at, why=task.outcome or task.why)
    if may(who, Permission.RELEASE_TASK, own_relation(who, owner=task.assignee)):
        return task
    if who.roles.isdisjoint({task.role}):
        raise errors.NotFound
    if task.assignee is None:
        raise errors.TaskFree
    name = connection.execute(select(staff.c.name).where(staff.c.staff_id == task.assignee)).scalar()
    raise errors.TaskTaken(name or task.assignee, task.claimed_at)
