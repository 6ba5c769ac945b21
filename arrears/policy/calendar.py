"""Bank days and the instants at which they begin and end."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

_DAY: Final = timedelta(days=1)


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
        return day not in self._rests if day.weekday() < 5 else day in self._works

    @cached_property
    def _rests(self) -> frozenset[date]:
        """Weekdays that are none: asked for every day between two dates, so not searched for one by one."""
        return frozenset(map(date.fromisoformat, self.rest_days)) - self._works

    @cached_property
    def _works(self) -> frozenset[date]:
        return frozenset(map(date.fromisoformat, self.workdays))

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @cached_property
    def _known(self) -> tuple[tuple[int, int], ...]:
        """From when until when the schedule was published, UTC seconds: one span for each official year."""
        starts = (self.start_of(date(year, 1, 1)) for year in self.official)
        ends = (self.start_of(date(year + 1, 1, 1)) for year in self.official)
        return tuple(zip(starts, ends, strict=True))

    def is_official(self, day: date) -> bool:
        return day.year in self.official

    def is_known(self, instant: int) -> bool:
        """Whether its day is of an official year, without asking which day it is."""
        return any(start <= instant < end for start, end in self._known)

    def bank_days_later(self, day: date, count: int) -> date:
        """The `count`-th bank day after `day`; `day` itself is not counted (D1; Civil Code art. 201)."""
        while count > 0:
            day += _DAY
            count -= self.is_bank_day(day)
        return day

    def bank_day_from(self, day: date) -> date:
        """`day` itself when it is a bank day, else the next one (D1; Civil Code art. 203)."""
        return self.bank_days_later(day - _DAY, 1)

    def bank_day_before(self, day: date) -> date:
        """The last bank day before `day`."""
        day -= _DAY
        while not self.is_bank_day(day):
            day -= _DAY
        return day

    def day_of(self, instant: int) -> date:
        """The bank's civil day at `instant`, UTC seconds (4.6-12)."""
        return datetime.fromtimestamp(instant, self._zone).date()

    def start_of(self, day: date) -> int:
        """00:00 of `day` in the bank's zone, UTC seconds."""
        return self.instant(day, hour=0)

    def instant(self, day: date, *, hour: int, minute: int = 0) -> int:
        return int(datetime.combine(day, time(hour, minute), self._zone).timestamp())

    def close_after(self, instant: int, bank_days: int) -> int:
        """Close of business of the n-th bank day after `instant`: where a service level ends."""
        return self.instant(self.bank_days_later(self.day_of(instant), bank_days), hour=self.closes_hour)
