"""Scenarios of the rule book about promises and money, told through the real workflow in skipped time."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from sqlalchemy import select, update
from temporalio.client import Client

from api.auth.person import Person
from api.desk import errors
from api.desk.apart_work import Closing
from arrears import clock
from arrears.policy.money import TakenBack
from arrears.policy.tasks import Role
from arrears.store.intents import Former
from arrears.store.session import Store
from arrears.store.tables import allocations, audit_rows, contact_attempts, loans, remarks
from tests import stories
from tests.world import COLLECTOR, OPS, World, a_world

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

# 10:00 on the Monday before the National Holiday.
BEFORE_THE_HOLIDAY: Final = datetime(2026, 9, 28, 2, 0, tzinfo=UTC)
THURSDAY: Final = date(2026, 3, 5)
COLLEAGUE_IN_OPS: Final = Person("s-ops-2", "qian", "Qian Ops", frozenset({Role.OPS}), "zh-CN")
COLLEAGUE: Final = Person("s-colleague", "zhu", "Zhu Collector", frozenset({Role.COLLECTOR}), "zh-CN")
MINUTE: Final = timedelta(minutes=1)


@pytest_asyncio.fixture(loop_scope="session")
async def quiet_world(sqlite_store: Store, client: Client, tmp_path: Path) -> AsyncIterator[World]:
    """The relay is off: a test says when the cases hear."""
    async with a_world(sqlite_store, client, tmp_path, relaying=False) as made:
        yield made


def _statuses(world: World, case: str) -> list[str]:
    return [promise.status for promise in world.promises(case)]


def _contacts(world: World, case: str) -> int:
    with world.store.reading() as connection:
        made = select(contact_attempts.c.attempt_id).where(contact_attempts.c.case_id == case)
        return len(connection.execute(made).all())


async def _promised(world: World, *, overdue: int, amount: int, on: date) -> str:
    case = await world.a_case(overdue=overdue, balance=1_000_000)
    await world.decide(case, COLLECTOR, "first_contact", "ptp", amount_minor=amount, on=on)
    return case


# ---- promises -------------------------------------------------------------------------------------------


@pytest.mark.rule("T14", "D1")
@pytest.mark.parametrize("pays", [True, False], ids=["paid on the last afternoon", "nothing came"])
async def test_s06_promise_on_holiday(
    sqlite_store: Store, client: Client, tmp_path: Path, pays: bool
) -> None:
    """Promised for 3 October, due on the 8th when the bank opens again, judged when the 9th is over."""
    async with a_world(sqlite_store, client, tmp_path, start_at=BEFORE_THE_HOLIDAY) as world:
        case = await _promised(world, overdue=100_000, amount=50_000, on=date(2026, 10, 3))
        [promise] = world.promises(case)
        zone = world.zone_time(case).tzinfo
        assert promise.judged_at == datetime(2026, 10, 10, tzinfo=zone)
        await world.skip_to(case, datetime(2026, 10, 9, 15, tzinfo=zone))
        if pays:
            await world.pay(case, 50_000)
            assert _statuses(world, case) == ["kept"]
        await world.skip_to(case, promise.judged_at - MINUTE)
        assert (_statuses(world, case), _contacts(world, case)) == (["kept" if pays else "open"], 1)
        await world.skip_to(case, promise.judged_at + MINUTE)
        assert _statuses(world, case) == ["kept" if pays else "broken"]
        assert world.case(case).state["broken"] == (0 if pays else 1)
        # Whoever kept a promise is called on the next morning about the rest, others are called about the promise.
        assert [task.why for task in world.tasks(case)] == ([] if pays else ["promise_broken"])
        assert ("follow_up" in world.case(case).state["deadlines"]) is pays


@pytest.mark.rule("3.1")
@pytest.mark.parametrize(("paid", "status"), [(96_000, "kept"), (90_000, "partial")])
async def test_s07_partial_promise(world: World, paid: int, status: str) -> None:
    """960 of 1,000 is as good as kept; 900 is not, and still nobody says that the promise was broken."""
    case = await _promised(world, overdue=500_000, amount=100_000, on=THURSDAY)
    await world.pay(case, paid)
    [promise] = world.promises(case)
    assert promise.status == ("kept" if status == "kept" else "open")
    await world.skip_to(case, promise.judged_at + MINUTE)
    [promise] = world.promises(case)
    assert (promise.status, promise.paid_minor) == (status, paid)
    assert world.case(case).state["broken"] == 0
    assert "promise_broken" not in {task.why for task in world.tasks(case)}
    assert world.open_kinds(case) == {"follow_up"}


async def _kept_for_now(world: World) -> tuple[str, str]:
    """Paid on the promised day with money that may still bounce, and two days have passed."""
    case = await _promised(world, overdue=100_000, amount=100_000, on=date(2026, 3, 2))
    payment = f"P-{case}"
    await world.pay(case, 100_000, payment_id=payment, provisional=True)
    assert _statuses(world, case) == ["kept_provisional"]
    row = world.case(case)
    assert (row.status, row.overdue_minor) == ("open", 100_000), "it closes nothing"
    await world.skip(case, timedelta(days=2))
    return case, payment


@pytest.mark.rule("3.1", "4.5")
async def test_s20_bounced_payment(world: World) -> None:
    """The debtor had not the money: the promise was broken, and the debt is as old as it was."""
    case, payment = await _kept_for_now(world)
    before = world.case(case)
    await world.pay(
        case,
        100_000,
        payment_id=f"R-{payment}",
        kind="reversal",
        reverses_payment_id=payment,
        reversal_reason="no_funds",
    )
    row = world.case(case)
    assert (row.status, _statuses(world, case), row.state["broken"]) == ("open", ["broken"], 1)
    assert (row.first_overdue_on, row.overdue_minor) == (before.first_overdue_on, 100_000)
    assert _contacts(world, case) == 1, "nobody is contacted after the event"


@pytest.mark.rule("3.1")
@pytest.mark.parametrize("pays", [True, False], ids=["paid again", "not paid again"])
async def test_s20_bounced_payment_through_the_banks_own_fault(world: World, pays: bool) -> None:
    case, payment = await _kept_for_now(world)
    with clock.door_time(world.now_of(case)):
        world.desk.money.take_back(OPS, payment, TakenBack.BANK_ERROR)
    await world.settled(case)
    [told] = [said for said in world.messages(case) if said.signal == "payment_reversed"]
    assert (told.content["reason"], told.content["technical"]) == ("bank_error", True)
    assert _statuses(world, case) == ["reversed_technical"]
    assert world.case(case).state["broken"] == 0
    # Three bank days after the Wednesday, to the end of the last.
    judged_at = datetime(2026, 3, 10, tzinfo=world.zone_time(case).tzinfo)
    assert world.deadline(case, "promise") == judged_at
    await world.skip_to(case, judged_at - MINUTE)
    if pays:
        await world.pay(case, 100_000)
        assert (_statuses(world, case), world.case(case).closed_reason) == (["kept"], "CURED")
    else:
        await world.skip_to(case, judged_at + MINUTE)
        assert (_statuses(world, case), world.case(case).state["broken"]) == (["broken"], 1)


@pytest.mark.rule("4.5")
async def test_s20_bounced_payment_that_does_not_bounce_after_all(world: World) -> None:
    """The core bank says that the money is final: the promise is kept for good and the case closes."""
    case, payment = await _kept_for_now(world)
    with clock.door_time(world.now_of(case)):
        world.desk.money.finalize_payment(OPS, payment)
    await world.settled(case)
    row = world.case(case)
    assert (row.closed_reason, _statuses(world, case), row.balance_minor) == ("CURED", ["kept"], 900_000)
    assert world.message(f"final-{payment}").status == "applied"
    assert world.incidents() == []


# ---- people ---------------------------------------------------------------------------------------------


@pytest.mark.rule("4.6-3")
async def test_s11_two_collectors(quiet_world: World) -> None:
    """Both have the form open: the first word is taken, the second person's is kept as a remark."""
    world = quiet_world
    async with world.relaying():
        case = await world.a_case()
    asked = world.task(case, "first_contact")
    word = world.say_decision(case, COLLECTOR, "first_contact", "na")
    with pytest.raises(errors.AlreadyAnswered) as second:
        world.say_decision(case, COLLEAGUE, "first_contact", "rtp", reason="拒绝还款")
    assert second.value.by == COLLECTOR.staff_id
    async with world.relaying():
        await world.settled(case)
    [done] = world.tasks(case, status="done")
    assert (done.task_id, done.decided_by, done.outcome) == (asked.task_id, COLLECTOR.staff_id, "na")
    assert [said.message_id for said in world.messages(case) if said.task_id] == [word]
    assert (world.case(case).seq, _contacts(world, case)) == (2, 1)
    with world.store.reading() as connection:
        kept = connection.execute(select(remarks.c.author, remarks.c.words).where(remarks.c.case_id == case))
        assert [tuple(row) for row in kept] == [(COLLEAGUE.staff_id, "拒绝还款")]


# ---- money ----------------------------------------------------------------------------------------------


@pytest.mark.rule("W2")
@pytest.mark.parametrize("memo", ["names the younger loan", "names none"])
async def test_s38_multiple_debts(quiet_world: World, memo: str) -> None:
    """One transfer for a debtor with two loans; the relay is off until both cases can be told at one time."""
    world = quiet_world
    older = world.loan(days_past_due=40, overdue=60_000)
    borrower = f"B{older}"
    younger = world.loan(days_past_due=5, overdue=50_000, borrower=borrower)
    cases = {loan: world.open(loan) for loan in (older, younger)}
    async with world.relaying():
        for case in cases.values():
            await world.settled(case)
        named = younger if memo == "names the younger loan" else None
        kept = world.say_transfer(borrower, 50_000, case_id=cases[older], designation=named)
        for case in cases.values():
            await world.settled(case)
    paid = {loan: 50_000 if loan == (named or older) else 0 for loan in cases}
    owes = {older: 60_000, younger: 50_000}
    assert {loan: world.case(case).overdue_minor for loan, case in cases.items()} == {
        loan: owes[loan] - paid[loan] for loan in cases
    }
    assert world.case(cases[younger]).closed_reason == ("CURED" if named else None)
    [share] = kept.shares
    assert (share.amount_minor, share.why) == (50_000, "designated" if named else "due")
    with world.store.reading() as connection:
        told = select(audit_rows.c.stream, audit_rows.c.what).order_by(audit_rows.c.stream)
        seen = {tuple(row) for row in connection.execute(told)}
    assert {("house", "transfer_shared_out"), (cases[share.loan_id], "payment_posted")} <= seen


@pytest.mark.rule("W1", "4.7")
async def test_s39_surplus(quiet_world: World) -> None:
    """Two people pay all of it: the second payment is the bank's to give back, and nobody is called."""
    world = quiet_world
    async with world.relaying():
        case = await world.a_case(overdue=100_000, balance=100_000)
    loan = world.case(case).loan_id
    for payer in ("borrower", "co-borrower"):
        world.say_payment(loan, 100_000, case_id=case, payment_id=f"P-{case}-{payer}")
    async with world.relaying():
        await world.settled(case)
    row = world.case(case)
    assert (row.status, row.closed_reason, row.balance_minor) == ("closed", "PAID_OFF", 0)
    [surplus] = world.incidents()
    assert (surplus.kind, surplus.case_id) == ("surplus", case)
    assert surplus.detail["surplus_minor"] == 100_000
    with world.store.reading() as connection:
        tiers = select(allocations.c.payment_id, allocations.c.tier).where(allocations.c.case_id == case)
        assert {tuple(row) for row in connection.execute(tiers)} == {
            (f"P-{case}-borrower", "principal"),
            (f"P-{case}-co-borrower", "surplus"),
        }
    assert (world.open_kinds(case), _contacts(world, case)) == (set(), 0)
    # Operations have five bank days.
    assert surplus.due_at == datetime(2026, 3, 9, 18, tzinfo=world.zone_time(case).tzinfo)
    with clock.door_time(world.now_of(case)):
        with pytest.raises(errors.Invalid, match="typed_by_you"):
            world.desk.close_incident(OPS, surplus.incident_id, Closing("", "paid_out", "OUT-1"))
        world.desk.close_incident(COLLEAGUE_IN_OPS, surplus.incident_id, Closing("", "paid_out", "OUT-1"))
    async with world.relaying():
        await world.settled(case)
    assert (world.case(case).state["surplus"], world.incidents()[0].status) == (0, "closed")
    assert await world.agrees(case)


@pytest.mark.rule("T1", "4.5")
@pytest.mark.parametrize(
    ("rest", "reason"), [(37, "CURED_TOLERANCE"), (4_999, "CURED_TOLERANCE"), (5_000, None)]
)
async def test_s46_small_balance(world: World, rest: int, reason: str | None) -> None:
    """Below the bank's floor of 50.00 nobody is chased for what is left."""
    case = await world.a_case(overdue=100_000, balance=500_000)
    await world.pay(case, 100_000 - rest)
    row = world.case(case)
    assert (row.closed_reason, row.overdue_minor) == (reason, rest)
    assert world.open_kinds(case) == (set() if reason else {"first_contact"})
    if reason:
        assert await world.client.get_workflow_handle(case).result() == reason


# ---- again ----------------------------------------------------------------------------------------------


def _falls_behind_again(world: World, loan_id: str) -> None:
    """The core bank says: the instalment of yesterday was not paid."""
    yesterday = world.rules.calendar.day_of(int(world.start_at.timestamp())) - timedelta(days=1)
    with world.store.transaction() as connection:
        connection.execute(
            update(loans)
            .where(loans.c.loan_id == loan_id)
            .values(
                as_of_date=yesterday,
                first_overdue_on=yesterday,
                overdue_minor=stories.OVERDUE,
                balance_minor=stories.BALANCE - stories.OVERDUE,
            )
        )


@pytest.mark.rule("T17")
@pytest.mark.parametrize(
    ("story", "days", "stage", "task"),
    [
        (stories.to_legal, 40, "formal", "notice_release"),
        (stories.to_legal, 120, "initial", "first_contact"),
        (stories.to_review, 40, "initial", "first_contact"),
    ],
    ids=["of the court, after 40 days", "of the court, after 120 days", "of a notice, after 40 days"],
)
async def test_s21_cure_then_default_again(
    sqlite_store: Store,
    client: Client,
    tmp_path: Path,
    story: stories.Story,
    days: int,
    stage: str,
    task: str,
) -> None:
    async with a_world(sqlite_store, client, tmp_path) as world:
        first = await story(world)
        await world.pay(first, stories.OVERDUE)
    cured = world.case(first)
    assert cured.closed_reason == "CURED"
    later = cured.closed_at + timedelta(days=days)
    async with a_world(sqlite_store, client, tmp_path, start_at=later) as world:
        _falls_behind_again(world, cured.loan_id)
        case = world.open(cured.loan_id, episode=2, former=Former(cured.stage, cured.closed_at))
        await world.settled(case)
        row = world.case(case)
        assert (row.episode, row.loan_id) == (2, cured.loan_id)
        assert (row.status, row.stage, world.open_kinds(case)) == ("open", stage, {task})
        assert row.state["cured_notice_at"] == 0, "a letter of the last episode lets no time run in this one"
        assert await world.agrees(case)
