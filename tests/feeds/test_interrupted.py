"""Killed anywhere, repeated, or run twice at once, an import ends the same."""

import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, select

from arrears.feeds.importing import Verdict
from arrears.feeds.lock import one_at_a_time
from arrears.store.session import Store, open_engine
from arrears.store.tables import (
    borrowers,
    contact_points,
    deliveries,
    incidents,
    keepsakes,
    loans,
    messages,
    payments,
    statements,
)
from tests.feeds.deliveries import (
    NOON,
    Desk,
    Listener,
    a_borrower,
    a_contact,
    a_loan,
    a_month,
    a_payment,
    put,
)

ROOT = Path(__file__).parents[2]
NAMES = [f"L{number}" for number in range(5)]
TIMES = ("arrival", "accepted_at", "effective_at", "opened_at", "received_at", "loaded_at")
COMMITS = (
    16  # of the delivery below, two rows a transaction: constant, 3 + 3 + 3 + 3 for rows, 3 payments, mark
)


def _delivery(folder: Path) -> Path:
    """With two rows a transaction: the constant, then 3 each for people, contacts, months, loans, money; the mark."""
    early = {"booked_on": "2026-10-09", "value_on": "2026-10-09"}
    return put(
        folder,
        loans=[a_loan(name) for name in NAMES],
        borrowers=[a_borrower(f"B{name}") for name in NAMES],
        contacts=[a_contact(f"B{name}") for name in NAMES],
        history=[a_month(name) for name in NAMES],
        payments=[
            *(a_payment(f"P{name}", loan_id=name, **early) for name in NAMES[:4]),
            a_payment("PX", loan_id="L-unknown", **early),
        ],
    )


def _content(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """All rows without the instants of the machine and the door, which a second run may set later."""
    tables = (
        borrowers,
        contact_points,
        statements,
        loans,
        payments,
        messages,
        incidents,
        keepsakes,
        deliveries,
    )
    content = {}
    with store.reading() as connection:
        for table in tables:
            columns = [column for column in table.columns if column.name not in TIMES]
            rows: Sequence[Row[Any]] = connection.execute(
                select(*columns).order_by(*table.primary_key.columns)
            ).all()
            content[table.name] = [tuple(str(value) for value in row) for row in rows]
    return content


def _import_elsewhere(store: Store, folder: Path, *, dies_after: int) -> subprocess.CompletedProcess[str]:
    url = store.engine.url.render_as_string(hide_password=False)
    command = [
        sys.executable,
        "-m",
        "tests.feeds.killed_import",
        url,
        str(folder),
        str(folder / "r" / "rejects.csv"),
    ]
    return subprocess.run(
        [*command, str(dies_after)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.chaos
def test_killed_again_and_again_it_ends_the_same(store: Store, sqlite_template: Path, tmp_path: Path) -> None:
    folder = _delivery(tmp_path / "in")
    # A try that finds loans loaded needs fewer commits: the last one dies just before the mark.
    for commits in (1, 6, 12, 12, 13):
        killed = _import_elsewhere(store, folder, dies_after=commits)
        assert killed.returncode == -9, killed.stderr
        # Wherever it died: no loan without the message that opens its case, and no message without its loan.
        found = _content(store)
        assert [row[0] for row in found["messages"]] == [f"open-case-{row[0]}-1" for row in found["loans"]]
        assert found["deliveries"] == []
    # Repeated on another day: the dates stay those of the first try.
    again = Desk(store, tmp_path / "again")
    outcome = again.load(folder, at=NOON + timedelta(days=2), rebase_to_today=True)
    assert outcome.verdict is Verdict.LOADED
    shutil.copyfile(sqlite_template, tmp_path / "straight.db")
    straight = Desk(Store(open_engine(f"sqlite:///{tmp_path / 'straight.db'}")), tmp_path / "straight")
    straight.load(folder, rebase_to_today=True)
    assert [row[0] for row in _content(straight.store)["loans"]] == NAMES
    # Counts tell of what the last run wrote, which is all of it here and the rest there.
    assert _without_counts(_content(store)) == _without_counts(_content(straight.store))
    straight.store.close()
    assert again.load(folder, rebase_to_today=True).verdict is Verdict.REPEATED


def _without_counts(content: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    return content | {"deliveries": [row[:1] for row in content["deliveries"]]}


def test_two_imports_at_once_take_turns(desk: Desk, tmp_path: Path) -> None:
    """The second one starts while the first one holds the turn, waits, and finds everything done."""
    folder = _delivery(tmp_path / "in")
    second = Desk(
        Store(open_engine(desk.store.engine.url.render_as_string(hide_password=False))), tmp_path / "second"
    )
    waits, verdicts = threading.Event(), []

    class Waiter(Listener):
        def waiting(self) -> None:
            super().waiting()
            waits.set()

    second.listener = Waiter()
    other = threading.Thread(target=lambda: verdicts.append(second.load(folder).verdict))

    class First(Listener):
        def advance(self, what: str, done: int, total: int) -> None:
            super().advance(what, done, total)
            if what == "loans" and not other.ident:
                other.start()
                assert waits.wait(30)

    desk.listener = First()
    verdicts.append(desk.load(folder, chunk=2).verdict)
    other.join(30)
    second.store.close()
    assert verdicts == [Verdict.LOADED, Verdict.REPEATED]
    assert second.listener.waited == 1


def test_the_turn_is_free_again_after_a_fault(store: Store) -> None:
    listener = Listener()
    with pytest.raises(RuntimeError), one_at_a_time(store, waiting=listener.waiting):
        raise RuntimeError
    with one_at_a_time(store, waiting=listener.waiting):
        pass
    assert listener.waited == 0


def test_doors_go_on_writing_while_files_are_loaded(desk: Desk, tmp_path: Path) -> None:
    """Between two transactions of the import anybody may write: none holds the database for the whole of it."""
    folder = _delivery(tmp_path / "in")
    other = Store(open_engine(desk.store.engine.url.render_as_string(hide_password=False)))
    written: list[int] = []

    class Meanwhile(Listener):
        def advance(self, what: str, done: int, total: int) -> None:
            if what != "checks":
                with other.transaction() as connection:
                    name = f"{what}-{done}"
                    connection.execute(keepsakes.insert().values(name=name, value="-"))
                    written.append(done)

    desk.listener = Meanwhile()
    assert desk.load(folder, chunk=2).verdict is Verdict.LOADED
    other.close()
    assert len(written) == 15
