"""The end of the bank's day: whose money is all here, and which cases waited for it."""

from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from arrears.names import closing_message_id
from arrears.policy.calendar import Calendar
from arrears.policy.state import PRESSING
from arrears.store import audit
from arrears.store.intents import Said, say_many
from arrears.store.tables import cases, deadlines, ledger_closings

SIGNAL: Final = "ledger_closed"


def close_day(connection: Connection, day: date, *, at: datetime, source: str) -> int | None:
    """Keep that `day` is closed and tell the cases that wait; how many, or None when it was known already."""
    put = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    row = {"business_date": day, "source": source, "closed_at": at}
    new = put(ledger_closings).values(row).on_conflict_do_nothing()
    if connection.execute(new.returning(ledger_closings.c.business_date)).first() is None:
        return None
    waiting = select(deadlines.c.case_id).where(
        deadlines.c.name.in_([clock.value for clock in PRESSING]), deadlines.c.due_at <= at
    )
    found = connection.execute(
        select(cases.c.case_id).where(cases.c.status == "open", cases.c.case_id.in_(waiting))
    ).scalars()
    content = {"business_date": day.isoformat()}
    told = say_many(
        connection,
        [Said(case, closing_message_id(case, day), SIGNAL, source, at, content) for case in found],
    )
    audit.append(
        connection,
        stream=audit.HOUSE,
        at=at,
        actor=source,
        what=SIGNAL,
        detail={"business_date": day.isoformat(), "cases": told},
    )
    return told


def is_closed_before(connection: Connection, day: date, calendar: Calendar) -> bool:
    """Whether the ledger of the last bank day before `day` is closed; a closing stands for the days before it."""
    last = connection.execute(select(func.max(ledger_closings.c.business_date))).scalar()
    return last is not None and last >= calendar.bank_day_before(day)
