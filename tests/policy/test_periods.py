"""The rule book's worked dates to the day (1.12), and what an unknown year does to a period of the law."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.policy import periods
from arrears.policy.calendar import Calendar
from arrears.policy.periods import End
from arrears.store import packs

CN = packs.load_calendar("calendar-cn")


@pytest.mark.rule("D1", "s30")
def test_s30_a_weekend_day_that_is_worked_is_no_rest_day() -> None:
    end = periods.end_of(CN, periods.days_later(date(2026, 9, 10), 30))
    assert end == End(date(2026, 10, 10), date(2026, 10, 10))


@pytest.mark.rule("D1")
def test_an_objection_against_a_payment_order_may_come_after_the_holiday() -> None:
    end = periods.end_of(CN, periods.days_later(date(2026, 9, 20), 15))
    assert (end.unshifted, end.on) == (date(2026, 10, 5), date(2026, 10, 8))


@pytest.mark.rule("D1", "D5", "G1")
def test_a_guarantee_of_six_months() -> None:
    last = periods.guarantee_ends(date(2026, 5, 31))
    assert last == date(2026, 11, 30)
    assert periods.end_of(CN, last).on == last


@pytest.mark.rule("D5")
def test_a_freeze_is_renewed_seven_days_before_the_court_lets_go() -> None:
    expires = periods.months_later(date(2026, 3, 1), 12)
    assert expires == date(2027, 3, 1)
    assert periods.freeze_renewal_by(expires) == date(2027, 2, 22)


@pytest.mark.rule("D5", "L01", "L03")
def test_limitation_runs_three_years_and_is_planned_on_the_unshifted_day() -> None:
    assert periods.limitation_ends(date(2023, 11, 20)) == date(2026, 11, 20)
    demanded = periods.limitation_ends(date(2023, 11, 20), [date(2025, 6, 10)])
    assert demanded == date(2028, 6, 10)
    assert demanded.strftime("%a") == "Sat"
    known = Calendar("Asia/Shanghai", official=(2028,))
    assert periods.end_of(known, demanded).on == date(2028, 6, 12)
    assert periods.act_by(demanded, margin_days=0) == date(2028, 6, 10)


@pytest.mark.rule("L10", "L03")
def test_a_demand_after_the_end_does_not_bring_it_back() -> None:
    ends = periods.limitation_ends(date(2023, 11, 20), [date(2026, 11, 20)])
    assert ends == date(2029, 11, 20), "on the last day it still interrupts"
    assert periods.limitation_ends(date(2023, 11, 20), [date(2026, 11, 21)]) == date(2026, 11, 20)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [("2026-08-31", 1, "2026-09-30"), ("2027-08-31", 6, "2028-02-29"), ("2026-12-15", 1, "2027-01-15")],
)
def test_months_end_on_the_corresponding_day_or_with_the_month(start: str, months: int, end: str) -> None:
    assert periods.months_later(date.fromisoformat(start), months) == date.fromisoformat(end)


@pytest.mark.rule("D4")
@pytest.mark.parametrize("last", [date(2027, 2, 10), date(2027, 2, 13)])
def test_in_an_unknown_year_the_day_stays_and_says_which_year_is_missing(last: date) -> None:
    assert periods.end_of(CN, last) == End(last, last, 2027)


@pytest.mark.rule("D4")
def test_a_rest_day_whose_next_day_is_unknown_stays_too() -> None:
    calendar = Calendar("Asia/Shanghai", rest_days=("2026-12-31",), official=(2026,))
    assert periods.end_of(calendar, date(2026, 12, 31)) == End(date(2026, 12, 31), date(2026, 12, 31), 2027)


DAYS = st.dates(date(2026, 1, 1), date(2028, 12, 31))


@pytest.mark.rule("D5")
@given(
    day=DAYS,
    margin=st.integers(0, 90),
    rest=st.sets(DAYS, max_size=20),
    years=st.sets(st.integers(2026, 2029)),
)
def test_no_calendar_moves_what_preserves_a_right(
    day: date, margin: int, rest: set[date], years: set[int]
) -> None:
    calendar = Calendar("Asia/Shanghai", tuple(str(one) for one in rest), official=tuple(years))
    planned = periods.act_by(day, margin_days=margin)
    assert planned == day - timedelta(days=margin)
    assert planned <= periods.end_of(calendar, day).unshifted <= periods.end_of(calendar, day).on
