"""What is due on which day of a repayment plan: the arithmetic of instalments (3.5).

Money is minor units, rates are basis points of a year. Inside, figures are Decimal; each is rounded half-up to minor
units before it is used on, and the last instalment takes what rounding left over.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from enum import StrEnum
from typing import Final, assert_never

from arrears.policy.periods import months_later

_PER_MONTH: Final = Decimal(10_000) * 12  # basis points of a year
_DIGITS: Final = 50


class Method(StrEnum):
    """How a debt is cut into instalments."""

    EQUAL_TOTAL = "equal_total"  # 等额本息: each instalment the same
    EQUAL_PRINCIPAL = (
        "equal_principal"  # 等额本金: each the same part of the debt, and the interest on the rest
    )
    EQUAL_PARTS = "equal_parts"  # without interest


@dataclass(frozen=True)
class Instalment:
    """`number` counts from 1."""

    number: int
    due_on: date
    principal: int
    interest: int

    @property
    def amount(self) -> int:
        return self.principal + self.interest


def schedule(
    method: Method, amount: int, *, yearly_bp: int, periods: int, first_due_on: date
) -> tuple[Instalment, ...]:
    """Due on the corresponding day of each month, or on its last day (D1). `amount` and `periods` are at least 1."""
    parts = _parts(method, amount, yearly_bp, periods)
    return tuple(
        Instalment(number, months_later(first_due_on, number - 1), principal, interest)
        for number, (principal, interest) in enumerate(parts, 1)
    )


def _parts(method: Method, amount: int, yearly_bp: int, periods: int) -> Iterator[tuple[int, int]]:
    """Principal and interest of each instalment."""
    with localcontext() as context:
        context.prec = _DIGITS
        rate = Decimal(0) if method is Method.EQUAL_PARTS else Decimal(yearly_bp) / _PER_MONTH
        each = _each(method, amount, rate, periods)
    left = amount
    for number in range(1, periods + 1):
        interest = _whole(left * rate)
        wanted = each - interest if method is Method.EQUAL_TOTAL else each
        # So small a debt may be paid before its last instalment: nobody pays more than there is.
        principal = left if number == periods else min(wanted, left)
        left -= principal
        yield principal, interest


def _each(method: Method, amount: int, rate: Decimal, periods: int) -> int:
    """The whole instalment, or its part of the debt."""
    match method:
        case Method.EQUAL_TOTAL if rate:
            growth = (1 + rate) ** periods
            return _whole(amount * rate * growth / (growth - 1))
        case Method.EQUAL_TOTAL | Method.EQUAL_PRINCIPAL | Method.EQUAL_PARTS:
            return _whole(Decimal(amount) / periods)
        case _:
            assert_never(method)


def _whole(figure: Decimal) -> int:
    return int(figure.to_integral_value(ROUND_HALF_UP))


def shares(amounts: Sequence[int], paid: int) -> list[int]:
    """How much of each instalment is paid: what came first goes to what was due first."""
    taken = []
    for amount in amounts:
        taken.append(min(amount, paid))
        paid -= taken[-1]
    return taken
