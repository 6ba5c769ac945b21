"""Calls to a server with much to do: it drops one now and then, and takes the same one a moment later."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from temporalio.service import RPCError, RPCStatusCode

from api.gateway import TemporalAway

# Seconds before each try after the first.
_PAUSES: Final = (0.2, 0.5, 1.0, 2.0, 4.0)
_DROPPED: Final = frozenset(
    {RPCStatusCode.CANCELLED, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.UNAVAILABLE}
)

Answer = TypeVar("Answer")


def is_dropped(error: RPCError) -> bool:
    """Whether the server left the call lying, so that it may or may not have been heard."""
    return error.status in _DROPPED


async def patiently(call: Callable[[], Awaitable[Answer]]) -> Answer:
    """For calls that may be heard twice. Raises what the last try raised, and at once what no other try would mend."""
    for pause in _PAUSES:
        try:
            return await call()
        except TemporalAway:
            pass
        except RPCError as error:
            if not is_dropped(error):
                raise
        await asyncio.sleep(pause)
    return await call()
