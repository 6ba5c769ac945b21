"""From a log-in and a password to a person, with the same answer for all who are not let in."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from api.auth.passwords import Passwords, PasswordUnfit, fault_of
from api.auth.person import Person, person_of
from api.auth.throttle import Throttle
from arrears import clock
from arrears.store import audit, invitations, people
from arrears.store.session import Store

_LONGEST_LOGIN = 200


class SignInRefused(Exception):
    """Unknown, not active, or the wrong password: which of them is nobody's business."""


class InvitationOver(Exception):
    """The link was used, has ended, or never was one: which of them is nobody's business."""


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
        staff = self._known(login, password, network=network)
        with self._store.transaction() as connection:
            self._note(connection, staff.staff_id, "signed_in")
        return person_of(staff)

    def prove(self, who: Person, password: str, *, network: str) -> None:
        """Somebody who is signed in gives the password again. Raises as `check` does."""
        staff = self._known(who.login, password, network=network)
        with self._store.transaction() as connection:
            self._note(connection, staff.staff_id, "proved")

    def change_password(self, who: Person, password: str, new: str, *, network: str) -> None:
        """Ends every session of the person and voids the tokens.

        Raises as `check` does, and PasswordUnfit for a new one that `passwords.fault_of` finds fault with.
        """
        staff = self._known(who.login, password, network=network)
        if fault_of(new, login=who.login) is not None or new == password:
            raise PasswordUnfit
        hashed = self._passwords.hash(new)
        with self._store.transaction() as connection:
            people.change_staff(connection, staff.staff_id, at=self._now(), password_hash=hashed)
            self._note(connection, staff.staff_id, "password_changed")

    def invited(self, token: str) -> str:
        """The log-in of the person whose link it is. Raises InvitationOver."""
        with self._store.reading() as connection:
            staff = invitations.invited(connection, token, at=self._now())
        if staff is None:
            raise InvitationOver
        return staff.login

    def accept(self, token: str, new: str) -> Person:
        """The first password lets the person in; a later one ends every session. Raises InvitationOver and PasswordUnfit."""
        if fault_of(new, login=self.invited(token)) is not None:
            raise PasswordUnfit
        hashed, at = self._passwords.hash(new), self._now()
        with self._store.transaction() as connection:
            staff = invitations.use(connection, token, at=at)
            if staff is None:
                raise InvitationOver
            people.change_staff(connection, staff.staff_id, at=at, active=True, password_hash=hashed)
            self._note(connection, staff.staff_id, "invitation_accepted")
        return person_of(staff)

    def _known(self, login: str, password: str, *, network: str) -> people.StaffRow:
        self._throttle.begin(login, network=network)
        staff = self._find(login)
        checked = self._passwords.check(password, staff.password_hash if staff else None)
        if staff is None or not checked.fits:
            raise SignInRefused
        self._throttle.succeeded(login, network=network)
        if checked.rehashed is not None:
            with self._store.transaction() as connection:
                people.set_password_hash(connection, staff.staff_id, checked.rehashed)
        return staff

    def _note(self, connection: Connection, staff_id: str, what: str) -> None:
        audit.append(connection, stream=audit.HOUSE, at=self._now(), actor=staff_id, what=what, detail={})

    def _find(self, login: str) -> people.StaffRow | None:
        if len(login) > _LONGEST_LOGIN or not login.isprintable():
            return None
        with self._store.reading() as connection:
            staff = people.staff_by_login(connection, login)
        return staff if staff is not None and staff.active else None
