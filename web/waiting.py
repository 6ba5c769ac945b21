"""Waits a moment for a case to apply what somebody said, so that most people see a result and not a promise."""

import asyncio
from typing import Final

from fastapi.concurrency import run_in_threadpool

from api.auth.person import Person
from api.desk.desk import Desk
from api.desk.errors import NotFound
from arrears.store.queries import UNDER_WAY

# Usually some hundredths of a second; longer than two seconds nobody shall wait.
PATIENCE: Final = 2.0
BETWEEN: Final = 0.1


async def until_settled(desk: Desk, who: Person, message_id: str, *, patience: float = PATIENCE) -> None:
    """Returns when the case has answered, after `patience` seconds at the latest."""
    for _look in range(max(1, round(patience / BETWEEN))):
        try:
            state = await run_in_threadpool(desk.answer_state, who, message_id)
        except NotFound:
            return  # nothing was said to a case
        if state.status not in UNDER_WAY:
            return
        await asyncio.sleep(BETWEEN)
