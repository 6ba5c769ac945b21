"""Our own case of three tasks: a debtor says the debt is not theirs, the desk asks for proof, then confirms, and it closes.

With all that stands around a step: outbox, receipts, the trail, the guard over what was said, drafts, incidents.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, func, select
from temporalio.client import Client

from api.auth.person import Person
from api.desk.answering import Answer
from api.desk.desk import Desk
from api.gateway import CaseGateway
from api.relay import Relay, RelayTerms
from arrears import clock
from arrears.channels.bank import INVENTED
from arrears.channels.file import FileChannel
from arrears.cli.compose import WorkerTerms, make_worker
from arrears.contracts import Rules, Unchanging
from arrears.policy.tasks import Role
from arrears.store import intents
from arrears.store.session import Store
from arrears.store.tables import cases, tasks
from benchmarks._portfolio import deliver

COLLECTOR: Final = Person("s-1", "collector", "Collector", frozenset({Role.COLLECTOR}), "en")
DESK: Final = Person("s-2", "desk", "Desk", frozenset({Role.CASE_DESK}), "en")
ANSWERS: Final = ((COLLECTOR, "fraud"), (DESK, "need_proof"), (DESK, "confirmed"))


class OurSystem:
    """Desk and relay have one store, the worker another, as processes of their own would."""

    name = "ours"

    def __init__(
        self, client: Client, doors: Store, store: Store, rules: Rules, folder: Path, *, ahead: int
    ) -> None:
        self.store = store
        self._ahead = ahead
        self._client = client
        self._doors = doors
        self._rules = rules
        self._letters = FileChannel(folder / "letters")
        self._desk = Desk(doors, Unchanging(rules))
        self._loans: dict[str, dict[str, Any]] = {}

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[None]:
        rules = Unchanging(self._rules)
        worker = make_worker(
            self._client,
            self.store,
            rules,
            channel=self._letters,
            banks=INVENTED,
            terms=WorkerTerms(unsandboxed=True, may_shift=True),
        )
        terms = RelayTerms(shift_seconds=self._ahead)
        relay, stop = Relay(self._doors, CaseGateway(self._client), rules, terms), asyncio.Event()
        async with worker:
            carrying = asyncio.create_task(relay.run(stop))
            yield
            stop.set()
            await carrying

    def prepare(self, names: Sequence[str]) -> list[str]:
        """Rows of loans, as files bring them. Returns the ids of the cases to be."""
        today = self._rules.calendar.day_of(int(clock.door_now().timestamp()))
        made = deliver(self._doors, names, currency=self._rules.terms.currency, today=today)
        self._loans |= {f"case-{loan['loan_id']}-1": loan for loan in made}
        return [f"case-{loan['loan_id']}-1" for loan in made]

    async def intake(self, names: Sequence[str]) -> None:
        await asyncio.to_thread(self._open, names)

    def _open(self, names: Sequence[str]) -> None:
        now, pack = clock.door_now(), self._rules.terms.pack
        with self._doors.transaction() as connection:
            for name in names:
                intents.open_case(connection, self._loans[name], episode=1, at=now, pack=pack)

    async def click(self, name: str, step: int) -> None:
        await asyncio.to_thread(self._decide, name, step)

    def _decide(self, name: str, step: int) -> None:
        who, outcome = ANSWERS[step - 1]
        with self._doors.reading() as connection:  # the page they see
            task = connection.execute(
                select(tasks.c.task_id, tasks.c.facts_no).where(
                    tasks.c.case_id == name, tasks.c.status == "open"
                )
            ).one()
        self._desk.decide(who, task.task_id, Answer(outcome, task.facts_no, "The debtor says so."))

    def steps(self, connection: Connection, names: Sequence[str]) -> Mapping[str, int]:
        found = connection.execute(
            select(cases.c.case_id, cases.c.status, func.count(tasks.c.task_id))
            .outerjoin(tasks, tasks.c.case_id == cases.c.case_id)
            .where(cases.c.case_id.in_(names))
            .group_by(cases.c.case_id)
        )
        return {name: count + (status == "closed") for name, status, count in found}
