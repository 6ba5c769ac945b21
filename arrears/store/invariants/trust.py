"""Whether the record can be trusted: the trail, looks at masked data, sessions, deliveries, clocks (20 to 24, 27, 28)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from sqlalchemy import or_, select

from arrears.store import audit, reveals
from arrears.store.invariants.asking import Invariant, Look
from arrears.store.tables import audit_rows, browser_sessions, records, staff
from arrears.store.tables import reveals as looks

# Clocks of machines that write into one database differ a little.
_ASTRAY: Final = timedelta(minutes=5)


def _trail_holds(look: Look) -> Iterator[str]:
    for stream in audit.streams(look.connection):
        for broken in audit.verify(look.connection, stream):
            yield f"{broken.stream} row {broken.n}: {broken.why}"


def _each_step_is_sealed(look: Look) -> Iterator[str]:
    """A step and its row in the trail name each other's print."""
    sealed = {
        (stream, detail["seq"], detail["print"])
        for stream, detail in look.connection.execute(select(audit_rows.c.stream, audit_rows.c.detail))
        if "print" in detail and "seq" in detail
    }
    steps = set(look.connection.execute(select(records.c.case_id, records.c.seq, records.c.print)).all())
    for case_id, seq, _ in sorted(sealed ^ {tuple(step) for step in steps}):
        yield f"{case_id} step {seq}: its print and that in the trail are not the same"


def _trail(look: Look) -> Iterator[str]:
    yield from _trail_holds(look)
    yield from _each_step_is_sealed(look)


def _looks_have_a_purpose(look: Look) -> Iterator[str]:
    bare = select(looks.c.reveal_id).where(or_(looks.c.purpose == "", looks.c.staff_id == ""))
    yield from (f"{one}: without a purpose" for one in look.connection.execute(bare).scalars())
    most = look.rules.conduct.reveals_per_day
    if not most:
        return
    free = (reveals.FOR_A_CONTACT, reveals.FOR_THE_LETTER)  # calls have a limit of their own, letters none
    rows = look.connection.execute(select(looks.c.staff_id, looks.c.at).where(looks.c.purpose.not_in(free)))
    days: dict[tuple[str, str], int] = {}
    for staff_id, at in rows:
        day = look.rules.calendar.day_of(int(at.timestamp())).isoformat()
        days[staff_id, day] = days.get((staff_id, day), 0) + 1
    yield from (f"{who} on {day}: {n} looks of {most}" for (who, day), n in days.items() if n > most)


def _nobody_beyond_the_end(look: Look) -> Iterator[str]:
    late = select(browser_sessions.c.staff_id).where(browser_sessions.c.seen_at > browser_sessions.c.ends_at)
    yield from (f"{who}: a session was used after its end" for who in look.connection.execute(late).scalars())
    gone = (
        select(browser_sessions.c.staff_id)
        .join(staff, staff.c.staff_id == browser_sessions.c.staff_id)
        .where(~staff.c.active)
        .distinct()
    )
    yield from (f"{who}: has left, and is still signed in" for who in look.connection.execute(gone).scalars())


def _never_backwards(look: Look) -> Iterator[str]:
    before = records.alias()
    back = select(records.c.case_id, records.c.seq).join(
        before, (before.c.case_id == records.c.case_id) & (before.c.seq == records.c.seq - 1)
    )
    for row in look.connection.execute(back.where(records.c.at < before.c.at)):
        yield f"{row.case_id} step {row.seq}: earlier than the step before it"
    ahead = select(records.c.case_id, records.c.seq).where(records.c.recorded_at > look.now + _ASTRAY)
    for row in look.connection.execute(ahead):
        yield f"{row.case_id} step {row.seq}: written in the future"


TRUST: Final = (
    Invariant(20, "No row of the trail was changed or taken out, and each step of a case is in it", _trail),
    Invariant(
        21,
        "Nothing of a debtor is in Temporal, in logs, addresses or figures",
        held="by the sweep of tests/journeys/test_canaries.py",
    ),
    Invariant(
        22,
        "Each look at masked data has a person and a purpose, and no more than a day's number",
        _looks_have_a_purpose,
    ),
    Invariant(
        23, "No session acts after its end, and nobody who has left is signed in", _nobody_beyond_the_end
    ),
    Invariant(24, "Nothing is kept beyond its time", held="not yet: nothing is deleted so far"),
    Invariant(
        27,
        "Rows of a delivery are loaded, refused or known, and the same files again change nothing",
        held="by the tests of feeds; a delivery is one transaction with its counts",
    ),
    Invariant(
        28, "The clock of a case never goes back, and nothing is written in the future", _never_backwards
    ),
)
