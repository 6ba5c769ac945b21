"""Writes the bank days of mainland China, from the `holidays` package, as a file a person reads before it is used."""

import argparse
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import holidays

PACKS: Final = Path(__file__).parents[1] / "arrears" / "policy" / "packs"

# The years whose schedule the State Council has published and a person has read beside this file. The package
# answers for later years as if it knew, so a year enters here by hand and never because the package has one.
OFFICIAL: Final = (2026,)
NOT_YET: Final = (2027,)

HEAD: Final = """\
# Bank days of mainland China. Written by scripts/make_calendar.py, then read by a person against the notice.
# rest_days are holidays that fall on Monday to Friday; workdays are Saturdays and Sundays that are worked.
# A year that is not official has no schedule yet: only its weekends are known, and what is computed there is
# provisional.
zone = "Asia/Shanghai"
closes_hour = 18
"""


def days_of(year: int) -> tuple[dict[date, str], list[date]]:
    """Rest days on weekdays with their names, and the weekend days that are worked instead."""
    schedule = holidays.country_holidays("CN", years=year, language="en_US")
    every = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    inside = [day for day in every if day.year == year]
    rest = {day: schedule[day] for day in inside if day.weekday() < 5 and day in schedule}
    worked = [day for day in inside if day.weekday() >= 5 and schedule.is_working_day(day)]
    return rest, worked


def calendar_text() -> str:
    parts = [HEAD]
    for year in OFFICIAL:
        rest, worked = days_of(year)
        parts.append(f"\n[years.{year}]\nofficial = true\nrest_days = [\n")
        parts += [f'    "{day}",  # {day:%a} {name}\n' for day, name in rest.items()]
        parts.append("]\nworkdays = [\n")
        parts += [f'    "{day}",  # {day:%a}\n' for day in worked]
        parts.append("]\n")
    parts += [f"\n[years.{year}]\nofficial = false\nrest_days = []\nworkdays = []\n" for year in NOT_YET]
    return "".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=PACKS / "calendar-cn.toml")
    target: Path = parser.parse_args().to
    target.write_text(calendar_text(), encoding="utf-8")
    print(target)


if __name__ == "__main__":
    main()
