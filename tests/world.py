"""A whole small bank on the real server: store, worker, relay, desk, and a clock each case can be moved along."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Row, insert, select, update
from temporalio.api.common.v1 import Payload, Payloads, WorkflowExecution
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.testing import TimeSkipper
from temporalio.worker import Worker

from api.auth.person import Person
from api.desk.answering import Answer
from api.desk.deliveries import DeliveryIn
from api.desk.desk import Desk
from api.desk.holding import HoldIn
from api.gateway import CaseGateway
from api.relay import Relay, RelayTerms
from arrears import clock
from arrears.channels.bank import INVENTED
from arrears.channels.console import ConsoleChannel
from arrears.channels.file import FileChannel
from arrears.channels.port import Channel
from arrears.cli.compose import WorkerTerms, make_worker
from arrears.contracts import CaseInput, Rules, RulesInForce, Unchanging
from arrears.policy.state import HoldKind
from arrears.policy.tasks import Role
from arrears.store import intents, packs
from arrears.store.intents import Former, PaymentIn, Posted, Said
from arrears.store.session import Store
from arrears.store.states import state_from_json
from arrears.store.tables import (
    borrowers,
    cases,
    incidents,
    loans,
    matters,
    messages,
    notices,
    promises,
    records,
    tasks,
)
from arrears.store.transfers import TransferIn, TransferKept

_number = count(1)

# Longer than the step that follows takes on a busy machine: a skip that ends while the case is at work goes on to
# the case's next timer.
PAST = timedelta(seconds=30)

COLLECTOR = Person("s-collector", "wang", "Wang Collector", frozenset({Role.COLLECTOR}), "zh-CN")
LEAD = Person("s-lead", "li", "Li Lead", frozenset({Role.TEAM_LEAD}), "zh-CN")
ADVISOR = Person("s-advisor", "zhao", "Zhao Advisor", frozenset({Role.LEGAL_ADVISOR}), "zh-CN")
SECOND = Person("s-second", "qian", "Qian Advisor", frozenset({Role.LEGAL_ADVISOR}), "zh-CN")
OPS = Person("s-ops", "sun", "Sun Ops", frozenset({Role.OPS}), "zh-CN")
OPERATOR = Person("s-operator", "zhou", "Zhou Operator", frozenset({Role.OPERATOR}), "zh-CN")


@dataclass
class World:
    store: Store
    client: Client
    gateway: CaseGateway
    desk: Desk
    rules: Rules
    relay: Relay
    queue: str
    letters: Path
    start_at: datetime
    shift_seconds: int
    skipper: TimeSkipper
    make_worker: Callable[[], Worker]
    _skipped: dict[str, timedelta] = field(default_factory=dict)

    # ---- loans and cases ---------------------------------------------------------------------------------

    def loan(
        self, *, days_past_due: int = 5, overdue: int = 100_000, balance: int = 500_000, borrower: str = ""
    ) -> str:
        """Rows of a new loan and its borrower, or of one more loan of `borrower`; no case yet. Minor units."""
        name = f"L{next(_number):05d}"
        today = self.rules.calendar.day_of(int(self.start_at.timestamp()))
        with self.store.transaction() as connection:
            if not borrower:
                connection.execute(
                    insert(borrowers).values(
                        borrower_id=f"B{name}",
                        kind="person",
                        name="张三",
                        language="zh-CN",
                        address="样本市演示路9号",
                        service_address_agreed=True,
                    )
                )
            connection.execute(
                insert(loans).values(
                    loan_id=name,
                    borrower_id=borrower or f"B{name}",
                    product="term_loan",
                    currency=self.rules.terms.currency,
                    as_of_date=today - timedelta(days=1),
                    balance_minor=balance,
                    overdue_minor=overdue,
                    first_overdue_on=today - timedelta(days=days_past_due),
                    status="open",
                    content_hash="-",
                )
            )
        return name

    def open(self, loan_id: str, *, episode: int = 1, former: Former | None = None) -> str:
        """`former` is the end of the episode before this one."""
        with self.store.transaction() as connection:
            loan = connection.execute(select(loans).where(loans.c.loan_id == loan_id)).mappings().one()
            said = intents.opening(
                dict(loan), episode=episode, at=self.start_at, pack=self.rules.terms.pack, former=former
            )
            intents.say(connection, said)
        return said.case_id

    async def a_case(self, *, days_past_due: int = 5, overdue: int = 100_000, balance: int = 500_000) -> str:
        """A case that has opened."""
        case = self.open(self.loan(days_past_due=days_past_due, overdue=overdue, balance=balance))
        await self.settled(case)
        return case

    # ---- looking -----------------------------------------------------------------------------------------

    def case(self, case_id: str) -> Row[*tuple[Any, ...]]:
        with self.store.reading() as connection:
            return connection.execute(select(cases).where(cases.c.case_id == case_id)).one()

    def tasks(self, case_id: str, *, status: str = "open") -> Sequence[Row[*tuple[Any, ...]]]:
        with self.store.reading() as connection:
            return connection.execute(
                select(tasks)
                .where(tasks.c.case_id == case_id, tasks.c.status == status)
                .order_by(tasks.c.opened_seq, tasks.c.task_id)
            ).all()

    def task(self, case_id: str, kind: str) -> Row[*tuple[Any, ...]]:
        [found] = [task for task in self.tasks(case_id) if task.kind == kind]
        return found

    def open_kinds(self, case_id: str) -> set[str]:
        return {task.kind for task in self.tasks(case_id)}

    def message(self, message_id: str) -> Row[*tuple[Any, ...]]:
        with self.store.reading() as connection:
            return connection.execute(select(messages).where(messages.c.message_id == message_id)).one()

    def messages(self, case_id: str) -> Sequence[Row[*tuple[Any, ...]]]:
        with self.store.reading() as connection:
            return connection.execute(
                select(messages).where(messages.c.case_id == case_id).order_by(messages.c.arrival)
            ).all()

    def incidents(self, kind: str | None = None) -> Sequence[Row[*tuple[Any, ...]]]:
        which = select(incidents).order_by(incidents.c.incident_id)
        with self.store.reading() as connection:
            return connection.execute(which if kind is None else which.where(incidents.c.kind == kind)).all()

    def records(self, case_id: str) -> Sequence[Row[*tuple[Any, ...]]]:
        with self.store.reading() as connection:
            return connection.execute(
                select(records).where(records.c.case_id == case_id).order_by(records.c.seq)
            ).all()

    def deadline(self, case_id: str, name: str) -> datetime:
        """When this clock of the case strikes; KeyError when it is not set."""
        return datetime.fromtimestamp(self.case(case_id).state["deadlines"][name], UTC)

    def promises(self, case_id: str) -> Sequence[Row[*tuple[Any, ...]]]:
        with self.store.reading() as connection:
            return connection.execute(
                select(promises).where(promises.c.case_id == case_id).order_by(promises.c.made_at)
            ).all()

    def matters(self, case_id: str) -> Sequence[Row[*tuple[Any, ...]]]:
        """Claims of the case before a court."""
        with self.store.reading() as connection:
            return connection.execute(
                select(matters).where(matters.c.case_id == case_id).order_by(matters.c.filed_at)
            ).all()

    def notice(self, case_id: str) -> Row[*tuple[Any, ...]]:
        """The newest of the case."""
        with self.store.reading() as connection:
            found = connection.execute(
                select(notices).where(notices.c.case_id == case_id).order_by(notices.c.notice_id.desc())
            ).first()
        assert found is not None
        return found

    async def details(self, case_id: str) -> str:
        """The markdown at the head of the workflow's page."""
        handle = self.client.get_workflow_handle(case_id)
        told: WorkflowMetadata = await handle.query(
            "__temporal_workflow_metadata", result_type=WorkflowMetadata
        )
        return told.current_details

    async def agrees(self, case_id: str) -> bool:
        """Whether the workflow and the database tell the same of this case."""
        row, told = self.case(case_id), await self.gateway.look(case_id)
        return (row.seq, row.digest) == (told["seq"], told["digest"])

    # ---- parts -------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """A worker for the length of the block."""
        async with self.make_worker():
            yield

    @asynccontextmanager
    async def relaying(self) -> AsyncIterator[None]:
        """The relay for the length of the block."""
        stop = asyncio.Event()
        running = asyncio.create_task(self.relay.run(stop))
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(running, return_exceptions=True)

    async def goes_on(self, case_id: str) -> None:
        """A case that does not run begins to, with what the database holds, by the clock of this world."""
        row = self.case(case_id)
        life = CaseInput(
            case_id,
            row.loan_id,
            self.rules,
            state=state_from_json(row.state),
            seq=row.seq,
            shift_seconds=self.shift_seconds,
            run_events=1500,
        )
        await self.gateway.start(life)

    # ---- acting ------------------------------------------------------------------------------------------

    def now_of(self, case_id: str) -> datetime:
        """The case's clock: the machine's, shifted, and what was skipped."""
        return (
            clock.machine_now()
            + timedelta(seconds=self.shift_seconds)
            + self._skipped.get(case_id, timedelta(0))
        )

    def say_decision(self, case_id: str, who: Person, kind: str, outcome: str, **more: Any) -> str:
        """Through the desk, at the case's time."""
        task = self.task(case_id, kind)
        answer = Answer(outcome, more.pop("facts_no", task.facts_no), **more)
        with clock.door_time(self.now_of(case_id)):
            return self.desk.decide(who, task.task_id, answer)

    def say_hold(self, case_id: str, who: Person, kind: str, reason: str) -> str:
        """By hand on the case page, at the case's time."""
        with clock.door_time(self.now_of(case_id)):
            return self.desk.holds.place(who, case_id, HoldIn(HoldKind(kind), reason))

    async def decide(self, case_id: str, who: Person, kind: str, outcome: str, **more: Any) -> str:
        message = self.say_decision(case_id, who, kind, outcome, **more)
        await self.settled(case_id)
        return message

    def say_payment(self, loan_id: str, amount: int, *, case_id: str = "", **more: Any) -> Posted:
        at = self.now_of(case_id)
        today: date = self.rules.calendar.day_of(int(at.timestamp()))
        fields: dict[str, Any] = {
            "payment_id": f"P{next(_number):05d}",
            "booked_on": today,
            "value_on": today,
            "currency": self.rules.terms.currency,
        } | more
        with clock.door_time(at):
            return self.desk.money.post_payment(
                OPS, PaymentIn(loan_id=loan_id, amount_minor=amount, **fields)
            )

    def say_transfer(
        self, borrower_id: str, amount: int, *, case_id: str, designation: str | None = None
    ) -> TransferKept:
        """Money that names a debtor, at this case's time."""
        at = self.now_of(case_id)
        today = self.rules.calendar.day_of(int(at.timestamp()))
        transfer = TransferIn(
            f"T{next(_number):05d}",
            borrower_id,
            today,
            today,
            amount,
            self.rules.terms.currency,
            designation=designation,
        )
        with clock.door_time(at):
            return self.desk.money.post_transfer(OPS, transfer)

    async def pay(self, case_id: str, amount: int, **more: Any) -> Posted:
        loan_id = case_id.rsplit("-", 1)[0].removeprefix("case-")
        posted = self.say_payment(loan_id, amount, case_id=case_id, **more)
        await self.settled(case_id)
        return posted

    def say(
        self,
        case_id: str,
        signal: str,
        content: Mapping[str, Any],
        *,
        actor: str = "core-bank",
        task_id: str | None = None,
        message_id: str | None = None,
    ) -> str:
        """Past the desk: a true message row, as a door would write it had it let this through."""
        name = message_id or f"m{next(_number):05d}"
        said = Said(case_id, name, signal, actor, self.now_of(case_id), content, task_id)
        with self.store.transaction() as connection:
            intents.say(connection, said)
        return name

    def mark_sent(self, message_ids: Sequence[str]) -> None:
        """As the relay leaves them; whoever types the signals then takes its place."""
        with self.store.transaction() as connection:
            connection.execute(
                update(messages)
                .where(messages.c.message_id.in_(message_ids))
                .values(status="sent", attempts=1, sent_at=clock.machine_now())
            )

    def zone_time(self, case_id: str) -> datetime:
        """The case's clock as it hangs on the bank's wall."""
        return self.now_of(case_id).astimezone(ZoneInfo(self.rules.calendar.zone))

    async def report_delivery(self, case_id: str, status: Literal["arrived", "returned"]) -> str:
        """The post says now what became of the newest notice."""
        at = self.now_of(case_id)
        with clock.door_time(at):
            said = self.desk.report_delivery(OPS, DeliveryIn(self.notice(case_id).notice_id, status, at))
        await self.settled(case_id)
        return said

    async def runs(self, case_id: str) -> list[str]:
        """The ids of the case's runs, the first one first."""
        run_ids = [(await self.client.get_workflow_handle(case_id).describe()).run_id]
        while True:
            [start] = [e async for e in self._first_event(case_id, run_ids[0])]
            before = start.workflow_execution_started_event_attributes.continued_execution_run_id
            if not before:
                return run_ids
            run_ids.insert(0, before)

    async def _first_event(self, case_id: str, run_id: str) -> AsyncIterator[HistoryEvent]:
        handle = self.client.get_workflow_handle(case_id, run_id=run_id)
        async for event in handle.fetch_history_events(page_size=1):
            yield event
            return

    async def type_signal(self, case_id: str, signal: str, *payloads: Payload) -> None:
        """By hand, as anybody may who reaches Temporal: any name, any number of payloads, any bytes."""
        await self.client.workflow_service.signal_workflow_execution(
            SignalWorkflowExecutionRequest(
                namespace=self.client.namespace,
                workflow_execution=WorkflowExecution(workflow_id=case_id),
                signal_name=signal,
                input=Payloads(payloads=payloads),
                identity="somebody",
            ),
            retry=True,
        )

    async def settled(self, case_id: str, *, seconds: float = 60) -> None:
        """Until nothing said to the case waits and no deadline of it is due."""
        for _ in range(int(seconds / 0.02)):
            if self._is_settled(case_id):
                return
            await asyncio.sleep(0.02)
        waiting = [
            (m.message_id, m.status, m.attempts) for m in self.messages(case_id) if m.settled_at is None
        ]
        raise TimeoutError(f"{case_id} does not settle: {waiting}")

    def _is_settled(self, case_id: str) -> bool:
        with self.store.reading() as connection:
            unsettled = select(messages.c.message_id).where(
                messages.c.case_id == case_id, messages.c.status.in_(("waiting", "sent"))
            )
            if connection.execute(unsettled.limit(1)).first() is not None:
                return False
            row = connection.execute(
                select(cases.c.next_deadline_at).where(cases.c.case_id == case_id)
            ).first()
        due = None if row is None else row.next_deadline_at
        return row is not None and (due is None or due > self.now_of(case_id))

    async def skip(self, case_id: str, by: timedelta) -> None:
        """Move this case's clock along and let it act on what came due."""
        await self.settled(case_id)
        await self.skip_unsettled(case_id, by)
        await self.settled(case_id)

    async def skip_unsettled(self, case_id: str, by: timedelta) -> None:
        """Only the clock: with the relay off nothing would settle."""
        handle = self.client.get_workflow_handle(case_id)
        await asyncio.wait_for(self.skipper.fast_forward(handle, by), 60)
        self._skipped[case_id] = self._skipped.get(case_id, timedelta(0)) + by

    async def skip_to(self, case_id: str, instant: datetime) -> None:
        await self.skip(case_id, instant - self.now_of(case_id))

    async def skip_to_deadline(self, case_id: str) -> str:
        """To the next deadline, and a little past it. Returns its name."""
        case = self.case(case_id)
        await self.skip_to(case_id, case.next_deadline_at + PAST)
        return str(case.next_deadline)

    async def skip_to_clock(self, case_id: str, name: str) -> None:
        """To the instant at which this clock strikes, and a little past it; whatever strikes on the way does."""
        await self.skip_to(case_id, self.deadline(case_id, name) + PAST)

    async def legal_history(self, case_id: str, *, run_id: str | None = None) -> list[HistoryEvent]:
        """Of one run, the last one unless said otherwise."""
        handle = self.client.get_workflow_handle(case_id, run_id=run_id)
        return [event async for event in handle.fetch_history_events()]

    async def until(
        self, what: Callable[[], bool | Awaitable[bool]], *, seconds: float = 60, every: float = 0.05
    ) -> None:
        """Waits, bounded, for what another part of the bank will bring about."""
        for _ in range(int(seconds / every)):
            answer = what()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(every)
        raise TimeoutError("it did not come about")


@asynccontextmanager
async def a_world(
    store: Store,
    client: Client,
    tmp_path: Path,
    *,
    start_at: datetime = datetime(2026, 3, 2, 2, 0, tzinfo=UTC),
    relay_terms: RelayTerms | None = None,
    run_events: int = 1500,
    channel: Channel | None = None,
    rules: Rules | None = None,
    in_force: RulesInForce | None = None,
    relaying: bool = True,
    working: bool = True,
    queue: str | None = None,
) -> AsyncIterator[World]:
    """10:00 on a Monday in Shanghai unless said otherwise; worker and relay run inside the block.

    `queue` where workers of others are to take its cases; else it has one of its own.
    """
    number = next(_number)
    queue = queue or f"collections-{number}-{tmp_path.name}"
    rules = rules or packs.load("cn-bank-2026").rules
    in_force = in_force or Unchanging(rules)
    shift = int((start_at - clock.machine_now()).total_seconds())
    gateway = CaseGateway(client, task_queue=queue)
    terms = relay_terms or RelayTerms(
        resend_seconds=2.0, poll_seconds=0.05, shift_seconds=shift, run_events=run_events
    )
    # Cases here live at many times at once; whatever was said is sent at once.
    relay = Relay(store, gateway, in_force, terms, door=lambda: datetime.max.replace(tzinfo=UTC))
    letters = tmp_path / "letters"
    world = World(
        store=store,
        client=client,
        gateway=gateway,
        desk=Desk(store, in_force),
        rules=rules,
        relay=relay,
        queue=queue,
        letters=letters,
        start_at=start_at,
        shift_seconds=shift,
        skipper=TimeSkipper(client),
        make_worker=lambda: make_worker(
            client,
            store,
            in_force,
            channel=channel or FileChannel(letters),
            banks=INVENTED,
            terms=WorkerTerms(may_shift=True, task_queue=queue),
        ),
    )
    async with AsyncExitStack() as parts:
        if relaying:
            await parts.enter_async_context(world.relaying())
        if working:
            await parts.enter_async_context(world.working())
        yield world


def console() -> ConsoleChannel:
    return ConsoleChannel(io.StringIO())
