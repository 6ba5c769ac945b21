"""Nobody is contacted in the quiet hours, in whatever zone, on whichever day the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from arrears.policy.calendar import Calendar
from arrears.policy.codes import Action
from arrears.policy.guard import (
    Asked,
    Conduct,
    Go,
    Hours,
    Known,
    NotBefore,
    closes_at,
    verdict,
    within_hours,
)

SHANGHAI, NEW_YORK, URUMQI = "Asia/Shanghai", "America/New_York", "Asia/Urumqi"
ZONES = (SHANGHAI, NEW_YORK, URUMQI, "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")
WEEK = 7 * 86_400


def _window(start: str, end: str, zone: str = SHANGHAI, rule: str = "C01") -> Hours:
    until = time.max if end == "24:00" else time.fromisoformat(end)
    return Hours(time.fromisoformat(start), until, zone, rule)


C01 = _window("08:00", "22:00")


def _at(wall_clock: str, zone: str = SHANGHAI, fold: int = 0) -> int:
    return int(
        datetime.fromisoformat(wall_clock)
        .replace(tzinfo=ZoneInfo(zone), fold=fold)
        .astimezone(UTC)
        .timestamp()
    )


def _is_open(instant: int, hours: Hours) -> bool:
    local = datetime.fromtimestamp(instant, UTC).astimezone(ZoneInfo(hours.zone)).time()
    return hours.start <= local < hours.end


# ---- the bank's window (C01) -------------------------------------------------------------------------------


@pytest.mark.rule("C01")
@pytest.mark.parametrize(
    ("now", "opening"),
    [
        ("2026-03-02T00:00:00", "2026-03-02T08:00:00"),
        ("2026-03-02T07:59:59", "2026-03-02T08:00:00"),
        ("2026-03-02T08:00:00", None),
        ("2026-03-02T12:00:00", None),
        ("2026-03-02T21:59:59", None),
        ("2026-03-02T22:00:00", "2026-03-03T08:00:00"),
        ("2026-03-02T23:59:59", "2026-03-03T08:00:00"),
        ("2026-12-31T22:00:00", "2027-01-01T08:00:00"),
        ("2028-02-28T23:00:00", "2028-02-29T08:00:00"),
    ],
)
def test_the_window_is_open_from_eight_to_ten_and_ten_is_too_late(now: str, opening: str | None) -> None:
    verdict = within_hours(_at(now), [C01])
    assert verdict == (Go() if opening is None else NotBefore(_at(opening), "C01"))


def test_without_a_window_nothing_stands_in_the_way() -> None:
    assert within_hours(0, []) == Go()


def test_a_window_may_last_to_the_end_of_the_day() -> None:
    late = _window("08:00", "24:00")
    assert within_hours(_at("2026-03-02T23:59:59"), [late]) == Go()
    assert within_hours(_at("2026-03-03T00:00:00"), [late]) == NotBefore(_at("2026-03-03T08:00"), "C01")


# ---- the person's own hours ---------------------------------------------------------------------------------


@pytest.mark.rule("C01")
@pytest.mark.parametrize(
    ("now", "own", "opening", "rule"),
    [
        ("2026-03-02T09:00", ("18:00", "20:00"), "2026-03-02T18:00", "own_hours"),
        ("2026-03-02T19:00", ("18:00", "20:00"), None, ""),
        ("2026-03-02T20:00", ("18:00", "20:00"), "2026-03-03T18:00", "own_hours"),
        ("2026-03-02T06:30", ("06:00", "09:00"), "2026-03-02T08:00", "C01"),
        ("2026-03-02T09:00", ("06:00", "09:00"), "2026-03-03T08:00", "C01"),
        ("2026-03-02T21:30", ("21:00", "23:00"), None, ""),
        ("2026-03-02T22:30", ("21:00", "23:00"), "2026-03-03T21:00", "own_hours"),
    ],
)
def test_own_hours_and_the_banks_must_both_be_open(
    now: str, own: tuple[str, str], opening: str | None, rule: str
) -> None:
    hours = [C01, _window(*own, rule="own_hours")]
    expected = Go() if opening is None else NotBefore(_at(opening), rule)
    assert within_hours(_at(now), hours) == expected
    assert within_hours(_at(now), hours[::-1]) == expected


@pytest.mark.rule("4.6-12")
def test_a_person_far_away_is_called_in_his_own_daytime() -> None:
    hours = [C01, _window("08:00", "21:00", NEW_YORK, "own_hours")]
    # 10:00 in Shanghai is 21:00 of the day before in New York; both are open from 20:00 in Shanghai.
    assert within_hours(_at("2026-03-02T10:00"), hours) == NotBefore(_at("2026-03-02T21:00"), "own_hours")
    assert within_hours(_at("2026-03-02T21:00"), hours) == Go()
    assert within_hours(_at("2026-03-02T09:00"), hours) == Go()


@pytest.mark.parametrize(
    "own",
    [
        _window("22:00", "23:30"),
        _window("00:00", "08:00"),
        _window("09:00", "09:00"),
        _window("22:00", "06:00"),  # over midnight: no day has such a window
        _window("10:00", "14:00", NEW_YORK),
    ],
)
def test_windows_that_never_meet_let_nobody_through_and_say_so_by_a_week(own: Hours) -> None:
    for hour in range(24):
        now = _at(f"2026-03-02T{hour:02}:30")
        verdict = within_hours(now, [C01, own])
        assert isinstance(verdict, NotBefore)
        assert verdict.at - now > WEEK


# ---- summer time --------------------------------------------------------------------------------------------


@pytest.mark.rule("4.6-12")
def test_the_window_goes_by_the_wall_clock_when_summer_time_ends() -> None:
    """Rule book scenario 31: eight o'clock is 13:00Z after the change and 12:00Z before."""
    hours = [_window("08:00", "21:00", NEW_YORK)]
    evening_before = _at("2026-10-31T22:00", NEW_YORK)
    assert within_hours(_at("2026-10-31T07:00", NEW_YORK), hours) == NotBefore(
        int(datetime(2026, 10, 31, 12, tzinfo=UTC).timestamp()), "C01"
    )
    assert within_hours(evening_before, hours) == NotBefore(
        int(datetime(2026, 11, 1, 13, tzinfo=UTC).timestamp()), "C01"
    )


def test_an_hour_that_comes_twice_opens_the_window_twice_and_not_in_between() -> None:
    hours = [_window("01:30", "05:00", NEW_YORK)]
    assert within_hours(_at("2026-11-01T01:45", NEW_YORK), hours) == Go()
    # One o'clock for the second time: the clock has been turned back before the window.
    second = _at("2026-11-01T01:10", NEW_YORK, fold=1)
    assert within_hours(second, hours) == NotBefore(_at("2026-11-01T01:30", NEW_YORK, fold=1), "C01")


def test_an_hour_that_is_left_out_opens_the_window_after_it() -> None:
    hours = [_window("02:30", "05:00", NEW_YORK)]
    verdict = within_hours(_at("2026-03-08T01:45", NEW_YORK), hours)
    assert isinstance(verdict, NotBefore)
    assert _is_open(verdict.at, hours[0])
    assert verdict.at < _at("2026-03-08T05:00", NEW_YORK)


# ---- properties ---------------------------------------------------------------------------------------------

quarters = st.integers(0, 95).map(lambda n: time(n // 4, n % 4 * 15))


@st.composite
def some_hours(draw: st.DrawFn) -> Hours:
    start = draw(quarters)
    end = draw(
        st.just(time.max) | quarters.filter(lambda until: until > start)
        if start < time(23, 45)
        else st.just(time.max)
    )
    return Hours(start, end, draw(st.sampled_from(ZONES)), draw(st.sampled_from(["C01", "own_hours"])))


# Two years, and a thicker sample of the days on which New York changes its clocks.
CHANGES = [_at("2026-03-08T00:00", NEW_YORK), _at("2026-11-01T00:00", NEW_YORK)]
instants = st.integers(_at("2026-01-01T00:00"), _at("2028-01-01T00:00")) | st.builds(
    lambda change, seconds: change + seconds, st.sampled_from(CHANGES), st.integers(-3600, 8 * 3600)
)


@pytest.mark.rule("C01")
@given(instants, st.lists(some_hours(), min_size=1, max_size=3))
@settings(max_examples=120)
@example(_at("2026-11-01T01:10", NEW_YORK, fold=1), [_window("01:30", "05:00", NEW_YORK)])
def test_a_contact_is_made_only_where_every_window_is_open(now: int, hours: list[Hours]) -> None:
    verdict = within_hours(now, hours)
    if isinstance(verdict, Go):
        assert all(_is_open(now, window) for window in hours)
        return
    assert not all(_is_open(now, window) for window in hours)
    assert verdict.at > now
    if verdict.at - now <= WEEK:
        assert all(_is_open(verdict.at, window) for window in hours)
        assert within_hours(verdict.at, hours) == Go()
    else:
        # Nothing opens within the week: asked every quarter of an hour of it.
        steps = range(now - now % 900 + 900, now + WEEK, 900)
        assert not any(all(_is_open(instant, window) for window in hours) for instant in steps)


@pytest.mark.rule("C01")
@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.integers(0, 86_399))
def test_never_between_ten_at_night_and_eight_in_the_morning(day: date, second: int) -> None:
    local = datetime.combine(day, time(), ZoneInfo(SHANGHAI)) + timedelta(seconds=second)
    allowed = 8 <= local.hour < 22
    assert (within_hours(int(local.timestamp()), [C01]) == Go()) is allowed


@given(instants, some_hours(), some_hours())
@settings(max_examples=80)
def test_the_first_instant_is_named_and_no_later_one(now: int, bank: Hours, own: Hours) -> None:
    """Nothing is put off longer than must be, but for the hour a clock leaves out in spring."""
    verdict = within_hours(now, [bank, own])
    assume(isinstance(verdict, NotBefore))
    assert isinstance(verdict, NotBefore)
    until = min(verdict.at - 3600, now + 2 * 86_400)
    earlier = range(now, until, 450)
    assert not any(_is_open(instant, bank) and _is_open(instant, own) for instant in earlier)


# ---- until when ----------------------------------------------------------------------------------------------


@pytest.mark.rule("C01")
@pytest.mark.parametrize(
    ("action", "own", "until"),
    [
        (Action.OUT_CALL, None, "2026-03-02T21:55"),
        (Action.VISIT, None, "2026-03-02T22:00"),
        (Action.OUT_CALL, _window("09:00", "12:30"), "2026-03-02T12:30"),
        (Action.OUT_CALL, _window("09:00", "24:00"), "2026-03-02T21:55"),
        (Action.VISIT, _window("07:00", "15:00", URUMQI), "2026-03-02T17:00"),
    ],
)
def test_an_open_window_is_told_until_the_first_one_closes(
    action: Action, own: Hours | None, until: str
) -> None:
    hours = (C01,) if own is None else (C01, own)
    conduct, known = Conduct(dial_to="21:55"), Known(hours)
    ten = _at("2026-03-02T10:00")
    assert closes_at(Asked(action, "s-1"), known, conduct, ten) == _at(until)


def test_a_window_without_an_end_closes_at_midnight() -> None:
    known, noon = Known((_window("00:00", "24:00"),)), _at("2026-03-02T12:00")
    asked = Asked(Action.VISIT, "s-1")
    assert closes_at(asked, known, Conduct(), noon) == _at("2026-03-03T00:00")


def test_whatever_is_open_is_open_until_the_second_before() -> None:
    known, asked, conduct = Known((C01,)), Asked(Action.OUT_CALL, "s-1"), Conduct(dial_to="21:55")
    end = closes_at(asked, known, conduct, _at("2026-03-02T10:00"))
    calendar = Calendar(SHANGHAI)
    assert verdict(asked, known, conduct, calendar, end - 1) == Go()
    assert isinstance(verdict(asked, known, conduct, calendar, end), NotBefore)
