"""Questions to all instances: the `reports:` of a process, and what is overdue.

A report is read from snapshots, one after the other: nothing is kept beside them, so it cannot be out of date. Instances of
older versions count as far as they fit: a value that is no number there is left out, a step or field keeps its meaning by its name.
In the period that is not over yet, what is asked at the least is also asked pro rata, for the days that have passed.
Whoever may not see a field learns nothing of it here either: sums and people are masked, and what is masked is never called wrong.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any, NamedTuple

from oyiflow.engine.access import Access, role_names
from oyiflow.engine.projection import Loaded
from oyiflow.engine.spans import Stretch, merged, period_of, pro_rata, shared
from oyiflow.errors import EventRejected, Forbidden
from oyiflow.kernel.codec import plain
from oyiflow.model.definition import STARTER, Definition, Report, StateKind
from oyiflow.model.values import FileReference
from oyiflow.model.visibility import MASK, may_see
from oyiflow.store.protocol import JournalRow

PERIODS = {
    "week": (re.compile(r"[0-9]{4}-W(0[1-9]|[1-4][0-9]|5[0-3])"), "2026-W28"),
    "month": (re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])"), "2026-07"),
    "quarter": (re.compile(r"[0-9]{4}-Q[1-4]"), "2026-Q3"),
    "year": (re.compile(r"[0-9]{4}"), "2026"),
}
"""How the periods of a report are written, and an example."""

Key = tuple[str, str]
"""(period, whose)."""


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
    """The sum, or the number of instances; masked where the viewer may not see what was added up."""
    least: Any
    most: Any
    instances: tuple[str, ...]
    due: Any = None
    """In the period of today: what `least` comes to for the days before today; None elsewhere."""
    left_out: int = 0
    """How many instances of the process are in no line, because they are damaged. Some line says it, whatever else there is."""

    @property
    def right(self) -> bool:
        """Whether the value is within its bounds; of a value that is masked nothing else is said."""
        if self.value == MASK:
            return True
        return (self.least is None or self.value >= self.least) and (self.most is None or self.value <= self.most)

    @property
    def behind(self) -> bool:
        """Whether it has not come to what the days before today ask for; of a value that is masked nothing is said."""
        return self.due is not None and self.value != MASK and bool(self.value < self.due)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """What a report is asked of, and by whom."""

    definition: Definition
    loaded: Sequence[Loaded]
    journal: Callable[[str], Iterable[JournalRow]]
    access: Access
    today: date
    viewer: str | None = None
    """None for the embedding program, which sees everything."""
    period: str = ""
    """"" means every period that has any."""
    left_out: int = 0
    """How many instances there are that could not be loaded."""

    def shows(self, name: str) -> bool:
        """Whether the viewer may see a field, in every version that these instances have."""
        if self.viewer is None or name in ("", STARTER):
            return True
        known = {one.digest: one for one in (self.definition, *(one.definition for one in self.loaded)) if name in one.field}
        return all(may_see(one, name, self.access.roles(one, self.viewer)) for one in known.values())


def chosen(definition: Definition, name: str, period: str) -> list[Report]:
    """The reports of a process that are asked for: one of them, or all; a period has to be one that they have."""
    found = [one for one in definition.reports if name in ("", one.name)]
    if name and not found:
        known = "、".join(one.name for one in definition.reports) or "-"
        raise EventRejected(
            f"{definition.name} 没有统计 {name}；有: {known}",
            f"{definition.name} has no report {name}; there are: {known}",
            code="invalid_value",
        )
    if period and found and not any(_is_of(one, period) for one in found):
        forms = [PERIODS[every][1] for every in dict.fromkeys(one.every for one in found) if every]
        zh = f"可写: {'、'.join(forms)}" if forms else "这些统计不分周期，去掉 --period"
        en = f"written like {', '.join(forms)}" if forms else "these reports have no periods, drop --period"
        raise EventRejected(f"周期 {period[:40]} 不对: {zh}", f"no period {period[:40]}: {en}", code="invalid_value")
    return found


def _is_of(report: Report, period: str) -> bool:
    return bool(report.every) and PERIODS[report.every][0].fullmatch(period) is not None


def lines(report: Report, inquiry: Inquiry) -> list[Line]:
    """The answers of one report, by period and then by person or value."""
    period = inquiry.period
    if period and not _is_of(report, period):
        return []
    hidden = next((name for name in dates_of(report) if not inquiry.shows(name)), "")
    if period and hidden:
        raise Forbidden(
            f"无权查看字段“{hidden}”，不能按周期查", f"the field {hidden!r} may not be seen, nor what its periods are"
        )
    sums, counted = _in_days(report, inquiry) if report.days else _added_up(report, inquiry)
    for key in _expected(report, inquiry, {p for p, _ in sums} | ({period} if period else set())):
        sums.setdefault(key, 0)
    if inquiry.left_out and not sums:
        sums[period, ""] = 0
    sight = _sight(report, inquiry)
    found = [_line(report, inquiry, sight, (key, sums[key], tuple(counted.get(key, ())))) for key in sorted(sums)]
    return sorted(found, key=lambda line: (line.period, line.whose, line.value))  # the order gives nothing masked away


def _added_up(report: Report, inquiry: Inquiry) -> tuple[dict[Key, Any], dict[Key, list[str]]]:
    """The sums (or numbers of instances), and the instances behind them."""
    sums: dict[Key, Any] = {}
    counted: dict[Key, list[str]] = {}
    for one in inquiry.loaded:
        for key, value in _share(report, one, inquiry):
            if inquiry.period in ("", key[0]):
                sums[key] = sums.get(key, 0) + value
                counted.setdefault(key, []).append(one.row.id)
    return sums, counted


def _in_days(report: Report, inquiry: Inquiry) -> tuple[dict[Key, Any], dict[Key, list[str]]]:
    """The calendar days, each once for each person or value and in its own period, and the instances that they come from."""
    stretches: dict[str, list[Stretch]] = {}
    counted: dict[Key, list[str]] = {}
    for one in inquiry.loaded:
        stretch = _stretch(report, one, inquiry)
        if stretch is None:
            continue
        for name in _whose(report, one):
            stretches.setdefault(name, []).append(stretch)
            for period, _ in shared(report.every, stretch):
                if inquiry.period in ("", period):
                    counted.setdefault((period, name), []).append(one.row.id)
    sums: dict[Key, Any] = {}
    for name, found in stretches.items():
        for period, days in (part for stretch in merged(found) for part in shared(report.every, stretch)):
            if inquiry.period in ("", period):
                sums[period, name] = sums.get((period, name), 0) + days
    return sums, counted


def _stretch(report: Report, one: Loaded, inquiry: Inquiry) -> Stretch | None:
    """The days of an instance that have come: from the latest of the first days to the earliest of the last ones."""
    if report.of and not _came_to(report, one, inquiry):
        return None
    ends = []
    for names in report.days:
        known = (one.snapshot.data.get(name) for name in names)
        ends.append([one.definition.calendar.day_of(value) for value in known if isinstance(value, date)])
    if not all(ends):
        return None
    first, last = max(ends[0]), min(*ends[1], inquiry.today)
    return (first, last) if first <= last else None


class Sight(NamedTuple):
    """What of the lines of a report its viewer may see."""

    period: bool
    whose: bool
    value: bool


def _sight(report: Report, inquiry: Inquiry) -> Sight:
    dates = all(map(inquiry.shows, dates_of(report)))
    return Sight(period=dates, whose=inquiry.shows(report.per), value=dates if report.days else inquiry.shows(report.total))


def _line(report: Report, inquiry: Inquiry, sight: Sight, answer: tuple[Key, Any, tuple[str, ...]]) -> Line:
    """`answer`: of which period and whom, how much, and from which instances."""
    key, value, instances = answer
    period = key[0] if sight.period else MASK
    whose = key[1] if sight.whose else MASK
    running = report.least is not None and report.every and key[0] == period_of(report.every, inquiry.today)
    return Line(
        process=inquiry.definition.name,
        report=report.name,
        zh=report.title.of("zh"),
        en=report.title.of("en"),
        period=period,
        whose=whose,
        value=value if sight.value else MASK,
        least=report.least,
        most=report.most,
        instances=instances if MASK not in (period, whose) else (),  # which of them have the same value is a secret too
        due=pro_rata(report.least, report.every, inquiry.today) if running and period != MASK else None,
        left_out=inquiry.left_out,
    )


def dates_of(report: Report) -> tuple[str, ...]:
    """The fields with the dates that decide in which period something counts."""
    return tuple(name for names in report.days for name in names) or (report.on,)


def _share(report: Report, one: Loaded, inquiry: Inquiry) -> Iterator[tuple[Key, Any]]:
    """What one instance adds, and to which answer; nothing when it does not belong to the report or holds something else there."""
    definition, snapshot = one.definition, one.snapshot
    if report.every and not report.on:
        days = [period_of(report.every, day) for day in _done_on(report, one, inquiry)]
        yield from (((period, name), 1) for period in days for name in _whose(report, one))
        return
    if report.of and not _came_to(report, one, inquiry):
        return
    data, period = snapshot.data, ""
    if report.on:
        day = data.get(report.on)
        if not isinstance(day, date):
            return
        period = period_of(report.every, definition.calendar.day_of(day))
    value = data.get(report.total, 0) if report.total else 1
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return
    for name in _whose(report, one):
        yield (period, name), value


def _done_on(report: Report, one: Loaded, inquiry: Inquiry) -> Iterator[date]:
    """The day of each time that a step of the report was done, or an end reached, by the journal."""
    if _has_come_to(report, one, inquiry) is False:
        return
    wanted, definition = _names_of(report, inquiry), one.definition
    for row in inquiry.journal(one.row.id):
        for step in json.loads(row.trace):
            ended = (name for name in step["entered"] if _is_end(definition, name))
            if not wanted.isdisjoint(chain(ended, (_done_by(definition, way) for way in step["transitions"]))):
                yield definition.calendar.today(datetime.fromisoformat(row.at))


def _is_end(definition: Definition, name: str) -> bool:
    return name in definition.states and definition.states[name].kind is StateKind.FINAL


def _done_by(definition: Definition, transition: str) -> str:
    """The step that a transition of a trace (`visit#0`) ends as done; "" where it was sent back, passed over or failed."""
    name, _, place = transition.rpartition("#")
    state = definition.states.get(name)
    ways = state.transitions if state is not None else ()
    known = ways[int(place)] if place.isdecimal() and int(place) < len(ways) else None
    return "" if known is not None and known.purpose in ("rejected", "skip", "late", "failed") else name


def _names_of(report: Report, inquiry: Inquiry) -> set[str]:
    """The steps of a report, by all names that they have had."""
    asked = [inquiry.definition.states[name] for name in report.of]
    return {name for state in asked for name in (state.id, state.was) if name}


def _whose(report: Report, one: Loaded) -> Iterable[str]:
    """For whom or what an instance counts."""
    whose: tuple[str, ...] = ("",)
    if report.per == STARTER:
        whose = one.snapshot.did.get(one.definition.root.id, ("",))
    elif report.per:
        found = one.snapshot.data.get(report.per)
        whose = tuple(map(_named, found)) if isinstance(found, tuple) else (_named(found),)
    return dict.fromkeys(whose)


def _came_to(report: Report, one: Loaded, inquiry: Inquiry) -> bool:
    """Whether an instance came to one of the steps of the report."""
    known = _has_come_to(report, one, inquiry)
    if known is not None:
        return known
    wanted = _names_of(report, inquiry)
    entered = (step["entered"] for row in inquiry.journal(one.row.id) for step in json.loads(row.trace))
    return any(not wanted.isdisjoint(names) for names in entered)


def _has_come_to(report: Report, one: Loaded, inquiry: Inquiry) -> bool | None:
    """The same by the snapshot; None where the journal alone can tell: of what nobody does (a wait, a call)."""
    asked = [inquiry.definition.states[name] for name in report.of]
    wanted = _names_of(report, inquiry)
    if not wanted.isdisjoint((*one.snapshot.did, *one.snapshot.configuration)):
        return True
    parents, root = inquiry.definition.parents, inquiry.definition.root.id
    ends = (state.kind is StateKind.FINAL and parents.get(state.id) == root for state in asked)  # nobody leaves these
    return False if all(end or state.work is not None for state, end in zip(asked, ends, strict=True)) else None


def _named(value: Any) -> str:
    """A value that lines are told apart by, as text."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, FileReference):
        return value.name
    return " ".join(map(_named, value)) if isinstance(value, tuple) else str(plain(value))


def _expected(report: Report, inquiry: Inquiry, periods: set[str]) -> Iterator[Key]:
    """Where something is asked at the least of everybody, those who have nothing are asked too."""
    if report.least is None or report.per != STARTER:
        return
    definition = inquiry.definition
    first = next((state.work for state in definition.states.values() if state.work is not None), None)
    for person in inquiry.access.holders(definition, role_names(definition, first.by) if first is not None else ()):
        for period in periods:
            yield period, person
