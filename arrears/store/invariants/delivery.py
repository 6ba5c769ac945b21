"""Whether each word of a person or a bank reached its case once, and nothing else did (1 to 6)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from sqlalchemy import exists, func, select

from arrears.store.invariants.asking import Invariant, Look
from arrears.store.tables import cases, contact_attempts, incidents, messages, notices, records, staff

_LIVE: Final = ("waiting", "sent", "applied")
_UNSETTLED: Final = ("waiting", "sent")
# How long a word may be under way before somebody has to look.
_BAR: Final = timedelta(minutes=10)


def _one_answer_each(look: Look) -> Iterator[str]:
    twice = (
        select(messages.c.task_id)
        .where(messages.c.task_id.is_not(None), messages.c.status.in_(_LIVE))
        .group_by(messages.c.task_id)
        .having(func.count() > 1)
    )
    yield from (f"{task}: more than one live answer" for task in look.connection.execute(twice).scalars())
    strangers = select(messages.c.message_id, messages.c.actor).where(
        messages.c.signal == "task_decided", ~exists().where(staff.c.staff_id == messages.c.actor)
    )
    for row in look.connection.execute(strangers):
        yield f"{row.message_id}: said by {row.actor}, who never worked here"


def _applied_by_a_step(look: Look) -> Iterator[str]:
    """Read once through both: a word and the step that heard it name each other."""
    told = {
        row.message_id: (row.case_id, row.settled_seq, row.status, row.reason)
        for row in look.connection.execute(
            select(
                messages.c.message_id,
                messages.c.case_id,
                messages.c.settled_seq,
                messages.c.status,
                messages.c.reason,
            )
        )
    }
    heard: set[str] = set()
    for row in look.connection.execute(select(records.c.case_id, records.c.seq, records.c.event)):
        if row.event.get("kind") != "message":
            continue
        message_id = row.event["message_id"]
        heard.add(message_id)
        case_id, seq, status, _ = told.get(message_id, (None, None, "missing", None))
        if (case_id, seq) != (row.case_id, row.seq) or status not in ("applied", "refused"):
            yield f"{row.case_id} step {row.seq}: heard {message_id}, which is {status}"
    for message_id, (_, _, status, _) in told.items():
        if status == "applied" and message_id not in heard:
            yield f"{message_id}: is applied, and no step heard it"


def _steps_without_a_gap(look: Look) -> Iterator[str]:
    counted = select(
        records.c.case_id, func.count().label("steps"), func.min(records.c.seq), func.max(records.c.seq)
    ).group_by(records.c.case_id)
    known = dict(look.connection.execute(select(cases.c.case_id, cases.c.seq)).all())
    for case_id, steps, first, last in look.connection.execute(counted):
        if (first, last) != (1, steps):
            yield f"{case_id}: {steps} steps, numbered {first} to {last}"
        if known.pop(case_id, None) != last:
            yield f"{case_id}: its row is not of its last step, {last}"
    yield from (f"{case_id}: has a row and no step" for case_id in known)


def _each_effect_once(look: Look) -> Iterator[str]:
    """A letter that went out is the line of the ledger that has its name; other effects have keys of their own."""
    line = exists().where(
        contact_attempts.c.attempt_id == notices.c.notice_id,
        contact_attempts.c.status.in_(("made", "uncertain")),
    )
    unlisted = select(notices.c.notice_id).where(notices.c.sent_at.is_not(None), ~line)
    yield from (
        f"{one}: went out, and is not in the ledger" for one in look.connection.execute(unlisted).scalars()
    )
    unsent = (
        select(contact_attempts.c.attempt_id)
        .outerjoin(notices, notices.c.notice_id == contact_attempts.c.attempt_id)
        .where(
            contact_attempts.c.purpose == "notice",
            contact_attempts.c.status == "made",
            notices.c.sent_at.is_(None),
        )
    )
    yield from (
        f"{one}: in the ledger, and never went out" for one in look.connection.execute(unsent).scalars()
    )


def _nothing_lies(look: Look) -> Iterator[str]:
    lying = select(messages.c.message_id, messages.c.status).where(
        messages.c.status.in_(_UNSETTLED), messages.c.accepted_at < look.now - _BAR
    )
    for row in look.connection.execute(lying):
        yield f"{row.message_id}: {row.status} for more than {_BAR.seconds // 60} minutes"
    reported = exists().where(
        incidents.c.case_id == messages.c.case_id, incidents.c.kind.in_(("message_parked", "state_too_large"))
    )
    silent = select(messages.c.message_id).where(messages.c.status == "parked", ~reported)
    yield from (f"{one}: put aside, and nobody is told" for one in look.connection.execute(silent).scalars())


DELIVERY: Final = (
    Invariant(1, "A task has one live answer at most, and whoever gave it works here", _one_answer_each),
    Invariant(
        2,
        "What is applied was heard by one step, and a step heard nothing else",
        _applied_by_a_step,
        at_rest=True,
    ),
    Invariant(
        3, "The steps of a case are numbered without a gap, and its row is of the last", _steps_without_a_gap
    ),
    Invariant(
        4,
        "A letter went out once, and stands in the ledger of contacts once",
        _each_effect_once,
        at_rest=True,
    ),
    Invariant(
        5,
        "No word lies unheard beyond its bar, and what is put aside is before a person",
        _nothing_lies,
        at_rest=True,
    ),
    Invariant(
        6,
        "What a client was told is accepted is there, and nothing else",
        held="by the journal of the client, in tests/chaos",
    ),
)
