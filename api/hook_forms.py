"""What signed events carry: money that came, and money that was taken back."""

from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, StringConstraints

from api.forms import Currency, Day, Form, Id, Minor, Moment
from arrears.policy.money import TakenBack
from arrears.store.intents import PaymentIn


class _Money(Form):
    """The same names as in the payments file; minor units, days in the bank's calendar."""

    payment_id: Id
    loan_id: Id
    booked_on: Day
    value_on: Day
    amount_minor: Minor
    currency: Currency
    channel: Literal["transfer", "card", "cash", "direct_debit", "unknown"] = "unknown"


class Posted(_Money):
    """A payment as the core bank books it; `provisional` may still bounce."""

    provisional: Annotated[bool, Field(strict=True)] = False
    designation: Id | None = None

    def payment(self) -> PaymentIn:
        return PaymentIn(**self.model_dump())


class Reversed(_Money):
    """All of a payment is taken back: `payment_id` is the number of this booking, under the value day of the other."""

    reverses_payment_id: Id
    reversal_reason: TakenBack | None = None

    def payment(self) -> PaymentIn:
        return PaymentIn(**self.model_dump(), kind="reversal")


class _Event(Form):
    """`timestamp` is when it happened, with its zone; what counts is the one that is signed."""

    timestamp: Moment | None = None


class PaymentPosted(_Event):
    type: Literal["payment.posted"]
    data: Posted


class PaymentReversed(_Event):
    type: Literal["payment.reversed"]
    data: Reversed


class AnyEvent(Form):
    """Of a type nobody here knows: it is put aside, and somebody is told."""

    model_config = ConfigDict(extra="ignore")

    type: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]{0,63}$")]


Event = PaymentPosted | PaymentReversed
EVENTS: Final[dict[str, type[Event]]] = {
    "payment.posted": PaymentPosted,
    "payment.reversed": PaymentReversed,
}
