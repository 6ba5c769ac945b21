"""Whether what clients were told is what the database holds: nothing acknowledged is lost, nothing else is there (I6)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Row, select

from arrears.names import final_message_id
from arrears.store.session import Store
from arrears.store.tables import audit_rows, messages, payments
from tests.chaos.monkey.words import Journal, Word

_HEARD = ("applied", "refused")


def unlike(journal: Journal, store: Store) -> list[str]:
    """Every difference, each as a sentence."""
    with store.reading() as connection:
        said = {row.message_id: row for row in connection.execute(select(messages))}
        paid = {row.payment_id: row for row in connection.execute(select(payments))}
        claimed = Counter(
            (row.actor, row.detail["task_id"])
            for row in connection.execute(select(audit_rows).where(audit_rows.c.what == "task_claimed"))
        )
    return [
        *_open_ends(journal.words),
        *_lost(journal.words, said),
        *_nobody_was_told(journal.of("decision"), said.values()),
        *_payments(journal.of("payment"), paid),
        *_claims(journal.of("claim"), claimed),
    ]


def _open_ends(words: Iterable[Word]) -> Iterator[str]:
    """By the end every client has an answer: all parts serve."""
    for word in words:
        if not word.is_settled:
            yield f"{word.kind} {word.about}: never answered"


def _lost(words: Iterable[Word], said: dict[str, Row[*tuple[Any, ...]]]) -> Iterator[str]:
    """A word that was accepted is there as it was said, and its case has heard it."""
    for word in words:
        message_id = _message_of(word)
        if message_id is None:
            continue
        row = said.get(message_id)
        if row is None:
            yield f"{word.kind} {word.about}: accepted as {message_id}, and not there"
        elif row.status not in _HEARD:
            yield f"{message_id}: accepted, and is {row.status}"
        elif word.kind == "decision" and not _is_same(word, row):
            yield f"{message_id}: is not what {word.actor} said"


def _message_of(word: Word) -> str | None:
    """The message that a yes named; money without an open case has none."""
    if word.yes is None:
        return None
    if word.kind == "final" and word.yes.body.get("standing") == "message":
        return final_message_id(word.about)
    named: str | None = word.yes.body.get("message_id")
    return named


def _is_same(word: Word, row: Row[*tuple[Any, ...]]) -> bool:
    return (row.actor, row.task_id, row.content["outcome"]) == (
        word.actor,
        word.about,
        word.content["outcome"],
    )


def _nobody_was_told(words: list[Word], said: Iterable[Row[*tuple[Any, ...]]]) -> Iterator[str]:
    """Of each person and task there are no more answers than were accepted, or may have been."""
    people = {word.actor for word in words}
    asked = {(word.actor, word.about) for word in words}
    accepted = {word.yes.body["message_id"] for word in words if word.yes is not None}
    may_be = Counter((word.actor, word.about) for word in words if word.may_be)
    for row in said:
        if row.message_id in accepted or row.actor not in people or row.signal != "task_decided":
            continue
        by = (row.actor, row.task_id)
        if by not in asked:
            continue  # said before the journal began
        may_be[by] -= 1
        if may_be[by] < 0:
            yield f"{row.message_id}: is there, and {row.actor} was told no"


def _payments(words: list[Word], paid: dict[str, Row[*tuple[Any, ...]]]) -> Iterator[str]:
    for word in words:
        row = paid.get(word.about)
        if word.yes is not None and row is None:
            yield f"payment {word.about}: accepted, and not there"
        elif word.yes is None and not word.may_be and row is not None:
            yield f"payment {word.about}: is there, and was refused"
        elif row is not None and row.amount_minor != word.content["amount_minor"]:
            yield f"payment {word.about}: {word.content['amount_minor']} was said, {row.amount_minor} is there"
    for payment_id in paid.keys() - {word.about for word in words}:
        yield f"payment {payment_id}: is there, and nobody paid it"


def _claims(words: list[Word], claimed: Counter[tuple[str, str]]) -> Iterator[str]:
    """A task that was taken is in the trail, whoever has it now."""
    for word in words:
        if word.yes is not None and not claimed[word.actor, word.about]:
            yield f"claim {word.about}: {word.actor} was told yes, and the trail does not know"
