"""Lists that somebody comes back to: saved under a name, for oneself or for all of one's roles."""

import secrets
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from api.auth.person import Person
from api.desk import errors
from arrears import clock
from arrears.policy.tasks import Missing
from arrears.store.session import Store
from arrears.store.tables import saved_views, staff

LONGEST: Final = 40
MOST: Final = 30  # of one person


@dataclass(frozen=True)
class Saved:
    view_id: str
    name: str
    query: str
    shared: bool
    owner: str
    owner_name: str


class SavedViewDesk:
    def __init__(self, store: Store) -> None:
        self._store = store

    def save(self, who: Person, name: str, query: str, *, shared: bool) -> None:
        """Under a name of one's own that is taken already the view becomes this one. Raises Invalid."""
        plain = " ".join(name.split())
        if not plain or len(plain) > LONGEST or not plain.isprintable():
            raise errors.Invalid([Missing("name", "view_name")])
        with self._store.transaction() as connection:
            _hold(connection, who)
            values = {"query": query, "shared": shared, "saved_at": clock.door_now()}
            theirs = (saved_views.c.owner == who.staff_id) & (saved_views.c.name == plain)
            if connection.execute(update(saved_views).where(theirs).values(values)).rowcount:
                return
            own = select(func.count()).where(saved_views.c.owner == who.staff_id)
            if connection.execute(own).scalar_one() >= MOST:
                raise errors.Invalid([Missing("name", "too_many_views")])
            row = {"view_id": f"v-{secrets.token_hex(6)}", "owner": who.staff_id, "name": plain}
            connection.execute(insert(saved_views).values(row | values))

    def remove(self, who: Person, view_id: str) -> None:
        """Its owner alone. Raises NotFound."""
        with self._store.transaction() as connection:
            theirs = (saved_views.c.view_id == view_id) & (saved_views.c.owner == who.staff_id)
            if not connection.execute(delete(saved_views).where(theirs)).rowcount:
                raise errors.NotFound

    def listed(self, who: Person) -> list[Saved]:
        """One's own, and what colleagues of one of the same roles share; by name."""
        wanted = (
            select(saved_views, staff.c.name.label("owner_name"), staff.c.roles)
            .join(staff, staff.c.staff_id == saved_views.c.owner)
            .where(
                or_(
                    saved_views.c.owner == who.staff_id,
                    saved_views.c.shared & staff.c.active,
                )
            )
            .order_by(saved_views.c.name, saved_views.c.view_id)
        )
        roles = {role.value for role in who.roles}
        with self._store.reading() as connection:
            return [
                Saved(row.view_id, row.name, row.query, row.shared, row.owner, row.owner_name)
                for row in connection.execute(wanted)
                if row.owner == who.staff_id or roles & set(row.roles)
            ]


def _hold(connection: Connection, who: Person) -> None:
    """Of two windows of one person the second waits."""
    connection.execute(select(staff.c.staff_id).where(staff.c.staff_id == who.staff_id).with_for_update())
