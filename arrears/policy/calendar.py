"""Bank days and the instants at which they begin and end."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Calendar:
    """Rest days that fall on weekdays and weekend days that are worked, as ISO days.

    `official` are the years whose schedule was published; in any other year only weekends are known and what
    is computed there is provisional (D4).
    """

    zone: str
    rest_days: tuple[str, ...] = ()
    workdays: tuple[str, ...] = ()
    official: tuple[int, ...] = ()
    closes_hour: int = 18

    def is_bank_day(self, day: date) -> bool:
        return day.isoformat() not in self._rests if day.weekday() < 5 else day.isoformat() in self._works

    @cached_property
    def _rests(self) -> frozenset[str]:
        """Weekdays that are none: asked for every day between two dates, so not searched for one by one."""
        return frozenset(self.rest_days) - self._works

    @cached_property
    def _works(self) -> frozenset[str]:
        return frozenset(self.workdays)

    def is_official(self, day: date) -> bool:
        return day.year in self.official

    def bank_days_later(self, day: date, count: int) -> date:
        """The `count`-th bank day after `day`; `day` itself is not counted (D1; Civil Code art. 201)."""
        while count > 0:
            day += timedelta(days=1)
            count -= self.is_bank_day(day)
        return day

    def bank_day_from(self, day: date) -> date:
        """`day` itself when it is a bank day, else the next one (D1; Civil Code art. 203)."""
        return self.bank_days_later(day - timedelta(days=1), 1)

    def bank_day_before(self, day: date) -> date:
        """The last bank day before `day`."""
        day -= timedelta(days=1)
        while not self.is_bank_day(day):
            day -= timedelta(days=1)
        return day

    def day_of(self, instant: int) -> date:
        """The bank's civil day at `instant`, UTC seconds (4.6-12)."""
        return datetime.fromtimestamp(instant, ZoneInfo(self.zone)).date()

    def start_of(self, day: date) -> int:
        """00:00 of `day` in the bank's zone, UTC seconds."""
        return self.instant(day, hour=0)

    def instant(self, day: date, *, hour: int, minute: int = 0) -> int:
        return int(datetime.combine(day, time(hour, minute), ZoneInfo(self.zone)).timestamp())

    def close_after(self, instant: int, bank_days: int) -> int:
        """Close of business of the n-th bank day after `instant`: where a service level ends."""
        return self.instant(self.bank_days_later(self.day_of(instant), bank_days), hour=self.closes_hour)
