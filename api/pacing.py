"""How many requests a second one caller may make of this process: a short rush is borne, a flood is told to wait."""

import threading
import time
from collections.abc import Callable
from typing import Final

_SECOND: Final = 1_000_000_000  # nanoseconds


class TooManyRequests(Exception):
    """Come back in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


class Pace:
    """`rush` requests at once, and `per_second` in the long run; callers are those who proved who they are."""

    def __init__(self, per_second: int, *, rush: int, now: Callable[[], int] = time.monotonic_ns) -> None:
        self._gap = _SECOND // per_second
        self._slack = self._gap * (rush - 1)
        self._now = now
        # When each caller would be back at rest. One entry a person or a sender, so it stays small.
        self._rests_at: dict[str, int] = {}
        self._lock = threading.Lock()

    def take(self, caller: str) -> None:
        """Raises TooManyRequests, which costs the caller nothing."""
        with self._lock:
            now = self._now()
            rests_at = max(now, self._rests_at.get(caller, now))
            early = rests_at - now - self._slack
            if early > 0:
                raise TooManyRequests(-(-early // _SECOND))
            self._rests_at[caller] = rests_at + self._gap
