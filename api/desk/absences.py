"""Somebody is away for some days and a colleague stands in: the work stays in its hands and may be taken from them."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import Connection

from api.auth.permissions import Permission, may
from api.auth.person import Person
from api.desk import errors
from api.desk.staffing import note
from arrears import clock
from arrears.contracts import RulesInForce
from arrears.policy.tasks import WORK, Missing, Role
from arrears.store import absences, people
from arrears.store.absences import AbsenceLine
from arrears.store.people import StaffRow
from arrears.store.queries.people import colleagues
from arrears.store.session import Store

LONGEST: Final = timedelta(days=366)
_WORKING: Final = frozenset(work.role.value for work in WORK.values())


@dataclass(frozen=True)
class AbsenceIn:
    """Civil days of the bank, both included; whoever stands in by id."""

    from_day: date
    to_day: date
    substitute_id: str


class AbsenceDesk:
    def __init__(self, store: Store, rules: RulesInForce) -> None:
        self._store = store
        self._rules = rules

    @property
    def today(self) -> date:
        return day_of(self._rules)

    def away(self) -> dict[str, AbsenceLine]:
        """Who is away today."""
        with self._store.reading() as connection:
            return absences.away(connection, today=self.today)

    def of(self, staff_id: str) -> tuple[AbsenceLine, ...]:
        with self._store.reading() as connection:
            return absences.to_come(connection, staff_id, today=self.today)

    def fit_for(self, staff_id: str) -> tuple[tuple[str, str], ...]:
        """Who has the roles to stand in for this person, as id and name."""
        with self._store.reading() as connection:
            staff = people.staff_by_id(connection, staff_id)
            wanted = _WORKING & set(staff.roles) if staff is not None else set()
            groups = colleagues(connection, wanted or set(Role), but=staff_id)
        if not wanted:
            return tuple(sorted({one for group in groups.values() for one in group}, key=lambda one: one[1]))
        first, *others = groups.values()
        return tuple(one for one in first if all(one in group for group in others))

    def enter(self, who: Person, staff_id: str, said: AbsenceIn) -> None:
        """Raises NotAllowed, NotFound (also for who has left) and Invalid."""
        _must_plan(who)
        with self._store.transaction() as connection:
            staff = _active(connection, staff_id)
            wrong = self._days(said) or _substitute(connection, staff, said)
            if wrong:
                raise errors.Invalid(wrong)
            absence_id = absences.enter(
                connection,
                staff_id,
                substitute_id=said.substitute_id,
                from_day=said.from_day,
                to_day=said.to_day,
                by=who.staff_id,
                at=clock.door_now(),
            )
            detail = {"staff_id": staff_id, "absence_id": absence_id, "substitute_id": said.substitute_id}
            days = {"from": said.from_day.isoformat(), "to": said.to_day.isoformat()}
            note(connection, who.staff_id, "absence_entered", detail | days)

    def withdraw(self, who: Person, staff_id: str, absence_id: str) -> None:
        """The person is here after all, or again. Raises NotAllowed and NotFound."""
        _must_plan(who)
        with self._store.transaction() as connection:
            if not absences.withdraw(connection, staff_id, absence_id, at=clock.door_now()):
                raise errors.NotFound
            detail = {"staff_id": staff_id, "absence_id": absence_id}
            note(connection, who.staff_id, "absence_withdrawn", detail)

    def _days(self, said: AbsenceIn) -> list[Missing]:
        if said.to_day < said.from_day:
            return [Missing("to_day", "absence_ends_first")]
        if said.to_day < self.today:
            return [Missing("to_day", "day_in_the_past")]
        return [Missing("to_day", "absence_too_long")] if said.to_day - said.from_day > LONGEST else []


def day_of(rules: RulesInForce) -> date:
    """The civil day of the bank at this instant of the doors."""
    at = int(clock.door_now().timestamp())
    return rules.at(at).calendar.day_of(at)


def stands_in_for(connection: Connection, who: Person, rules: RulesInForce) -> frozenset[str]:
    """Whose tasks this person may take out of their hands today."""
    return absences.covered_by(connection, who.staff_id, today=day_of(rules))


def _substitute(connection: Connection, staff: StaffRow, said: AbsenceIn) -> list[Missing]:
    """Standing in gives no right: whoever does it has the roles of the work already."""
    days = {"first": said.from_day, "last": said.to_day}
    if absences.is_away(connection, staff.staff_id, **days):
        return [Missing("from_day", "absence_overlaps")]
    if absences.stands_in(connection, staff.staff_id, **days):
        return [Missing("from_day", "absence_of_a_substitute")]
    other = people.staff_by_id(connection, said.substitute_id) if said.substitute_id else None
    if other is None or not other.active or other.staff_id == staff.staff_id:
        return [Missing("substitute_id", "colleague_unknown")]
    if not _WORKING & set(staff.roles) <= set(other.roles):
        return [Missing("substitute_id", "substitute_lacks_role")]
    if absences.is_away(connection, other.staff_id, **days):
        return [Missing("substitute_id", "substitute_away")]
    return []


def _active(connection: Connection, staff_id: str) -> StaffRow:
    staff = people.staff_by_id(connection, staff_id)
    if staff is None or not staff.active:
        raise errors.NotFound
    return staff


def _must_plan(who: Person) -> None:
    if not may(who, Permission.PLAN_ABSENCE):
        raise errors.NotAllowed
