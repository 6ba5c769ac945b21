"""Writes what was checked: in short transactions, each of which may be repeated and leaves nothing half said."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any, Final, Protocol, TypeVar

import polars as pl
from sqlalchemy import Connection, Table, insert
from sqlalchemy.exc import OperationalError

from arrears.feeds.comparing import CHUNK, State, as_payments, chunks
from arrears.feeds.following import Following, what_follows
from arrears.feeds.kinds import BORROWERS, CONTACTS, HISTORY, LOANS, PARTIES
from arrears.feeds.noticing import WATCHED, notice, who_hears
from arrears.policy.terms import Terms
from arrears.store import audit, webhooks
from arrears.store.bulk import Clash, put_many
from arrears.store.closings import close_day
from arrears.store.intents import PaymentIn, Standing, post_payments, say_many
from arrears.store.session import Store
from arrears.store.tables import (
    borrowers,
    contact_points,
    deliveries,
    loans,
    parties,
    statements,
)

SOURCE: Final = "core-bank"
_TRIES: Final = 15  # each waits for the database as long as the store is patient

T = TypeVar("T")


class Progress(Protocol):
    def advance(self, what: str, done: int, total: int) -> None: ...


@dataclass
class Loaded:
    """What was written, or what would be."""

    rows: Counter[str] = field(default_factory=Counter)
    payments: Counter[Standing] = field(default_factory=Counter)
    opened: int = 0
    restated: int = 0
    unchanged: int = 0
    quiet: Counter[str] = field(default_factory=Counter)

    def add(self, following: Following) -> None:
        self.opened += len(following.openings)
        self.restated += len(following.restatements)
        self.quiet += following.quiet


@dataclass(frozen=True)
class Loader:
    """Bound to one delivery: `at` is the door's instant, the same for every message of it."""

    store: Store
    terms: Terms
    at: datetime
    progress: Progress
    chunk: int = CHUNK

    def load(self, tables: Mapping[str, pl.DataFrame]) -> Loaded:
        """People first, then loans with what follows from them, then money."""
        loaded = Loaded()
        for kind, (table, columns) in _PLAIN.items():
            if kind in tables:
                loaded.rows[kind] = self._put(table, columns(tables[kind]), kind)
        if LOANS.name in tables:
            self._loans(tables[LOANS.name], loaded)
        if "payments" in tables:
            self._payments(tables["payments"], loaded)
        return loaded

    def foresee(self, tables: Mapping[str, pl.DataFrame]) -> Loaded:
        """What `load` would do, told without writing; rows of people are counted whether they are new or not."""
        loaded = Loaded(rows=Counter({kind: tables[kind].height for kind in _PLAIN if kind in tables}))
        if LOANS.name in tables:
            changed = _changed(tables[LOANS.name], loaded)
            for part in chunks(changed, self.chunk):
                with self.store.reading() as connection:
                    following = what_follows(
                        connection, part.to_dicts(), terms=self.terms, at=self.at, hold=False
                    )
                    loaded.add(following)
        if "payments" in tables:
            loaded.rows["payments"] = tables["payments"].height
        return loaded

    def finish(self, delivery: Mapping[str, Any], *, closes: date | None = None) -> None:
        """The mark that makes the same delivery change nothing, in one transaction with its audit row.

        `closes` is the bank's day whose money is all here with this delivery.
        """

        def mark(connection: Connection) -> None:
            connection.execute(insert(deliveries).values(**delivery, loaded_at=self.at))
            told = {name: value for name, value in delivery.items() if not isinstance(value, date)}
            audit.append(
                connection, stream=audit.HOUSE, at=self.at, actor=SOURCE, what="delivery_loaded", detail=told
            )

            if closes is not None:
                close_day(connection, closes, at=self.at, source=SOURCE)

        write(self.store, mark)

    def _put(self, table: Table, rows: pl.DataFrame, kind: str) -> int:
        written = done = 0
        for part in chunks(rows, self.chunk):
            put = partial(self._put_people, table=table, rows=part, kind=kind)
            written += write(self.store, put)
            done += part.height
            self.progress.advance(kind, done, rows.height)
        return written

    def _put_people(self, connection: Connection, *, table: Table, rows: pl.DataFrame, kind: str) -> int:
        """A changed party or address and the word of it to the open cases are one."""
        noticed = notice(connection, kind, rows.to_dicts()) if kind in WATCHED else None
        written = put_many(connection, table, _columns(rows), clash=Clash.REPLACE)
        if noticed:
            say_many(connection, who_hears(connection, noticed, source=SOURCE, at=self.at))
        return written

    def _loans(self, table: pl.DataFrame, loaded: Loaded) -> None:
        changed = _changed(table, loaded)
        done = table.height - changed.height
        for part in chunks(changed, self.chunk):
            put = partial(self._put_loans, rows=part.to_dicts(), columns=_columns(part))
            loaded.add(write(self.store, put))
            done += part.height
            self.progress.advance(LOANS.name, done, table.height)

    def _put_loans(
        self,
        connection: Connection,
        *,
        rows: Sequence[Mapping[str, Any]],
        columns: Mapping[str, Sequence[Any]],
    ) -> Following:
        """A loan and the message that opens its case are one: neither is ever there without the other."""
        following = what_follows(connection, rows, terms=self.terms, at=self.at, hold=True)
        put_many(connection, loans, columns, clash=Clash.REPLACE)
        say_many(connection, [*following.openings, *following.restatements])
        return following

    def _payments(self, table: pl.DataFrame, loaded: Loaded) -> None:
        done = 0
        for part in chunks(table, self.chunk):
            loaded.payments += write(self.store, partial(self._post, batch=as_payments(part)))
            done += part.height
            self.progress.advance("payments", done, table.height)

    def _post(self, connection: Connection, batch: Sequence[PaymentIn]) -> Counter[Standing]:
        days = self.terms.reopen_days
        standings = post_payments(connection, batch, at=self.at, source=SOURCE, reopen_days=days)
        webhooks.release(connection, at=self.at, reopen_days=days)
        return standings


def write(store: Store, work: Callable[[Connection], T]) -> T:
    """One transaction, again from the start while others keep the database busy."""
    for tries_left in reversed(range(_TRIES)):
        try:
            with store.transaction() as connection:
                return work(connection)
        except OperationalError:
            if not tries_left:
                raise
    raise AssertionError("the last try answers or raises")


# ---- rows of the format as rows of the store -------------------------------------------------------------


def _changed(table: pl.DataFrame, loaded: Loaded) -> pl.DataFrame:
    changed = table.filter(pl.col("state") != State.UNCHANGED.value)
    loaded.unchanged += table.height - changed.height
    loaded.rows[LOANS.name] += changed.height
    return changed.select(*LOANS.names, "content_hash")


def _columns(table: pl.DataFrame) -> dict[str, list[Any]]:
    return {name: table[name].to_list() for name in table.columns}


def _people(table: pl.DataFrame) -> pl.DataFrame:
    return table.select(BORROWERS.names).with_columns(pl.col("service_address_agreed").fill_null(value=False))


def _points(table: pl.DataFrame) -> pl.DataFrame:
    """A contact has no id in the format: borrower, channel and address name it, and only the hash is shown."""
    named = table.select("borrower_id", "channel", "address").iter_rows()
    ids = [
        f"{who}-{channel}-{hashlib.sha256(address.encode()).hexdigest()[:12]}"
        for who, channel, address in named
    ]
    return table.select(
        pl.Series("contact_id", ids, dtype=pl.String),
        *CONTACTS.names[:-2],
        pl.col("preferred", "do_not_contact").fill_null(value=False),
    )


def _stand_beside(table: pl.DataFrame) -> pl.DataFrame:
    return table.select(PARTIES.names)


def _months(table: pl.DataFrame) -> pl.DataFrame:
    return table.select(HISTORY.names)


_PLAIN: Final[Mapping[str, tuple[Table, Callable[[pl.DataFrame], pl.DataFrame]]]] = {
    BORROWERS.name: (borrowers, _people),
    CONTACTS.name: (contact_points, _points),
    PARTIES.name: (parties, _stand_beside),
    HISTORY.name: (statements, _months),
}
