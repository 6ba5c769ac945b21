"""Counts what became of the loans, holds it against what was expected, and names every difference."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from arrears.cli.simulation.expecting import Expected

# Incidents that a simulation may not have: machines, and not people or money, made them.
FAULTS: Final = frozenset(
    {
        "rules_failed",
        "junk_signal",
        "unknown_message",
        "tampered_message",
        "opened_on_other_terms",
        "state_too_large",
        "another_case_is_open",
        "message_parked",
        "workflow_missing",
    }
)


@dataclass(frozen=True)
class Judgement:
    """What advisors said of one case, each with the answer and who gave it."""

    reviews: tuple[tuple[str, str], ...] = ()
    seconds: tuple[tuple[str, str], ...] = ()

    @property
    def is_approved_by_two(self) -> bool:
        sued = {who for outcome, who in self.reviews if outcome == "sue"}
        agreed = {who for outcome, who in self.seconds if outcome == "approve"}
        return any(first != second for first in sued for second in agreed)

    @property
    def is_approved_by_one(self) -> bool:
        """The same hand twice and no other: four eyes failed."""
        agreed = any(outcome == "approve" for outcome, _ in self.seconds)
        return agreed and not self.is_approved_by_two

    @property
    def is_returned(self) -> bool:
        said = [*self.reviews, *self.seconds]
        return any(outcome in ("return", "refuse") for outcome, _ in said)


@dataclass(frozen=True)
class Ended:
    """A loan's case as the database has it at the end."""

    status: str
    reason: str | None
    closed_on: date | None
    judgement: Judgement | None  # None: no advisor was asked
    attention: bool = False


@dataclass(frozen=True)
class Found:
    """All that a simulation left in the database; money in minor units."""

    ended: Mapping[str, Ended]
    received_minor: int
    allocated_minor: int
    unallocated_minor: int
    contacts: int
    outside_window: Sequence[str] = ()
    over_caps: Sequence[str] = ()
    messages: Mapping[str, int] = field(default_factory=dict)
    refused_without_reason: Sequence[str] = ()
    faults: Sequence[str] = ()


@dataclass(frozen=True)
class Tally:
    loans: int
    cured: int
    paid_off: int
    wrong_day: int
    legal_review: int
    approved_by_two: int
    returned: int
    open: int
    received_minor: int
    allocated_minor: int
    unallocated_minor: int
    contacts: int
    outside_window: int
    over_caps: int
    applied: int
    refused: int
    unapplied: int
    mismatches: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return vars(self) | {"mismatches": list(self.mismatches)}


def tally(expected: Sequence[Expected], found: Found) -> Tally:
    """A loan that is missing counts nowhere but among the mismatches."""
    ended = [found.ended[one.loan_id] for one in expected if one.loan_id in found.ended]
    judged = [one.judgement for one in ended if one.judgement is not None]
    settled = {"applied": found.messages.get("applied", 0), "refused": found.messages.get("refused", 0)}
    return Tally(
        loans=len(expected),
        cured=sum(one.reason == "CURED" for one in ended),
        paid_off=sum(one.reason == "PAID_OFF" for one in ended),
        wrong_day=sum(1 for one in expected if _is_on_wrong_day(one, found.ended.get(one.loan_id))),
        legal_review=len(judged),
        approved_by_two=sum(one.is_approved_by_two for one in judged),
        returned=sum(one.is_returned for one in judged),
        open=sum(one.status == "open" for one in ended),
        received_minor=found.received_minor,
        allocated_minor=found.allocated_minor,
        unallocated_minor=found.unallocated_minor,
        contacts=found.contacts,
        outside_window=len(found.outside_window),
        over_caps=len(found.over_caps),
        **settled,
        unapplied=sum(found.messages.values()) - sum(settled.values()),
        mismatches=tuple(_mismatches(expected, found)),
    )


def _is_on_wrong_day(expected: Expected, ended: Ended | None) -> bool:
    return expected.closes_on is not None and (ended is None or ended.closed_on != expected.closes_on)


def _mismatches(expected: Sequence[Expected], found: Found) -> Iterator[str]:
    for one in expected:
        yield from _of_loan(one, found.ended.get(one.loan_id))
    wanted = sum(one.received_minor for one in expected)
    if found.received_minor != wanted:
        yield f"money: {found.received_minor} was received, the portfolio pays {wanted}"
    placed = found.allocated_minor + found.unallocated_minor
    if found.received_minor != placed:
        yield f"money: {found.received_minor} was received, {placed} was allocated or kept apart"
    yield from (f"contact outside the hours: {contact}" for contact in found.outside_window)
    yield from (f"contact beyond the caps: {contact}" for contact in found.over_caps)
    yield from (f"refused without a reason: {message}" for message in found.refused_without_reason)
    yield from (f"incident: {fault}" for fault in found.faults)
    for status, times in found.messages.items():
        if status not in ("applied", "refused"):
            yield f"messages: {times} are {status}"


def _of_loan(expected: Expected, ended: Ended | None) -> Iterator[str]:
    loan = expected.loan_id
    if ended is None:
        yield f"{loan}: has no case"
        return
    if expected.closes_on is not None:
        if ended.closed_on != expected.closes_on:
            yield f"{loan}: closed on {ended.closed_on}, was paid on {expected.closes_on}"
        elif ended.reason != expected.reason:
            yield f"{loan}: closed as {ended.reason}, was paid as {expected.reason}"
    elif ended.status != "open":
        yield f"{loan}: closed as {ended.reason} on {ended.closed_on}, was not paid"
    yield from _of_judgement(loan, expected, ended)
    if ended.attention:
        yield f"{loan}: somebody must look at the case"


def _of_judgement(loan: str, expected: Expected, ended: Ended) -> Iterator[str]:
    judgement = ended.judgement
    if judgement is not None and judgement.is_approved_by_one:
        yield f"{loan}: one person approved it twice"
    if not expected.is_judged:
        return
    if judgement is None:
        yield f"{loan}: no advisor was asked"
    elif not (judgement.is_approved_by_two or judgement.is_returned or judgement.is_approved_by_one):
        yield f"{loan}: neither approved by two nor returned"
