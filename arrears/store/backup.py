"""Copies a database while it is in use: the copy is one moment of it, whole, or it is not there."""

import os
import shutil
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

import pysqlite3
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL

from arrears.store.session import Store


class BackupError(Exception):
    """No copy was made; the sentence says why."""


class BackupExists(BackupError):
    def __init__(self, target: Path) -> None:
        super().__init__(f"{target} is there already and is left as it is: give another name.")


class BackupToolMissing(BackupError):
    def __init__(self) -> None:
        super().__init__("PostgreSQL is copied by pg_dump, which is not on this machine (postgresql-client).")


def backup(store: Store, target: Path) -> Path:
    """Writes one file, for its owner's eyes only: a SQLite database, or a dump for `pg_restore`."""
    if target.exists():
        raise BackupExists(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f"{target.name}.", suffix=".unfinished")
        os.close(descriptor)
    except OSError as reason:
        raise BackupError(f"{target} cannot be written: {reason.strerror}.") from reason
    unfinished = Path(name)
    try:
        if store.is_sqlite:
            _copy_sqlite(store, unfinished)
        else:
            _dump_postgres(store.engine.url, unfinished)
        _keep(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)
    return target


def _copy_sqlite(store: Store, unfinished: Path) -> None:
    source = store.engine.raw_connection()
    try:
        with closing(pysqlite3.connect(str(unfinished))) as copy:
            source.driver_connection.backup(copy)  # type: ignore[union-attr]  # pysqlite3 brings no types
            # One file without a log beside it, so that copying that file is enough.
            copy.execute("PRAGMA journal_mode=DELETE")
            (verdict,) = copy.execute("PRAGMA quick_check").fetchone()
    finally:
        source.close()
    if verdict != "ok":
        raise BackupError(f"The database itself is damaged and was not copied: {verdict}.")


def _dump_postgres(url: URL, unfinished: Path) -> None:
    program = _pg_dump()
    # Where to go stands in the arguments, which every user of the machine can read; the password does not.
    where = {**url.translate_connect_args(database="dbname", username="user"), **url.query}
    password = where.pop("password", None)
    environment = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
    done = subprocess.run(
        [
            program,
            "--format=custom",
            "--no-password",
            f"--file={unfinished}",
            f"--dbname={make_conninfo(**where)}",
        ],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BackupError(f"pg_dump could not copy the database: {done.stderr.strip()[-500:]}")


def _pg_dump() -> str:
    found = shutil.which("pg_dump")
    if found is None:
        raise BackupToolMissing
    return found


def _keep(unfinished: Path, target: Path) -> None:
    """On the disk first, then under its name: a power cut leaves no half copy that looks whole."""
    _flush(unfinished)
    unfinished.rename(target)
    _flush(target.parent)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
