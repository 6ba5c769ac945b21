"""What colleagues said of a case, with the documents they handed each other, and the form for one word more."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from api.auth.permissions import Permission, may
from api.auth.person import Person
from arrears.store import attachments, comments
from arrears.store.attachments import Attached
from arrears.store.comments import Comment
from web import words
from web.words import called


@dataclass(frozen=True)
class Typed:
    """What was typed into the form and what is wrong with it, in just this answer."""

    words: str = field(default="", repr=False)
    faults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CommentLine:
    """`document` is what the file was called, and `href` opens it: both for whoever may see masked data in full."""

    said: Comment
    document: str = field(default="", repr=False)
    href: str = ""
    attached: Attached | None = None


@dataclass(frozen=True)
class CommentPanel:
    """`act` is where the form goes, for whoever may write; `seen_act` where one says that it was read."""

    lines: tuple[CommentLine, ...]
    act: str
    seen_act: str
    typed: Typed

    @property
    def has_new(self) -> bool:
        return any(line.said.is_new for line in self.lines)


def comment_panel(
    connection: Connection,
    who: Person,
    case_href: str,
    case_id: str,
    *,
    acts: tuple[str, str],
    typed: Typed,
    opens: bool,
) -> CommentPanel:
    """`acts` are where words go and where it is said that they were seen; `opens` says whether this reader may see masked
    data of the case in full (P11)."""
    act, seen_act = acts
    beside = attachments.of_case(connection, case_id)
    return CommentPanel(
        tuple(
            _line(one, beside.get(one.remark_id), case_href, opens=opens)
            for one in comments.of_case(connection, case_id, who.staff_id)
        ),
        act if may(who, Permission.COMMENT) else "",
        seen_act,
        typed,
    )


def _line(said: Comment, attached: Attached | None, case_href: str, *, opens: bool) -> CommentLine:
    if attached is None:
        return CommentLine(said)
    kind = called(words.DOCUMENTS, attached.media_type)
    if not opens:
        return CommentLine(said, kind, attached=attached)
    return CommentLine(
        said, attached.name or kind, f"{case_href}/comments/{said.remark_id}/document", attached
    )
