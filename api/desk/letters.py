"""The letter before it is released: read by whoever releases it, and released as it was read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from api.auth.person import Person
from api.desk import errors
from api.desk.revealing import RevealDesk, may_reveal
from arrears import clock
from arrears.channels import letters
from arrears.channels.demand import letter, next_demand, where_to
from arrears.channels.letters import Bank, DemandLetter, LetterRefused
from arrears.channels.typesetting import LetterUnprintable
from arrears.contracts import RulesInForce
from arrears.policy.tasks import TaskKind
from arrears.store import read_letters
from arrears.store.session import Store
from arrears.store.tables import cases, tasks

TaskRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True)
class Draft:
    """A letter as it would go out now; `demand` makes its pages."""

    demand: DemandLetter
    sha256: str
    pdf: bytes


class LetterDesk:
    def __init__(self, store: Store, rules: RulesInForce, banks: Mapping[Any, Bank]) -> None:
        self._store = store
        self._rules = rules
        self._banks = banks

    def read(self, who: Person, task_id: str) -> Draft:
        """It names the debtor, so that whoever reads it is kept (P11). Raises NotFound, NotAllowed and LetterStopped."""
        with self._store.transaction() as connection:
            task = _task(connection, who, task_id)
            draft = self.draft(connection, task.case_id, at=clock.case_now(task.decided_at))
            RevealDesk(self._store, self._rules).note_letter(connection, who, task.case_id, task_id)
            at = clock.door_now()
            read_letters.note(connection, task.case_id, task_id, draft.sha256, by=who.staff_id, at=at)
        return draft

    def as_read(self, who: Person, task_id: str) -> Draft:
        """The one that was read, for its pages and its file. Raises NotFound and LetterUnread."""
        with self._store.reading() as connection:
            task = _task(connection, who, task_id)
            draft = self.draft(connection, task.case_id, at=clock.case_now(task.decided_at))
            if draft.sha256 not in read_letters.hashes(connection, task.case_id, task_id, by=who.staff_id):
                raise errors.LetterUnread
        return draft

    def must_be_read(self, connection: Connection, who: Person, task: TaskRow, *, at: datetime) -> str:
        """The hash it is released on. Raises LetterStopped and LetterUnread."""
        draft = self.draft(connection, task.case_id, at=at)
        read = read_letters.hashes(connection, task.case_id, task.task_id, by=who.staff_id)
        if draft.sha256 not in read:
            raise errors.LetterUnread(changed=bool(read))
        return draft.sha256

    def draft(self, connection: Connection, case_id: str, *, at: datetime) -> Draft:
        """As it would go out if it were released at `at`. Raises LetterStopped."""
        found = next_demand(connection, case_id, at=at)
        if found is None:
            raise errors.NotFound
        facts, demand = found
        to, _ = where_to(connection, facts)
        if not to:
            raise errors.LetterStopped("no_address")
        rules = self._rules.at(int(at.timestamp()))
        whole = letter(facts, demand, to, rules, self._banks)
        try:
            made = letters.render(whole)
        except (LetterRefused, LetterUnprintable) as refusal:
            raise errors.LetterStopped(type(refusal).__name__) from refusal
        return Draft(whole, made.sha256, made.body)


def _task(connection: Connection, who: Person, task_id: str) -> TaskRow:
    """Of whoever holds it alone. Raises NotFound."""
    task = connection.execute(
        select(tasks.c.case_id, tasks.c.assignee, cases.c.borrower_id, cases.c.decided_at)
        .join(cases, cases.c.case_id == tasks.c.case_id)
        .where(
            tasks.c.task_id == task_id,
            tasks.c.kind == TaskKind.NOTICE_RELEASE.value,
            tasks.c.status == "open",
        )
    ).first()
    if task is None or task.assignee != who.staff_id:
        raise errors.NotFound
    if not may_reveal(connection, who, task.case_id, task.borrower_id):
        raise errors.NotFound
    return task
