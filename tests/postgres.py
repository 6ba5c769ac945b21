"""A PostgreSQL cluster of our own in a temporary folder, reached through a Unix socket, and by port where one is asked for."""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text

_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "300",
    "shared_buffers": "64MB",
    # A test database need not survive a power cut.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


class NoPostgres(Exception):
    """The binaries are not here, or they do not start; the sentence says which."""


@dataclass(frozen=True)
class Cluster:
    """A running server; `folder` holds its data and its socket."""

    binaries: Path
    folder: Path
    port: int | None = (
        None  # on loopback, for programs that know no sockets; with a password, unlike the socket
    )
    password: str = ""

    def url(self, database: str, *, role: str = "postgres") -> str:
        return f"postgresql+psycopg://{role}@/{database}?host={self.folder}&port={self.port or 5432}"

    def create(self, database: str, *, template: str = "template1") -> str:
        self.run(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url(database)

    def drop(self, database: str) -> None:
        self.run(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def stop(self) -> None:
        """What was acknowledged is kept; `in_foreground` is the command that goes on from there."""
        _control(self, "stop", "--mode=fast")

    def in_foreground(self) -> list[str]:
        """The server as one process that whoever starts it can watch, and kill."""
        server = _for_postgres([str(self.binaries / "postgres"), "-D", str(self.folder / "data")])
        # Another user's process forgets whose life it was tied to, unless it is told again.
        return [server[0], "--pdeathsig=KILL", *server[1:]] if os.geteuid() == 0 else server

    def run(self, statement: str) -> None:
        """As the superuser, for the whole cluster."""
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.execute(text(statement))
        finally:
            engine.dispose()


@contextmanager
def cluster(*, durable: bool = False, port: int | None = None) -> Iterator[Cluster]:
    """Started, and stopped at the end; `durable` leaves PostgreSQL's own defaults for what a commit promises."""
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="arrears-pg-"))
    try:
        _hand_over(folder)
        made = Cluster(binaries, folder, port, secrets.token_hex(16))
        _initialise(made)
        _start(made, durable=durable)
        try:
            yield made
        finally:
            _control(made, "stop", "--mode=immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _hand_over(path: Path) -> None:
    if os.geteuid() == 0:
        try:
            shutil.chown(path, "postgres", "postgres")
        except LookupError as nobody:
            raise NoPostgres("a user `postgres` to run the server as") from nobody


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda at: int(at.parent.name))
    for folder in reversed(found):
        if (folder / "initdb").exists():
            return folder
    on_path = shutil.which("initdb")
    if on_path is None:
        raise NoPostgres("PostgreSQL (apt-get install postgresql)")
    return Path(on_path).resolve().parent


def _initialise(made: Cluster) -> None:
    # C.UTF-8 sorts by code point, as SQLite does.
    how = ["--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    # Whoever else is on this machine cannot enter the folder of the socket, but may knock at a port.
    how += ["--auth-local=trust", "--auth-host=scram-sha-256"]
    with tempfile.NamedTemporaryFile("w") as secret:
        secret.write(made.password)
        secret.flush()
        _hand_over(Path(secret.name))
        how.append(f"--pwfile={secret.name}")
        _as_postgres([str(made.binaries / "initdb"), f"--pgdata={made.folder / 'data'}", *how])


def _start(made: Cluster, *, durable: bool) -> None:
    settings = {**_SETTINGS, "unix_socket_directories": str(made.folder)}
    if made.port is not None:
        settings |= {"listen_addresses": "127.0.0.1", "port": str(made.port)}
    if durable:
        settings = {name: value for name, value in settings.items() if value != "off"}
    with (made.folder / "data" / "postgresql.conf").open("a") as conf:
        conf.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
    _control(made, "start", "--log", str(made.folder / "server.log"))


def _control(made: Cluster, verb: str, *how: str) -> None:
    _as_postgres([str(made.binaries / "pg_ctl"), verb, f"--pgdata={made.folder / 'data'}", "--wait", *how])


def _as_postgres(command: list[str]) -> None:
    command = _for_postgres(command)
    with tempfile.TemporaryFile("w+") as said:
        # A file and not a pipe: the server inherits it and would keep a pipe open for ever.
        done = subprocess.run(command, stdout=said, stderr=subprocess.STDOUT, cwd="/", check=False)
        if done.returncode != 0:
            said.seek(0)
            raise NoPostgres(f"a PostgreSQL that starts: {said.read().strip()[-300:]}")


def _for_postgres(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root, which tests in a container are."""
    if os.geteuid() != 0:
        return command
    setpriv = shutil.which("setpriv") or "setpriv"
    return [setpriv, "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
