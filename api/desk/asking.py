"""Whom a contact is with and where to: what a person or a dialer named, looked up and held against the case."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

from api.auth.permissions import Permission, may, own_relation, task_relations
from api.auth.person import Person
from api.desk import errors
from api.desk.live import must_be_seen
from arrears.policy.codes import Action
from arrears.policy.guard import PartyRole
from arrears.policy.stages import CONTACT_TASKS
from arrears.policy.tasks import Missing, TaskKind
from arrears.store import contacts, known
from arrears.store.known import SERVICE, Ask, Point
from arrears.store.tables import contact_attempts, parties, staff, tasks

Task = Row[*tuple[Any, ...]]

STARTED: Final = (
    Action.OUT_CALL,
    Action.AI_CALL,
    Action.SMS,
    Action.EMAIL,
    Action.APP_PUSH,
    Action.IM,
    Action.LETTER,
    Action.VISIT,
)
_SIGN: Final = {Action.OUT_CALL: "c", Action.VISIT: "v"}


@dataclass(frozen=True)
class ContactIn:
    """A contact somebody is about to make about a case. `key` is the sender's own: the same again is the same slot.

    `contact_id` says where to; without it the person's preferred way is taken. `staff` are the others of a visit.
    """

    key: str
    case_id: str
    action: Action
    contact_id: str | None = None
    party: PartyRole = PartyRole.BORROWER
    borrower_id: str | None = None
    staff: tuple[str, ...] = ()
    service: bool = False


def held_task(connection: Connection, who: Person, task_id: str) -> Task:
    """Whoever holds the task makes its contacts. Raises NotFound, NotAllowed, TaskGone, TaskFree and TaskTaken."""
    task = connection.execute(select(tasks).where(tasks.c.task_id == task_id)).first()
    if task is None:
        raise errors.NotFound
    relations = task_relations(who, role=task.role, assignee=task.assignee, barred=task.barred)
    if not may(who, Permission.READ_TASK, relations):
        raise errors.NotFound
    must_be_seen(connection, who, task.case_id)
    if not may(who, Permission.CONTACT) or not may(who, Permission.DECIDE_TASK, relations):
        raise errors.NotAllowed
    if TaskKind(task.kind) not in CONTACT_TASKS:
        raise errors.NotAllowed
    if task.status != "open":
        raise errors.TaskGone(task.status, by=None, at=task.closed_at, why=task.outcome or task.why)
    if task.assignee is None:
        raise errors.TaskFree
    if not own_relation(who, owner=task.assignee):
        raise errors.TaskTaken("", task.claimed_at)
    return task


def under_task(
    connection: Connection,
    who: Person,
    task: Task,
    contact_id: str | None,
    *,
    action: Action = Action.OUT_CALL,
    others: tuple[str, ...] = (),
) -> tuple[Ask, Point | None]:
    """A contact with the person a task is about; its number is the next of this task, whatever became of others."""
    where = (
        known.first_point(connection, task.borrower_id, action)
        if contact_id is None
        else point(connection, contact_id, task.borrower_id, action)
    )
    begun = select(func.count()).where(contact_attempts.c.task_id == task.task_id)
    ask = Ask(
        f"{task.task_id}-{_SIGN[action]}{connection.execute(begun).scalar_one() + 1}",
        task.borrower_id,
        action,
        who.staff_id,
        case_id=task.case_id,
        loan_id=task.loan_id,
        task_id=task.task_id,
        number="" if where is None else where.address,
        staff=others,
    )
    return ask, where


def asked(connection: Connection, who: Person, said: ContactIn) -> tuple[Ask, Point | None]:
    """Raises NotFound and Invalid."""
    if said.action not in STARTED:
        raise errors.Invalid([Missing("action", "action_not_started_here")])
    must_be_staff(connection, said.staff)
    case = contacts.person_of(connection, said.case_id)
    if case is None:
        raise errors.NotFound
    person = person_meant(connection, said.party, said.borrower_id, case)
    where = (
        known.first_point(connection, person, said.action)
        if said.contact_id is None
        else point(connection, said.contact_id, person, said.action)
    )
    if where is None:
        raise errors.Invalid([Missing("contact_id", "no_way_to_reach")])
    ask = Ask(
        f"{who.staff_id}-{said.key}",
        person,
        said.action,
        who.staff_id,
        said.party,
        SERVICE if said.service else "collection",
        case_id=said.case_id,
        loan_id=case.loan_id,
        number=where.address,
        staff=said.staff,
        debtor_id=case.borrower_id,
    )
    return ask, where


def must_be_staff(connection: Connection, people: tuple[str, ...]) -> None:
    """A visit is made by two who are there, not by one and a name (C10). Raises Invalid."""
    found = connection.execute(select(staff.c.active).where(staff.c.staff_id.in_(people))).scalars()
    if sum(found) != len(set(people)):
        raise errors.Invalid([Missing("staff", "staff_unknown")])


def point(connection: Connection, contact_id: str, person: str, action: Action) -> Point:
    found = known.point(connection, contact_id)
    if found is None or found[1] != person:
        raise errors.NotFound
    if not known.reaches(action, found[2]):
        raise errors.Invalid([Missing("contact_id", "not_by_this_way")])
    return found[0]


def person_meant(
    connection: Connection, party: PartyRole, named: str | None, case: Row[*tuple[Any, ...]]
) -> str:
    """Who it is with: the debtor, who is asked about through the debtor's numbers, or a party of the loan (C06).

    Raises NotFound for somebody who does not stand so to the loan.
    """
    debtor: str = case.borrower_id
    person = named or debtor
    if party in (PartyRole.BORROWER, PartyRole.THIRD, PartyRole.LAWYER):
        if person != debtor:
            raise errors.NotFound
        return person
    stands = select(parties.c.role).where(
        parties.c.loan_id == case.loan_id,
        parties.c.borrower_id == person,
        parties.c.role == party.value,
    )
    if connection.execute(stands).first() is None:
        raise errors.NotFound
    return person
