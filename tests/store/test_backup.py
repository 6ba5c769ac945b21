import stat
import subprocess
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import text

from arrears.store import audit, roles, schema
from arrears.store.backup import BackupError, BackupExists, BackupToolMissing, backup
from arrears.store.session import Store, open_engine
from tests.postgres import Cluster

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


def _write(store: Store, n: int) -> None:
    with store.transaction() as connection:
        for what in ("first half", "second half"):
            audit.append(connection, stream="house", at=NOON, actor="a", what=what, detail={"n": n})


def _halves(store: Store) -> tuple[int, int]:
    schema.require_current(store)
    with store.reading() as connection:
        assert audit.verify(connection, "house") == []
        first, second = (
            connection.execute(text("SELECT count(*) FROM audit WHERE what = :w"), {"w": what}).scalar_one()
            for what in ("first half", "second half")
        )
    return int(first), int(second)


def test_a_copy_made_while_others_write_is_one_moment_and_can_be_used(
    sqlite_store: Store, tmp_path: Path
) -> None:
    enough, wrote = Event(), Event()

    def keep_writing() -> None:
        try:
            for n in count():
                _write(sqlite_store, n)
                wrote.set()
                if enough.is_set():
                    return
        finally:
            wrote.set()

    writer = Thread(target=keep_writing)
    writer.start()
    wrote.wait()
    target = backup(sqlite_store, tmp_path / "kept" / "copy.db")
    enough.set()
    writer.join()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in target.parent.iterdir()] == ["copy.db"]
    restored = Store(open_engine(f"sqlite:///{target}"))
    first, second = _halves(restored)
    assert first == second >= 1
    restored.close()


@pytest.mark.postgres
def test_a_dump_restores_into_another_database(
    postgres_store: Store, postgres_cluster: Cluster, tmp_path: Path
) -> None:
    _write(postgres_store, 1)
    only_reads = Store(open_engine(str(postgres_store.engine.url.set(username=roles.BACKUP))))
    target = backup(only_reads, tmp_path / "copy.dump")
    only_reads.close()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    url = postgres_cluster.create("restored", template="template0")
    try:
        where = f"--dbname=host={postgres_cluster.folder} port={postgres_cluster.port} user=postgres dbname=restored"
        subprocess.run(
            [postgres_cluster.binaries / "pg_restore", "--exit-on-error", where, str(target)], check=True
        )
        restored = Store(open_engine(url))
        assert _halves(restored) == (1, 1)
        restored.close()
    finally:
        postgres_cluster.drop("restored")


def test_what_is_there_already_is_not_overwritten(store: Store, tmp_path: Path) -> None:
    target = tmp_path / "copy"
    target.write_text("last week's")
    with pytest.raises(BackupExists, match="left as it is"):
        backup(store, target)
    assert target.read_text() == "last week's"


def test_a_place_that_cannot_be_written_is_said(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BackupError, match="cannot be written"):
        backup(store, tmp_path / "file" / "copy")


@pytest.mark.postgres
def test_without_pg_dump_it_says_so_and_leaves_nothing(
    postgres_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing here"))
    with pytest.raises(BackupToolMissing, match="pg_dump"):
        backup(postgres_store, tmp_path / "kept" / "copy")
    assert list((tmp_path / "kept").iterdir()) == []


@pytest.mark.postgres
def test_a_dump_that_fails_is_no_backup(
    postgres_store: Store, postgres_cluster: Cluster, tmp_path: Path
) -> None:
    gone = Store(open_engine(postgres_cluster.url("never made")))
    with pytest.raises(BackupError, match="never made"):
        backup(gone, tmp_path / "kept" / "copy")
    assert list((tmp_path / "kept").iterdir()) == []
    gone.close()
