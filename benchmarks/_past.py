"""A bank with a past, as the guard finds one: people with ledgers, holds of old and now, and words not yet heard."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import insert

from arrears.policy.codes import Action
from arrears.store.session import Store
from arrears.store.tables import (
    borrowers,
    cases,
    contact_attempts,
    contact_points,
    holds,
    loans,
    messages,
    staff,
)
from tests.certified import certified

CALLERS: Final = 16
NOW: Final = datetime(2026, 11, 25, 3, tzinfo=UTC)  # 11:00 in Shanghai, a Wednesday
RESULTS: Final = ("na", "na", "busy", "rtp")


def furnish(store: Store, people: int) -> None:
    with store.transaction() as connection:
        for n in range(CALLERS):
            connection.execute(insert(staff).values(_staff(n)))
            certified(connection, f"s-{n}")
    for start in range(0, people, 500):
        names = [f"{n:06d}" for n in range(start, min(start + 500, people))]
        with store.transaction() as connection:
            for table, rows in _rows(names).items():
                connection.execute(insert(table), rows)
    if not store.is_sqlite:
        with store.transaction() as connection:
            # As autovacuum has done on a server that has run for a while.
            connection.exec_driver_sql("ANALYZE")


def _staff(n: int) -> dict[str, Any]:
    return {
        "staff_id": f"s-{n}",
        "login": f"caller{n}",
        "name": "-",
        "roles": ["collector"],
        "language": "en",
        "created_at": NOW,
    }


def _rows(names: Sequence[str]) -> dict[Any, list[dict[str, Any]]]:
    return {
        borrowers: [{"borrower_id": f"B{name}", "kind": "person", "name": "-"} for name in names],
        contact_points: [_point(name) for name in names],
        loans: [_loan(name) for name in names],
        cases: [_case(name) for name in names],
        messages: [_message(name, n) for name in names for n in range(10)],
        contact_attempts: [_line(name, n) for name in names for n in range(48)],
        holds: [_hold(name, ended=True) for name in names[::5]]
        + [_hold(name, ended=False) for name in names[::20]],
    }


def _point(name: str) -> dict[str, Any]:
    return {
        "contact_id": f"C{name}",
        "borrower_id": f"B{name}",
        "channel": "phone",
        "address": f"+999{name}",
        "preferred": True,
        "do_not_contact": False,
    }


def _loan(name: str) -> dict[str, Any]:
    return {
        "loan_id": f"L{name}",
        "borrower_id": f"B{name}",
        "product": "term_loan",
        "currency": "CNY",
        "as_of_date": date(2026, 11, 24),
        "balance_minor": 500_000,
        "overdue_minor": 100_000,
        "first_overdue_on": date(2026, 9, 1),
        "status": "open",
        "content_hash": "-",
    }


def _case(name: str) -> dict[str, Any]:
    return {
        "case_id": f"case-L{name}-1",
        "loan_id": f"L{name}",
        "borrower_id": f"B{name}",
        "episode": 1,
        "status": "open",
        "stage": "initial",
        "stage_since": NOW,
        "opened_at": NOW,
        "currency": "CNY",
        "balance_minor": 500_000,
        "overdue_minor": 100_000,
        "pack": "-",
        "seq": 10,
        "digest": "-",
        "state": {"what": "x" * 2000},
        "decided_at": NOW,
        "recorded_at": NOW,
    }


def _message(name: str, n: int) -> dict[str, Any]:
    unheard = n == 1 and name.endswith("7")
    return {
        "message_id": f"m-{name}-{n}",
        "arrival": n,
        "case_id": f"case-L{name}-1",
        "signal": "payment_posted" if n % 3 == 0 else "contact_reported",
        "rank": 0 if n % 3 == 0 else 2,
        "actor": "-",
        "content": {},
        "content_hash": "-",
        "status": "waiting" if unheard else "applied",
        "effective_at": NOW,
        "accepted_at": NOW,
    }


def _line(name: str, n: int) -> dict[str, Any]:
    """Forty old ones, and eight of the last week: two a day, none today."""
    ago = timedelta(days=10 + n) if n < 40 else timedelta(days=1 + (n - 40) // 2, hours=n % 2)
    result = RESULTS[n % len(RESULTS)]
    return {
        "attempt_id": f"a-{name}-{n}",
        "borrower_id": f"B{name}",
        "case_id": f"case-L{name}-1",
        "loan_id": f"L{name}",
        "contact_id": f"C{name}",
        "number": f"+999{name}",
        "action": Action.OUT_CALL.value,
        "party": "borrower",
        "purpose": "collection",
        "actor": f"s-{n % CALLERS}",
        "staff": [],
        "status": "made",
        "result": result,
        "effective": result == "rtp",
        "conversation": result == "rtp",
        "at": NOW - ago,
        "reserved_at": NOW - ago,
    }


def _hold(name: str, *, ended: bool) -> dict[str, Any]:
    return {
        "hold_id": f"h-{name}-{ended}",
        "case_id": f"case-L{name}-1",
        "borrower_id": f"B{name}",
        "kind": "hardship_review",
        "scope": "person",
        "reason": "said",
        "placed_by": "s-0",
        "placed_at": NOW - timedelta(days=40),
        "ended_at": NOW - timedelta(days=30) if ended else None,
    }
