"""The trail is sealed outside the database: what is changed, taken out or cut off is found, and no seal can be made up."""

import json
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update
from typer.testing import CliRunner, Result

from arrears.channels.seals import in_pem, signing_key
from arrears.cli.main import app
from arrears.store import audit, packs
from arrears.store.session import Store, open_engine
from arrears.store.tables import audit_rows
from tests.builders import CaseRoom
from tests.tampering import off_guard


@pytest.fixture
def room(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CaseRoom:
    database = tmp_path / "data" / "arrears.db"
    database.parent.mkdir()
    database.write_bytes(sqlite_template.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARREARS_DATA_DIR", str(tmp_path / "data"))
    room = CaseRoom(Store(open_engine(f"sqlite:///{database}")), packs.load("cn-bank-2026").rules)
    room.staff()
    room.a_case()
    return room


@pytest.fixture
def seals(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere"


def _run(*words: object) -> Result:
    return CliRunner().invoke(app, ["audit", *map(str, words)])


def _sealed(seals: Path, *, times: int = 1) -> None:
    for _ in range(times):
        assert _run("seal", seals).exit_code == 0


def _work(room: CaseRoom) -> str:
    case_id = room.a_case()
    room.say(case_id, "first_contact", "na", by="s-collector")
    return case_id


def test_a_trail_that_was_left_alone_holds(room: CaseRoom, seals: Path) -> None:
    _sealed(seals)
    _work(room)
    _sealed(seals)
    said = _run("verify", "--seals", seals, "--json")
    told = json.loads(said.stdout)
    assert (said.exit_code, told["seals"], told["broken"]) == (0, 2, [])
    assert told["rows"] > told["chains"] >= 2


def test_what_was_cut_off_is_found_by_the_seals_alone(room: CaseRoom, seals: Path) -> None:
    case_id = _work(room)
    _sealed(seals)
    with room.store.transaction() as connection:
        off_guard(connection)
        last = select(func.max(audit_rows.c.n)).where(audit_rows.c.stream == case_id).scalar_subquery()
        connection.execute(delete(audit_rows).where(audit_rows.c.stream == case_id, audit_rows.c.n == last))
    assert _run("verify").exit_code == 0
    found = _run("verify", "--seals", seals)
    assert found.exit_code == 1
    assert f"{case_id} row" in found.stdout
    assert "was cut off: seal 1 has it" in found.stdout


def test_what_was_cut_off_is_not_sealed_over(room: CaseRoom, seals: Path) -> None:
    case_id = _work(room)
    _sealed(seals)
    with room.store.transaction() as connection:
        off_guard(connection)
        connection.execute(delete(audit_rows).where(audit_rows.c.stream == case_id))
    said = _run("seal", seals)
    assert said.exit_code == 1
    assert "was cut off: seal 1 has it" in said.stderr
    assert len(list(seals.glob("seal-*.json"))) == 1


def test_seals_that_are_gone_are_missed(room: CaseRoom, seals: Path) -> None:
    _sealed(seals, times=3)
    max(seals.glob("seal-*.json")).unlink()
    found = _run("verify", "--seals", seals)
    assert found.exit_code == 1
    assert "seal 3, of which the trail tells, is not in the folder" in found.stdout
    for one in seals.glob("seal-*.json"):
        one.unlink()
    assert "holds no seal" in _run("verify", "--seals", seals).stderr
    assert _run("seal", seals).exit_code == 1


def test_a_sealing_that_died_before_the_trail_was_told_is_gone_on_with(room: CaseRoom, seals: Path) -> None:
    _sealed(seals)
    with room.store.transaction() as connection:
        off_guard(connection)
        connection.execute(delete(audit_rows).where(audit_rows.c.what == audit.SEALED))
    assert _run("verify", "--seals", seals).exit_code == 0
    _sealed(seals)
    said = _run("verify", "--seals", seals, "--json")
    assert (said.exit_code, json.loads(said.stdout)["seals"]) == (0, 2)


def test_a_row_that_was_changed_is_found(room: CaseRoom, seals: Path) -> None:
    case_id = _work(room)
    with room.store.transaction() as connection:
        off_guard(connection)
        connection.execute(update(audit_rows).where(audit_rows.c.stream == case_id).values(actor="s-other"))
    found = _run("verify")
    assert found.exit_code == 1
    assert "was changed after it was written" in found.stdout


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        ("change", "was not signed with this key, or was changed"),
        ("remove", "seal 1 is missing"),
        ("swap", "does not follow the seal before it"),
        ("junk", "is no seal"),
        ("foreign", "was not signed with this key, or was changed"),
    ],
)
def test_no_seal_can_be_made_up(room: CaseRoom, seals: Path, tmp_path: Path, harm: str, why: str) -> None:
    _sealed(seals, times=3)
    first, second, third = sorted(seals.glob("seal-*.json"))
    trusted: list[object] = []
    if harm == "change":
        second.write_text(second.read_text().replace('"rows": ', '"rows": 1'))
    elif harm == "remove":
        first.unlink()
    elif harm == "swap":
        content = third.read_bytes()
        third.write_bytes(second.read_bytes())
        second.write_bytes(content)
    elif harm == "junk":
        second.write_text("[]")
    else:
        other = signing_key(tmp_path / "other.key").public_key()
        (tmp_path / "other.pem").write_bytes(in_pem(other))
        trusted = ["--key", tmp_path / "other.pem"]
    said = _run("verify", "--seals", seals, *trusted)
    assert said.exit_code == 1
    assert why in said.stderr


def test_who_has_the_public_key_alone_can_verify(room: CaseRoom, seals: Path, tmp_path: Path) -> None:
    _sealed(seals)
    (tmp_path / "data" / "audit.key").unlink()
    assert "--key" in _run("verify", "--seals", seals).stderr
    assert _run("verify", "--seals", seals, "--key", seals / "audit-key.pub.pem").exit_code == 0


def test_no_seal_is_put_behind_one_that_is_broken(room: CaseRoom, seals: Path) -> None:
    _sealed(seals)
    (first,) = seals.glob("seal-*.json")
    first.write_text(first.read_text().replace("T", "t", 1))
    assert _run("seal", seals).exit_code == 1
    assert len(list(seals.glob("seal-*.json"))) == 1


def test_the_key_is_its_owners_alone(room: CaseRoom, seals: Path, tmp_path: Path) -> None:
    _sealed(seals)
    key = tmp_path / "data" / "audit.key"
    assert key.stat().st_mode & 0o077 == 0
    key.chmod(0o644)
    assert "chmod 600" in _run("seal", seals).stderr
    key.chmod(0o600)
    key.write_text("nothing")
    assert "holds no private key" in _run("seal", seals).stderr
