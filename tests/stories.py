"""How a case comes to each of its stages, told with the people who bring it there."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

from tests.world import ADVISOR, COLLECTOR, LEAD, SECOND, World

OVERDUE: Final = 100_000
BALANCE: Final = 500_000
# 23:00 in Shanghai: whatever is released now waits for the morning.
LATE: Final = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)

Story = Callable[[World], Awaitable[str]]


async def to_initial(world: World) -> str:
    """Old enough for every later stage; nobody has called yet."""
    return await world.a_case(days_past_due=80, overdue=OVERDUE, balance=BALANCE)


async def to_formal(world: World) -> str:
    case = await to_initial(world)
    await world.decide(case, COLLECTOR, "first_contact", "rtp", reason="拒绝还款")
    await world.decide(case, LEAD, "escalation", "escalate")
    return case


async def to_notice_released(world: World) -> str:
    """Released; by day it goes out at once, at night it waits for the morning."""
    case = await to_formal(world)
    await world.decide(case, LEAD, "notice_release", "release")
    return case


async def to_notice_arrived(world: World) -> str:
    case = await to_notice_released(world)
    await world.report_delivery(case, "arrived")
    return case


async def to_review(world: World) -> str:
    case = await to_notice_released(world)
    await world.skip_to_deadline(case)
    return case


async def to_second_approval(world: World) -> str:
    case = await to_review(world)
    await world.decide(case, ADVISOR, "legal_review", "sue")
    return case


async def to_legal(world: World) -> str:
    case = await to_second_approval(world)
    await world.decide(case, SECOND, "second_approval", "approve")
    return case
