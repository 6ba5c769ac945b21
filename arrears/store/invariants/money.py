"""Whether money is where it belongs, to the cent (17 to 19)."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import case, func, select

from arrears.store.invariants.asking import Invariant, Look
from arrears.store.states import state_from_json
from arrears.store.tables import allocations, cases, messages, payments, records


def _all_is_allocated(look: Look) -> Iterator[str]:
    """What the cases of a loan heard of: payments less what was taken back, against all that was allocated."""
    signed = case((payments.c.kind == "reversal", -payments.c.amount_minor), else_=payments.c.amount_minor)
    came = (
        select(payments.c.loan_id, func.sum(signed))
        .join(messages, messages.c.message_id == "pay-" + payments.c.payment_id)
        .where(
            payments.c.kind.in_(("payment", "reversal")),
            payments.c.standing == "message",
            messages.c.status == "applied",
        )
        .group_by(payments.c.loan_id)
    )
    placed = (
        select(cases.c.loan_id, func.sum(allocations.c.amount_minor))
        .join(cases, cases.c.case_id == allocations.c.case_id)
        .group_by(cases.c.loan_id)
    )
    received = {loan: int(amount) for loan, amount in look.connection.execute(came)}
    allocated = {loan: int(amount) for loan, amount in look.connection.execute(placed)}
    for loan in sorted(received.keys() | allocated.keys()):
        if received.get(loan, 0) != allocated.get(loan, 0):
            yield f"{loan}: {received.get(loan, 0)} came, {allocated.get(loan, 0)} is allocated"


def _nothing_is_negative(look: Look) -> Iterator[str]:
    for row in look.connection.execute(select(cases.c.case_id, cases.c.state)):
        state = state_from_json(row.state)
        owed = state.owed
        parts = {
            "principal": owed.principal,
            "interest": owed.interest,
            "costs": owed.costs,
            "overdue": state.overdue,
            "surplus": state.surplus,
        }
        for name, amount in parts.items():
            if amount < 0:
                yield f"{row.case_id}: its {name} is {amount}"
        if state.overdue > state.balance:
            yield f"{row.case_id}: {state.overdue} is overdue of {state.balance}"


def _by_a_step(look: Look) -> Iterator[str]:
    """Each allocation is the effect of a step of its case, and a payment belongs to one case."""
    stray = (
        select(allocations.c.payment_id, allocations.c.case_id, allocations.c.seq)
        .outerjoin(
            records, (records.c.case_id == allocations.c.case_id) & (records.c.seq == allocations.c.seq)
        )
        .where(records.c.case_id.is_(None))
    )
    for row in look.connection.execute(stray.distinct()):
        yield f"{row.payment_id}: allocated by step {row.seq} of {row.case_id}, which is not there"
    twice = (
        select(allocations.c.payment_id)
        .group_by(allocations.c.payment_id)
        .having(func.count(allocations.c.case_id.distinct()) > 1)
    )
    for payment_id in look.connection.execute(twice).scalars():
        yield f"{payment_id}: allocated in two cases"


MONEY: Final = (
    Invariant(
        17,
        "What came, less what was taken back, is what was allocated or kept apart",
        _all_is_allocated,
        at_rest=True,
    ),
    Invariant(
        18, "No part of what is owed is negative, and no more is overdue than is owed", _nothing_is_negative
    ),
    Invariant(19, "Money is allocated by a step of its case alone, in one case", _by_a_step),
)
