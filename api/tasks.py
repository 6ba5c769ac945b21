"""JSON: the work of the person who asks, and the answers to it."""

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from starlette.responses import Response

from api.answers import Accepted, TaskFull, TaskItem, TaskPage, TaskResult, TaskResults, task_full, task_item
from api.auth.permissions import Permission, may, own_relation, task_relations
from api.auth.person import Person
from api.deps import Allowed, TheDesk, TheStore
from api.desk.assigning import Result
from api.desk.errors import NotFound
from api.desk.live import must_be_seen
from api.forms import AssignBody, DecisionIn, TasksBody
from api.paging import USUAL, Limit, instant_behind, instant_cursor, known_shape
from api.strict import StrictRoute
from arrears.store import reads
from arrears.store.session import Store

router = APIRouter(tags=["tasks"], route_class=StrictRoute)

Reader = Annotated[Person, Depends(Allowed(Permission.READ_TASK))]


@router.get("/tasks")
def list_tasks(  # noqa: PLR0917  # one a parameter of the address
    who: Reader,
    store: TheStore,
    desk: TheDesk,
    whose: Literal["mine", "unclaimed", "both"] = "both",
    cursor: str | None = None,
    limit: Limit = USUAL,
) -> TaskPage:
    """Open tasks, the next due one first: those I hold, also for a colleague who is away, and those nobody holds."""
    behind, away = instant_behind(cursor), desk.stands_in_for(who)
    with store.reading() as connection:
        found = reads.tasks(
            connection,
            roles=who.roles,
            staff_id=who.staff_id,
            whose=whose,
            after=behind,
            limit=limit + 1,
            stands_in_for=away,
        )
    lines = found[:limit]
    following = instant_cursor(lines[-1].due_at, lines[-1].task_id) if len(found) > limit else None
    return TaskPage(items=[task_item(who, line) for line in lines], next=following)


@router.get("/tasks/{task_id}")
def read_task(task_id: str, who: Reader, store: TheStore) -> TaskFull:
    with store.reading() as connection:
        found = reads.task_view(connection, known_shape(task_id))
    if found is None:
        raise NotFound
    line = found.line
    relations = task_relations(who, role=line.role, assignee=line.assignee, barred=line.barred)
    if not may(who, Permission.READ_TASK, relations):
        raise NotFound
    with store.reading() as connection:
        must_be_seen(connection, who, line.case_id)
    return task_full(who, found)


@router.post("/tasks/claim")
def claim_tasks(
    body: TasksBody, who: Annotated[Person, Depends(Allowed(Permission.CLAIM_TASK))], desk: TheDesk
) -> TaskResults:
    """Each by itself: the answer says of every one whether it is mine now, or why not."""
    return _results(desk.work.claim_all(who, body.tasks))


@router.post("/tasks/assign")
def assign_tasks(
    body: AssignBody, who: Annotated[Person, Depends(Allowed(Permission.ASSIGN_TASK))], desk: TheDesk
) -> TaskResults:
    """Gives tasks to somebody of their role; each by itself, the same again changes nothing."""
    return _results(desk.work.assign_all(who, body.tasks, body.to))


@router.post("/tasks/{task_id}/claim")
def claim_task(
    task_id: str,
    who: Annotated[Person, Depends(Allowed(Permission.CLAIM_TASK))],
    desk: TheDesk,
    store: TheStore,
) -> TaskItem:
    desk.claim(who, known_shape(task_id))
    return _item(store, who, task_id)


@router.post("/tasks/{task_id}/release")
def release_task(
    task_id: str,
    who: Annotated[Person, Depends(Allowed(Permission.RELEASE_TASK))],
    desk: TheDesk,
    store: TheStore,
) -> TaskItem:
    desk.release(who, known_shape(task_id))
    return _item(store, who, task_id)


@router.get(
    "/tasks/{task_id}/letter",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}},
)
def read_letter(
    task_id: str, who: Annotated[Person, Depends(Allowed(Permission.DECIDE_TASK))], desk: TheDesk
) -> Response:
    """The letter that a release would send now, as PDF. Whoever holds the task reads it before releasing it.

    That it was read is kept, with its hash: another letter than this one goes out only after it was read, too.
    """
    if desk.letters is None:
        raise NotFound
    draft = desk.letters.read(who, known_shape(task_id))
    return Response(draft.pdf, media_type="application/pdf", headers={"ETag": f'"{draft.sha256}"'})


@router.post("/tasks/{task_id}/decision", status_code=HTTPStatus.ACCEPTED)
def decide_task(
    task_id: str,
    decision: DecisionIn,
    who: Annotated[Person, Depends(Allowed(Permission.DECIDE_TASK))],
    desk: TheDesk,
) -> Accepted:
    """Accepted is not applied: the case decides, `GET /messages/{message_id}` tells."""
    message_id = desk.decide(who, known_shape(task_id), decision.answer())
    return Accepted(message_id=message_id, status="waiting")


@router.get("/messages/{message_id}")
def read_message(
    message_id: str,
    who: Annotated[Person, Depends(Allowed(Permission.READ_MESSAGE))],
    store: TheStore,
) -> reads.MessageView:
    """Waiting, sent, applied, refused (with the reason), withdrawn or parked."""
    with store.reading() as connection:
        found = reads.message(connection, known_shape(message_id))
    if found is None or not may(who, Permission.READ_MESSAGE, own_relation(who, owner=found.actor)):
        raise NotFound
    return found


def _item(store: Store, who: Person, task_id: str) -> TaskItem:
    with store.reading() as connection:
        line = reads.task(connection, task_id)
    if line is None:
        raise NotFound
    return task_item(who, line)


def _results(results: list[Result]) -> TaskResults:
    return TaskResults(items=[TaskResult(**vars(one)) for one in results])
