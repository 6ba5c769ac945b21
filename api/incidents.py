"""JSON: work without an open case, for operators."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.answers import IncidentPage
from api.auth.permissions import Permission
from api.auth.person import Person
from api.deps import Allowed, TheDesk, TheStore
from api.desk.errors import NotFound
from api.forms import IncidentClosing
from api.paging import USUAL, Limit, instant_behind, instant_cursor, known_shape
from api.strict import StrictRoute
from arrears import clock
from arrears.store import reads, refunds

router = APIRouter(prefix="/incidents", tags=["incidents"], route_class=StrictRoute)


@router.get("")
def list_incidents(
    _who: Annotated[Person, Depends(Allowed(Permission.READ_INCIDENT))],
    store: TheStore,
    status: Annotated[str, Query(pattern="^(open|closed)$")] = "open",
    cursor: str | None = None,
    limit: Limit = USUAL,
) -> IncidentPage:
    """Oldest first; `due_at` is the term of those that have one, such as money to be given back."""
    behind = instant_behind(cursor)
    with store.reading() as connection:
        found = reads.incidents(connection, status=status, after=behind, limit=limit + 1)
        overdue = refunds.overdue(connection, now=clock.door_now())
    items = found[:limit]
    following = instant_cursor(items[-1].opened_at, items[-1].incident_id) if len(found) > limit else None
    return IncidentPage(overdue=overdue, items=items, next=following)


@router.post("/{incident_id}/close")
def close_incident(
    incident_id: str,
    closing: IncidentClosing,
    who: Annotated[Person, Depends(Allowed(Permission.CLOSE_INCIDENT))],
    desk: TheDesk,
    store: TheStore,
) -> reads.IncidentLine:
    """One that is closed already stays as it is, and is answered so.

    Money is closed by operations: `assigned` to a `loan_id` with a reason, `paid_out` with the bank's `reference` (and,
    unless it was paid too much, a reason), or `kept` with a reason.
    """
    desk.close_incident(who, known_shape(incident_id), closing.closing())
    with store.reading() as connection:
        found = reads.incident(connection, incident_id)
    if found is None:
        raise NotFound
    return found
