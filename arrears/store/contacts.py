"""One ledger of contacts for each person: reserve, act, confirm or release (4.6-4), under a lock of the person's row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from arrears.contracts import Rules
from arrears.policy.codes import Action, Code, Counts, code_of
from arrears.policy.guard import Circumstance, Go, Never, NotBefore, Verdict, verdict
from arrears.policy.profile import NOTHING_SAID, Profile
from arrears.store import circumstances, known, marks, recordings
from arrears.store.intents import raise_incident
from arrears.store.known import Ask, Past, Point
from arrears.store.marks import Marked
from arrears.store.tables import borrowers, cases, contact_attempts, messages
from arrears.store.writes import instant

Attempt = Row[*tuple[Any, ...]]


class AttemptConflict(Exception):
    """The id is another contact's, or this contact was answered otherwise already."""


class ResultUnknown(ValueError):
    """No contact of this kind has such a result, or one without a recording."""


@dataclass(frozen=True)
class Slot:
    """The contact may be made now; `number` is where to. `warnings` name rules to be told aloud."""

    attempt_id: str
    number: str = field(repr=False)
    at: int
    warnings: tuple[str, ...] = ()


def hold_person(connection: Connection, borrower_id: str) -> bool:
    """Everybody else who wants to contact this person waits until we have committed. False: nobody has this id.

    Taken after the row of a case and never before, as `record` does: two who hold one and want the other cannot meet.
    """
    return connection.execute(_PERSON, {"person": borrower_id}).first() is not None


def may_contact(connection: Connection, ask: Ask, where: Point | None, rules: Rules, *, at: int) -> Verdict:
    """The guard's word at this instant; it takes nothing."""
    return _judge(connection, ask, where, rules, known.past(connection, ask, rules, at=at), at=at)


def _judge(
    connection: Connection, ask: Ask, where: Point | None, rules: Rules, past: Past, *, at: int
) -> Verdict:
    if known.is_uncertified(past):
        return Never("C19")
    facts = known.known(connection, ask, where, rules, past)
    return verdict(ask.asked, facts, rules.conduct, rules.calendar, at)


def reserve(
    connection: Connection,
    ask: Ask,
    where: Point | None,
    rules: Rules,
    *,
    at: int,
    heeds_money: bool = True,
) -> Slot | NotBefore | Never:
    """Take a slot at the moment of the act. Raises AttemptConflict.

    Asked again under its id while nothing has become of it, the contact is judged anew, at that later instant:
    what may no longer be made gives its slot back.
    """
    hold_person(connection, ask.borrower_id)
    past = known.past(connection, ask, rules, at=at)
    earlier = past.of(ask.attempt_id)
    if earlier is not None and (earlier.status not in ("reserved", "released") or not _is_same(earlier, ask)):
        raise AttemptConflict(ask.attempt_id)
    if heeds_money and known.has_money_coming(past):
        answer: Verdict = NotBefore(at + SETTLES_SECONDS, "money_first")
    else:
        answer = _judge(connection, ask, where, rules, past, at=at)
    if not isinstance(answer, Go):
        if earlier is not None:
            release(connection, ask.attempt_id)
        return answer
    put(connection, ask, where, at=at)
    return Slot(ask.attempt_id, ask.number, at, answer.warnings)


def find(connection: Connection, attempt_id: str) -> Attempt | None:
    return connection.execute(_FIND, {"attempt": attempt_id}).first()


def put(connection: Connection, ask: Ask, where: Point | None, *, at: int, **more: Any) -> None:
    """The line of a contact that is about to be made; one that was given back is taken anew."""
    row = {
        "attempt_id": ask.attempt_id,
        "borrower_id": ask.borrower_id,
        "case_id": ask.case_id,
        "loan_id": ask.loan_id,
        "task_id": ask.task_id,
        "contact_id": None if where is None else where.contact_id,
        "number": ask.number or None,
        "action": ask.action.value,
        "party": ask.party.value,
        "purpose": ask.purpose,
        "actor": ask.actor,
        "staff": list(ask.staff),
        "status": "reserved",
        "result": None,
        "effective": False,
        "conversation": False,
        "at": instant(at),
        "reserved_at": instant(at),
    } | more
    connection.execute(_PUT[connection.dialect.name], row)


def release(connection: Connection, attempt_id: str) -> None:
    """It was not made: the slot is free again."""
    become(connection, attempt_id, status="released")


def reopen(connection: Connection, attempt_id: str) -> None:
    """What was told of it is taken back: it was made, keeps its slot, and waits to be told of again."""
    told = ("result", "recording_id", "provider_at", "reference", "cause", "willingness", "ability")
    nothing: dict[str, Any] = dict.fromkeys(told)
    become(connection, attempt_id, status="reserved", effective=False, conversation=False, **nothing)


def become(connection: Connection, attempt_id: str, *, status: str, **more: Any) -> None:
    connection.execute(
        update(contact_attempts)
        .where(contact_attempts.c.attempt_id == attempt_id)
        .values({"status": status} | more)
    )


@dataclass(frozen=True)
class Came:
    """What came of a contact; `provider_at` by the clock of whoever made it, which no cap believes."""

    result: str
    recording_id: str | None = None
    provider_at: datetime | None = None
    reference: str | None = None
    profile: Profile = NOTHING_SAID


def confirm(connection: Connection, attempt_id: str, came: Came, rules: Rules, *, at: int) -> Attempt:
    """Write what came of a reserved contact; `at` is when the bank heard of it. The same again changes nothing.

    Raises AttemptConflict (nothing of this id is open, or it was answered otherwise) and ResultUnknown.
    """
    attempt = find(connection, attempt_id)
    if attempt is None or attempt.status not in ("reserved", "made", "uncertain"):
        raise AttemptConflict(attempt_id)
    if attempt.status == "made" and attempt.result is not None:
        if attempt.result != came.result:
            raise AttemptConflict(attempt_id)
        return attempt
    code = code_for(Action(attempt.action), came, rules)
    become(connection, attempt_id, status="made", **_counted(code, came))
    _keep(connection, attempt_id, came, rules)
    _learn(connection, attempt, code, at=at)
    return attempt


def report(
    connection: Connection, ask: Ask, where: Point | None, came: Came, rules: Rules, *, at: int, told_at: int
) -> Verdict:
    """A contact that was made already, at `at`: it stands in the ledger whatever the guard says of it.

    One that should not have been made is an incident for compliance. Inbound contacts take nothing.
    """
    hold_person(connection, ask.borrower_id)
    answer = may_contact(connection, ask, where, rules, at=at)
    code = code_for(ask.action, came, rules)
    put(connection, ask, where, at=at, status="made", **_counted(code, came))
    _keep(connection, ask.attempt_id, came, rules)
    made = find(connection, ask.attempt_id)
    assert made is not None
    _learn(connection, made, code, at=told_at)
    if not isinstance(answer, Go):
        against_rules(connection, ask, answer, at=told_at)
    return answer


def against_rules(connection: Connection, ask: Ask, answer: NotBefore | Never, *, at: int) -> None:
    raise_incident(
        connection,
        kind="contact_against_rules",
        key=ask.attempt_id,
        at=instant(at),
        case_id=ask.case_id,
        loan_id=ask.loan_id,
        detail={"attempt_id": ask.attempt_id, "rule": answer.rule, "actor": ask.actor},
    )


def code_for(action: Action, came: Came, rules: Rules) -> Code:
    """What the bank's codes say of a result. Raises ResultUnknown."""
    code = code_of(action, came.result)
    if code is None:
        raise ResultUnknown(came.result)
    if action in rules.conduct.needs_recording and came.recording_id is None:
        raise ResultUnknown("recording_id")
    return code


def _counted(code: Code, came: Came) -> Mapping[str, Any]:
    return {
        "result": came.result,
        "effective": Counts.EFFECTIVE in code.counts,
        "conversation": Counts.CONVERSATION in code.counts,
        "recording_id": came.recording_id,
        "provider_at": came.provider_at,
        "reference": came.reference,
        "cause": came.profile.cause,
        "willingness": came.profile.willingness,
        "ability": came.profile.ability,
    }


def _keep(connection: Connection, attempt_id: str, came: Came, rules: Rules) -> None:
    if came.recording_id is not None:
        recordings.keep(connection, attempt_id, came.recording_id, days=rules.conduct.recording_days)


def _learn(connection: Connection, attempt: Attempt, code: Code, *, at: int) -> None:
    """What a contact tells of the person binds at once, before a case has heard of it."""
    if code.mark is not None and attempt.contact_id is not None:
        told = Marked(code.mark.value, attempt.borrower_id, attempt.case_id or "", attempt.actor, instant(at))
        marks.put(connection, attempt.contact_id, told)
    if code.knows:
        known_of = Circumstance(code.knows)
        circumstances.note(connection, attempt.borrower_id, known_of, by=attempt.actor, at=at)


def _is_same(earlier: Attempt, ask: Ask) -> bool:
    """Nobody turns one slot into another: about whom, by whom, and while it is open also on which number."""
    same = (earlier.borrower_id, earlier.action, earlier.party, earlier.actor, earlier.case_id) == (
        ask.borrower_id,
        ask.action.value,
        ask.party.value,
        ask.actor,
        ask.case_id,
    )
    same = same and (earlier.purpose, list(earlier.staff)) == (ask.purpose, list(ask.staff))
    return same and (earlier.status == "released" or (earlier.number or "") == ask.number)


# ---- looking ------------------------------------------------------------------------------------------


def under_way(connection: Connection, task_id: str, actor: str) -> Attempt | None:
    """The contact of this task that this person has started and not yet told the result of."""
    mine = select(contact_attempts).where(
        contact_attempts.c.task_id == task_id,
        contact_attempts.c.actor == actor,
        contact_attempts.c.status == "reserved",
    )
    newest = mine.order_by(contact_attempts.c.reserved_at.desc(), contact_attempts.c.attempt_id.desc())
    return connection.execute(newest.limit(1)).first()


def money_on_its_way(connection: Connection, case_id: str) -> bool:
    """Nobody is asked for money that has just come (4.6-1)."""
    return connection.execute(_MONEY, {"case": case_id}).scalar() is not None


def person_of(connection: Connection, case_id: str) -> Row[*tuple[Any, ...]] | None:
    """Whose case it is, and of which loan."""
    return connection.execute(
        select(cases.c.borrower_id, cases.c.loan_id, cases.c.status, cases.c.decided_at).where(
            cases.c.case_id == case_id
        )
    ).first()


# How long a case takes to hear of its money, as a rule; asked again then.
SETTLES_SECONDS: Final = 60
_PERSON: Final = (
    select(borrowers.c.borrower_id).where(borrowers.c.borrower_id == bindparam("person")).with_for_update()
)


def _put(into: Callable[[Any], Any]) -> Any:
    fresh = into(contact_attempts)
    changed = {name: fresh.excluded[name] for name in ("status", "result", "at", "number", "contact_id")}
    return fresh.on_conflict_do_update(index_elements=["attempt_id"], set_=changed)


# Made once: to build it costs more than to run it.
_PUT: Final = {"sqlite": _put(sqlite.insert), "postgresql": _put(postgresql.insert)}
_FIND: Final = select(contact_attempts).where(contact_attempts.c.attempt_id == bindparam("attempt"))
_MONEY: Final = select(messages.c.message_id).where(*known.MONEY_COMES).limit(1)
