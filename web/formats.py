"""How money, days and instants are written on a page, in the language of the moment and the bank's zone."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.numbers import format_currency

from arrears.policy.currency import EXPONENTS
from web.language import gettext as _
from web.language import locale

SOON: Final = timedelta(hours=2)
MOST_SHOWN: Final = 999


@dataclass(frozen=True)
class DueClock:
    """`state` is late, soon, today or ok; the words say the same as colour and icon."""

    state: str
    text: str
    icon: str


@dataclass(frozen=True)
class Formats:
    """What templates may call; `zone` is the bank's."""

    zone: ZoneInfo

    def local(self, instant: datetime | int) -> datetime:
        at = datetime.fromtimestamp(instant, UTC) if isinstance(instant, int) else instant
        return at.astimezone(self.zone)

    def size(self, size_bytes: int) -> str:
        """Of a file, as people know it."""
        kilo = size_bytes / 1024
        return f"{kilo / 1024:.1f} MB" if kilo >= 1000 else f"{max(1, round(kilo))} kB"

    def day_of(self, instant: datetime | int) -> date:
        return self.local(instant).date()

    def moment(self, instant: datetime | int) -> str:
        """For lists: month and day, hour and minute."""
        return self.local(instant).strftime("%m-%d %H:%M")

    def brief(self, instant: datetime, now: datetime) -> str:
        """Where there is little room: the hour of today, the day of any other; a day as a whole has no hour."""
        local = self.local(instant)
        today = local.date() == self.day_of(now) and local.strftime("%H:%M") != "00:00"
        return local.strftime("%H:%M" if today else "%m-%d")

    def stamp(self, instant: datetime | int) -> str:
        """For facts: with the year."""
        return self.local(instant).strftime("%Y-%m-%d %H:%M")

    def iso(self, instant: datetime | int) -> str:
        """For the `datetime` attribute of a <time>."""
        return self.local(instant).isoformat(timespec="seconds")

    def due(self, due_at: datetime, now: datetime) -> DueClock:
        left = due_at - now
        if left < timedelta():
            return DueClock("late", _late(-left), "triangle-alert")
        if left < SOON:
            return DueClock("soon", _left(left), "clock")
        state = "today" if self.day_of(due_at) == self.day_of(now) else "ok"
        return DueClock(state, _left(left), "clock")

    def days_past_due(self, first_overdue_on: date | None, now: datetime) -> int:
        return 0 if first_overdue_on is None else max(0, (self.day_of(now) - first_overdue_on).days)

    def minute(self, instant: datetime | int) -> str:
        """As a form field of day and time holds it."""
        return self.local(instant).strftime("%Y-%m-%dT%H:%M")

    def typed_minute(self, typed: str) -> datetime | None:
        """Day and time as somebody typed them, in the bank's zone; None when they are none."""
        if not _MINUTE.fullmatch(typed.strip()):
            return None
        try:
            return datetime.fromisoformat(typed.strip()).replace(tzinfo=self.zone)
        except ValueError:
            return None


def money(amount_minor: int, currency: str) -> str:
    return _money(amount_minor, currency, locale())


def plain_amount(amount_minor: int, currency: str) -> str:
    """As one types it: digits and a point."""
    return str(Decimal(amount_minor).scaleb(-EXPONENTS.get(currency, 2)))


def typed_day(typed: str) -> date | None:
    """As a field for a day gives it; other ways to write one, and years of nobody alive, are none."""
    if not _DAY.fullmatch(typed.strip()):
        return None
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        return None


def count(value: int) -> str:
    """A zero says nothing, and beyond 999 nobody counts."""
    if value == 0:
        return ""
    return f"{MOST_SHOWN}+" if value > MOST_SHOWN else str(value)


_DAY: Final = re.compile(r"(19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}")
_MINUTE: Final = re.compile(r"(19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}", re.ASCII)


@lru_cache(maxsize=16_384)
def _money(amount_minor: int, currency: str, where: Locale) -> str:
    amount = Decimal(amount_minor).scaleb(-EXPONENTS.get(currency, 2))
    # To an English reader in a Chinese bank "¥" is the yuan; CLDR would write "CN¥".
    return format_currency(amount, currency, locale=where).replace("CN¥", "¥").replace("-", "−")


def _late(by: timedelta) -> str:
    minutes = int(by.total_seconds() // 60)
    if minutes < 60:
        return _("Late %(n)s min") % {"n": max(minutes, 1)}
    if minutes < 24 * 60:
        return _("Late %(n)s h") % {"n": minutes // 60}
    return _("Late %(n)s d") % {"n": minutes // (24 * 60)}


def _left(left: timedelta) -> str:
    minutes = int(left.total_seconds() // 60)
    if minutes < 60:
        return _("%(n)s min left") % {"n": max(minutes, 1)}
    if minutes < 24 * 60:
        return _("%(n)s h left") % {"n": minutes // 60}
    return _("%(n)s d left") % {"n": minutes // (24 * 60)}
