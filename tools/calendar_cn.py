"""Writes `oyiflow/calendars/cn.yaml` from the `chinesecalendar` package, checked against the `holidays` package.

    python -m pip install chinesecalendar holidays
    python tools/calendar_cn.py > oyiflow/calendars/cn.yaml

The product itself needs neither. A year is written only if both packages agree on every one of its days, and only if the
first one has it: the second fills years whose notice has not come yet with the statutory days alone, which is a guess.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import date, timedelta
from importlib.metadata import version
from itertools import pairwise

import holidays
from chinese_calendar import constants

FIRST = 2006
HEAD = """\
# Which days are worked in China: public holidays and days of adjusted work (调休), as the State Council announces them
# each year (国务院办公厅关于…年部分节假日安排的通知). A day that is not named is worked from Monday to Friday.
# {first} to {last}. Written by tools/calendar_cn.py from chinesecalendar {one} (MIT), every day the same in holidays {two} (MIT).
calendar: cn
title: {{zh: 中国法定节假日与调休, en: Public holidays of China}}
timezone: "+08:00"
weekend: [sat, sun]
years:
"""


def main() -> int:
    """Print the file; complain and leave out the years in which the sources differ."""
    years = [year for year in sorted({day.year for day in constants.holidays}) if year >= FIRST]
    agreed = [year for year in years if not (differing := _differing(year)) or _complain(year, differing)]
    print(HEAD.format(first=agreed[0], last=agreed[-1], one=version("chinesecalendar"), two=version("holidays")), end="")
    for year in agreed:
        print(f"  {year}:")
        print(f"    holidays: {_listed(day for day in constants.holidays if day.year == year)}")
        print(f"    workdays: {_listed(day for day in constants.workdays if day.year == year)}")
    return 0


def _differing(year: int) -> list[date]:
    other = holidays.country_holidays("CN", years=year)
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    return [day for day in days if day.year == year and _is_worked(day) != other.is_working_day(day)]


def _is_worked(day: date) -> bool:
    return day in constants.workdays or (day.weekday() < 5 and day not in constants.holidays)


def _complain(year: int, days: list[date]) -> bool:
    print(f"{year} left out, the sources differ on {', '.join(map(str, days))}", file=sys.stderr)
    return False


def _listed(days: Iterable[date]) -> str:
    """`[2026-01-01..2026-01-03, 2026-04-04..2026-04-06]`"""
    found = sorted(days)
    starts = [day for before, day in pairwise([date.min, *found]) if day - before > timedelta(days=1)]
    ends = [day for day, after in pairwise([*found, date.max]) if after - day > timedelta(days=1)]
    return "[" + ", ".join(f"{a}" if a == b else f"{a}..{b}" for a, b in zip(starts, ends, strict=True)) + "]"


if __name__ == "__main__":
    sys.exit(main())
