"""One transfer of a debtor with several debts: which of them it pays, in the order of the law (W2)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

PRODUCTS: Final = ("credit_card", "term_loan", "mortgage", "overdraft", "business_loan", "other")
_NOT_DUE: Final = "9999-12-31"


@dataclass(frozen=True)
class Debt:
    """Minor units; `due` is the part of `balance` that is past due, since `due_since` (ISO day)."""

    loan_id: str
    product: str
    balance: int
    due: int
    due_since: str | None
    guaranteed: bool = False


@dataclass(frozen=True)
class Share:
    """`why` is designated (the payer named this debt), due or ahead (not yet due)."""

    loan_id: str
    amount: int
    why: str


def share_out(
    amount: int, debts: Iterable[Debt], *, burden: Sequence[str], named: str | None = None
) -> list[Share]:
    """One share a debt, in the order of payment; what no debt takes is left out and is the payer's.

    W2 (Civil Code art. 560): the debt the payer names; then debts that are due before those that are not, the
    least secured first, of those the heavier burden (`burden` names products, heaviest first), of those the one
    due earlier, and those alike in everything in proportion.
    """
    open_debts = {debt.loan_id: debt for debt in debts if debt.balance > 0}
    taken = dict.fromkeys(open_debts, 0)
    why: dict[str, str] = {}
    left = amount

    def take(loan_id: str, most: int, reason: str) -> None:
        nonlocal left
        part = min(left, most)
        if part > 0:
            taken[loan_id] += part
            why.setdefault(loan_id, reason)
            left -= part

    if named is not None and named in open_debts:
        take(named, open_debts[named].balance, "designated")
    for reason in ("due", "ahead"):
        for alike in _in_order(open_debts.values(), burden):
            room = {debt.loan_id: _room(debt, reason) - taken[debt.loan_id] for debt in alike}
            for loan_id, part in in_proportion(left, {one: most for one, most in room.items() if most > 0}):
                take(loan_id, part, reason)
    return [Share(loan_id, taken[loan_id], reason) for loan_id, reason in why.items()]


def in_proportion(amount: int, rooms: dict[str, int]) -> list[tuple[str, int]]:
    """Each its part of `amount`, none more than its room, to the cent: odd cents go to the largest remainders."""
    total = sum(rooms.values())
    if amount >= total:
        return list(rooms.items())
    parts = {name: amount * room // total for name, room in rooms.items()}
    by_remainder = sorted(rooms, key=lambda name: (-(amount * rooms[name] % total), name))
    for name in by_remainder[: amount - sum(parts.values())]:
        parts[name] += 1
    return list(parts.items())


def _room(debt: Debt, reason: str) -> int:
    return debt.due if reason == "due" else debt.balance


def _in_order(debts: Iterable[Debt], burden: Sequence[str]) -> list[list[Debt]]:
    """Groups of debts that the law does not tell apart."""

    def rank(debt: Debt) -> tuple[int, int, str]:
        weight = burden.index(debt.product) if debt.product in burden else len(burden)
        return _security(debt), weight, debt.due_since or _NOT_DUE

    ordered = sorted(debts, key=lambda debt: (rank(debt), debt.loan_id))
    return [list(alike) for _, alike in groupby(ordered, key=rank)]


def _security(debt: Debt) -> int:
    """A pledged home secures more than a guarantor's word."""
    return 2 * (debt.product == "mortgage") + debt.guaranteed
