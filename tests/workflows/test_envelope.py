"""What a case says to Temporal can be sealed: nothing of it is read there, every key of the ring opens, nothing raises."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import Client

from api.gateway import connect
from arrears.cli.replaying import Outcome, Stored, judged
from arrears.engine.embedded import Engine
from arrears.store.session import Store
from tests.world import COLLECTOR, a_world
from workflows.envelope import ENCODING, Envelope

OLD, NEW = os.urandom(32), os.urandom(32)
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'{"case_id":"case-L1-1"}')


async def test_what_is_sealed_says_nothing_and_opens_again() -> None:
    (sealed,) = await Envelope({"a": OLD}).encode([PLAIN])
    assert sealed.metadata["encoding"] == ENCODING
    assert b"case-L1-1" not in sealed.SerializeToString()
    assert await Envelope({"a": OLD}).decode([sealed]) == [PLAIN]
    assert await Envelope({"a": OLD}).encode([PLAIN]) != [sealed]  # never twice the same


async def test_after_a_change_of_keys_the_old_one_still_opens() -> None:
    before = await Envelope({"a": OLD}).encode([PLAIN])
    ring = Envelope({"b": NEW, "a": OLD})
    after = await ring.encode([PLAIN])
    assert after[0].metadata["key"] == b"b"
    assert await ring.decode([*before, *after]) == [PLAIN, PLAIN]


@pytest.mark.parametrize(
    "strange",
    [
        PLAIN,
        Payload(),
        Payload(metadata={"encoding": ENCODING, "key": b"a"}, data=b""),
        Payload(metadata={"encoding": ENCODING, "key": b"a"}, data=os.urandom(60)),
        Payload(metadata={"encoding": ENCODING, "key": b"nobody"}, data=os.urandom(60)),
        Payload(metadata={"encoding": ENCODING, "key": b"\xff\xfe"}, data=os.urandom(60)),
        Payload(metadata={"encoding": ENCODING}, data=os.urandom(60)),
    ],
    ids=["never sealed", "empty", "cut", "made up", "key unknown", "key is no text", "no key"],
)
async def test_what_cannot_be_opened_comes_back_as_it_was(strange: Payload) -> None:
    assert await Envelope({"a": OLD}).decode([strange]) == [strange]


@pytest.mark.server
@pytest.mark.asyncio(loop_scope="session")
async def test_a_sealed_case_lives_and_nothing_of_it_is_read_in_temporal(
    sqlite_store: Store, engine: Engine, client: Client, tmp_path: Path
) -> None:
    codec = Envelope({"b": NEW, "a": OLD})
    sealed = await connect(engine.address, client.namespace, lazy=False, codec=codec)
    async with a_world(sqlite_store, sealed, tmp_path) as world:
        case = await world.a_case()
        await world.decide(case, COLLECTOR, "first_contact", "rtp", reason="-")
        assert await world.agrees(case)
        # Who has no key sees ids, and what Temporal itself is told to search by.
        plain = await client.get_workflow_handle(case).fetch_history()
        text = plain.to_json()
        assert "first_contact" not in text
        assert '"rtp"' not in text
        history = await sealed.get_workflow_handle(case).fetch_history()

    async def stored() -> AsyncIterator[Stored]:
        yield Stored(history, "temporal")

    assert [one.outcome async for one in judged(stored(), codec=codec)] == [Outcome.SAME]
    assert [one.outcome async for one in judged(stored())] != [Outcome.SAME]
