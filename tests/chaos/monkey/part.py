"""A part of a bank as a process of its own: it is started again, however it ended, as a supervisor would."""

import os
import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Protocol

from arrears.engine.errors import EngineError

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
    """Kept running by a thread until `end`; knows how often it ended by itself and how soon it served again."""

    name: str
    program: Program
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
