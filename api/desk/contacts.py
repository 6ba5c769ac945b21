"""Contacts as people and dialers start them: a slot is asked for at the moment of the act, then what came of it is told."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final

from sqlalchemy import Connection, select

from api.auth.permissions import Permission, may
from api.auth.person import Person
from api.counted import REFUSED
from api.desk import errors
from api.desk.asking import ContactIn, Task, asked, held_task, must_be_staff, under_task
from api.desk.live import must_be_live, must_be_seen
from api.desk.revealing import report_quota
from arrears import clock
from arrears.contracts import Rules, RulesInForce
from arrears.policy.codes import PROMISES, STOPPING, Action, Outcome
from arrears.policy.guard import Go, Never, NotBefore
from arrears.policy.tasks import Missing, lacks
from arrears.store import audit, certificates, contacts, intents, reveals
from arrears.store.contacts import Attempt, AttemptConflict, Came, ResultUnknown, Slot
from arrears.store.intents import Said
from arrears.store.known import Ask, Point
from arrears.store.reveals import Seen
from arrears.store.session import Store
from arrears.store.tables import cases, contact_attempts, messages

# Whose results its case hears of though no task had asked for them, or the task takes no such answer.
_TOLD: Final = (Action.OUT_CALL, Action.AI_CALL, Action.VISIT)


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


@dataclass(frozen=True)
class Finished:
    """`message_id` is what its case was told; None when it hears nothing of it, or hears it with a task's answer."""

    attempt_id: str
    result: str
    message_id: str | None


class ContactDesk:
    def __init__(self, store: Store, rules: RulesInForce) -> None:
        self._store = store
        self._rules = rules

    def start(self, who: Person, said: ContactIn) -> Slot:
        """Take a slot. Asked again under the same key it is judged anew at that instant.

        Raises NotAllowed, NotFound, CaseClosed, Invalid, ContactRefused and ContactConflict.
        """
        if not may(who, Permission.CONTACT):
            raise errors.NotAllowed
        with self._store.transaction() as connection:
            if contacts.person_of(connection, said.case_id) is None:
                raise errors.NotFound
            must_be_seen(connection, who, said.case_id)
            at = must_be_live(connection, said.case_id)
            self._must_be_certified(connection, who)
            ask, where = asked(connection, who, said)
            return self._reserve(connection, who, ask, where, at=at)

    def call(self, who: Person, task_id: str, contact_id: str) -> Slot:
        """The number of the person a task is about, to be dialled now; asked again, the same call is meant.

        Raises as `start`, and TaskFree, TaskTaken, TaskGone, ContactUnderWay and RevealQuota.
        """
        return self._under_task(who, task_id, contact_id, Action.OUT_CALL, ())

    def visit(self, who: Person, task_id: str, contact_id: str, others: tuple[str, ...]) -> Slot:
        """Where the person a task is about lives, to be gone to now, by two (C10). Raises as `call`."""
        return self._under_task(who, task_id, contact_id, Action.VISIT, others)

    def finish(self, who: Person, attempt_id: str, result: ResultIn) -> Finished:
        """What came of it; its case hears of what was said. The same again changes nothing.

        Raises NotFound, ContactConflict and Invalid.
        """
        with self._store.transaction() as connection:
            attempt = _own(connection, who, attempt_id)
            at = _now(connection, attempt)
            rules = self._rules.at(_seconds(at))
            _check(result, today=rules.calendar.day_of(_seconds(at)))
            _confirm(connection, attempt, result.came, rules, at=at)
            if attempt.status == "reserved":
                _note(connection, who, "contact_made", attempt, at=at, result=result.result)
                if _tells(connection, attempt, result.result):
                    tell_late(connection, who, attempt, result, at=at)
            return Finished(attempt_id, result.result, _told(connection, attempt_id))

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

    # ---- inside ------------------------------------------------------------------------------------------

    def _under_task(
        self, who: Person, task_id: str, contact_id: str, action: Action, others: tuple[str, ...]
    ) -> Slot:
        try:
            return self._begin(who, task_id, contact_id, action, others)
        except errors.RevealQuota:
            at = clock.door_now()
            with self._store.transaction() as connection:
                report_quota(connection, who, self._rules.at(_seconds(at)), at=at)
            raise

    def _begin(
        self, who: Person, task_id: str, contact_id: str, action: Action, others: tuple[str, ...]
    ) -> Slot:
        with self._store.transaction() as connection:
            task = held_task(connection, who, task_id)
            at = must_be_live(connection, task.case_id)
            self._must_be_certified(connection, who)
            contacts.hold_person(connection, task.borrower_id)
            must_be_staff(connection, others)
            ask, where = under_task(connection, who, task, contact_id, action=action, others=others)
            running = contacts.under_way(connection, task_id, who.staff_id)
            if running is None:
                self._must_not_browse(connection, who, at=at)
                return self._reserve(connection, who, ask, where, at=at)
            if (running.contact_id, running.action) != (contact_id, action.value):
                raise errors.ContactUnderWay
            return self._again(connection, who, replace(ask, attempt_id=running.attempt_id), where, at=at)

    def _again(
        self, connection: Connection, who: Person, ask: Ask, where: Point | None, *, at: datetime
    ) -> Slot:
        """The number once more, for a contact under way: its slot stays, but nothing begins against the rules."""
        answer = contacts.may_contact(connection, ask, where, self._rules.at(_seconds(at)), at=_seconds(at))
        if not isinstance(answer, Go):
            raise refused(answer)
        _show_number(connection, who, ask, where)
        return Slot(ask.attempt_id, ask.number, _seconds(at), answer.warnings)

    def _must_not_browse(self, connection: Connection, who: Person, *, at: datetime) -> None:
        """A call that is never made shows a number as well: so many a day, and no more (P11)."""
        rules = self._rules.at(_seconds(at))
        most = rules.conduct.reveals_per_day
        if most and reveals.dropped(connection, who.staff_id, since=_today(rules)) >= most:
            raise errors.RevealQuota(most)

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
        _show_number(connection, who, ask, where)
        return slot


def _show_number(connection: Connection, who: Person, ask: Ask, where: Point | None) -> None:
    """Whoever makes a contact sees where to in full: kept like every other look (P11)."""
    seen = Seen(
        who.staff_id,
        ask.borrower_id,
        "contact",
        reveals.FOR_A_CONTACT,
        case_id=ask.case_id,
        task_id=ask.task_id,
        attempt_id=ask.attempt_id,
        contact_id=None if where is None else where.contact_id,
    )
    reveals.note(connection, seen, at=clock.door_now())


def _today(rules: Rules) -> datetime:
    """The first instant of the bank's day it is at the door."""
    today = rules.calendar.day_of(_seconds(clock.door_now()))
    return datetime.fromtimestamp(rules.calendar.start_of(today), UTC)


def refused(word: NotBefore | Never) -> errors.ContactRefused:
    REFUSED.labels(word.rule).inc()
    opens = datetime.fromtimestamp(word.at, UTC) if isinstance(word, NotBefore) else None
    return errors.ContactRefused(opens, word.rule)


# ---- contacts that answer a task -------------------------------------------------------------------------


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
    """The call of this task, by this person: the one that is named, else the newest that is still open."""
    mine = select(contact_attempts).where(
        contact_attempts.c.task_id == task.task_id,
        contact_attempts.c.actor == who.staff_id,
        contact_attempts.c.action == Action.OUT_CALL.value,
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


# ---- what came of it -------------------------------------------------------------------------------------


def _own(connection: Connection, who: Person, attempt_id: str) -> Attempt:
    attempt = contacts.find(connection, attempt_id)
    if attempt is None or attempt.actor != who.staff_id:
        raise errors.NotFound
    return attempt


def _check(result: ResultIn, *, today: date) -> None:
    if result.result not in PROMISES:
        return
    on = None if result.on is None else result.on.isoformat()
    missing = lacks(Outcome(result.result), reason="", amount_minor=result.amount_minor, on=on)
    if result.on is not None and result.on < today:
        missing.append(Missing("on", "day_in_the_past"))
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


def _tells(connection: Connection, attempt: Attempt, result: str) -> bool:
    """The answer to a task tells of its call; of a visit, of what no task had asked for, and of what stops the bank
    though the task is gone (C16), this does.

    A case that has closed meanwhile takes no more word of people: the contact stands in the ledger.
    """
    with_answer = attempt.task_id is not None and attempt.action != Action.VISIT and result not in STOPPING
    if attempt.case_id is None or attempt.action not in _TOLD or with_answer:
        return False
    try:
        must_be_live(connection, attempt.case_id)
    except errors.CaseClosed:
        return False
    return True


def _told_id(attempt_id: str) -> str:
    return f"{attempt_id}-told"


def _told(connection: Connection, attempt_id: str) -> str | None:
    told = select(messages.c.message_id).where(messages.c.message_id == _told_id(attempt_id))
    return connection.execute(told).scalar()


def tell_late(
    connection: Connection, who: Person, attempt: Attempt, result: ResultIn, *, at: datetime
) -> None:
    """The case hears what was said, though no answer to a task says it; its line stands in the ledger already."""
    promised = result.result in PROMISES
    content = {
        "attempt_id": attempt.attempt_id,
        "action": attempt.action,
        "result": result.result,
        "party": attempt.party,
        "at": int(attempt.at.timestamp()),
        "amount_minor": result.amount_minor if promised else None,
        "on": result.on.isoformat() if promised and result.on is not None else None,
        "contact_id": attempt.contact_id,
        "recording_id": result.recording_id,
        "remark_id": None,
    }
    said = Said(attempt.case_id, _told_id(attempt.attempt_id), "contact_reported", who.staff_id, at, content)
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
