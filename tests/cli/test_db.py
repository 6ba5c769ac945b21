from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from arrears.cli import db
from arrears.store import schema
from arrears.store.session import Store, open_engine

commands = typer.Typer()
commands.add_typer(db.app, name="db")
commands.command("backup")(db.backup)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARREARS_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("ARREARS_DATABASE_URL", raising=False)
    return tmp_path


def test_upgrade_makes_the_tables_and_may_be_repeated(folder: Path) -> None:
    first = CliRunner().invoke(commands, ["db", "upgrade"])
    assert (first.exit_code, first.output) == (0, f"The database is at revision {schema.head()}.\n")
    again = CliRunner().invoke(commands, ["db", "upgrade"])
    assert (again.exit_code, again.output) == (
        0,
        f"The database is at revision {schema.head()}, as it was.\n",
    )
    store = Store(open_engine(f"sqlite:///{folder / 'data' / 'arrears.db'}"))
    schema.require_current(store)
    store.close()


def test_sqlite_has_no_roles_and_says_so(folder: Path) -> None:
    said = CliRunner().invoke(commands, ["db", "roles"])
    assert (said.exit_code, said.stdout) == (1, "")
    assert said.stderr.startswith("SQLite has no roles")


@pytest.mark.postgres
def test_roles_are_granted_by_the_owner_and_by_nobody_else(
    folder: Path, postgres_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = postgres_store.engine.url
    monkeypatch.setenv("ARREARS_DATABASE_URL", str(address.set(username="postgres")))
    said = CliRunner().invoke(commands, ["db", "roles"])
    assert (said.exit_code, said.output) == (
        0,
        "arrears_app, arrears_reader, arrears_backup may do what they need, and nothing else.\n",
    )
    monkeypatch.setenv("ARREARS_DATABASE_URL", str(address))
    said = CliRunner().invoke(commands, ["db", "roles"])
    assert (said.exit_code, said.stdout) == (1, "")
    assert "come in as that one" in said.stderr


def test_backup_names_the_file_it_wrote(folder: Path) -> None:
    CliRunner().invoke(commands, ["db", "upgrade"])
    said = CliRunner().invoke(commands, ["backup"])
    (written,) = (folder / "data" / "backups").iterdir()
    assert said.exit_code == 0
    assert said.output.startswith(str(written))


def test_backup_of_nothing_makes_nothing(folder: Path) -> None:
    said = CliRunner().invoke(commands, ["backup"])
    assert said.exit_code == 1
    assert "There is no database" in said.output
    assert list(folder.rglob("*.db")) == []


def test_a_database_that_does_not_answer_is_one_sentence_without_the_password(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"postgresql+psycopg://somebody:geheim@/arrears?host={folder}"
    monkeypatch.setenv("ARREARS_DATABASE_URL", address)
    said = CliRunner().invoke(commands, ["db", "upgrade"])
    assert said.exit_code == 1
    assert "does not answer" in said.output
    assert "geheim" not in said.output
