"""The answers a person can still take back, and those that came to nothing."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, exists, literal_column, select

from arrears.store.tables import messages, tasks
from arrears.store.views import RefusedAnswer, Undoable

MOST: Final = 3  # as many as a page shows at once
MOST_REFUSED: Final = 20


def undoable(connection: Connection, staff_id: str, *, now: datetime) -> tuple[Undoable, ...]:
    """The newest first; `now` is the door's."""
    rows = connection.execute(
        select(
            messages.c.task_id,
            tasks.c.kind,
            tasks.c.loan_id,
            messages.c.content,
            messages.c.effective_at.label("until"),
        )
        .join(tasks, tasks.c.task_id == messages.c.task_id)
        .where(
            # In words, so that the small index over what is unsettled will do.
            messages.c.status.in_((literal_column("'waiting'"), literal_column("'sent'"))),
            messages.c.status == "waiting",
            messages.c.attempts == 0,
            messages.c.actor == staff_id,
            messages.c.effective_at > now,
            messages.c.effective_at > messages.c.accepted_at,
        )
        .order_by(messages.c.arrival.desc())
        .limit(MOST)
    )
    return tuple(
        Undoable(row.task_id, row.kind, row.loan_id, row.content["outcome"], row.until) for row in rows
    )


def refused(connection: Connection, staff_id: str, *, since: datetime) -> tuple[RefusedAnswer, ...]:
    """Answers of this person that their cases refused, and that nobody has given anew; the newest first."""
    later = messages.alias()
    given_anew = exists().where(later.c.task_id == messages.c.task_id, later.c.arrival > messages.c.arrival)
    rows = connection.execute(
        select(
            messages.c.task_id,
            messages.c.case_id,
            tasks.c.loan_id,
            messages.c.content,
            messages.c.reason,
            messages.c.settled_at.label("at"),
        )
        .join(tasks, tasks.c.task_id == messages.c.task_id)
        .where(
            messages.c.status == literal_column("'refused'"),
            messages.c.actor == staff_id,
            messages.c.settled_at >= since,
            ~given_anew,
        )
        .order_by(messages.c.settled_at.desc())
        .limit(MOST_REFUSED)
    )
    return tuple(
        RefusedAnswer(row.task_id, row.case_id, row.loan_id, row.content["outcome"], row.reason, row.at)
        for row in rows
    )
