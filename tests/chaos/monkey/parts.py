"""The parts of a bank as processes of their own: each is started again, however it ended, as a supervisor would."""

import os
import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import httpx
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from arrears.engine.embedded import Engine
from arrears.engine.errors import EngineError
from arrears.engine.processes import Child, Launch
from tests.postgres import Cluster

_LOOK_SECONDS: Final = 0.05
_PAUSE_SECONDS: Final = 0.2  # before a part that ended is started again


class Program(Protocol):
    """One program that can be started many times; `pid` is None while it does not run."""

    @property
    def pid(self) -> int | None: ...

    def start(self) -> None: ...

    def serves(self) -> bool: ...

    def stop(self) -> None: ...


@dataclass
class Part:
    """Kept running by a thread until `end`; knows how often it was killed and how soon it served again."""

    name: str
    program: Program
    kills: int = 0
    ended_by_itself: int = 0
    again: list[float] = field(default_factory=list)  # seconds from each start after a death until it served
    _up: threading.Event = field(default_factory=threading.Event)
    _ending: threading.Event = field(default_factory=threading.Event)
    _killed: bool = False
    _keeper: threading.Thread | None = None

    def begin(self) -> None:
        self._keeper = threading.Thread(target=self._keep, name=f"keeps {self.name}", daemon=True)
        self._keeper.start()

    def until_it_serves(self, seconds: float) -> None:
        if not self._up.wait(seconds):
            raise TimeoutError(f"{self.name} does not serve")

    def kill(self) -> bool:
        """By kill -9; False when there was nothing to kill."""
        pid = self.program.pid
        if pid is None or self._ending.is_set():
            return False
        self._killed = True
        self._up.clear()
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        self.kills += 1
        return True

    def end(self) -> None:
        """In good order."""
        self._ending.set()
        if self._keeper is not None:
            self._keeper.join(60)
        self.program.stop()

    def _keep(self) -> None:
        first = True
        while not self._ending.is_set():
            began = time.monotonic()
            with suppress(EngineError):  # killed while it came up
                self.program.start()
            if self._comes_up():
                if not first:
                    self.again.append(time.monotonic() - began)
                self._up.set()
            first = False
            self._watch()
            self._ending.wait(_PAUSE_SECONDS)

    def _comes_up(self) -> bool:
        while self.program.pid is not None and not self._ending.is_set():
            if self.program.serves():
                return True
            time.sleep(_LOOK_SECONDS)
        return False

    def _watch(self) -> None:
        while self.program.pid is not None and not self._ending.is_set():
            time.sleep(_LOOK_SECONDS)
        self._up.clear()
        if not self._ending.is_set() and not self._killed:
            self.ended_by_itself += 1
        self._killed = False


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
