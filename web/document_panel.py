"""Every document that was handed in for a case: what it is, who added it, its hash, and the way to it for whoever may."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from api.auth.permissions import Permission, may
from api.auth.person import Person
from arrears.store import exhibits
from arrears.store.exhibits import Named
from web.comment_panel import CommentLine, CommentPanel
from web.language import gettext as _
from web.words import DOCUMENTS, ITEMS, called


@dataclass(frozen=True)
class DocumentLine:
    """`href` is empty for whoever may not open it; `dated` and `until` are days read on the document."""

    what: str
    name: str = field(repr=False)
    kind: str
    size_bytes: int
    sha256: str
    added_by: str
    added_at: datetime
    href: str
    dated: str = ""


def document_lines(
    connection: Connection, who: Person, case_id: str, comments: CommentPanel
) -> tuple[DocumentLine, ...]:
    """The latest first: what is to prove something before a court, and what came with a comment."""
    reads = may(who, Permission.READ_EXHIBIT)
    brought = [_named(one, reads=reads) for one in exhibits.of_case(connection, case_id)]
    beside = [line for one in comments.lines if (line := _beside(one)) is not None]
    return tuple(sorted(brought + beside, key=lambda one: one.added_at, reverse=True))


def _named(one: Named, *, reads: bool) -> DocumentLine:
    day = _("of %(day)s") % {"day": one.dated_on}
    if one.until is not None:
        day = _("of %(day)s, usable until %(until)s") % {"day": one.dated_on, "until": one.until}
    return DocumentLine(
        called(ITEMS, one.item),
        "",
        called(DOCUMENTS, one.media_type),
        one.size_bytes,
        one.sha256,
        one.named_by_name or one.named_by,
        one.named_at,
        f"/evidence/{one.sha256}" if reads else "",
        day,
    )


def _beside(line: CommentLine) -> DocumentLine | None:
    """Its name may tell the debtor's: it is for whoever may open it."""
    attached = line.attached
    if attached is None:
        return None
    return DocumentLine(
        _("With a comment"),
        attached.name or "" if line.href else "",
        called(DOCUMENTS, attached.media_type),
        attached.size_bytes,
        attached.sha256,
        line.said.author_name or line.said.author,
        line.said.at,
        line.href,
    )
