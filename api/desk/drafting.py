"""Drafts of answers: whoever may decide a task may leave words in it and find them again."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, select

from api.auth.permissions import Permission, may, task_relations
from api.auth.person import Person
from api.desk import errors
from api.desk.live import must_be_seen
from arrears import clock
from arrears.store import drafts
from arrears.store.queries import LIVE
from arrears.store.session import Store
from arrears.store.tables import messages, tasks


class DraftDesk:
    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, who: Person, task_id: str, words: Mapping[str, str], *, facts_no: int) -> bool:
        """Keep what was typed so far, as it is; nothing typed is no draft.

        False when there is nothing left to answer: the task has ended, or its answer is given. Raises NotFound.
        """
        with self._store.transaction() as connection:
            task = _task_of(connection, who, task_id)
            if task.status != "open" or _is_answered(connection, task_id):
                return False
            if any(word.strip() for word in words.values()):
                now = clock.machine_now()
                drafts.put(connection, task_id, who.staff_id, words, facts_no=facts_no, at=now)
            else:
                drafts.drop(connection, task_id, who.staff_id)
            return True

    def throw_away(self, who: Person, task_id: str) -> None:
        """Raises NotFound."""
        with self._store.transaction() as connection:
            _task_of(connection, who, task_id)
            drafts.drop(connection, task_id, who.staff_id)


def _task_of(connection: Connection, who: Person, task_id: str) -> Row[*tuple[Any, ...]]:
    task = connection.execute(
        select(tasks.c.status, tasks.c.case_id, tasks.c.role, tasks.c.assignee, tasks.c.barred).where(
            tasks.c.task_id == task_id
        )
    ).first()
    if task is None:
        raise errors.NotFound
    relations = task_relations(who, role=task.role, assignee=task.assignee, barred=task.barred)
    if not may(who, Permission.DECIDE_TASK, relations):
        raise errors.NotFound
    must_be_seen(connection, who, task.case_id)
    return task


def _is_answered(connection: Connection, task_id: str) -> bool:
    live = select(messages.c.message_id).where(messages.c.task_id == task_id, messages.c.status.in_(LIVE))
    return connection.execute(live.limit(1)).first() is not None
