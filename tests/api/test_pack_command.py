"""`arrears pack`: a pack is checked, tried on the open cases, proposed and approved at a terminal."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.auth.passwords import Passwords
from arrears.cli.pack import app
from arrears.policy.tasks import Role
from arrears.store import packs
from arrears.store.session import Store
from tests.api.rows import a_person
from tests.builders import CaseRoom

PASSWORD = "correct horse battery"
LATER = 'extends = "cn-bank-2026"\npack = "mine.2"\n[initial]\nformal_dpd = 45\n'


@pytest.fixture
def command(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("ARREARS_DATABASE_URL", store.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("ARREARS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return CliRunner()


@pytest.fixture
def mine(tmp_path: Path) -> str:
    path = tmp_path / "mine.toml"
    path.write_text(LATER, encoding="utf-8")
    return str(path)


@pytest.fixture(autouse=True)
def approvers(store: Store) -> None:
    for login, role in (("lead", Role.TEAM_LEAD), ("one", Role.LEGAL_ADVISOR), ("two", Role.LEGAL_ADVISOR)):
        a_person(store, role, login=login)


@pytest.fixture
def two_keys(store: Store) -> None:
    hashed = Passwords().hash(PASSWORD)
    for role in (Role.COMPLIANCE, Role.MANAGER):
        a_person(store, role, login=role.value, password_hash=hashed)


def test_a_faulty_pack_is_told_every_fault(command: CliRunner, tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(LATER.replace("formal_dpd", "formal_dpp"), encoding="utf-8")
    done = command.invoke(app, ["check", str(bad)])
    assert done.exit_code == 1
    assert "did you mean initial.formal_dpd?" in done.output


@pytest.mark.usefixtures("two_keys")
def test_two_people_put_a_pack_into_force(command: CliRunner, mine: str) -> None:
    words = [
        "propose",
        mine,
        "--as",
        "compliance",
        "--from",
        "2099-01-01",
        "--reason",
        "x",
        "--password-stdin",
    ]
    assert command.invoke(app, words, input=PASSWORD + "\n").exit_code == 0
    alone = ["approve", "mine.2", "--as", "compliance", "--password-stdin"]
    refused = command.invoke(app, alone, input=PASSWORD + "\n")
    assert (refused.exit_code, "another person's" in refused.output) == (1, True)
    done = command.invoke(app, [*alone[:3], "manager", "--password-stdin"], input=PASSWORD + "\n")
    assert (done.exit_code, "2098-12-31 16:00 UTC" in done.output) == (0, True)
    listed = json.loads(command.invoke(app, ["list", "--json"]).stdout)
    assert listed["in_force"] == "cn-bank-2026.1"
    assert [(row["version"], row["status"], row["in_force"]) for row in listed["packs"]] == [
        ("mine.2", "approved", False)
    ]


@pytest.mark.usefixtures("two_keys")
def test_a_wrong_password_turns_no_key(command: CliRunner, mine: str) -> None:
    words = ["propose", mine, "--as", "compliance", "--reason", "x", "--password-stdin"]
    assert command.invoke(app, words, input="wrong\n").exit_code == 1
    assert json.loads(command.invoke(app, ["list", "--json"]).stdout)["packs"] == []


def test_a_trial_names_the_numbers_and_the_cases_that_would_go_another_way(
    command: CliRunner, store: Store, tmp_path: Path
) -> None:
    """The stage of the young case is pinned to 31 days, so only what comes after its next stage may differ."""
    room = CaseRoom(store, packs.load("cn-bank-2026").rules, now=datetime(2026, 3, 2, 2, tzinfo=UTC))
    case = room.a_case(days_past_due=5)
    file = tmp_path / "mine.toml"
    file.write_text('extends = "cn-bank-2026"\npack = "mine.2"\n[legal]\nreview_dpd = 85\n', encoding="utf-8")
    done = command.invoke(app, ["try", str(file), "--from", "2026-03-03", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert {"key": "legal.review_dpd", "before": 75, "after": 85} in told["numbers"]
    [changed] = told["cases"]
    assert (changed["case_id"], changed["stage"], changed["pinned"]) == (case, "initial", "cn-bank-2026.1")
    [before], [after] = (
        [one["on"] for one in changed[side] if one["what"] == "legal_review"] for side in ("before", "after")
    )
    assert (datetime.fromisoformat(after) - datetime.fromisoformat(before)).days == 10
