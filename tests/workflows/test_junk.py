"""Whatever is said to a case by hand, it keeps an incident, changes nothing and goes on."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowExecutionStatus

from arrears.contracts import CaseInput, Message
from arrears.names import WORKFLOW_TYPE, open_message_id
from arrears.policy.money import Owed
from arrears.store.session import Store
from arrears.store.states import state_from_json
from tests import stories
from tests.workflows.by_hand import copied, raw, written
from tests.workflows.histories import tally
from tests.world import COLLECTOR, World, a_world

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]


def _shaped(**changed: object) -> dict[str, object]:
    """What a message looks like that nobody said."""
    message: dict[str, object] = {
        "message_id": "made-up",
        "signal": "payment_posted",
        "actor": "core-bank",
        "content": {"payment_id": "P9", "amount_minor": 100_000, "kind": "payment", "provisional": False},
        "task_id": None,
    }
    return message | changed


def _deep(levels: int) -> Payload:
    return raw(b'{"content":' + b"[" * levels + b"]" * levels + b"}")


JUNK: dict[str, tuple[str, list[Payload], str]] = {
    "a name nobody knows": ("weather", [written("rain")], "junk_signal"),
    "a name nobody knows, with no argument": ("weather", [], "junk_signal"),
    "a name nobody knows, with what is no JSON": ("weather", [raw(b"\xff\xfe"), written(1)], "junk_signal"),
    "a name that the engine keeps for itself": ("__temporal_x", [written({})], "junk_signal"),
    "an opening": ("open", [written(_shaped(signal="open"))], "junk_signal"),
    "a name as long as a book": ("w" * 900, [written("rain")], "junk_signal"),
    "a name with a zero in it": ("wea\x00ther", [written("rain")], "junk_signal"),
    "a text": ("payment_posted", [written("100000")], "junk_signal"),
    "a number": ("payment_posted", [written(100_000)], "junk_signal"),
    "a list": ("payment_posted", [written([1, 2])], "junk_signal"),
    "nothing at all": ("payment_posted", [raw(b"", encoding=b"binary/null")], "junk_signal"),
    "bytes": ("payment_posted", [raw(b"\x00\x01", encoding=b"binary/plain")], "junk_signal"),
    "broken JSON": ("payment_posted", [raw(b'{"message_id": ')], "junk_signal"),
    "no encoding": ("payment_posted", [raw(b"{}", encoding=None)], "junk_signal"),
    "what the codec cannot open": (
        "payment_posted",
        [raw(b"\x8f" * 90, encoding=b"binary/encrypted")],
        "junk_signal",
    ),
    "protobuf of no known type": ("payment_posted", [raw(b"{}", encoding=b"json/protobuf")], "junk_signal"),
    "no argument": ("payment_posted", [], "junk_signal"),
    "two arguments": ("payment_posted", [written(_shaped()), written(_shaped())], "junk_signal"),
    "two arguments, one no JSON": ("payment_posted", [written({}), raw(b"\xff\xfe")], "junk_signal"),
    "two that the codec cannot open": (
        "task_decided",
        [raw(b"\x8f", encoding=b"binary/encrypted"), raw(b"\x90", encoding=b"binary/encrypted")],
        "junk_signal",
    ),
    "a field too many": ("payment_posted", [written(_shaped(extra=1))], "junk_signal"),
    "a field too few": ("payment_posted", [written({"message_id": "made-up"})], "junk_signal"),
    "another signal's name inside": (
        "payment_posted",
        [written(_shaped(signal="task_decided"))],
        "junk_signal",
    ),
    "an id that is no text": ("payment_posted", [written(_shaped(message_id=7))], "junk_signal"),
    "a content that is no object": ("payment_posted", [written(_shaped(content="100"))], "junk_signal"),
    "a content within a content": (
        "payment_posted",
        [written(_shaped(content={"a": {"b": 1}}))],
        "junk_signal",
    ),
    "a thousand lists in each other": ("payment_posted", [_deep(900)], "junk_signal"),
    "ten thousand lists in each other": ("payment_posted", [_deep(8_000)], "junk_signal"),
    "half a character": ("payment_posted", [written(_shaped(message_id="\ud800"))], "junk_signal"),
    "a zero in an id": ("payment_posted", [written(_shaped(message_id="a\x00b"))], "junk_signal"),
    "a number without end": (
        "payment_posted",
        [raw(json.dumps(_shaped(actor="X")).replace('"X"', "9" * 9_000).encode())],
        "junk_signal",
    ),
    "not a number": (
        "payment_posted",
        [written(_shaped(content={"amount_minor": float("nan")}))],
        "junk_signal",
    ),
    "a book": ("payment_posted", [written(_shaped(actor="x" * 1_500_000))], "junk_signal"),
    "an id that no message has": ("payment_posted", [written(_shaped())], "unknown_message"),
    "a long id that no message has": (
        "task_decided",
        [written(_shaped(signal="task_decided", message_id="m" * 9_000))],
        "unknown_message",
    ),
}


async def _goes_on(world: World, case: str, *, seq: int) -> None:
    """The same state as before, and the next true word is heard."""
    assert world.case(case).seq == seq
    assert await world.agrees(case)
    await world.decide(case, COLLECTOR, "first_contact", "na")
    assert world.case(case).seq == seq + 1
    assert "workflow_task_failed" not in tally(await world.legal_history(case))


async def test_every_sort_of_junk_is_one_incident_however_often_it_comes_and_the_case_goes_on(
    store: Store, client: Client, tmp_path: Path
) -> None:
    """On both databases: what one of them could not hold would stand in `record` for ever."""
    async with a_world(store, client, tmp_path) as world:
        cases = {name: await world.a_case() for name in JUNK}
        for name, (signal, payloads, _) in JUNK.items():
            for _again in range(2):
                await world.type_signal(cases[name], signal, *payloads)
        for name, (_, _, kind) in JUNK.items():
            case = cases[name]

            async def heard(case: str = case) -> bool:
                return tally(await world.legal_history(case))["marker_recorded"] == 3

            await world.until(heard)
            kept = [row for row in world.incidents() if row.case_id == case]
            assert [row.kind for row in kept] == [kind], name
            assert len(json.dumps(kept[0].detail)) < 400, name
            await _goes_on(world, case, seq=1)


async def test_two_different_pieces_of_junk_are_two_incidents(world: World) -> None:
    case = await world.a_case()
    await world.type_signal(case, "payment_posted", written("one"))
    await world.type_signal(case, "payment_posted", written("two"))
    await world.until(lambda: len(world.incidents("junk_signal")) == 2)
    await _goes_on(world, case, seq=1)


async def test_a_true_message_that_comes_again_is_heard_and_changes_nothing(world: World) -> None:
    case = await world.a_case()
    posted = await world.pay(case, 10_000)
    assert posted.message_id is not None
    row = world.message(posted.message_id)
    for _ in range(3):
        await world.type_signal(case, "payment_posted", copied(row))

    async def heard() -> bool:
        return tally(await world.legal_history(case))["marker_recorded"] == 5

    await world.until(heard)
    assert world.case(case).overdue_minor == 90_000
    assert world.incidents() == []  # a late copy of what was settled is no attack
    await _goes_on(world, case, seq=2)


async def test_true_messages_that_come_in_another_order_are_each_applied_once(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    """The last one first, all marked as sent, as if the relay had lost its order."""
    async with a_world(sqlite_store, client, tmp_path, relaying=False) as world:
        async with world.relaying():
            case = await world.a_case(overdue=100_000)
        loan, ids = world.case(case).loan_id, []
        for amount in (1_000, 2_000, 3_000, 4_000):
            posted = world.say_payment(loan, amount, case_id=case)
            assert posted.message_id is not None
            ids.append(posted.message_id)
        world.mark_sent(ids)
        for message_id in reversed(ids):
            await world.type_signal(case, "payment_posted", copied(world.message(message_id)))
        await world.settled(case)
        assert [world.message(message_id).settled_seq for message_id in ids] == [5, 4, 3, 2]
        assert (world.case(case).overdue_minor, world.case(case).seq) == (90_000, 5)


async def test_a_copy_of_a_true_message_with_another_amount_is_an_incident_and_the_true_one_is_applied(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    async with a_world(sqlite_store, client, tmp_path, relaying=False) as world:
        async with world.relaying():
            case = await world.a_case(overdue=100_000)
        posted = world.say_payment(world.case(case).loan_id, 10_000, case_id=case)
        assert posted.message_id is not None
        true = world.message(posted.message_id)
        await world.type_signal(case, "payment_posted", copied(true, amount_minor=100_000))
        await world.until(lambda: len(world.incidents("tampered_message")) == 1)
        assert world.message(true.message_id).status == "waiting"
        assert world.case(case).overdue_minor == 100_000
        async with world.relaying():
            await world.settled(case)
            assert world.message(true.message_id).status == "applied"
            assert world.case(case).overdue_minor == 90_000
            assert [row.detail["message_id"] for row in world.incidents()] == [true.message_id]
            await _goes_on(world, case, seq=2)


async def test_a_true_message_of_another_case_is_an_incident_of_this_one(world: World) -> None:
    case, other = await world.a_case(), await world.a_case()
    posted = await world.pay(other, 10_000)
    assert posted.message_id is not None
    await world.type_signal(case, "payment_posted", copied(world.message(posted.message_id)))
    await world.until(lambda: len(world.incidents("unknown_message")) == 1)
    assert world.incidents("unknown_message")[0].case_id == case
    await _goes_on(world, case, seq=1)


async def test_a_message_that_nobody_has_sent_yet_is_not_applied_before_its_time(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    """Somebody who can read the database types it early, while its author may still take it back."""
    async with a_world(sqlite_store, client, tmp_path, relaying=False) as world:
        async with world.relaying():
            case = await world.a_case()
        posted = world.say_payment(world.case(case).loan_id, 10_000, case_id=case)
        assert posted.message_id is not None
        await world.type_signal(case, "payment_posted", copied(world.message(posted.message_id)))

        async def heard() -> bool:
            return tally(await world.legal_history(case))["marker_recorded"] == 2

        await world.until(heard)
        assert world.message(posted.message_id).status == "waiting"
        assert world.case(case).seq == 1
        async with world.relaying():
            await world.settled(case)
        assert world.message(posted.message_id).status == "applied"


async def test_more_junk_than_one_payload_can_carry_does_not_end_the_case(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    """Each run hands what it has not heard to the next one, and the server ends a case whose input is too large."""
    async with a_world(sqlite_store, client, tmp_path, working=False, run_events=30) as world:
        async with world.working():
            case = await world.a_case()
        for n in range(200):
            message = _shaped(message_id=f"m{n}", actor="x" * 15_000)
            await world.type_signal(case, "payment_posted", written(message))
        async with world.working():
            await world.until(lambda: len(world.incidents("unknown_message")) == 200, seconds=120)
            assert (await world.gateway.look(case))["runs"] >= 1
            await _goes_on(world, case, seq=1)


# ---- cases started by hand ----------------------------------------------------------------------------------


def _life(world: World, case: str, **more: object) -> CaseInput:
    fields: dict[str, object] = {
        "case_id": case,
        "loan_id": case.rsplit("-", 1)[0].removeprefix("case-"),
        "rules": world.rules,
        "shift_seconds": world.shift_seconds,
    } | more
    return CaseInput(**fields)  # type: ignore[arg-type]  # as typed by hand


async def _ends(world: World, life: CaseInput) -> str:
    handle = await world.client.start_workflow(WORKFLOW_TYPE, life, id=life.case_id, task_queue=world.queue)
    return str(await asyncio.wait_for(handle.result(), 60))


async def test_a_case_started_by_hand_without_an_opening_ends_unopened_and_the_true_one_opens(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    async with a_world(sqlite_store, client, tmp_path, relaying=False) as world:
        loan = world.loan()
        case = world.open(loan)
        assert await _ends(world, _life(world, case)) == "NEVER_OPENED"
        async with world.relaying():
            await world.settled(case)
        assert (world.case(case).status, world.case(case).seq) == ("open", 1)


async def test_a_case_started_by_hand_with_an_opening_nobody_said_ends_unopened(world: World) -> None:
    loan = world.loan()
    content = {"loan_id": loan, "borrower_id": "B", "currency": "CNY", "balance_minor": 5, "overdue_minor": 5}
    content |= {"first_overdue_on": "2026-01-01", "status": "open", "as_of": "2026-03-01", "pack": "x"}
    opening = Message(f"open-case-{loan}-1", "open", "core-bank", content)
    assert await _ends(world, _life(world, f"case-{loan}-1", opening=opening)) == "NEVER_OPENED"
    assert [row.kind for row in world.incidents()] == ["unknown_message"]


async def test_a_case_started_by_hand_on_other_terms_ends_unopened(
    sqlite_store: Store, client: Client, tmp_path: Path
) -> None:
    """With the true opening, but rules of somebody's own making."""
    async with a_world(sqlite_store, client, tmp_path, relaying=False) as world:
        loan = world.loan()
        case = world.open(loan)
        row = world.message(open_message_id(case))
        opening = Message(row.message_id, row.signal, row.actor, row.content, row.task_id)
        rules = replace(world.rules, terms=replace(world.rules.terms, legal_dpd=1))
        assert await _ends(world, _life(world, case, opening=opening, rules=rules)) == "NEVER_OPENED"
        async with world.relaying():
            await world.settled(case)
        assert world.case(case).state["terms"]["legal_dpd"] == world.rules.terms.legal_dpd


async def test_a_closed_case_started_again_by_hand_ends_as_it_was_closed(world: World) -> None:
    case = await world.a_case()
    await world.pay(case, stories.OVERDUE)
    assert await world.client.get_workflow_handle(case).result() == "CURED"
    row = world.message(open_message_id(case))
    opening = Message(row.message_id, row.signal, row.actor, row.content, row.task_id)
    assert await _ends(world, _life(world, case, opening=opening)) == "CURED"
    assert (world.case(case).seq, world.open_kinds(case)) == (2, set())
    handle = world.client.get_workflow_handle(case)
    assert (await handle.describe()).status == WorkflowExecutionStatus.COMPLETED


async def test_an_invented_state_is_replaced_by_the_banks_as_soon_as_something_happens(world: World) -> None:
    """Somebody ends the workflow of an open case and starts it with a state of his own."""
    case = await world.a_case(overdue=100_000)
    await world.client.get_workflow_handle(case).terminate("by hand")
    mine = replace(state_from_json(world.case(case).state), owed=Owed(principal=1), overdue=1, deadlines={})
    life = _life(world, case, state=mine, seq=1)
    await world.client.start_workflow(WORKFLOW_TYPE, life, id=case, task_queue=world.queue)
    await world.pay(case, 10_000)
    assert (world.case(case).status, world.case(case).overdue_minor) == ("open", 90_000)
    assert await world.agrees(case)
