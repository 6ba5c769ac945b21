"""The clock of a trial begins while the bank is open, and stays where it was hung."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from arrears import clock
from arrears.cli.office_hours import ahead_of, seconds_until_open
from arrears.store import packs

CALENDAR = packs.load("cn-bank-2026").calendar


def _at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(CALENDAR.zone)).timestamp())


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        ("2026-03-02 09:00:00", "2026-03-02 09:00:00"),
        ("2026-03-02 16:59:59", "2026-03-02 16:59:59"),
        ("2026-03-02 17:00:00", "2026-03-03 09:00:00"),
        ("2026-03-03 03:12:45", "2026-03-03 09:00:00"),
        ("2026-03-06 23:30:00", "2026-03-09 09:00:00"),  # over a weekend
        ("2026-09-30 20:00:00", "2026-10-08 09:00:00"),  # over the National Holiday
        ("2026-10-10 10:00:00", "2026-10-10 10:00:00"),  # a Saturday that is worked
    ],
)
def test_a_trial_begins_while_the_bank_is_open(now: str, begins: str) -> None:
    assert _at(now) + seconds_until_open(_at(now), CALENDAR) == _at(begins)


def test_a_folder_keeps_the_clock_it_began_with(tmp_path: Path) -> None:
    first = ahead_of(tmp_path / "new", CALENDAR, is_new=True)
    assert ahead_of(tmp_path / "new", CALENDAR, is_new=False) == first
    assert ahead_of(tmp_path / "older", CALENDAR, is_new=False) == 0


def test_doors_of_the_process_stand_ahead_of_the_machine() -> None:
    clock.hang_ahead(3600)
    try:
        ahead = clock.door_now() - clock.machine_now()
    finally:
        clock.hang_ahead(0)
    assert 3599 < ahead.total_seconds() < 3601
    assert abs((clock.door_now() - clock.machine_now()).total_seconds()) < 1
