"""How a row of the list of tasks reads: who, how much and how late, why, until when, what was heard last."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from api.auth.person import Person
from arrears import clock
from arrears.store.views import Beside, InboxRow, Timeline
from web import words
from web.formats import Formats
from web.language import gettext as _
from web.listing import Listing
from web.seen import shown_name
from web.story import Teller
from web.words import called


@dataclass(frozen=True)
class RowView:
    task_id: str
    href: str
    name: str = field(repr=False)
    stage: str
    kind: str
    why: str
    loan_id: str
    currency: str
    overdue_minor: int
    days_past_due: int
    due_at: datetime
    now: datetime
    holder: str | None
    for_away: bool  # the holder is away and the reader stands in
    is_mine: bool
    later: datetime | None  # put off until then
    last: str
    last_at: datetime | None
    next_clock: str
    next_at: datetime | None


def row_view(
    row: InboxRow,
    who: Person,
    listing: Listing,
    shapes: Formats,
    beside: Beside,
    *,
    stands_in_for: Collection[str] = (),
) -> RowView:
    now = clock.case_now(row.decided_at)
    heard = beside.last.get(row.case_id)
    clock_name, next_at = beside.next.get(row.case_id, ("", None))
    return RowView(
        row.task_id,
        listing.task_href(row.task_id),
        shown_name(who, row.borrower, holds=row.assignee == who.staff_id),
        row.stage,
        row.kind,
        words.opened(row.why),
        row.loan_id,
        row.currency,
        row.overdue_minor,
        shapes.days_past_due(row.first_overdue_on, now),
        row.due_at,
        now,
        row.assignee_name,
        row.assignee in stands_in_for,
        row.assignee == who.staff_id,
        row.snoozed_until if row.snoozed_until and row.snoozed_until > clock.door_now() else None,
        _told(row, beside, shapes) if heard else "",
        heard.at if heard else None,
        called(words.NEXT, clock_name),
        next_at,
    )


def _told(row: InboxRow, beside: Beside, shapes: Formats) -> str:
    event = beside.last[row.case_id].event
    if event["signal"] == "open":  # of what the amount is, stands in the row
        return _("Case opened")
    teller = Teller(Timeline((), None, beside.kinds, {}, {}), row.currency, shapes)
    return teller.headline(event)
