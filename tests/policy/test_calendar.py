"""Bank days of 2026 against the published schedule and the rule book's worked dates (1.12)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.policy.calendar import Calendar
from arrears.store import packs

CN = packs.load_calendar("calendar-cn")

# Rule book 1.12 D3: first and last day of each holiday, then the weekend days worked for it.
HOLIDAYS_2026 = [
    ("2026-01-01", "2026-01-03", ["2026-01-04"]),
    ("2026-02-15", "2026-02-23", ["2026-02-14", "2026-02-28"]),
    ("2026-04-04", "2026-04-06", []),
    ("2026-05-01", "2026-05-05", ["2026-05-09"]),
    ("2026-06-19", "2026-06-21", []),
    ("2026-09-25", "2026-09-27", []),
    ("2026-10-01", "2026-10-07", ["2026-09-20", "2026-10-10"]),
]


def _days(first: str, last: str) -> list[date]:
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return [begin + timedelta(days=n) for n in range((end - begin).days + 1)]


def _on_or_after(day: date) -> date:
    return CN.bank_days_later(day - timedelta(days=1), 1)


def test_every_day_of_2026_is_as_published() -> None:
    rest = {day for first, last, _ in HOLIDAYS_2026 for day in _days(first, last)}
    worked = {date.fromisoformat(day) for _, _, made_up in HOLIDAYS_2026 for day in made_up}
    for day in _days("2026-01-01", "2026-12-31"):
        published = day in worked or (day.weekday() < 5 and day not in rest)
        assert CN.is_bank_day(day) is published, day


@pytest.mark.rule("D4")
def test_only_published_years_are_official() -> None:
    assert CN.official == (2026,)
    assert not CN.is_official(date(2027, 2, 8))
    # An unpublished year knows its weekends and nothing else: National Day counts until somebody says otherwise.
    assert CN.is_bank_day(date(2027, 10, 1))
    assert not CN.is_bank_day(date(2027, 10, 2))


@pytest.mark.rule("D1")
@pytest.mark.parametrize(
    ("what", "unshifted", "shifted"),
    [
        ("suit 30 days after a pre-suit freeze of 2026-09-10", date(2026, 10, 10), date(2026, 10, 10)),
        ("objection 15 days after service of 2026-09-20", date(2026, 10, 5), date(2026, 10, 8)),
        ("limitation after the last instalment of 2023-11-20", date(2026, 11, 20), date(2026, 11, 20)),
        ("guarantee, six months from 2026-05-31", date(2026, 11, 30), date(2026, 11, 30)),
        ("limitation after the demand of 2025-06-10", date(2028, 6, 10), date(2028, 6, 12)),
        ("renewal of a deposit freeze of 2026-03-01", date(2027, 2, 22), date(2027, 2, 22)),
    ],
)
def test_worked_dates_of_the_rule_book(what: str, unshifted: date, shifted: date) -> None:
    assert _on_or_after(unshifted) == shifted, what


@pytest.mark.rule("D4")
def test_a_date_shifted_in_an_unofficial_year_can_be_told_apart() -> None:
    assert CN.is_official(date(2026, 10, 8))
    assert not CN.is_official(date(2028, 6, 12))


def test_days_past_due_are_calendar_days() -> None:
    assert (date(2026, 11, 10) - date(2026, 10, 10)).days == 31


@pytest.mark.rule("T16")
def test_a_service_level_ends_at_close_of_business_of_a_bank_day() -> None:
    # Friday 2026-02-13, 20:00 in Shanghai: Saturday is worked, then nine days of Spring Festival.
    opened = int(datetime(2026, 2, 13, 12, tzinfo=UTC).timestamp())
    ends = [CN.close_after(opened, n) for n in (1, 2)]
    assert [datetime.fromtimestamp(end, UTC).isoformat() for end in ends] == [
        "2026-02-14T10:00:00+00:00",
        "2026-02-24T10:00:00+00:00",
    ]


@pytest.mark.rule("4.6-12")
def test_the_civil_day_is_the_banks() -> None:
    evening = int(datetime(2026, 10, 9, 16, 30, tzinfo=UTC).timestamp())  # 00:30 in Shanghai
    assert CN.day_of(evening) == date(2026, 10, 10)
    assert CN.start_of(date(2026, 10, 10)) == evening - 30 * 60


@given(
    day=st.dates(date(2025, 1, 1), date(2028, 12, 31)),
    first=st.integers(0, 30),
    then=st.integers(0, 30),
)
def test_bank_days_add_up(day: date, first: int, then: int) -> None:
    by_steps = CN.bank_days_later(CN.bank_days_later(day, first), then)
    assert by_steps == CN.bank_days_later(day, first + then)
    if first + then:
        assert CN.is_bank_day(by_steps)
        between = _days(str(day + timedelta(days=1)), str(by_steps))
        assert sum(map(CN.is_bank_day, between)) == first + then


def test_a_calendar_without_days_knows_weekends() -> None:
    bare = Calendar("Asia/Shanghai")
    assert [bare.is_bank_day(date(2026, 10, day)) for day in (1, 2, 3, 4, 5)] == [
        True,
        True,
        False,
        False,
        True,
    ]


@given(st.integers(min_value=1_700_000_000, max_value=1_900_000_000))
def test_an_instant_is_known_when_its_day_is_of_an_official_year(instant: int) -> None:
    assert CN.is_known(instant) == CN.is_official(CN.day_of(instant))


def test_a_year_is_known_from_its_first_second_to_its_last() -> None:
    first, end = CN.start_of(date(2026, 1, 1)), CN.start_of(date(2027, 1, 1))
    assert CN.is_known(first)
    assert CN.is_known(end - 1)
    assert not CN.is_known(end)
