"""Who of the staff was trained and tested, and until when (C19): asked at the instant of each act, and swept when one ends."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, bindparam, exists, insert, literal, select, update

from arrears.policy.tasks import Role
from arrears.store import audit
from arrears.store.tables import certificates, staff, tasks

# Whose work it is to contact debtors; whoever has the role by whatever way needs the certificate.
CERTIFIED: Final = Role.COLLECTOR


def grant(
    connection: Connection, staff_id: str, *, since: datetime, until: datetime, by: str, at: datetime
) -> None:
    """`since` is the day of the test. An earlier certificate stays as it is: the longest one counts."""
    row = {
        "certificate_id": f"c-{secrets.token_hex(6)}",
        "staff_id": staff_id,
        "since": since,
        "until": until,
        "certified_by": by,
    }
    connection.execute(insert(certificates).values(row))
    detail = {"staff_id": staff_id, "since": since.isoformat(), "until": until.isoformat()}
    audit.append(connection, stream=audit.HOUSE, at=at, actor=by, what="staff_certified", detail=detail)


def ends_at(connection: Connection, staff_id: str, *, at: datetime, days: int) -> datetime | None:
    """When the certificate ends that holds at `at`; None without one. Never later than `days` after the test."""
    rows = connection.execute(
        select(certificates.c.since, certificates.c.until).where(
            certificates.c.staff_id == staff_id, _holds(at, days)
        )
    ).all()
    return max((min(row.until, row.since + timedelta(days=days)) for row in rows), default=None)


def uncertified(connection: Connection, people: Collection[str], *, at: datetime, days: int) -> list[str]:
    """Those of the bank's own staff who may not work with debtors at that instant; 0 days: everybody may."""
    return list(connection.execute(_UNCERTIFIED, asking(people, at=at, days=days)).scalars())


def asking(people: Collection[str], *, at: datetime, days: int) -> dict[str, Any]:
    """The values of LACKS_ONE; where no certificate is wanted, nobody is asked about."""
    return {"people": list(people) if days else [], "at": at, "tested_after": at - timedelta(days=days)}


def sweep(connection: Connection, *, at: datetime, days: int) -> int:
    """Open work of whoever has no certificate any more goes back to its pool; how many tasks."""
    if not days:
        return 0
    held = select(certificates.c.staff_id).where(_holds(at, days))
    theirs = (
        (tasks.c.status == "open")
        & (tasks.c.role == CERTIFIED.value)
        & tasks.c.assignee.in_(select(staff.c.staff_id))
        & tasks.c.assignee.not_in(held)
    )
    found = connection.execute(
        select(tasks.c.task_id, tasks.c.case_id, tasks.c.assignee).where(theirs).order_by(tasks.c.task_id)
    ).all()
    freed = 0
    for task in found:
        done = connection.execute(
            update(tasks)
            .where(tasks.c.task_id == task.task_id, theirs)
            .values(assignee=None, claimed_at=None, snoozed_until=None)
        )
        if done.rowcount == 1:
            freed += 1
            detail = {"task_id": task.task_id, "from": task.assignee, "why": "certificate_ended"}
            audit.append(
                connection, stream=task.case_id, at=at, actor="clock", what="task_released", detail=detail
            )
    return freed


def _holds(at: datetime, days: int) -> ColumnElement[bool]:
    return _hold_at(literal(at, _INSTANT), literal(at - timedelta(days=days), _INSTANT))


def _hold_at(at: ColumnElement[Any], tested_after: ColumnElement[Any]) -> ColumnElement[bool]:
    return (certificates.c.since <= at) & (certificates.c.until > at) & (certificates.c.since > tested_after)


_INSTANT: Final = certificates.c.until.type
# Of the `people`, who works for the bank and has none; `at` and `tested_after` as in `asking`.
LACKS_ONE: Final = (
    staff.c.staff_id.in_(bindparam("people", expanding=True)),
    ~exists().where(
        certificates.c.staff_id == staff.c.staff_id,
        _hold_at(bindparam("at", type_=_INSTANT), bindparam("tested_after", type_=_INSTANT)),
    ),
)
# Made once: to build it costs more than to run it.
_UNCERTIFIED: Final = select(staff.c.staff_id).where(*LACKS_ONE).order_by(staff.c.staff_id)
