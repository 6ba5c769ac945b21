"""A case from its first overdue day to its close, on the real server with skipped time."""

import pytest

from tests.world import ADVISOR, COLLECTOR, LEAD, SECOND, World

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]


async def test_a_case_opens_with_a_first_contact(world: World) -> None:
    case = await world.a_case()
    row = world.case(case)
    assert (row.status, row.stage, row.seq) == ("open", "initial", 1)
    assert world.open_kinds(case) == {"first_contact"}


async def test_money_in_full_ends_the_case_as_cured(world: World) -> None:
    case = await world.a_case(overdue=100_000, balance=500_000)
    await world.pay(case, 100_000)
    row = world.case(case)
    assert (row.status, row.closed_reason, row.balance_minor) == ("closed", "CURED", 400_000)
    assert world.open_kinds(case) == set()


@pytest.mark.rule("T7")
async def test_from_first_call_to_court_two_advisors_later(world: World) -> None:
    case = await world.a_case(days_past_due=80)
    await world.decide(case, COLLECTOR, "first_contact", "na")
    for outcome in ("na", "rtp"):
        await world.skip_to_clock(case, "follow_up")
        await world.decide(case, COLLECTOR, "follow_up", outcome, reason="拒绝还款")
    await world.decide(case, LEAD, "escalation", "escalate")
    assert world.case(case).stage == "formal"
    await world.decide(case, LEAD, "notice_release", "release")
    await world.report_delivery(case, "arrived")
    assert await world.skip_to_deadline(case) == "cure"
    assert world.open_kinds(case) == {"legal_review"}
    await world.decide(case, ADVISOR, "legal_review", "sue")
    await world.decide(case, SECOND, "second_approval", "approve")
    assert (world.case(case).stage, world.case(case).status) == ("legal", "open")
    assert world.open_kinds(case) == {"filing"}
    await world.decide(case, ADVISOR, "filing", "filed")
    assert world.open_kinds(case) == set()
    await world.pay(case, 500_000)
    assert (world.case(case).status, world.open_kinds(case)) == ("open", {"court_end"})
    await world.decide(case, ADVISOR, "court_end", "withdraw")
    assert world.case(case).closed_reason == "PAID_OFF"
    assert world.incidents() == []
