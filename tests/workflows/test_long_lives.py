"""However much is said to a case, each of its histories stays short, its state small, and each word is applied once."""

import asyncio
from dataclasses import asdict
from functools import partial
from pathlib import Path

import pytest
from temporalio.client import Client

from arrears.contracts import canonical
from arrears.store.session import Store
from arrears.store.states import state_from_json
from tests.workflows.by_hand import copied
from tests.workflows.histories import tally
from tests.world import COLLECTOR, World, a_world

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

MANY = 400
BURST = 16
THOUSAND = 1_000


def _payments(world: World, case: str, many: int) -> list[str]:
    loan = world.case(case).loan_id
    posted = [world.say_payment(loan, 1 + n % 9, case_id=case) for n in range(many)]
    return [str(each.message_id) for each in posted]


def _has_come(world: World, case: str, *, seq: int) -> bool:
    return bool(world.case(case).seq >= seq)


async def test_four_hundred_signals_in_bursts_over_twenty_fresh_histories_are_each_applied_once(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    async with a_world(sqlite_store, client, tmp_path, relaying=False, run_events=24) as world:
        async with world.relaying():
            case = await world.a_case(overdue=1_000_000, balance=2_000_000)
        said = _payments(world, case, MANY)
        world.mark_sent(said)
        payloads = [copied(world.message(message_id)) for message_id in said]
        for n in range(0, MANY, BURST):
            # The first of each burst finds the history long enough: the others go unheard into the next one.
            burst = payloads[n : n + BURST]
            await asyncio.gather(*(world.type_signal(case, "payment_posted", said) for said in burst))
            await world.until(partial(_has_come, world, case, seq=1 + n + BURST))
        await world.settled(case, seconds=120)
        await world.until(lambda: world.agrees(case))
        rows = world.records(case)
        assert [row.seq for row in rows] == list(range(1, MANY + 2))
        assert sorted(row.event["message_id"] for row in rows[1:]) == sorted(said)
        assert world.case(case).overdue_minor == 1_000_000 - sum(1 + n % 9 for n in range(MANY))
        assert world.incidents() == []
        assert len(await world.runs(case)) > 20


async def test_a_thousand_interactions_leave_short_histories_and_a_small_state(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    """Money and words by turns, as the relay brings them: one at a time."""
    async with a_world(sqlite_store, client, tmp_path, relaying=False) as world:
        async with world.relaying():
            case = await world.a_case(overdue=1_000_000, balance=2_000_000)
            said: list[str] = []
            while len(said) < THOUSAND - 40:
                said += _payments(world, case, 40)
                await world.settled(case)
            for n in range(20):
                kind = "follow_up" if n else "first_contact"
                await world.decide(case, COLLECTOR, kind, "na")
                await world.skip_to_deadline(case)
        rows = world.records(case)
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
        assert len(rows) >= THOUSAND
        assert {world.message(message_id).status for message_id in said} == {"applied"}
        state = state_from_json(world.case(case).state)
        assert len(canonical(asdict(state)).encode()) < 8_000
        runs = await world.runs(case)
        assert len(runs) > 1
        for run_id in runs:
            history = await world.legal_history(case, run_id=run_id)
            assert len(history) < 2_000
            assert "activity_task_scheduled" not in tally(history)


async def test_a_fresh_history_tells_the_case_as_the_old_one_did(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    async with a_world(sqlite_store, client, tmp_path, run_events=10) as world:
        case = await world.a_case()
        await world.pay(case, 1_000)

        async def is_fresh() -> bool:
            return bool((await world.gateway.look(case))["runs"])

        await world.until(is_fresh)
        assert f"**{case}**" in await world.details(case)
        described = await client.get_workflow_handle(case).describe()
        assert described.search_attributes["CaseStage"] == ["initial"]
