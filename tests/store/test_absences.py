"""Days away, on both databases."""

from datetime import date, timedelta

from arrears.policy.tasks import Role
from arrears.store import absences
from arrears.store.session import Store
from tests.api import rows

DAY = date(2026, 11, 2)


def test_an_absence_covers_its_days_and_no_other(store: Store) -> None:
    li, wang = rows.a_person(store, Role.OPS, login="li"), rows.a_person(store, Role.OPS, login="wang")
    one, last = timedelta(days=1), DAY + timedelta(days=2)
    with store.transaction() as connection:
        absence_id = absences.enter(
            connection,
            li.staff_id,
            substitute_id=wang.staff_id,
            from_day=DAY,
            to_day=last,
            by="s-lead",
            at=rows.AT,
        )
        days = [DAY - one, DAY, last, last + one]
        covered = [absences.covered_by(connection, wang.staff_id, today=day) for day in days]
        assert covered == [frozenset(), {li.staff_id}, {li.staff_id}, frozenset()]
        assert absences.is_away(connection, li.staff_id, first=last, last=last + one)
        assert not absences.is_away(connection, li.staff_id, first=last + one, last=last + one)
        assert absences.stands_in(connection, wang.staff_id, first=DAY - one, last=DAY)
        assert list(absences.away(connection, today=DAY)) == [li.staff_id]
        assert [one.to_day for one in absences.to_come(connection, li.staff_id, today=DAY)] == [last]
        assert not absences.withdraw(connection, wang.staff_id, absence_id, at=rows.AT)
        assert absences.withdraw(connection, li.staff_id, absence_id, at=rows.AT)
        assert not absences.withdraw(connection, li.staff_id, absence_id, at=rows.AT)
        assert absences.away(connection, today=DAY) == {}
