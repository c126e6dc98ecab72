"""The days that are worked in China in 2026, and the days of a month."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from oyiflow.diagnostics import Source
from oyiflow.load.files.calendar import calendar_of
from oyiflow.load.text import nodes
from oyiflow.model.calendar import Calendar, Duration

CN = Path(__file__).parents[3] / "oyiflow" / "calendars" / "cn.yaml"


@pytest.fixture(scope="module")
def cn() -> Calendar:
    root, found = nodes.read(Source(name="cn.yaml", text=CN.read_text(encoding="utf-8")))
    calendar, found = calendar_of(root, found)
    assert calendar is not None and not found
    return calendar


def test_the_shipped_calendar_covers_whole_years_without_a_gap(cn: Calendar) -> None:
    assert cn.name == "cn" and cn.utc_offset_minutes == 480 and cn.weekend == (5, 6)
    assert cn.years == tuple(range(2006, 2027))
    assert all(day.weekday() in cn.weekend for day in cn.workdays), "only days of the weekend are worked extra"


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 1, 1), False),  # New Year, a Thursday
        (date(2026, 1, 4), True),  # a Sunday, worked for it
        (date(2026, 2, 14), True),  # a Saturday before the Spring Festival
        (date(2026, 2, 16), False),
        (date(2026, 2, 23), False),
        (date(2026, 2, 24), True),
        (date(2026, 5, 9), True),
        (date(2026, 9, 20), True),
        (date(2026, 10, 7), False),
        (date(2026, 10, 10), True),
        (date(2026, 10, 11), False),  # a plain Sunday
    ],
)
def test_2026_as_it_was_announced(cn: Calendar, day: date, worked: bool) -> None:
    assert cn.is_workday(day) is worked


def test_deadlines_step_over_the_spring_festival(cn: Calendar) -> None:
    friday = datetime(2026, 2, 13, 7, 0, tzinfo=UTC)  # 15:00 in Beijing, two days before the festival
    assert cn.due(friday, Duration(amount=1, unit="workdays")) == datetime(2026, 2, 14, 7, 0, tzinfo=UTC)
    assert cn.due(friday, Duration(amount=2, unit="workdays")) == datetime(2026, 2, 24, 7, 0, tzinfo=UTC)
    assert cn.due(friday, Duration(amount=3, unit="days")) == datetime(2026, 2, 16, 7, 0, tzinfo=UTC)


def test_the_fifth_of_each_month_of_2026(cn: Calendar) -> None:
    fifths = [date(2026, month, 5) for month in range(1, 13)]
    assert [day.month for day in fifths if not cn.is_workday(day)] == [4, 5, 7, 9, 10, 12]
    before = {month: cn.day_of_month(2026, month, 5, "before") for month in range(1, 13)}
    after = {month: cn.day_of_month(2026, month, 5, "after") for month in range(1, 13)}
    assert {month: (before[month].isoformat(), after[month].isoformat()) for month in (4, 5, 7, 9, 10, 12)} == {
        4: ("2026-04-03", "2026-04-07"),
        5: ("2026-04-30", "2026-05-06"),
        7: ("2026-07-03", "2026-07-06"),
        9: ("2026-09-04", "2026-09-07"),
        10: ("2026-09-30", "2026-10-08"),
        12: ("2026-12-04", "2026-12-07"),
    }
    assert all(before[month] == after[month] == date(2026, month, 5) for month in (1, 2, 3, 6, 8, 11))


def test_a_shorter_month_ends_with_its_last_day() -> None:
    assert Calendar().day_of_month(2026, 4, 31, "after") == date(2026, 4, 30)
    assert Calendar().day_of_month(2026, 2, 30, "after") == date(2026, 3, 2)
    assert Calendar().day_of_month(2024, 2, 31, "before") == date(2024, 2, 29)


def test_the_years_that_a_stretch_of_time_lacks(cn: Calendar) -> None:
    assert cn.lacks(date(2026, 12, 1), date(2026, 12, 31)) == ()
    assert cn.lacks(date(2026, 12, 1), date(2028, 1, 1)) == (2027, 2028)
    assert Calendar().lacks(date(2026, 1, 1), date(2030, 1, 1)) == (), "the plain week is meant for every year"
