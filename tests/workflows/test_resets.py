"""After a reset the database wins: workflow and database agree again, and nothing is written twice."""

from datetime import timedelta

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, ResetReapplyExcludeType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest

from tests import stories
from tests.world import COLLECTOR, LEAD, World

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

SIGNALS = ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL


async def _reset_to_first_task(world: World, case: str, *, without_signals: bool) -> None:
    history = await world.legal_history(case)
    first = next(e for e in history if e.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED)
    handle = world.client.get_workflow_handle(case)
    run_id = (await handle.describe()).run_id
    await world.client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=world.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=case, run_id=run_id),
            reason="a test",
            workflow_task_finish_event_id=first.event_id,
            request_id=f"reset-{case}-{without_signals}-{len(history)}",
            reset_reapply_exclude_types=[SIGNALS] if without_signals else [],
        )
    )


def _all_there_is(world: World, case: str) -> dict[str, object]:
    return {
        "case": world.case(case).digest,
        "seq": world.case(case).seq,
        "records": [row.print for row in world.records(case)],
        "messages": [(row.message_id, row.status, row.settled_seq) for row in world.messages(case)],
        "open": sorted(world.open_kinds(case)),
        "done": [row.task_id for row in world.tasks(case, status="done")],
    }


async def _in_the_middle(world: World) -> str:
    """Some words said and some money paid, in two stages."""
    case = await stories.to_formal(world)
    await world.pay(case, 10_000)
    return case


@pytest.mark.parametrize("without_signals", [False, True], ids=["signals again", "without its signals"])
async def test_after_a_reset_and_a_nudge_both_agree_and_nothing_is_doubled(
    world: World,
    without_signals: bool,
) -> None:
    case = await _in_the_middle(world)
    before = _all_there_is(world, case)
    await _reset_to_first_task(world, case, without_signals=without_signals)
    await world.gateway.nudge(case)
    await world.until(lambda: world.agrees(case))
    assert _all_there_is(world, case) == before
    assert world.incidents() == []
    await world.decide(case, LEAD, "notice_release", "release")
    await world.pay(case, 90_000)
    assert world.case(case).closed_reason == "CURED"
    assert world.case(case).seq == len(world.records(case))


async def test_a_case_that_was_reset_and_never_nudged_agrees_after_its_next_event(world: World) -> None:
    case = await _in_the_middle(world)
    await _reset_to_first_task(world, case, without_signals=True)
    await world.decide(case, LEAD, "notice_release", "cancel", reason="金额有误")
    assert await world.agrees(case)
    assert world.case(case).seq == len(world.records(case))
    assert world.case(case).next_deadline == "notice"


async def test_a_reset_of_a_reset_in_skipped_time_turns_no_clock_back(world: World) -> None:
    case = await world.a_case(days_past_due=5)
    await world.decide(case, COLLECTOR, "first_contact", "na")
    await world.skip(case, timedelta(days=10))
    before = [row.at for row in world.records(case)]
    for _ in range(2):
        await _reset_to_first_task(world, case, without_signals=True)
        await world.gateway.nudge(case)
        await world.until(lambda: world.agrees(case))
    await world.pay(case, 10_000)
    after = [row.at for row in world.records(case)]
    assert after[: len(before)] == before
    assert after == sorted(after)
    assert await world.agrees(case)


async def test_a_reset_in_a_later_run_is_healed_as_well(world: World) -> None:
    """The case had a fresh history; its first task is not its opening."""
    case = await world.a_case()
    for amount in range(1, 6):
        await world.pay(case, amount)
    before = _all_there_is(world, case)
    await _reset_to_first_task(world, case, without_signals=False)
    await world.gateway.nudge(case)
    await world.until(lambda: world.agrees(case))
    assert _all_there_is(world, case) == before
