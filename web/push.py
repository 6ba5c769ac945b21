"""What one reader's open page is told of tasks that changed: ids, and who of the bank has them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from api.auth.permissions import Permission, may, task_relations
from api.auth.person import Person
from arrears.store.views import TaskNews
from web.listing import Listing


@dataclass(frozen=True)
class Looker:
    """Who has which list open, since when (machine time)."""

    who: Person
    listing: Listing
    since: datetime
    language: str


@dataclass(frozen=True)
class Push:
    """`state` is free, mine, others or gone; `is_new` for what may be missing in the list."""

    task_id: str
    state: str
    holder: str
    is_new: bool


# Which of these tasks are in the list that is open.
Belonging = Callable[[Collection[str]], Collection[str]]


def pushed(looker: Looker, news: Sequence[TaskNews], belonging: Belonging) -> tuple[Push, ...]:
    """`belonging` is asked at most once, and only of what may be new."""
    newest = {one.task_id: one for one in news}
    seen = [one for one in newest.values() if _may_see(looker.who, one)]
    fresh = [one.task_id for one in seen if _may_be_new(looker, one)]
    new = belonging(fresh) if fresh else ()
    return tuple(
        Push(one.task_id, _state(looker.who, one), one.assignee_name or "", one.task_id in new)
        for one in seen
    )


def _may_see(who: Person, one: TaskNews) -> bool:
    relations = task_relations(who, role=one.role, assignee=one.assignee, barred=one.barred)
    return may(who, Permission.READ_TASK, relations)


def _state(who: Person, one: TaskNews) -> str:
    if not one.is_open:
        return "gone"
    if one.assignee is None:
        return "free"
    return "mine" if one.assignee == who.staff_id else "others"


def _may_be_new(looker: Looker, one: TaskNews) -> bool:
    """It was opened, or came back to this person, after the first page of the list was read."""
    if not one.is_open or looker.listing.after is not None:
        return False
    is_mine = one.assignee == looker.who.staff_id
    return one.opened_at > looker.since or (is_mine and not one.put_off)
