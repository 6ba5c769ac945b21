"""What can happen to a case, and how a message's content is read as one of these."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final, TypeVar

from arrears.policy.agreements import Acceptance, Charges, Clause, Offer
from arrears.policy.codes import Action
from arrears.policy.schedules import Method
from arrears.policy.state import Clock, HoldKind, Scope

Word = TypeVar("Word", bound=StrEnum)

# Beyond these a figure is a slip of the pen, and sums or days would leave what a database can hold.
_LARGEST: Final = 2**53
_FIRST_DAY: Final = "1970-01-01"
_LAST_DAY: Final = "2199-12-31"
_NEVER: Final = 7_258_118_400  # 2200-01-01


class Unreadable(Exception):
    """A message's content has not the shape its signal promises; the text names the field."""


@dataclass(frozen=True)
class LoanState:
    """What the core bank says of a loan, minor units."""

    loan_id: str
    currency: str
    balance: int
    overdue: int
    first_overdue_on: str | None
    status: str


@dataclass(frozen=True)
class Opened:
    case_id: str
    loan: LoanState
    former_stage: str | None = None  # in which the last episode was cured
    former_closed_at: int | None = None


@dataclass(frozen=True)
class LoanRestated:
    """`stops`: a status of disputed or stayed places its hold. False in what was said before it did."""

    loan: LoanState
    stops: bool = False


@dataclass(frozen=True)
class PaymentPosted:
    payment_id: str
    amount: int
    kind: str
    provisional: bool
    value_on: str | None = None
    promised: bool = False  # of money the balance has in: a promise counts it, too


@dataclass(frozen=True)
class PaymentReversed:
    payment_id: str
    reverses: str
    amount: int
    technical: bool = False  # the bank's own fault


@dataclass(frozen=True)
class PaymentFinalized:
    """Money that might have bounced cannot any more; minor units.

    `in_balance`: the core bank's state, which the case has heard, has it in already.
    """

    payment_id: str
    amount: int
    in_balance: bool = False


@dataclass(frozen=True)
class TaskDecided:
    task_id: str
    by: str
    outcome: str
    facts_no: int
    has_reason: bool
    amount: int | None
    on: str | None
    contact_id: str = ""  # the number that was called
    recording_id: str = ""
    attempt_id: str = ""  # the contact it tells the result of
    remark_id: str = ""


@dataclass(frozen=True)
class DeliveryReported:
    notice_id: str
    status: str  # arrived | returned
    at: int
    agreed_address: bool = False  # the debtor agreed that letters there count as served


@dataclass(frozen=True)
class HoldPlaced:
    """`reason` and `evidence` are short codes and numbers of documents; free words stay in a remark."""

    hold_id: str
    kind: HoldKind
    scope: Scope
    by: str
    reason: str
    until: int = 0
    part: int = 0
    against: str = ""
    evidence: str = ""
    remark_id: str = ""
    asks: bool = True
    confirmed_by: str = ""


@dataclass(frozen=True)
class HoldReleased:
    hold_id: str
    outcome: str
    by: str


@dataclass(frozen=True)
class PlanSigned:
    """The debtor agreed to a plan; `facts_no` names the figures it was made on.

    `ends_review`: the plan is the decision about the debtor's hardship. False in what was said before it was.
    """

    offer: Offer
    by: str
    facts_no: int
    is_guaranteed: bool = False
    ends_review: bool = False


@dataclass(frozen=True)
class ContactReported:
    """A contact no task had asked for: the debtor came to the bank, or somebody called without a task.

    It stands in the ledger already, as `attempt_id`; `party` is how whoever was spoken to stands to the debt.
    """

    attempt_id: str
    action: Action
    result: str
    party: str
    by: str
    at: int
    amount: int | None = None
    on: str | None = None
    contact_id: str = ""
    recording_id: str = ""
    has_reason: bool = False
    remark_id: str = ""
    against: str = ""  # whom a complaint is about


@dataclass(frozen=True)
class SendAnswered:
    """The contact guard's and the channel's answer to a notice that was due."""

    notice_id: str
    answer: str  # sent | not_before | uncertain | refused | wait
    at: int
    not_before: int
    rule: str


@dataclass(frozen=True)
class PeopleChanged:
    """The core bank changed who stands behind the debt, or where letters go; what it is now stays in the database."""

    parties: bool
    address: bool


@dataclass(frozen=True)
class PolicyPublished:
    """A pack took effect on which a date of this case waited."""

    pack: str


@dataclass(frozen=True)
class LedgerClosed:
    """All money of this ISO day is here; whatever waited for it looks again."""

    business_date: str


@dataclass(frozen=True)
class Due:
    clock: Clock


Event = (
    Opened
    | LoanRestated
    | PaymentPosted
    | PaymentReversed
    | PaymentFinalized
    | TaskDecided
    | DeliveryReported
    | HoldPlaced
    | HoldReleased
    | PlanSigned
    | ContactReported
    | SendAnswered
    | LedgerClosed
    | PeopleChanged
    | PolicyPublished
    | Due
)


def read(  # noqa: C901, PLR0911, PLR0912 - one arm per signal
    case_id: str, signal: str, *, actor: str, task_id: str | None, content: dict[str, Any]
) -> Event:
    """The event a message tells of. Raises Unreadable for an unknown signal or a missing or wrong field."""
    say = _Content(signal, content)
    match signal:
        case "open":
            return Opened(
                case_id, _loan(say), say.maybe_text("former_stage"), say.maybe_whole("former_closed_at")
            )
        case "loan_restated":
            return LoanRestated(_loan(say), say.maybe_flag("stops"))
        case "payment_posted":
            return PaymentPosted(
                say.text("payment_id"),
                say.positive("amount_minor"),
                say.text("kind"),
                say.flag("provisional"),
                say.maybe_day("value_on"),
                say.maybe_flag("promised"),
            )
        case "payment_reversed":
            return PaymentReversed(
                say.text("payment_id"),
                say.text("reverses"),
                say.positive("amount_minor"),
                say.maybe_flag("technical"),
            )
        case "payment_finalized":
            return PaymentFinalized(
                say.text("payment_id"), say.positive("amount_minor"), say.flag("in_balance")
            )
        case "task_decided":
            if task_id is None:
                raise Unreadable("task_decided: no task")
            return TaskDecided(
                task_id,
                actor,
                say.text("outcome"),
                say.whole("facts_no"),
                bool(say.maybe_text("remark_id")),
                say.maybe_whole("amount_minor"),
                say.maybe_day("on"),
                say.maybe_text("contact_id") or "",
                say.maybe_text("recording_id") or "",
                say.maybe_text("attempt_id") or "",
                say.maybe_text("remark_id") or "",
            )
        case "delivery_reported":
            return DeliveryReported(
                say.text("notice_id"),
                say.text("status"),
                say.instant("at"),
                say.maybe_flag("agreed_address"),
            )
        case "hold_placed":
            return _hold(say, actor)
        case "hold_released":
            return HoldReleased(say.text("hold_id"), say.text("outcome"), actor)
        case "plan_signed":
            return PlanSigned(
                _offer(say),
                actor,
                say.whole("facts_no"),
                say.flag("guaranteed"),
                say.maybe_flag("ends_review"),
            )
        case "contact_reported":
            return _contact(say, actor)
        case "people_changed":
            return PeopleChanged(say.flag("parties"), say.flag("address"))
        case "policy_published":
            return PolicyPublished(say.text("pack"))
        case "ledger_closed":
            return LedgerClosed(say.day("business_date"))
        case _:
            raise Unreadable(f"unknown signal {signal[:40]}")


def _hold(say: "_Content", by: str) -> HoldPlaced:
    return HoldPlaced(
        say.text("hold_id"),
        say.word("kind", HoldKind),
        say.word("scope", Scope),
        by,
        say.text("reason"),
        say.maybe_whole("until") or 0,
        say.maybe_whole("part_minor") or 0,
        say.maybe_text("against") or "",
        say.maybe_text("evidence") or "",
        say.maybe_text("remark_id") or "",
        say.flag("asks"),
        say.maybe_text("confirmed_by") or "",
    )


def _offer(say: "_Content") -> Offer:
    return Offer(
        say.word("method", Method),
        say.positive("amount_minor"),
        say.whole("yearly_bp"),
        say.whole("periods"),
        say.day("first_due_on"),
        say.word("charges", Charges),
        say.word("acceptance", Acceptance),
        say.text("proof"),
        tuple(clause for clause in Clause if say.maybe_flag(clause.value)),
        say.maybe_text("guarantor_proof") or "",
        say.maybe_flag("without_guarantor"),
    )


def _contact(say: "_Content", by: str) -> ContactReported:
    return ContactReported(
        say.text("attempt_id"),
        say.word("action", Action),
        say.text("result"),
        say.text("party"),
        by,
        say.instant("at"),
        say.maybe_whole("amount_minor"),
        say.maybe_day("on"),
        say.maybe_text("contact_id") or "",
        say.maybe_text("recording_id") or "",
        bool(say.maybe_text("remark_id")),
        say.maybe_text("remark_id") or "",
        say.maybe_text("against") or "",
    )


def _loan(say: "_Content") -> LoanState:
    loan = LoanState(
        say.text("loan_id"),
        say.text("currency"),
        say.whole("balance_minor"),
        say.whole("overdue_minor"),
        say.maybe_day("first_overdue_on"),
        say.text("status"),
    )
    if not 0 <= loan.overdue <= loan.balance:
        raise Unreadable("overdue_minor: not between 0 and the balance")
    if loan.overdue and loan.first_overdue_on is None:
        raise Unreadable("first_overdue_on: missing for an overdue loan")
    return loan


class _Content:
    """Strict reading of a message's content: nothing is converted."""

    def __init__(self, signal: str, content: dict[str, Any]) -> None:
        self._signal, self._content = signal, content

    def text(self, name: str) -> str:
        value = self._content.get(name)
        if not isinstance(value, str):
            raise self._wrong(name)
        return value

    def word(self, name: str, words: type[Word]) -> Word:
        try:
            return words(self.text(name))
        except ValueError:
            raise self._wrong(name) from None

    def maybe_text(self, name: str) -> str | None:
        return None if self._content.get(name) is None else self.text(name)

    def whole(self, name: str) -> int:
        value = self._content.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _LARGEST:
            raise self._wrong(name)
        return value

    def instant(self, name: str) -> int:
        value = self.whole(name)
        if not 0 < value < _NEVER:
            raise self._wrong(name)
        return value

    def maybe_whole(self, name: str) -> int | None:
        return None if self._content.get(name) is None else self.whole(name)

    def positive(self, name: str) -> int:
        value = self.whole(name)
        if value <= 0:
            raise self._wrong(name)
        return value

    def flag(self, name: str) -> bool:
        value = self._content.get(name)
        if not isinstance(value, bool):
            raise self._wrong(name)
        return value

    def maybe_flag(self, name: str) -> bool:
        return False if self._content.get(name) is None else self.flag(name)

    def day(self, name: str) -> str:
        value = self.maybe_day(name)
        if value is None:
            raise self._wrong(name)
        return value

    def maybe_day(self, name: str) -> str | None:
        value = self.maybe_text(name)
        if value is None:
            return None
        try:
            day = date.fromisoformat(value).isoformat()
        except ValueError:
            raise self._wrong(name) from None
        if day != value or not _FIRST_DAY <= day <= _LAST_DAY:
            raise self._wrong(name)
        return day

    def _wrong(self, name: str) -> Unreadable:
        return Unreadable(f"{self._signal}: {name} is missing or of the wrong type")
