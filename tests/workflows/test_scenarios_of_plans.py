"""Scenarios 18 and 19 of the rule book, and what else is told of a plan: repayment plans through the real workflow in skipped time."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import Row, insert, select

from api.auth.person import Person
from api.desk import errors
from api.desk.plans import PlanIn
from arrears import clock
from arrears.policy.agreements import Acceptance, Charges, Clause, Offer
from arrears.policy.codes import Action
from arrears.policy.guard import Go, Never
from arrears.policy.schedules import Method
from arrears.policy.tasks import Role
from arrears.store import contacts, known
from arrears.store.known import Ask
from arrears.store.tables import contact_points, holds, parties, plan_instalments, plans
from tests.world import ADVISOR, COLLECTOR, World

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

PLANNER: Final = Person("s-planner", "wu", "Wu Planner", frozenset({Role.PLAN_OFFICER}), "zh-CN")
MANAGER: Final = Person("s-manager", "feng", "Feng Manager", frozenset({Role.MANAGER}), "zh-CN")
BOSS: Final = Person("s-boss", "he", "He Manager", frozenset({Role.MANAGER}), "zh-CN")
OFFER: Final = Offer(
    Method.EQUAL_PARTS,
    300_000,
    0,
    6,
    "2026-04-02",  # a month after the Monday on which every case here opens
    Charges.STOP,
    Acceptance.SIGNED,
    "DOC-1",
    tuple(Clause),
)


async def _a_case(world: World) -> str:
    return await world.a_case(overdue=300_000, balance=500_000)


def _say(world: World, case: str, who: Person = PLANNER, **changes: Any) -> str:
    plan = PlanIn(case, replace(OFFER, **changes), world.case(case).state["facts_no"])
    with clock.door_time(world.now_of(case)):
        return world.desk.sign_plan(who, plan)


async def _sign(world: World, case: str, **changes: Any) -> str:
    message = _say(world, case, **changes)
    await world.settled(case)
    assert world.message(message).status == "applied"
    return message


def _plan(world: World, case: str) -> Row[*tuple[Any, ...]]:
    with world.store.reading() as connection:
        of_case = select(plans).where(plans.c.case_id == case).order_by(plans.c.plan_id.desc())
        found = connection.execute(of_case).first()
    assert found is not None
    return found


def _paid(world: World, case: str) -> list[int]:
    of_plan = select(plan_instalments.c.paid_minor).where(
        plan_instalments.c.plan_id == _plan(world, case).plan_id
    )
    with world.store.reading() as connection:
        return list(connection.execute(of_plan.order_by(plan_instalments.c.number)).scalars())


def _held(world: World, case: str) -> list[tuple[str, str | None]]:
    with world.store.reading() as connection:
        rows = connection.execute(select(holds).where(holds.c.case_id == case).order_by(holds.c.hold_id))
        return [(row.kind, row.outcome) for row in rows]


def _refused(world: World, case: str, **changes: Any) -> list[str]:
    with pytest.raises(errors.Invalid) as invalid:
        _say(world, case, **changes)
    return [fault.why for fault in invalid.value.missing]


# ---- 18 ---------------------------------------------------------------------------------------------------


@pytest.mark.rule("1.3", "4.4", "C15")
async def test_s18_plan_limits(world: World) -> None:
    """Sixty-one instalments are refused at the door and by the case, sixty wait for two managers."""
    case = await _a_case(world)
    assert _refused(world, case, periods=61) == ["plan_too_long"]
    assert _refused(world, case, acceptance=Acceptance.ORAL, proof="") == ["plan_recording_required"]
    content = {
        "method": "equal_parts",
        "amount_minor": 300_000,
        "yearly_bp": 0,
        "periods": 61,
        "first_due_on": "2026-04-02",
        "charges": "stop",
        "acceptance": "signed",
        "proof": "DOC-1",
        "guaranteed": False,
        "facts_no": world.case(case).state["facts_no"],
    } | dict.fromkeys(map(str, Clause), True)
    past_the_door = world.say(case, "plan_signed", content, actor=PLANNER.staff_id)
    await world.settled(case)
    assert (world.message(past_the_door).status, world.message(past_the_door).reason) == (
        "refused",
        "plan_too_long",
    )
    await _sign(world, case, periods=60, acceptance=Acceptance.ORAL, proof="REC-1")
    assert (_plan(world, case).status, len(_paid(world, case))) == ("waiting", 60)
    assert _held(world, case) == [("plan_active", None)]
    await world.decide(case, MANAGER, "plan_approval", "agree")
    with pytest.raises(errors.SecondPersonNeeded):
        world.say_decision(case, MANAGER, "plan_approval", "agree")
    await world.decide(case, BOSS, "plan_approval", "agree")
    assert _plan(world, case).status == "active"
    assert await world.agrees(case)


@pytest.mark.rule("C15", "4.2")
async def test_s18_from_the_signing_on_no_channel_and_no_agency_reaches_the_debtor(world: World) -> None:
    case = await _a_case(world)
    _with_ways_to_reach(world, case)
    await _sign(world, case)
    assert world.open_kinds(case) == set(), "the call that was asked for is put aside"
    for action in (Action.OUT_CALL, Action.AI_CALL, Action.SMS, Action.EMAIL, Action.LETTER, Action.VISIT):
        for actor in (COLLECTOR.staff_id, "agency-1"):
            assert _try(world, case, action, actor) == Never("plan_active"), (action, actor)
    assert isinstance(_try(world, case, Action.SMS, "service", purpose="service"), contacts.Slot | Go)
    told = await world.details(case)
    assert "A repayment plan runs until 2026-09-02: 0 of 6 instalments are paid." in told
    assert "The next instalment of the plan is due 2026-04-02." in told


def _with_ways_to_reach(world: World, case: str) -> None:
    borrower = world.case(case).borrower_id
    with world.store.transaction() as connection:
        for channel, address in (("phone", "13800001234"), ("email", "a@example.cn"), ("post", "样本市")):
            connection.execute(
                insert(contact_points).values(
                    contact_id=f"{borrower}-{channel}",
                    borrower_id=borrower,
                    channel=channel,
                    address=address,
                    preferred=True,
                    do_not_contact=False,
                )
            )


def _try(world: World, case: str, action: Action, actor: str, *, purpose: str = "collection") -> object:
    row = world.case(case)
    with world.store.transaction() as connection:
        where = known.first_point(connection, row.borrower_id, action)
        assert where is not None
        ask = Ask(
            f"{case}-{action}-{actor}",
            row.borrower_id,
            action,
            actor,
            purpose=purpose,
            case_id=case,
            loan_id=row.loan_id,
            number=where.address,
            staff=("s-1", "s-2"),
        )
        at = int(world.now_of(case).timestamp())
        return contacts.reserve(connection, ask, where, world.rules, at=at)


# ---- who stands for the debt ---------------------------------------------------------------------------------------------------


@pytest.mark.rule("G6")
async def test_a_plan_without_the_guarantors_word_is_not_taken(world: World) -> None:
    """Whoever stands for the debt agrees in writing, or the bank would lose him (G6)."""
    case = await _a_case(world)
    with world.store.transaction() as connection:
        connection.execute(
            insert(parties).values(
                loan_id=world.case(case).loan_id,
                borrower_id="B-uncle",
                role="guarantor",
                guarantee_kind="joint",
                guarantee_until=date(2026, 11, 30),
            )
        )
    assert _refused(world, case, periods=24) == ["guarantor_consent_missing"]
    assert _held(world, case) == []
    await _sign(world, case, periods=24, guarantor_proof="DOC-G")
    assert _plan(world, case).guarantor_proof == "DOC-G"
    with world.store.reading() as connection:
        until = connection.execute(select(parties.c.guarantee_until)).scalar_one()
    assert until == date(2026, 11, 30), "no plan moves it"


# ---- 17 ---------------------------------------------------------------------------------------------------


@pytest.mark.rule("G6", "4.4")
async def test_s17_plan_without_guarantor_consent(world: World) -> None:
    """It proceeds only after an advisor has acknowledged what that means; the guarantee ends on the day it would have."""
    case = await _a_case(world)
    with world.store.transaction() as connection:
        connection.execute(
            insert(parties).values(
                loan_id=world.case(case).loan_id,
                borrower_id="B-aunt",
                role="guarantor",
                guarantee_kind="joint",
                guarantee_until=date(2026, 11, 30),
            )
        )
    await _sign(world, case, periods=24, without_guarantor=True)
    task = world.task(case, "plan_approval")
    assert (task.role, task.why, _plan(world, case).status) == (
        "legal_advisor",
        "guarantor_not_consented",
        "waiting",
    )
    await world.decide(case, ADVISOR, "plan_approval", "agree")
    assert (world.task(case, "plan_approval").role, _plan(world, case).status) == ("manager", "waiting")
    await world.decide(case, MANAGER, "plan_approval", "agree")
    plan = _plan(world, case)
    assert (plan.status, plan.guarantor_proof) == ("active", None)
    with world.store.reading() as connection:
        until = connection.execute(select(parties.c.guarantee_until)).scalar_one()
    assert until == date(2026, 11, 30), "no plan moves it"
    assert await world.agrees(case)


# ---- 19 ---------------------------------------------------------------------------------------------------


async def _breached(world: World) -> str:
    """The instalment of 2 April is not paid on the 17th; an officer is asked."""
    case = await _a_case(world)
    await _sign(world, case)
    await world.skip_to_clock(case, "plan")
    assert (_plan(world, case).status, world.open_kinds(case)) == ("at_risk", set())
    await world.skip_to_clock(case, "plan")
    assert world.zone_time(case).date() == date(2026, 4, 18)
    assert world.open_kinds(case) == {"plan_breach"}
    return case


@pytest.mark.rule("T15", "4.7")
async def test_s19_plan_breach_and_same_day_payment(world: World) -> None:
    """Money before the word: the question is taken back and the plan is kept."""
    case = await _breached(world)
    asked = world.task(case, "plan_breach")
    await world.pay(case, 50_000)
    [taken_back] = world.tasks(case, status="cancelled")[-1:]
    assert (taken_back.task_id, taken_back.why) == (asked.task_id, "plan_paid")
    assert (_plan(world, case).status, _paid(world, case)) == ("active", [50_000, 0, 0, 0, 0, 0])
    assert _held(world, case) == [("plan_active", None)]
    with pytest.raises(errors.TaskGone), clock.door_time(world.now_of(case)):
        world.desk.claim(PLANNER, asked.task_id)
    assert await world.agrees(case)


@pytest.mark.rule("T15", "4.2")
async def test_s19_without_money_an_officer_says_that_it_is_broken(world: World) -> None:
    """The clock of the stage goes on with what it had left when the plan was signed."""
    case = await _a_case(world)
    left = world.deadline(case, "escalate") - world.now_of(case)
    await _sign(world, case)
    await world.skip_to_clock(case, "plan")
    await world.skip_to_clock(case, "plan")
    await world.decide(case, PLANNER, "plan_breach", "broken")
    row = world.case(case)
    assert (_plan(world, case).status, row.status, row.overdue_minor) == ("broken", "open", 300_000)
    assert _held(world, case) == [("plan_active", "plan_broken")]
    runs = world.deadline(case, "escalate") - world.now_of(case)
    assert abs(runs - left) < timedelta(minutes=1)
    assert "follow_up" in row.state["deadlines"]


@pytest.mark.rule("4.5")
async def test_a_plan_kept_to_its_end_closes_the_case(world: World) -> None:
    case = await _a_case(world)
    await _sign(world, case, periods=2)
    for _ in range(2):
        await world.skip_to(case, world.deadline(case, "plan") - timedelta(days=1))
        await world.pay(case, 150_000)
    assert world.case(case).closed_reason == "PLAN_COMPLETED"
    assert (_plan(world, case).status, _paid(world, case)) == ("completed", [150_000, 150_000])
    assert await world.client.get_workflow_handle(case).result() == "PLAN_COMPLETED"


@pytest.mark.rule("4.6-8")
async def test_a_last_payment_that_is_taken_back_opens_case_plan_and_hold_again(world: World) -> None:
    case = await _a_case(world)
    await _sign(world, case, periods=1)
    await world.pay(case, 300_000, payment_id=f"P-{case}")
    assert world.case(case).closed_reason == "PLAN_COMPLETED"
    reversal = {"kind": "reversal", "reverses_payment_id": f"P-{case}"}
    await world.pay(case, 300_000, payment_id=f"R-{case}", **reversal)
    row = world.case(case)
    assert (row.status, _plan(world, case).status, _paid(world, case)) == ("open", "active", [0])
    assert _held(world, case) == [("plan_active", "case_closed"), ("plan_active", None)]
    assert world.open_kinds(case) == set()
    assert datetime.fromtimestamp(row.state["deadlines"]["plan"], UTC) == world.deadline(case, "plan")
