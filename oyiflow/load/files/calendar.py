"""The calendar file: which days are worked, year by year.

    calendar: cn
    timezone: "+08:00"
    weekend: [sat, sun]
    years:
      2026:
        holidays: [2026-01-01..2026-01-03]     # days off
        workdays: [2026-01-04]                 # days of the weekend that are worked (调休)

Read as strictly as a process. A year that is named is known completely; one that is not is not guessed at.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from oyiflow.diagnostics import Diagnostic, Fix, Span
from oyiflow.load.language.keys import DAYS
from oyiflow.load.language.shape import check_shape
from oyiflow.load.reading import scalar, scalars
from oyiflow.load.report import Report
from oyiflow.load.text.nodes import Mapping, Node, Scalar
from oyiflow.model.calendar import PLAIN_WEEK, Calendar


def is_calendar(root: Node | None) -> bool:
    """Whether a file speaks of a calendar and of nothing else."""
    return (
        isinstance(root, Mapping)
        and root.key("calendar") is not None
        and root.key("company") is None
        and root.key("process") is None
    )


def calendar_of(root: Node | None, found: list[Diagnostic]) -> tuple[Calendar | None, list[Diagnostic]]:
    """The calendar in a text whose nodes have been read, and everything that is wrong with it; none if there is any error."""
    report = Report()
    report.add(found)
    if root is None:
        return None, report.found
    check_shape(root, report, "calendar")
    if report.failed or not isinstance(root, Mapping):
        return None, report.found
    years = root.get("years")
    holidays: dict[date, Span] = {}
    workdays: dict[date, Span] = {}
    for year, node in years.items if isinstance(years, Mapping) else ():
        if isinstance(node, Mapping):
            _read(node.get("holidays"), year, holidays, report)
            _read(node.get("workdays"), year, workdays, report)
    for day in sorted(holidays.keys() & workdays.keys()):
        fix = Fix(zh="从其中一个里去掉", en="take it out of one of them")
        report.error("OF706", workdays[day], f"{day} 既放假又上班", f"{day} is a holiday and a workday at once", fix)
    return (None if report.failed else _made(root, frozenset(holidays), frozenset(workdays))), report.found


def _made(root: Mapping, holidays: frozenset[date], workdays: frozenset[date]) -> Calendar:
    zone, weekend, years = scalar(root.get("timezone")), root.get("weekend"), root.get("years")
    return Calendar(
        name=scalar(root.get("calendar")),
        utc_offset_minutes=_minutes(zone) if zone else PLAIN_WEEK.utc_offset_minutes,
        weekend=tuple(sorted({DAYS.index(day.text) for day in scalars(weekend)}))
        if weekend is not None
        else PLAIN_WEEK.weekend,
        holidays=holidays,
        workdays=workdays,
        years=tuple(sorted(int(year.text) for year, _ in years.items)) if isinstance(years, Mapping) else (),
    )


def _minutes(zone: str) -> int:
    """`+08:00` is 480."""
    sign = -1 if zone.startswith("-") else 1
    return sign * (int(zone[1:3]) * 60 + int(zone[4:6]))


def _read(node: Node | None, year: Scalar, into: dict[date, Span], report: Report) -> None:
    for item in scalars(node):
        for day in _days(item, year.text, report):
            if day in into:
                report.error(
                    "OF706", item.span, f"{day} 写了两次", f"{day} is listed twice", Fix(zh="去掉一次", en="list it once")
                )
                break
            into[day] = item.span


def _days(item: Scalar, year: str, report: Report) -> Iterator[date]:
    """The days of `2026-01-04` or `2026-01-01..2026-01-03`; what is wrong is reported."""
    begin, _, end = item.text.partition("..")
    first = date_of(item, begin, report)
    last = date_of(item, end, report) if end else first
    if first is None or last is None:
        return
    if {f"{first.year:04}", f"{last.year:04}"} != {year}:
        fix = Fix(zh=f"写到它自己的年份下，或改成 {year} 年的日期", en=f"put it under its own year, or write a date of {year}")
        report.error("OF706", item.span, f"{item.text} 不在 {year} 年", f"{item.text} does not lie in {year}", fix)
    elif last < first:
        fix = Fix(zh=f"写成 {last}..{first}", en=f"write {last}..{first}", replacement=f"{last}..{first}")
        report.error("OF706", item.span, f"{item.text} 的起止日期颠倒了", f"{item.text} ends before it begins", fix)
    else:
        yield from (first + timedelta(days=n) for n in range((last - first).days + 1))


def date_of(node: Node, text: str, report: Report) -> date | None:
    """A date of the right shape, `2026-10-01`; one that does not exist is reported."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        report.error(
            "OF103",
            node.span,
            f"没有“{text}”这一天",
            f"there is no day {text!r}",
            Fix(zh="写一个存在的日期", en="write a date that exists"),
        )
        return None
