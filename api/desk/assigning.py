"""Work is taken by many at once, and handed out: by leads to whoever may do it (T16), each task by itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from api.auth.permissions import Permission, may, task_relations
from api.auth.person import Person, person_of
from api.desk import errors
from api.desk.live import must_be_seen
from arrears import clock
from arrears.contracts import RulesInForce
from arrears.policy.tasks import Missing, Role
from arrears.store import audit, certificates, keeping_off, people
from arrears.store.session import Store
from arrears.store.tables import contact_attempts, messages, staff, tasks

MOST: Final = 100  # tasks at once
# So long a call may be under way; whoever left without telling of one keeps nobody from the work for ever.
ON_THE_LINE: Final = timedelta(hours=2)
# Whose work each role hands out. Who decides on litigation is chosen by nobody who proposed it.
HANDS_OUT: Final[dict[Role, frozenset[Role]]] = {
    Role.TEAM_LEAD: frozenset({Role.COLLECTOR, Role.TEAM_LEAD}),
    Role.MANAGER: frozenset({Role.COLLECTOR, Role.TEAM_LEAD, Role.LEGAL_ADVISOR, Role.PLAN_OFFICER})
    | {Role.CASE_DESK, Role.OPS},
}


@dataclass(frozen=True)
class Result:
    """What became of one task: `done`, `unchanged`, or the message id of the refusal, with who it was."""

    task_id: str
    result: str
    by: str | None = None

    @property
    def is_good(self) -> bool:
        return self.result in ("done", "unchanged")


def hands_out(who: Person) -> frozenset[Role]:
    """The roles whose work this person gives to others."""
    return frozenset().union(*(HANDS_OUT.get(role, frozenset()) for role in who.roles))


class AssignDesk:
    """`claim` is the desk's own way to take one task."""

    def __init__(self, store: Store, rules: RulesInForce, claim: Callable[[Person, str], bool]) -> None:
        self._store = store
        self._rules = rules
        self._claim = claim

    def claim_all(self, who: Person, task_ids: Sequence[str]) -> list[Result]:
        """Each by itself: what one is refused for says nothing of the next. Raises Invalid."""
        return [self._one(task_id, lambda one: self._claim(who, one)) for task_id in _together(task_ids)]

    def assign_all(self, who: Person, task_ids: Sequence[str], to: str) -> list[Result]:
        """Raises NotAllowed and Invalid: nobody of that id works here, or nothing was chosen."""
        if not may(who, Permission.ASSIGN_TASK):
            raise errors.NotAllowed
        chosen = _together(task_ids)
        with self._store.reading() as connection:
            row = people.staff_by_id(connection, to)
        if row is None or not row.active:
            raise errors.Invalid([Missing("to", "person_unknown")])
        taker = person_of(row)
        return [self._one(task_id, lambda one: self._assign(who, one, taker)) for task_id in chosen]

    def takers(self, who: Person) -> list[Person]:
        """Those to whom this person may give work, by name."""
        roles = hands_out(who)
        with self._store.reading() as connection:
            everyone = [person_of(row) for row in people.all_staff(connection) if row.active]
        return sorted(
            (one for one in everyone if one.roles & roles), key=lambda one: (one.name, one.staff_id)
        )

    def _one(self, task_id: str, act: Callable[[str], bool]) -> Result:
        try:
            return Result(task_id, "done" if act(task_id) else "unchanged")
        except errors.DeskError as refusal:
            return Result(task_id, refusal.message_id, getattr(refusal, "by", None) or None)

    def _assign(self, who: Person, task_id: str, taker: Person) -> bool:
        """False when the person holds it already."""
        at = clock.door_now()
        with self._store.transaction() as connection:
            task = connection.execute(
                select(tasks).where(tasks.c.task_id == task_id).with_for_update()
            ).first()
            task = self._open(connection, who, task)
            self._must_fit(connection, task, taker, at=at)
            if task.assignee == taker.staff_id:
                return False
            _must_be_quiet(connection, task, at=at)
            connection.execute(
                update(tasks).where(tasks.c.task_id == task_id).values(assignee=taker.staff_id, claimed_at=at)
            )
            detail = {"task_id": task_id, "from": task.assignee, "to": taker.staff_id}
            audit.append(
                connection,
                stream=task.case_id,
                at=at,
                actor=who.staff_id,
                what="task_assigned",
                detail=detail,
            )
            return True

    def _open(
        self, connection: Connection, who: Person, task: Row[*tuple[Any, ...]] | None
    ) -> Row[*tuple[Any, ...]]:
        if task is None:
            raise errors.NotFound
        relations = task_relations(who, role=task.role, assignee=task.assignee, barred=task.barred)
        if not may(who, Permission.READ_TASK, relations):
            raise errors.NotFound
        must_be_seen(connection, who, task.case_id)
        if task.role not in hands_out(who):
            raise errors.NotAllowed
        if task.status != "open":
            raise errors.TaskGone(task.status, by=None, at=task.closed_at, why=task.outcome or task.why)
        return task

    def _must_fit(
        self, connection: Connection, task: Row[*tuple[Any, ...]], taker: Person, *, at: datetime
    ) -> None:
        """Of the role of the task, certified, and barred by nothing (4.7, C19, K1)."""
        if task.role not in taker.roles:
            raise errors.CannotTake("person_without_role")
        if taker.staff_id in task.barred:
            raise errors.CannotTake("person_barred")
        if keeping_off.keeps_off(connection, task.case_id, taker.staff_id):
            raise errors.CannotTake("person_kept_off")
        days = self._rules.at(int(at.timestamp())).conduct.certificate_days
        needs = task.role == certificates.CERTIFIED
        if needs and certificates.uncertified(connection, [taker.staff_id], at=at, days=days):
            raise errors.CannotTake("person_not_certified")


def _must_be_quiet(connection: Connection, task: Row[*tuple[Any, ...]], *, at: datetime) -> None:
    """Nobody loses a task while being on the phone for it, or after having answered it."""
    answered = connection.execute(
        select(messages.c.actor, messages.c.accepted_at).where(
            messages.c.task_id == task.task_id, messages.c.status.in_(("waiting", "sent", "applied"))
        )
    ).first()
    if answered is not None:
        raise errors.AlreadyAnswered(_name(connection, answered.actor), answered.accepted_at)
    under_way = connection.execute(
        select(contact_attempts.c.actor).where(
            contact_attempts.c.task_id == task.task_id,
            contact_attempts.c.status == "reserved",
            contact_attempts.c.reserved_at > at - ON_THE_LINE,
        )
    ).first()
    if under_way is not None:
        raise errors.CannotTake("contact_under_way", _name(connection, under_way.actor))


def _name(connection: Connection, staff_id: str) -> str:
    return connection.execute(select(staff.c.name).where(staff.c.staff_id == staff_id)).scalar() or staff_id


def _together(task_ids: Sequence[str]) -> list[str]:
    """Each once, as they were chosen."""
    chosen = list(dict.fromkeys(task_ids))
    if not chosen:
        raise errors.Invalid([Missing("tasks", "tasks_required")])
    if len(chosen) > MOST:
        raise errors.Invalid([Missing("tasks", "too_many_tasks")])
    return chosen
