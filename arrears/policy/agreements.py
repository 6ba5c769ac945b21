"""What a repayment plan must say before the bank takes it: art. 70 of the measures on cards, for every loan (1.3, 4.4)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from arrears.policy.periods import months_later
from arrears.policy.schedules import Instalment, Method, schedule
from arrears.policy.tasks import Missing
from arrears.policy.terms import Terms

# Banks defer three months at most, so no first instalment lies further ahead.
_FIRST_WITHIN_MONTHS: Final = 3
# Beyond these a figure is a slip of the pen; nothing is computed from it.
_MOST_PERIODS: Final = 600
_MOST_YEARLY_BP: Final = 10_000


class Charges(StrEnum):
    """Whether fees and penalty go on beside the plan: the agreement says so either way."""

    ACCRUE = "accrue"
    STOP = "stop"


class Acceptance(StrEnum):
    """How the debtor agreed."""

    SIGNED = "signed"
    ORAL = "oral"


class Clause(StrEnum):
    """What the agreement holds beside its figures."""

    UNABLE_AND_WILLING = "unable_and_willing"  # the debt exceeds what the debtor can pay, who is willing to
    NO_NEW_CARD = "no_new_card"  # no card of any bank is applied for until all is paid
    RIGHTS_AND_BREACH = "rights_and_breach"  # rights, duties, and what follows a breach


@dataclass(frozen=True)
class Offer:
    """Minor units, basis points of a year, an ISO day. `proof` is the number of the document, or of the recording."""

    method: Method
    amount: int
    yearly_bp: int
    periods: int
    first_due_on: str
    charges: Charges
    acceptance: Acceptance
    proof: str
    clauses: tuple[Clause, ...]
    guarantor_proof: str = ""  # the number of the guarantor's written consent (G6)
    without_guarantor: bool = False  # said aloud: there is none, and an advisor has to know what that means

    @property
    def asks_legal(self) -> bool:
        return self.without_guarantor and not self.guarantor_proof

    def instalments(self) -> tuple[Instalment, ...]:
        return schedule(
            self.method,
            self.amount,
            yearly_bp=self.yearly_bp,
            periods=self.periods,
            first_due_on=date.fromisoformat(self.first_due_on),
        )


@dataclass(frozen=True)
class Debt:
    """What is owed at the signing, minor units; `is_guaranteed` when somebody stands for the loan."""

    balance: int
    overdue: int
    is_guaranteed: bool


def faults(offer: Offer, debt: Debt, *, today: date, terms: Terms) -> list[Missing]:
    """Why the bank cannot take it: the field and a message id; empty when it can."""
    if terms.plan_max_periods == 0:
        return [Missing("periods", "plans_not_offered")]
    wrong = [
        *_periods(offer, terms),
        *_amounts(offer, debt, terms),
        *_days(offer, today),
        *_said(offer, debt),
    ]
    if not wrong and not all(part.amount for part in offer.instalments()):
        wrong.append(Missing("amount", "plan_instalment_empty"))
    return wrong


def _periods(offer: Offer, terms: Terms) -> Iterator[Missing]:
    """Art. 70: five years at most, which are 60 months."""
    if not 1 <= offer.periods <= min(terms.plan_max_periods, _MOST_PERIODS):
        yield Missing("periods", "plan_too_long" if offer.periods > 0 else "plan_periods_required")


def _amounts(offer: Offer, debt: Debt, terms: Terms) -> Iterator[Missing]:
    """All that is overdue is covered, or keeping the plan would not end the case; nothing is waived."""
    if debt.overdue == 0:
        yield Missing("amount", "nothing_overdue")
    elif not debt.overdue <= offer.amount <= debt.balance:
        yield Missing("amount", "plan_amount_outside")
    if not 0 <= offer.yearly_bp <= min(terms.plan_most_yearly_bp, _MOST_YEARLY_BP):
        yield Missing("yearly_bp", "plan_rate_too_high")
    elif offer.yearly_bp and offer.method is Method.EQUAL_PARTS:
        yield Missing("yearly_bp", "plan_without_interest")


def _days(offer: Offer, today: date) -> Iterator[Missing]:
    first = date.fromisoformat(offer.first_due_on)
    if first <= today:
        yield Missing("first_due_on", "day_not_ahead")
    elif first > months_later(today, _FIRST_WITHIN_MONTHS):
        yield Missing("first_due_on", "plan_starts_too_late")


def _said(offer: Offer, debt: Debt) -> Iterator[Missing]:
    """What was said and not written is on a recording; what stands for the debt is asked in writing."""
    if not offer.proof:
        oral = offer.acceptance is Acceptance.ORAL
        yield Missing("proof", "plan_recording_required" if oral else "plan_document_required")
    for clause in Clause:
        if clause not in offer.clauses:
            yield Missing(clause.value, "plan_clause_missing")
    if debt.is_guaranteed and not offer.guarantor_proof and not offer.without_guarantor:
        yield Missing("guarantor_proof", "guarantor_consent_missing")


def approvals(periods: int, terms: Terms) -> int:
    """4.4: an officer alone, then with a manager, then with a committee, which is two managers."""
    if periods <= terms.plan_officer_periods:
        return 0
    return 1 if periods <= terms.plan_manager_periods else 2
