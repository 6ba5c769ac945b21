"""A day is closed once, and whoever waits for it is told."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import insert, select

from arrears.policy.calendar import Calendar
from arrears.store import closings
from arrears.store.session import Store
from arrears.store.tables import audit_rows, cases, deadlines, messages

AT: Final = datetime(2026, 3, 4, 16, 30, tzinfo=UTC)  # half past midnight on Thursday in Shanghai
WEDNESDAY: Final = date(2026, 3, 4)
CALENDAR: Final = Calendar(
    "Asia/Shanghai", rest_days=("2026-03-06",), workdays=("2026-03-08",), official=(2026,)
)


def _case(store: Store, loan_id: str, clock: str, *, due: datetime = AT, status: str = "open") -> str:
    case_id = f"case-{loan_id}-1"
    row: dict[str, Any] = {
        "case_id": case_id,
        "loan_id": loan_id,
        "borrower_id": "B1",
        "episode": 1,
        "status": status,
        "stage": "initial",
        "stage_since": AT,
        "opened_at": AT,
        "currency": "CNY",
        "balance_minor": 1,
        "overdue_minor": 1,
        "pack": "p.1",
        "attention": False,
        "seq": 1,
        "digest": "-",
        "state": {},
        "decided_at": AT,
        "recorded_at": AT,
    }
    with store.transaction() as connection:
        connection.execute(insert(cases).values(row))
        connection.execute(insert(deadlines).values(case_id=case_id, name=clock, due_at=due))
    return case_id


def _close(store: Store, day: date = WEDNESDAY) -> int | None:
    with store.transaction() as connection:
        return closings.close_day(connection, day, at=AT, source="core-bank")


@pytest.mark.rule("4.6-1")
def test_only_cases_whose_clock_waits_are_told_and_only_once(store: Store) -> None:
    waits = _case(store, "L1", "escalate")
    _case(store, "L2", "follow_up")
    _case(store, "L3", "escalate", due=AT + timedelta(days=1))
    _case(store, "L4", "promise", status="closed")
    assert (_close(store), _close(store)) == (1, None)
    with store.reading() as connection:
        [said] = connection.execute(select(messages)).all()
        [told] = connection.execute(select(audit_rows)).all()
    assert (said.case_id, said.signal, said.rank) == (waits, "ledger_closed", 0)
    assert said.content == {"business_date": "2026-03-04"}
    assert told.detail == {"business_date": "2026-03-04", "cases": 1}


@pytest.mark.parametrize(
    ("day", "is_closed"),
    [
        (date(2026, 3, 4), True),
        (date(2026, 3, 5), True),
        (date(2026, 3, 6), False),  # the 5th is a bank day and not closed
        (date(2026, 3, 1), True),  # a closing stands for the days before it
    ],
)
def test_the_ledger_of_the_last_bank_day_before_must_be_closed(
    store: Store, day: date, is_closed: bool
) -> None:
    with store.reading() as connection:
        assert not closings.is_closed_before(connection, day, CALENDAR)
    _close(store)
    with store.reading() as connection:
        assert closings.is_closed_before(connection, day, CALENDAR) is is_closed


def test_days_on_which_the_bank_rests_have_no_ledger_of_their_own(store: Store) -> None:
    _close(store, date(2026, 3, 5))
    with store.reading() as connection:
        # A Friday off and a Saturday; the Sunday after is worked.
        assert closings.is_closed_before(connection, date(2026, 3, 8), CALENDAR)
        assert not closings.is_closed_before(connection, date(2026, 3, 9), CALENDAR)
