"""From a log-in and a password to a person, with the same answer for all who are not let in."""

from collections.abc import Callable
from datetime import datetime

from api.auth.passwords import Passwords
from api.auth.person import Person, person_of
from api.auth.throttle import Throttle
from arrears import clock
from arrears.store import audit, people
from arrears.store.session import Store

_LONGEST_LOGIN = 200


class SignInRefused(Exception):
    """Unknown, not active, or the wrong password: which of them is nobody's business."""


class SignIn:
    def __init__(
        self,
        store: Store,
        passwords: Passwords,
        throttle: Throttle,
        *,
        now: Callable[[], datetime] = clock.machine_now,
    ) -> None:
        self._store = store
        self._passwords = passwords
        self._throttle = throttle
        self._now = now

    def check(self, login: str, password: str, *, network: str) -> Person:
        """Raises SignInRefused, TooManyTries or TooBusy."""
        self._throttle.begin(login, network=network)
        staff = self._find(login)
        checked = self._passwords.check(password, staff.password_hash if staff else None)
        if staff is None or not checked.fits:
            raise SignInRefused
        self._throttle.succeeded(login, network=network)
        with self._store.transaction() as connection:
            if checked.rehashed is not None:
                people.set_password_hash(connection, staff.staff_id, checked.rehashed)
            audit.append(
                connection,
                stream=audit.HOUSE,
                at=self._now(),
                actor=staff.staff_id,
                what="signed_in",
                detail={},
            )
        return person_of(staff)

    def _find(self, login: str) -> people.StaffRow | None:
        if len(login) > _LONGEST_LOGIN or not login.isprintable():
            return None
        with self._store.reading() as connection:
            staff = people.staff_by_login(connection, login)
        return staff if staff is not None and staff.active else None
