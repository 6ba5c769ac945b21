"""A worker or a relay as a process of its own, which kills itself once, at a named point, without a last word.

python -m tests.chaos.actors worker|relay '{"database": …, "address": …, "queue": …, …}'
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection
from temporalio import activity
from temporalio.client import Client

from api.gateway import CaseGateway, connect
from api.relay import Relay, RelayTerms
from arrears import clock
from arrears.channels.bank import INVENTED
from arrears.channels.console import ConsoleChannel
from arrears.channels.file import FileChannel
from arrears.channels.port import Address, Channel, Letter, Sent
from arrears.cli.compose import WorkerTerms, make_worker
from arrears.contracts import CaseInput, Message, Unchanging
from arrears.store import packs
from arrears.store.session import Store, open_engine

KILL_POINT: Final = "ARREARS_TEST_KILL_AT"
BEFORE_COMMIT: Final = "before_commit_of_record"
AFTER_COMMIT: Final = "after_commit_of_record"
BEFORE_SEND: Final = "between_reserve_and_send_of_deliver"
AFTER_SEND: Final = "between_send_and_confirm_of_deliver"
BEFORE_RPC: Final = "between_claim_and_rpc_of_relay"
AFTER_RPC: Final = "after_rpc_of_relay"


@dataclass(frozen=True)
class Part:
    """What a part of the bank needs to know; `died` is a file that remembers that it was killed already."""

    database: str
    address: str
    namespace: str
    queue: str
    shift_seconds: int
    died: str
    letters: str
    console: bool = False


class Fate:
    """Kills this process the first time it comes to its point; nothing is closed, flushed or said."""

    def __init__(self, part: Part) -> None:
        self._point, self._died = os.environ.get(KILL_POINT, ""), Path(part.died)

    def comes_to(self, point: str) -> None:
        if point != self._point:
            return
        try:
            self._died.touch(exist_ok=False)
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)


class MortalStore(Store):
    def __init__(self, part: Part, fate: Fate) -> None:
        super().__init__(open_engine(part.database))
        self._fate = fate

    @contextmanager
    def transaction(self, *, told: bool = True) -> Iterator[Connection]:
        recording = activity.in_activity() and activity.info().activity_type == "record"
        with super().transaction(told=told) as connection:
            yield connection
            if recording:
                self._fate.comes_to(BEFORE_COMMIT)
        if recording:
            self._fate.comes_to(AFTER_COMMIT)


class MortalChannel:
    def __init__(self, inner: Channel, fate: Fate) -> None:
        self._inner, self._fate = inner, fate

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def dedupes_by_key(self) -> bool:
        return self._inner.dedupes_by_key

    def send(self, key: str, letter: Letter, to: Address) -> Sent:
        self._fate.comes_to(BEFORE_SEND)
        sent = self._inner.send(key, letter, to)
        self._fate.comes_to(AFTER_SEND)
        return sent


class MortalGateway(CaseGateway):
    def __init__(self, client: Client, part: Part, fate: Fate) -> None:
        super().__init__(client, task_queue=part.queue)
        self._fate = fate

    async def start(self, life: CaseInput) -> None:
        self._fate.comes_to(BEFORE_RPC)
        await super().start(life)
        self._fate.comes_to(AFTER_RPC)

    async def signal(self, case_id: str, message: Message) -> None:
        self._fate.comes_to(BEFORE_RPC)
        await super().signal(case_id, message)
        self._fate.comes_to(AFTER_RPC)


async def work(part: Part, stop: asyncio.Event) -> None:
    fate = Fate(part)
    rules = packs.load("cn-bank-2026").rules
    channel = ConsoleChannel(sys.stdout) if part.console else FileChannel(Path(part.letters))
    worker = make_worker(
        await connect(part.address, part.namespace, lazy=False),
        MortalStore(part, fate),
        Unchanging(rules),
        channel=MortalChannel(channel, fate),
        banks=INVENTED,
        terms=WorkerTerms(may_shift=True, task_queue=part.queue),
    )
    async with worker:
        await stop.wait()


async def carry(part: Part, stop: asyncio.Event) -> None:
    """With the relay's own patience, as in production."""
    rules = packs.load("cn-bank-2026").rules
    client = await connect(part.address, part.namespace)
    terms = RelayTerms(shift_seconds=part.shift_seconds)
    relay = Relay(
        Store(open_engine(part.database)),
        MortalGateway(client, part, Fate(part)),
        Unchanging(rules),
        terms,
        door=lambda: clock.machine_now().replace(year=9999),
    )
    await relay.run(stop)


async def play(role: str, part: Part) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await (work if role == "worker" else carry)(part, stop)


if __name__ == "__main__":
    asyncio.run(play(sys.argv[1], Part(**json.loads(sys.argv[2]))))
