"""Comments on a case: colleagues talk to each other, and name whom it concerns."""

import re
from typing import Final

from sqlalchemy import Connection, select

from api.auth.permissions import Permission, may, may_ever
from api.auth.person import Person, person_of
from api.desk import errors
from api.desk.live import must_be_seen
from arrears import clock
from arrears.contracts import fingerprint
from arrears.policy.tasks import Missing
from arrears.store import audit, comments, holds, people
from arrears.store.session import Store
from arrears.store.tables import cases

# A name after a sign of its own; within an e-mail address it is none.
_NAMED: Final = re.compile(r"(?<![\w.@-])@([A-Za-z0-9][A-Za-z0-9._-]{0,63})", re.ASCII)


class CommentDesk:
    def __init__(self, store: Store) -> None:
        self._store = store

    def write(self, who: Person, case_id: str, words: str) -> str:
        """Whoever is named by log-in (@chen) finds it in the inbox. Returns the id of the words.

        Raises NotAllowed, NotFound and Invalid (nothing said, or nobody of that name who may see the case).
        """
        if not may(who, Permission.COMMENT):
            raise errors.NotAllowed
        with self._store.transaction() as connection:
            _must_be_there(connection, who, case_id)
            if not words.strip():
                raise errors.Invalid([Missing("words", "comment_required")])
            named = _named(connection, case_id, words)
            at = clock.door_now()
            remark_id = f"{case_id}-c{fingerprint([who.staff_id, words, str(clock.machine_now())])[:12]}"
            comments.put(
                connection, remark_id, case_id, author=who.staff_id, words=words.strip(), named=named, at=at
            )
            detail = {"remark_id": remark_id, "named": sorted(named)}
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


def _named(connection: Connection, case_id: str, words: str) -> set[str]:
    logins = {login.rstrip(".-_") for login in _NAMED.findall(words)}
    found = [people.staff_by_login(connection, login) for login in sorted(logins)]
    for row in found:
        fits = row is not None and row.active and may_ever(person_of(row), Permission.COMMENT)
        if row is None or not fits or holds.keeps_off(connection, case_id, row.staff_id):
            raise errors.Invalid([Missing("words", "nobody_of_that_name")])
    return {row.staff_id for row in found if row is not None}
