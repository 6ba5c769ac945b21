"""What people and programs may send: shapes and limits; what the words mean is the desk's business."""

import re
from datetime import date, datetime
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from api.desk.deliveries import DeliveryIn
from api.desk.desk import Answer
from api.desk.holding import HoldIn
from arrears.policy.state import HoldKind, Scope
from arrears.store.intents import PaymentIn
from arrears.store.transfers import TransferIn

LONGEST_REASON: Final = 4000
_DAY_AND_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]")
_MOST_MINOR: Final = 10**15  # above every loan, below what a double counts exactly


def _readable(text: str) -> str:
    """PostgreSQL keeps no NUL, and no other control sign says anything in a note."""
    if any(ord(sign) < 32 and sign not in "\n\r\t" for sign in text):
        raise ValueError("control_sign")
    return text


def _written_out(at: object) -> object:
    """A bare number could be seconds or milliseconds; a moment is written with its day."""
    if isinstance(at, str) and not _DAY_AND_TIME.match(at):
        raise ValueError("moment")
    if not isinstance(at, str | datetime):
        raise ValueError("moment")
    return at


Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,48}$")]
Words = Annotated[str, StringConstraints(max_length=LONGEST_REASON), AfterValidator(_readable)]
Minor = Annotated[int, Field(strict=True, gt=0, le=_MOST_MINOR)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class Form(BaseModel):
    """An unknown field is refused: a misspelt one must not pass for an omitted one."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class DecisionIn(Form):
    """`facts_no` is the number of the facts the decision was made on."""

    outcome: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}$")]
    facts_no: Annotated[int, Field(strict=True, ge=0, le=2**31)]
    reason: Words | None = None
    amount_minor: Minor | None = None
    on: date | None = None

    def answer(self) -> Answer:
        return Answer(self.outcome, self.facts_no, self.reason, self.amount_minor, self.on)


class PaymentBody(Form):
    """One payment as the core bank books it; the same names as in the payments file."""

    payment_id: Id
    loan_id: Id
    booked_on: date
    value_on: date
    amount_minor: Minor
    currency: Currency
    channel: Literal["transfer", "card", "cash", "direct_debit", "unknown"] = "unknown"
    kind: Literal["payment", "reversal", "fee", "write_off"] = "payment"
    reverses_payment_id: Id | None = None
    provisional: Annotated[bool, Field(strict=True)] = False
    designation: Id | None = None

    def payment(self) -> PaymentIn:
        return PaymentIn(**self.model_dump())


class TransferBody(Form):
    """Money that names a debtor instead of a loan: it is shared out among the debtor's loans."""

    payment_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,44}$")]
    borrower_id: Id
    booked_on: date
    value_on: date
    amount_minor: Minor
    currency: Currency
    channel: Literal["transfer", "card", "cash", "direct_debit", "unknown"] = "unknown"
    provisional: Annotated[bool, Field(strict=True)] = False
    designation: Id | None = None

    def transfer(self) -> TransferIn:
        fields = self.model_dump()
        return TransferIn(transfer_id=fields.pop("payment_id"), **fields)


class ClosingBody(Form):
    """A business day whose money is all here."""

    business_date: date


class DeliveryBody(Form):
    """What a carrier or printer reports of one notice; `at` names its zone."""

    notice_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,80}$")]
    status: Literal["arrived", "returned"]
    at: Annotated[AwareDatetime, BeforeValidator(_written_out)]
    reference: Id | None = None

    def delivery(self) -> DeliveryIn:
        return DeliveryIn(**self.model_dump())


class HoldBody(Form):
    """A hold to be placed on a case; `part_minor` for the part of the debt that is disputed, `until` the last day before
    somebody is asked, `against` the log-in of whom a complaint is about."""

    kind: HoldKind
    reason: Annotated[Words, StringConstraints(min_length=1)]
    scope: Scope | None = None
    part_minor: Minor | None = None
    until: date | None = None
    evidence: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{0,48}$")] = ""
    against: Annotated[str, StringConstraints(max_length=200)] = ""

    def hold(self) -> HoldIn:
        return HoldIn(**self.model_dump())


class ReasonBody(Form):
    """Why a hold ends, or all work stops or goes on."""

    reason: Annotated[Words, StringConstraints(min_length=1)]


class ConsentBody(Form):
    """Whether the person allows this way of being reached; `evidence` is the number of a document or recording."""

    given: Annotated[bool, Field(strict=True)]
    evidence: Id | None = None


class IncidentClosing(Form):
    reason: Annotated[Words, StringConstraints(min_length=1)]


class SignInForm(Form):
    """Long enough for every password; a longer one is refused before anybody hashes it."""

    login: Annotated[str, StringConstraints(max_length=200)]
    password: Annotated[str, StringConstraints(max_length=1024), Field(repr=False)]
