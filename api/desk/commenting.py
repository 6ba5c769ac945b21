"""Comments on a case: colleagues talk to each other, name whom it concerns, and hand each other documents."""

import re
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, select

from api.auth.permissions import Permission, may, may_ever
from api.auth.person import Person, person_of
from api.desk import errors
from api.desk.live import must_be_seen
from arrears import clock
from arrears.channels.cabinet import Cabinet, DocumentUnfit, kind_of
from arrears.contracts import fingerprint
from arrears.policy.tasks import Missing
from arrears.store import attachments, audit, comments, documents, keeping_off, people
from arrears.store.session import Store
from arrears.store.tables import cases

# A name after a sign of its own; within an e-mail address it is none.
_NAMED: Final = re.compile(r"(?<![\w.@-])@([A-Za-z0-9][A-Za-z0-9._-]{0,63})", re.ASCII)

_LONGEST_NAME: Final = 120


@dataclass(frozen=True)
class CommentIn:
    """Words, a document, or both; `file_name` as whoever hands it in calls it."""

    words: str = field(repr=False)
    document: bytes = field(default=b"", repr=False)
    file_name: str = field(default="", repr=False)


class CommentDesk:
    def __init__(self, store: Store, cabinet: Cabinet) -> None:
        self._store = store
        self._cabinet = cabinet

    def write(self, who: Person, case_id: str, said: CommentIn) -> str:
        """Whoever is named by log-in (@chen) finds it in the inbox. Returns the id of the words.

        Raises NotAllowed, NotFound and Invalid (nothing said, nobody of that name who may see the case, or a document
        that is none).
        """
        if not may(who, Permission.COMMENT):
            raise errors.NotAllowed
        with self._store.reading() as connection:
            _must_be_there(connection, who, case_id)
            named = _checked(connection, case_id, said)
        media_type = _kind(said)
        # The file first: a row never names a document that is not there.
        sha256 = self._cabinet.put(said.document) if media_type else ""
        with self._store.transaction() as connection:
            _must_be_there(connection, who, case_id)
            at = clock.door_now()
            words = said.words.strip()
            remark_id = f"{case_id}-c{fingerprint([who.staff_id, words, str(clock.machine_now())])[:12]}"
            comments.put(connection, remark_id, case_id, author=who.staff_id, words=words, named=named, at=at)
            detail = {"remark_id": remark_id, "named": sorted(named)}
            if sha256:
                size = len(said.document)
                documents.keep(connection, sha256, media_type, size, by=who.staff_id, at=at)
                name = _tame(said.file_name)
                attachments.put(connection, remark_id, case_id, sha256=sha256, name=name)
                detail["sha256"] = sha256
            audit.append(
                connection, stream=case_id, at=at, actor=who.staff_id, what="comment_written", detail=detail
            )
            return remark_id

    def see(self, who: Person, case_id: str) -> None:
        """Raises NotFound."""
        with self._store.transaction() as connection:
            _must_be_there(connection, who, case_id)
            comments.see(connection, case_id, who.staff_id, at=clock.door_now())


def _must_be_there(connection: Connection, who: Person, case_id: str) -> None:
    if connection.execute(select(cases.c.case_id).where(cases.c.case_id == case_id)).first() is None:
        raise errors.NotFound
    must_be_seen(connection, who, case_id)


def _checked(connection: Connection, case_id: str, said: CommentIn) -> set[str]:
    """Whom it names."""
    if not said.words.strip() and not said.document:
        raise errors.Invalid([Missing("words", "comment_required")])
    return _named(connection, case_id, said.words)


def _kind(said: CommentIn) -> str:
    """Of its document; empty without one."""
    if not said.document:
        return ""
    try:
        return kind_of(said.document)
    except DocumentUnfit as unfit:
        raise errors.Invalid([Missing("document", unfit.why)]) from unfit


def _tame(name: str) -> str | None:
    """The last part of what a browser calls the file, without signs that cannot be kept or shown."""
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(sign for sign in last if sign.isprintable()).strip()
    return kept[:_LONGEST_NAME] or None


def _named(connection: Connection, case_id: str, words: str) -> set[str]:
    logins = {login.rstrip(".-_") for login in _NAMED.findall(words)}
    found = [people.staff_by_login(connection, login) for login in sorted(logins)]
    for row in found:
        fits = row is not None and row.active and may_ever(person_of(row), Permission.COMMENT)
        if row is None or not fits or keeping_off.keeps_off(connection, case_id, row.staff_id):
            raise errors.Invalid([Missing("words", "nobody_of_that_name")])
    return {row.staff_id for row in found if row is not None}
