"""How money, instants and due clocks are written and read back."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrears.policy.currency import EXPONENTS, minor_units
from web import formats
from web.formats import Formats
from web.language import speaking

NOW = datetime(2026, 11, 23, 2, 20, tzinfo=UTC)
SHANGHAI = Formats(ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("language", "amount", "currency", "written"),
    [
        ("zh-CN", 81_044_604, "CNY", "¥810,446.04"),
        ("en", 81_044_604, "CNY", "¥810,446.04"),
        ("zh-CN", 123, "TWD", "NT$1.23"),
        ("en", 1_234, "JPY", "¥1,234"),
        ("zh-CN", -50, "EUR", "−€0.50"),
    ],
)
def test_money_is_written_as_its_readers_write_it(
    language: str, amount: int, currency: str, written: str
) -> None:
    with speaking(language):
        assert formats.money(amount, currency) == written


@given(st.integers(0, 10**12), st.sampled_from(sorted(EXPONENTS)))
def test_what_is_typed_as_it_is_shown_is_the_same_amount(amount: int, currency: str) -> None:
    with speaking("en"):
        shown = formats.money(amount, currency)
    assert minor_units(re.sub(r"[^0-9.,]", "", shown), currency) == amount


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("12,000.50", 1_200_050),
        (" ¥ 12000 ", 1_200_000),
        ("１２，０００．５０元", 1_200_050),
        ("0.5", 50),
        ("-3", -300),
        ("1e9", None),
        ("0.001", None),
        ("0x10", None),
        ("NaN", None),
        ("Infinity", None),
        ("٣", None),
        ("1.", None),
        ("", None),
        ("9" * 40, None),
        ("1,234,567.8", 123_456_780),
        ("12,50", None),
        ("1,5", None),
        ("1.234,50", None),
        ("1234,567", None),
        ("1,,000", None),
        (",5", None),
        ("1_000", None),
        ("1.2.3", None),
    ],
)
def test_amounts_are_read_as_people_type_them_and_nothing_else(typed: str, amount: int | None) -> None:
    assert minor_units(typed, "CNY") == amount


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading_of_amounts_and_days(typed: str) -> None:
    assert minor_units(typed, "CNY") is None or minor_units(typed, "CNY") is not None
    day = formats.typed_day(typed)
    assert day is None or isinstance(day, date)


@pytest.mark.parametrize(
    ("due_in", "state", "words"),
    [
        (timedelta(minutes=-1), "late", "超时 1 分钟"),
        (timedelta(hours=-2, minutes=-5), "late", "超时 2 小时"),
        (timedelta(days=-3), "late", "超时 3 天"),
        (timedelta(minutes=21), "soon", "剩 21 分钟"),
        (timedelta(hours=1, minutes=59), "soon", "剩 1 小时"),
        (timedelta(hours=2), "today", "剩 2 小时"),
        (timedelta(hours=20), "ok", "剩 20 小时"),
        (timedelta(days=2), "ok", "剩 2 天"),
        (timedelta(), "soon", "剩 1 分钟"),
    ],
)
def test_a_due_clock_says_in_words_what_its_colour_says(due_in: timedelta, state: str, words: str) -> None:
    with speaking("zh-CN"):
        due = SHANGHAI.due(NOW + due_in, NOW)
    assert (due.state, due.text) == (state, words)


def test_instants_are_those_of_the_bank() -> None:
    late_evening = datetime(2026, 12, 31, 17, 30, tzinfo=UTC)
    assert SHANGHAI.stamp(late_evening) == "2027-01-01 01:30"
    assert SHANGHAI.moment(int(late_evening.timestamp())) == "01-01 01:30"
    assert SHANGHAI.iso(late_evening) == "2027-01-01T01:30:00+08:00"
    assert SHANGHAI.days_past_due(date(2026, 12, 31), late_evening) == 1
    assert SHANGHAI.days_past_due(None, late_evening) == 0


def test_nobody_counts_beyond_999() -> None:
    assert [formats.count(n) for n in (0, 1, 999, 1000)] == ["", "1", "999", "999+"]
