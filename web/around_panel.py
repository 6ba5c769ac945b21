"""Who stands around the loan besides the debtor: the guard's word on each of them now, and what may be said to them (C06, C07, G6).

It begins no contact: the call of a task is to its debtor, and a dialer asks for a slot with others by the JSON API.
"""

from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from api.auth.permissions import Permission, may
from arrears.policy.codes import Action
from arrears.policy.guard import PartyRole
from arrears.policy.masking import masked_name
from arrears.store import queries, ways
from arrears.store.known import Ask
from arrears.store.queries import PartyView
from arrears.store.views import TaskView
from web import words
from web.contact_panel import Look, WayLine, by_channel, way_line
from web.words import Words, called, term

# What may be said to them.
NOTES: Final[Words] = {
    "co_borrower": term("may say", "Owes the debt as the debtor does: may be told all of it."),
    "guarantor": term(
        "may say",
        "Stands for the debt: may be told what is guaranteed and demanded, and nothing else about the debtor. A call is no demand "
        "that keeps the guarantee.",
    ),
    "guardian": term(
        "may say", "Acts for a debtor who lacks capacity, when that is on record: then may be told all of it."
    ),
    "heir": term(
        "may say",
        "Only when the death is on record, and only to find who looks after the estate; owes no more than was inherited.",
    ),
}
THIRD: Final = "third"
_THIRD_NOTE: Final[Words] = {
    THIRD: term(
        "may say",
        "Anybody else is asked only when the debtor is lost, dead or lacks capacity, and only to pass on a word or to say where the "
        "debtor is: no amount, nothing of the debt. Whoever wants no calls is never called again.",
    )
}


@dataclass(frozen=True)
class Standing:
    """One person in one role."""

    role: str
    name: str = field(repr=False)
    note: str
    lines: tuple[WayLine, ...]


@dataclass(frozen=True)
class Around:
    people: tuple[Standing, ...]
    third_note: str


def around(connection: Connection, task: TaskView, look: Look, *, is_open: bool) -> Around:
    people = tuple(
        _standing(connection, party, task, look, is_open=is_open)
        for party in queries.parties_of(connection, task.loan_id)
    )
    return Around(people, called(_THIRD_NOTE, THIRD))


def _standing(
    connection: Connection, party: PartyView, task: TaskView, look: Look, *, is_open: bool
) -> Standing:
    ask = Ask(
        "",
        party.borrower_id,
        Action.OUT_CALL,
        look.who.staff_id if may(look.who, Permission.CONTACT) else "",
        PartyRole(party.role),
        case_id=task.case_id,
        loan_id=task.loan_id,
        debtor_id=task.borrower_id,
    )
    found = ways.ways(connection, ask, look.rules, at=int(look.now.timestamp()))
    lines = tuple(way_line(way, look, begins=False, is_open=is_open) for way in by_channel(found))
    return Standing(
        called(words.PARTIES, party.role), masked_name(party.name), called(NOTES, party.role), lines
    )
