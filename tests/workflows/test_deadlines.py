"""Money goes before a deadline: what was paid in time is heard before the clock acts, however late it comes."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client

from arrears import clock
from arrears.store.intents import PaymentIn
from arrears.store.session import Store
from tests import stories
from tests.workflows.by_hand import written
from tests.workflows.histories import rests, tally
from tests.world import COLLECTOR, OPS, World, a_world

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

SECOND = timedelta(seconds=1)


@pytest_asyncio.fixture(loop_scope="session")
async def world(sqlite_store: Store, client: Client, tmp_path: Path) -> AsyncIterator[World]:
    """The relay is off: a test says when it runs."""
    async with a_world(sqlite_store, client, tmp_path, relaying=False) as made:
        yield made


def _pay_at(world: World, case: str, amount: int, instant: datetime) -> str:
    """A payment that the bank accepted at exactly this instant of the case's time."""
    loan_id = world.case(case).loan_id
    day = world.rules.calendar.day_of(int(instant.timestamp()))
    payment = PaymentIn(f"P-{loan_id}-{amount}", loan_id, day, day, amount, world.rules.terms.currency)
    with clock.door_time(instant):
        posted = world.desk.money.post_payment(OPS, payment)
    assert posted.message_id is not None
    return posted.message_id


def _steps(world: World, case: str) -> list[str]:
    """What each step of the case was about, in order."""
    return [
        row.event.get("signal") or row.event.get("clock") or row.event["kind"] for row in world.records(case)
    ]


async def _tried(world: World, case: str, *, times: int) -> None:
    """Until the case has asked for so many steps beyond those that were granted it."""
    granted = world.case(case).seq

    async def asked() -> bool:
        return bool(tally(await world.legal_history(case))["marker_recorded"] >= granted + times)

    await world.until(asked)


async def _with_escalation_ahead(world: World) -> tuple[str, datetime]:
    """Collectors have tried three times; the next thing to come is the question to a lead."""
    async with world.relaying():
        case = await stories.to_third_contact(world)
        await world.decide(case, COLLECTOR, "follow_up", "noint")
    row = world.case(case)
    assert (row.next_deadline, world.open_kinds(case)) == ("escalate", set())
    return case, row.next_deadline_at


@pytest.mark.rule("4.6-1")
async def test_paid_one_second_before_the_deadline_and_told_after_it_the_clock_never_acts(
    world: World,
) -> None:
    case, due = await _with_escalation_ahead(world)
    before = _steps(world, case)
    paid = _pay_at(world, case, stories.OVERDUE, due - SECOND)
    await world.skip_unsettled(case, due + 5 * SECOND - world.now_of(case))
    await _tried(world, case, times=1)
    assert world.now_of(case) > due
    assert (_steps(world, case), world.open_kinds(case)) == (before, set())
    async with world.relaying():
        await world.settled(case)
    assert world.case(case).closed_reason == "CURED"
    assert world.message(paid).status == "applied"
    assert _steps(world, case) == [*before, "payment_posted"]
    assert list(world.tasks(case, status="cancelled")) == []


async def test_paid_one_second_after_the_deadline_the_clock_has_acted_and_the_money_undoes_it(
    world: World,
) -> None:
    case, due = await _with_escalation_ahead(world)
    before = _steps(world, case)
    await world.skip_to(case, due)
    await world.until(lambda: world.open_kinds(case) == {"escalation"})
    _pay_at(world, case, stories.OVERDUE, due + SECOND)
    async with world.relaying():
        await world.settled(case)
    assert world.case(case).closed_reason == "CURED"
    assert _steps(world, case) == [*before, "escalate", "payment_posted"]
    assert world.records(case)[-2].at >= due
    assert {task.kind for task in world.tasks(case, status="cancelled")} == {"escalation"}


async def test_after_a_part_payment_the_deadline_acts_on_what_is_left(world: World) -> None:
    case, due = await _with_escalation_ahead(world)
    before = _steps(world, case)
    _pay_at(world, case, 40_000, due - SECOND)
    await world.skip_unsettled(case, due + 5 * SECOND - world.now_of(case))
    await _tried(world, case, times=1)
    async with world.relaying():
        await world.settled(case)
    assert _steps(world, case) == [*before, "payment_posted", "escalate"]
    assert world.task(case, "escalation").facts["overdue_minor"] == 60_000


async def test_a_deadline_that_waits_for_money_asks_again_once_an_hour_and_not_more_often(
    world: World,
) -> None:
    case, due = await _with_escalation_ahead(world)
    seq = world.case(case).seq
    _pay_at(world, case, 40_000, due - SECOND)
    await world.skip_unsettled(case, due + 5 * SECOND - world.now_of(case))
    await _tried(world, case, times=1)
    before = tally(await world.legal_history(case))
    for hour in range(1, 4):
        await world.skip_unsettled(case, timedelta(hours=1))
        await _tried(world, case, times=1 + hour)
    after = tally(await world.legal_history(case))
    assert after["marker_recorded"] - before["marker_recorded"] == 3
    assert after["timer_started"] - before["timer_started"] == 3
    assert world.case(case).seq == seq


@pytest.mark.rule("4.6-1", "4.6-4")
async def test_a_notice_does_not_go_out_while_money_is_on_its_way(world: World) -> None:
    async with world.relaying():
        case = await stories.to_notice_waiting(world)
    due, steps = world.case(case).next_deadline_at, _steps(world, case)
    assert world.case(case).next_deadline == "send"
    _pay_at(world, case, stories.OVERDUE, due - SECOND)
    await world.skip_unsettled(case, due + 5 * SECOND - world.now_of(case))
    await world.until(lambda: _steps(world, case) == [*steps, "send_answered"])
    assert not list(world.letters.glob("*.pdf"))
    async with world.relaying():
        await world.settled(case)
    assert world.case(case).closed_reason == "CURED"
    assert world.notice(case).status == "withdrawn"


@pytest.mark.rule("4.6-1")
async def test_money_is_heard_before_a_word_that_was_said_earlier(world: World) -> None:
    async with world.relaying():
        case = await stories.to_third_contact(world)
    due = world.deadline(case, "escalate")
    word = world.say_decision(case, COLLECTOR, "follow_up", "na")
    paid = _pay_at(world, case, 40_000, due - SECOND)
    await world.skip_unsettled(case, due + 5 * SECOND - world.now_of(case))
    await _tried(world, case, times=1)
    async with world.relaying():
        await world.settled(case)
    heard = [row.event.get("message_id") for row in world.records(case)]
    assert heard.index(paid) < heard.index(word)
    assert [world.message(said).status for said in (paid, word)] == ["applied", "applied"]


async def test_a_deadline_that_fires_together_with_a_signal_leaves_one_timer_armed(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    async with a_world(sqlite_store, client, tmp_path, working=False, relaying=False) as world:
        async with world.working():
            case, due = await _with_escalation_ahead(world)
            async with world.relaying():
                await world.skip(case, due - 6 * SECOND - world.now_of(case))
        fired_before = tally(await world.legal_history(case))["timer_fired"]

        async def fired() -> bool:
            return tally(await world.legal_history(case))["timer_fired"] == fired_before + 1

        # Nobody works: the timer fires by itself and the signal joins it in one workflow task.
        await world.until(fired)
        await world.type_signal(case, "weather", written("rain"))
        async with world.relaying(), world.working():
            await world.until(lambda: len(world.incidents("junk_signal")) == 1)
            await world.until(lambda: world.open_kinds(case) == {"escalation"})
            await world.settled(case)
            await world.until(partial(rests, world, case))
            timers = tally(await world.legal_history(case))
            assert timers["timer_started"] - timers["timer_fired"] - timers["timer_canceled"] == 1
