"""A payment in full ends a case at once, wherever it stands; nothing of it is left open."""

import pytest
from temporalio.client import WorkflowExecutionStatus

from tests import stories
from tests.world import World

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

BY_DAY: list[tuple[stories.Story, str, set[str]]] = [
    (stories.to_initial, "initial", {"first_contact"}),
    (stories.to_formal, "formal", {"notice_release"}),
    (stories.to_notice_released, "formal", set()),
    (stories.to_notice_arrived, "formal", set()),
    (stories.to_review, "formal", {"legal_review"}),
    (stories.to_second_approval, "formal", {"second_approval"}),
    (stories.to_legal, "legal", {"filing"}),
]


async def _is_closed_for_good(world: World, case: str, reason: str) -> None:
    row = world.case(case)
    assert (row.status, row.closed_reason, row.next_deadline) == ("closed", reason, None)
    assert world.open_kinds(case) == set()
    assert [m.status for m in world.messages(case)] == ["applied"] * len(world.messages(case))
    handle = world.client.get_workflow_handle(case)
    assert await handle.result() == reason
    assert (await handle.describe()).status == WorkflowExecutionStatus.COMPLETED
    assert world.incidents() == []


@pytest.mark.rule("4.5")
@pytest.mark.parametrize(("story", "stage", "tasks"), BY_DAY, ids=lambda it: getattr(it, "__name__", ""))
async def test_a_payment_of_what_is_overdue_cures_the_case_wherever_it_stands(
    world: World, story: stories.Story, stage: str, tasks: set[str]
) -> None:
    case = await story(world)
    # An advisor's second look waits for the later of approval and day 91; money does not wait for either.
    assert (world.case(case).stage, world.open_kinds(case)) == (stage, tasks)
    await world.pay(case, stories.OVERDUE)
    await _is_closed_for_good(world, case, "CURED")
    assert world.case(case).balance_minor == stories.BALANCE - stories.OVERDUE


@pytest.mark.rule("4.5")
async def test_a_payment_of_everything_ends_the_case_as_paid_off(world: World) -> None:
    case = await stories.to_legal(world)
    await world.pay(case, stories.BALANCE)
    await _is_closed_for_good(world, case, "PAID_OFF")


@pytest.mark.rule("C01", "1.2")
async def test_a_notice_that_waits_for_the_morning_is_withdrawn_by_money_and_never_sent(world: World) -> None:
    case = await stories.to_notice_waiting(world)
    assert (world.notice(case).status, world.case(case).next_deadline) == ("released", "send")
    await world.pay(case, stories.OVERDUE)
    await _is_closed_for_good(world, case, "CURED")
    assert world.notice(case).status == "withdrawn"
    assert not list(world.letters.glob("*.pdf"))


@pytest.mark.rule("1.2")
async def test_a_part_payment_withdraws_a_notice_of_another_amount_and_a_lead_is_asked_again(
    world: World,
) -> None:
    case = await stories.to_notice_waiting(world)
    await world.pay(case, 40_000)
    assert world.notice(case).status == "withdrawn"
    assert world.open_kinds(case) == {"notice_release"}
    assert world.case(case).overdue_minor == 60_000
