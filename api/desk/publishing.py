"""Two keys for a pack: compliance turns one, business the other, and they are two people (rule book 4.4)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from api.auth.permissions import Permission, may
from api.auth.person import Person
from api.desk import errors
from arrears import clock
from arrears.policy.tasks import Missing, Role
from arrears.store import publishing
from arrears.store.packs import Pack
from arrears.store.publishing import Published
from arrears.store.session import Store
from arrears.store.tables import staff


class PackDesk:
    def __init__(self, store: Store) -> None:
        self._store = store

    def listed(self, who: Person) -> Sequence[Published]:
        """Raises NotAllowed."""
        if not may(who, Permission.READ_PACK):
            raise errors.NotAllowed
        with self._store.reading() as connection:
            return publishing.listed(connection)

    def look(self, who: Person, version: str) -> Published:
        """Raises NotAllowed and NotFound."""
        if not may(who, Permission.READ_PACK):
            raise errors.NotAllowed
        with self._store.reading() as connection:
            found = publishing.found(connection, version)
        if found is None:
            raise errors.NotFound
        return found

    def propose(self, who: Person, pack: Pack, *, reason: str, effective_at: datetime | None) -> None:
        """Turn the first key. Raises NotAllowed and Invalid."""
        self._must_publish(who)
        if not reason.strip():
            raise errors.Invalid([Missing("reason", "reason_required")])
        try:
            with self._store.transaction() as connection:
                publishing.propose(
                    connection,
                    pack,
                    by=who.staff_id,
                    at=clock.door_now(),
                    reason=reason.strip(),
                    effective_at=effective_at,
                )
        except publishing.VersionTaken as taken:
            raise errors.Invalid([Missing("version", "pack_version_taken")]) from taken
        except publishing.TooLate as late:
            raise errors.Invalid([Missing("effective_at", "pack_day_passed")]) from late

    def approve(self, who: Person, version: str) -> datetime:
        """Turn the second key; answers from when the pack holds. Raises NotAllowed, NotFound, SecondPersonNeeded, Invalid."""
        self._must_publish(who)
        try:
            with self._store.transaction() as connection:
                first = publishing.waiting(connection, version).proposed_by
                if first == who.staff_id or not _are_two_keys(_roles(connection, first), who.roles):
                    raise errors.SecondPersonNeeded
                return publishing.approve(connection, version, by=who.staff_id, at=clock.door_now())
        except publishing.NotProposed as gone:
            raise errors.NotFound from gone
        except publishing.TooLate as late:
            raise errors.Invalid([Missing("effective_at", "pack_day_passed")]) from late
        except publishing.Unmanned as unmanned:
            raise errors.Invalid([Missing("roles", "pack_role_unmanned")]) from unmanned

    def withdraw(self, who: Person, version: str) -> None:
        """Raises NotAllowed and NotFound."""
        self._must_publish(who)
        try:
            with self._store.transaction() as connection:
                publishing.withdraw(connection, version, by=who.staff_id, at=clock.door_now())
        except publishing.NotProposed as gone:
            raise errors.NotFound from gone

    def _must_publish(self, who: Person) -> None:
        if not may(who, Permission.PUBLISH_PACK):
            raise errors.NotAllowed


def may_turn_second_key(who: Person, proposal: Published, first_roles: frozenset[Role]) -> bool:
    """What a page asks before it offers the button; the desk asks again."""
    other = proposal.proposed_by != who.staff_id
    return other and may(who, Permission.PUBLISH_PACK) and _are_two_keys(first_roles, who.roles)


def _are_two_keys(first: frozenset[Role], second: frozenset[Role]) -> bool:
    compliance, business = Role.COMPLIANCE, Role.MANAGER
    return (compliance in first and business in second) or (business in first and compliance in second)


def _roles(connection: Connection, staff_id: str) -> frozenset[Role]:
    """As they are now: who lost the role since has no key; who left has none either."""
    row = connection.execute(
        select(staff.c.roles, staff.c.active).where(staff.c.staff_id == staff_id)
    ).first()
    return frozenset(Role(role) for role in row.roles) if row is not None and row.active else frozenset()
