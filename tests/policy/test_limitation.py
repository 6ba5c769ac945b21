"""The day after which a claim may be refused for its age."""

from datetime import date

import pytest

from arrears.policy.limitation import Limitation, limitation_of

DUE = date(2024, 5, 20)
LAST = date(2027, 5, 20)


@pytest.mark.rule("L01", "L13")
def test_the_earlier_of_the_two_readings_counts_and_the_other_is_told() -> None:
    found = limitation_of([DUE, LAST], [], years=3)
    assert found == Limitation(date(2027, 5, 20), date(2030, 5, 20))
    assert found.days_left(date(2027, 5, 10)) == 10
    assert found.days_left(date(2027, 5, 21)) == -1


@pytest.mark.rule("L01", "L03")
def test_the_last_act_that_started_it_anew_is_told() -> None:
    acts = [date(2025, 6, 10), date(2026, 1, 31)]
    assert limitation_of([DUE], acts, years=3) == Limitation(date(2029, 1, 31), None, date(2026, 1, 31))


@pytest.mark.rule("L10")
def test_an_act_after_the_end_brings_nothing_back() -> None:
    assert limitation_of([DUE], [date(2027, 5, 21)], years=3) == Limitation(date(2027, 5, 20))


def test_nothing_due_or_no_period_means_no_day() -> None:
    assert limitation_of([None, None], [], years=3) is None
    assert limitation_of([DUE], [], years=0) is None
