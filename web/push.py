"""What one reader's open page is told of tasks that changed: ids, and who of the bank has them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from api.auth.permissions import Permission, may, task_relations
from api.auth.person import Person
from arrears.store.views import Either, TaskNews, View
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


def pushed(looker: Looker, news: Sequence[TaskNews]) -> tuple[Push, ...]:
    newest = {one.task_id: one for one in news}
    return tuple(_push(looker, one) for one in newest.values() if _may_see(looker.who, one))


def _may_see(who: Person, one: TaskNews) -> bool:
    relations = task_relations(who, role=one.role, assignee=one.assignee, barred=one.barred)
    return may(who, Permission.READ_TASK, relations)


def _push(looker: Looker, one: TaskNews) -> Push:
    return Push(one.task_id, _state(looker.who, one), one.assignee_name or "", _is_new(looker, one))


def _state(who: Person, one: TaskNews) -> str:
    if not one.is_open:
        return "gone"
    if one.assignee is None:
        return "free"
    return "mine" if one.assignee == who.staff_id else "others"


def _is_new(looker: Looker, one: TaskNews) -> bool:
    """Belongs to this list, and it was opened, or came back to this person, after the list was read."""
    listing, is_mine = looker.listing, one.assignee == looker.who.staff_id
    if not one.is_open or one.role not in {role.value for role in looker.who.roles}:
        return False
    if listing.after is not None or not _is_wanted(listing, one):
        return False
    match listing.view:
        case View.MINE:
            return is_mine and not one.put_off
        case View.ALL:
            return one.opened_at > looker.since or (is_mine and not one.put_off)
        case View.FREE:
            return one.opened_at > looker.since and one.assignee is None
        case _:
            return False


def _is_wanted(listing: Listing, one: TaskNews) -> bool:
    """By what of the filters is known here. Where more is asked, nothing is called new: the next look will tell."""
    stage, more = listing.narrowed.stage, replace(listing.narrowed, stage=Either())
    if more or listing.search or listing.team:
        return False
    return one.stage not in stage.without and (not stage.only or one.stage in stage.only)
