"""What changes while a list is open, pushed to it: rows grey, new ones are counted, the open task says so."""

import asyncio
from collections.abc import AsyncIterator, Collection
from datetime import datetime, timedelta
from typing import Annotated, Final, TypeVar

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.responses import Response

from api.auth.permissions import Permission
from api.auth.person import Person
from api.desk import errors
from api.desk.live import must_be_seen
from api.paging import known_shape
from arrears import clock
from arrears.store import queries
from arrears.store.views import TaskNews
from web import list_pane
from web.case_sheet import case_href
from web.feed import cursor_of, since_of
from web.gate import Permitted
from web.language import speaking
from web.listing import Listing
from web.office import Office, TheOffice
from web.push import Looker, pushed
from web.task_page import Act, news_of
from web.visitor import Anyone, Visitor

router = APIRouter()

News = TypeVar("News")

# Then the browser asks again, and whoever was signed out is told so.
LIFE: Final = timedelta(minutes=4)
# Whoever was away for longer is told to look at the list anew.
LONGEST_AWAY: Final = timedelta(minutes=15)


@router.get("/events", response_class=EventSourceResponse)
async def stream(
    request: Request,
    office: TheOffice,
    visitor: Anyone,
    who: Annotated[Person, Depends(Permitted(Permission.CLAIM_TASK))],
) -> AsyncIterator[ServerSentEvent]:
    """One for a visible tab. It says ids and the names of colleagues, never a word of a debtor."""
    now = clock.machine_now()
    asked = request.headers.get("last-event-id") or request.query_params.get("since", "")
    since = since_of(asked) or now
    looker = Looker(who, Listing.read(request.query_params), since, visitor.language)
    async with office.feed.listening() as heard:
        missed = await run_in_threadpool(_since, office, max(since, now - LONGEST_AWAY))
        if since < now - LONGEST_AWAY:
            missed = None
        yield ServerSentEvent(
            id=cursor_of(now), raw_data=await run_in_threadpool(_said, office, looker, missed)
        )
        async for news in _until_it_ends(heard):
            if text := await run_in_threadpool(_said, office, looker, news):
                yield ServerSentEvent(id=cursor_of(max(one.at for one in news)), raw_data=text)


@router.get("/tasks/{task_id}/news")
def news(  # noqa: PLR0917  # one a field
    request: Request,
    task_id: str,
    office: TheOffice,
    who: Annotated[Person, Depends(Permitted(Permission.READ_TASK))],
    seen_no: str = "",
    mine: str = "",
) -> Response:
    """What is another now of the task somebody has open: nothing, or a note."""
    act = Act(request, office, who, known_shape(task_id))
    try:
        told = news_of(act, facts_no=seen_no, was_mine=mine == "yes")
    except errors.NotFound:
        return Response(status_code=204)
    if told is None:
        return Response(status_code=204)
    return office.pages.show(request, "_news.html", told=told, href=act.page_href)


def _watched(
    case_id: str, office: TheOffice, who: Annotated[Person, Depends(Permitted(Permission.READ_CASE))]
) -> str:
    """A case this person may see; said before the stream begins. Raises NotFound."""
    case = known_shape(case_id)
    with office.store.reading() as connection:
        if not queries.trail_lengths(connection, [case]):
            raise errors.NotFound
        must_be_seen(connection, who, case)
    return case


@router.get("/cases/{case_id}/events", response_class=EventSourceResponse)
async def case_stream(
    request: Request,
    case: Annotated[str, Depends(_watched)],
    office: TheOffice,
    visitor: Anyone,
    seen: str = "",
) -> AsyncIterator[ServerSentEvent]:
    """That the case moved on, to whoever has its page open: never what happened, and nothing of one's own doing."""
    since = _length(request.headers.get("last-event-id") or seen)
    async with office.case_feed.listening(case) as heard:
        async for length in _until_it_ends(heard):
            moved = length > since and await run_in_threadpool(_moved, office, visitor, case, since)
            yield ServerSentEvent(id=str(length), raw_data=_moved_on(office, visitor, case) if moved else " ")
            since = max(since, length)


def _moved_on(office: Office, visitor: Visitor, case_id: str) -> str:
    with speaking(visitor.language):
        return " ".join(office.pages.fragment("_moved.html", href=case_href(case_id)).split())


def _moved(office: Office, visitor: Visitor, case_id: str, since: int) -> bool:
    own = visitor.person.staff_id if visitor.person else ""
    with office.store.reading() as connection:
        return queries.moved_by_others(connection, case_id, since=since, but=own)


def _length(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0


async def _until_it_ends(heard: "asyncio.Queue[News | None]") -> AsyncIterator[News]:
    ends = asyncio.get_running_loop().time() + LIFE.total_seconds()
    while (left := ends - asyncio.get_running_loop().time()) > 0:
        try:
            news = await asyncio.wait_for(heard.get(), left)
        except TimeoutError:
            return
        if news is None:
            return
        yield news


def _since(office: Office, since: datetime) -> tuple[TaskNews, ...] | None:
    """None when there is too much of it."""
    door = clock.door_now()
    with office.store.reading() as connection:
        found = queries.task_news(connection, since=since, door=(door, door))
    return found if len(found) <= queries.MOST_NEWS else None


def _said(office: Office, looker: Looker, news: tuple[TaskNews, ...] | None) -> str:
    def belonging(task_ids: Collection[str]) -> Collection[str]:
        away = office.desk.stands_in_for(looker.who)
        with office.store.reading() as connection:
            return list_pane.belonging(
                connection,
                looker.who,
                looker.listing,
                office,
                task_ids,
                now=clock.door_now(),
                stands_in_for=away,
            )

    with speaking(looker.language):
        told = None if news is None or len(news) > queries.MOST_NEWS else pushed(looker, news, belonging)
        return " ".join(office.pages.fragment("_push.html", told=told).split())
