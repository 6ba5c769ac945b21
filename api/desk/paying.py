"""Money as people and programs post it: payments, transfers, what is taken back or made final, the end of a day."""

from datetime import date

from sqlalchemy import Connection, select

from api.auth.permissions import Permission, may
from api.auth.person import Person
from api.desk import errors, money
from arrears import clock
from arrears.contracts import RulesInForce
from arrears.policy.money import TakenBack
from arrears.policy.tasks import Missing
from arrears.store import closings
from arrears.store.intents import PaymentIn, Posted
from arrears.store.session import Store
from arrears.store.tables import loans
from arrears.store.transfers import TransferIn, TransferKept


class MoneyDesk:
    def __init__(self, store: Store, rules: RulesInForce) -> None:
        self._store = store
        self._rules = rules

    def post_payment(
        self, who: Person, payment: PaymentIn, *, by_hand: bool = False, surplus_seen: int | None = None
    ) -> Posted:
        """From the core bank an unknown loan goes to suspense; a hand that mistypes it is told so."""
        if not may(who, Permission.POST_PAYMENT):
            raise errors.NotAllowed
        return self.keep_payment(payment, source=who.staff_id, by_hand=by_hand, surplus_seen=surplus_seen)

    def keep_payment(
        self, payment: PaymentIn, *, source: str, by_hand: bool, surplus_seen: int | None = None
    ) -> Posted:
        """`surplus_seen`: what a person agreed to leave over, minor units.

        Raises Invalid, PaymentConflict, and by hand NotFound and SurplusUnseen.
        """
        at = clock.door_now()
        rules = self._rules.at(int(at.timestamp()))
        money.must_fit(payment, rules=rules, at=at)
        with self._store.transaction() as connection:
            if by_hand and not _knows_loan(connection, payment.loan_id):
                raise errors.NotFound
            if by_hand:
                money.ask_about_surplus(connection, payment, at=at, rules=rules, seen=surplus_seen)
            return money.keep_payment(connection, payment, rules=rules, at=at, source=source)

    def take_back(self, who: Person, payment_id: str, reason: TakenBack) -> Posted:
        """All of a payment, with why. Raises NotAllowed, NotFound, NotReversible, PaymentConflict (another reason)."""
        if not may(who, Permission.POST_PAYMENT):
            raise errors.NotAllowed
        at = int(clock.door_now().timestamp())
        today = self._rules.at(at).calendar.day_of(at)
        with self._store.reading() as connection:
            reversal = money.reversal_of(connection, payment_id, reason, today=today)
        return self.keep_payment(reversal, source=who.staff_id, by_hand=True)

    def finalize_payment(self, who: Person, payment_id: str) -> Posted:
        """The provisional money can bounce no more. Raises NotAllowed, NotFound and NotProvisional."""
        if not may(who, Permission.POST_PAYMENT):
            raise errors.NotAllowed
        at = clock.door_now()
        rules = self._rules.at(int(at.timestamp()))
        with self._store.transaction() as connection:
            return money.finalize(connection, payment_id, rules=rules, at=at, source=who.staff_id)

    def post_transfer(self, who: Person, transfer: TransferIn, *, by_hand: bool = False) -> TransferKept:
        """Money that names a debtor and perhaps a loan; see `keep_transfer`."""
        if not may(who, Permission.POST_PAYMENT):
            raise errors.NotAllowed
        return self.keep_transfer(transfer, source=who.staff_id, by_hand=by_hand)

    def keep_transfer(self, transfer: TransferIn, *, source: str, by_hand: bool) -> TransferKept:
        """Shared out among the debtor's loans (W2). Raises Invalid, NotFound (by hand only) and PaymentConflict."""
        at = clock.door_now()
        rules = self._rules.at(int(at.timestamp()))
        with self._store.transaction() as connection:
            return money.keep_transfer(
                connection, transfer, rules=rules, at=at, source=source, by_hand=by_hand
            )

    def close_day(self, who: Person, day: date) -> int | None:
        """All money of `day` is here; see `keep_closing`. Raises NotAllowed."""
        if not may(who, Permission.CLOSE_DAY):
            raise errors.NotAllowed
        return self.keep_closing(day, source=who.staff_id)

    def keep_closing(self, day: date, *, source: str) -> int | None:
        """How many cases waited for it, None when it was closed already. Raises Invalid for a day to come."""
        at = clock.door_now()
        if day > self._rules.at(int(at.timestamp())).calendar.day_of(int(at.timestamp())):
            raise errors.Invalid([Missing("business_date", "day_in_the_future")])
        with self._store.transaction() as connection:
            return closings.close_day(connection, day, at=at, source=source)


def _knows_loan(connection: Connection, loan_id: str) -> bool:
    return connection.execute(select(loans.c.loan_id).where(loans.c.loan_id == loan_id)).first() is not None
