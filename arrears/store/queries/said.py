"""What somebody told a case: the message as a page shows it."""

from typing import Any, Final

from sqlalchemy import RowMapping, Select, select

from arrears.store.tables import messages, staff
from arrears.store.views import Said

LIVE: Final = ("waiting", "sent", "applied")
UNDER_WAY: Final = ("waiting", "sent")


def said() -> Select[Any]:
    return select(
        messages.c.message_id,
        messages.c.signal,
        messages.c.actor,
        staff.c.name.label("actor_name"),
        messages.c.content,
        messages.c.status,
        messages.c.reason,
        messages.c.accepted_at,
        messages.c.settled_at,
    ).outerjoin(staff, staff.c.staff_id == messages.c.actor)


def said_of(row: RowMapping) -> Said:
    return Said(**row)
