"""Scenario 12 of the rule book through the real workflow: clocks wait until yesterday's money is all here."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from sqlalchemy import insert
from temporalio.client import Client

from arrears import clock
from arrears.store import packs
from arrears.store.session import Store
from arrears.store.tables import ledger_closings
from tests.world import COLLECTOR, LEAD, World, a_world

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session"), pytest.mark.rule("4.6-1")]

WEDNESDAY: Final = date(2026, 3, 4)
HALF_A_MINUTE: Final = timedelta(seconds=30)


@pytest_asyncio.fixture(loop_scope="session")
async def world(sqlite_store: Store, client: Client, tmp_path: Path) -> AsyncIterator[World]:
    """A bank whose core says when a day is closed; it has not closed one of this week."""
    rules = packs.load("cn-bank-2026").rules
    rules = replace(rules, terms=replace(rules.terms, pack="eod.1", end_of_day=True))
    async with a_world(sqlite_store, client, tmp_path, rules=rules) as made:
        made.desk.money.keep_closing(date(2026, 3, 1), source="core-bank")
        yield made


def _close(world: World, case: str, day: date = WEDNESDAY) -> int | None:
    with clock.door_time(world.now_of(case)):
        return world.desk.money.keep_closing(day, source="core-bank")


async def _midnight(world: World) -> str:
    """Three attempts on three days; it is Thursday, 31 days past due, and Wednesday's batch is still to come."""
    case = await world.a_case(days_past_due=28, overdue=100_000)
    await world.decide(case, COLLECTOR, "first_contact", "na")
    for _ in range(2):
        await world.skip_to_clock(case, "follow_up")
        await world.decide(case, COLLECTOR, "follow_up", "na")
    await world.skip_unsettled(case, world.deadline(case, "escalate") - world.now_of(case) + HALF_A_MINUTE)
    assert world.zone_time(case).date() == WEDNESDAY + timedelta(days=1)
    return case


async def _looks_again(world: World, case: str) -> None:
    """A message that changes nothing has been heard: whatever it set off is over."""
    await world.until(lambda: all(said.settled_at is not None for said in world.messages(case)))


async def test_s12_timer_vs_payment(world: World) -> None:
    """Valued on the day before, booked seconds after midnight: nobody is asked, no notice, the case is cured."""
    case = await _midnight(world)
    assert world.open_kinds(case) == set(), "it waits for the end of Wednesday"
    world.say_payment(
        world.case(case).loan_id, 100_000, case_id=case, value_on=WEDNESDAY, booked_on=WEDNESDAY
    )
    assert _close(world, case) == 1
    await world.until(lambda: world.case(case).status == "closed")
    assert world.case(case).closed_reason == "CURED"
    assert "escalation" not in {task.kind for task in world.tasks(case, status="cancelled")}


async def test_s12_timer_vs_payment_and_nothing_was_paid(world: World) -> None:
    """Collectors go on meanwhile; with the end of the day the lead is asked at once."""
    case = await _midnight(world)
    explained = "\n".join(await world.client.get_workflow_handle(case).query("explain"))
    assert "as soon as the core bank has closed the day before" in explained
    await world.skip_unsettled(case, timedelta(hours=9))
    await world.until(lambda: world.open_kinds(case) == {"follow_up"})
    assert _close(world, case) == 1
    await world.until(lambda: "escalation" in world.open_kinds(case))
    await world.settled(case)
    assert _close(world, case) is None, "a day is closed once"
    await world.decide(case, LEAD, "escalation", "escalate")
    assert world.case(case).stage == "formal"


async def test_a_case_that_nobody_told_looks_by_itself_within_the_hour(world: World) -> None:
    case = await _midnight(world)
    row = {
        "business_date": WEDNESDAY,
        "source": "core-bank",
        "closed_at": datetime(2026, 3, 4, 18, tzinfo=UTC),
    }
    with world.store.transaction() as connection:
        connection.execute(insert(ledger_closings).values(row))
    await world.skip_unsettled(case, timedelta(hours=1, minutes=1))
    await world.until(lambda: "escalation" in world.open_kinds(case))


async def test_money_that_is_no_end_of_the_day_does_not_let_the_clock_ring(world: World) -> None:
    case = await _midnight(world)
    world.say_payment(world.case(case).loan_id, 10_000, case_id=case)
    await _looks_again(world, case)
    await world.skip_unsettled(case, timedelta(minutes=5))
    assert "escalation" not in world.open_kinds(case)
