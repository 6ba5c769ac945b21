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
FIRST: Final = 0.03
BETWEEN: Final = 0.1


async def until_settled(desk: Desk, who: Person, message_id: str, *, patience: float = PATIENCE) -> None:
    """Returns when the case has answered, after `patience` seconds at the latest; most answer within the first looks."""
    waited, pause = 0.0, FIRST
    while await run_in_threadpool(_is_under_way, desk, who, message_id) and waited < patience:
        await asyncio.sleep(pause)
        waited, pause = waited + pause, min(BETWEEN, 1.5 * pause)


def _is_under_way(desk: Desk, who: Person, message_id: str) -> bool:
    try:
        return desk.answer_state(who, message_id).status in UNDER_WAY
    except NotFound:
        return False  # nothing was said to a case
