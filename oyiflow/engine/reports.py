"""Questions to all instances: the `reports:` of a process, and what is overdue.

A report is read from snapshots, one after the other: nothing is kept beside them, so it cannot be out of date.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from oyiflow.engine.access import Access, role_names
from oyiflow.engine.projection import Loaded
from oyiflow.engine.schedules import period_of
from oyiflow.kernel.snapshot import Snapshot
from oyiflow.model.definition import Definition, Report

STARTER = "starter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One answer of a report: for whom or what, in which period, how much, and whether that is as it should be."""

    process: str
    report: str
    zh: str
    en: str
    period: str
    """2026-07, 2026-W28, 2026-Q3 or 2026; "" when the report has no periods."""
    whose: str
    """The person or value that it is told apart by; "" for all together."""
    value: Any
    """The sum, or the number of instances."""
    least: Any
    most: Any
    instances: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Whether the value is within its bounds."""
        return (self.least is None or self.value >= self.least) and (self.most is None or self.value <= self.most)


def lines(report: Report, definition: Definition, loaded: Iterable[Loaded], access: Access, period: str) -> list[Line]:
    """The answers of one report, by period and then by person or value. `period` "" means every period that has any."""
    sums: dict[tuple[str, str], Any] = {}
    counted: dict[tuple[str, str], list[str]] = {}
    for one in loaded:
        for key, value in _share(report, one.definition, one.snapshot):
            if period in ("", key[0]):
                sums[key] = sums.get(key, 0) + value
                counted.setdefault(key, []).append(one.row.id)
    for key in _expected(report, definition, access, {p for p, _ in sums} | ({period} if period else set())):
        sums.setdefault(key, 0)
    return [
        Line(
            process=definition.name,
            report=report.name,
            zh=report.title.of("zh"),
            en=report.title.of("en"),
            period=key[0],
            whose=key[1],
            value=sums[key],
            least=report.least,
            most=report.most,
            instances=tuple(counted.get(key, ())),
        )
        for key in sorted(sums)
    ]


def _share(report: Report, definition: Definition, snapshot: Snapshot) -> Iterator[tuple[tuple[str, str], Any]]:
    """What one instance adds, and to which answer; nothing when it does not belong to the report."""
    been = {*snapshot.did, *snapshot.configuration}
    if report.of and been.isdisjoint(report.of):
        return
    data, period = snapshot.data, ""
    if report.on:
        day = data.get(report.on)
        if not isinstance(day, date):
            return
        period = period_of(report.every, definition.calendar.today(day) if isinstance(day, datetime) else day)
    value = data.get(report.total, 0) if report.total else 1
    whose: tuple[str, ...] = ("",)
    if report.per == STARTER:
        whose = snapshot.did.get(definition.root.id, ("",))
    elif report.per:
        found = data.get(report.per)
        whose = tuple(map(str, found)) if isinstance(found, tuple) else ("" if found is None else str(found),)
    for one in whose:
        yield (period, one), value


def _expected(report: Report, definition: Definition, access: Access, periods: set[str]) -> Iterator[tuple[str, str]]:
    """Where something is asked at the least of everybody, those who have nothing are asked too."""
    if report.least is None or report.per != STARTER:
        return
    first = next((state.work for state in definition.states.values() if state.work is not None), None)
    for person in access.holders(definition, role_names(definition, first.by) if first is not None else ()):
        for period in periods:
            yield period, person
