"""What only Temporal can be asked: whether every open case runs there, and agrees (25, 26)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from arrears.store.invariants.asking import Invariant, Look
from arrears.store.tables import cases, deadlines

_LATE: Final = timedelta(hours=1)


def _no_clock_is_missed(look: Look) -> Iterator[str]:
    """A clock is an instant of its case: it is missed when the case itself has decided something later.

    Where the bank closes its days, clocks that press on debtors wait for that.
    """
    if look.rules.terms.end_of_day:
        return
    missed = (
        select(deadlines.c.case_id, deadlines.c.name)
        .join(cases, cases.c.case_id == deadlines.c.case_id)
        .where(deadlines.c.due_at < cases.c.decided_at)
    )
    for row in look.connection.execute(missed):
        yield f"{row.case_id}: {row.name} was due before its last step"


ENGINE: Final = (
    Invariant(
        25,
        "Every open case runs in Temporal, and none that runs is failing",
        held="asked of Temporal itself where ARREARS_TEMPORAL_ADDRESS names it; failing runs by `arrears replay --open`",
    ),
    Invariant(26, "No clock of a case was passed over", _no_clock_is_missed, at_rest=True),
)
