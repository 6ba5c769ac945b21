"""What is owed, and in which order a payment is taken against it."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

# A payment that the core bank's newer balance has in already: it is taken against nothing, and pays a plan.
COUNTED: Final = "counted"


class TakenBack(StrEnum):
    """Why money that had come was taken back, as whoever books the reversal says it."""

    NO_FUNDS = "no_funds"
    ACCOUNT_CLOSED = "account_closed"
    PAYER_OBJECTED = "payer_objected"
    BOOKED_TWICE = "booked_twice"
    WRONG_LOAN = "wrong_loan"
    BANK_ERROR = "bank_error"


# The bank's own fault: whoever had promised gets days to pay again (scenario 20).
TECHNICAL: Final = frozenset({TakenBack.BOOKED_TWICE, TakenBack.WRONG_LOAN, TakenBack.BANK_ERROR})


@dataclass(frozen=True)
class Owed:
    """Minor units."""

    costs: int = 0
    interest: int = 0
    principal: int = 0

    @property
    def total(self) -> int:
        return self.costs + self.interest + self.principal


@dataclass(frozen=True)
class Split:
    """One payment by tier, minor units; negative when money was taken back."""

    costs: int = 0
    interest: int = 0
    principal: int = 0
    surplus: int = 0

    @property
    def total(self) -> int:
        return self.costs + self.interest + self.principal + self.surplus


def allocate(amount: int, owed: Owed) -> tuple[Split, Owed]:
    """W1: costs of realisation, then interest, then principal; the rest is surplus (Civil Code art. 561)."""
    costs = min(amount, owed.costs)
    interest = min(amount - costs, owed.interest)
    principal = min(amount - costs - interest, owed.principal)
    split = Split(costs, interest, principal, amount - costs - interest - principal)
    return split, Owed(owed.costs - costs, owed.interest - interest, owed.principal - principal)


def take_back(amount: int, owed: Owed, surplus: int) -> tuple[Split, Owed]:
    """A reversal of `amount`: kept surplus goes first, the rest is owed again as principal."""
    from_surplus = min(amount, surplus)
    split = Split(principal=-(amount - from_surplus), surplus=-from_surplus)
    return split, replace(owed, principal=owed.principal + amount - from_surplus)
