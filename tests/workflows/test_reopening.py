"""Money taken back soon after a close re-opens the same case; later it is an incident, and the case stays closed."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from temporalio.client import Client

from arrears.store.intents import Posted, Standing
from arrears.store.session import Store
from arrears.store.tables import cases
from tests import stories
from tests.workflows.by_hand import copied
from tests.world import COLLECTOR, World, a_world

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]


async def _cured(world: World) -> tuple[str, str]:
    """A closed case and the payment that closed it."""
    case = await world.a_case(overdue=stories.OVERDUE)
    posted = await world.pay(case, stories.OVERDUE, payment_id=f"P-{case}")
    assert posted.message_id is not None
    assert await world.client.get_workflow_handle(case).result() == "CURED"
    return case, f"P-{case}"


def _take_back(world: World, case: str, payment: str) -> Posted:
    loan = world.case(case).loan_id
    return world.say_payment(
        loan,
        stories.OVERDUE,
        case_id=case,
        payment_id=f"R-{payment}",
        kind="reversal",
        reverses_payment_id=payment,
    )


@pytest.mark.rule("4.6-8")
async def test_money_taken_back_within_days_reopens_the_same_case_which_goes_on_counting(
    world: World,
) -> None:
    case, payment = await _cured(world)
    assert world.case(case).seq == 2
    posted = _take_back(world, case, payment)
    assert (posted.standing, posted.case_id) == (Standing.MESSAGE, case)
    await world.settled(case)
    row = world.case(case)
    assert (row.status, row.stage, row.seq, row.overdue_minor) == ("open", "initial", 3, stories.OVERDUE)
    assert world.open_kinds(case) == {"follow_up"}
    assert await world.agrees(case)
    await world.decide(case, COLLECTOR, "follow_up", "na")
    await world.pay(case, stories.OVERDUE)
    assert await world.client.get_workflow_handle(case).result() == "CURED"
    assert [row.seq for row in world.records(case)] == [1, 2, 3, 4, 5]
    assert world.incidents() == []


@pytest.mark.rule("4.6-8")
@pytest.mark.parametrize(
    ("story", "asked"),
    [(stories.to_notice_arrived, "notice_release"), (stories.to_legal, "filing")],
    ids=["formal", "legal"],
)
async def test_a_case_comes_back_in_the_stage_it_had(world: World, story: stories.Story, asked: str) -> None:
    """And what the stage asks of people is asked again, beside a word with the debtor."""
    case = await story(world)
    stage = world.case(case).stage
    await world.pay(case, stories.OVERDUE, payment_id=f"P-{case}")
    _take_back(world, case, f"P-{case}")
    await world.settled(case)
    assert (world.case(case).status, world.case(case).stage) == ("open", stage)
    assert world.open_kinds(case) == {"follow_up", asked}
    assert await world.agrees(case)


@pytest.mark.rule("4.6-8")
async def test_money_taken_back_later_leaves_the_case_closed_and_is_an_incident(world: World) -> None:
    case, payment = await _cured(world)
    week_ago = world.case(case).closed_at - timedelta(days=world.rules.terms.reopen_days, minutes=1)
    with world.store.transaction() as connection:
        connection.execute(update(cases).where(cases.c.case_id == case).values(closed_at=week_ago))
    posted = _take_back(world, case, payment)
    assert posted.standing is not Standing.MESSAGE
    assert [row.kind for row in world.incidents()] == ["payment_without_case"]
    assert (world.case(case).status, world.case(case).seq) == ("closed", 2)


async def test_a_payment_into_a_closed_case_is_kept_as_surplus_and_opens_nothing(world: World) -> None:
    case = await world.a_case(overdue=stories.OVERDUE, balance=stories.OVERDUE)
    await world.pay(case, stories.OVERDUE)
    await world.pay(case, 5_000)
    assert (world.case(case).status, world.case(case).closed_reason) == ("closed", "PAID_OFF")
    assert [row.kind for row in world.incidents()] == ["surplus"]
    assert await world.client.get_workflow_handle(case).result() == "PAID_OFF"


async def test_a_payment_and_its_reversal_said_in_one_breath_close_and_reopen_the_case(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    """The second is in the inbox when the first closes the case: it is heard before the end."""
    async with a_world(sqlite_store, client, tmp_path, relaying=False, working=False) as world:
        async with world.relaying(), world.working():
            case = await world.a_case(overdue=stories.OVERDUE)
        loan = world.case(case).loan_id
        paid = world.say_payment(loan, stories.OVERDUE, case_id=case, payment_id=f"P-{case}")
        back = _take_back(world, case, f"P-{case}")
        ids = [str(paid.message_id), str(back.message_id)]
        world.mark_sent(ids)
        for message_id in ids:
            row = world.message(message_id)
            await world.type_signal(case, row.signal, copied(row))
        run_id = (await world.client.get_workflow_handle(case).describe()).run_id
        async with world.working():
            await world.settled(case)
            assert [row.event["signal"] for row in world.records(case)] == [
                "open",
                "payment_posted",
                "payment_reversed",
            ]
            assert (world.case(case).status, world.case(case).seq) == ("open", 3)
            assert await world.agrees(case)
            assert (await world.client.get_workflow_handle(case).describe()).run_id == run_id


async def test_many_payments_and_reversals_in_a_row_never_lose_the_case(world: World) -> None:
    """Each pair races with the end of the workflow: signalled in time, or started again from its row."""
    case = await world.a_case(overdue=stories.OVERDUE)
    loan = world.case(case).loan_id
    for n in range(6):
        world.say_payment(loan, stories.OVERDUE, case_id=case, payment_id=f"P-{case}-{n}")
        _take_back(world, case, f"P-{case}-{n}")
        if n % 2:
            await world.settled(case)
    await world.settled(case)
    row = world.case(case)
    assert (row.status, row.seq, row.overdue_minor) == ("open", 13, stories.OVERDUE)
    assert {m.status for m in world.messages(case)} == {"applied"}
    assert world.incidents() == []
