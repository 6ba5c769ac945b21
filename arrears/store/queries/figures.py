"""How the bank's work stands, in numbers: for whoever watches the product, and without a word of anybody."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, literal_column, select

from arrears.store.tables import cases, deadlines, incidents, messages, tasks

# In words, so that the small index over what is unsettled will do.
_UNSETTLED = messages.c.status.in_((literal_column("'waiting'"), literal_column("'sent'")))


@dataclass(frozen=True)
class Standing:
    """Counts by a code; `oldest_unsettled` is when the oldest word that should have gone out was accepted."""

    messages: dict[str, int]
    oldest_unsettled: datetime | None
    cases: dict[str, int]
    tasks: dict[str, int]
    overdue: dict[str, int]
    incidents: dict[str, int]
    late_clocks: int


def standing(connection: Connection, *, now: datetime, late_before: datetime) -> Standing:
    """`now` is the door's; a clock is late that was due before `late_before` and whose case has heard nothing since."""
    is_open = tasks.c.status == "open"
    late = (
        select(func.count())
        .select_from(deadlines)
        .join(cases, cases.c.case_id == deadlines.c.case_id)
        .where(deadlines.c.due_at < late_before, cases.c.status == "open", cases.c.decided_at < late_before)
    )
    oldest = select(func.min(messages.c.accepted_at)).where(_UNSETTLED, messages.c.effective_at <= now)
    return Standing(
        messages=_counted(connection, messages.c.status, _UNSETTLED),
        oldest_unsettled=connection.execute(oldest).scalar(),
        cases=_counted(connection, cases.c.stage, cases.c.status == "open"),
        tasks=_counted(connection, tasks.c.role, is_open),
        overdue=_counted(connection, tasks.c.role, is_open, tasks.c.due_at < now),
        incidents=_counted(connection, incidents.c.kind, incidents.c.status == "open"),
        late_clocks=int(connection.execute(late).scalar_one()),
    )


def _counted(connection: Connection, by: object, *where: object) -> dict[str, int]:
    found = connection.execute(select(by, func.count()).where(*where).group_by(by))  # type: ignore[call-overload]
    return {str(code): int(count) for code, count in found}
