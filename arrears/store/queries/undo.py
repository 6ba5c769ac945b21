"""The answers a person can still take back."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, literal_column, select

from arrears.store.tables import messages, tasks
from arrears.store.views import Undoable

MOST: Final = 3  # as many as a page shows at once


def undoable(connection: Connection, staff_id: str, *, now: datetime) -> tuple[Undoable, ...]:
    """The newest first; `now` is the door's."""
    rows = connection.execute(
        select(
            messages.c.task_id,
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
    return tuple(Undoable(row.task_id, row.loan_id, row.content["outcome"], row.until) for row in rows)
