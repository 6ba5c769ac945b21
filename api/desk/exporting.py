"""Who carries a list away as a file: kept with which list and how many rows, and not without end."""

import secrets
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import func, insert, select

from api.auth.permissions import Permission, may
from api.auth.person import Person
from api.desk import errors
from arrears import clock
from arrears.contracts import RulesInForce
from arrears.store import audit, reveals
from arrears.store.session import Store
from arrears.store.tables import exports

ROWS: Final = 2_000  # of one file
A_DAY: Final = 20  # files of one person on one civil day of the bank


class ExportDesk:
    def __init__(self, store: Store, rules: RulesInForce) -> None:
        self._store = store
        self._rules = rules

    def note(self, who: Person, query: str, *, rows: int) -> None:
        """Before the file leaves the house. Raises NotAllowed and ExportQuota."""
        if not may(who, Permission.EXPORT_LIST):
            raise errors.NotAllowed
        at = clock.door_now()
        calendar = self._rules.at(int(at.timestamp())).calendar
        today = datetime.fromtimestamp(calendar.start_of(calendar.day_of(int(at.timestamp()))), UTC)
        with self._store.transaction() as connection:
            reveals.hold_staff(connection, who.staff_id)
            theirs = select(func.count()).where(exports.c.staff_id == who.staff_id, exports.c.at >= today)
            if connection.execute(theirs).scalar_one() >= A_DAY:
                raise errors.ExportQuota
            export_id = f"ex-{secrets.token_hex(8)}"
            row = {"export_id": export_id, "staff_id": who.staff_id, "query": query, "rows": rows, "at": at}
            connection.execute(insert(exports).values(row))
            detail = {"export_id": export_id, "list": query, "rows": rows}
            audit.append(
                connection, stream=audit.HOUSE, at=at, actor=who.staff_id, what="list_exported", detail=detail
            )
