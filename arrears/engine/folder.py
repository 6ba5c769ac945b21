"""What lies where in an engine's data folder, and who may use it."""

import json
import os
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from arrears.engine.errors import FolderInUse
from arrears.engine.programs import Form

if sys.platform != "win32":
    import fcntl

_LOG_LIMIT_BYTES: Final = 5_000_000
_LINE_LIMIT: Final = 300


@dataclass(frozen=True)
class Memory:
    """What an engine remembers between two starts."""

    form: Form | None = None
    ports: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class EngineFolder:
    root: Path

    @classmethod
    def below(cls, data_dir: Path) -> "EngineFolder":
        """Absolute, since the servers run in a folder of their own."""
        return cls((data_dir / "temporal").expanduser().resolve())

    @property
    def histories(self) -> Path:
        """The SQLite file; what it holds may still be in the `-wal` file beside it."""
        return self.root / "histories.sqlite"

    @property
    def visibility(self) -> Path:
        return self.root / "visibility.sqlite"

    @property
    def cli_database(self) -> Path:
        return self.root / "cli.sqlite"

    @property
    def dynamic_config(self) -> Path:
        return self.root / "dynamic-config.yaml"

    @property
    def server_log(self) -> Path:
        return self.root / "server.log"

    @property
    def ui_log(self) -> Path:
        return self.root / "ui.log"

    @property
    def server_record(self) -> Path:
        return self.root / "server.process"

    @property
    def ui_record(self) -> Path:
        return self.root / "ui.process"

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """One engine at a time; the system lets go when the holder dies, however it dies."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._holder.open("a+", encoding="ascii") as holder:
            if sys.platform != "win32":
                try:
                    fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    holder.seek(0)
                    raise FolderInUse(self.root, holder.read().strip()) from None
            holder.truncate(0)
            holder.write(str(os.getpid()))
            holder.flush()
            yield

    def holder(self) -> str | None:
        """The process that has the folder now, None when nobody has; looking changes nothing."""
        if sys.platform == "win32" or not self._holder.exists():
            return None
        with self._holder.open(encoding="ascii") as holder:
            try:
                fcntl.flock(holder, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return holder.read().strip() or "unknown"
        return None

    def recall(self) -> Memory:
        """An empty memory where there is none, or none that can be read."""
        try:
            known = json.loads(self._memory.read_text(encoding="utf-8"))
            return Memory(
                form=Form(known["form"]),
                ports={str(name): int(port) for name, port in known["ports"].items()},
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return Memory()

    def remember(self, memory: Memory) -> None:
        new = self._memory.with_suffix(".new")
        new.write_text(json.dumps({"form": memory.form, "ports": memory.ports}, indent=1), encoding="utf-8")
        new.replace(self._memory)

    @property
    def _holder(self) -> Path:
        return self.root / "holder"

    @property
    def _memory(self) -> Path:
        return self.root / "engine.json"


def make_room(log: Path) -> None:
    """A long log becomes the old log, so that two of them are the most there ever is."""
    if log.exists() and log.stat().st_size > _LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".log.old"))


def last_lines(log: Path, count: int = 6) -> list[str]:
    try:
        with log.open(encoding="utf-8", errors="replace") as lines:
            return [line.rstrip()[:_LINE_LIMIT] for line in deque(lines, maxlen=count)]
    except OSError:
        return []
