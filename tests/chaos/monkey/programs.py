"""What the parts of a bank are: verbs of the command line, the engine, a server of PostgreSQL; each can be killed."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import httpx
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from arrears.engine.embedded import Engine
from arrears.engine.processes import Child, Launch
from tests.postgres import Cluster


class Spawned:
    """A command whose output goes to a log of its own."""

    def __init__(self, name: str, command: list[str], env: dict[str, str], folder: Path) -> None:
        self.log = folder / f"{name}.log"
        self._launch = Launch(command, env, folder, self.log, folder / f"{name}.pid")
        self._child: Child | None = None
        self._said_before = 0

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child is not None and self._child.is_alive() else None

    def start(self) -> None:
        self._clear()
        self._said_before = self.log.stat().st_size if self.log.exists() else 0
        self._child = Child(self._launch)

    def stop(self) -> None:
        self._clear()

    def _clear(self) -> None:
        if self._child is not None:
            self._child.stop()

    def has_said(self, words: str) -> bool:
        """Since it was started last."""
        with self.log.open("rb") as log:
            log.seek(self._said_before)
            return words.encode() in log.read()


class Verb(Spawned):
    """`arrears <verb>`, which says when it runs."""

    def serves(self) -> bool:
        return self.has_said("Running: ")


class Doors(Spawned):
    """`arrears serve`, which serves when it answers."""

    def __init__(self, command: list[str], env: dict[str, str], folder: Path, *, url: str) -> None:
        super().__init__("serve", command, env, folder)
        self._url = url

    def serves(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"{self._url}/health/live", timeout=1).status_code == httpx.codes.OK
        return False


class Temporal:
    """The engine of the product; its restart returns when the server answers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._began = False

    @property
    def pid(self) -> int | None:
        return self._engine.server_pid if self._engine.alive() else None

    def start(self) -> None:
        if self._began:
            self._engine.restart()
        self._began = True  # the first time it runs already

    def serves(self) -> bool:
        return True

    def stop(self) -> None:
        """Whoever made the engine ends it."""


class Postgres(Spawned):
    """A server of PostgreSQL, on the data of a cluster that was made and stopped."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        super().__init__("postgres", cluster.in_foreground(), dict(os.environ), folder)
        self._cluster = cluster
        self._asking = create_engine(cluster.url("postgres"), pool_size=1)

    def serves(self) -> bool:
        with suppress(OperationalError), self._asking.connect() as connection:
            return connection.execute(text("select 1")).scalar() == 1
        return False

    def kill_a_backend(self, which: float) -> bool:
        """One of those that work for somebody, `which` of 0 to 1; then the server ends all and begins anew."""
        asked = "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() order by pid"
        with suppress(OperationalError), self._asking.connect() as connection:
            pids = list(connection.execute(text(asked)).scalars())
            if pids:
                os.kill(pids[int(which * len(pids))], signal.SIGKILL)
                return True
        return False

    def start(self) -> None:
        if self._child is None:
            self._cluster.stop()
        super().start()

    def stop(self) -> None:
        """Whoever made the cluster ends it."""
        self._asking.dispose()
