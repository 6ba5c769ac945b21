"""The import of one delivery: found, read, checked, compared, loaded; or refused and told why."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import polars as pl
from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from arrears import clock
from arrears.contracts import fingerprint
from arrears.feeds import rejects
from arrears.feeds.checking import Checked, Shift, check, control_totals, latest_as_of
from arrears.feeds.columns import Bank
from arrears.feeds.comparing import CHUNK, compare_loans, compare_payments
from arrears.feeds.delivery import (
    MANIFEST,
    Delivery,
    DeliveryRefused,
    Fault,
    content_id,
    faults_of_hashes,
    faults_of_sums,
    find,
)
from arrears.feeds.kinds import KINDS, LOANS, PAYMENTS
from arrears.feeds.loading import Loaded, Loader, Progress, write
from arrears.feeds.lock import one_at_a_time
from arrears.feeds.reading import Sheet, read
from arrears.store.intents import PaymentDiffers
from arrears.store.packs import Pack
from arrears.store.session import Store
from arrears.store.tables import deliveries, keepsakes

NOBODY: Final = "unnamed"  # the sender of files without a manifest


class Verdict(StrEnum):
    LOADED = "loaded"
    REPEATED = "repeated"  # these files were loaded before: nothing changed
    REFUSED = "refused"  # nothing was loaded
    WOULD_LOAD = "would_load"  # a dry run


@dataclass(frozen=True)
class Order:
    """What is asked for: which files, and how to treat them."""

    paths: Sequence[Path]
    rejects_to: Path
    max_rejects: int = 0
    sender: str = NOBODY
    rebase_to_today: bool = False
    dry_run: bool = False
    first_loans: int | None = None
    chunk: int = CHUNK


@dataclass
class Outcome:
    """What came of it; `rows` and `rejected` by kind, `loaded` is None when nothing was or would be loaded."""

    verdict: Verdict
    delivery_id: str = ""
    sender: str = ""
    rows: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    loaded: Loaded | None = None
    faults: tuple[Fault, ...] = ()
    rejects: pl.DataFrame = field(default_factory=rejects.none)
    notes: list[str] = field(default_factory=list)


class Reporter(Progress, Protocol):
    """How an import says what it does while it does it."""

    def waiting(self) -> None: ...


def import_delivery(store: Store, pack: Pack, order: Order, reporter: Reporter) -> Outcome:
    """What is wrong with files is told in the outcome and not raised; `rejects.csv` is written either way."""
    try:
        outcome = _import(store, pack, order, reporter)
    except DeliveryRefused as refused:
        outcome = Outcome(Verdict.REFUSED, faults=refused.faults)
    told = [(fault.file, 1, fault.column, fault.rule, None) for fault in outcome.faults]
    whole = pl.DataFrame(told, schema=rejects.SCHEMA, orient="row")
    rejects.write(pl.concat([whole, outcome.rejects]), to=order.rejects_to)
    return outcome


def _import(store: Store, pack: Pack, order: Order, reporter: Reporter) -> Outcome:
    delivery = find(order.paths)
    _refuse(faults_of_hashes(delivery))
    sheets = _read(delivery)
    if delivery.manifest is not None:
        rows = {sheet.file.name: sheet.rows for sheet in sheets}
        totals = {sheet.file.name: control_totals(KINDS[sheet.file.kind], sheet) for sheet in sheets}
        _refuse(faults_of_sums(delivery.manifest, rows=rows, totals=totals))
    turn = nullcontext() if order.dry_run else one_at_a_time(store, waiting=reporter.waiting)
    with turn:
        return _Turn(store, pack, order, delivery, sheets, reporter).take()


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        raise DeliveryRefused(*faults)


def _read(delivery: Delivery) -> list[Sheet]:
    sheets: list[Sheet] = []
    faults: list[Fault] = []
    for file in delivery.files:
        try:
            sheets.append(read(file))
        except DeliveryRefused as refused:
            faults += refused.faults
    _refuse(faults)
    return sheets


@dataclass(frozen=True)
class _Turn:
    """An import whose turn it is: nobody else loads files until it ends."""

    store: Store
    pack: Pack
    order: Order
    delivery: Delivery
    sheets: Sequence[Sheet]
    reporter: Reporter

    def take(self) -> Outcome:
        now = clock.door_now()
        today = self.pack.calendar.day_of(int(now.timestamp()))
        with self.store.reading() as connection:
            delivery_id, repeated = self._place(connection)
            shift = self._shift(connection, today)
        checked = self._check(Bank(today, self.pack.terms.currency), shift)
        outcome = Outcome(Verdict.REPEATED, delivery_id, self.sender, notes=[*self.delivery.notes])
        tables = self._compared(checked, outcome, known=repeated)
        if repeated:
            return outcome
        if rejects.rows_in(outcome.rejects) > self.order.max_rejects:
            outcome.verdict = Verdict.REFUSED
            return outcome
        loader = Loader(self.store, self.pack.terms, now, self.reporter, self.order.chunk)
        if self.order.dry_run:
            outcome.verdict, outcome.loaded = Verdict.WOULD_LOAD, loader.foresee(tables)
            return outcome
        self._load(loader, tables, outcome, shift)
        return outcome

    @property
    def sender(self) -> str:
        return self.delivery.manifest.sender if self.delivery.manifest else self.order.sender

    @property
    def sequence(self) -> int | None:
        """A part of a delivery has no place among the sender's deliveries: the whole may still come."""
        whole = self.delivery.manifest is not None and self.order.first_loans is None
        return self.delivery.manifest.sequence if whole and self.delivery.manifest else None

    def _place(self, connection: Connection) -> tuple[str, bool]:
        """The delivery's id and whether it was loaded before. Raises DeliveryRefused on a gap."""
        parts = [(sheet.file.kind, sheet.content_hash) for sheet in self.sheets]
        by_content = content_id(parts, first_loans=self.order.first_loans)
        in_line = fingerprint([by_content, self.sender, self.sequence])
        known = connection.execute(
            select(deliveries.c.delivery_id).where(deliveries.c.delivery_id.in_((by_content, in_line)))
        ).scalars()
        found = set(known)
        last = connection.execute(
            select(func.max(deliveries.c.sequence_no)).where(deliveries.c.sender == self.sender)
        ).scalar()
        if self.sequence is None or last is None:
            return by_content, bool(found)
        if self.sequence > last + 1:
            _refuse([_out_of_line(self.sender, f"{last + 1} is expected next, {self.sequence} came")])
        if self.sequence <= last and not found:
            _refuse([_out_of_line(self.sender, f"{self.sequence} was loaded before with other content")])
        # The same content under the next number is news: something else may have come between.
        return (in_line if found else by_content), self.sequence <= last

    def _shift(self, connection: Connection, today: date) -> Shift | None:
        kept = connection.execute(
            select(keepsakes.c.value).where(keepsakes.c.name == _rebase_key(self.sender))
        ).scalar()
        if not self.order.rebase_to_today:
            if kept is not None:
                _refuse(
                    [_rebase_fault(self.sender, "is rebased since its first delivery: say --rebase today")]
                )
            return None
        if kept is not None:
            days, months = map(int, kept.split(","))
            return Shift(days, months)
        loaded = connection.execute(
            select(deliveries.c.delivery_id).where(deliveries.c.sender == self.sender).limit(1)
        ).first()
        if loaded is not None:
            _refuse([_rebase_fault(self.sender, "has deliveries with their own dates: leave out --rebase")])
        as_of = self._as_of()
        if as_of is None:
            _refuse([_rebase_fault(self.sender, "has sent no as_of_date to rebase from")])
        return Shift.between(as_of, today) if as_of else None

    def _as_of(self) -> date | None:
        if self.delivery.manifest is not None:
            return self.delivery.manifest.as_of_date
        return latest_as_of([sheet for sheet in self.sheets if sheet.file.kind == LOANS.name])

    def _check(self, bank: Bank, shift: Shift | None) -> dict[str, Checked]:
        checked = {}
        for done, (name, kind) in enumerate(KINDS.items(), 1):
            sheets = [sheet for sheet in self.sheets if sheet.file.kind == name]
            if sheets:
                checked[name] = check(kind, sheets, bank, shift)
            self.reporter.advance("checks", done, len(KINDS))
        return checked

    def _compared(
        self, checked: Mapping[str, Checked], outcome: Outcome, *, known: bool
    ) -> dict[str, pl.DataFrame]:
        """The rows to load; the outcome gets the counts and every reject."""
        tables = {name: part.table for name, part in checked.items()}
        if self.order.first_loans is not None:
            tables = _first_loans(tables, self.order.first_loans)
        turned_away = {name: [part.rejects] for name, part in checked.items()}
        if not known:
            with self.store.reading() as connection:
                for name, compare in _COMPARED.items():
                    if name in tables:
                        compared = compare(connection, tables[name])
                        tables[name] = compared.table
                        turned_away[name].append(compared.rejects)
        for sheet in self.sheets:
            outcome.rows[sheet.file.kind] += sheet.rows
        for name, found in turned_away.items():
            outcome.rejected[name] = rejects.rows_in(pl.concat(found))
            outcome.notes += checked[name].notes
        outcome.rejects = pl.concat(
            [part for found in turned_away.values() for part in found] or [rejects.none()]
        )
        return tables

    def _load(
        self, loader: Loader, tables: Mapping[str, pl.DataFrame], outcome: Outcome, shift: Shift | None
    ) -> None:
        if shift is not None:
            # Before the first row: killed now and repeated tomorrow, the rows must get the same dates.
            write(self.store, partial(_keep_shift, sender=self.sender, shift=shift))
        try:
            outcome.loaded = loader.load(tables)
        except PaymentDiffers as clash:
            text = f"payment {clash} came with other content through another door meanwhile: import again"
            raise DeliveryRefused(Fault("other_content", text, column="payment_id")) from clash
        outcome.verdict = Verdict.LOADED
        outcome.notes += [f"{times} loans {why}" for why, times in outcome.loaded.quiet.items()]
        as_of = self._as_of()
        day = as_of + timedelta(days=shift.days) if as_of and shift else as_of
        loader.finish(
            {
                "delivery_id": outcome.delivery_id,
                "sender": self.sender,
                "sequence_no": self.sequence,
                "as_of_date": day,
                "counts": self._counts(outcome.loaded),
            },
            closes=day if self._closes_day else None,
        )

    @property
    def _closes_day(self) -> bool:
        """A part of a delivery closes nothing: the rest of the day's money may still come."""
        manifest = self.delivery.manifest
        return manifest is not None and manifest.eod and self.order.first_loans is None

    def _counts(self, loaded: Loaded) -> dict[str, int]:
        eod = bool(self.delivery.manifest and self.delivery.manifest.eod)
        payments = {f"payments_{standing}": times for standing, times in loaded.payments.items()}
        return {
            **loaded.rows,
            **payments,
            "opened": loaded.opened,
            "restated": loaded.restated,
            "eod": int(eod),
        }


_COMPARED: Final = {LOANS.name: compare_loans, PAYMENTS.name: compare_payments}


def _first_loans(tables: Mapping[str, pl.DataFrame], most: int) -> dict[str, pl.DataFrame]:
    """The first loans by id with the people, months and payments that belong to them."""
    if LOANS.name not in tables:
        raise DeliveryRefused(Fault("file", "--loans needs a delivery that brings loans"))
    kept = tables[LOANS.name].sort("loan_id").head(most)
    cut = {LOANS.name: kept}
    for name, table in tables.items():
        if name != LOANS.name:
            key = "loan_id" if "loan_id" in table.columns else "borrower_id"
            cut[name] = table.join(kept, on=key, how="semi", maintain_order="left")
    return cut


def _keep_shift(connection: Connection, *, sender: str, shift: Shift) -> None:
    put = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    row = {"name": _rebase_key(sender), "value": f"{shift.days},{shift.months}"}
    connection.execute(put(keepsakes).values(row).on_conflict_do_nothing())


def _rebase_key(sender: str) -> str:
    return f"rebase:{sender}"


def _rebase_fault(sender: str, why: str) -> Fault:
    return Fault("rebase", f"sender {sender} {why}")


def _out_of_line(sender: str, why: str) -> Fault:
    return Fault("manifest", f"sender {sender}: delivery {why}", MANIFEST)
