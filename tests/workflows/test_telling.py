"""What operators read in the Temporal UI is true at every turn, and says nothing about the person."""

import json
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from temporalio.client import Client, WorkflowHistory

from arrears.store import packs
from arrears.store.session import Store
from arrears.store.tables import borrowers, contact_points, remarks
from tests import stories
from tests.world import ADVISOR, COLLECTOR, LEAD, SECOND, World, a_world

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

PERSONAL = ("欧阳明月", "虚构省虚构市不存在路77号", "13900007777", "440100199001017777", "家里有老人要照顾")


async def _attributes(world: World, case: str) -> dict[str, Any]:
    described = await world.client.get_workflow_handle(case).describe()
    return {pair.key.name: pair.value for pair in described.typed_search_attributes}


async def _explained(world: World, case: str) -> str:
    return "\n".join(await world.client.get_workflow_handle(case).query("explain"))


async def test_a_case_that_opened_says_what_it_is_and_what_comes_next(world: World) -> None:
    case = await world.a_case(overdue=100_000, balance=500_000)
    row = world.case(case)
    await world.until(lambda: world.agrees(case))
    told = await _attributes(world, case)
    assert told["CaseStage"] == "initial"
    assert told["CaseStatus"] == "open"
    assert told["CaseBalanceBand"] == "1 to 10 thousand"
    assert told["CasePolicyPack"] == world.rules.terms.pack
    assert told["CaseOpenTasks"] == ["first_contact"]
    assert told["CaseNextDeadline"].astimezone(UTC) == row.next_deadline_at
    assert told["CaseStageSince"].astimezone(UTC) == row.stage_since
    assert told["CaseAttention"] is False
    explained = await _explained(world, case)
    assert "In the initial stage" in explained
    assert "it waits for a collector to make the first contact" in explained
    assert "Ask a team lead whether to escalate" in explained
    details = await world.details(case)
    assert f"**{case}** · step 1 · initial" in details
    assert "open → " in details


async def test_a_case_in_the_formal_stage_says_what_became_of_its_notice(world: World) -> None:
    case = await stories.to_notice_released(world)
    await world.until(lambda: world.agrees(case))
    told = await _attributes(world, case)
    assert (told["CaseStage"], told["CaseStatus"]) == ("formal", "open")
    assert told["CaseNextDeadline"].astimezone(UTC) == world.case(case).next_deadline_at
    explained = await _explained(world, case)
    assert "The demand notice was sent" in explained
    assert "Ask the carrier whether the notice arrived" in explained
    await world.report_delivery(case, "arrived")
    await world.until(lambda: world.agrees(case))
    explained = await _explained(world, case)
    assert "The demand notice arrived" in explained
    assert "The debtor's time after the notice ends" in explained


async def test_a_closed_case_says_how_it_ended_and_has_nothing_ahead(world: World) -> None:
    case = await world.a_case()
    await world.pay(case, stories.OVERDUE)
    assert await world.client.get_workflow_handle(case).result() == "CURED"
    told = await _attributes(world, case)
    assert (told["CaseStage"], told["CaseStatus"]) == ("closed", "CURED")
    assert told.get("CaseOpenTasks", []) == []
    assert "CaseNextDeadline" not in told
    assert ": the arrears are paid." in await _explained(world, case)
    assert "· CURED" in await world.details(case)


async def test_each_timer_and_activity_says_in_words_what_it_is_for(world: World) -> None:
    case = await stories.to_notice_arrived(world)
    await world.until(lambda: world.agrees(case))
    summaries = [
        json.loads(event.user_metadata.summary.data)
        for event in await world.legal_history(case)
        if event.user_metadata.summary.data
    ]
    assert any(summary.startswith("Loan ") for summary in summaries)
    assert any(summary.startswith("Ask a team lead") for summary in summaries)
    assert any(summary.startswith("The debtor's time") for summary in summaries)
    assert any(summary == f"send {world.notice(case).notice_id}" for summary in summaries)
    assert any(summary.startswith("task decided → ") for summary in summaries)


def _loan_of_somebody(world: World) -> str:
    """With all that a bank keeps of a person."""
    name, address, phone, number, _ = PERSONAL
    loan = world.loan(days_past_due=80, balance=stories.BALANCE)
    with world.store.transaction() as connection:
        connection.execute(
            update(borrowers)
            .where(borrowers.c.borrower_id == f"B{loan}")
            .values(name=name, address=address, id_kind="resident", id_number=number)
        )
        for channel, where in (("phone", phone), ("post", address)):
            connection.execute(
                insert(contact_points).values(
                    contact_id=f"{loan}-{channel}",
                    borrower_id=f"B{loan}",
                    channel=channel,
                    address=where,
                    preferred=True,
                    do_not_contact=False,
                )
            )
    return loan


async def test_no_history_attribute_or_summary_holds_anything_personal(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    """The whole story with letter and free words, and then every byte that Temporal keeps of it."""
    async with a_world(sqlite_store, client, tmp_path) as world:
        words = PERSONAL[-1]
        case = world.open(_loan_of_somebody(world))
        await world.settled(case)
        await world.decide(case, COLLECTOR, "first_contact", "na", reason=words)
        for _ in range(2):
            await world.skip_to_clock(case, "follow_up")
            await world.decide(case, COLLECTOR, "follow_up", "rtp", reason=words)
        await world.decide(case, LEAD, "escalation", "escalate")
        await world.decide(case, LEAD, "notice_release", "release")
        assert list(world.letters.glob("*.pdf")), "the letter itself did go out"
        await world.report_delivery(case, "arrived")
        await world.skip_to_clock(case, "cure")
        await world.decide(case, ADVISOR, "legal_review", "sue", reason=words)
        await world.decide(case, SECOND, "second_approval", "approve")
        await world.decide(case, ADVISOR, "filing", "filed", reason=words)
        await world.pay(case, stories.BALANCE, designation=words)
        await world.decide(case, ADVISOR, "court_end", "withdraw", reason=words)
        assert world.case(case).closed_reason == "PAID_OFF"
        with world.store.reading() as connection:
            assert set(connection.execute(select(remarks.c.words)).scalars()) == {words}
        kept = [await world.details(case), await _explained(world, case)]
        for run_id in await world.runs(case):
            history = await world.legal_history(case, run_id=run_id)
            kept += [event.SerializeToString().decode("utf-8", "replace") for event in history]
            kept.append(WorkflowHistory(case, history).to_json())
        described = await world.client.get_workflow_handle(case).describe()
        kept.append(str(described.raw_description))
        for secret in PERSONAL:
            escaped = json.dumps(secret).strip('"')
            assert not any(secret in text or escaped in text for text in kept), secret


async def test_a_bug_in_the_rules_refuses_what_was_said_calls_for_an_operator_and_the_case_goes_on(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    """A pack that lost a number: reading it raises in the middle of the rules."""
    rules = packs.load("cn-bank-2026").rules
    days = {kind: number for kind, number in rules.terms.sla_bank_days.items() if kind != "follow_up"}
    faulty = replace(rules, terms=replace(rules.terms, sla_bank_days=days))
    async with a_world(sqlite_store, client, tmp_path, rules=faulty) as world:
        case = await world.a_case(days_past_due=40)
        # Attempts are missing, so another call is asked for at once.
        word = await world.decide(case, COLLECTOR, "first_contact", "rtp", reason="says no")
        assert (world.message(word).status, world.message(word).reason) == ("refused", "rules_failed")
        assert [(row.kind, row.detail["error"]) for row in world.incidents()] == [
            ("rules_failed", "KeyError")
        ]
        assert world.case(case).attention
        await world.until(lambda: world.agrees(case))
        assert (await _attributes(world, case))["CaseAttention"] is True
        await world.decide(case, COLLECTOR, "first_contact", "na")
        await world.pay(case, stories.OVERDUE)
        assert world.case(case).closed_reason == "CURED"
