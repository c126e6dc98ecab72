"""Calendar days and periods: stretches of days put together, shared out among periods, and how much a period asks for by now.

A day counts once, however many stretches it lies in; a stretch ends today at the latest, for no day counts before it has
come. Stretches are kept by their ends, so that a slip of a thousand years costs no memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any

from oyiflow.model.periods import LONGEST

DAY = timedelta(days=1)

Stretch = tuple[date, date]
"""A first and a last day; both belong to it."""


def period_of(every: str, day: date) -> str:
    """The period that a day belongs to: 2026-W28, 2026-07, 2026-Q3 or 2026; "" where there are none."""
    if every == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02}"
    if every == "month":
        return f"{day.year}-{day.month:02}"
    if every == "quarter":
        return f"{day.year}-Q{(day.month + 2) // 3}"
    return str(day.year) if every else ""


def first_day(every: str, day: date) -> date:
    """The first day of the period that a day belongs to."""
    if every == "week":
        return day - timedelta(days=day.weekday())
    if every == "month":
        return day.replace(day=1)
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1) if every == "quarter" else date(day.year, 1, 1)


def last_day(every: str, day: date) -> date:
    """The last day of the period that a day belongs to."""
    first = first_day(every, day)
    last = first + timedelta(days=min(LONGEST[every] - 1, (date.max - first).days))
    while first_day(every, last) != first:
        last -= DAY
    return last


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same days in stretches that do not touch, the earliest first."""
    found: list[Stretch] = []
    for first, last in sorted(stretches):
        if found and (first - found[-1][1]).days <= 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


def shared(every: str, stretch: Stretch) -> Iterator[tuple[str, int]]:
    """How many days of a stretch lie in each period."""
    first, last = stretch
    while True:
        end = min(last, last_day(every, first)) if every else last
        yield period_of(every, first), (end - first).days + 1
        if end >= last:
            return
        first = end + DAY


def pro_rata(least: Any, every: str, today: date) -> Any:
    """What of `least` the days before today ask for, rounded up: to whole numbers for those, else to hundredths."""
    gone, whole = (today - first_day(every, today)).days, (last_day(every, today) - first_day(every, today)).days + 1
    if isinstance(least, int):
        return -(-least * gone // whole)
    return (least * gone / whole).quantize(Decimal("0.01"), ROUND_CEILING)
