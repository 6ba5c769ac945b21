"""Cases without an engine: the real rules and the real `record`, and a hand-written loop in Temporal's place.

What people say through the desk is heard at once (`hears_at_once`) or when a test says so; deadlines fall due
when a test lets time pass.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Row, insert, select, update

from activities.record import RecordActivities
from api.auth.person import Person
from api.desk.answering import Answer
from api.desk.deliveries import DeliveryIn
from api.desk.desk import Desk
from arrears import clock
from arrears.contracts import Batch, Message, Rules, Unchanging, digest
from arrears.policy.effects import to_wire
from arrears.policy.events import Due, Event, SendAnswered
from arrears.policy.events import read as read_event
from arrears.policy.react import react
from arrears.policy.state import CaseState, Clock
from arrears.policy.tasks import Role
from arrears.policy.turn import Moment
from arrears.store import intents, people
from arrears.store.intents import PaymentIn
from arrears.store.people import NewStaff
from arrears.store.session import Store
from arrears.store.states import state_from_json
from arrears.store.tables import borrowers, cases, contact_points, loans, messages, notices, tasks
from tests.certified import certified
from workflows.naming import event_record, name_tasks

MONDAY: Final = datetime(2026, 11, 23, 2, 20, tzinfo=UTC)  # 10:20 in Shanghai

STAFF: Final = (
    ("collector", "陈静", Role.COLLECTOR),
    ("colleague", "李敏", Role.COLLECTOR),
    ("lead", "周凯", Role.TEAM_LEAD),
    ("advisor1", "赵静", Role.LEGAL_ADVISOR),
    ("advisor2", "钱伟", Role.LEGAL_ADVISOR),
    ("ops", "孙丽", Role.OPS),
    ("desk", "郑洁", Role.CASE_DESK),
    ("manager", "冯涛", Role.MANAGER),
    ("planner", "吴磊", Role.PLAN_OFFICER),
    ("compliance", "陈晨", Role.COMPLIANCE),
    ("operator", "周杰", Role.OPERATOR),
    ("admin", "何平", Role.ADMIN),
)


@dataclass(frozen=True)
class LoanFacts:
    """Minor units; days past due at the time the bank stated the loan."""

    name: str = "刘明辉"
    days_past_due: int = 5
    overdue: int = 100_000
    balance: int = 500_000
    product: str = "term_loan"
    phone: str | None = "13800005678"
    kind: str = "person"
    loan_id: str | None = None


class CaseRoom:
    """Cases of one store; `now` is everybody's clock here."""

    def __init__(self, store: Store, rules: Rules, *, now: datetime = MONDAY) -> None:
        self.store = store
        self.rules = rules
        self.now = now
        self.desk = Desk(store, Unchanging(rules))
        self._record = RecordActivities(store, Unchanging(rules))
        self._numbers = count(1)
        self._turn = threading.RLock()
        self._hearing = False
        self.undo_is_over = False  # whether answers that can be taken back are heard now
        self.away = False  # as if Temporal did not answer: what is said is kept and waits

    # ---- people and loans --------------------------------------------------------------------------------

    def staff(self, *, password_hash: str | None = None, language: str = "zh-CN") -> dict[str, Person]:
        """One person a role, and a second collector and advisor, by log-in."""
        made = {}
        with self.store.transaction() as connection:
            for login, name, role in STAFF:
                new = NewStaff(login, name, frozenset({role}), password_hash, language, f"s-{login}")
                certified(connection, people.add_staff(connection, new, at=self.now))
                made[login] = Person(f"s-{login}", login, name, frozenset({role}), language)
        return made

    def a_loan(self, facts: LoanFacts | None = None, **changes: Any) -> str:
        """Rows of a new loan, its borrower and a phone; no case yet."""
        facts = LoanFacts(**{**asdict(facts or LoanFacts()), **changes})
        facts = replace(facts, balance=max(facts.balance, facts.overdue))
        number = next(self._numbers)
        loan_id, borrower_id = facts.loan_id or f"RL2024{number:06d}", f"B{number:06d}"
        today = self.today
        with self.store.transaction() as connection:
            connection.execute(
                insert(borrowers).values(
                    borrower_id=borrower_id,
                    kind=facts.kind,
                    name=facts.name,
                    language="zh-CN",
                    address="样本市演示路9号",
                    service_address_agreed=True,
                )
            )
            if facts.phone is not None:
                self._add_contact(connection, borrower_id, "phone", facts.phone)
            self._add_contact(connection, borrower_id, "post", "样本市演示路9号")
            connection.execute(
                insert(loans).values(
                    loan_id=loan_id,
                    borrower_id=borrower_id,
                    product=facts.product,
                    currency=self.rules.terms.currency,
                    as_of_date=today - timedelta(days=1),
                    balance_minor=facts.balance,
                    overdue_minor=facts.overdue,
                    first_overdue_on=today - timedelta(days=facts.days_past_due),
                    contract_no=f"HT-{number:05d}",
                    status="open",
                    content_hash="-",
                )
            )
        return loan_id

    def _add_contact(self, connection: Any, borrower_id: str, channel: str, address: str) -> None:
        connection.execute(
            insert(contact_points).values(
                contact_id=f"{borrower_id}-{channel}",
                borrower_id=borrower_id,
                channel=channel,
                address=address,
                preferred=channel == "phone",
                do_not_contact=False,
            )
        )

    @property
    def today(self) -> date:
        return self.rules.calendar.day_of(int(self.now.timestamp()))

    # ---- cases -------------------------------------------------------------------------------------------

    def a_case(self, facts: LoanFacts | None = None, *, stage: str = "initial", **changes: Any) -> str:
        """A case that has opened; with `stage` one that people have brought there."""
        case_id = self.open(self.a_loan(facts, **changes))
        if stage in ("formal", "legal"):
            self.to_formal(case_id)
        if stage == "legal":
            self.to_legal(case_id)
        return case_id

    def open(self, loan_id: str) -> str:
        with self.store.transaction() as connection:
            loan = connection.execute(select(loans).where(loans.c.loan_id == loan_id)).mappings().one()
            case_id = intents.open_case(
                connection, dict(loan), episode=1, at=self.now, pack=self.rules.terms.pack
            )
        self.hear(case_id)
        return case_id

    def ask_lead(self, case_id: str, *, collector: str = "s-collector") -> None:
        """Collectors try in vain on different days, until the debt is old enough and a lead is asked."""
        while "escalation" not in self.state(case_id).tasks:
            contact = {"first_contact", "follow_up"} & self.state(case_id).tasks.keys()
            if contact:
                self._wait_for_day()
                self.say(case_id, contact.pop(), "na", by=collector)
            else:
                self._pass_next(case_id)

    def _wait_for_day(self) -> None:
        """Nobody is called at night."""
        hour = self.now.astimezone(ZoneInfo(self.rules.calendar.zone)).hour
        if not 8 <= hour < 21:
            self.now += timedelta(hours=(9 - hour) % 24)

    def to_formal(self, case_id: str, *, lead: str = "s-lead") -> None:
        """Escalated by a lead after the collectors had their days."""
        self.ask_lead(case_id)
        self.say(case_id, "escalation", "escalate", by=lead)

    def to_review(self, case_id: str) -> None:
        """Notice released and sent; it arrived three days later, and the debtor's time ended without money."""
        self.say(case_id, "notice_release", "release", by="s-lead")
        self.pass_until(case_id, Clock.SEND)
        self.pass_days(case_id, 3)
        self.report_delivery(case_id, "arrived")
        self.pass_until(case_id, Clock.LEGAL_REVIEW)

    def a_claim(self) -> str:
        """A case of 周海燕 before its first legal review."""
        case_id = self.a_case(LoanFacts("周海燕", days_past_due=60, overdue=3_000_000, balance=5_000_000))
        self.ask_lead(case_id, collector="s-colleague")
        self.say(case_id, "escalation", "escalate", by="s-lead")
        self.to_review(case_id)
        return case_id

    def to_legal(self, case_id: str) -> None:
        """Reviewed and approved by two advisors; an advisor is asked to file."""
        self.to_review(case_id)
        self.say(case_id, "legal_review", "sue", by="s-advisor1")
        self.say(case_id, "second_approval", "approve", by="s-advisor2")
        if Clock.ENTER_LEGAL.value in self.state(case_id).deadlines:
            self.pass_until(case_id, Clock.ENTER_LEGAL)

    def say(self, case_id: str, kind: str, outcome: str, *, by: str, **more: Any) -> str:
        """Through the desk, as the person would; heard at once."""
        task = self.task(case_id, kind)
        who = Person(by, by, by, frozenset({Role(task.role)}), "zh-CN")
        with clock.door_time(self.now):
            message_id = self.desk.decide(who, task.task_id, Answer(outcome, task.facts_no, **more))
        self.hear(case_id)
        return message_id

    def pay(self, case_id: str, amount: int) -> str:
        payment_id = f"P{next(self._numbers):06d}"
        loan_id = self.case(case_id).loan_id
        currency = self.rules.terms.currency
        payment = PaymentIn(payment_id, loan_id, self.today, self.today, amount, currency, channel="transfer")
        with clock.door_time(self.now):
            self.desk.money.keep_payment(payment, source="core-bank", by_hand=False)
        self.hear(case_id)
        return payment_id

    def report_delivery(self, case_id: str, status: Literal["arrived", "returned"]) -> None:
        """The post says now what became of the notice."""
        notice = self.state(case_id).notice
        assert notice is not None, "a notice is under way"
        ops = Person("s-ops", "ops", "ops", frozenset({Role.OPS}), "zh-CN")
        with clock.door_time(self.now):
            self.desk.report_delivery(ops, DeliveryIn(notice.notice_id, status, self.now))
        self.hear(case_id)

    # ---- looking -----------------------------------------------------------------------------------------

    def case(self, case_id: str) -> Row[*tuple[Any, ...]]:
        with self.store.reading() as connection:
            return connection.execute(select(cases).where(cases.c.case_id == case_id)).one()

    def state(self, case_id: str) -> CaseState:
        return state_from_json(self.case(case_id).state)

    def task(self, case_id: str, kind: str) -> Row[*tuple[Any, ...]]:
        """The open one of this kind."""
        with self.store.reading() as connection:
            wanted = select(tasks).where(
                tasks.c.case_id == case_id, tasks.c.kind == kind, tasks.c.status == "open"
            )
            return connection.execute(wanted).one()

    # ---- hearing -----------------------------------------------------------------------------------------

    def hears_at_once(self) -> None:
        """From now on whatever is said to a case is applied before the speaker is answered."""
        self.store.on_commit(self.hear_everything)

    def hear_everything(self) -> None:
        with self._turn:
            if self._hearing or self.away:  # what is written while hearing is heard by the same round
                return
            self._hearing = True
            try:
                while spoken_to := self._spoken_to():
                    for case_id in spoken_to:
                        self.hear(case_id)
            finally:
                self._hearing = False

    def _spoken_to(self) -> list[str]:
        with self.store.reading() as connection:
            waiting = select(messages.c.case_id).where(*self._due()).distinct()
            return list(connection.execute(waiting).scalars())

    def hear(self, case_id: str) -> None:
        """Every message that waits, money first, each as a step of its own."""
        while rows := self._waiting(case_id):  # a step that closes the case refuses what still waits
            row = rows[0]
            with self.store.transaction() as connection:
                connection.execute(
                    update(messages).where(messages.c.message_id == row.message_id).values(status="sent")
                )
            said = Message(row.message_id, row.signal, row.actor, row.content, row.task_id)
            event = read_event(
                case_id, said.signal, actor=said.actor, task_id=said.task_id, content=said.content
            )
            self._step(case_id, {"kind": "message", **asdict(said)}, event)

    def pass_days(self, case_id: str, days: int) -> None:
        """Everybody's clock moves; what falls due in this case on the way is done at its hour."""
        until = self.now + timedelta(days=days)
        while (due := self._earliest(case_id)) and due[0] <= int(until.timestamp()):
            self._fall_due(case_id, *due)
        self.now = max(self.now, until)

    def pass_until(self, case_id: str, wanted: Clock) -> None:
        """As long as it takes for this clock to have struck."""
        while self._pass_next(case_id) is not wanted:
            pass

    def _pass_next(self, case_id: str) -> Clock:
        due = self._earliest(case_id)
        if due is None:
            raise LookupError(f"no clock runs in {case_id}")
        self._fall_due(case_id, *due)
        return due[1]

    def _waiting(self, case_id: str) -> list[Row[*tuple[Any, ...]]]:
        with self.store.reading() as connection:
            wanted = select(messages).where(messages.c.case_id == case_id, *self._due())
            return list(connection.execute(wanted.order_by(messages.c.rank, messages.c.arrival)))

    def _due(self) -> list[Any]:
        """Waits, and not only to be taken back."""
        waits = [messages.c.status == "waiting"]
        return waits if self.undo_is_over else [*waits, messages.c.effective_at <= messages.c.accepted_at]

    def _earliest(self, case_id: str) -> tuple[int, Clock] | None:
        deadlines = self.state(case_id).deadlines
        return min(((at, Clock(name)) for name, at in deadlines.items()), default=None)

    def _fall_due(self, case_id: str, at: int, struck: Clock) -> None:
        self.now = max(self.now, datetime.fromtimestamp(at, UTC))
        if struck is not Clock.SEND:
            event: Due | SendAnswered = Due(struck)
        else:
            notice = self.state(case_id).notice
            assert notice is not None, "a notice is sent only while one is released"
            event = SendAnswered(notice.notice_id, "sent", max(at, int(self.now.timestamp())), 0, "")
            self._keep_letter(notice.notice_id)
        self._step(case_id, event_record(event), event)

    def _keep_letter(self, notice_id: str) -> None:
        with self.store.transaction() as connection:
            connection.execute(
                update(notices)
                .where(notices.c.notice_id == notice_id)
                .values(document=f"{notice_id}.pdf", document_hash="ab" * 32)
            )

    def _step(self, case_id: str, record: dict[str, Any], event: Event) -> None:
        with self.store.reading() as connection:
            row = connection.execute(
                select(cases.c.seq, cases.c.state).where(cases.c.case_id == case_id)
            ).first()
        state = state_from_json(row.state) if row else None
        seq = (row.seq if row else 0) + 1
        at = max(int(self.now.timestamp()), state.at if state else 0)
        new, effects = react(state, event, Moment(at, self.rules.terms, self.rules.calendar))
        named, effects = name_tasks(new, effects, seq=seq)
        batch = Batch(
            case_id,
            seq,
            base=digest(state),
            event=record,
            at=at,
            pack=self.rules.terms.pack,
            state=named,
            effects=[to_wire(effect) for effect in effects],
        )
        receipt = self._record.record(batch)
        assert receipt.verdict == "committed", receipt


@contextmanager
def standing_at(room: CaseRoom) -> Iterator[None]:
    """Doors in the block stand at the room's hour."""
    with clock.door_time(room.now):
        yield
