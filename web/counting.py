"""How many tasks each split holds, remembered for some seconds for whoever walks through a list."""

import threading
from collections.abc import Callable, Hashable, Mapping
from datetime import datetime, timedelta
from typing import Final

from arrears import clock
from arrears.store.views import View

REMEMBERED: Final = timedelta(seconds=5)
_MOST: Final = 2_000  # entries, of which those past their time go first

Counted = Mapping[View, int]


class Counts:
    """One reader's counts stand for five seconds, and not beyond that reader's next act."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[str, Hashable], tuple[datetime, Counted]] = {}

    def of(self, staff_id: str, asked: Hashable, count: Callable[[], Counted]) -> Counted:
        now = clock.machine_now()
        with self._lock:
            known = self._known.get((staff_id, asked))
        if known is not None and now < known[0]:
            return known[1]
        counted = count()
        with self._lock:
            self._tidy(now)
            self._known[staff_id, asked] = (now + REMEMBERED, counted)
        return counted

    def forget(self, staff_id: str) -> None:
        with self._lock:
            for key in [key for key in self._known if key[0] == staff_id]:
                del self._known[key]

    def _tidy(self, now: datetime) -> None:
        if len(self._known) >= _MOST:
            self._known = {key: one for key, one in self._known.items() if now < one[0]}
