"""Steps of a case as its workflow would send them to `record`, made with the true rules and no engine."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

from sqlalchemy import Row, insert, select, update

from activities.record import RecordActivities
from arrears.contracts import Batch, Message, Receipt, Rules, Unchanging, digest
from arrears.policy.events import Due, Event, read
from arrears.policy.react import react
from arrears.policy.state import CaseState, Clock
from arrears.policy.turn import Moment
from arrears.store import intents, packs
from arrears.store.intents import Said
from arrears.store.session import Store
from arrears.store.tables import borrowers, cases, contact_points, incidents, loans, messages, records, tasks
from workflows import naming

MONDAY: Final = int(datetime(2026, 3, 2, 2, tzinfo=UTC).timestamp())
RULES: Final[Rules] = packs.load("cn-bank-2026").rules
_number = count(1)


@dataclass
class Bank:
    """A store, its `record`, and what a test looks at afterwards."""

    store: Store

    def __post_init__(self) -> None:
        self.record = RecordActivities(self.store, Unchanging(RULES)).record

    def loan(self, *, overdue: int = 100_000) -> str:
        name = f"L{next(_number):05d}"
        at = datetime.fromtimestamp(MONDAY, UTC)
        with self.store.transaction() as connection:
            connection.execute(insert(borrowers).values(borrower_id=f"B{name}", kind="person", name="-"))
            connection.execute(
                insert(loans).values(
                    loan_id=name,
                    borrower_id=f"B{name}",
                    product="term_loan",
                    currency="CNY",
                    as_of_date=at.date(),
                    balance_minor=500_000,
                    overdue_minor=overdue,
                    first_overdue_on=at.date().replace(month=1),
                    status="open",
                    content_hash="-",
                )
            )
        return name

    def number(self, case_id: str, address: str) -> str:
        """A phone of the case's borrower."""
        name = f"C{next(_number):05d}"
        with self.store.transaction() as connection:
            of = select(cases.c.borrower_id).where(cases.c.case_id == case_id)
            borrower_id = connection.execute(of).scalar()
            row = {"contact_id": name, "borrower_id": borrower_id, "channel": "phone", "address": address}
            connection.execute(insert(contact_points).values(**row, preferred=False, do_not_contact=False))
        return name

    def said(
        self,
        case_id: str,
        signal: str,
        content: dict[str, Any],
        *,
        sent: bool = True,
        task_id: str | None = None,
    ) -> Message:
        """A message row; sent, as the relay leaves it, unless a test wants it otherwise."""
        name = f"m{next(_number):05d}"
        at = datetime.fromtimestamp(MONDAY, UTC)
        with self.store.transaction() as connection:
            intents.say(connection, Said(case_id, name, signal, "core-bank", at, content, task_id))
        if sent:
            self.sent(name)
        return Message(name, signal, "core-bank", content, task_id)

    def sent(self, message_id: str) -> None:
        with self.store.transaction() as connection:
            connection.execute(
                update(messages)
                .where(messages.c.message_id == message_id)
                .values(status="sent", sent_at=datetime.fromtimestamp(MONDAY, UTC), attempts=1)
            )

    def opening(self, loan_id: str, *, episode: int = 1) -> Message:
        with self.store.transaction() as connection:
            loan = connection.execute(select(loans).where(loans.c.loan_id == loan_id)).mappings().one()
            said = intents.opening(
                dict(loan), episode=episode, at=datetime.fromtimestamp(MONDAY, UTC), pack=RULES.terms.pack
            )
            intents.say(connection, said)
        self.sent(said.message_id)
        return Message(said.message_id, said.signal, said.actor, dict(said.content))

    def paid(self, case_id: str, amount: int, *, sent: bool = True) -> Message:
        content = {"payment_id": f"P{next(_number)}", "amount_minor": amount, "kind": "payment"}
        return self.said(case_id, "payment_posted", content | {"provisional": False}, sent=sent)

    def taken_back(self, case_id: str, amount: int) -> Message:
        content = {"payment_id": f"P{next(_number)}", "amount_minor": amount, "reverses": "P-before"}
        return self.said(case_id, "payment_reversed", content)

    # ---- looking

    def case(self, case_id: str) -> Row[*tuple[Any, ...]] | None:
        with self.store.reading() as connection:
            return connection.execute(select(cases).where(cases.c.case_id == case_id)).first()

    def message(self, message: Message) -> Row[*tuple[Any, ...]]:
        with self.store.reading() as connection:
            return connection.execute(
                select(messages).where(messages.c.message_id == message.message_id)
            ).one()

    def incidents(self) -> list[str]:
        with self.store.reading() as connection:
            return list(connection.execute(select(incidents.c.kind).order_by(incidents.c.kind)).scalars())

    def written(self) -> dict[str, int]:
        """How many rows each table has that a step writes to."""
        with self.store.reading() as connection:
            return {
                table.name: len(connection.execute(select(table)).all())
                for table in (cases, records, tasks, incidents)
            }


@dataclass(frozen=True)
class Life:
    """A case as its workflow holds it: what it is and how far it came."""

    case_id: str
    state: CaseState | None = None
    seq: int = 0

    def hears(self, message: Message, *, at: int = MONDAY) -> Batch:
        event = read(
            self.case_id,
            message.signal,
            actor=message.actor,
            task_id=message.task_id,
            content=message.content,
        )
        body = {
            "message_id": message.message_id,
            "signal": message.signal,
            "actor": message.actor,
            "content": message.content,
            "task_id": message.task_id,
        }
        return self._step({"kind": "message", **body}, event, at)

    def is_due(self, clock: Clock, *, at: int) -> Batch:
        return self._step(naming.event_record(Due(clock)), Due(clock), at)

    def hears_junk(self, why: str) -> Batch:
        return self._unchanged({"kind": "junk", "signal": "weather", "why": why})

    def is_nudged(self) -> Batch:
        return self._unchanged({"kind": "nudge"})

    def after(self, batch: Batch, receipt: Receipt) -> "Life":
        assert receipt.verdict == "committed", receipt
        return replace(self, state=batch.state, seq=batch.seq)

    def _unchanged(self, event: dict[str, Any]) -> Batch:
        return self._batch(event, MONDAY, self.state, [])

    def _step(self, record: dict[str, Any], event: Event, at: int) -> Batch:
        new, effects = react(self.state, event, Moment(at, RULES.terms, RULES.calendar))
        named, told = naming.name_tasks(new, effects, seq=self.seq + 1)
        return self._batch(record, at, named, [naming.wire(effect) for effect in told])

    def _batch(
        self, event: dict[str, Any], at: int, state: CaseState | None, effects: list[dict[str, Any]]
    ) -> Batch:
        return Batch(
            self.case_id,
            self.seq + 1,
            base=digest(self.state),
            event=event,
            at=at,
            pack=RULES.terms.pack,
            state=state,
            effects=effects,
        )
