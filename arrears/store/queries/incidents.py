"""Incidents: what a person has to look at."""

from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select

from arrears.store.queries.paging import COUNTED, PAGE
from arrears.store.tables import incidents, staff
from arrears.store.views import IncidentKey, IncidentView


def incident_list(
    connection: Connection, *, status: str = "open", after: IncidentKey | None = None
) -> tuple[tuple[IncidentView, ...], IncidentKey | None]:
    """Open ones oldest first, closed ones newest first."""
    wanted = _incident().where(incidents.c.status == status)
    at, key = incidents.c.opened_at, incidents.c.incident_id
    oldest_first = status == "open"
    if after is not None:
        beyond = (
            or_(at > after.at, and_(at == after.at, key > after.incident_id))
            if oldest_first
            else or_(at < after.at, and_(at == after.at, key < after.incident_id))
        )
        wanted = wanted.where(beyond)
    order = (at, key) if oldest_first else (at.desc(), key.desc())
    rows = connection.execute(wanted.order_by(*order).limit(PAGE + 1)).mappings().all()
    shown = tuple(IncidentView(**row) for row in rows[:PAGE])
    return shown, IncidentKey(shown[-1].opened_at, shown[-1].incident_id) if len(rows) > PAGE else None


def incident(connection: Connection, incident_id: str) -> IncidentView | None:
    row = connection.execute(_incident().where(incidents.c.incident_id == incident_id)).mappings().first()
    return IncidentView(**row) if row else None


def open_incidents(connection: Connection) -> int:
    """Counted up to COUNTED."""
    capped = select(incidents.c.incident_id).where(incidents.c.status == "open").limit(COUNTED).subquery()
    return connection.execute(select(func.count()).select_from(capped)).scalar_one()


def incidents_of(connection: Connection, case_id: str) -> tuple[IncidentView, ...]:
    rows = connection.execute(
        _incident().where(incidents.c.case_id == case_id).order_by(incidents.c.opened_at.desc())
    ).mappings()
    return tuple(IncidentView(**row) for row in rows)


def _incident() -> Select[Any]:
    return select(
        incidents.c.incident_id,
        incidents.c.kind,
        incidents.c.case_id,
        incidents.c.loan_id,
        incidents.c.detail,
        incidents.c.status,
        incidents.c.opened_at,
        incidents.c.closed_at,
        incidents.c.closed_by,
        staff.c.name.label("closed_by_name"),
        incidents.c.reason,
        incidents.c.due_at,
        incidents.c.outcome,
        incidents.c.reference,
    ).outerjoin(staff, staff.c.staff_id == incidents.c.closed_by)
