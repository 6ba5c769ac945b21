"""`arrears import`: what a person at a terminal is told, and what a program is."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from sqlalchemy import select, update
from typer.testing import CliRunner, Result

from arrears.cli import intake
from arrears.store import schema
from arrears.store.session import Store, open_engine
from arrears.store.tables import loans, messages
from tests.feeds.deliveries import a_borrower, a_loan, a_payment, put


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Where the settings point to, as for a person who has set nothing but the data folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARREARS_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    store = Store(open_engine(f"sqlite:///{tmp_path / 'data' / 'arrears.db'}"))
    schema.upgrade(store)
    yield store
    store.close()


def _run(*words: str) -> Result:
    app = typer.Typer()
    app.command("import")(intake.import_)
    # Wide enough that no sentence is broken across lines.
    return CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1"}).invoke(app, words)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    recent = {"as_of_date": "2026-10-10"}
    return put(
        tmp_path / "in",
        loans=[a_loan(f"L{n}", **recent) for n in range(3)],
        borrowers=[a_borrower(f"BL{n}") for n in range(3)],
        payments=[a_payment("P1", value_on="2026-10-01", booked_on="2026-10-01", loan_id="L1")],
    )


def test_a_load_is_told_in_a_table(store: Store, folder: Path) -> None:
    done = _run(str(folder), "--rebase", "today")
    assert done.exit_code == 0, done.output
    assert "Loaded." in done.output
    assert "3 cases to open, 0 open cases told of a new state, 0 loans unchanged" in done.output
    assert "1 payments: history" in done.output
    with store.reading() as connection:
        assert len(connection.execute(select(loans)).all()) == 3
    again = _run(str(folder), "--rebase", "today")
    assert (again.exit_code, "nothing changed" in again.output) == (0, True)


def test_a_program_is_told_in_json(store: Store, folder: Path) -> None:
    done = _run(str(folder), "--rebase", "today", "--loans", "2", "--json")
    told = json.loads(done.stdout)
    assert told["verdict"] == "loaded"
    assert told["files"]["loans"] == {"read": 3, "rejected": 0, "written": 2}
    assert (told["cases_to_open"], told["payments"], told["started"]) == (2, {"history": 1}, None)
    assert Path(told["rejects_file"]).read_text() == "file,line,column,rule,value\n"
    assert sorted(told) == [
        "cases_to_open",
        "cases_told",
        "delivery_id",
        "faults",
        "files",
        "loans_unchanged",
        "notes",
        "payments",
        "rejected_rows",
        "rejects_file",
        "seconds",
        "sender",
        "started",
        "verdict",
    ]


def test_a_refusal_says_why_and_ends_with_one(store: Store, tmp_path: Path) -> None:
    folder = put(tmp_path / "bad", loans=[a_loan(), a_loan("L2", balance_minor="5000.00")])
    done = _run(str(folder), "--rebase", "today")
    assert done.exit_code == 1
    assert (
        "loans.csv:3: balance_minor must be whole minor units: digits only, no point, sign or exponent, "
        "at most 10^13 (9999.99)"
    ) in done.output
    assert "1 rows rejected (allowed: 0)" in done.output
    assert "Refused: nothing was loaded." in done.output
    with store.reading() as connection:
        assert connection.execute(select(loans)).first() is None


def test_allowed_rejects_come_from_the_settings(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = put(tmp_path / "bad", loans=[a_loan(), a_loan("L2", status="?")])
    monkeypatch.setenv("ARREARS_FEEDS_MAX_REJECTS", "1")
    done = _run(str(folder), "--rebase", "today", "--rejects", str(tmp_path / "mine.csv"))
    assert done.exit_code == 0, done.output
    assert (tmp_path / "mine.csv").read_text().splitlines()[1] == "loans.csv,3,status,one_of,?"


def test_a_dry_run_writes_nothing(store: Store, folder: Path) -> None:
    done = _run(str(folder), "--rebase", "today", "--dry-run", "--json")
    assert json.loads(done.stdout)["verdict"] == "would_load"
    with store.reading() as connection:
        assert connection.execute(select(loans)).first() is None


def test_no_personal_data_is_printed(store: Store, tmp_path: Path) -> None:
    folder = put(
        tmp_path / "bad",
        borrowers=[a_borrower(name="0" * 5 + "1234"), a_borrower("B2", address="路\u200b号")],
    )
    done = _run(str(folder))
    assert done.exit_code == 1
    for secret in ("1234", "路", "小满"):
        assert secret not in done.output


def test_a_database_without_tables_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARREARS_DATA_DIR", str(tmp_path / "empty"))
    done = _run(str(folder))
    assert (done.exit_code, "arrears db upgrade" in done.output) == (2, True)


def test_a_database_that_does_not_answer_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(
        "ARREARS_DATABASE_URL", f"postgresql+psycopg://somebody:geheim@/arrears?host={tmp_path}"
    )
    done = _run(str(folder))
    assert (done.exit_code, "did not answer" in done.output) == (1, True)
    assert "geheim" not in done.output


def test_ctrl_c_says_that_nothing_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended, intake._said_plainly():
        raise KeyboardInterrupt
    assert ended.value.exit_code == 130
    assert "the same command goes on from there" in capsys.readouterr().err


def test_waiting_ends_when_every_case_has_answered(store: Store, folder: Path) -> None:
    """The relay is played by a thread that settles one opening after the other."""
    settled: list[str] = []

    def relay() -> None:
        give_up = time.monotonic() + 60
        while len(settled) < 3 and time.monotonic() < give_up:
            with store.transaction() as connection:
                waiting = messages.c.status == "waiting"
                found = connection.execute(select(messages.c.message_id).where(waiting).limit(1)).scalar()
                if found is not None:
                    status = "parked" if settled else "applied"
                    this = messages.c.message_id == found
                    connection.execute(update(messages).where(this).values(status=status))
                    settled.append(found)
            time.sleep(0.02)

    playing = threading.Thread(target=relay)
    playing.start()
    done = _run(str(folder), "--rebase", "today", "--wait", "--json")
    playing.join()
    started = json.loads(done.stdout)["started"]
    assert sorted(settled) == [f"open-case-L{n}-1" for n in range(3)]
    assert (started["cases"], started["parked"]) == (3, 2)
    assert started["cases_per_second"] > 0


def test_waiting_for_nothing_ends_at_once(store: Store, tmp_path: Path) -> None:
    folder = put(tmp_path / "in", borrowers=[a_borrower()])
    told = json.loads(_run(str(folder), "--wait", "--json").stdout)
    assert told["started"] == {"cases": 0, "parked": 0, "seconds": 0.0, "cases_per_second": 0.0}
