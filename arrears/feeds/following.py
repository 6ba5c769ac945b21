"""What follows from the state of a loan: a case opens, an open case is told, or nothing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from arrears.names import case_id, open_message_id
from arrears.policy.terms import Terms
from arrears.store.intents import Former, Said, opening, restating
from arrears.store.tables import cases, messages, payments

LoanRow = Mapping[str, Any]


@dataclass
class Following:
    """What is to be said, and how many loans stay quiet for a reason worth telling."""

    openings: list[Said] = field(default_factory=list)
    restatements: list[Said] = field(default_factory=list)
    quiet: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class _Episodes:
    """Of one loan: how many there were, and the case that is open or about to open."""

    last: int = 0
    live: str | None = None
    parked: bool = False  # its case could not be started and waits for an operator
    former: Former | None = None  # T17: where the newest one was cured


def wants_case(loan: LoanRow, terms: Terms) -> bool:
    """T1: one day past due on the day of the state, and above the small-balance floor.

    A disputed or stayed loan opens one that stands still: its hold is placed in the step in which it opens.
    """
    first: date | None = loan["first_overdue_on"]
    return (
        loan["status"] != "closed"
        and first is not None
        and (loan["as_of_date"] - first).days >= 1
        and 0 < loan["overdue_minor"] >= terms.floor_minor
    )


def what_follows(
    connection: Connection, loans: Sequence[LoanRow], *, terms: Terms, at: datetime, hold: bool
) -> Following:
    """For new and restated loans. `hold` keeps their cases as they are until the transaction ends."""
    following = Following()
    episodes = _episodes(connection, [loan["loan_id"] for loan in loans], hold=hold)
    known_before = [
        loan for loan in loans if episodes[loan["loan_id"]].last or episodes[loan["loan_id"]].live
    ]
    paid_since = _paid_since(connection, known_before)
    for loan in loans:
        known = episodes[loan["loan_id"]]
        if known.parked:
            following.quiet["whose case could not be started and waits for an operator"] += 1
        elif known.live is not None:
            paid = paid_since[loan["loan_id"]]
            following.restatements.append(
                restating(loan, paid_since=paid, case=known.live, at=at, pack=terms.pack)
            )
        elif wants_case(loan, terms):
            if paid_since[loan["loan_id"]] >= loan["overdue_minor"]:
                following.quiet["overdue in the file but paid since the day of its state"] += 1
            else:
                following.openings.append(
                    opening(loan, episode=known.last + 1, at=at, pack=terms.pack, former=known.former)
                )
    return following


def _episodes(connection: Connection, loan_ids: Sequence[str], *, hold: bool) -> dict[str, _Episodes]:
    found = dict.fromkeys(loan_ids, _Episodes())
    known = (
        select(
            cases.c.loan_id,
            cases.c.case_id,
            cases.c.episode,
            cases.c.status,
            cases.c.stage,
            cases.c.closed_at,
            cases.c.closed_reason,
        )
        .where(cases.c.loan_id.in_(loan_ids))
        .order_by(cases.c.loan_id, cases.c.episode)
    )
    for row in connection.execute(known.with_for_update() if hold else known):
        live = row.case_id if row.status == "open" else None
        cured = row.closed_reason in ("CURED", "CURED_TOLERANCE", "PLAN_COMPLETED")
        former = Former(row.stage, row.closed_at) if cured else None
        found[row.loan_id] = _Episodes(row.episode, live, former=former)
    unsure = [loan_id for loan_id, episodes in found.items() if episodes.live is None]
    while unsure:
        unsure = _look_for_openings(connection, found, unsure)
    return found


def _look_for_openings(
    connection: Connection, found: dict[str, _Episodes], loan_ids: Sequence[str]
) -> list[str]:
    """Of the next episode each; the loans whose next episode came to nothing, so that the one after it is next."""
    next_case = {loan_id: case_id(loan_id, found[loan_id].last + 1) for loan_id in loan_ids}
    rows = connection.execute(
        select(messages.c.case_id, messages.c.status).where(
            messages.c.message_id.in_([open_message_id(case) for case in next_case.values()])
        )
    )
    said = {row.case_id: row.status for row in rows}
    nothing = []
    for loan_id, case in next_case.items():
        last = found[loan_id].last
        match said.get(case):
            case None:
                pass
            case "waiting" | "sent":
                found[loan_id] = _Episodes(last, case)
            case "parked":
                found[loan_id] = _Episodes(last, parked=True)
            case _:
                found[loan_id] = replace(found[loan_id], last=last + 1)
                nothing.append(loan_id)
    return nothing


def _paid_since(connection: Connection, loans: Sequence[LoanRow]) -> Counter[str]:
    """Minor units by loan that came after the day of the state: the core bank's file does not know them yet."""
    as_of = {loan["loan_id"]: loan["as_of_date"] for loan in loans}
    found = connection.execute(
        select(
            payments.c.payment_id,
            payments.c.loan_id,
            payments.c.booked_on,
            payments.c.value_on,
            payments.c.amount_minor,
            payments.c.kind,
            payments.c.reverses_payment_id,
            or_(~payments.c.provisional, payments.c.final_at.is_not(None)).label("final"),
        ).where(payments.c.loan_id.in_(as_of), payments.c.kind.in_(("payment", "reversal")))
    ).all()
    later = [row for row in found if _day_of(row) > as_of[row.loan_id]]
    # Neither the file nor the case ever counted it, so that it bounced changes nothing.
    uncounted = {row.payment_id for row in later if not row.final}
    paid: Counter[str] = Counter()
    for row in later:
        if row.payment_id not in uncounted and row.reverses_payment_id not in uncounted:
            paid[row.loan_id] += row.amount_minor if row.kind == "payment" else -row.amount_minor
    return paid


def _day_of(payment: Row[*tuple[Any, ...]]) -> date:
    """A reversal carries the value day of what it takes back, and the file knows it from the day it was booked."""
    day: date = payment.booked_on if payment.kind == "reversal" else payment.value_on
    return day
