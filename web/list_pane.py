"""The list of a person's open tasks: which split, how narrowed, from where on."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from sqlalchemy import Connection

from api.auth.permissions import Permission, Relation, may
from api.auth.person import Person
from api.desk.assigning import hands_out
from arrears import clock
from arrears.policy.currency import EXPONENTS
from arrears.policy.tasks import Role
from arrears.store import comments, queries, searches
from arrears.store.comments import Mentioned
from arrears.store.views import Beside, InboxPage, Narrowed, Reader, View
from web.counting import Counted
from web.feed import cursor_of
from web.language import pgettext
from web.list_rows import RowView, row_view
from web.listing import BANDS, Listing
from web.office import Office
from web.sieve import Sieves, sieves
from web.words import ANSWERS, ROLES, called, refusal

_NOTHING: Final = Beside({}, {}, {})
_TOLD_FOR: Final = timedelta(days=1)


# Id and name of people under each role, in words.
Takers = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


@dataclass(frozen=True)
class Split:
    view: str
    name: str
    href: str
    count: int
    here: bool


@dataclass(frozen=True)
class Kept:
    """A saved view; `of` is whose it is, empty for one's own, which one may remove."""

    name: str
    href: str
    of: str
    shared: bool
    remove: str


@dataclass(frozen=True)
class Sought:
    """What was searched for; `words` are None when nothing was, or when the search has ended (`gone`)."""

    words: str | None = field(default=None, repr=False)
    gone: bool = False
    more: bool = False
    among: frozenset[str] | None = None
    action: str = ""
    clear_href: str = ""


@dataclass(frozen=True)
class Refusal:
    """An answer that its case did not take; `href` leads to its task."""

    loan_id: str
    answer: str
    why: str
    href: str


@dataclass(frozen=True)
class ListPane:
    href: str
    query: str
    events_href: str  # what changes in it from now on
    splits: tuple[Split, ...]
    rows: tuple[RowView, ...]
    more_href: str | None
    first_href: str | None
    narrowed: bool
    sieves: Sieves | None
    sought: Sought
    scopes: tuple[Split, ...]
    takers: Takers
    mentions: tuple[Mentioned, ...]  # comments that name the reader and were not seen yet
    refused: tuple["Refusal", ...]  # answers of the reader that came to nothing
    views: tuple[Kept, ...]
    may_export: bool


def list_pane(
    connection: Connection,
    who: Person,
    listing: Listing,
    office: Office,
    *,
    now: datetime,
    stands_in_for: Collection[str] = (),
    shown: bool = True,
) -> ListPane:
    """Where the list is not `shown`, only what leads from task to task is read."""
    reader = reader_of(who, listing, office, now, stands_in_for)
    narrowed = in_money(listing.narrowed, office)
    sought = _sought(connection, reader, listing)
    page = queries.inbox(
        connection,
        reader,
        view=listing.view,
        narrowed=narrowed,
        among=sought.among,
        after=listing.after,
    )
    takers = takers_of(who, office) if shown else ()
    beside = queries.beside(connection, {row.case_id for row in page.rows}) if shown else _NOTHING
    return ListPane(
        listing.href,
        listing.query,
        f"/events?{urlencode({'since': cursor_of(clock.machine_now())})}{listing.query.replace('?', '&')}",
        _splits(connection, reader, listing, narrowed, sought, office) if shown else (),
        tuple(
            row_view(row, who, listing, office.shapes, beside, stands_in_for=stands_in_for)
            for row in page.rows
        ),
        _more(listing, page),
        listing.first_page.href if listing.after else None,
        listing != Listing(team=listing.team),
        sieves(listing, reader.roles, _each(takers) if listing.team else ()) if shown else None,
        sought,
        _scopes(who, listing),
        takers,
        comments.unseen(connection, who.staff_id),
        _refused(connection, who, listing, office) if shown else (),
        _kept(who, listing, office) if shown else (),
        may(who, Permission.EXPORT_LIST),
    )


def whole_list(
    connection: Connection, who: Person, listing: Listing, office: Office, *, now: datetime, most: int
) -> tuple[RowView, ...]:
    """All rows of the list in one piece, `most` at most."""
    return _rows(connection, who, listing.first_page, office, now=now, most=most)


def ticking(
    connection: Connection, who: Person, listing: Listing, office: Office, *, now: datetime
) -> tuple[RowView, ...]:
    """The rows a page of the list has, and those that may have come between them since it was read."""
    return _rows(connection, who, listing, office, now=now, most=2 * queries.PAGE)


def _rows(
    connection: Connection, who: Person, listing: Listing, office: Office, *, now: datetime, most: int
) -> tuple[RowView, ...]:
    reader = reader_of(who, listing, office, now)
    page = queries.inbox(
        connection,
        reader,
        view=listing.view,
        narrowed=in_money(listing.narrowed, office),
        among=_sought(connection, reader, listing).among,
        after=listing.after,
        page=most,
    )
    beside = queries.beside(connection, {row.case_id for row in page.rows})
    return tuple(row_view(row, who, listing, office.shapes, beside) for row in page.rows)


def belonging(
    connection: Connection,
    who: Person,
    listing: Listing,
    office: Office,
    task_ids: Collection[str],
    *,
    now: datetime,
    stands_in_for: Collection[str] = (),
) -> frozenset[str]:
    """Which of these tasks are in the list, as it is narrowed and searched."""
    reader = reader_of(who, listing, office, now, stands_in_for)
    among = _sought(connection, reader, listing).among
    wanted = frozenset(task_ids) if among is None else frozenset(task_ids) & among
    page = queries.inbox(
        connection,
        reader,
        view=listing.view,
        narrowed=in_money(listing.narrowed, office),
        among=wanted,
        page=max(1, len(wanted)),
    )
    return frozenset(row.task_id for row in page.rows)


def reader_of(
    who: Person, listing: Listing, office: Office, now: datetime, stands_in_for: Collection[str] = ()
) -> Reader:
    calendar = office.rules.at(int(now.timestamp())).calendar
    day = calendar.day_of(int(now.timestamp()))
    first = datetime.fromtimestamp(calendar.start_of(day), UTC)
    last = datetime.fromtimestamp(calendar.start_of(day + timedelta(days=1)), UTC)
    roles = hands_out(who) if listing.team else who.roles
    return Reader(
        who.staff_id,
        tuple(sorted(role.value for role in roles)),
        now,
        (first, last),
        _advised(who),
        tuple(sorted(stands_in_for)),
    )


def in_money(narrowed: Narrowed, office: Office) -> Narrowed:
    """The bands of the overdue amount in the minor units of the bank's currency."""
    unit = 10 ** EXPONENTS.get(office.rules_now().terms.currency, 2)
    bounds = {name: (low * unit, below and below * unit) for name, (low, below) in BANDS.items()}
    return replace(narrowed, bounds=bounds)


def next_href(pane: ListPane, *, but: str) -> str | None:
    row = next_row(pane, but=but)
    return row.href if row else None


def next_row(pane: ListPane, *, but: str) -> RowView | None:
    """The first task of the list that is not this one and that nobody else holds."""
    others = [row for row in pane.rows if row.task_id != but and row.later is None]
    return next((row for row in others if row.holder is None), others[0] if others else None)


def takers_of(who: Person, office: Office) -> Takers:
    """Those to whom this person may give work: a task goes only to somebody of its role."""
    roles = hands_out(who)
    everybody = office.desk.work.takers(who) if roles else ()
    groups = (
        (
            called(ROLES, role),
            tuple((one.staff_id, one.name) for one in everybody if role in one.roles),
        )
        for role in Role
        if role in roles
    )
    return tuple((role, people) for role, people in groups if people)


def _each(takers: Takers) -> tuple[tuple[str, str], ...]:
    """Everybody once, by name."""
    return tuple(sorted({one for _, people in takers for one in people}, key=lambda one: (one[1], one[0])))


def _refused(connection: Connection, who: Person, listing: Listing, office: Office) -> tuple[Refusal, ...]:
    """Of the last day: whoever went on to the next task learns of it here."""
    since = clock.machine_now() - _TOLD_FOR
    return tuple(
        Refusal(
            one.loan_id,
            called(ANSWERS, one.outcome),
            refusal(one.reason),
            listing.task_href(one.task_id),
        )
        for one in queries.refused(connection, who.staff_id, since=since)
    )


def _kept(who: Person, listing: Listing, office: Office) -> tuple[Kept, ...]:
    return tuple(
        Kept(
            one.name,
            f"/inbox{one.query}",
            "" if one.owner == who.staff_id else one.owner_name,
            one.shared,
            f"/inbox/views/{one.view_id}/remove{listing.query}",
        )
        for one in office.desk.views.listed(who)
    )


def _scopes(who: Person, listing: Listing) -> tuple[Split, ...]:
    """One's own work, or that which one hands out."""
    if not hands_out(who):
        return ()
    names = ((False, pgettext("scope", "My work")), (True, pgettext("scope", "The team's")))
    return tuple(Split("", name, Listing(team=team).href, 0, listing.team is team) for team, name in names)


def _advised(who: Person) -> tuple[str, ...]:
    """Legal advisors have their own list, of which this split would be all."""
    oversees = may(who, Permission.READ_TASK, {Relation.ANY})
    return (Role.LEGAL_ADVISOR.value,) if oversees or who.roles > {Role.LEGAL_ADVISOR} else ()


def _sought(connection: Connection, reader: Reader, listing: Listing) -> Sought:
    bare = Listing(team=listing.team)
    action, clear = f"/inbox/search{bare.query}", replace(listing.first_page, search="").href
    if not listing.search:
        return Sought(action=action)
    words = searches.words_of(connection, reader.staff_id, listing.search, now=clock.machine_now())
    if words is None:
        return Sought(gone=True, among=frozenset(), action=action, clear_href=clear)
    found = queries.found(connection, words, roles=(*reader.roles, *reader.advised))
    return Sought(words, more=found.more, among=found.task_ids, action=action, clear_href=clear)


def _splits(  # noqa: PLR0917 - what the counts depend on
    connection: Connection,
    reader: Reader,
    listing: Listing,
    narrowed: Narrowed,
    sought: Sought,
    office: Office,
) -> tuple[Split, ...]:
    asked = (reader.roles, reader.advised, listing.narrowed, listing.search)
    counted = office.counts.of(
        reader.staff_id,
        asked,
        lambda: queries.counts(connection, reader, narrowed=narrowed, among=sought.among),
    )
    return tuple(_split(listing, view, counted) for view in _offered(reader))


def _offered(reader: Reader) -> Collection[View]:
    return [
        view
        for view in View
        if (view is not View.LEGAL or reader.advised)
        and (view is not View.PROMISED or Role.COLLECTOR.value in reader.roles)
    ]


def _split(listing: Listing, view: View, counted: Counted) -> Split:
    names = {
        View.ALL: pgettext("split", "All"),
        View.MINE: pgettext("split", "Mine"),
        View.FREE: pgettext("split", "Not taken"),
        View.TODAY: pgettext("split", "Today"),
        View.LATE: pgettext("split", "Late"),
        View.LATER: pgettext("split", "Put off"),
        View.PROMISED: pgettext("split", "Promise due"),
        View.LEGAL: pgettext("split", "With legal"),
    }
    href = replace(listing.first_page, view=view).href
    return Split(view.value, names[view], href, counted[view], listing.view is view)


def _more(listing: Listing, page: InboxPage) -> str | None:
    return replace(listing, after=page.more).href if page.more else None
