"""A store that tells whose step was written, and stops the simulation at the first step that could not be."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event
from temporalio import activity

from arrears.store.session import Store

Failed = Callable[[str, BaseException], None]


class WatchedStore(Store):
    """Activities write from threads of their own and know their case; whoever waits for one is woken at once."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        if self.is_sqlite:
            event.listen(engine, "connect", _quick)
        self._written: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._failed: dict[str, BaseException] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def listen(self) -> None:
        """To be called in the event loop in which others wait."""
        self._loop = asyncio.get_running_loop()

    def written(self, case_id: str) -> asyncio.Event:
        """Set after each step of the case; whoever waits for it clears it first."""
        return self._written[case_id]

    def failure(self, case_id: str) -> BaseException | None:
        """Why a step of the case could not be written. Temporal would try again, and skip its patience too."""
        return self._failed.get(case_id)

    def forget(self, case_id: str) -> None:
        self._written.pop(case_id, None)

    @contextmanager
    def transaction(self, *, told: bool = True) -> Iterator[Connection]:
        case_id = (activity.info().workflow_id or "") if activity.in_activity() else ""
        try:
            with super().transaction(told=told) as connection:
                yield connection
        except Exception as failure:
            if case_id:
                self._failed[case_id] = failure
                self._wake(case_id)
            raise
        if case_id:
            self._wake(case_id)

    def _wake(self, case_id: str) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._written[case_id].set)


def _quick(connection: Any, _record: object) -> None:
    # Nothing is lost when the process is killed. A power cut may take the last steps, and since each case goes on
    # from what the database holds, they are taken again.
    connection.execute("PRAGMA synchronous=NORMAL")
