"""Records on a real server the histories that are not stored yet: `python -m tests.replay.record`.

A stored history is neither deleted nor recorded anew while a case of its age may still run: a change of steps or of
rules takes a new `VERSION`.
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Final

from temporalio.client import WorkflowHistory

from api.gateway import connect
from arrears.engine.embedded import Engine
from arrears.engine.namespace import prepare
from arrears.store import schema
from arrears.store.session import Store, open_engine
from tests import stories
from tests.endings import ENDINGS, Story
from tests.workflows.by_hand import copied, raw, written
from tests.world import ADVISOR, COLLECTOR, LEAD, SECOND, World, a_world

HISTORIES: Final = Path(__file__).parent / "histories"
NAMESPACE: Final = "arrears-replay"
VERSION: Final = "2026-11-28"


async def from_first_call_to_court(world: World) -> str:
    """Every stage, a part payment that sends the question back, timers that fired, and the last payment."""
    case = await stories.to_second_approval(world)
    await world.pay(case, 10_000)
    await world.decide(case, ADVISOR, "legal_review", "sue")
    await world.decide(case, SECOND, "second_approval", "approve")
    await world.decide(case, ADVISOR, "filing", "not_filed", reason="材料不全")
    await world.skip_to_clock(case, "filing")
    await world.decide(case, ADVISOR, "filing", "filed")
    await world.pay(case, stories.BALANCE - 10_000)
    await world.decide(case, ADVISOR, "court_end", "costs", reason="诉讼费用")
    await world.skip_to_clock(case, "court")
    await world.decide(case, ADVISOR, "court_end", "court_ended", reason="调解结案")
    assert world.case(case).closed_reason == "PAID_OFF"
    return case


async def through_all_sorts_of_junk(world: World) -> str:
    case = await world.a_case()
    paid = await world.pay(case, 1_000)
    assert paid.message_id is not None
    true = world.message(paid.message_id)
    for signal, payloads in (
        ("weather", [written("rain")]),
        ("weather", [raw(b"\xff\xfe"), written(1)]),
        ("open", [written({})]),
        ("payment_posted", []),
        ("payment_posted", [written({}), raw(b"\xff\xfe")]),
        ("payment_posted", [raw(b"{")]),
        ("payment_posted", [raw(b"\x8f" * 40, encoding=b"binary/encrypted")]),
        ("payment_posted", [raw(b"{}", encoding=None)]),
        ("payment_posted", [raw(b"[" * 8_000)]),
        ("payment_posted", [written("x" * 20_000)]),
        ("payment_posted", [written({"message_id": "\ud800"})]),
        ("payment_posted", [copied(true)]),
        ("payment_posted", [copied(true, amount_minor=100_000)]),
        ("nudge", []),
    ):
        await world.type_signal(case, signal, *payloads)
    await world.until(lambda: len(world.incidents()) == 12)
    await world.decide(case, COLLECTOR, "first_contact", "na")
    await world.skip_to_deadline(case)
    await world.pay(case, stories.OVERDUE - 1_000)
    assert world.case(case).closed_reason == "CURED"
    return case


def ended(story: Story, reason: str) -> Story:
    """The story, held to its end."""

    async def told(world: World) -> str:
        case = await story(world)
        assert world.case(case).closed_reason == reason
        return case

    return told


async def in_a_fresh_history(world: World) -> str:
    """The last of several runs: it began with the state of the run before."""
    case = await world.a_case()
    for amount in range(1, 8):
        await world.pay(case, amount)
    await world.decide(case, COLLECTOR, "first_contact", "na")
    for outcome in ("busy", "rtp"):
        await world.skip_to_clock(case, "follow_up")
        await world.decide(case, COLLECTOR, "follow_up", outcome, reason="拒绝还款")
    await world.skip_to_clock(case, "escalate")
    await world.decide(case, LEAD, "escalation", "keep", reason="再谈一次")
    await world.pay(case, stories.OVERDUE)
    assert len(await world.runs(case)) > 1
    return case


# With how many events a run may have.
TALES: Final[dict[str, tuple[Story, int]]] = {
    f"{VERSION}-from-first-call-to-court": (from_first_call_to_court, 1500),
    f"{VERSION}-through-all-sorts-of-junk": (through_all_sorts_of_junk, 1500),
    f"{VERSION}-in-a-fresh-history": (in_a_fresh_history, 20),
    **{f"{VERSION}-{name}": (ended(story, reason), 1500) for name, (story, reason) in ENDINGS.items()},
}


async def record(folder: Path, address: str, room: Path) -> None:
    await prepare(address, namespace=NAMESPACE, retention_days=1)
    client = await connect(address, NAMESPACE, lazy=False)
    for name, (tale, run_events) in TALES.items():
        if (folder / f"{name}.json").exists():
            continue
        store = Store(open_engine(f"sqlite:///{room / name}.db"))
        schema.upgrade(store)
        async with a_world(store, client, room / name, run_events=run_events) as world:
            handle = client.get_workflow_handle(await tale(world))
            await handle.result()
            # This run alone, not the chain it ended.
            run_id = (await handle.describe()).run_id
            events = await world.legal_history(handle.id, run_id=run_id)
        store.close()
        history = WorkflowHistory(handle.id, events)
        (folder / f"{name}.json").write_text(history.to_json() + "\n", encoding="utf-8")
        sys.stdout.write(f"{name}: {len(events)} events\n")


def main() -> None:
    HISTORIES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        room = Path(temporary)
        with Engine(data_dir=room / "engine", time_skipping=True, ui=False) as engine:
            asyncio.run(record(HISTORIES, engine.address, room))


if __name__ == "__main__":
    main()
