"""How an invariant is asked: in one look at the database, with the rules that are in force."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from sqlalchemy import Connection

from arrears.contracts import Rules, RulesInForce
from arrears.store.session import Store

# Of one invariant: who sees so many knows enough.
MOST: Final = 200


@dataclass(frozen=True)
class Look:
    """`now` is machine time."""

    connection: Connection
    in_force: RulesInForce
    now: datetime

    @property
    def rules(self) -> Rules:
        return self.in_force.at(int(self.now.timestamp()))

    def rules_at(self, at: datetime) -> Rules:
        """What was done is judged by the pack that held then."""
        return self.in_force.at(int(at.timestamp()))


Ask = Callable[[Look], Iterable[str]]


@dataclass(frozen=True)
class Invariant:
    """`asks` answers with the ids of what breaks it, each with a word; without it `held` says what holds it instead,
    or why it does not apply yet. With `at_rest` it is true only while nothing that was said waits to be heard."""

    number: int
    says: str
    asks: Ask | None = None
    at_rest: bool = False
    held: str = ""

    @property
    def name(self) -> str:
        return f"I{self.number}"


@dataclass(frozen=True)
class Breach:
    invariant: Invariant
    what: str


def check(
    store: Store, in_force: RulesInForce, invariants: Sequence[Invariant], *, now: datetime, at_rest: bool
) -> list[Breach]:
    """All of it in one look, so that what is written meanwhile is not half seen."""
    found = []
    with store.reading() as connection:
        look = Look(connection, in_force, now)
        for one in invariants:
            if one.asks is not None and (at_rest or not one.at_rest):
                found += [Breach(one, what) for what in islice(one.asks(look), MOST)]
    return found
