"""Whether money is where it belongs, to the cent (17 to 19)."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import func, select

from arrears.store.invariants.asking import Invariant, Look
from arrears.store.states import state_from_json
from arrears.store.tables import allocations, cases, messages, payments, records


def _all_is_allocated(look: Look) -> Iterator[str]:
    """Each payment and each reversal that a case has heard of, against what was allocated of it.

    Provisional money is not allocated before it is final, and what takes it back takes nothing then.
    """
    placed = (
        select(allocations.c.payment_id, func.sum(allocations.c.amount_minor).label("amount"))
        .group_by(allocations.c.payment_id)
        .subquery()
    )
    taken = payments.alias()
    heard = (
        select(
            payments.c.payment_id,
            payments.c.kind,
            payments.c.amount_minor,
            payments.c.provisional,
            taken.c.provisional.label("of_provisional"),
            placed.c.amount,
        )
        .join(messages, messages.c.message_id == "pay-" + payments.c.payment_id)
        .outerjoin(placed, placed.c.payment_id == payments.c.payment_id)
        .outerjoin(taken, taken.c.payment_id == payments.c.reverses_payment_id)
        .where(
            payments.c.kind.in_(("payment", "reversal")),
            payments.c.standing == "message",
            messages.c.status == "applied",
        )
    )
    for row in look.connection.execute(heard):
        wanted = -row.amount_minor if row.kind == "reversal" else row.amount_minor
        if row.amount is None and (row.provisional or row.of_provisional):
            continue
        if row.amount != wanted:
            yield f"{row.payment_id}: {wanted} came, {row.amount or 0} is allocated"


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
