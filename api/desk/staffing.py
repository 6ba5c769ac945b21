"""Who works here and as what: people are invited, given roles and have them taken; never by themselves."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from api.auth.permissions import Permission, may
from api.auth.person import Person
from api.desk import errors
from arrears import clock
from arrears.policy.tasks import Missing, Role
from arrears.store import audit, handing, invitations, people
from arrears.store.people import LoginTaken, NewStaff, StaffRow
from arrears.store.queries.people import StaffLine, staff_line, staff_list
from arrears.store.session import Store

_LOGIN: Final = re.compile(r"[\w.@-]{1,64}")
LONGEST_NAME: Final = 60
LANGUAGES: Final = ("zh-CN", "en")


@dataclass(frozen=True)
class NewPerson:
    login: str
    name: str
    roles: frozenset[Role]
    language: str = LANGUAGES[0]


@dataclass(frozen=True)
class Link:
    """`token` is told once, to whoever made the link; machine time."""

    staff_id: str
    token: str = field(repr=False)
    ends_at: datetime


class StaffDesk:
    def __init__(self, store: Store) -> None:
        self._store = store

    def listed(
        self, who: Person, *, left: bool = False, after: str | None = None
    ) -> tuple[tuple[StaffLine, ...], str | None]:
        """Raises NotAllowed."""
        _must(who, Permission.SEE_STAFF)
        with self._store.reading() as connection:
            return staff_list(connection, now=clock.machine_now(), left=left, after=after)

    def look(self, who: Person, staff_id: str) -> StaffLine:
        """Raises NotAllowed and NotFound."""
        _must(who, Permission.SEE_STAFF)
        with self._store.reading() as connection:
            found = staff_line(connection, staff_id, now=clock.machine_now())
        if found is None:
            raise errors.NotFound
        return found

    def invite(self, who: Person, new: NewPerson) -> Link:
        """Nobody is let in before the link was used. Raises NotAllowed and Invalid."""
        _must(who, Permission.MANAGE_STAFF)
        with self._store.transaction() as connection:
            return invite(connection, new, by=who.staff_id)

    def new_link(self, who: Person, staff_id: str) -> Link:
        """For somebody who lost the link, or forgot the password; the old password holds until the link is used.

        Raises NotAllowed, NotFound (also for who has left) and SecondPersonNeeded: the own one is changed otherwise.
        """
        with self._store.transaction() as connection:
            staff = self._other(connection, who, staff_id)
            if not staff.active and staff.password_hash is not None:
                raise errors.NotFound
            return make_link(connection, staff.staff_id, by=who.staff_id)

    def set_roles(self, who: Person, staff_id: str, roles: Collection[Role]) -> int:
        """All roles the person has from now on; how many tasks went back to their queue.

        The person is signed out everywhere, so nothing goes on under the old roles. The same roles change nothing.
        Raises NotAllowed, NotFound, SecondPersonNeeded and Invalid.
        """
        if not roles:
            raise errors.Invalid([Missing("roles", "roles_required")])
        at = clock.machine_now()
        with self._store.transaction() as connection:
            staff = self._other(connection, who, staff_id)
            before, after = set(staff.roles), {role.value for role in roles}
            if before == after:
                return 0
            people.change_staff(connection, staff_id, at=at, roles=frozenset(roles))
            detail = {"staff_id": staff_id, "given": sorted(after - before), "taken": sorted(before - after)}
            note(connection, who.staff_id, "roles_changed", detail)
            return handing.free_roles(
                connection, staff_id, before - after, by=who.staff_id, at=clock.door_now()
            )

    def take_back(self, who: Person, staff_id: str) -> None:
        """Somebody who had left is here again, with the roles and the password of then.

        Raises NotAllowed, NotFound and SecondPersonNeeded.
        """
        with self._store.transaction() as connection:
            staff = self._other(connection, who, staff_id)
            if staff.password_hash is None:
                raise errors.NotFound
            if not staff.active:
                people.change_staff(connection, staff_id, at=clock.machine_now(), active=True)
                note(connection, who.staff_id, "staff_taken_back", {"staff_id": staff_id})

    def _other(self, connection: Connection, who: Person, staff_id: str) -> StaffRow:
        _must(who, Permission.MANAGE_STAFF)
        staff = people.staff_by_id(connection, staff_id)
        if staff is None:
            raise errors.NotFound
        if staff_id == who.staff_id:
            raise errors.SecondPersonNeeded
        return staff


def invite(connection: Connection, new: NewPerson, *, by: str) -> Link:
    """Raises Invalid."""
    wrong = _faults(new)
    if wrong:
        raise errors.Invalid(wrong)
    row = NewStaff(new.login, new.name.strip(), new.roles, None, new.language, active=False)
    try:
        staff_id = people.add_staff(connection, row, at=clock.machine_now())
    except LoginTaken as taken:
        raise errors.Invalid([Missing("login", "login_taken")]) from taken
    detail = {"staff_id": staff_id, "roles": sorted(role.value for role in new.roles)}
    note(connection, by, "staff_invited", detail)
    return make_link(connection, staff_id, by=by)


def make_link(connection: Connection, staff_id: str, *, by: str) -> Link:
    at = clock.machine_now()
    token, ends_at = invitations.make(connection, staff_id, by=by, at=at)
    note(connection, by, "link_made", {"staff_id": staff_id, "ends_at": ends_at.isoformat()})
    return Link(staff_id, token, ends_at)


def note(connection: Connection, by: str, what: str, detail: Mapping[str, object]) -> None:
    audit.append(connection, stream=audit.HOUSE, at=clock.machine_now(), actor=by, what=what, detail=detail)


def _faults(new: NewPerson) -> list[Missing]:
    name = new.name.strip()
    named = bool(name) and len(name) <= LONGEST_NAME and name.isprintable()
    return [
        *([] if _LOGIN.fullmatch(people.plain_login(new.login)) else [Missing("login", "login_unreadable")]),
        *([] if named else [Missing("name", "name_required")]),
        *([] if new.roles else [Missing("roles", "roles_required")]),
        *([] if new.language in LANGUAGES else [Missing("language", "language_unknown")]),
    ]


def _must(who: Person, permission: Permission) -> None:
    if not may(who, permission):
        raise errors.NotAllowed
