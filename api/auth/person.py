"""The member of staff on whose behalf a request is done."""

from dataclasses import dataclass, field
from datetime import datetime

from arrears.policy.tasks import Role
from arrears.store.people import StaffRow


@dataclass(frozen=True)
class Person:
    staff_id: str
    login: str
    name: str
    roles: frozenset[Role]
    language: str
    # When the password was last given where this request comes from, machine time; None for a program.
    proved_at: datetime | None = field(default=None, compare=False)


def person_of(row: StaffRow, *, proved_at: datetime | None = None) -> Person:
    """A role this version does not know gives no rights."""
    known = {role.value for role in Role}
    roles = frozenset(Role(role) for role in row.roles if role in known)
    return Person(row.staff_id, row.login, row.name, roles, row.language, proved_at)
