"""Starting the parts: what is wrong is said in a sentence, and nothing is lost by it."""

import os
import socket
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from typer.testing import CliRunner

from arrears.cli import main
from arrears.store import intents, schema
from arrears.store.session import Store, open_engine
from arrears.store.tables import borrowers, loans, payments


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a database of this version; no Temporal is there."""
    monkeypatch.setenv("ARREARS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ARREARS_TEMPORAL_ADDRESS", "127.0.0.1:1")
    store = Store(open_engine(f"sqlite:///{tmp_path / 'arrears.db'}"))
    schema.upgrade(store)
    store.close()
    return tmp_path


def test_a_port_that_is_taken_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        monkeypatch.setenv("ARREARS_PORT", str(port))
        answer = CliRunner().invoke(main.app, ["serve"])
    assert answer.exit_code == 2
    assert f"Port {port}" in answer.output
    assert "ARREARS_PORT" in answer.output


def test_a_part_waits_for_a_database_that_comes_up_later(home: Path) -> None:
    nowhere = f"postgresql+psycopg://postgres@/arrears?host={home}"
    part = subprocess.Popen(
        [Path(sys.executable).with_name("arrears"), "relay"],
        env=os.environ | {"ARREARS_DATABASE_URL": nowhere},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert part.stdout is not None
        said = [part.stdout.readline() for _ in range(2)]
        assert all("The database does not answer yet" in line for line in said)
    finally:
        part.kill()
        part.communicate()


@pytest.mark.parametrize(
    "verb", [["serve"], ["worker"], ["relay"], ["pay", "L1", "1"], ["case", "show", "L1"]]
)
def test_a_database_newer_than_the_program_is_left_alone(home: Path, verb: list[str]) -> None:
    store = Store(open_engine(f"sqlite:///{home / 'arrears.db'}"))
    with store.transaction() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
        connection.execute(text("update schema_serves set oldest = '9999'"))
    answer = CliRunner().invoke(main.app, verb)
    assert answer.exit_code != 0
    assert "newer" in answer.output
    assert schema.current(store) == "9999"
    store.close()


def test_a_database_of_no_version_asks_for_the_upgrade(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARREARS_DATA_DIR", str(tmp_path))
    answer = CliRunner().invoke(main.app, ["pay", "L1", "1"])
    assert answer.exit_code != 0
    assert "arrears db upgrade" in answer.output


def test_a_pack_with_a_fault_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = home / "pack.toml"
    pack.write_text('extends = "cn-bank-2026"\npack = "x.1"\n[case]\nflor_minor = 0\n')
    monkeypatch.setenv("ARREARS_PACK", str(pack))
    answer = CliRunner().invoke(main.app, ["pay", "L1", "1"])
    assert answer.exit_code == 2
    assert "floor_minor" in answer.output


@pytest.mark.parametrize(
    ("loan", "amount", "says"),
    [
        ("L404", "10", "no loan L404"),
        ("L1", "ten", "no amount"),
        ("L1", "-5", "positive"),
        ("L1", "0", "positive"),
        ("L1", "1.005", "2 decimals"),
        ("L1", "NaN", "positive"),
    ],
)
def test_a_payment_by_hand_that_cannot_be_is_told_why(home: Path, loan: str, amount: str, says: str) -> None:
    answer = CliRunner().invoke(main.app, ["pay", "--", loan, amount])
    assert answer.exit_code != 0
    assert says in answer.output


def _open_loan(store: Store) -> None:
    """1,000.00 are owed, and a case is about to open."""
    with store.transaction() as connection:
        connection.execute(
            insert(borrowers).values(borrower_id="B1", kind="person", name="甲", service_address_agreed=False)
        )
        row = {
            "loan_id": "L1",
            "borrower_id": "B1",
            "product": "term_loan",
            "currency": "CNY",
            "as_of_date": date(2026, 3, 1),
            "balance_minor": 100_000,
            "overdue_minor": 50_000,
            "first_overdue_on": date(2026, 2, 1),
            "status": "open",
            "content_hash": "-",
        }
        connection.execute(insert(loans).values(row))
        intents.open_case(connection, row, episode=1, at=datetime(2026, 3, 2, tzinfo=UTC), pack="p.1")


def test_money_of_a_debtor_is_shared_out_among_the_loans(home: Path) -> None:
    _open_loan(Store(open_engine(f"sqlite:///{home / 'arrears.db'}")))
    paid = CliRunner().invoke(main.app, ["pay", "1000.01", "--borrower", "B1", "--payment-id", "T1"])
    assert paid.exit_code == 0, paid.output
    assert "T1-1: L1 100000 minor units (due)" in paid.output
    assert "1 minor units are left over" in paid.output
    again = CliRunner().invoke(main.app, ["pay", "1000.01", "--borrower", "B1", "--payment-id", "T1"])
    assert "known already" in again.output
    nobody = CliRunner().invoke(main.app, ["pay", "10", "--borrower", "B404"])
    assert (nobody.exit_code, "borrower_unknown" in nobody.output) == (1, True)
    assert CliRunner().invoke(main.app, ["pay", "10"]).exit_code == 2


def test_more_than_is_owed_is_posted_only_when_somebody_says_so(home: Path) -> None:
    store = Store(open_engine(f"sqlite:///{home / 'arrears.db'}"))
    _open_loan(store)
    asked = CliRunner().invoke(main.app, ["pay", "L1", "1500.00", "--payment-id", "P1"])
    assert asked.exit_code == 1
    assert "owes 100000 minor units; 50000 are left over" in asked.output
    assert "--yes" in asked.output
    with store.reading() as connection:
        assert connection.execute(select(payments.c.payment_id)).all() == []
    for _ in range(2):
        done = CliRunner().invoke(main.app, ["pay", "L1", "1500.00", "--payment-id", "P1", "--yes"])
        assert done.exit_code == 0, done.output
    assert "known already" in done.output
    exact = CliRunner().invoke(main.app, ["pay", "L1", "0.01", "--payment-id", "P2"])
    assert "owes 0 minor units; 1 are left over" in exact.output, "what is on its way counts"
    store.close()


def test_a_day_is_closed_by_hand_once(home: Path) -> None:
    assert "2026-03-02 is closed" in CliRunner().invoke(main.app, ["eod", "2026-03-02"]).output
    assert "closed already" in CliRunner().invoke(main.app, ["eod", "2026-03-02"]).output
    early = CliRunner().invoke(main.app, ["eod", "2999-01-01"])
    assert (early.exit_code, "not over yet" in early.output) == (1, True)
    assert CliRunner().invoke(main.app, ["eod", "monday"]).exit_code == 2
