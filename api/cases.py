"""JSON: cases and what happened to them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.answers import CaseFull, CasePage, Timeline, case_full
from api.auth.permissions import Permission
from api.auth.person import Person
from api.deps import Allowed, TheStore
from api.desk.errors import NotFound
from api.desk.live import must_be_seen
from api.paging import MOST, USUAL, Limit, key_behind, key_cursor, known_shape, number_behind, number_cursor
from api.strict import StrictRoute
from arrears.policy.state import Stage
from arrears.store import reads

router = APIRouter(prefix="/cases", tags=["cases"], route_class=StrictRoute)

Reader = Annotated[Person, Depends(Allowed(Permission.READ_CASE))]


@router.get("")
def list_cases(  # noqa: PLR0917  # one a parameter of the address
    who: Reader,
    store: TheStore,
    stage: Stage | None = None,
    status: Annotated[str | None, Query(pattern="^(open|closed)$")] = None,
    cursor: str | None = None,
    limit: Limit = USUAL,
) -> CasePage:
    """By case id; `next` of a page is the `cursor` of the following one."""
    behind = key_behind(cursor)
    with store.reading() as connection:
        found = reads.cases(
            connection, staff_id=who.staff_id, stage=stage, status=status, after=behind, limit=limit + 1
        )
    items = found[:limit]
    return CasePage(items=items, next=key_cursor(items[-1].case_id) if len(found) > limit else None)


@router.get("/{case_id}")
def read_case(case_id: str, who: Reader, store: TheStore) -> CaseFull:
    with store.reading() as connection:
        found = reads.case(connection, known_shape(case_id))
        must_be_seen(connection, who, case_id)
    if found is None:
        raise NotFound
    return case_full(who, found)


@router.get("/{case_id}/timeline")
def read_timeline(
    case_id: str, who: Reader, store: TheStore, cursor: str | None = None, limit: Limit = USUAL
) -> Timeline:
    """What the case heard and what followed, step by step, in ids, integers and days."""
    behind = number_behind(cursor)
    with store.reading() as connection:
        if not reads.has_case(connection, known_shape(case_id)):
            raise NotFound
        must_be_seen(connection, who, case_id)
        found = reads.steps(connection, case_id, after=behind, limit=limit + 1)
        is_last = len(found) <= limit
        unsettled = reads.unsettled(connection, case_id, limit=MOST) if is_last else []
    steps = found[:limit]
    following = None if is_last else number_cursor(steps[-1].seq)
    return Timeline(steps=steps, unsettled=unsettled, next=following)
