"""`arrears check` says which invariants are broken, and ends with 1."""

import json
from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from arrears.cli.main import app
from arrears.store import packs
from arrears.store.session import Store, open_engine
from arrears.store.tables import cases
from tests.builders import CaseRoom


@pytest.fixture
def room(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CaseRoom:
    database = tmp_path / "arrears.db"
    database.write_bytes(sqlite_template.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARREARS_DATA_DIR", str(tmp_path))
    room = CaseRoom(Store(open_engine(f"sqlite:///{database}")), packs.load("cn-bank-2026").rules)
    room.a_case()
    return room


def test_where_all_is_true_it_ends_well(room: CaseRoom) -> None:
    said = CliRunner().invoke(app, ["check"])
    assert (said.exit_code, said.stdout.splitlines()[-1].endswith("0 broken.")) == (0, True)


def test_what_is_broken_is_named_and_the_end_is_1(room: CaseRoom) -> None:
    with room.store.transaction() as connection:
        connection.execute(update(cases).values(seq=9))
    said = CliRunner().invoke(app, ["check", "--json"])
    told = json.loads(said.stdout)
    assert said.exit_code == 1
    assert [one["invariant"] for one in told["broken"]] == ["I3"]
    assert "I25" not in told["asked"]  # no address of Temporal


def test_in_the_midst_of_work_less_is_asked(room: CaseRoom) -> None:
    at_rest, busy = (
        json.loads(CliRunner().invoke(app, ["check", "--json", *more]).stdout)["asked"]
        for more in ([], ["--busy"])
    )
    assert set(at_rest) - set(busy) >= {"I2", "I5", "I8", "I17"}


def test_the_list_names_all_28_and_what_holds_each() -> None:
    listed = json.loads(CliRunner().invoke(app, ["check", "--list", "--json"]).stdout)
    assert [one["invariant"] for one in listed] == [f"I{n}" for n in range(1, 29)]
    assert all(one["held"] for one in listed if one["when"] == "not asked here")
    shown = CliRunner().invoke(app, ["check", "--list"])
    assert "I28" in shown.stdout
