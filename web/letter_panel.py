"""The letter a lead is asked to release: whether it was read, and its pages for whoever reads it."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection

from api.auth.person import Person
from api.desk import errors
from api.desk.letters import Draft, LetterDesk
from arrears import clock
from arrears.channels.letters import Language, page_count
from arrears.policy.tasks import TaskKind
from arrears.store import read_letters
from arrears.store.views import TaskView
from web.language import gettext as _
from web.listing import Listing
from web.words import Words, called, term

STOPPED: Final[Words] = {
    "no_address": term("letter", "There is no address to send it to."),
    "LetterRefused": term("letter", "The figures do not make a letter, as when a part of them is disputed."),
    "LetterUnprintable": term("letter", "The name or the address holds a sign that cannot be printed."),
}
LANGUAGES: Final[Words] = {
    Language.CHINESE: term("letter", "Chinese"),
    Language.ENGLISH: term("letter", "English"),
}


@dataclass(frozen=True)
class LetterPanel:
    """`stopped` is why there is none; `pages` only in the answer to whoever opened it; amounts in minor units."""

    href: str
    stopped: str = ""
    sha256: str = ""
    is_read: bool = False
    was_another: bool = False  # one that is no longer the letter was read
    overdue_minor: int = 0
    balance_minor: int = 0
    cure_on: date | None = None
    language: str = ""
    pages: tuple[str, ...] = ()
    pdf_href: str = ""


def letter_panel(
    connection: Connection,
    letters: LetterDesk,
    who: Person,
    task: TaskView,
    listing: Listing,
    *,
    opened: bool,
) -> LetterPanel:
    href = listing.task_href(task.task_id, "letter")
    try:
        draft = letters.draft(connection, task.case_id, at=clock.case_now(task.decided_at))
    except errors.LetterStopped as stopped:
        return LetterPanel(href, stopped=called(STOPPED, stopped.why))
    read = read_letters.hashes(connection, task.case_id, task.task_id, by=who.staff_id)
    is_read = draft.sha256 in read
    return LetterPanel(
        href,
        sha256=draft.sha256,
        is_read=is_read,
        was_another=bool(read) and not is_read,
        overdue_minor=draft.demand.overdue_minor,
        balance_minor=draft.demand.balance_minor,
        cure_on=draft.demand.cure_on,
        language=called(LANGUAGES, draft.demand.language),
        pages=_pages(task, draft, listing) if opened else (),
        pdf_href=listing.task_href(task.task_id, "letter.pdf"),
    )


def _pages(task: TaskView, draft: Draft, listing: Listing) -> tuple[str, ...]:
    count = page_count(draft.demand)
    return tuple(listing.task_href(task.task_id, f"letter/{number}.png") for number in range(1, count + 1))


def is_asked(task: TaskView, who: Person) -> bool:
    """Of whoever holds the task, while it can be answered."""
    waits = task.answer is not None and task.answer.status in ("waiting", "sent", "applied")
    return (
        task.kind == TaskKind.NOTICE_RELEASE
        and task.status == "open"
        and not waits
        and task.assignee == who.staff_id
    )


def unread(refusal: errors.LetterUnread) -> tuple[str, str]:
    """What whoever would release an unread letter is told: title and line."""
    if refusal.changed:
        return _("The letter is another one since you read it"), _("Read it again, then release it.")
    return _("Read the letter before you release it"), _("It goes out as you see it, bit by bit.")
