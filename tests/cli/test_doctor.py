import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from arrears.cli import doctor
from arrears.cli.doctor import Finding, State
from arrears.engine.cache import Cache
from arrears.settings import Settings
from arrears.store import schema
from arrears.store.session import Store, open_engine

commands = typer.Typer()
commands.command("doctor")(doctor.doctor)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on PATH and an empty cache."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for name in [name for name in os.environ if name.startswith("ARREARS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ARREARS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("ARREARS_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def test_an_empty_machine_is_told_what_a_start_would_do_and_nothing_is_made(folder: Path) -> None:
    temporal = _about("Temporal")
    assert temporal.state is State.NOTE
    assert f"nothing cached in {folder / 'cache'}" in temporal.says
    assert "would try to download" in temporal.says
    assert "Go 1.26.8 or newer" in temporal.advice
    assert _about("database").advice == "Run `arrears db upgrade`."
    assert list(folder.iterdir()) == []


def test_go_that_could_build_is_named(folder: Path) -> None:
    go = folder / "bin" / "go"
    go.parent.mkdir()
    go.write_text("#!/bin/sh\necho go1.27.1\n", encoding="utf-8")
    go.chmod(0o755)
    assert f"or else build server 1.32.0 with Go 1.27.1 ({go})" in _about("Temporal").says


def test_cached_programs_are_good(folder: Path) -> None:
    cache = Cache(folder / "cache")
    for program in (cache.server, cache.ui):
        program.parent.mkdir(parents=True)
        program.touch()
    assert _about("Temporal") == Finding("Temporal", State.GOOD, f"server 1.32.0 ({cache.server})")
    assert _about("Temporal UI").state is State.GOOD


def test_an_address_that_does_not_answer_is_bad(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARREARS_TEMPORAL_ADDRESS", "127.0.0.1:1")
    temporal = _about("Temporal")
    assert temporal.state is State.BAD
    assert temporal.says.startswith("Temporal at 127.0.0.1:1 does not answer")


def test_the_database_is_compared_with_this_program(folder: Path) -> None:
    (folder / "data").mkdir()
    store = Store(open_engine(Settings().database))
    with store.transaction():
        pass
    assert _about("database").state is State.BAD
    schema.upgrade(store)
    store.close()
    database = _about("database")
    assert database.state is State.GOOD
    assert schema.head() in database.says


def test_a_database_that_does_not_answer_is_bad_and_its_password_stays_hidden(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"postgresql+psycopg://somebody:geheim@/arrears?host={folder}"
    monkeypatch.setenv("ARREARS_DATABASE_URL", address)
    database = _about("database")
    assert database.state is State.BAD
    assert "does not answer" in database.says
    assert "geheim" not in database.says


@pytest.mark.slow
def test_a_package_from_somewhere_else_is_one_plain_sentence(tmp_path: Path) -> None:
    stranger = tmp_path / "web"
    stranger.mkdir()
    (stranger / "__init__.py").write_text("raise SystemExit('a stranger was run')", encoding="utf-8")
    code = "import typer; from arrears.cli.doctor import must_be_one_house; typer.run(must_be_one_house)"
    said = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 2
    assert f"web comes from {tmp_path}" in said.stderr
    assert "a stranger was run" not in said.stderr


def test_for_programs_it_speaks_json_and_its_end_tells_good_from_bad(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = CliRunner().invoke(commands, ["--json"])
    assert good.exit_code == 0
    assert {"subject", "state", "says", "advice"} == set(json.loads(good.output)[0])
    monkeypatch.setenv("ARREARS_TEMPORAL_ADDRESS", "127.0.0.1:1")
    assert CliRunner().invoke(commands, ["--json"]).exit_code == 1


def test_people_get_a_table(folder: Path) -> None:
    shown = CliRunner().invoke(commands, [])
    assert shown.exit_code == 0
    assert "packages" in shown.output


def _about(subject: str) -> Finding:
    (finding,) = (finding for finding in doctor.report(Settings()) if finding.subject == subject)
    return finding
