"""`arrears simulate` through the real server: every loan to its end, the same end after a kill -9 half-way."""

import csv
import gzip
import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from typer.testing import CliRunner

from arrears import clock
from arrears.cli import main
from arrears.cli.simulation.terms import SimulationTerms, settle_in
from arrears.store import people
from arrears.store.people import NewStaff
from arrears.store.session import Store

ROOT: Final = Path(__file__).resolve().parents[2]
SAMPLE: Final = ROOT / "samples" / "uci"
ARREARS: Final = Path(sys.executable).with_name("arrears")
# What a run took, and not what came of it.
_TAKEN: Final = {"wall_s", "cases_per_s", "cpu_s_per_case"}
_KEYS: Final = {
    "loans", "cured", "paid_off", "wrong_day", "legal_review", "approved_by_two", "returned", "open",
    "received_minor", "allocated_minor", "unallocated_minor", "contacts", "outside_window", "over_caps",
    "applied", "refused", "unapplied", "wall_s", "cases_per_s", "mismatches",
}  # fmt: skip


def command(folder: Path, loans: int, portfolio: Path, *more: str) -> list[str]:
    words = ["simulate", "--portfolio", str(portfolio), "--loans", str(loans), "--json"]
    return [str(ARREARS), *words, "--data-dir", str(folder), *more]


def simulated(folder: Path, loans: int, portfolio: Path = SAMPLE, *more: str) -> dict[str, Any]:
    done = subprocess.run(
        command(folder, loans, portfolio, *more), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert set(told) - {"cpu_s_per_case"} == _KEYS
    return {name: figure for name, figure in told.items() if name not in _TAKEN}


def rows(folder: Path, query: str) -> Sequence[tuple[Any, ...]]:
    with sqlite3.connect(f"file:{folder / 'arrears.db'}?mode=ro", uri=True) as database:
        found = database.execute(query).fetchall()
    database.close()
    return found


def closed_cases(folder: Path) -> int:
    try:
        [(count,)] = rows(folder, "select count(*) from cases where status = 'closed'")
    except sqlite3.OperationalError:  # not made yet
        return 0
    return int(count)


def interrupted(folder: Path, loans: int, how: signal.Signals, *, after: int) -> tuple[int, str]:
    """Run it until so many more cases have closed, then end it so. Returns its exit code and what it said."""
    before = closed_cases(folder)
    process = subprocess.Popen(
        command(folder, loans, SAMPLE), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    for _ in range(3000):
        if closed_cases(folder) >= before + after:
            break
        assert process.poll() is None, "it ended before it could be interrupted"
        time.sleep(0.1)
    process.send_signal(how)
    _, said = process.communicate(timeout=60)
    assert rows(folder, "select 1 from cases where status = 'open'") != []
    return process.returncode, said


ENDS: Final = "select loan_id, stage, closed_reason, balance_minor, overdue_minor, seq from cases order by 1"
ANSWERS: Final = "select task_id, outcome, decided_by from tasks order by 1"


@pytest.mark.server
def test_killed_stopped_and_run_again_it_ends_the_same(tmp_path: Path) -> None:
    loans, broken, whole = 14, tmp_path / "broken", tmp_path / "whole"
    assert interrupted(broken, loans, signal.SIGKILL, after=1)[0] == -signal.SIGKILL
    code, said = interrupted(broken, loans, signal.SIGINT, after=1)
    assert (code, "goes on from there" in said) == (130, True)

    told = simulated(broken, loans)

    assert told["mismatches"] == []
    assert told == simulated(whole, loans)
    assert rows(broken, ENDS) == rows(whole, ENDS)
    assert rows(broken, ANSWERS) == rows(whole, ANSWERS)
    # A finished simulation runs nothing again.
    assert simulated(broken, loans) == told


def paid_in_parts(folder: Path) -> Path:
    """The sample, each of its payments in two halves two days apart; then a little more twice, for a closed case."""
    (folder / "replay").mkdir(parents=True)
    (folder / "intake").symlink_to(SAMPLE / "intake")
    (folder / "pack.toml").write_bytes((SAMPLE / "pack.toml").read_bytes())
    columns = [
        "payment_id",
        "loan_id",
        "booked_on",
        "value_on",
        "amount_minor",
        "currency",
        "channel",
        "kind",
    ]
    with gzip.open(SAMPLE / "replay" / "payments.csv.gz", "rt") as read:
        whole = [[row[column] for column in columns] for row in csv.DictReader(read)]
    with (folder / "replay" / "payments.csv").open("w", newline="") as written:
        out = csv.writer(written, lineterminator="\n")
        out.writerow(columns)
        for name, loan, day, _, amount, *rest in whole:
            half = int(amount) // 2
            parts = ((0, half), (2, int(amount) - half), (6, 1000), (40, 5000))
            for number, (days, part) in enumerate(parts):
                on = date.fromisoformat(day) + timedelta(days=days)
                out.writerow([f"{name}-{number}", loan, on, on, part, *rest])
    return folder


@pytest.mark.server
def test_halves_close_with_the_second_and_money_for_closed_cases_is_kept_apart(tmp_path: Path) -> None:
    told = simulated(tmp_path / "data", 12, paid_in_parts(tmp_path / "parts"))
    assert told["mismatches"] == []
    assert (told["cured"], told["paid_off"], told["wrong_day"]) == (4, 1, 0)
    # Forty days after the close no case hears it; within the week the one that owes nothing has no use for it.
    assert told["unallocated_minor"] == 5 * 5000 + 1000
    assert told["received_minor"] == told["allocated_minor"] + told["unallocated_minor"]


ONCE_A_DAY: Final = f"""
extends = "{SAMPLE / "pack.toml"}"
pack = "uci-once.1"
""" + "".join(
    f"""
[[caps]]
rule = "{rule}"
scope = "{scope}"
window = "{window}"
counts = "{counts}"
most = 1
"""
    for rule, scope, window, counts in (
        ("C02", "person", "day", "effective"),
        ("C03", "person", "day", "attempt"),
        ("C03", "number", "day", "attempt"),
        ("C05", "person", "day", "message"),
        ("C05", "person", "week", "message"),
        ("C10", "person", "week", "visit"),
    )
)


@pytest.mark.server
@pytest.mark.rule("C02", "C03", "C04")
def test_with_one_contact_a_day_no_cap_is_broken_and_each_loan_ends_as_it_must(tmp_path: Path) -> None:
    pack = tmp_path / "once.toml"
    pack.write_text(ONCE_A_DAY, "utf-8")
    told = simulated(tmp_path / "data", 12, SAMPLE, "--pack", str(pack))
    assert told["mismatches"] == []
    assert (told["loans"], told["over_caps"], told["outside_window"]) == (12, 0, 0)
    a_day = (
        "select borrower_id, date(at, '+8 hours'), count(*) from contact_attempts where action = 'out_call'"
    )
    calls = rows(tmp_path / "data", f"{a_day} and status in ('made', 'reserved', 'uncertain') group by 1, 2")
    assert {count for _, _, count in calls} == {1}
    assert rows(tmp_path / "data", "select distinct pack from cases") == [("uci-once.1",)]


@pytest.mark.server
@pytest.mark.slow
def test_the_first_150_loans_end_as_their_money_says(tmp_path: Path) -> None:
    told = simulated(tmp_path / "data", 150)
    assert told["mismatches"] == []
    assert (told["loans"], told["cured"], told["paid_off"], told["wrong_day"]) == (150, 71, 5, 0)
    assert told["received_minor"] == told["allocated_minor"] + told["unallocated_minor"]
    assert (told["outside_window"], told["over_caps"], told["unapplied"]) == (0, 0, 0)
    assert told["open"] == 74
    assert told["approved_by_two"] <= told["legal_review"]
    assert told["returned"] > 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--portfolio", "nowhere"], "no intake folder"),
        (["--loans", "none"], "--loans"),
        (["--loans", "0"], "--loans"),
        (["--as-of", "monday"], "--as-of"),
        (["--horizon", "soon"], "--horizon"),
        (["--pack", "cn-bank-1999"], "did you mean"),
        (["--cluster"], "needs ARREARS_DATABASE_URL and ARREARS_TEMPORAL_ADDRESS"),
    ],
)
def test_what_cannot_be_simulated_is_told_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], says: str
) -> None:
    monkeypatch.chdir(ROOT)
    answer = CliRunner().invoke(main.app, ["simulate", "--data-dir", str(tmp_path / "data"), *words])
    assert answer.exit_code == 2
    assert says in answer.output
    assert not (tmp_path / "data").exists()


@pytest.mark.postgres
def test_a_database_in_which_somebody_works_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_store: Store
) -> None:
    with postgres_store.transaction() as connection:
        people.add_staff(
            connection, NewStaff("wang", "王敏", frozenset(), None, "zh-CN"), at=clock.machine_now()
        )
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("ARREARS_DATABASE_URL", str(postgres_store.engine.url))
    monkeypatch.setenv("ARREARS_TEMPORAL_ADDRESS", "127.0.0.1:1")
    for _ in range(2):  # and asking again is no way in
        answer = CliRunner().invoke(main.app, ["simulate", "--cluster", "--data-dir", str(tmp_path / "data")])
        assert answer.exit_code == 2
        assert "needs one of its own" in answer.output


@pytest.mark.postgres
def test_a_simulation_goes_on_in_the_database_in_which_it_began_and_in_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_store: Store
) -> None:
    monkeypatch.chdir(ROOT)
    asked = ["simulate", "--cluster", "--data-dir", str(tmp_path / "data")]
    monkeypatch.setenv("ARREARS_TEMPORAL_ADDRESS", "127.0.0.1:1")
    monkeypatch.setenv("ARREARS_DATABASE_URL", str(postgres_store.engine.url))
    terms = SimulationTerms(str(SAMPLE), None, date(2026, 1, 5), 150, 1, where="another database")
    settle_in(tmp_path / "data", terms)
    answer = CliRunner().invoke(main.app, asked)
    assert answer.exit_code == 2
    assert "another where" in answer.output


def test_a_folder_of_another_simulation_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (tmp_path / "notes.txt").touch()
    answer = CliRunner().invoke(main.app, ["simulate", "--data-dir", str(tmp_path)])
    assert answer.exit_code == 2
    assert "no simulation" in answer.output
