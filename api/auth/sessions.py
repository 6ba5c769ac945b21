"""Signed-in browsers: opaque cookies whose hashes are rows, by machine time."""

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.exc import OperationalError

from api.auth.browsers import OTHER
from api.auth.person import Person, person_of
from arrears import clock
from arrears.store import people
from arrears.store.session import Store

IDLE: Final = timedelta(minutes=15)
LONGEST: Final = timedelta(hours=10)
MOST: Final = 5  # per person; a further sign-in ends the oldest
_SEEN_STEP: Final = timedelta(seconds=30)  # a click within it is not written down
_COOKIE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Opened:
    """`cookie` is told once and kept nowhere."""

    cookie: str
    csrf: str
    ends_at: datetime


@dataclass(frozen=True)
class SignedIn:
    person: Person
    csrf: str
    handle: str
    ends_at: datetime


@dataclass(frozen=True)
class SessionView:
    """One line in "where am I signed in"; `handle` names it and opens nothing."""

    handle: str
    created_at: datetime
    seen_at: datetime
    ends_at: datetime
    browser: str


class Sessions:
    def __init__(self, store: Store, *, now: Callable[[], datetime] = clock.machine_now) -> None:
        self._store = store
        self._now = now

    def open(self, staff_id: str, *, replacing: str | None = None, browser: str = OTHER) -> Opened:
        """A new cookie at every sign-in; the one the browser brought along (`replacing`) ends."""
        now = self._now()
        cookie = secrets.token_urlsafe(32)
        opened = Opened(cookie, secrets.token_urlsafe(32), now + LONGEST)
        with self._store.transaction() as connection:
            people.end_stale_sessions(connection, now=now, seen_before=now - IDLE)
            if replacing is not None:
                people.end_session(connection, _hash(replacing))
            kept = [row.sid_hash for row in people.sessions_of(connection, staff_id)[: MOST - 1]]
            people.end_sessions(connection, staff_id, but=kept)
            row = people.SessionRow(
                _hash(cookie), staff_id, opened.csrf, now, now, opened.ends_at, browser, now
            )
            people.put_session(connection, row)
        return opened

    def find(self, cookie: str | None, *, touch: bool = True) -> SignedIn | None:
        """None for a cookie that is unknown, idle too long, at its end, or of somebody no longer active.

        Without `touch` the look does not count as work.
        """
        if cookie is None or not _COOKIE.fullmatch(cookie):
            return None
        sid_hash = _hash(cookie)
        with self._store.reading() as connection:
            found = people.session_with_staff(connection, sid_hash)
        if found is None:
            return None
        session, staff = found
        now = self._now()
        if not _is_alive(session, now):
            return None
        if touch and now - session.seen_at >= _SEEN_STEP:
            self._touch(sid_hash, now)
        proved_at = session.proved_at or session.created_at
        return SignedIn(
            person_of(staff, proved_at=proved_at), session.csrf, _handle(sid_hash), session.ends_at
        )

    def prove(self, cookie: str) -> str | None:
        """The password was given again: the session goes on under the cookie told here. None when it is no longer there."""
        now, fresh = self._now(), secrets.token_urlsafe(32)
        with self._store.transaction() as connection:
            found = people.prove_session(connection, _hash(cookie), _hash(fresh), at=now)
        return fresh if found else None

    def close(self, cookie: str) -> bool:
        with self._store.transaction() as connection:
            return people.end_session(connection, _hash(cookie))

    def of(self, staff_id: str) -> list[SessionView]:
        """Those that would still be let in, newest first."""
        now = self._now()
        with self._store.reading() as connection:
            rows = people.sessions_of(connection, staff_id)
        return [
            SessionView(_handle(row.sid_hash), row.created_at, row.seen_at, row.ends_at, row.browser or OTHER)
            for row in rows
            if _is_alive(row, now)
        ]

    def revoke(self, staff_id: str, handle: str) -> bool:
        """One session of this person, by its handle."""
        with self._store.transaction() as connection:
            for row in people.sessions_of(connection, staff_id):
                if _handle(row.sid_hash) == handle:
                    return people.end_session(connection, row.sid_hash)
        return False

    def revoke_all(self, staff_id: str, *, but: str | None = None) -> int:
        """Every session of this person; `but` is the cookie of the one that stays."""
        kept = [] if but is None else [_hash(but)]
        with self._store.transaction() as connection:
            return people.end_sessions(connection, staff_id, but=kept)

    def _touch(self, sid_hash: str, now: datetime) -> None:
        try:
            with self._store.transaction() as connection:
                people.touch_session(connection, sid_hash, at=now)
        except OperationalError:
            # A database that only reads just now must not sign anybody out; the next click tries again.
            return


def cookie_name(*, secure: bool) -> str:
    """The prefix binds the cookie to this host and to TLS; a browser refuses it on plain HTTP."""
    return "__Host-sid" if secure else "sid"


def _is_alive(session: people.SessionRow, now: datetime) -> bool:
    return now < session.ends_at and now - session.seen_at < IDLE


def _hash(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()


def _handle(sid_hash: str) -> str:
    return sid_hash[:16]
