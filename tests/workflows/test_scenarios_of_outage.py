"""A scenario of the rule book: nobody works for three days, and what fell due meanwhile is done late but rightly."""

from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import select
from temporalio.client import Client

from arrears.store.session import Store
from arrears.store.tables import contact_attempts
from tests import stories
from tests.world import COLLECTOR, World, a_world

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

OUTAGE: Final = timedelta(days=3)
MINUTE: Final = timedelta(minutes=1)


async def _all_tried(world: World) -> str:
    """A third attempt in vain: a lead is asked at midnight, and a collector tries again in the morning."""
    case = await stories.to_third_contact(world)
    await world.decide(case, COLLECTOR, "follow_up", "na")
    return case


async def _goes_on_in(world: World, case: str) -> None:
    """The server skips no time while a case waits for a worker: the case is started anew, three days on."""
    await world.client.get_workflow_handle(case).terminate("the workers of this test are gone")
    await world.goes_on(case)
    await world.settled(case)


def _contacts(world: World, case: str) -> list[tuple[str, str]]:
    with world.store.reading() as connection:
        made = select(contact_attempts.c.purpose, contact_attempts.c.status)
        rows = connection.execute(made.where(contact_attempts.c.case_id == case))
        return [(row.purpose, row.status) for row in rows]


@pytest.mark.rule("4.6-1")
async def test_s45_worker_down_three_days(sqlite_store: Store, client: Client, tmp_path: Path) -> None:
    """What fell due is done in its order and once; each person's time runs from now."""
    async with a_world(sqlite_store, client, tmp_path) as world:
        case = await _all_tried(world)
        seq, due = world.case(case).seq, world.case(case).state["deadlines"]
        back_at = world.now_of(case) + OUTAGE
    assert due["escalate"] < due["follow_up"] < back_at.timestamp()
    async with a_world(sqlite_store, client, tmp_path, start_at=back_at) as world:
        await _goes_on_in(world, case)
        late = world.records(case)[seq:]
        assert [row.event["clock"] for row in late] == ["escalate", "follow_up"]
        assert all(row.at > back_at - MINUTE for row in late)
        assert sorted(task.kind for task in world.tasks(case)) == ["escalation", "follow_up"]
        assert all(task.due_at > back_at for task in world.tasks(case))
        assert _contacts(world, case) == [("collection", "made")] * 3, "nobody was contacted meanwhile"
        assert world.incidents() == []
        assert await world.agrees(case)


@pytest.mark.rule("T16")
async def test_s45_worker_down_three_days_and_a_task_too_late_is_no_secret(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    """Its owner is reminded, it is freed and a manager hears of it, each once, though all at one moment."""
    async with a_world(sqlite_store, client, tmp_path) as world:
        case = await stories.to_third_contact(world)
        task = world.task(case, "follow_up")
        world.desk.claim(COLLECTOR, task.task_id)
        back_at = world.now_of(case) + OUTAGE
    async with a_world(sqlite_store, client, tmp_path, start_at=back_at) as world:
        await _goes_on_in(world, case)
        late = world.task(case, "follow_up")
        assert (late.task_id, late.assignee, late.lateness) == (task.task_id, None, "reported")
        [overdue] = world.incidents()
        assert (overdue.kind, overdue.detail["task"]) == ("task_overdue", "follow_up")
        assert world.open_kinds(case) == {"follow_up"}, "two attempts are not three"


@pytest.mark.rule("C01", "4.6-4")
async def test_s45_worker_down_three_days_and_no_letter_goes_out_at_night(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    """The letter was due in the morning; the workers come back in the evening."""
    async with a_world(sqlite_store, client, tmp_path) as world:
        case = await stories.to_notice_waiting(world)
        back_at = world.now_of(case) + OUTAGE + 10 * MINUTE
    async with a_world(sqlite_store, client, tmp_path, start_at=back_at) as world:
        assert world.deadline(case, "send") < back_at
        await _goes_on_in(world, case)
        assert not list(world.letters.glob("*.pdf"))
        morning = world.zone_time(case).replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(1)
        assert world.deadline(case, "send") == morning
        await world.skip_to(case, morning + MINUTE)
        assert [letter.stem for letter in world.letters.glob("*.pdf")] == [world.notice(case).notice_id]
        assert _contacts(world, case)[-1] == ("notice", "made")


@pytest.mark.rule("4.6-1")
async def test_s45_worker_down_three_days_and_what_was_paid_meanwhile_is_heard_first(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    async with a_world(sqlite_store, client, tmp_path) as world:
        case = await _all_tried(world)
        seq, back_at = world.case(case).seq, world.now_of(case) + OUTAGE
    async with a_world(sqlite_store, client, tmp_path, start_at=back_at) as world:
        world.say_payment(world.case(case).loan_id, stories.OVERDUE, case_id=case)
        await _goes_on_in(world, case)
        assert [row.event.get("signal") for row in world.records(case)[seq:]] == ["payment_posted"]
        assert world.case(case).closed_reason == "CURED"
        assert {task.kind for task in world.tasks(case, status="cancelled")} == set()
