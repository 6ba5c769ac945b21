"""Somebody leaves: let in nowhere from that instant on, and every open task goes to a colleague or to the queue."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection

from api.auth.permissions import Permission, may
from api.auth.person import Person
from api.desk import errors
from api.desk.staffing import note
from arrears import clock
from arrears.contracts import RulesInForce
from arrears.policy.tasks import Missing
from arrears.store import absences, certificates, handing, invitations, people
from arrears.store.people import StaffRow
from arrears.store.queries.people import HeldTask, colleagues, held_by
from arrears.store.session import Store

TO_QUEUE: Final = ""


class Came(StrEnum):
    """What became of one task."""

    HANDED = "handed"
    QUEUED = "queued"
    NOT_FIT = "not_fit"  # the colleague has not the role, or is not here: to the queue
    BARRED = "barred"  # four eyes: the colleague worked the case; to the queue
    UNCERTIFIED = "uncertified"  # to the queue (C19)
    GONE = "gone"  # done or given back meanwhile


@dataclass(frozen=True)
class HandedOver:
    task: HeldTask
    came: Came
    to: str | None
    to_name: str | None


@dataclass(frozen=True)
class Work:
    """What lies in a person's hands, and who could take each role's."""

    tasks: tuple[HeldTask, ...]
    takers: Mapping[str, tuple[tuple[str, str], ...]]


class LeavingDesk:
    def __init__(self, store: Store, rules: RulesInForce) -> None:
        self._store = store
        self._rules = rules

    def work(self, who: Person, staff_id: str) -> Work:
        """Raises NotAllowed, NotFound and SecondPersonNeeded."""
        with self._store.reading() as connection:
            self._leaver(connection, who, staff_id)
            held = held_by(connection, staff_id)
            takers = colleagues(connection, {task.role for task in held}, but=staff_id)
        return Work(held, takers)

    def let_go(
        self, who: Person, staff_id: str, *, to: str = TO_QUEUE, each: Mapping[str, str] | None = None
    ) -> tuple[HandedOver, ...]:
        """Each task to whom `each` names by its id, else to `to`; where that cannot be, to the queue.

        First nobody lets the person in any more; then task by task, so that one that fails stops no other and the
        same again hands over what was left. Raises NotAllowed, NotFound, SecondPersonNeeded and Invalid.
        """
        self._end(who, staff_id, to={to, *(each or {}).values()})
        with self._store.reading() as connection:
            held = held_by(connection, staff_id)
            names = dict(_names(colleagues(connection, {task.role for task in held}, but=staff_id).values()))
        return tuple(
            self._hand(who, staff_id, task, (each or {}).get(task.task_id, to), names) for task in held
        )

    def _end(self, who: Person, staff_id: str, *, to: Iterable[str]) -> None:
        with self._store.transaction() as connection:
            staff = self._leaver(connection, who, staff_id)
            if any(one and people.staff_by_id(connection, one) is None for one in to):
                raise errors.Invalid([Missing("to", "colleague_unknown")])
            invitations.withdraw(connection, staff_id)
            absences.end_all(connection, staff_id, at=clock.door_now())
            if staff.password_hash is None and not staff.active:  # invited and never here
                people.remove_staff(connection, staff_id)
                note(connection, who.staff_id, "invitation_withdrawn", {"staff_id": staff_id})
            elif staff.active:
                people.change_staff(connection, staff_id, at=clock.machine_now(), active=False)
                note(connection, who.staff_id, "staff_left", {"staff_id": staff_id})

    def _hand(
        self, who: Person, staff_id: str, task: HeldTask, to: str, names: Mapping[str, str]
    ) -> HandedOver:
        at = clock.door_now()
        with self._store.transaction() as connection:
            came = self._fitness(connection, task, to, at=at)
            taker = to if came is Came.HANDED else handing.QUEUE
            done = handing.hand(
                connection, task.task_id, giver=staff_id, to=taker, by=who.staff_id, at=at, why="left"
            )
        return HandedOver(task, came if done else Came.GONE, taker, names.get(to, to) or None)

    def _fitness(self, connection: Connection, task: HeldTask, to: str, *, at: datetime) -> Came:
        if to == TO_QUEUE:
            return Came.QUEUED
        taker = people.staff_by_id(connection, to)
        if taker is None or not taker.active or task.role not in taker.roles:
            return Came.NOT_FIT
        if to in task.barred:
            return Came.BARRED
        days = self._rules.at(int(at.timestamp())).conduct.certificate_days
        needs_one = task.role == certificates.CERTIFIED
        if needs_one and certificates.uncertified(connection, [to], at=at, days=days):
            return Came.UNCERTIFIED
        return Came.HANDED

    def _leaver(self, connection: Connection, who: Person, staff_id: str) -> StaffRow:
        if not may(who, Permission.MANAGE_STAFF):
            raise errors.NotAllowed
        staff = people.staff_by_id(connection, staff_id)
        if staff is None:
            raise errors.NotFound
        if staff_id == who.staff_id:
            raise errors.SecondPersonNeeded
        return staff


def _names(groups: Iterable[tuple[tuple[str, str], ...]]) -> Iterable[tuple[str, str]]:
    return (pair for group in groups for pair in group)
