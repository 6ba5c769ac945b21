"""A bank for the machine: several loans of one person, packs that change, an engine that is away, workers that die."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final

from sqlalchemy import select, update

from activities.record import RecordActivities
from api.auth.person import Person
from api.desk.contacts import ContactDesk
from api.desk.desk import Desk
from arrears import clock
from arrears.contracts import Batch, Receipt, Rules
from arrears.policy.matrix import SCOPES
from arrears.policy.state import Clock, HoldKind
from arrears.store import intents, packs
from arrears.store.intents import PaymentIn, Said, Standing
from arrears.store.session import Store
from arrears.store.tables import loans, messages
from tests.builders import MONDAY, CaseRoom

CN: Final[Rules] = packs.load("cn-bank-2026").rules
# A later version of the bank's own pack: one less of everything that may be more than once.
LOWER: Final[Rules] = Rules(
    replace(CN.terms, pack="cn-bank-2026.lower"),
    CN.calendar,
    replace(CN.conduct, caps=tuple(replace(cap, most=max(1, cap.most - 1)) for cap in CN.conduct.caps)),
)


@dataclass
class Turning:
    """Packs by the instants from which they hold."""

    turns: list[tuple[int, Rules]]

    def at(self, instant: int) -> Rules:
        return [rules for since, rules in self.turns if since <= instant][-1]

    def most_calls(self, instant: int) -> int:
        """C02: how many answered calls a person may get on that day, by the pack in force then."""
        return 3 if self.at(instant) is CN else 2


@dataclass
class Remembering:
    """`record`, and the last step it was given, for a worker that dies after its commit."""

    record_: RecordActivities
    last: Batch | None = None

    def record(self, batch: Batch) -> Receipt:
        self.last = batch
        return self.record_.record(batch)


@dataclass
class Account:
    """What somebody else writes down of one loan, minor units."""

    balance: int
    payments: list[tuple[str, int]] = field(default_factory=list)


class Bank(CaseRoom):
    numbers = count(1)  # of all banks that share a store

    def __init__(self, store: Store, staff: dict[str, Person]) -> None:
        self.packs = Turning([(0, CN)])
        super().__init__(store, CN, now=MONDAY)
        self.people = staff
        self.desk = Desk(store, self.packs)
        self.contacts = ContactDesk(store, self.packs)
        self.worker = Remembering(RecordActivities(store, self.packs))
        self._record = self.worker  # type: ignore[assignment]  # it answers as `record` does
        self._numbers = self.numbers
        self.accounts: dict[str, Account] = {}

    # ---- what happens ------------------------------------------------------------------------------------

    def begin(self, *, overdue: int, days_past_due: int, beside: str | None) -> str:
        """A case of a new person, or of whoever owes the loan of case `beside` as well."""
        loan_id = self.a_loan(overdue=overdue, balance=overdue * 3, days_past_due=days_past_due)
        if beside is not None:
            with self.store.transaction() as connection:
                person = self.case(beside).borrower_id
                connection.execute(update(loans).where(loans.c.loan_id == loan_id).values(borrower_id=person))
        case_id = self.open(loan_id)
        self.accounts[case_id] = Account(overdue * 3)
        self.settle()
        return case_id

    def money(self, case_id: str, amount: int, *, reverses: str | None = None) -> None:
        payment_id = f"P{next(self._numbers):07d}"
        payment = PaymentIn(
            payment_id,
            self.case(case_id).loan_id,
            self.today,
            self.today,
            amount,
            "CNY",
            channel="transfer",
            kind="payment" if reverses is None else "reversal",
            reverses_payment_id=reverses,
        )
        with clock.door_time(self.now):
            posted = self.desk.money.keep_payment(payment, source="core-bank", by_hand=False)
        if posted.standing is Standing.MESSAGE:
            account = self.accounts[case_id]
            account.balance -= amount if reverses is None else -amount
            if reverses is None:
                account.payments.append((payment_id, amount))

    def place_hold(self, case_id: str, kind: HoldKind) -> None:
        hold_id = f"H{next(self._numbers):07d}"
        content = {
            "hold_id": hold_id,
            "kind": kind.value,
            "scope": SCOPES[kind][0].value,
            "reason": "said",
            "asks": True,
        }
        self._said(case_id, "hold_placed", f"{hold_id}-placed", content)

    def release_hold(self, case_id: str, hold_id: str) -> None:
        content = {"hold_id": hold_id, "outcome": "resolved"}
        self._said(case_id, "hold_released", f"{hold_id}-{case_id}-released-{next(self._numbers)}", content)

    def _said(self, case_id: str, signal: str, message_id: str, content: dict[str, Any]) -> None:
        with self.store.transaction() as connection:
            said = Said(case_id, message_id, signal, "s-desk", self.now, content)
            intents.say(connection, said)

    def publish(self, rules: Rules) -> None:
        """From this second on."""
        self.rules = rules
        self.packs.turns.append((int(self.now.timestamp()), rules))

    # ---- the engine --------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Every case hears everything, also what other cases of its person told it."""
        while not self.away and (spoken_to := self.unheard() & self.accounts.keys()):
            for case_id in sorted(spoken_to):
                self.hear(case_id)

    def unheard(self) -> set[str]:
        with self.store.reading() as connection:
            waiting = select(messages.c.case_id).where(messages.c.status == "waiting")
            return set(connection.execute(waiting).scalars())

    def ring(self) -> None:
        """The earliest deadline of any case."""
        due = {case_id: self._earliest(case_id) for case_id in self.accounts}
        found = sorted((at, case_id, which) for case_id, pair in due.items() if pair for at, which in [pair])
        if found:
            at, case_id, which = found[0]
            self._fall_due(case_id, at, Clock(which))
            self.settle()

    def morning(self) -> None:
        """Half past nine of the next day in Shanghai."""
        tomorrow = self.today + timedelta(days=1)
        self.now = datetime(tomorrow.year, tomorrow.month, tomorrow.day, 1, 30, tzinfo=UTC)

    def die_after_commit(self) -> Receipt | None:
        """The worker committed its last step and died; another one brings the same step again."""
        return None if self.worker.last is None else self.worker.record_.record(self.worker.last)
