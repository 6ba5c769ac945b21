"""Scenarios of the rule book about letters and the court, told through the real workflow in skipped time."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from sqlalchemy import update
from temporalio.client import Client

from api.desk import errors
from api.desk.answering import Answer
from arrears import clock
from arrears.policy.difference import Changed
from arrears.store.asked_again import earlier
from arrears.store.session import Store
from arrears.store.tables import borrowers
from tests import stories
from tests.world import ADVISOR, LEAD, OPS, SECOND, World, a_world

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

MINUTE: Final = timedelta(minutes=1)
ASKED: Final = [
    (stories.to_review, ADVISOR, "legal_review", "sue"),
    (stories.to_second_approval, SECOND, "second_approval", "approve"),
]
_ids: Final = ["the first advisor is asked", "the second one is asked"]


@pytest_asyncio.fixture(loop_scope="session")
async def quiet_world(sqlite_store: Store, client: Client, tmp_path: Path) -> AsyncIterator[World]:
    """The relay is off: a test says when the cases hear."""
    async with a_world(sqlite_store, client, tmp_path, relaying=False) as made:
        yield made


def _word(outcome: str, facts_no: int) -> dict[str, Any]:
    """A decision as the desk would write it."""
    return {
        "outcome": outcome,
        "facts_no": facts_no,
        "remark_id": None,
        "amount_minor": None,
        "on": None,
    }


# ---- approval and filing --------------------------------------------------------------------------------


@pytest.mark.rule("4.5")
@pytest.mark.parametrize(("story", "who", "kind", "outcome"), ASKED, ids=_ids)
async def test_s08_payment_in_full_while_approval_pending(
    world: World, story: stories.Story, who: Any, kind: str, outcome: str
) -> None:
    case = await story(world)
    asked = world.task(case, kind)
    assert asked.facts["balance_minor"] == stories.BALANCE
    await world.pay(case, stories.BALANCE)
    assert world.case(case).closed_reason == "PAID_OFF"
    assert [(task.task_id, task.why) for task in world.tasks(case, status="cancelled")][-1] == (
        asked.task_id,
        "paid_off",
    )
    with pytest.raises(errors.TaskGone), clock.door_time(world.now_of(case)):
        world.desk.decide(who, asked.task_id, Answer(outcome, asked.facts_no))
    assert list(world.matters(case)) == []


@pytest.mark.rule("4.6-5")
@pytest.mark.parametrize(("story", "who", "kind", "outcome"), ASKED, ids=_ids)
async def test_another_party_while_approval_pending_asks_again_and_says_so(
    world: World, story: stories.Story, who: Any, kind: str, outcome: str
) -> None:
    case = await story(world)
    asked = world.task(case, kind)
    world.say(case, "people_changed", {"parties": True, "address": False})
    await world.settled(case)
    with pytest.raises(errors.TaskGone), clock.door_time(world.now_of(case)):
        world.desk.decide(who, asked.task_id, Answer(outcome, asked.facts_no))
    review = world.task(case, "legal_review")
    assert (review.why, review.facts["parties_no"]) == ("people_changed", 1)
    with world.store.reading() as connection:
        before = earlier(connection, review.task_id)
    assert before is not None
    assert before.changed == (Changed("parties"),)
    assert await world.agrees(case)
    assert world.incidents() == []


@pytest.mark.rule("4.6-5")
@pytest.mark.parametrize(("story", "who", "kind", "outcome"), ASKED, ids=_ids)
async def test_s08_payment_in_part_while_approval_pending(
    world: World, story: stories.Story, who: Any, kind: str, outcome: str
) -> None:
    """The question goes back to the first advisor with the new figures; a word on the old ones counts nothing."""
    case = await story(world)
    asked = world.task(case, kind)
    await world.pay(case, 20_000)
    [gone] = world.tasks(case, status="cancelled")
    assert (gone.task_id, gone.why) == (asked.task_id, "stale_facts")
    assert world.open_kinds(case) == {"legal_review"}
    fresh = world.task(case, "legal_review")
    assert (fresh.why, fresh.facts["overdue_minor"]) == ("facts_changed", stories.OVERDUE - 20_000)
    assert world.case(case).state["approval"] is None
    old = world.say(
        case,
        "task_decided",
        _word(outcome, asked.facts_no),
        actor=who.staff_id,
        task_id=asked.task_id,
        message_id=f"{asked.task_id}-late",
    )
    await world.settled(case)
    assert (world.message(old).status, world.message(old).reason) == ("refused", "task_not_open")
    with pytest.raises(errors.StaleForm):
        world.say_decision(case, ADVISOR, "legal_review", "sue", facts_no=asked.facts_no)
    await world.decide(case, ADVISOR, "legal_review", "sue")
    await world.decide(case, SECOND, "second_approval", "approve")
    assert world.case(case).stage == "legal"


@pytest.mark.rule("4.6-5", "4.9")
async def test_s09_approval_then_payment_before_filing_act(quiet_world: World) -> None:
    """The money was accepted before the advisor's word, and nobody at the desk knew of it yet."""
    world = quiet_world
    async with world.relaying():
        case = await stories.to_legal(world)
    world.say_payment(world.case(case).loan_id, stories.BALANCE, case_id=case)
    filed = world.say_decision(case, ADVISOR, "filing", "filed")
    async with world.relaying():
        await world.settled(case)
    assert world.case(case).closed_reason == "PAID_OFF"
    assert (world.message(filed).status, world.message(filed).reason) == ("refused", "case_closed")
    assert list(world.matters(case)) == []


@pytest.mark.rule("4.6-5", "4.9")
async def test_s09_approval_then_part_payment_before_filing_act(quiet_world: World) -> None:
    """The claim would be too high: the advisor files again, on the new figures."""
    world = quiet_world
    async with world.relaying():
        case = await stories.to_legal(world)
    world.say_payment(world.case(case).loan_id, 20_000, case_id=case)
    filed = world.say_decision(case, ADVISOR, "filing", "filed")
    async with world.relaying():
        await world.settled(case)
        assert (world.message(filed).status, world.message(filed).reason) == ("refused", "facts_changed")
        assert (list(world.matters(case)), world.open_kinds(case)) == ([], {"filing"})
        await world.decide(case, ADVISOR, "filing", "filed")
    [matter] = world.matters(case)
    assert matter.claim_minor == stories.BALANCE - 20_000


@pytest.mark.rule("4.6-7", "3.5")
async def test_s10_payment_after_filing(world: World) -> None:
    """All is paid, and still an advisor says what becomes of the claim: a withdrawal costs half the fee."""
    case = await stories.to_filed(world)
    [matter] = world.matters(case)
    assert (matter.claim_minor, matter.fee_minor) == (stories.BALANCE, 105_000)
    await world.pay(case, stories.BALANCE)
    assert (world.case(case).status, world.open_kinds(case)) == ("open", {"court_end"})
    facts = world.task(case, "court_end").facts
    assert (facts["claim_minor"], facts["balance_minor"]) == (stories.BALANCE, 0)
    assert (facts["fee_minor"], facts["fee_withdrawn_minor"]) == (105_000, 52_500)
    await world.skip(case, timedelta(days=40))
    assert (world.case(case).status, world.open_kinds(case)) == ("open", {"court_end"}), "no clock answers"
    await world.decide(case, ADVISOR, "court_end", "withdraw")
    [matter] = world.matters(case)
    assert (matter.outcome, matter.ended_by) == ("withdraw", ADVISOR.staff_id)
    assert world.case(case).closed_reason == "PAID_OFF"


async def _core_bank_says(world: World, case: str, *, balance: int, status: str) -> None:
    """The nightly file: nothing is overdue."""
    loan = {
        "loan_id": world.case(case).loan_id,
        "currency": world.rules.terms.currency,
        "balance_minor": balance,
        "overdue_minor": 0,
        "first_overdue_on": None,
        "status": status,
    }
    world.say(case, "loan_restated", loan)
    await world.settled(case)


@pytest.mark.rule("4.6-7")
@pytest.mark.parametrize("status", ["open", "closed"])
async def test_s10_payment_after_filing_and_the_core_banks_file_ends_no_matter(
    world: World, status: str
) -> None:
    """The fee still stands beside the question, and a loan that is closed in the books is not so at the court."""
    case = await stories.to_filed(world)
    await world.pay(case, stories.BALANCE)
    await _core_bank_says(world, case, balance=0, status=status)
    assert (world.case(case).status, world.open_kinds(case)) == ("open", {"court_end"})
    facts = world.task(case, "court_end").facts
    assert (facts["fee_minor"], facts["fee_withdrawn_minor"]) == (105_000, 52_500)
    await world.decide(case, ADVISOR, "court_end", "court_ended", reason="法院准许撤诉")
    assert world.case(case).closed_reason == "PAID_OFF"


@pytest.mark.rule("4.6-7")
async def test_s10_payment_after_filing_while_costs_are_sought_the_nightly_file_asks_nobody(
    world: World,
) -> None:
    case = await stories.to_filed(world)
    await world.pay(case, stories.BALANCE)
    await world.decide(case, ADVISOR, "court_end", "costs")
    for status in ("open", "closed"):
        await _core_bank_says(world, case, balance=0, status=status)
        assert (world.case(case).status, world.open_kinds(case)) == ("open", set())
    await world.skip_to_clock(case, "court")
    assert world.open_kinds(case) == {"court_end"}
    assert world.task(case, "court_end").facts["fee_minor"] == 105_000


@pytest.mark.rule("4.6-7")
async def test_s10_a_loan_that_the_core_bank_closes_after_filing_waits_for_the_court(world: World) -> None:
    case = await stories.to_filed(world)
    await _core_bank_says(world, case, balance=0, status="closed")
    assert (world.case(case).status, world.open_kinds(case)) == ("open", {"court_end"})
    assert world.task(case, "court_end").why == "loan_closed"
    await world.decide(case, ADVISOR, "court_end", "withdraw")
    assert world.case(case).closed_reason == "PAID_OFF"


# ---- letters --------------------------------------------------------------------------------------------


async def _sent(world: World) -> tuple[str, date]:
    """A notice that went out, and the day on which it did."""
    case = await stories.to_notice_released(world)
    return case, world.rules.calendar.day_of(int(world.notice(case).sent_at.timestamp()))


@pytest.mark.rule("T4")
async def test_s13_notice_delivery(world: World) -> None:
    """Sent on day 0, arrived on day 6: the debtor's time ends with day 21, not with day 15."""
    case, sent_on = await _sent(world)
    await world.skip(case, timedelta(days=6))
    await world.report_delivery(case, "arrived")
    notice = world.notice(case)
    assert (notice.status, notice.cure_on) == ("arrived", sent_on + timedelta(days=21))
    ends = world.deadline(case, "cure")
    assert ends == world.zone_time(case).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(16)
    await world.skip_to(case, ends - MINUTE)
    assert world.open_kinds(case) == set()
    await world.skip_to(case, ends + MINUTE)
    assert world.open_kinds(case) == {"legal_review"}


@pytest.mark.rule("T4")
async def test_s13_notice_returned_at_an_address_that_was_not_agreed(world: World) -> None:
    """The debtor's time never begins, however long nobody finds another address; then a lead is asked anew."""
    case, _ = await _sent(world)
    with world.store.transaction() as connection:
        connection.execute(
            update(borrowers)
            .where(borrowers.c.borrower_id == world.case(case).borrower_id)
            .values(service_address_agreed=False)
        )
    await world.skip(case, timedelta(days=6))
    await world.report_delivery(case, "returned")
    assert (world.notice(case).status, world.notice(case).cure_on) == ("returned", None)
    assert world.open_kinds(case) == {"new_address"}
    await world.skip(case, timedelta(days=40))
    assert world.open_kinds(case) == {"new_address"}
    assert {"cure", "legal_review", "silence"} & world.case(case).state["deadlines"].keys() == set()
    await world.decide(case, OPS, "new_address", "found")
    assert world.open_kinds(case) == {"notice_release"}


@pytest.mark.rule("T4", "L04")
async def test_s13_notice_returned_at_the_agreed_address_counts_as_arrived(world: World) -> None:
    case, sent_on = await _sent(world)
    await world.skip(case, timedelta(days=6))
    await world.report_delivery(case, "returned")
    notice = world.notice(case)
    assert (notice.status, notice.cure_on) == ("arrived", sent_on + timedelta(days=21))


@pytest.mark.rule("T4")
async def test_s13_a_week_of_silence_and_the_carrier_knows_the_day_of_arrival(world: World) -> None:
    case, sent_on = await _sent(world)
    await world.skip_to_clock(case, "silence")
    assert world.open_kinds(case) == {"delivery_check"}
    assert world.notice(case).cure_on is None
    await world.decide(case, OPS, "delivery_check", "arrived", on=sent_on + timedelta(days=6))
    notice = world.notice(case)
    assert (notice.status, notice.cure_on) == ("arrived", sent_on + timedelta(days=21))


@pytest.mark.rule("1.2", "4.6-5")
async def test_s14_amount_drift(world: World) -> None:
    """A part payment came between the draft and its release: on the old figures no letter is released."""
    case = await stories.to_formal(world)
    draft = world.task(case, "notice_release")
    await world.pay(case, 20_000)
    with pytest.raises(errors.StaleForm):
        world.say_decision(case, LEAD, "notice_release", "release", facts_no=draft.facts_no)
    past_the_desk = world.say(
        case,
        "task_decided",
        _word("release", draft.facts_no),
        actor=LEAD.staff_id,
        task_id=draft.task_id,
    )
    await world.settled(case)
    assert (world.message(past_the_desk).status, world.message(past_the_desk).reason) == (
        "refused",
        "facts_changed",
    )
    assert not list(world.letters.glob("*.pdf"))
    fresh = world.task(case, "notice_release")
    assert (fresh.task_id, fresh.facts["overdue_minor"]) == (draft.task_id, stories.OVERDUE - 20_000)
    await world.decide(case, LEAD, "notice_release", "release")
    assert (world.notice(case).status, world.notice(case).amount_minor) == ("sent", stories.OVERDUE - 20_000)
