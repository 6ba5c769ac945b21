"""An answer is taken back while its case has not been told of it."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, select

from api.auth.person import Person
from api.desk import errors
from api.desk.answering import Answer, touch
from api.desk.live import must_be_live, must_be_seen
from arrears import clock
from arrears.policy.profile import NOTHING_SAID, Ability, Cause, Profile, Willingness
from arrears.store import audit, contacts, intents
from arrears.store.queries import LIVE
from arrears.store.session import Store
from arrears.store.tables import messages, remarks, tasks


@dataclass(frozen=True)
class TakenBack:
    """What was answered, so that it can be corrected."""

    task_id: str
    answer: Answer = field(repr=False)


class UndoDesk:
    def __init__(self, store: Store) -> None:
        self._store = store

    def take_back(self, who: Person, task_id: str) -> TakenBack:
        """One's own answer; the call it told of stays in the ledger and waits for its result again.

        Raises NotFound (no answer of this person), CaseClosed and TooLate.
        """
        with self._store.transaction() as connection:
            said = _answer_of(connection, who, task_id)
            must_be_seen(connection, who, said.case_id)
            must_be_live(connection, said.case_id)
            connection.execute(select(tasks.c.task_id).where(tasks.c.task_id == task_id).with_for_update())
            if not intents.withdraw(connection, said.message_id):
                raise errors.TooLate
            touch(connection, task_id)
            words = _words(connection, said.content.get("remark_id"))
            answer = _answer(said.content, words, _forget_result(connection, said.content.get("attempt_id")))
            detail = {"task_id": task_id, "message_id": said.message_id, "outcome": said.content["outcome"]}
            audit.append(
                connection,
                stream=said.case_id,
                at=clock.door_now(),
                actor=who.staff_id,
                what="answer_taken_back",
                detail=detail,
            )
            return TakenBack(task_id, answer)


def _answer_of(connection: Connection, who: Person, task_id: str) -> Row[*tuple[Any, ...]]:
    said = connection.execute(
        select(messages.c.message_id, messages.c.case_id, messages.c.content).where(
            messages.c.task_id == task_id, messages.c.actor == who.staff_id, messages.c.status.in_(LIVE)
        )
    ).first()
    if said is None:
        raise errors.NotFound
    return said


def _forget_result(connection: Connection, attempt_id: str | None) -> Profile:
    """What had been told of the debtor with it."""
    attempt = None if attempt_id is None else contacts.find(connection, attempt_id)
    if attempt is None:
        return NOTHING_SAID
    contacts.hold_person(connection, attempt.borrower_id)
    contacts.reopen(connection, attempt.attempt_id)
    return Profile(
        Cause(attempt.cause) if attempt.cause else None,
        Willingness(attempt.willingness) if attempt.willingness else None,
        Ability(attempt.ability) if attempt.ability else None,
    )


def _words(connection: Connection, remark_id: str | None) -> str | None:
    if remark_id is None:
        return None
    return connection.execute(select(remarks.c.words).where(remarks.c.remark_id == remark_id)).scalar()


def _answer(content: dict[str, Any], words: str | None, profile: Profile) -> Answer:
    on = content.get("on")
    return Answer(
        content["outcome"],
        content["facts_no"],
        words,
        content.get("amount_minor"),
        date.fromisoformat(on) if on else None,
        content.get("attempt_id"),
        content.get("recording_id"),
        profile,
    )
