"""What a court needs to see before the bank sues, and whether it is there (rule book 4.9)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from arrears.policy.tasks import Outcome, TaskKind


class Item(StrEnum):
    """In the order in which a court reads them."""

    IDENTITY = "identity"  # of the debtor; of an enterprise its licence and who speaks for it
    CONTRACT = "contract"
    DISBURSEMENT = "disbursement"
    COLLATERAL = "collateral"
    GUARANTEE = "guarantee"
    STATEMENT = "statement"  # of account, by the core bank
    NOTICE = "notice"  # the demand and what proves that it arrived
    CONTACTS = "contacts"  # the extract of the debtor's ledger
    SERVICE_ADDRESS = "service_address"  # the clause on where court papers may be left
    OTHER = "other"


# What the product makes itself; everything else somebody brings.
OURS: Final = frozenset({Item.NOTICE, Item.CONTACTS})
FILED_BY_HAND: Final = tuple(item for item in Item if item not in OURS)
# Drawings on these stand in the statement; nothing was paid out at one time.
_DRAWN: Final = frozenset({"credit_card", "overdraft"})
_SECURED: Final = frozenset({"mortgage"})


class Standing(StrEnum):
    PRESENT = "present"
    EXPIRED = "expired"
    MISSING = "missing"


@dataclass(frozen=True)
class Subject:
    """The debt the evidence is about."""

    product: str
    guaranteed: bool = False
    address_agreed: bool = False


@dataclass(frozen=True)
class Proof:
    """`sha256` of the document; `until` is the last day on which it may be used, as whoever named it read there."""

    item: Item
    sha256: str
    since: date
    until: date | None = None


@dataclass(frozen=True)
class Line:
    item: Item
    required: bool
    standing: Standing
    proofs: tuple[Proof, ...] = ()

    @property
    def blocks(self) -> bool:
        return self.required and self.standing is not Standing.PRESENT


@dataclass(frozen=True)
class Asked:
    """What the pack asks for; a statement of account is too old after `statement_days`, 0: never."""

    items: Sequence[str] = ()
    statement_days: int = 0


def checklist(subject: Subject, asked: Asked, proofs: Iterable[Proof], on: date) -> tuple[Line, ...]:
    """Every item that fits the debt, and what else was brought, in the order of `Item`."""
    by_item: dict[Item, list[Proof]] = {}
    for proof in proofs:
        by_item.setdefault(proof.item, []).append(proof)
    lines = []
    for item in Item:
        mine = tuple(sorted(by_item.get(item, ()), key=lambda proof: (proof.since, proof.sha256)))
        if mine or _fits(item, subject):
            required = item in asked.items and _fits(item, subject)
            lines.append(Line(item, required, _standing(mine, asked, on), mine))
    return tuple(lines)


def lacking(lines: Iterable[Line]) -> tuple[Item, ...]:
    """What keeps a claim in the house."""
    return tuple(line.item for line in lines if line.blocks)


# Answers that send a claim on its way to the court.
TO_COURT: Final = {
    TaskKind.LEGAL_REVIEW: Outcome.SUE,
    TaskKind.SECOND_APPROVAL: Outcome.APPROVE,
    TaskKind.FILING: Outcome.FILED,
}


def last_day(proof: Proof, asked: Asked) -> date | None:
    """On which it may be used; None: it does not age."""
    if proof.item is not Item.STATEMENT or not asked.statement_days:
        return proof.until
    aged = proof.since + timedelta(days=asked.statement_days)
    return aged if proof.until is None else min(aged, proof.until)


def _standing(proofs: Sequence[Proof], asked: Asked, on: date) -> Standing:
    if not proofs:
        return Standing.MISSING
    ends = [last_day(proof, asked) for proof in proofs]
    is_good = any(end is None or end >= on for end in ends)
    return Standing.PRESENT if is_good else Standing.EXPIRED


def _fits(item: Item, subject: Subject) -> bool:
    match item:
        case Item.DISBURSEMENT:
            return subject.product not in _DRAWN
        case Item.COLLATERAL:
            return subject.product in _SECURED
        case Item.GUARANTEE:
            return subject.guaranteed
        case Item.SERVICE_ADDRESS:
            return subject.address_agreed
        case Item.OTHER:
            return False
        case _:
            return True
