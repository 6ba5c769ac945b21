"""Contacts as people and dialers start them: a slot is asked for at the moment of the act, then what came of it is told."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

from api.auth.permissions import Permission, may, own_relation, task_relations
from api.auth.person import Person
from api.desk import errors
from api.desk.live import must_be_live
from arrears import clock
from arrears.contracts import Rules, RulesInForce
from arrears.policy.codes import PROMISES, TALK, Action, Outcome
from arrears.policy.guard import Never, NotBefore, PartyRole
from arrears.policy.tasks import Missing, lacks
from arrears.store import audit, certificates, contacts, intents, known
from arrears.store.contacts import Attempt, AttemptConflict, Came, ResultUnknown, Slot
from arrears.store.intents import Said
from arrears.store.known import SERVICE, Ask, Point
from arrears.store.session import Store
from arrears.store.tables import cases, contact_attempts, parties, tasks

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


@dataclass(frozen=True)
class ResultIn:
    """What came of it, minor units; `made_at` by the clock of whoever made it."""

    result: str
    amount_minor: int | None = None
    on: date | None = None
    recording_id: str | None = None
    made_at: datetime | None = None
    reference: str | None = None

    @property
    def came(self) -> Came:
        return Came(self.result, self.recording_id, self.made_at, self.reference)


class ContactDesk:
    def __init__(self, store: Store, rules: RulesInForce) -> None:
        self._store = store
        self._rules = rules

    def start(self, who: Person, asked: ContactIn) -> Slot:
        """Take a slot. Asked again under the same key it is judged anew at that instant.

        Raises NotAllowed, NotFound, CaseClosed, Invalid, ContactRefused and ContactConflict.
        """
        if not may(who, Permission.CONTACT):
            raise errors.NotAllowed
        with self._store.transaction() as connection:
            at = must_be_live(connection, asked.case_id)
            self._must_be_certified(connection, who)
            ask, where = _asked(connection, who, asked)
            return self._reserve(connection, who, ask, where, at=at)

    def call(self, who: Person, task_id: str, contact_id: str) -> Slot:
        """The number of the person a task is about, to be dialled now. Raises as `start`, and TaskTaken."""
        with self._store.transaction() as connection:
            task = _held_task(connection, who, task_id)
            at = must_be_live(connection, task.case_id)
            self._must_be_certified(connection, who)
            ask, where = under_task(connection, who, task, contact_id)
            return self._reserve(connection, who, ask, where, at=at)

    def finish(self, who: Person, attempt_id: str, result: ResultIn) -> Attempt:
        """What came of it; its case hears of what was said. The same again changes nothing.

        Raises NotFound, ContactConflict and Invalid.
        """
        with self._store.transaction() as connection:
            attempt = _own(connection, who, attempt_id)
            _check(attempt, result)
            at = _now(connection, attempt)
            made = _confirm(connection, attempt, result.came, self._rules.at(_seconds(at)), at=at)
            if attempt.status == "reserved":
                _note(connection, who, "contact_made", attempt, at=at, result=result.result)
                _tell(connection, who, attempt, result, at=at)
            return made

    def drop(self, who: Person, attempt_id: str) -> None:
        """It was not made: the slot is free again. Raises NotFound and ContactConflict."""
        with self._store.transaction() as connection:
            attempt = _own(connection, who, attempt_id)
            if attempt.status == "released":
                return
            if attempt.status != "reserved":
                raise errors.ContactConflict
            contacts.release(connection, attempt_id)
            _note(connection, who, "contact_dropped", attempt, at=_now(connection, attempt))

    def _must_be_certified(self, connection: Connection, who: Person) -> None:
        """Nobody contacts a debtor untested (C19)."""
        at = clock.door_now()
        days = self._rules.at(_seconds(at)).conduct.certificate_days
        if certificates.uncertified(connection, [who.staff_id], at=at, days=days):
            raise errors.NotCertified

    def _reserve(
        self, connection: Connection, who: Person, ask: Ask, where: Point | None, *, at: datetime
    ) -> Slot:
        try:
            slot = contacts.reserve(connection, ask, where, self._rules.at(_seconds(at)), at=_seconds(at))
        except AttemptConflict as conflict:
            raise errors.ContactConflict from conflict
        if not isinstance(slot, Slot):
            raise refused(slot)
        attempt = contacts.find(connection, slot.attempt_id)
        assert attempt is not None, "it was written a line above"
        _note(connection, who, "contact_reserved", attempt, at=at)
        return slot


def refused(word: NotBefore | Never) -> errors.ContactRefused:
    opens = datetime.fromtimestamp(word.at, UTC) if isinstance(word, NotBefore) else None
    return errors.ContactRefused(opens, word.rule)


# ---- contacts that answer a task -------------------------------------------------------------------------


def under_task(
    connection: Connection, who: Person, task: Task, contact_id: str | None
) -> tuple[Ask, Point | None]:
    """A call to the person a task is about; its number is the next of this task."""
    where = (
        known.first_point(connection, task.borrower_id, Action.OUT_CALL)
        if contact_id is None
        else _point(connection, contact_id, task.borrower_id, Action.OUT_CALL)
    )
    made = select(func.count()).where(
        contact_attempts.c.task_id == task.task_id, contact_attempts.c.status != "released"
    )
    number = connection.execute(made).scalar_one() + 1
    ask = Ask(
        f"{task.task_id}-c{number}",
        task.borrower_id,
        Action.OUT_CALL,
        who.staff_id,
        case_id=task.case_id,
        loan_id=task.loan_id,
        task_id=task.task_id,
        number="" if where is None else where.address,
    )
    return ask, where


def answer_task(
    connection: Connection,
    who: Person,
    task: Task,
    came: Came,
    rules: Rules,
    *,
    attempt_id: str | None,
    at: datetime,
) -> Attempt:
    """The contact an answer tells the result of: the one that was started, else one that is started and made now.

    Raises Invalid, ContactConflict and ContactRefused.
    """
    attempt = _started(connection, who, task, attempt_id)
    if attempt is None:
        ask, where = under_task(connection, who, task, None)
        slot = contacts.reserve(connection, ask, where, rules, at=_seconds(at), heeds_money=False)
        if not isinstance(slot, Slot):
            raise refused(slot)
        attempt = contacts.find(connection, slot.attempt_id)
        assert attempt is not None, "it was written a line above"
    return _confirm(connection, attempt, came, rules, at=at)


def _started(connection: Connection, who: Person, task: Task, attempt_id: str | None) -> Attempt | None:
    """Of this task, by this person: the one that is named, else the newest that is still open."""
    mine = select(contact_attempts).where(
        contact_attempts.c.task_id == task.task_id, contact_attempts.c.actor == who.staff_id
    )
    if attempt_id is not None:
        found = connection.execute(mine.where(contact_attempts.c.attempt_id == attempt_id)).first()
        if found is None:
            raise errors.Invalid([Missing("attempt_id", "contact_unknown")])
        return found
    newest = mine.where(contact_attempts.c.status == "reserved").order_by(
        contact_attempts.c.reserved_at.desc()
    )
    return connection.execute(newest.limit(1)).first()


def _held_task(connection: Connection, who: Person, task_id: str) -> Task:
    """Whoever holds the task makes its contacts."""
    task = connection.execute(select(tasks).where(tasks.c.task_id == task_id)).first()
    if task is None:
        raise errors.NotFound
    relations = task_relations(who, role=task.role, assignee=task.assignee, barred=task.barred)
    if not may(who, Permission.READ_TASK, relations):
        raise errors.NotFound
    if not may(who, Permission.CONTACT) or not may(who, Permission.DECIDE_TASK, relations):
        raise errors.NotAllowed
    if task.status != "open":
        raise errors.TaskGone(task.status, by=None, at=task.closed_at, why=task.outcome or task.why)
    if not own_relation(who, owner=task.assignee):
        raise errors.TaskTaken("", task.claimed_at)
    return task


# ---- whom, where to --------------------------------------------------------------------------------------


def _asked(connection: Connection, who: Person, asked: ContactIn) -> tuple[Ask, Point | None]:
    if asked.action not in STARTED:
        raise errors.Invalid([Missing("action", "action_not_started_here")])
    case = contacts.person_of(connection, asked.case_id)
    assert case is not None, "it is live"
    person = _person(connection, asked, case)
    where = (
        known.first_point(connection, person, asked.action)
        if asked.contact_id is None
        else _point(connection, asked.contact_id, person, asked.action)
    )
    if where is None:
        raise errors.Invalid([Missing("contact_id", "no_way_to_reach")])
    ask = Ask(
        f"{who.staff_id}-{asked.key}",
        person,
        asked.action,
        who.staff_id,
        asked.party,
        SERVICE if asked.service else "collection",
        case_id=asked.case_id,
        loan_id=case.loan_id,
        number=where.address,
        staff=asked.staff,
        debtor_id=case.borrower_id,
    )
    return ask, where


def _person(connection: Connection, asked: ContactIn, case: Row[*tuple[Any, ...]]) -> str:
    """Who is contacted: the debtor, who is asked about through the debtor's numbers, or a party of the loan (C06)."""
    debtor: str = case.borrower_id
    person = asked.borrower_id or debtor
    if asked.party in (PartyRole.BORROWER, PartyRole.THIRD, PartyRole.LAWYER):
        if person != debtor:
            raise errors.NotFound
        return person
    stands = select(parties.c.role).where(
        parties.c.loan_id == case.loan_id,
        parties.c.borrower_id == person,
        parties.c.role == asked.party.value,
    )
    if connection.execute(stands).first() is None:
        raise errors.NotFound
    return person


def _point(connection: Connection, contact_id: str, person: str, action: Action) -> Point:
    found = known.point(connection, contact_id)
    if found is None or found[1] != person:
        raise errors.NotFound
    if not known.reaches(action, found[2]):
        raise errors.Invalid([Missing("contact_id", "not_by_this_way")])
    return found[0]


# ---- what came of it -------------------------------------------------------------------------------------


def _own(connection: Connection, who: Person, attempt_id: str) -> Attempt:
    attempt = contacts.find(connection, attempt_id)
    if attempt is None or attempt.actor != who.staff_id:
        raise errors.NotFound
    return attempt


def _check(attempt: Attempt, result: ResultIn) -> None:
    if result.result not in PROMISES:
        return
    on = None if result.on is None else result.on.isoformat()
    missing = lacks(Outcome(result.result), reason="", amount_minor=result.amount_minor, on=on)
    if missing:
        raise errors.Invalid(missing)


def _confirm(connection: Connection, attempt: Attempt, came: Came, rules: Rules, *, at: datetime) -> Attempt:
    try:
        return contacts.confirm(connection, attempt.attempt_id, came, rules, at=_seconds(at))
    except ResultUnknown as unknown:
        field = "recording_id" if str(unknown) == "recording_id" else "result"
        raise errors.Invalid(
            [Missing(field, "recording_required" if field != "result" else "result_unknown")]
        ) from unknown
    except AttemptConflict as conflict:
        raise errors.ContactConflict from conflict


def _tell(connection: Connection, who: Person, attempt: Attempt, result: ResultIn, *, at: datetime) -> None:
    """The case of a contact no task had asked for hears what was said; its line stands in the ledger already."""
    if attempt.task_id is None and attempt.case_id is not None and result.result in set(TALK):
        tell_late(connection, who, attempt, result, at=at)


def tell_late(
    connection: Connection, who: Person, attempt: Attempt, result: ResultIn, *, at: datetime
) -> None:
    """As a contact no task had asked for: there is none, or somebody else's answer to it stands."""
    content = {
        "attempt_id": attempt.attempt_id,
        "action": attempt.action,
        "result": result.result,
        "party": attempt.party,
        "at": int(attempt.at.timestamp()),
        "amount_minor": result.amount_minor,
        "on": None if result.on is None else result.on.isoformat(),
        "contact_id": attempt.contact_id,
        "recording_id": result.recording_id,
        "remark_id": None,
    }
    said = Said(attempt.case_id, f"{attempt.attempt_id}-told", "contact_reported", who.staff_id, at, content)
    intents.say(connection, said)


def _now(connection: Connection, attempt: Attempt) -> datetime:
    """Of its case, open or not: what was done is told after the end, too."""
    if attempt.case_id is None:
        return clock.door_now()
    decided_at = connection.execute(
        select(cases.c.decided_at).where(cases.c.case_id == attempt.case_id)
    ).scalar_one()
    return clock.case_now(decided_at)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _note(
    connection: Connection, who: Person, what: str, attempt: Attempt, *, at: datetime, **more: str
) -> None:
    detail = {"attempt_id": attempt.attempt_id, "action": attempt.action, "party": attempt.party, **more}
    stream = attempt.case_id or audit.HOUSE
    audit.append(connection, stream=stream, at=clock.door_now(), actor=who.staff_id, what=what, detail=detail)
