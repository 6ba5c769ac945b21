"""A debtor with one overdue loan each, as files of the core bank bring them."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert

from arrears.store.session import Store
from arrears.store.tables import borrowers, loans


def deliver(store: Store, names: Sequence[str], *, currency: str, today: date) -> list[dict[str, Any]]:
    """The rows of the loans, whose ids are the names."""
    rows = [_loan(name, currency, today) for name in names]
    with store.transaction() as connection:
        connection.execute(
            insert(borrowers),
            [
                {"borrower_id": f"P{name}", "kind": "person", "name": "-", "service_address_agreed": True}
                for name in names
            ],
        )
        connection.execute(insert(loans), rows)
    return rows


def _loan(name: str, currency: str, today: date) -> dict[str, Any]:
    return {
        "loan_id": name,
        "borrower_id": f"P{name}",
        "product": "term_loan",
        "currency": currency,
        "as_of_date": today - timedelta(days=1),
        "balance_minor": 500_000,
        "overdue_minor": 100_000,
        "first_overdue_on": today - timedelta(days=5),
        "status": "open",
        "content_hash": "-",
    }
