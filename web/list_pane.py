"""The list of a person's open tasks: which split, which stage, from where on, and how each row reads."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Self
from urllib.parse import quote, urlencode

from sqlalchemy import Connection
from starlette.datastructures import QueryParams

from api.auth.person import Person
from arrears import clock
from arrears.policy.state import Stage
from arrears.store import comments, queries
from arrears.store.comments import Mentioned
from arrears.store.views import InboxPage, InboxRow, Reader, TaskKey, View
from web import words
from web.feed import cursor_of
from web.formats import Formats
from web.language import pgettext
from web.seen import shown_name
from web.words import called

STAGES: Final = (Stage.INITIAL, Stage.FORMAL, Stage.LEGAL)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Listing:
    """What of the list an address asks for; every link on the page carries it along."""

    view: View = View.ALL
    stage: str | None = None
    after: TaskKey | None = None

    @classmethod
    def read(cls, asked: QueryParams) -> Self:
        """Anything that makes no sense is as if it were not there."""
        view, stage = asked.get("view", ""), asked.get("stage", "")
        return cls(
            View(view) if view in tuple(View) else View.ALL,
            stage if stage in STAGES else None,
            _place(asked.get("after", "")),
        )

    @property
    def query(self) -> str:
        asked = {
            "view": "" if self.view is View.ALL else self.view.value,
            "stage": self.stage or "",
            "after": _cursor(self.after) if self.after else "",
        }
        text = urlencode({name: value for name, value in asked.items() if value})
        return f"?{text}" if text else ""

    @property
    def href(self) -> str:
        return f"/inbox{self.query}"

    def task_href(self, task_id: str, act: str = "") -> str:
        path = f"/tasks/{quote(task_id, safe='')}"
        return f"{path}/{act}{self.query}" if act else f"{path}{self.query}"


@dataclass(frozen=True)
class Split:
    view: str
    name: str
    href: str
    count: int
    here: bool


@dataclass(frozen=True)
class RowView:
    task_id: str
    href: str
    name: str = field(repr=False)
    stage: str
    kind: str
    loan_id: str
    currency: str
    overdue_minor: int
    days_past_due: int
    due_at: datetime
    now: datetime
    urgency: str
    holder: str | None
    is_mine: bool
    later: datetime | None  # put off until then


@dataclass(frozen=True)
class ListPane:
    href: str
    events_href: str  # what changes in it from now on
    splits: tuple[Split, ...]
    stages: tuple[Split, ...]
    rows: tuple[RowView, ...]
    more_href: str | None
    first_href: str | None
    narrowed: bool
    mentions: tuple[Mentioned, ...]  # comments that name the reader and were not seen yet


def list_pane(
    connection: Connection, who: Person, listing: Listing, *, shapes: Formats, now: datetime
) -> ListPane:
    reader = Reader(who.staff_id, tuple(sorted(role.value for role in who.roles)), now)
    page = queries.inbox(connection, reader, view=listing.view, stage=listing.stage, after=listing.after)
    counts = queries.counts(connection, reader, stage=listing.stage)
    return ListPane(
        listing.href,
        f"/events?{urlencode({'since': cursor_of(clock.machine_now())})}{listing.query.replace('?', '&')}",
        tuple(_split(listing, view, counts[view]) for view in View),
        tuple(_stage(listing, stage) for stage in (None, *STAGES)),
        tuple(_row(row, who, listing, shapes) for row in page.rows),
        _more(listing, page),
        replace(listing, after=None).href if listing.after else None,
        listing != Listing(),
        comments.unseen(connection, who.staff_id),
    )


def next_href(pane: ListPane, *, but: str) -> str | None:
    row = next_row(pane, but=but)
    return row.href if row else None


def next_row(pane: ListPane, *, but: str) -> RowView | None:
    """The first task of the list that is not this one and that nobody else holds."""
    others = [row for row in pane.rows if row.task_id != but and row.later is None]
    return next((row for row in others if row.holder is None), others[0] if others else None)


def _split(listing: Listing, view: View, count: int) -> Split:
    names = {
        View.ALL: pgettext("split", "All"),
        View.MINE: pgettext("split", "Mine"),
        View.FREE: pgettext("split", "Not taken"),
        View.LATE: pgettext("split", "Late"),
        View.LATER: pgettext("split", "Put off"),
    }
    href = replace(listing, view=view, after=None).href
    return Split(view.value, names[view], href, count, listing.view is view)


def _stage(listing: Listing, stage: str | None) -> Split:
    name = called(words.STAGES, stage) if stage else pgettext("split", "All stages")
    href = replace(listing, stage=stage, after=None).href
    return Split(stage or "", name, href, 0, listing.stage == stage)


def _row(row: InboxRow, who: Person, listing: Listing, shapes: Formats) -> RowView:
    now = clock.case_now(row.decided_at)
    urgency = shapes.due(row.due_at, now).state
    return RowView(
        row.task_id,
        listing.task_href(row.task_id),
        shown_name(who, row.borrower, holds=row.assignee == who.staff_id),
        row.stage,
        row.kind,
        row.loan_id,
        row.currency,
        row.overdue_minor,
        shapes.days_past_due(row.first_overdue_on, now),
        row.due_at,
        now,
        urgency,
        row.assignee_name,
        row.assignee == who.staff_id,
        row.snoozed_until if row.snoozed_until and row.snoozed_until > clock.door_now() else None,
    )


def _more(listing: Listing, page: InboxPage) -> str | None:
    return replace(listing, after=page.more).href if page.more else None


def _cursor(key: TaskKey) -> str:
    return f"{(key.due_at - _EPOCH) // _MICROSECOND}.{key.task_id}"


def _place(cursor: str) -> TaskKey | None:
    due, _, task_id = cursor.partition(".")
    if not (due.isdecimal() and due.isascii() and len(due) < 18 and task_id):
        return None
    return TaskKey(_EPOCH + int(due) * _MICROSECOND, task_id)
