"""What people and programs may send: shapes and limits; what the words mean is the desk's business."""

import re
from datetime import date, datetime
from typing import Annotated, Final, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from api.desk.answering import Answer
from api.desk.apart_work import Closing
from api.desk.asking import ContactIn
from api.desk.contacts import ResultIn
from api.desk.deliveries import DeliveryIn
from api.desk.holding import HoldIn
from api.desk.inbound import HeardIn
from api.desk.plans import PlanIn
from arrears.policy.agreements import Acceptance, Charges, Clause, Offer
from arrears.policy.codes import Action
from arrears.policy.guard import PartyRole
from arrears.policy.money import TakenBack
from arrears.policy.profile import NOTHING_SAID, TELLS, Ability, Cause, Profile, Willingness
from arrears.policy.schedules import Method
from arrears.policy.state import HoldKind, Scope
from arrears.store.intents import PaymentIn
from arrears.store.transfers import TransferIn

LONGEST_REASON: Final = 4000
_FIRST_YEAR, _LAST_YEAR = 1900, 2999
_D = TypeVar("_D", bound=date)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAY_AND_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]")
RECORDING: Final = re.compile(r"[A-Za-z0-9_.:-]{1,128}", re.ASCII)
_MOST_TOGETHER: Final = 10
_MOST_MINOR: Final = 10**15  # above every loan, below what a double counts exactly


def _day(day: object) -> object:
    """A number would be taken for seconds, and 0 for a day in 1970."""
    if isinstance(day, datetime) or not isinstance(day, date | str):
        raise ValueError("day")
    if isinstance(day, str) and not _DAY.fullmatch(day):
        raise ValueError("day")
    return day


def _readable(text: str) -> str:
    """PostgreSQL keeps no NUL, and no other control sign says anything in a note."""
    if len(text) > LONGEST_REASON:
        raise PydanticCustomError("reason_too_long", "the text is too long")
    if any(ord(sign) < 32 and sign not in "\n\r\t" for sign in text):
        raise PydanticCustomError("control_sign", "the text holds signs that cannot be kept")
    return text


def _recorded(number: str) -> str:
    """Whoever stores recordings names them in plain signs."""
    if not RECORDING.fullmatch(number):
        raise PydanticCustomError("recording_unreadable", "letters, digits and - _ . : only")
    return number


def written_out(at: object) -> object:
    """A bare number could be seconds or milliseconds; a moment is written with its day."""
    if isinstance(at, str) and not _DAY_AND_TIME.match(at):
        raise ValueError("moment")
    if not isinstance(at, str | datetime):
        raise ValueError("moment")
    return at


def _in_these_centuries(day: _D) -> _D:
    """Beyond them no clock of a case can be set, and nobody means them."""
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise PydanticCustomError("no_such_day", "a day of another age")
    return day


Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,48}$")]
RecordingId = Annotated[
    str, AfterValidator(_recorded), Field(json_schema_extra={"pattern": f"^{RECORDING.pattern}$"})
]
Day = Annotated[date, BeforeValidator(_day), AfterValidator(_in_these_centuries)]
Moment = Annotated[AwareDatetime, BeforeValidator(written_out), AfterValidator(_in_these_centuries)]
Words = Annotated[str, AfterValidator(_readable), Field(json_schema_extra={"maxLength": LONGEST_REASON})]
Minor = Annotated[int, Field(strict=True, gt=0, le=_MOST_MINOR)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class Form(BaseModel):
    """An unknown field is refused: a misspelt one must not pass for an omitted one."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class DecisionIn(Form):
    """The answer to a task, typed into its page or sent by a program; which answers its kind takes and what each needs,
    `arrears.policy.tasks` says to both. `facts_no` is the number of the facts the decision was made on; `attempt_id` the call it is the result of.

    `cause`, `willingness` and `ability` are what a debtor who was spoken to said of them.
    """

    outcome: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}$")]
    facts_no: Annotated[int, Field(strict=True, ge=0, le=2**31)]
    reason: Words | None = None
    amount_minor: Minor | None = None
    on: Day | None = None
    attempt_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,200}$")] | None = None
    recording_id: RecordingId | None = None
    cause: Cause | None = None
    willingness: Willingness | None = None
    ability: Ability | None = None

    @model_validator(mode="after")
    def _was_spoken_to(self) -> Self:
        """Nobody who was not spoken to says anything of it."""
        if self._profile != NOTHING_SAID and self.outcome not in TELLS:
            raise PydanticCustomError(
                "nobody_was_spoken_to", "only a debtor who was spoken to says any of it"
            )
        return self

    @property
    def _profile(self) -> Profile:
        return Profile(self.cause, self.willingness, self.ability)

    def answer(self) -> Answer:
        return Answer(**self.model_dump(exclude=set(vars(NOTHING_SAID))), profile=self._profile)


class PaymentBody(Form):
    """One payment as the core bank books it; the same names as in the payments file."""

    payment_id: Id
    loan_id: Id
    booked_on: Day
    value_on: Day
    amount_minor: Minor
    currency: Currency
    channel: Literal["transfer", "card", "cash", "direct_debit", "unknown"] = "unknown"
    kind: Literal["payment", "reversal", "fee", "write_off"] = "payment"
    reverses_payment_id: Id | None = None
    provisional: Annotated[bool, Field(strict=True)] = False
    designation: Id | None = None
    reversal_reason: TakenBack | None = None

    def payment(self) -> PaymentIn:
        return PaymentIn(**self.model_dump(mode="python"))


class TransferBody(Form):
    """Money that names a debtor instead of a loan: it is shared out among the debtor's loans."""

    payment_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,44}$")]
    borrower_id: Id
    booked_on: Day
    value_on: Day
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

    business_date: Day


class DeliveryBody(Form):
    """What a carrier or printer reports of one notice; `at` names its zone."""

    notice_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,80}$")]
    status: Literal["arrived", "returned"]
    at: Moment
    reference: Id | None = None

    def delivery(self) -> DeliveryIn:
        return DeliveryIn(**self.model_dump())


class ContactBody(Form):
    """A contact that is about to be made; `staff` are the others of a visit, `service` is no collection.

    `key` is the sender's own: the same again means the same contact.
    """

    key: Id
    case_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,200}$")]
    action: Action
    contact_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,200}$")] | None = None
    party: PartyRole = PartyRole.BORROWER
    borrower_id: Id | None = None
    staff: Annotated[list[Id], Field(max_length=_MOST_TOGETHER)] = []
    service: Annotated[bool, Field(strict=True)] = False

    def contact(self) -> ContactIn:
        return ContactIn(**self.model_dump(exclude={"staff"}), staff=tuple(dict.fromkeys(self.staff)))


class HeardBody(Form):
    """What somebody came to tell the bank: `words` as they were said, `contact_id` where they called or wrote from,
    `against` the log-in of whom a complaint is about, `at` when it was (now when left out).

    `key` is the sender's own: the same again is the same word.
    """

    key: Id
    action: Action
    result: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}$")]
    words: Words = ""
    party: PartyRole = PartyRole.BORROWER
    borrower_id: Id | None = None
    contact_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,200}$")] | None = None
    amount_minor: Minor | None = None
    on: Day | None = None
    recording_id: RecordingId | None = None
    against: Annotated[str, StringConstraints(max_length=200)] = ""
    at: Moment | None = None

    def heard(self, case_id: str) -> HeardIn:
        return HeardIn(case_id=case_id, **self.model_dump())


class ResultBody(Form):
    """What came of a contact; `made_at` is by the clock of whoever made it and names its zone."""

    result: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}$")]
    amount_minor: Minor | None = None
    on: Day | None = None
    recording_id: RecordingId | None = None
    made_at: Moment | None = None
    reference: Id | None = None

    def came(self) -> ResultIn:
        return ResultIn(**self.model_dump())


class PlanBody(Form):
    """A repayment plan a debtor agreed to; minor units, basis points of a year.

    `proof` is the number of the signed document, or of the recording of what was agreed by word of mouth. The three
    clauses are what art. 70 of the measures on cards asks of the agreement beside its figures. `without_guarantor` says
    that a guarantor has not consented: then a legal advisor has to acknowledge it before the plan begins.
    """

    method: Method
    amount_minor: Minor
    yearly_bp: Annotated[int, Field(strict=True, ge=0, le=10_000)] = 0
    periods: Annotated[int, Field(strict=True, ge=0, le=10_000)]
    first_due_on: Day
    charges: Charges
    acceptance: Acceptance
    proof: Id | None = None
    guarantor_proof: Id | None = None
    without_guarantor: Annotated[bool, Field(strict=True)] = False
    unable_and_willing: Annotated[bool, Field(strict=True)] = False
    no_new_card: Annotated[bool, Field(strict=True)] = False
    rights_and_breach: Annotated[bool, Field(strict=True)] = False
    facts_no: Annotated[int, Field(strict=True, ge=0, le=2**31)]

    def plan(self, case_id: str) -> PlanIn:
        offer = Offer(
            self.method,
            self.amount_minor,
            self.yearly_bp,
            self.periods,
            self.first_due_on.isoformat(),
            self.charges,
            self.acceptance,
            self.proof or "",
            tuple(clause for clause in Clause if getattr(self, clause.value)),
            self.guarantor_proof or "",
            self.without_guarantor,
        )
        return PlanIn(case_id, offer, self.facts_no)


class HoldBody(Form):
    """A hold to be placed on a case; `part_minor` for the part of the debt that is disputed, `until` the last day before
    somebody is asked, `against` the log-in of whom a complaint is about."""

    kind: HoldKind
    reason: Annotated[Words, StringConstraints(min_length=1)]
    scope: Scope | None = None
    part_minor: Minor | None = None
    until: Day | None = None
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


class TasksBody(Form):
    """Tasks by their ids; more than a hundred are refused."""

    tasks: Annotated[
        list[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,200}$")]], Field(max_length=1000)
    ]


class AssignBody(TasksBody):
    """`to` is the staff id of whoever gets them."""

    to: Annotated[str, StringConstraints(max_length=200)]


class IncidentClosing(Form):
    """`outcome`, `reference` and `loan_id` are of money alone."""

    reason: Words = ""
    outcome: Literal["assigned", "paid_out", "kept"] | None = None
    reference: Id | None = None
    loan_id: Id | None = None

    def closing(self) -> Closing:
        return Closing(self.reason, self.outcome, self.reference, self.loan_id)


class SignInForm(Form):
    """Long enough for every password; a longer one is refused before anybody hashes it."""

    login: Annotated[str, StringConstraints(max_length=200)]
    password: Annotated[str, StringConstraints(max_length=1024), Field(repr=False)]
