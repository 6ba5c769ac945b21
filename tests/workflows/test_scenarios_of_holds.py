"""Scenarios of the rule book about what a debtor says and the holds that follow, through the real workflow."""

from datetime import timedelta
from typing import Final

import pytest
from sqlalchemy import select

from api.auth.person import Person
from api.desk import errors
from api.desk.inbound import HeardIn
from arrears import clock
from arrears.policy.codes import Action
from arrears.policy.tasks import Role
from arrears.store.tables import contact_attempts, holds
from tests.world import COLLECTOR, LEAD, OPS, World

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

DESK: Final = Person("s-desk", "zheng", "Zheng Desk", frozenset({Role.CASE_DESK}), "zh-CN")
OFFICER: Final = Person("s-officer", "he", "He Officer", frozenset({Role.PLAN_OFFICER}), "zh-CN")
COLLEAGUE: Final = Person("s-colleague", "zhu", "Zhu Collector", frozenset({Role.COLLECTOR}), "zh-CN")
WORDS: Final = "债务人在电话中这样说"


def standing(world: World) -> list[tuple[str, str]]:
    with world.store.reading() as connection:
        found = select(holds.c.kind, holds.c.case_id).where(holds.c.ended_at.is_(None)).order_by(holds.c.kind)
        return [(row.kind, row.case_id) for row in connection.execute(found)]


async def two_loans(world: World) -> tuple[str, str]:
    """Cases of one person."""
    first = await world.a_case()
    second = world.open(world.loan(borrower=world.case(first).borrower_id))
    await world.settled(second)
    return first, second


@pytest.mark.rule("C16", "4.6-9")
async def test_s23_borrower_dies(world: World) -> None:
    """Said in a call about one loan: the other loan is quiet too; a false report frees both, and caps stand."""
    case, other = await two_loans(world)
    await world.decide(case, COLLECTOR, "first_contact", "deceased")
    await world.settled(other)
    assert (world.open_kinds(case), world.open_kinds(other)) == ({"death_verify"}, set())
    assert standing(world) == [("deceased", case)]
    assert "escalate" not in world.case(other).state["deadlines"]
    attempts = world.case(case).state["attempts"]
    await world.skip(case, timedelta(days=2))
    await world.decide(case, DESK, "death_verify", "refuted", reason="本人到行")
    await world.settled(other)
    assert standing(world) == []
    assert world.case(case).state["attempts"] == attempts
    assert "escalate" in world.case(other).state["deadlines"]
    with world.store.reading() as connection:
        assert connection.execute(select(contact_attempts.c.effective)).scalars().all() == [True]
    assert await world.agrees(case)
    assert await world.agrees(other)


@pytest.mark.rule("C16", "4.6-9")
async def test_s23_a_death_that_is_true_stands_and_asks_again_after_thirty_days(world: World) -> None:
    case = await world.a_case()
    await world.decide(case, COLLECTOR, "first_contact", "deceased")
    await world.decide(case, DESK, "death_verify", "confirmed")
    await world.skip_to_clock(case, "hold")
    assert "hold_review" in world.open_kinds(case)
    assert standing(world) == [("deceased", case)]


@pytest.mark.rule("C16", "3.2")
async def test_a_debtor_who_comes_to_a_branch_in_hardship_is_left_in_peace_at_once(world: World) -> None:
    """Through the door for what others tell the bank: the call that was due is put aside in the step that hears it."""
    case = await world.a_case()
    said = HeardIn("k1", case, Action.IN_VISIT, "hardship", WORDS)
    with clock.door_time(world.now_of(case)):
        heard = world.desk.inbound.hear(DESK, said)
        assert world.desk.inbound.hear(DESK, said) == heard
    await world.settled(case)
    assert standing(world) == [("hardship_review", case)]
    assert world.open_kinds(case) == {"hardship_decision"}
    assert "escalate" not in world.case(case).state["deadlines"]
    with world.store.reading() as connection:
        line = connection.execute(select(contact_attempts)).one()
    assert (line.action, line.effective, line.conversation) == ("in_visit", False, False)
    assert await world.agrees(case)


@pytest.mark.rule("4.2", "P9")
async def test_s26_dispute_of_a_part(world: World) -> None:
    """2,000 of 10,000: the notice claims 8,000 only; upheld, it was never owed."""
    case = await world.a_case(days_past_due=40, overdue=1_000_000, balance=3_000_000)
    for _ in range(20):
        kinds = world.open_kinds(case)
        if "escalation" in kinds:
            break
        contact = kinds & {"first_contact", "follow_up"}
        if contact:
            await world.decide(case, COLLECTOR, contact.pop(), "na")
        else:
            await world.skip_to_deadline(case)
    await world.decide(case, LEAD, "escalation", "escalate")
    said = {
        "attempt_id": f"{case}-in-1",
        "action": "in_call",
        "result": "dispute",
        "party": "borrower",
        "at": int(world.now_of(case).timestamp()),
        "amount_minor": 200_000,
    }
    world.say(case, "contact_reported", said, actor=COLLECTOR.staff_id)
    await world.settled(case)
    await world.decide(case, LEAD, "notice_release", "release")
    notice = world.notice(case)
    assert (notice.amount_minor, notice.balance_minor) == (800_000, 2_800_000)
    assert world.task(case, "dispute_review").facts["disputed_minor"] == 200_000
    await world.decide(case, DESK, "dispute_review", "upheld")
    row = world.case(case)
    assert (row.overdue_minor, row.balance_minor, row.state["holds"]) == (800_000, 2_800_000, [])
    [told] = world.incidents("ledger_to_correct")
    assert told.detail == {"amount_minor": 200_000, "currency": "CNY"}
    assert await world.agrees(case)


@pytest.mark.rule("K1")
async def test_s27_complaint_against_a_collector(world: World) -> None:
    """The case is a colleague's from that moment; the fifteenth day without an answer is an incident."""
    case = await world.a_case()
    await world.decide(case, COLLECTOR, "first_contact", "compl", reason=WORDS)
    assert world.case(case).state["kept_off"] == [COLLECTOR.staff_id]
    await world.skip_to_clock(case, "follow_up")
    task = world.task(case, "follow_up")
    assert task.barred == [COLLECTOR.staff_id]
    with pytest.raises(errors.NotFound):
        world.desk.claim(COLLECTOR, task.task_id)
    await world.decide(case, COLLEAGUE, "follow_up", "na")
    await world.skip_to_clock(case, "hold")
    assert [one.kind for one in world.incidents("complaint_late")] == ["complaint_late"]
    assert world.task(case, "complaint_reply").status == "open", "silence ends nothing"
    await world.decide(case, DESK, "complaint_reply", "rejected", reason="录音显示用语规范")
    assert standing(world) == []


@pytest.mark.rule("C16", "4.5")
async def test_s42_identity_theft(world: World) -> None:
    case = await world.a_case()
    await world.decide(case, COLLECTOR, "first_contact", "fraud", reason=WORDS)
    assert world.open_kinds(case) == {"fraud_verify"}
    await world.decide(case, DESK, "fraud_verify", "confirmed")
    row = world.case(case)
    assert (row.status, row.closed_reason) == ("closed", "FRAUD_NOT_DEBTOR")
    assert [one.case_id for one in world.incidents("bureau_to_delete")] == [case]
    assert standing(world) == []


@pytest.mark.rule("4.2")
async def test_s48_hold_stacking(world: World) -> None:
    """Two holds; after the first the case is still, after the second its clock goes on with what it had left."""
    case = await world.a_case()
    at = world.now_of(case)
    left = world.deadline(case, "escalate") - at
    await world.decide(case, COLLECTOR, "first_contact", "paid_claim", reason=WORDS)
    placed = world.say_hold(case, DESK, "hardship_review", WORDS)
    await world.settled(case)
    assert world.message(placed).status == "applied"
    await world.skip(case, timedelta(days=3))
    await world.decide(case, OPS, "paid_claim_check", "no_money", reason="未见该笔入账")
    assert [kind for kind, _ in standing(world)] == ["hardship_review"]
    assert "escalate" not in world.case(case).state["deadlines"]
    await world.decide(case, OFFICER, "hardship_decision", "no_relief", reason="收入未受影响")
    assert standing(world) == []
    goes_on = world.deadline(case, "escalate") - world.now_of(case)
    assert abs(goes_on - left) < timedelta(minutes=2)
    assert await world.agrees(case)
