"""How long a server that is still settling is asked again before a person is told."""

import asyncio
import time

from arrears.engine.errors import EngineError

_TRY_AGAIN_SECONDS = 0.1


class Patience:
    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    async def once_more(self, why: str) -> None:
        """A short rest before the next try; raises, with the last reason, when the time is used up."""
        if time.monotonic() >= self._until:
            raise EngineError(f"Temporal did not become usable in time: {why}.")
        await asyncio.sleep(_TRY_AGAIN_SECONDS)
