"""Somebody called, wrote or came to the bank: what was said is kept and binds at once, whatever the hour (3.2, C16).

It takes nothing from any cap and needs no certificate: a word that was heard is never lost to who heard it.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select

from api.auth.permissions import Permission, may
from api.auth.person import Person
from api.desk import errors
from api.desk.asking import person_meant, point
from api.desk.holding import staff_named
from api.desk.live import must_be_live, must_be_seen
from arrears import clock
from arrears.contracts import Rules, RulesInForce, fingerprint
from arrears.policy import inbound, promises
from arrears.policy.codes import INBOUND, PROMISES, Action, Outcome, code_of
from arrears.policy.guard import PartyRole
from arrears.policy.state import HoldKind
from arrears.policy.tasks import WITH_PART, Missing, lacks
from arrears.store import audit, contacts, intents
from arrears.store.contacts import Came
from arrears.store.intents import Said
from arrears.store.known import Ask
from arrears.store.session import Store
from arrears.store.tables import cases, messages, remarks

_NOBODY_PROMISES: Final = (HoldKind.DECEASED, HoldKind.INCAPACITY)


@dataclass(frozen=True)
class HeardIn:
    """What was said to the bank; `key` is the sender's own: the same again is the same word. Money is minor units.

    `contact_id` is the number or address it came from, `against` the log-in or staff id of whom a complaint is about,
    `at` when it was, now when nothing is said.
    """

    key: str
    case_id: str
    action: Action
    result: str
    words: str = field(default="", repr=False)
    party: PartyRole = PartyRole.BORROWER
    borrower_id: str | None = None
    contact_id: str | None = None
    amount_minor: int | None = None
    on: date | None = None
    recording_id: str | None = None
    against: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Heard:
    """Its line in the ledger, and what the case is told."""

    attempt_id: str
    message_id: str


@dataclass(frozen=True)
class _Ground:
    """What a word is held against: the case's own now and the rules then."""

    case: Row[*tuple[Any, ...]]
    now: datetime
    rules: Rules

    @property
    def today(self) -> date:
        return self.rules.calendar.day_of(_seconds(self.now))


class InboundDesk:
    def __init__(self, store: Store, rules: RulesInForce) -> None:
        self._store = store
        self._rules = rules

    def hear(self, who: Person, said: HeardIn) -> Heard:
        """Raises NotAllowed, NotFound, CaseClosed, Invalid and ContactConflict (the key is another word's)."""
        if not may(who, Permission.HEAR):
            raise errors.NotAllowed
        with self._store.transaction() as connection:
            case = _case(connection, said.case_id)
            must_be_seen(connection, who, said.case_id)
            heard = Heard(_attempt_id(who, said), f"{_attempt_id(who, said)}-told")
            if _is_known(connection, who, said, heard):
                return heard
            now = must_be_live(connection, said.case_id)
            ground = _Ground(case, now, self._rules.at(_seconds(now)))
            against = _must_fit(connection, said, ground)
            return _keep(connection, who, said, ground, heard, against=against)


def _case(connection: Connection, case_id: str) -> Row[*tuple[Any, ...]]:
    case = connection.execute(
        select(cases.c.case_id, cases.c.borrower_id, cases.c.loan_id, cases.c.state).where(
            cases.c.case_id == case_id
        )
    ).first()
    if case is None:
        raise errors.NotFound
    return case


def _attempt_id(who: Person, said: HeardIn) -> str:
    return f"{who.staff_id}-in-{said.key}"


def _is_known(connection: Connection, who: Person, said: HeardIn, heard: Heard) -> bool:
    """The same word again; another one under its key is a conflict."""
    if contacts.find(connection, heard.attempt_id) is None:
        return False
    kept = connection.execute(
        select(messages.c.content, messages.c.case_id).where(messages.c.message_id == heard.message_id)
    ).first()
    if kept is None or kept.case_id != said.case_id:
        raise errors.ContactConflict
    content = _content(who, said, at=0, against=staff_named(connection, said.against.strip()) or "")
    if said.at is not None:
        content["at"] = _seconds(said.at)
    if any(kept.content.get(name) != value for name, value in content.items() if name != "at" or said.at):
        raise errors.ContactConflict
    return True


# ---- what was said, checked ------------------------------------------------------------------------------


def _must_fit(connection: Connection, said: HeardIn, ground: _Ground) -> str:
    """The staff id of whom a complaint is about. Raises Invalid."""
    against = staff_named(connection, said.against.strip())
    wrong = [*_wrong_result(said), *_wrong_instant(said, ground), *_wrong_promise(said, ground)]
    if against is None:
        wrong.append(Missing("against", "login_unknown"))
    elif against and said.result != Outcome.COMPLAINS:
        wrong.append(Missing("against", "only_of_complaints"))
    if wrong:
        raise errors.Invalid(wrong)
    return against or ""


def _wrong_result(said: HeardIn) -> list[Missing]:
    if said.action not in INBOUND:
        return [Missing("action", "action_not_heard_here")]
    if code_of(said.action, said.result) is None:
        return [Missing("result", "result_unknown")]
    wrong = [] if inbound.may_tell(said.party, said.result) else [Missing("result", "not_theirs_to_say")]
    if said.result == Outcome.THIRD_REFUSES and said.contact_id is None:
        wrong.append(Missing("contact_id", "number_required"))
    on = None if said.on is None else said.on.isoformat()
    return wrong + lacks(Outcome(said.result), reason=said.words, amount_minor=said.amount_minor, on=on)


def _wrong_instant(said: HeardIn, ground: _Ground) -> list[Missing]:
    late = said.at is not None and said.at > ground.now
    return [Missing("at", "time_in_the_future")] if late else []


def _wrong_promise(said: HeardIn, ground: _Ground) -> list[Missing]:
    if said.result not in PROMISES:
        return []
    holds = {hold["kind"] for hold in ground.case.state.get("holds", ())}
    if holds.intersection(_NOBODY_PROMISES):
        return [Missing("result", "debtor_cannot_promise")]
    if said.on is None:
        return []
    if said.on < ground.today:
        return [Missing("on", "day_in_the_past")]
    first = ground.case.state.get("first_overdue_on")
    late = 0 if first is None else max(0, (ground.today - date.fromisoformat(first)).days)
    last = promises.latest_day(ground.rules.terms, today=ground.today, days_past_due=late)
    return [Missing("on", "promise_too_far")] if last is not None and said.on > last else []


# ---- what was said, kept ---------------------------------------------------------------------------------


def _keep(
    connection: Connection, who: Person, said: HeardIn, ground: _Ground, heard: Heard, *, against: str
) -> Heard:
    person = person_meant(connection, said.party, said.borrower_id, ground.case)
    contacts.hold_person(connection, person)
    if _is_known(connection, who, said, heard):  # another hand was quicker under the same key
        return heard
    where = None if said.contact_id is None else point(connection, said.contact_id, person, said.action)
    ask = Ask(
        heard.attempt_id,
        person,
        said.action,
        who.staff_id,
        said.party,
        case_id=said.case_id,
        loan_id=ground.case.loan_id,
        number="" if where is None else where.address,
        debtor_id=ground.case.borrower_id,
    )
    at, came = said.at or ground.now, Came(said.result, said.recording_id)
    contacts.report(connection, ask, where, came, ground.rules, at=_seconds(at), told_at=_seconds(ground.now))
    _remark(connection, who, said, at=ground.now)
    content = _content(who, said, at=_seconds(at), against=against)
    intents.say(
        connection,
        Said(said.case_id, heard.message_id, "contact_reported", who.staff_id, clock.door_now(), content),
    )
    _note(connection, who, said, heard)
    return heard


def _content(who: Person, said: HeardIn, *, at: int, against: str) -> dict[str, Any]:
    """Ids, integers and days. A figure that was typed for another answer is left out."""
    promised = said.result in PROMISES
    on = said.on if promised else None
    return {
        "attempt_id": _attempt_id(who, said),
        "action": said.action.value,
        "result": said.result,
        "party": said.party.value,
        "at": at,
        "amount_minor": said.amount_minor if promised or said.result in WITH_PART else None,
        "on": None if on is None else on.isoformat(),
        "contact_id": said.contact_id,
        "recording_id": said.recording_id,
        "remark_id": _remark_id(who, said),
        "against": against or None,
    }


def _remark_id(who: Person, said: HeardIn) -> str | None:
    words = said.words.strip()
    return f"{_attempt_id(who, said)}-{fingerprint([words])[:12]}" if words else None


def _remark(connection: Connection, who: Person, said: HeardIn, *, at: datetime) -> None:
    """Free words stay in the database; the case knows only that there are some."""
    remark_id = _remark_id(who, said)
    if remark_id is None:
        return
    connection.execute(
        insert(remarks).values(
            remark_id=remark_id,
            case_id=said.case_id,
            task_id=None,
            author=who.staff_id,
            words=said.words.strip(),
            written_at=at,
        )
    )


def _note(connection: Connection, who: Person, said: HeardIn, heard: Heard) -> None:
    detail = {
        "attempt_id": heard.attempt_id,
        "action": said.action.value,
        "party": said.party.value,
        "result": said.result,
    }
    audit.append(
        connection,
        stream=said.case_id,
        at=clock.door_now(),
        actor=who.staff_id,
        what="contact_heard",
        detail=detail,
    )


def _seconds(at: datetime) -> int:
    return int(at.astimezone(UTC).timestamp())
