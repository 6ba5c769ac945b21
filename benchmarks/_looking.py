"""What the benchmarks look at: rows that become visible, and what the processes of a system cost."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from sqlalchemy import Connection

from arrears.store.session import Store

Steps = Callable[[Connection, Sequence[str]], Mapping[str, int]]


class Watch:
    """One look at the database for everybody who waits: sixteen lookers would measure each other."""

    def __init__(self, store: Store, steps: Steps) -> None:
        """`steps` says how far each of these cases has come; `store` is the one in which steps are written."""
        self._store = store
        self._steps = steps
        self._waiting: dict[str, tuple[int, asyncio.Future[float]]] = {}
        self._written = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        store.on_commit(self._ring)

    def _ring(self) -> None:
        self._loop.call_soon_threadsafe(self._written.set)

    async def reached(self, case_id: str, step: int) -> float:
        """The moment at which the step could be seen."""
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting[case_id] = step, future
        self._written.set()  # it may have been written before anybody waited
        return await future

    async def look(self) -> None:
        """Until cancelled. Whoever waits for what cannot be looked at is told so."""
        try:
            await self._look()
        except Exception as broken:
            for _, future in self._waiting.values():
                future.set_exception(broken)
            raise

    async def _look(self) -> None:
        while True:
            await self._written.wait()  # looking all the time would be measured too
            self._written.clear()
            if not self._waiting:
                continue
            found = await asyncio.to_thread(self._seen, list(self._waiting))
            now = time.perf_counter()
            for case_id, (step, future) in list(self._waiting.items()):
                if found.get(case_id, 0) >= step:
                    del self._waiting[case_id]
                    future.set_result(now)

    def _seen(self, names: Sequence[str]) -> Mapping[str, int]:
        with self._store.reading() as connection:
            return self._steps(connection, names)


def cpu_of(pid: int) -> float:
    """Seconds of a process, with those of its children that have ended."""
    fields = _stat(pid)
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def cpu_below(pid: int) -> float:
    """Seconds of a process and of all that it started."""
    return cpu_of(pid) + sum(cpu_of(child) for child in _children(pid))


def _children(pid: int) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and _parent(int(entry.name)) == pid:
            yield int(entry.name)


def _parent(pid: int) -> int | None:
    try:
        return int(_stat(pid)[1])
    except FileNotFoundError:
        return None


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
