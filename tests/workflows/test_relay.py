"""What a door accepted reaches its case: in order, once, whatever the connection or other cases do."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update
from temporalio.client import Client

from api.gateway import CaseGateway, TemporalAway, connect
from api.relay import Relay, RelayTerms
from arrears.contracts import Message, Unchanging
from arrears.engine.ports import choose
from arrears.store import intents
from arrears.store.intents import Said
from arrears.store.session import Store
from arrears.store.tables import messages
from tests.workflows.by_hand import copied
from tests.workflows.histories import tally
from tests.world import COLLECTOR, World, a_world

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]


class Unsure(CaseGateway):
    """Temporal takes the call, and the answer is lost on the way back; each signal once."""

    def __init__(self, client: Client, queue: str) -> None:
        super().__init__(client, task_queue=queue)
        self.lost: set[str] = set()

    async def signal(self, case_id: str, message: Message) -> None:
        await super().signal(case_id, message)
        if message.message_id not in self.lost:
            self.lost.add(message.message_id)
            raise TemporalAway("UNAVAILABLE")


class Listening(CaseGateway):
    """Keeps in which order signals were sent."""

    def __init__(self, client: Client, queue: str) -> None:
        super().__init__(client, task_queue=queue)
        self.said: list[str] = []

    async def signal(self, case_id: str, message: Message) -> None:
        self.said.append(message.message_id)
        await super().signal(case_id, message)


def _relay(world: World, gateway: CaseGateway, **terms: Any) -> Relay:
    """In the place of the world's own."""
    fields: dict[str, Any] = {
        "resend_seconds": 2.0,
        "poll_seconds": 0.05,
        "shift_seconds": world.shift_seconds,
    }
    made = Relay(
        world.store,
        gateway,
        Unchanging(world.rules),
        RelayTerms(**fields | terms),
        door=lambda: world.now_of(""),
    )
    world.relay = made
    return made


def _forget_when(world: World, message_ids: Sequence[str]) -> None:
    """As if they had been sent long ago."""
    with world.store.transaction() as connection:
        connection.execute(
            update(messages)
            .where(messages.c.message_id.in_(message_ids))
            .values(sent_at=world.start_at.replace(year=2020))
        )


def _count(world: World, status: str) -> int:
    with world.store.reading() as connection:
        found = select(func.count()).where(messages.c.status == status)
        return connection.execute(found).scalar_one()


async def test_an_answer_lost_on_the_way_neither_loses_nor_doubles_what_was_said(
    store: Store, client: Client, tmp_path: Path
) -> None:
    """The case hears it while the relay, told that Temporal is away, has taken it back."""
    async with a_world(store, client, tmp_path, relaying=False) as world:
        async with world.relaying():
            case = await world.a_case(overdue=100_000)
        gateway = Unsure(client, world.queue)
        _relay(world, gateway)
        async with world.relaying():
            posted = await world.pay(case, 10_000)
        assert gateway.lost == {posted.message_id}
        assert world.case(case).overdue_minor == 90_000
        assert world.case(case).seq == 2
        assert world.incidents() == []


async def test_a_word_heard_in_the_moment_the_relay_took_it_back_is_applied_and_not_dropped(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    """The server drops a request id that a run has had: what the case dropped would never come again."""
    async with a_world(sqlite_store, client, tmp_path, relaying=False) as world:
        async with world.relaying():
            case = await world.a_case(overdue=100_000)
        posted = world.say_payment(world.case(case).loan_id, 10_000, case_id=case)
        assert posted.message_id is not None
        _forget_when(world, [posted.message_id])  # waiting again, after it was sent
        await world.type_signal(case, "payment_posted", copied(world.message(posted.message_id)))
        await world.until(lambda: world.message(str(posted.message_id)).status == "applied")


async def test_silent_cases_however_many_do_not_keep_the_others_waiting(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    async with a_world(sqlite_store, client, tmp_path, relaying=False) as world:
        async with world.relaying():
            case = await world.a_case(overdue=100_000)
        silent = [
            # Nobody runs there, so nobody answers; each has more to hear.
            Said(f"case-GONE{n}-1", f"gone-{n}-{k}", "payment_posted", "core-bank", world.start_at)
            for n in range(300)
            for k in (1, 2)
        ]
        with world.store.transaction() as connection:
            intents.say_many(connection, silent)
        _relay(world, world.gateway, resend_seconds=60.0)
        async with world.relaying():
            await world.until(lambda: _count(world, "sent") == 300)
            await world.pay(case, 10_000)
        assert world.case(case).overdue_minor == 90_000


@pytest.mark.rule("4.6-1")
async def test_money_goes_first_and_each_word_waits_for_the_answer_to_the_one_before(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    async with a_world(sqlite_store, client, tmp_path, relaying=False) as world:
        async with world.relaying():
            case = await world.a_case(overdue=100_000)
        loan = world.case(case).loan_id
        word = world.say_decision(case, COLLECTOR, "first_contact", "na")
        first, second = (
            world.say_payment(loan, amount, case_id=case).message_id for amount in (1_000, 2_000)
        )
        gateway = Listening(client, world.queue)
        _relay(world, gateway)
        async with world.relaying():
            await world.settled(case)
        assert gateway.said == [first, second, word]
        assert [row.event["message_id"] for row in world.records(case)[1:]] == [first, second, word]


@pytest.mark.rule("4.8")
async def test_a_message_nobody_answers_is_parked_with_an_incident_and_still_applied_when_it_is_heard_late(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    async with a_world(sqlite_store, client, tmp_path, relaying=False, working=False) as world:
        async with world.relaying(), world.working():
            case = await world.a_case(overdue=100_000)
        posted = world.say_payment(world.case(case).loan_id, 10_000, case_id=case)
        assert posted.message_id is not None
        _relay(world, world.gateway, resend_seconds=0.1, max_attempts=2)
        async with world.relaying():
            await world.until(lambda: world.message(str(posted.message_id)).status == "parked")
        assert [(row.kind, row.case_id) for row in world.incidents()] == [("message_parked", case)]
        async with world.working():
            await world.until(lambda: world.message(str(posted.message_id)).status == "applied")
        assert world.case(case).overdue_minor == 90_000


@pytest.mark.rule("4.8")
async def test_an_open_case_without_a_workflow_is_an_incident(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    async with a_world(sqlite_store, client, tmp_path) as world:
        case = await world.a_case()
        await world.client.get_workflow_handle(case).terminate("by hand")
        world.say_payment(world.case(case).loan_id, 10_000, case_id=case)
        await world.until(lambda: [row.kind for row in world.incidents()] == ["workflow_missing"])


async def test_a_relay_that_never_reached_temporal_loses_no_try_and_says_it_when_it_does(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    async with a_world(sqlite_store, client, tmp_path, relaying=False) as world:
        async with world.relaying():
            case = await world.a_case(overdue=100_000)
        posted = world.say_payment(world.case(case).loan_id, 10_000, case_id=case)
        assert posted.message_id is not None
        nobody = choose(["there"], kept={})["there"]
        _relay(world, CaseGateway(await connect(f"127.0.0.1:{nobody}", client.namespace)))
        async with world.relaying():
            await world.until(lambda: world.message(str(posted.message_id)).sent_at is not None)
            await world.until(lambda: world.message(str(posted.message_id)).status == "waiting")
        assert world.message(posted.message_id).attempts == 0
        _relay(world, world.gateway)
        async with world.relaying():
            await world.settled(case)
        assert world.case(case).overdue_minor == 90_000


async def test_a_second_nudge_in_the_same_run_is_heard_like_the_first(world: World) -> None:
    case = await world.a_case()
    for times in (2, 3):
        await world.gateway.nudge(case)

        async def heard(times: int = times) -> bool:
            return tally(await world.legal_history(case))["marker_recorded"] == times

        await world.until(heard)
    assert (world.case(case).seq, world.incidents()) == (1, [])
