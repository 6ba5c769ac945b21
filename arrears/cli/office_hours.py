"""Where the clock of a trial begins: while the bank is open, so that debtors may be called whatever the hour is here."""

from datetime import timedelta
from pathlib import Path
from typing import Final

from arrears import clock
from arrears.policy.calendar import Calendar

_OPENS, _CLOSES = 9, 17  # some hours of the evening are left to try things in
_KEPT: Final = "demo-clock"


def seconds_until_open(now: int, calendar: Calendar) -> int:
    """0 in the office hours of a bank day, else the way to the morning of the next one. `now` is UTC seconds."""
    today = calendar.day_of(now)
    opens, closes = calendar.instant(today, hour=_OPENS), calendar.instant(today, hour=_CLOSES)
    if calendar.is_bank_day(today) and opens <= now < closes:
        return 0
    earliest = today if now < opens else today + timedelta(days=1)
    return calendar.instant(calendar.bank_day_from(earliest), hour=_OPENS) - now


def ahead_of(data_dir: Path, calendar: Calendar, *, is_new: bool) -> int:
    """Drawn once for a data folder and kept: cases that are open keep their clock. An older folder stays at 0."""
    kept = data_dir / _KEPT
    if kept.exists():
        return int(kept.read_text("utf-8"))
    ahead = seconds_until_open(int(clock.machine_now().timestamp()), calendar) if is_new else 0
    data_dir.mkdir(parents=True, exist_ok=True)
    kept.write_text(str(ahead), "utf-8")
    return ahead
