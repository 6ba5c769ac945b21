"""Whom a debtor complained of is kept off the person's cases, and sees nothing of them any more (K1)."""

from typing import Final

from sqlalchemy import Connection, Select, bindparam, literal_column, select, union_all, update

from arrears.policy.effects import KeepOff
from arrears.store.holds import PLACED
from arrears.store.tables import cases, holds, messages, tasks
from arrears.store.types import among


def keep_off(connection: Connection, case_id: str, effect: KeepOff) -> None:
    """Whoever the debtor complained of loses the work on the case at once, and may not take it again."""
    rows = connection.execute(
        select(tasks.c.task_id, tasks.c.assignee, tasks.c.barred).where(
            tasks.c.case_id == case_id, tasks.c.status == "open"
        )
    ).all()
    for row in rows:
        free = (
            {"assignee": None, "claimed_at": None, "snoozed_until": None}
            if row.assignee == effect.staff_id
            else {}
        )
        barred = [*row.barred, *({effect.staff_id} - set(row.barred))]
        connection.execute(update(tasks).where(tasks.c.task_id == row.task_id).values(barred=barred, **free))


def keeps_off(connection: Connection, case_id: str, staff_id: str) -> bool:
    """Whether the debtor of this case complained of this member of staff, heard by the case or not (K1)."""
    case = connection.execute(_STATE, {"case": case_id}).first()
    if case is None:
        return False
    if staff_id in case.state.get("kept_off", ()):
        return True
    said = connection.execute(_COMPLAINED, {"person": case.borrower_id, "staff": staff_id})
    return any(content is None or content.get("against") == staff_id for content in said.scalars())


def complainants(staff_id: str) -> Select[tuple[str | None]]:
    """The debtors who complained of this member of staff: no list shows them to it (K1)."""
    return select(holds.c.borrower_id).where(holds.c.against == staff_id, holds.c.borrower_id.is_not(None))


# Made once: whom a debtor complained of is asked at every door of a case.
_STATE: Final = select(cases.c.borrower_id, cases.c.state).where(cases.c.case_id == bindparam("case"))
_COMPLAINED: Final = union_all(
    select(messages.c.content)
    .join(cases, cases.c.case_id == messages.c.case_id)
    .where(
        cases.c.borrower_id == bindparam("person"),
        among(messages.c.status, ("waiting", "sent")),
        messages.c.signal == PLACED,
    ),
    select(literal_column("NULL")).where(
        holds.c.against == bindparam("staff"),
        holds.c.borrower_id == bindparam("person"),
        holds.c.ended_at.is_(None),
    ),
)
