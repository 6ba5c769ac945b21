"""The barest Temporal workflow that does the same: three tasks, each a row that people see, a timer armed, a signal each.

No message, no receipt, no audit, no rules: what is signalled is believed, and nobody could say afterwards who decided.
"""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from arrears.store.session import Store

QUEUE: Final = "barest"
TASKS: Final = 3
IN_FLIGHT: Final = 32

meta = MetaData()
rows: Final = Table(
    "barest_tasks",
    meta,
    Column("case_id", Text, primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("status", Text, nullable=False),
    Column("answer", Text),
)


@workflow.defn(name="Barest")
class Barest:
    def __init__(self) -> None:
        self._answers: list[str] = []

    @workflow.signal
    def decided(self, answer: str) -> None:
        self._answers.append(answer)

    @workflow.run
    async def run(self, case_id: str) -> None:
        for step in range(1, TASKS + 1):
            before = self._answers[-1] if self._answers else ""
            await self._write(case_id, step, before)
            await workflow.wait_condition(
                lambda step=step: len(self._answers) >= step,  # type: ignore[misc]
                timeout=timedelta(days=30),
            )
        await self._write(case_id, TASKS + 1, self._answers[-1])

    async def _write(self, case_id: str, step: int, before: str) -> None:
        await workflow.execute_activity(
            "write", args=[case_id, step, before], start_to_close_timeout=timedelta(seconds=10)
        )


class Writing:
    """One idempotent transaction a step: the task before is done, the next one can be seen."""

    def __init__(self, store: Store) -> None:
        self._store = store
        put = sqlite.insert if store.is_sqlite else postgresql.insert
        self._put: Any = put(rows).on_conflict_do_nothing()

    @activity.defn
    def write(self, case_id: str, step: int, before: str) -> None:
        with self._store.transaction() as connection:
            if step > 1:
                connection.execute(
                    update(rows)
                    .where(rows.c.case_id == case_id, rows.c.step == step - 1, rows.c.status == "open")
                    .values(status="done", answer=before)
                )
            status = "open" if step <= TASKS else "closed"
            connection.execute(self._put, {"case_id": case_id, "step": step, "status": status})


class BarestSystem:
    """As a bank would use it: the desk signals the workflow itself."""

    name = "barest"

    def __init__(self, client: Client, store: Store) -> None:
        self.store = store
        self._client = client
        self._room = asyncio.Semaphore(IN_FLIGHT)
        with store.transaction() as connection:
            meta.create_all(connection)

    def worker(self) -> Worker:
        return Worker(
            self._client,
            task_queue=QUEUE,
            workflows=[Barest],
            activities=[Writing(self.store).write],
            activity_executor=ThreadPoolExecutor(16),
            workflow_runner=UnsandboxedWorkflowRunner(),
        )

    def prepare(self, names: Sequence[str]) -> list[str]:
        return list(names)

    async def intake(self, names: Sequence[str]) -> None:
        await asyncio.gather(*(self._start(name) for name in names))

    async def _start(self, name: str) -> None:
        async with self._room:
            await self._client.start_workflow("Barest", name, id=name, task_queue=QUEUE)

    async def click(self, name: str, step: int) -> None:
        await self._client.get_workflow_handle(name).signal("decided", f"answer-{step}")

    def steps(self, connection: Connection, names: Sequence[str]) -> Mapping[str, int]:
        found = connection.execute(
            select(rows.c.case_id, func.max(rows.c.step))
            .where(rows.c.case_id.in_(names))
            .group_by(rows.c.case_id)
        )
        return dict(found.tuples().all())
