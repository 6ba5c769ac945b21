"""A repayment plan a debtor agreed to: kept as it was said, and refused where the rules would refuse it."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from api.auth.person import Person
from api.desk.errors import Invalid, NotFound, PlanStands, SecondPersonNeeded, StaleForm
from api.desk.live import must_be_live, must_be_seen
from arrears.contracts import RulesInForce, fingerprint
from arrears.names import plan_message_id
from arrears.policy import agreements
from arrears.policy.agreements import Clause, Debt, Offer
from arrears.policy.tasks import Missing
from arrears.store import audit, intents
from arrears.store.intents import Said
from arrears.store.plans import SIGNED
from arrears.store.tables import cases, loans, messages, parties, plans

# The numbers of documents and recordings go through Temporal, so they are numbers and no free text.
_NUMBER: Final = re.compile(r"[A-Za-z0-9_-]{0,48}")
_OPEN: Final = ("waiting", "active", "at_risk")
GUARANTOR: Final = "guarantor"


@dataclass(frozen=True)
class PlanIn:
    """What the debtor agreed to; `facts_no` names the figures it was made on."""

    case_id: str
    offer: Offer
    facts_no: int


@dataclass(frozen=True)
class Ground:
    """What a plan of this case is made on. Money is minor units."""

    debt: Debt
    facts_no: int
    hands: tuple[str, ...] = ()  # who worked the case


def sign(connection: Connection, who: Person, plan: PlanIn, *, rules: RulesInForce, at: datetime) -> str:
    """Tell the case. Returns the message id; the same plan on the same figures is the same message.

    Raises NotFound, CaseClosed, SecondPersonNeeded, PlanStands, StaleForm and Invalid.
    """
    ground = ground_of(connection, plan.case_id)
    if ground is None:
        raise NotFound
    must_be_seen(connection, who, plan.case_id)
    by = who.staff_id
    content = _content(plan, is_guaranteed=ground.debt.is_guaranteed)
    message_id = plan_message_id(plan.case_id, fingerprint(content))
    _one_at_a_time(connection, plan.case_id)
    if _is_known(connection, message_id):
        return message_id
    now = must_be_live(connection, plan.case_id)
    ground = ground_of(connection, plan.case_id)
    assert ground is not None, "it was there, and cases are never deleted"
    _must_fit(connection, plan, ground, by=by, rules=rules, now=int(now.timestamp()))
    if intents.say(connection, Said(plan.case_id, message_id, SIGNED, by, at, content)):
        detail = content | {"message_id": message_id}
        audit.append(connection, stream=plan.case_id, at=at, actor=by, what=SIGNED, detail=detail)
    return message_id


def _one_at_a_time(connection: Connection, case_id: str) -> None:
    """Of two plans that are signed at once the second finds the first: the row of the loan is held until one is kept."""
    of_case = select(cases.c.loan_id).where(cases.c.case_id == case_id).scalar_subquery()
    connection.execute(select(loans.c.loan_id).where(loans.c.loan_id == of_case).with_for_update())


def ground_of(connection: Connection, case_id: str) -> Ground | None:
    row = connection.execute(
        select(cases.c.loan_id, cases.c.balance_minor, cases.c.overdue_minor, cases.c.state).where(
            cases.c.case_id == case_id
        )
    ).first()
    if row is None:
        return None
    stands_for_it = select(parties.c.role).where(
        parties.c.loan_id == row.loan_id, parties.c.role == GUARANTOR
    )
    is_guaranteed = connection.execute(stands_for_it.limit(1)).first() is not None
    hands = tuple(row.state.get("hands", ()))
    return Ground(
        Debt(row.balance_minor, row.overdue_minor, is_guaranteed), row.state.get("facts_no", 1), hands
    )


def faults(offer: Offer, debt: Debt, *, rules: RulesInForce, now: int) -> list[Missing]:
    """Why the bank cannot take it; empty when it can. `now` is the case's, UTC seconds."""
    held = rules.at(now)
    wrong = [
        Missing(field, "reference_unreadable")
        for field in ("proof", "guarantor_proof")
        if not _NUMBER.fullmatch(getattr(offer, field))
    ]
    return wrong + agreements.faults(offer, debt, today=held.calendar.day_of(now), terms=held.terms)


def _must_fit(
    connection: Connection, plan: PlanIn, ground: Ground, *, by: str, rules: RulesInForce, now: int
) -> None:
    if by in ground.hands:
        raise SecondPersonNeeded
    if _stands(connection, plan.case_id):
        raise PlanStands
    wrong = faults(plan.offer, ground.debt, rules=rules, now=now)
    if wrong:
        raise Invalid(wrong)
    if plan.facts_no != ground.facts_no:
        raise StaleForm(ground.facts_no)


def _is_known(connection: Connection, message_id: str) -> bool:
    found = select(messages.c.message_id).where(messages.c.message_id == message_id)
    return connection.execute(found).first() is not None


def _stands(connection: Connection, case_id: str) -> bool:
    """One runs, or was signed a moment ago."""
    running = select(plans.c.plan_id).where(plans.c.case_id == case_id, plans.c.status.in_(_OPEN))
    coming = select(messages.c.message_id).where(
        messages.c.case_id == case_id,
        messages.c.signal == SIGNED,
        messages.c.status.in_(("waiting", "sent")),
    )
    found: list[Row[*tuple[Any, ...]] | None] = [
        connection.execute(query.limit(1)).first() for query in (running, coming)
    ]
    return any(found)


def _content(plan: PlanIn, *, is_guaranteed: bool) -> dict[str, Any]:
    """Ids, integers and days. Who stands for the loan is the bank's own knowledge."""
    offer = plan.offer
    return {
        "method": offer.method.value,
        "amount_minor": offer.amount,
        "yearly_bp": offer.yearly_bp,
        "periods": offer.periods,
        "first_due_on": offer.first_due_on,
        "charges": offer.charges.value,
        "acceptance": offer.acceptance.value,
        "proof": offer.proof,
        "guarantor_proof": offer.guarantor_proof or None,
        "without_guarantor": is_guaranteed and offer.asks_legal,
        "guaranteed": is_guaranteed,
        "ends_review": True,
        "facts_no": plan.facts_no,
    } | {clause.value: clause in offer.clauses for clause in Clause}
