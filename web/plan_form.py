"""A repayment plan as an officer types it, and its instalments as a page shows them."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final, TypeVar

from api.desk.plans import PlanIn
from arrears.policy.agreements import Acceptance, Charges, Clause, Offer
from arrears.policy.currency import minor_units
from arrears.policy.schedules import Method
from arrears.policy.tasks import Missing
from arrears.store.plans import PlanView
from web.formats import typed_day
from web.forms import FAULTS
from web.words import REFUSALS, Words, called, term

Word = TypeVar("Word", bound=StrEnum)

PLAN_FAULTS: Final[Words] = {
    "plan_rate_unreadable": term(
        "fault", "Enter the yearly interest as a number of percent, such as 12 or 4.35"
    ),
    "plan_periods_unreadable": term("fault", "Enter how many monthly instalments, such as 12"),
    "plan_clause_missing": term("fault", "The law asks that the agreement says this"),
    "plan_choice_required": term("fault", "Choose one"),
}
# What the schedule follows from; the rest is agreed on when it is signed.
FIGURES: Final = frozenset({"method", "amount", "yearly_bp", "periods", "first_due_on"})


def told(faults: Iterable[Missing]) -> dict[str, str]:
    """The first fault of each field, in the reader's language."""
    words: dict[str, str] = {}
    for fault in faults:
        table = next((known for known in (PLAN_FAULTS, FAULTS) if fault.why in known), REFUSALS)
        words.setdefault(fault.field, called(table, fault.why))
    return words


@dataclass(frozen=True)
class PlanForm:
    """As it was typed, so that it can be shown again."""

    method: str = Method.EQUAL_TOTAL.value
    amount: str = ""
    yearly_bp: str = ""
    periods: str = ""
    first_due_on: str = ""
    charges: str = ""
    acceptance: str = ""
    proof: str = ""
    guarantor_proof: str = ""
    without_guarantor: str = ""
    clauses: tuple[str, ...] = ()
    facts_no: str = ""

    def figures(self, case_id: str, currency: str) -> PlanIn | list[Missing]:
        """What the schedule follows from, whether or not the rest is said already."""
        method = _word(Method, self.method)
        amount = minor_units(self.amount, currency)
        rate, periods, first = (
            _basis_points(self.yearly_bp),
            _whole(self.periods),
            typed_day(self.first_due_on),
        )
        if method is None or amount is None or rate is None or periods is None or first is None:
            return [
                *_unless(method, Missing("method", "plan_choice_required")),
                *_unless(amount, _empty(self.amount, "amount", "amount_required", "amount_unreadable")),
                *_unless(rate, Missing("yearly_bp", "plan_rate_unreadable")),
                *_unless(periods, Missing("periods", "plan_periods_unreadable")),
                *_unless(first, _empty(self.first_due_on, "first_due_on", "day_required", "day_unreadable")),
            ]
        offer = Offer(
            method,
            amount,
            rate,
            periods,
            first.isoformat(),
            _word(Charges, self.charges) or Charges.STOP,
            _word(Acceptance, self.acceptance) or Acceptance.SIGNED,
            self.proof.strip(),
            tuple(clause for clause in Clause if clause.value in self.clauses),
            self.guarantor_proof.strip(),
            self.without_guarantor == "yes",
        )
        return PlanIn(case_id, offer, self._seen_facts())

    def read(self, case_id: str, currency: str) -> PlanIn | list[Missing]:
        plan = self.figures(case_id, currency)
        said = [
            *_unless(_word(Charges, self.charges), Missing("charges", "plan_choice_required")),
            *_unless(_word(Acceptance, self.acceptance), Missing("acceptance", "plan_choice_required")),
        ]
        return said + plan if isinstance(plan, list) else said or plan

    def _seen_facts(self) -> int:
        known = self.facts_no.isascii() and self.facts_no.isdecimal() and len(self.facts_no) < 10
        return int(self.facts_no) if known else -1


def _word(words: type[Word], typed: str) -> Word | None:
    return next((word for word in words if word.value == typed), None)


def _unless(read: object | None, otherwise: Missing) -> list[Missing]:
    return [otherwise] if read is None else []


def _empty(typed: str, field: str, empty: str, unreadable: str) -> Missing:
    return Missing(field, unreadable if typed.strip() else empty)


def _basis_points(typed: str) -> int | None:
    """Percent a year with two decimals at most; left empty, no interest."""
    plain = unicodedata.normalize("NFKC", typed).strip().removesuffix("%").strip()
    if not plain:
        return 0
    try:
        points = Decimal(plain) * 100
    except InvalidOperation:
        return None
    whole = points.is_finite() and abs(points) < 10**6 and points == points.to_integral_value()
    return int(points) if whole else None


def _whole(typed: str) -> int | None:
    plain = unicodedata.normalize("NFKC", typed).strip()
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 6 else None


# ---- as a page shows it ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class InstalmentRow:
    """`state` is paid, part, missed, next or ahead; empty in a plan that only is computed."""

    number: int
    due_on: date
    amount_minor: int
    principal_minor: int
    interest_minor: int
    state: str = ""


def computed(offer: Offer) -> tuple[InstalmentRow, ...]:
    return tuple(
        InstalmentRow(part.number, part.due_on, part.amount, part.principal, part.interest)
        for part in offer.instalments()
    )


def kept(plan: PlanView, today: date) -> tuple[InstalmentRow, ...]:
    """Each instalment and how it stands today; the first one to come that is not paid is the next."""
    coming = next(
        (
            part.number
            for part in plan.instalments
            if part.due_on >= today and part.paid_minor < part.amount_minor
        ),
        0,
    )
    return tuple(
        InstalmentRow(
            part.number,
            part.due_on,
            part.amount_minor,
            part.principal_minor,
            part.interest_minor,
            _state(
                part.paid_minor, part.amount_minor, is_past=part.due_on < today, is_next=part.number == coming
            ),
        )
        for part in plan.instalments
    )


def _state(paid: int, amount: int, *, is_past: bool, is_next: bool) -> str:
    if paid >= amount:
        return "paid"
    if is_past:
        return "missed"
    if paid:
        return "part"
    return "next" if is_next else "ahead"
