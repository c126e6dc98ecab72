"""Processes that start by themselves (`starts:`): one instance in every period, or one for everybody who holds a role.

The key of the start names the process, the period, the day if there are several, and the person, so several engines on one
store start it once. Only the latest version starts, and only on days that have come since it was published; of several
days in a period that have passed while no worker was running, and of such periods, only the last one is made up for.
Whoever is absent gets theirs too: a deputy sees it. Whoever comes to the role within the period gets one then. A process
that cannot start is logged, once a day, tried again at every look, and holds up no other, nor one person another.

An instance can start with what a report says of whoever it is for. It starts whatever that is: the process decides what
follows, and that it has been looked is on record.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from oyiflow.engine.access import Access
from oyiflow.engine.deployments import Deployments
from oyiflow.engine.keys import SCHEDULE_KEY
from oyiflow.engine.reports import Line, chosen
from oyiflow.engine.spans import first_day, last_day, period_of, pro_rata
from oyiflow.engine.steps import Advanced, Birth, Steps
from oyiflow.errors import OyiFlowError, StoreUnavailable
from oyiflow.model.calendar import Calendar
from oyiflow.model.definition import Definition
from oyiflow.store.protocol import OutboxRow

Ask = Callable[[str, str, str, datetime], list[Line]]
"""The answers of a report: process, report, period, moment."""

_log = logging.getLogger("oyiflow.worker")


def starts_at(every: str, number: int, calendar: Calendar, now: datetime) -> datetime:
    """The moment at which day `number` of the present period begins; in a period that is shorter, its last day."""
    begin = first_day(every, calendar.today(now))
    return calendar.at_start_of(min(begin + timedelta(days=number - 1), last_day(every, begin)))


class Schedules:
    """Starts what is to start."""

    def __init__(self, steps: Steps, deployments: Deployments, access: Access, ask: Ask) -> None:
        self._steps = steps
        self._deployments = deployments
        self._access = access
        self._ask = ask
        self._started: set[str] = set()
        self._failed: set[str] = set()
        self._asked: tuple[str, str, str, datetime] | None = None
        self._told: dict[str, Line] = {}

    def run(self, now: datetime) -> tuple[int, tuple[OutboxRow, ...]]:
        """Start what is due; how many that were, and what is to be delivered for them."""
        count, outbox = 0, list[OutboxRow]()
        for definition, version, published in self._deployments.scheduled():
            for key, person in self._wanted(definition, published, now):
                wish = Birth(definition=definition, version=version, now=now, actor=person, key=key)
                try:
                    found = self._start(wish)
                except StoreUnavailable:
                    raise  # that holds up all of them, and the worker waits for it
                except Exception as error:  # whatever it is: the others start, and so does the rest of the work
                    self._complain(wish, error)
                    continue
                if found is not None:
                    count += found.first
                    outbox += found.outbox
        return count, tuple(outbox)

    def _complain(self, wish: Birth, error: Exception) -> None:
        mark = f"{wish.key}:{wish.now:%Y-%m-%d}"
        if mark not in self._failed:
            whom = f" for {wish.actor}" if wish.actor else ""
            _log.error("%s version %s cannot start by itself%s: %s", wish.definition.name, wish.version, whom, error)
        self._failed.add(mark)

    def _wanted(self, definition: Definition, published: datetime, now: datetime) -> Iterator[tuple[str, str]]:
        """The keys of the starts that are due, and who each is for ("" for nobody)."""
        schedule, calendar = definition.starts, definition.calendar
        assert schedule is not None, "it is scheduled"
        moments = [(starts_at(schedule.every, day, calendar, now), day) for day in (schedule.first, *schedule.more)]
        due = [(moment, day) for moment, day in moments if published <= moment <= now]
        if not due:
            return
        key = f"{SCHEDULE_KEY}{definition.name}:{period_of(schedule.every, calendar.today(now))}"
        if schedule.more:
            key += f":{max(due)[1]}"
        if not schedule.for_each:
            yield key, ""
            return
        for person in self._access.holders(definition, (schedule.for_each,)):
            yield f"{key}:{person}", person

    def _start(self, wish: Birth) -> Advanced | None:
        """Start it if nobody has."""
        if wish.key in self._started:
            return None
        begun = None
        if self._steps.earlier("", wish.key) is None:
            begun = self._steps.begin(replace(wish, values=self._figures(wish)))
        self._started.add(wish.key)
        return begun

    def _figures(self, wish: Birth) -> dict[str, Any]:
        """What the report says of whoever it is for, by our fields; of somebody whom it does not know: nothing done so far."""
        figures = wish.definition.starts.figures if wish.definition.starts is not None else None
        if figures is None:
            return {}
        theirs, _ = self._deployments.find(figures.process)
        (report,) = chosen(theirs, figures.report, "")
        today = theirs.calendar.today(wish.now)
        period = period_of(report.every, today)
        asked = (figures.process, figures.report, period, wish.now)
        if self._asked != asked:  # for the next people too, who are looked at in this same moment
            answers = self._ask(*asked)
            if answers and answers[0].left_out:
                raise OyiFlowError(
                    f"流程 {figures.process} 有 {answers[0].left_out} 个案件已损坏，统计不全",
                    f"{answers[0].left_out} cases of {figures.process} are damaged, and the figures would leave them out",
                )
            self._asked, self._told = asked, {line.whose: line for line in answers}
        line, least = self._told.get(wish.actor), report.least
        due = pro_rata(least, report.every, today) if report.every and least is not None else None
        parts = {"whose": wish.actor, "period": period, "value": line.value if line else 0, "due": due, "at_least": least}
        return {ours: value for ours, part in figures.gives if (value := parts[part]) not in (None, "")}
