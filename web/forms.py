"""What people type into forms, read into what the desk takes; every fault has a field and words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from api.desk.answering import Answer
from api.desk.contacts import ResultIn
from api.desk.deliveries import DeliveryIn
from api.desk.holding import PLACED_BY_HAND, HoldIn
from api.forms import LONGEST_REASON, RECORDING, DecisionIn
from arrears.policy.codes import PROMISES, Outcome
from arrears.policy.currency import minor_units
from arrears.policy.profile import NOTHING_SAID, TELLS
from arrears.policy.state import HoldKind, Scope
from arrears.policy.tasks import PUT_OFF, WITH_DAY, WITH_PART, Missing
from arrears.store.intents import PaymentIn
from arrears.store.transfers import TransferIn
from web.formats import Formats, plain_amount, typed_day
from web.words import Words, called, term

Faults = Mapping[str, str]

FAULTS: Final[Words] = {
    "reason_required": term("fault", "Say why"),
    "pack_version_taken": term("fault", "There is a pack of this version already"),
    "pack_role_unmanned": term(
        "fault", "A team lead, two legal advisors and a manager must be there before a pack can hold"
    ),
    "pack_day_passed": term("fault", "That instant has passed, or is less than a minute away"),
    "reason_too_long": term("fault", "The text is too long"),
    "control_sign": term("fault", "The text holds signs that cannot be kept"),
    "amount_required": term("fault", "Enter the amount"),
    "amount_unreadable": term("fault", "Enter the amount as a number, such as 12,000.50"),
    "test_too_old": term("fault", "The test is too long ago to hold today"),
    "day_required": term("fault", "Choose the day"),
    "person_unknown": term("fault", "Choose the person to whom the tasks go"),
    "view_name": term("fault", "Give the view a name of at most 40 signs"),
    "too_many_views": term("fault", "You have 30 views; remove one first"),
    "tasks_required": term("fault", "Choose at least one task"),
    "too_many_tasks": term("fault", "At most 100 tasks at once"),
    "day_unreadable": term("fault", "Enter the day as year-month-day, such as 2026-12-31"),
    "day_in_the_past": term("fault", "The day is in the past"),
    "promise_too_far": term("fault", "The rules allow no promise so far ahead"),
    "day_in_the_future": term("fault", "The day is in the future"),
    "day_before_it_was_sent": term("fault", "The notice went out later than that"),
    "answer_required": term("fault", "Choose an answer"),
    "answer_not_offered": term("fault", "This task does not take that answer"),
    "status_required": term("fault", "Say whether it arrived or came back"),
    "time_required": term("fault", "Enter the day and the time"),
    "time_unreadable": term(
        "fault", "Enter day and time as year-month-day hour:minute, such as 2026-12-31 14:30"
    ),
    "comment_required": term("fault", "Write the comment"),
    "nobody_of_that_name": term(
        "fault", "After @ stands a log-in of somebody who works here and may see this case"
    ),
    "time_has_passed": term("fault", "That time has passed"),
    "after_it_is_due": term("fault", "The task is due before that"),
    "time_in_the_future": term("fault", "The time is in the future"),
    "before_it_was_sent": term("fault", "The notice was sent later than that"),
    "notice_not_under_way": term("fault", "This notice is not under way"),
    "reference_unreadable": term("fault", "The number takes letters, digits, - and _, 48 at most"),
    "refund_outcome_required": term("fault", "Say what becomes of the money"),
    "no_money_came": term("fault", "No money came here: it was a charge or a reversal"),
    "may_still_bounce": term("fault", "This money may still bounce: wait until it is final"),
    "typed_by_you": term("fault", "You typed this money in: somebody else of operations sends it back"),
    "state_of_today": term(
        "fault", "The state of this loan is of today: it takes the money from tomorrow on"
    ),
    "nothing_owed": term("fault", "This loan owes nothing"),
    "no_case_takes_it": term(
        "fault", "No open case of this loan takes money: its money is for the core bank to book"
    ),
    "reference_required": term("fault", "Enter the bank's number of the payment out"),
    "surplus_gone": term("fault", "The money is no longer there: a reversal has taken it"),
    "not_a_refund": term("fault", "This incident is about no money to be given back"),
    "loan_required": term("fault", "Enter the loan number"),
    "loan_unknown": term("fault", "No loan has this number"),
    "borrower_unknown": term("fault", "No debtor has this number"),
    "not_this_debtors": term("fault", "This debtor has no loan of this number"),
    "currency_not_the_packs": term("fault", "The loan is in another currency"),
    "what_required": term("fault", "Choose what you need to see"),
    "purpose_required": term("fault", "Choose what you need it for"),
    "nothing_on_file": term("fault", "The bank has none on file"),
    "result_required": term("fault", "Choose what came of it"),
    "result_unknown": term("fault", "Such a contact has no such result"),
    "recording_required": term("fault", "Enter the number of the recording"),
    "recording_unreadable": term("fault", "The number takes letters, digits and - _ . : only"),
    "staff_unknown": term("fault", "Choose who goes along"),
    "not_by_this_way": term("fault", "This is no number or address for that"),
    "contact_unknown": term("fault", "This call belongs to another task"),
    "kind_required": term("fault", "Choose what was said"),
    "hold_not_by_hand": term("fault", "This hold is not placed by hand"),
    "hold_scope_unknown": term("fault", "A hold of this kind does not reach so far"),
    "hold_part_wrong": term("fault", "Only a dispute names an amount, and no more than is owed"),
    "login_unknown": term("fault", "Nobody here has this log-in"),
    "only_of_complaints": term("fault", "Only a complaint is about a member of staff"),
    "evidence_required": term("fault", "Enter the number of the proof"),
    "action_required": term("fault", "Choose how they contacted the bank"),
    "party_required": term("fault", "Choose who it was"),
    "not_theirs_to_say": term("fault", "Only the debtor, or whoever speaks for the debtor, can say this"),
    "number_required": term("fault", "Choose the number that is not to be called again"),
    "debtor_cannot_promise": term(
        "fault", "A death or a lack of capacity is on record: no promise can be taken"
    ),
    "evidence_lacking": term("fault", "Evidence is not complete: open the claim to see what is missing"),
    "item_required": term("fault", "Choose what the document proves"),
    "document_required": term("fault", "Choose a document"),
    "document_too_large": term("fault", "The document is too large"),
    "document_kind": term("fault", "The document is no PDF, JPEG or PNG"),
    "day_before_ledger": term("fault", "Before the day of the ledger no claim can be stated"),
    "day_too_far_ahead": term("fault", "The rules allow no claim stated so far ahead"),
    "rate_unreadable": term("fault", "Enter the rate in percent, such as 18 or 18.25"),
    "rate_above_cap": term("fault", "A court cuts the rate to the highest one the rules name"),
    "not_found": term("fault", "No case has this loan number"),
    "login_taken": term("fault", "Somebody has this log-in already"),
    "login_unreadable": term("fault", "A log-in takes letters, digits and . _ - @, 64 at most"),
    "name_required": term("fault", "Enter the name, 60 characters at most"),
    "roles_required": term("fault", "Choose at least one role"),
    "language_unknown": term("fault", "Choose the language"),
    "colleague_unknown": term("fault", "Choose a colleague who works here"),
    "absence_ends_first": term("fault", "The last day lies before the first"),
    "absence_too_long": term("fault", "An absence is a year long at most"),
    "absence_overlaps": term("fault", "This person is away on some of these days already"),
    "absence_of_a_substitute": term("fault", "This person stands in for somebody on some of these days"),
    "substitute_lacks_role": term("fault", "Whoever stands in must have the same roles"),
    "substitute_away": term("fault", "This colleague is away on some of these days too"),
    "password_wrong": term("fault", "This is not your password"),
    "password_holds_login": term("fault", "The password must not hold the log-in"),
    "password_too_plain": term("fault", "The password repeats too few signs"),
    "password_is_the_old": term("fault", "This is the password you have already"),
    "passwords_differ": term("fault", "The two are not the same"),
}


def told(faults: Iterable[Missing]) -> dict[str, str]:
    """The first fault of each field, in the reader's language."""
    words: dict[str, str] = {}
    for fault in faults:
        words.setdefault(fault.field, called(FAULTS, fault.why))
    return words


@dataclass(frozen=True)
class DecisionForm:
    """As it was typed, so that it can be shown again."""

    outcome: str = ""
    facts_no: str = ""
    reason: str = field(default="", repr=False)
    amount: str = ""
    on: str = ""
    arrived_on: str = ""
    again_on: str = ""
    attempt_id: str = ""  # the call it tells the result of
    recording_id: str = ""
    part: str = ""
    until_on: str = ""
    cause: str = ""
    willingness: str = ""
    ability: str = ""

    @property
    def words(self) -> Mapping[str, str]:
        """What a draft keeps: all that was typed, whether or not it could be taken."""
        # The call is the page's to name; the figures stand beside the words.
        return {name: text for name, text in vars(self).items() if name not in ("facts_no", "attempt_id")}

    @classmethod
    def again(cls, words: Mapping[str, str]) -> "DecisionForm":
        """Of a draft; a field that is no more is left out."""
        known = {one.name for one in fields(cls)} - {"facts_no", "attempt_id"}
        return cls(**{name: text for name, text in words.items() if name in known})

    @classmethod
    def of(cls, answer: Answer, currency: str) -> "DecisionForm":
        """As it would be typed again."""
        empty = cls(answer.outcome, str(answer.facts_no), answer.reason or "")
        amount = "" if answer.amount_minor is None else plain_amount(answer.amount_minor, currency)
        day = "" if answer.on is None else answer.on.isoformat()
        placed = {empty._amount_field(): amount, empty._day_field(): day}
        said = vars(answer.profile).items()
        placed |= {name: code.value for name, code in said if code is not None}
        return replace(empty, recording_id=answer.recording_id or "", **placed)

    def read(self, currency: str) -> Answer | list[Missing]:
        """By the model that programs send: an amount and a day are written as people write them, the rest is the same."""
        takes_amount = self.outcome in PROMISES | WITH_PART
        typed: str = getattr(self, self._amount_field()) if takes_amount else ""
        takes_day = self.outcome in PROMISES | PUT_OFF | WITH_DAY
        day_typed: str = getattr(self, self._day_field()) if takes_day else ""
        amount = minor_units(typed, currency) if typed.strip() else None
        day = typed_day(day_typed) if day_typed.strip() else None
        unread = [
            *readable(day_typed, day, Missing("on", "day_unreadable")),
            *readable(typed, amount, Missing("amount", "amount_unreadable")),
        ]
        try:
            answer = DecisionIn.model_validate(self._sent | {"amount_minor": amount, "on": day}).answer()
        except ValidationError as wrong:
            return unread + [_missing(fault) for fault in wrong.errors()]
        return unread or answer

    @property
    def _sent(self) -> dict[str, object]:
        """What an answer not given would have taken is left out: nobody who was not spoken to says anything."""
        told = vars(NOTHING_SAID) if self.outcome in TELLS else ()
        names = ("reason", "attempt_id", "recording_id", *told)
        words = {name: getattr(self, name).strip() or None for name in names}
        return words | {"outcome": self.outcome, "facts_no": max(self.seen_facts, 0)}

    def told(self, faults: Iterable[Missing]) -> dict[str, str]:
        """The faults in words, beside the fields of this form."""
        fields = {"on": self._day_field(), "amount": self._amount_field()}
        return {fields.get(name, name): word for name, word in told(faults).items()}

    def _amount_field(self) -> str:
        return "part" if self.outcome in WITH_PART else "amount"

    def _day_field(self) -> str:
        """Each answer that takes a day has a field of its own for it."""
        if self.outcome == Outcome.ARRIVED:
            return "arrived_on"
        if self.outcome in WITH_DAY:
            return "until_on"
        return "again_on" if self.outcome in PUT_OFF else "on"

    @property
    def seen_facts(self) -> int:
        known = self.facts_no.isascii() and self.facts_no.isdecimal() and len(self.facts_no) < 10
        return int(self.facts_no) if known else -1


@dataclass(frozen=True)
class VisitForm:
    """Who goes along, and what came of it."""

    companion: str = ""
    result: str = ""
    recording_id: str = ""

    def came(self) -> ResultIn | list[Missing]:
        faults = [*required(self.result, Missing("result", "result_required")), *recording(self.recording_id)]
        return faults or ResultIn(self.result, recording_id=self.recording_id.strip() or None)


@dataclass(frozen=True)
class PaymentForm:
    payment_id: str
    loan_id: str = ""
    amount: str = ""
    value_on: str = ""
    borrower_id: str = ""  # then the loan is the one the payer named, if any
    surplus_seen: str = ""  # what the page said would be left over, minor units

    @property
    def agreed(self) -> int | None:
        known = self.surplus_seen.isascii() and self.surplus_seen.isdecimal() and len(self.surplus_seen) < 17
        return int(self.surplus_seen) if known else None

    def read(self, *, currency: str, today: date) -> PaymentIn | TransferIn | list[Missing]:
        amount = minor_units(self.amount, currency) if self.amount.strip() else None
        day = typed_day(self.value_on) if self.value_on.strip() else None
        faults = [
            *required(self.loan_id.strip() or self.borrower_id.strip(), Missing("loan_id", "loan_required")),
            *required(self.amount.strip(), Missing("amount", "amount_required")),
            *readable(self.amount, amount, Missing("amount", "amount_unreadable")),
            *required(self.value_on.strip(), Missing("value_on", "day_required")),
            *readable(self.value_on, day, Missing("value_on", "day_unreadable")),
        ]
        if faults or amount is None or day is None:
            return faults
        if day > today:
            return [Missing("value_on", "day_in_the_future")]
        if self.borrower_id.strip():
            return TransferIn(
                transfer_id=self.payment_id,
                borrower_id=self.borrower_id.strip(),
                booked_on=today,
                value_on=day,
                amount_minor=amount,
                currency=currency,
                designation=self.loan_id.strip() or None,
            )
        return PaymentIn(
            payment_id=self.payment_id,
            loan_id=self.loan_id.strip(),
            booked_on=today,
            value_on=day,
            amount_minor=amount,
            currency=currency,
        )


@dataclass(frozen=True)
class HoldForm:
    kind: str = ""
    reason: str = field(default="", repr=False)
    part: str = ""
    until: str = ""
    evidence: str = ""
    against: str = ""
    wide: str = ""  # where a kind may be of the loan or of the person

    def read(self, currency: str) -> HoldIn | list[Missing]:
        part = minor_units(self.part, currency) if self.part.strip() else None
        until = typed_day(self.until) if self.until.strip() else None
        known = self.kind in {kind.value for kind in PLACED_BY_HAND}
        faults = [
            *required(self.kind if known else "", Missing("kind", "kind_required")),
            *readable(self.part, part, Missing("part", "amount_unreadable")),
            *readable(self.until, until, Missing("until", "day_unreadable")),
            *kept("reason", self.reason),
        ]
        if faults:
            return faults
        scope = Scope.LOAN if self.wide == Scope.LOAN and part is None else None
        return HoldIn(
            HoldKind(self.kind), self.reason, scope, part, until, self.evidence.strip(), self.against.strip()
        )


@dataclass(frozen=True)
class DeliveryForm:
    status: str = ""
    at: str = ""
    reference: str = ""

    def read(self, notice_id: str, shapes: Formats) -> DeliveryIn | list[Missing]:
        at = shapes.typed_minute(self.at)
        faults = [
            *required(self.at.strip(), Missing("at", "time_required")),
            *readable(self.at, at, Missing("at", "time_unreadable")),
        ]
        match self.status:
            case "arrived" | "returned" as status if at is not None:
                return DeliveryIn(notice_id, status, at, self.reference.strip() or None)
            case "arrived" | "returned":
                return faults
            case _:
                return [Missing("status", "status_required"), *faults]


def recording(typed: str) -> list[Missing]:
    """Whoever stores recordings names them in plain signs."""
    unreadable = Missing("recording_id", "recording_unreadable")
    return [unreadable] if typed.strip() and not RECORDING.fullmatch(typed.strip()) else []


def _missing(fault: ErrorDetails) -> Missing:
    """As pydantic found it, beside the field of the page and in words of ours."""
    name = str(fault["loc"][0])
    if fault["type"] in FAULTS:
        return Missing(name, fault["type"])
    return Missing({"amount_minor": "amount"}.get(name, name), _OTHERWISE[name])


_OTHERWISE: Final = {
    "outcome": "answer_required",
    "amount_minor": "amount_required",
    "attempt_id": "contact_unknown",
    "cause": "answer_not_offered",
    "willingness": "answer_not_offered",
    "ability": "answer_not_offered",
}


def required(text: str, otherwise: Missing) -> list[Missing]:
    return [] if text else [otherwise]


def readable(text: str, value: object | None, otherwise: Missing) -> list[Missing]:
    return [otherwise] if text.strip() and value is None else []


def kept(name: str, text: str) -> list[Missing]:
    return unkeepable(name, text, longest=LONGEST_REASON)


def unkeepable(name: str, text: str, *, longest: int) -> list[Missing]:
    if len(text) > longest:
        return [Missing(name, "reason_too_long")]
    # PostgreSQL keeps no NUL, and no other control sign says anything.
    if any(ord(sign) < 32 and sign not in "\n\r\t" for sign in text):
        return [Missing(name, "control_sign")]
    return []
