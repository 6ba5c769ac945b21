"""`arrears import PATH…`: a delivery of the core bank into the store, and from there into cases."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy.exc import OperationalError

from arrears.cli.config import load_pack, load_settings, stop
from arrears.cli.stack import must_be_current, opened_store
from arrears.feeds.importing import NOBODY, Order, Outcome, Verdict, import_delivery
from arrears.feeds.kinds import KINDS, RULES
from arrears.feeds.rejects import masked, rows_in
from arrears.feeds.watching import openings_parked, openings_under_way
from arrears.store.packs import Pack
from arrears.store.session import Store

_SHOWN_REJECTS: Final = 10
_LOOK_SECONDS: Final = 0.25
_NOTHING_MOVES_SECONDS: Final = 20.0


class Day(StrEnum):
    TODAY = "today"


@dataclass
class Bars:
    """The progress of an import on a terminal."""

    progress: Progress
    loans_began: float | None = None
    _bars: dict[str, TaskID] = field(default_factory=dict)

    def advance(self, what: str, done: int, total: int) -> None:
        if what == "loans" and self.loans_began is None:
            self.loans_began = time.monotonic()
        if what not in self._bars:
            self._bars[what] = self.progress.add_task(what, total=total)
        self.progress.update(self._bars[what], completed=done, total=total)

    def waiting(self) -> None:
        self.progress.console.print("Another import is running: this one waits for its turn.")


@dataclass(frozen=True)
class Started:
    """What the relay made of the cases that were asked for."""

    cases: int
    parked: int
    seconds: float

    @property
    def per_second(self) -> float:
        return round(self.cases / self.seconds, 1) if self.seconds else 0.0


def import_(
    paths: Annotated[list[Path], typer.Argument(help="A folder, or the files of one delivery.")],
    *,
    rebase: Annotated[
        Day | None, typer.Option(help="Move all dates of this sender so that its first delivery is of today.")
    ] = None,
    loans: Annotated[int | None, typer.Option(min=1, help="Only the first so many loans by id.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, load nothing.")] = False,
    sender: Annotated[str, typer.Option(help="Who sends files that have no manifest.")] = NOBODY,
    rejects: Annotated[
        Path | None, typer.Option(help="Where rejects.csv goes; in the data folder when left out.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until every case asked for is open.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Load a delivery; loans that are overdue become cases. The same delivery again changes nothing."""
    settings = load_settings()
    pack = load_pack(settings)
    store = opened_store(settings)
    order = Order(
        paths,
        rejects_to=rejects or settings.data_dir / "rejects.csv",
        max_rejects=settings.feeds_max_rejects,
        sender=sender,
        rebase_to_today=rebase is not None,
        dry_run=dry_run,
        first_loans=loans,
    )
    console = Console(stderr=as_json)
    try:
        with _said_plainly():
            must_be_current(store)
        with _said_plainly(), _bars(console) as bars:
            began = time.monotonic()
            outcome = import_delivery(store, pack, order, bars)
            seconds = time.monotonic() - began
            started = None
            if wait and outcome.verdict in (Verdict.LOADED, Verdict.REPEATED):
                started = _wait(store, outcome, bars)
    finally:
        store.close()
    if as_json:
        print(json.dumps(_as_json(outcome, order, seconds, started), ensure_ascii=False))
    else:
        _show(console, outcome, order)
        if started is not None:
            _show_started(console, started)
    if outcome.verdict is Verdict.REFUSED:
        raise typer.Exit(1)


def load_delivery(
    store: Store,
    pack: Pack,
    paths: Sequence[Path],
    *,
    rejects_to: Path,
    rebase: bool = False,
    loans: int | None = None,
    console: Console,
    stopped: Callable[[], bool] = lambda: False,
) -> Outcome:
    """The same for another verb that runs the relay itself: it waits until every case is open, or `stopped`.

    Ends the command when the delivery is refused.
    """
    order = Order(paths, rejects_to=rejects_to, rebase_to_today=rebase, first_loans=loans)
    with _bars(console) as bars:
        outcome = import_delivery(store, pack, order, bars)
        started = None if outcome.verdict is Verdict.REFUSED else _wait(store, outcome, bars, stopped)
    _show(console, outcome, order)
    if started is None:
        stop("The delivery was refused.", code=1)
    if started.cases:
        _show_started(console, started)
    return outcome


# ---- while it runs ---------------------------------------------------------------------------------------


@contextmanager
def _bars(console: Console) -> Iterator[Bars]:
    columns = (TextColumn("{task.description:>10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        yield Bars(progress)


@contextmanager
def _said_plainly() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        stop("Stopped. What was loaded stays; the same command goes on from there.", code=130)
    except OperationalError as trouble:
        reason = str(trouble.orig).strip().partition("\n")[0]
        stop(
            f"The database did not answer ({reason}). What was loaded stays; the same command goes on from there.",
            code=1,
        )


def _wait(store: Store, outcome: Outcome, bars: Bars, stopped: Callable[[], bool] = lambda: False) -> Started:
    """Until the relay has brought every opening to an answer."""
    total = left = openings_under_way(store)
    began = moved = time.monotonic()
    if outcome.loaded is not None and bars.loans_began is not None:
        # With the relay running, cases open while later loans are still being loaded.
        total, began = max(outcome.loaded.opened, left), bars.loans_began
    warned = False
    bars.advance("cases", total - left, total)
    while left and not stopped():
        time.sleep(_LOOK_SECONDS)
        now_left = openings_under_way(store)
        if now_left < left:
            moved = time.monotonic()
        elif not warned and time.monotonic() - moved > _NOTHING_MOVES_SECONDS:
            bars.progress.console.print("No case has opened for a while: is `arrears up` running?")
            warned = True
        left = now_left
        bars.advance("cases", max(total - left, 0), total)
    return Started(total, openings_parked(store), round(moved - began, 2) if total else 0.0)


# ---- what came of it -------------------------------------------------------------------------------------

_HEADLINES: Final = {
    Verdict.LOADED: "Loaded.",
    Verdict.REPEATED: "This delivery was loaded before: nothing changed.",
    Verdict.REFUSED: "Refused: nothing was loaded.",
    Verdict.WOULD_LOAD: "Dry run: nothing was loaded. This is what would be.",
}


def _show(console: Console, outcome: Outcome, order: Order) -> None:
    for fault in outcome.faults:
        console.print(fault.text, style="red", markup=False)
    if outcome.rows:
        table = Table("file", "rows read", "rejected", "written")
        for kind in (kind for kind in KINDS if kind in outcome.rows):
            numbers = (outcome.rows[kind], outcome.rejected[kind], _written(outcome, kind))
            table.add_row(kind, *(f"{number:,}" for number in numbers))
        console.print(table)
    _show_rejects(console, outcome, order)
    if outcome.loaded is not None:
        done = outcome.loaded
        console.print(
            f"{done.opened:,} cases to open, {done.restated:,} open cases told of a new state, "
            f"{done.unchanged:,} loans unchanged"
        )
        for standing, times in done.payments.items():
            console.print(f"{times:,} payments: {standing}")
    for note in outcome.notes:
        console.print(f"Note: {note}", markup=False)
    console.print(_HEADLINES[outcome.verdict])


def _show_rejects(console: Console, outcome: Outcome, order: Order) -> None:
    count = rows_in(outcome.rejects)
    if not count:
        return
    for file, line, column, rule, value in outcome.rejects.head(_SHOWN_REJECTS).iter_rows():
        what = f"{column} {RULES[rule]}" if column else f"this row {RULES[rule]}"
        console.print(f"{file}:{line}: {what} ({masked(value) or 'empty'})", style="red", markup=False)
    console.print(
        f"{count:,} rows rejected (allowed: {order.max_rejects}); all of them in {order.rejects_to}"
    )


def _show_started(console: Console, started: Started) -> None:
    console.print(
        f"{started.cases:,} cases in {started.seconds:.1f} s: {started.per_second} cases per second"
    )
    if started.parked:
        console.print(f"{started.parked} cases could not be started: see the incidents", style="red")


def _written(outcome: Outcome, kind: str) -> int:
    if outcome.loaded is None:
        return 0
    if kind == "payments" and outcome.loaded.payments:
        return sum(times for standing, times in outcome.loaded.payments.items() if standing != "repeated")
    return outcome.loaded.rows[kind]


def _as_json(outcome: Outcome, order: Order, seconds: float, started: Started | None) -> dict[str, Any]:
    loaded = outcome.loaded
    return {
        "verdict": outcome.verdict.value,
        "delivery_id": outcome.delivery_id,
        "sender": outcome.sender,
        "files": {
            kind: {
                "read": outcome.rows[kind],
                "rejected": outcome.rejected[kind],
                "written": _written(outcome, kind),
            }
            for kind in outcome.rows
        },
        "rejected_rows": rows_in(outcome.rejects),
        "rejects_file": str(order.rejects_to),
        "cases_to_open": loaded.opened if loaded else 0,
        "cases_told": loaded.restated if loaded else 0,
        "loans_unchanged": loaded.unchanged if loaded else 0,
        "payments": {str(standing): times for standing, times in loaded.payments.items()} if loaded else {},
        "faults": [fault.text for fault in outcome.faults],
        "notes": outcome.notes,
        "seconds": round(seconds, 2),
        "started": None
        if started is None
        else {
            "cases": started.cases,
            "parked": started.parked,
            "seconds": started.seconds,
            "cases_per_second": started.per_second,
        },
    }
