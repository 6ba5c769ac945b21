"""How a case comes to each of its stages, told with the people who bring it there."""

from collections.abc import Awaitable, Callable
from typing import Final

from tests.world import ADVISOR, COLLECTOR, LEAD, SECOND, World

OVERDUE: Final = 100_000
# The court's fee for a claim of so much is 1,050.00.
BALANCE: Final = 5_000_000
# At this hour in Shanghai nobody is contacted any more: whatever is released now waits for the morning.
LATE_HOUR: Final = 23

Story = Callable[[World], Awaitable[str]]


async def to_initial(world: World) -> str:
    """Old enough for every later stage; nobody has called yet."""
    return await world.a_case(days_past_due=80, overdue=OVERDUE, balance=BALANCE)


async def to_third_contact(world: World) -> str:
    """Called in vain on two days; on the third morning a collector is to try again."""
    case = await to_initial(world)
    await world.decide(case, COLLECTOR, "first_contact", "na")
    await world.skip_to_clock(case, "follow_up")
    await world.decide(case, COLLECTOR, "follow_up", "na")
    await world.skip_to_clock(case, "follow_up")
    return case


async def to_escalation(world: World) -> str:
    """At the third attempt the debtor refuses, and a lead is asked at once."""
    case = await to_third_contact(world)
    await world.decide(case, COLLECTOR, "follow_up", "rtp", reason="拒绝还款")
    return case


async def to_formal(world: World) -> str:
    case = await to_escalation(world)
    await world.decide(case, LEAD, "escalation", "escalate")
    return case


async def to_notice_released(world: World) -> str:
    """Released by day: it goes out at once."""
    case = await to_formal(world)
    await world.decide(case, LEAD, "notice_release", "release")
    return case


async def to_notice_waiting(world: World) -> str:
    """Released late in the evening: it waits for the morning."""
    case = await to_formal(world)
    await world.skip_to(case, world.zone_time(case).replace(hour=LATE_HOUR, minute=0))
    await world.decide(case, LEAD, "notice_release", "release")
    return case


async def to_notice_arrived(world: World) -> str:
    case = await to_notice_released(world)
    await world.report_delivery(case, "arrived")
    return case


async def to_review(world: World) -> str:
    """The debtor's time after the arrival has ended."""
    case = await to_notice_arrived(world)
    await world.skip_to_clock(case, "cure")
    return case


async def to_second_approval(world: World) -> str:
    case = await to_review(world)
    await world.decide(case, ADVISOR, "legal_review", "sue")
    return case


async def to_legal(world: World) -> str:
    """An advisor is asked to file."""
    case = await to_second_approval(world)
    await world.decide(case, SECOND, "second_approval", "approve")
    return case


async def to_filed(world: World) -> str:
    """A claim of all that is owed lies before the court."""
    case = await to_legal(world)
    await world.decide(case, ADVISOR, "filing", "filed")
    return case
