"""Starts a program that must not outlive us, and ends it: ours gently, a leftover of a dead parent surely."""

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from arrears.engine import tether

_LOOK_EVERY_SECONDS = 0.05


@dataclass(frozen=True)
class Launch:
    """What to run, in which folder, saying what where; `record` names the process for a later us."""

    command: Sequence[str]
    env: Mapping[str, str]
    folder: Path
    log: Path
    record: Path


class Child:
    """One running program; its process id is stable from the start."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._started, self._ended = threading.Event(), threading.Event()
        self._failure: OSError | None = None
        self._process: subprocess.Popen[bytes] | None = None
        # The kernel's tie is to the thread that starts the program, not to the process:
        # so a thread of its own starts it and stays until the end.
        threading.Thread(target=self._keep, name=f"keeps {launch.record.stem}", daemon=True).start()
        self._started.wait()
        if self._failure is not None:
            raise self._failure
        atexit.register(self.stop)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return None if self._process is None else self._process.returncode

    def is_alive(self) -> bool:
        return not self._ended.is_set()

    def ask_to_end(self) -> None:
        """Returns at once."""
        if self._process is not None:
            self._process.terminate()

    def stop(self, grace: float = 15.0) -> None:
        """Asks, waits, and only then kills."""
        self.ask_to_end()
        if not self._ended.wait(grace):
            self.kill()
        self._launch.record.unlink(missing_ok=True)
        atexit.unregister(self.stop)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
        self._ended.wait()

    def _keep(self) -> None:
        try:
            with self._launch.log.open("ab") as log:
                self._process = subprocess.Popen(
                    _tethered(self._launch.command),
                    env=dict(self._launch.env),
                    cwd=self._launch.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    # A session of its own: Ctrl-C at the terminal is for us, we end it in our order.
                    start_new_session=True,
                )
            _write_record(self._launch.record, self._process.pid)
        except OSError as failure:
            self._failure = failure
        finally:
            self._started.set()
        if self._process is not None:
            self._process.wait()
        self._ended.set()


def end_leftover(record: Path, *, grace: float = 10.0) -> bool:
    """Ends the process that `record` names, if it still is that one; True if there was something to end.

    Only for the holder of the data folder: what runs there without a holder has lost its parent.
    """
    left = _read_record(record)
    record.unlink(missing_ok=True)
    if left is None or _birth(left.pid) != left.birth:
        return False
    for sign in (signal.SIGTERM, signal.SIGKILL):
        os.kill(left.pid, sign)
        until = time.monotonic() + grace
        while time.monotonic() < until:
            if _birth(left.pid) != left.birth:
                return True
            time.sleep(_LOOK_EVERY_SECONDS)
    return True


@dataclass(frozen=True)
class _Record:
    pid: int
    birth: str
    """When the process began, as the system words it: a process id alone may have found a new owner."""


def _tethered(command: Sequence[str]) -> list[str]:
    if sys.platform != "linux" or not sys.executable:
        return list(command)
    return [sys.executable, "-I", "-S", tether.__file__, str(os.getpid()), *command]


def _write_record(record: Path, pid: int) -> None:
    birth = _birth(pid)
    if birth is not None:
        record.write_text(json.dumps(asdict(_Record(pid, birth))), encoding="utf-8")


def _read_record(record: Path) -> _Record | None:
    try:
        fields = json.loads(record.read_text(encoding="utf-8"))
        return _Record(pid=int(fields["pid"]), birth=str(fields["birth"]))
    except (OSError, ValueError, KeyError, TypeError):
        # A half-written note says nothing; the tie to the parent has done its work without it.
        return None


def _birth(pid: int) -> str | None:
    """None when there is no such process, or only its zombie."""
    if sys.platform != "linux":
        return _birth_by_ps(pid)
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None
    # The program's name stands in brackets and may itself hold blanks and brackets.
    fields = stat.rpartition(")")[2].split()
    state, ticks = fields[0], fields[19]
    return None if state in "ZX" else f"{boot}/{ticks}"


def _birth_by_ps(pid: int) -> str | None:
    said = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    state, _, began = said.partition(" ")
    return None if not began or state.startswith("Z") else began.strip()
