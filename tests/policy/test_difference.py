"""What is another fact now: figures, days, holds; of people only that they changed."""

from typing import Any, Final

from arrears.policy.difference import Changed, difference

FACTS: Final[dict[str, Any]] = {
    "stage": "formal",
    "currency": "CNY",
    "balance_minor": 500_000,
    "costs_minor": 0,
    "interest_minor": 0,
    "principal_minor": 500_000,
    "overdue_minor": 100_000,
    "first_overdue_on": "2026-02-25",
    "days_past_due": 80,
    "as_of": 1_772_000_000,
    "pack": "p.1",
}


def test_the_same_facts_on_another_day_are_the_same() -> None:
    assert difference(FACTS, FACTS | {"days_past_due": 90, "as_of": 1_773_000_000, "pack": "p.2"}) == ()


def test_money_days_and_holds_are_told_before_and_now() -> None:
    later = FACTS | {
        "overdue_minor": 0,
        "balance_minor": 400_000,
        "principal_minor": 400_000,
        "disputed_minor": 20_000,
        "first_overdue_on": None,
        "holds": ["dispute", "complaint"],
    }
    assert difference(FACTS, later) == (
        Changed("overdue_minor", 100_000, 0),
        Changed("balance_minor", 500_000, 400_000),
        Changed("principal_minor", 500_000, 400_000),
        Changed("disputed_minor", 0, 20_000),
        Changed("first_overdue_on", "2026-02-25", None),
        Changed("holds", [], ["complaint", "dispute"]),
    )


def test_of_people_only_that_they_changed() -> None:
    assert difference(FACTS, FACTS | {"parties_no": 1}) == (Changed("parties"),)
    assert difference(FACTS | {"parties_no": 1}, FACTS | {"parties_no": 1, "address_no": 3}) == (
        Changed("address"),
    )
