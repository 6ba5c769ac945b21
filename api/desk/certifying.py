"""Who works with debtors was trained and tested: somebody else says so, for the day of the test (C19)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from api.auth.permissions import Permission, may
from api.auth.person import Person
from api.desk import errors
from arrears import clock
from arrears.contracts import RulesInForce
from arrears.policy.tasks import Missing
from arrears.store import certificates, people
from arrears.store.session import Store


@dataclass(frozen=True)
class Standing:
    """One of those whose work needs a certificate; `until` is empty when none holds now."""

    staff_id: str
    name: str
    until: datetime | None


class CertificateDesk:
    def __init__(self, store: Store, rules: RulesInForce) -> None:
        self._store = store
        self._rules = rules

    def listed(self, who: Person) -> list[Standing]:
        """Raises NotAllowed."""
        self._must_certify(who)
        at = clock.door_now()
        days = self._rules.at(int(at.timestamp())).conduct.certificate_days
        with self._store.reading() as connection:
            return [
                Standing(
                    row.staff_id,
                    row.name,
                    certificates.ends_at(connection, row.staff_id, at=at, days=days),
                )
                for row in people.all_staff(connection)
                if row.active and certificates.CERTIFIED.value in row.roles
            ]

    def certify(self, who: Person, staff_id: str, *, tested_on: date | None) -> None:
        """Raises NotAllowed, SecondPersonNeeded (nobody certifies oneself), NotFound and Invalid."""
        self._must_certify(who)
        if staff_id == who.staff_id:
            raise errors.SecondPersonNeeded
        at = clock.door_now()
        rules = self._rules.at(int(at.timestamp()))
        today = rules.calendar.day_of(int(at.timestamp()))
        if tested_on is None:
            raise errors.Invalid([Missing("tested_on", "day_required")])
        if tested_on > today:
            raise errors.Invalid([Missing("tested_on", "day_in_the_future")])
        since = datetime.fromtimestamp(rules.calendar.start_of(tested_on), UTC)
        until = since + timedelta(days=rules.conduct.certificate_days or 365)
        if until <= at:
            raise errors.Invalid([Missing("tested_on", "test_too_old")])
        with self._store.transaction() as connection:
            known = people.staff_by_id(connection, staff_id)
            if known is None or not known.active:
                raise errors.NotFound
            certificates.grant(connection, staff_id, since=since, until=until, by=who.staff_id, at=at)

    def _must_certify(self, who: Person) -> None:
        if not may(who, Permission.CERTIFY_STAFF):
            raise errors.NotAllowed
