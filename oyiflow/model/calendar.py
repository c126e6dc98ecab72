"""Lengths of time and the company's calendar: all arithmetic with time, and none of it looks at a clock.

A `Duration` is kept as its author wrote it. Minutes, hours, days and weeks are elapsed time; workdays have no length of
their own and are counted by a `Calendar`, a plain value that says which days are worked and where the wall clock stands.
Moments are aware datetimes and come out in UTC. Where the calendar of the computer ends (years 1 and 9999), results stay
at the edge instead of failing.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Literal

Unit = Literal["minutes", "hours", "days", "weeks", "workdays"]
OnHoliday = Literal["before", "after"]
"""Where a day of the month goes that falls on a day off."""

_MINUTES: Mapping[str, int] = {"minutes": 1, "hours": 60, "days": 1440, "weeks": 10080}
_UNIT_ZH: Mapping[str, str] = {"minutes": "分钟", "hours": "小时", "days": "天", "weeks": "周", "workdays": "个工作日"}
_UNIT_WORDS: Mapping[Unit, str] = {
    "minutes": "minutes minute mins min 分钟 分",
    "hours": "hours hour 小时 个小时",
    "days": "days day 天 日 自然日 个自然日",
    "weeks": "weeks week 周 个周 星期 个星期",
    "workdays": "workdays workday 工作日 个工作日",
}
UNITS: Mapping[str, Unit] = {word: unit for unit, words in _UNIT_WORDS.items() for word in words.split()}
"""Every word that names a unit of time, Chinese and English."""
_LONGEST: Mapping[str, int] = {"minutes": 52_560_000, "hours": 876_000, "days": 36_500, "weeks": 5_200, "workdays": 26_000}
_DURATION = re.compile(r"(\d{1,9})\s*([^\W\d]+)")
_FIRST = datetime(1, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
STORED_DURATION = re.compile(r"(-?\d+) (minutes|hours|days|weeks|workdays)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """A length of time as its author wrote it. Minutes to weeks are elapsed time; workdays need a calendar."""

    amount: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Duration | None:
        """`3 workdays`, `30 minutes`, `3天`, `5 个工作日`; None for anything else, and for more than a hundred years."""
        match = _DURATION.fullmatch(unicodedata.normalize("NFKC", text).strip())
        unit = UNITS.get(match[2].lower()) if match else None
        if match is None or unit is None or int(match[1]) > _LONGEST[unit]:
            return None
        return cls(amount=int(match[1]), unit=unit)

    @property
    def minutes(self) -> int | None:
        """The elapsed minutes; None for workdays, whose length only a calendar knows."""
        return self.amount * _MINUTES[self.unit] if self.unit in _MINUTES else None

    def text(self, lang: str = "en") -> str:
        """`3 workdays` or `3 个工作日`."""
        if lang == "zh":
            return f"{self.amount} {_UNIT_ZH[self.unit]}"
        return f"{self.amount} {self.unit.removesuffix('s') if self.amount == 1 else self.unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Which days are worked, and the company's wall clock. The default: Monday to Friday, UTC+8.

    `workdays` are weekend days that are worked (调休), `holidays` days that are not; `workdays` wins. `years` are those
    for which the lists are complete; empty means that the plain week is meant for every year.
    """

    name: str = ""
    utc_offset_minutes: int = 480
    weekend: tuple[int, ...] = (5, 6)
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    years: tuple[int, ...] = ()

    @property
    def zone(self) -> timezone:
        """The fixed offset of the wall clock."""
        return timezone(timedelta(minutes=self.utc_offset_minutes))

    def covers(self, day: date) -> bool:
        """Whether the lists are known to be complete for the year of this day."""
        return not self.years or day.year in self.years

    def is_workday(self, day: date) -> bool:
        """Whether people work on this day."""
        return day in self.workdays or (day.weekday() not in self.weekend and day not in self.holidays)

    def lacks(self, first: date, last: date) -> tuple[int, ...]:
        """The years from one day to another whose lists are not known."""
        return tuple(year for year in range(first.year, last.year + 1) if self.years and year not in self.years)

    def day_of_month(self, year: int, month: int, day: int, on_holiday: OnHoliday) -> date:
        """The n-th of a month, moved to the last workday before it or the first one after it if nobody works then.

        A month that is shorter has its last day for it.
        """
        wanted = date(year, month, min(day, monthrange(year, month)[1]))
        if self.is_workday(wanted):
            return wanted
        return self.add_workdays(wanted, 1 if on_holiday == "after" else -1)

    def end_of(self, day: date, on_holiday: Literal["", "before", "after"] = "") -> datetime:
        """The moment (UTC) at which this day is over; on a day off, the workday before or after it is meant, if so said."""
        if on_holiday and not self.is_workday(day):
            day = self.add_workdays(day, 1 if on_holiday == "after" else -1)
        return _shift(self.at_start_of(day), 24 * 60)

    def end_of_day_of_month(self, now: datetime, day: int, on_holiday: Literal["", "before", "after"] = "") -> datetime:
        """The next end (UTC) of the n-th of a month after `now`; a month that is shorter has its last day for it.

        Where the workday before it lies in the month before and has passed, the day itself counts, not that of the next month.
        """
        today = self.today(now)
        year, month = (
            (today.year, today.month - 1) if today.month > 1 else (today.year - 1, 12)
        )  # its end may have moved into this month
        year = max(year, 1)
        for _ in range(4):
            wanted = date(year, month, min(day, monthrange(year, month)[1]))
            due = self.end_of(wanted, on_holiday)
            if due <= now and due <= self.at_start_of(wanted.replace(day=1)):
                due = self.end_of(wanted)
            if due > now:
                break
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        return due

    def today(self, now: datetime) -> date:
        """The date on the wall at the moment `now`."""
        return now.astimezone(self.zone).date()

    def day_of(self, value: date) -> date:
        """The day of a date, or of a moment by the wall clock; a `datetime` is a `date` too."""
        return self.today(value) if isinstance(value, datetime) else value

    def moment_of(self, value: date) -> datetime:
        """A moment itself, or the one (UTC) at which a day begins."""
        return value if isinstance(value, datetime) else self.at_start_of(value)

    def at_start_of(self, day: date) -> datetime:
        """The moment (UTC) at which this day begins."""
        return _shift(datetime(day.year, day.month, day.day, tzinfo=UTC), -self.utc_offset_minutes)

    def add_workdays(self, day: date, amount: int) -> date:
        """The `amount`-th workday after `day` (before it, if negative); `day` itself is not counted."""
        step = 1 if amount > 0 else -1
        number, left = day.toordinal(), abs(amount)
        while left and 1 < number < date.max.toordinal():
            number += step
            left -= self.is_workday(date.fromordinal(number))
        return date.fromordinal(number)

    def due(self, start: datetime, duration: Duration) -> datetime:
        """The moment (UTC) when `duration` has passed since `start`.

        Workdays: `start` on a workday ends at the same wall-clock time n workdays later (Friday 15:00 + 1 workday is
        Monday 15:00). A start on a day off counts from the beginning of the next workday, so the whole of that day is
        there to work in (Saturday + 1 workday is Tuesday 0:00, the end of Monday).
        """
        assert start.tzinfo is not None, "a moment has a zone"
        minutes = duration.minutes
        if minutes is not None:
            return _shift(start.astimezone(UTC), minutes)
        local = _shift(start.astimezone(UTC), self.utc_offset_minutes)
        day, clock = local.date(), local - datetime(local.year, local.month, local.day, tzinfo=UTC)
        if not self.is_workday(day):
            day, clock = self.add_workdays(day, 1), timedelta(0)
        return _shift(self.at_start_of(self.add_workdays(day, duration.amount)), 0, clock)


def _shift(moment: datetime, minutes: int, more: timedelta = timedelta(0)) -> datetime:
    """Moves a UTC moment; where the calendar of the computer ends, it stays at the edge."""
    try:
        return moment + timedelta(minutes=minutes) + more
    except OverflowError:
        return _LAST if minutes >= 0 else _FIRST


PLAIN_WEEK = Calendar()
"""Monday to Friday at UTC+8, no holidays."""
