"""What an answer to a task must be, and how it is said to its case: once, with the contact it is the result of."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from api.auth.person import Person
from api.desk import contacts, errors
from arrears import clock
from arrears.contracts import Rules, fingerprint
from arrears.policy import promises
from arrears.policy.checklist import TO_COURT, lacking
from arrears.policy.codes import BINDS_AT_ONCE, PROMISES, STOPPING, TALK, Outcome
from arrears.policy.profile import NOTHING_SAID, Profile
from arrears.policy.stages import CONTACT_TASKS
from arrears.policy.tasks import ON_FACTS, Missing, TaskKind, lacks, may_answer
from arrears.store import exhibits, intents
from arrears.store.contacts import Came, find
from arrears.store.intents import Said
from arrears.store.tables import messages, remarks, tasks
from arrears.store.types import among

AT_ONCE: Final = timedelta(0)

TaskRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True)
class Answer:
    """A person's answer to a task; `facts_no` names the facts the form showed, money is minor units."""

    outcome: str
    facts_no: int
    reason: str | None = None
    amount_minor: int | None = None
    on: date | None = None
    attempt_id: str | None = None  # the contact it tells the result of, when one was started
    recording_id: str | None = None
    profile: Profile = NOTHING_SAID  # what the debtor said of cause, will and means
    letter_sha256: str | None = None  # the letter that was read and is released


def may_wait(outcome: str) -> bool:
    """Whether an answer may be held back for a moment: not what the guard of contacts must know from that moment on."""
    return outcome not in BINDS_AT_ONCE


# ---- whether it may be said ------------------------------------------------------------------------------


def must_be_whole(task: TaskRow, answer: Answer, rules: Rules, *, now: int) -> None:
    """Raises Invalid and StaleForm."""
    if not may_answer(TaskKind(task.kind), answer.outcome):
        raise errors.Invalid([Missing("outcome", "answer_not_offered")])
    outcome = Outcome(answer.outcome)
    on = None if answer.on is None else answer.on.isoformat()
    missing = lacks(outcome, reason=answer.reason, amount_minor=answer.amount_minor, on=on)
    if answer.on is not None:
        missing += _wrong_day(task, outcome, answer.on, rules, now=now)
    if missing:
        raise errors.Invalid(missing)
    if outcome in ON_FACTS and answer.facts_no != task.facts_no:
        raise errors.StaleForm(task.facts_no)


def must_be_evidenced(
    connection: Connection, task: TaskRow, answer: Answer, rules: Rules, *, at: datetime
) -> None:
    """No claim goes to the court while a document is missing (4.9). Raises EvidenceLacking."""
    if TO_COURT.get(TaskKind(task.kind)) != answer.outcome:
        return
    missing = lacking(exhibits.lines_of(connection, task.case_id, rules, at=at))
    if missing:
        raise errors.EvidenceLacking(tuple(item.value for item in missing))


def _wrong_day(task: TaskRow, outcome: Outcome, on: date, rules: Rules, *, now: int) -> list[Missing]:
    today = rules.calendar.day_of(now)
    if outcome is Outcome.ARRIVED:
        return [Missing("on", "day_in_the_future")] if on > today else []
    # A court's day may have passed before anybody heard.
    if on < today and outcome is not Outcome.INSOLVENT:
        return [Missing("on", "day_in_the_past")]
    if outcome not in PROMISES:
        return []
    late = task.facts["days_past_due"]
    last = promises.latest_day(rules.terms, today=today, days_past_due=late)
    return [Missing("on", "promise_too_far")] if last is not None and on > last else []


# ---- saying it -------------------------------------------------------------------------------------------


def first_answer(connection: Connection, task_id: str) -> TaskRow | None:
    """Of many who answer at once each sees what the one before said: the task is held after the case, as `record` does."""
    connection.execute(_HELD, {"task": task_id})
    return connection.execute(_LIVE, {"task": task_id}).first()


def contact_of(
    connection: Connection, who: Person, task: TaskRow, answer: Answer, rules: Rules, *, at: datetime
) -> str | None:
    """The line of the ledger that this answer is the result of; None for an answer that is no result."""
    if TaskKind(task.kind) not in CONTACT_TASKS or Outcome(answer.outcome) not in TALK:
        return None
    came = Came(answer.outcome, answer.recording_id, profile=answer.profile)
    made = contacts.answer_task(connection, who, task, came, rules, attempt_id=answer.attempt_id, at=at)
    return str(made.attempt_id)


def tell_what_stops(connection: Connection, who: Person, answer: Answer, *, at: datetime) -> None:
    """Nothing that stops the bank is lost to whoever was first (C16)."""
    attempt = None if answer.attempt_id is None else find(connection, answer.attempt_id)
    if attempt is not None and answer.outcome in STOPPING:
        result = contacts.ResultIn(answer.outcome, answer.amount_minor)
        contacts.tell_late(connection, who, attempt, result, at=at)


def say(
    connection: Connection,
    who: Person,
    task: TaskRow,
    answer: Answer,
    attempt_id: str | None,
    *,
    undo: timedelta,
) -> str | None:
    """The message id; None when another window of the same person was quicker, under the same id."""
    at = clock.door_now()
    remark_id = remark(connection, who, task, answer)
    tries = connection.execute(_TRIES, {"task": task.task_id}).scalar_one()
    message_id = f"{task.task_id}-a{tries + 1}"
    content = {
        "outcome": answer.outcome,
        "facts_no": answer.facts_no,
        "remark_id": remark_id,
        "amount_minor": answer.amount_minor,
        "on": None if answer.on is None else answer.on.isoformat(),
        "facts": fingerprint(task.facts),
    } | _of_contact(connection, attempt_id)
    if answer.letter_sha256 is not None:
        content["letter_sha256"] = answer.letter_sha256
    later = at + undo if may_wait(answer.outcome) else at
    said = Said(
        task.case_id,
        message_id,
        "task_decided",
        who.staff_id,
        at,
        content,
        task.task_id,
        effective_at=later,
    )
    try:
        is_first = intents.say(connection, said)
    except intents.AlreadyAnswered:
        is_first = False
    if is_first:
        touch(connection, task.task_id)
    return message_id if is_first else None


def remark(connection: Connection, who: Person, task: TaskRow, answer: Answer) -> str | None:
    """Free words stay in the database; the case knows only that there are some."""
    words = (answer.reason or "").strip()
    if not words:
        return None
    remark_id = f"{task.task_id}-{fingerprint([who.staff_id, words, str(clock.machine_now())])[:12]}"
    row = {
        "remark_id": remark_id,
        "case_id": task.case_id,
        "task_id": task.task_id,
        "author": who.staff_id,
        "words": words,
        "written_at": clock.door_now(),
    }
    connection.execute(_REMARK, row)
    return remark_id


def touch(connection: Connection, task_id: str) -> None:
    """An answer was given or taken back: whoever has the list open is told."""
    connection.execute(_TOUCH, {"task": task_id, "now": clock.machine_now()})


def _of_contact(connection: Connection, attempt_id: str | None) -> dict[str, Any]:
    attempt = None if attempt_id is None else find(connection, attempt_id)
    if attempt is None:
        return {}
    return {
        "attempt_id": attempt.attempt_id,
        "contact_id": attempt.contact_id,
        "recording_id": attempt.recording_id,
    }


# Made once: to build them costs more than to run them.
_HELD: Final = select(tasks.c.task_id).where(tasks.c.task_id == bindparam("task")).with_for_update()
_LIVE: Final = select(messages.c.actor, messages.c.accepted_at).where(
    messages.c.task_id == bindparam("task"), among(messages.c.status, ("waiting", "sent", "applied"))
)
_TRIES: Final = select(func.count()).where(messages.c.task_id == bindparam("task"))
_REMARK: Final = insert(remarks)
_TOUCH: Final = update(tasks).where(tasks.c.task_id == bindparam("task")).values(changed_at=bindparam("now"))
