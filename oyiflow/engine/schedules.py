"""Processes that start by themselves (`starts:`): one instance in every period, whoever looks first.

The key of the start names the process and the period, so several engines on one store start it once. Only the latest
version starts, and only periods whose day has come since it was published; a period that passed while no worker was
running is not made up for. A process that cannot start is logged, once a day, tried again at every look, and holds
up no other.
"""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta

from oyiflow.engine.deployments import Deployments
from oyiflow.engine.steps import Advanced, Birth, Steps
from oyiflow.errors import StoreUnavailable
from oyiflow.model.calendar import Calendar
from oyiflow.model.definition import Definition, Schedule
from oyiflow.store.protocol import OutboxRow

KEY = "schedule:"
"""Begins the key of a start by schedule."""

_log = logging.getLogger("oyiflow.worker")


def period_of(every: str, day: date) -> str:
    """The period that a day belongs to: 2026-W28, 2026-07, 2026-Q3 or 2026."""
    if every == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02}"
    if every == "month":
        return f"{day.year}-{day.month:02}"
    return f"{day.year}-Q{(day.month + 2) // 3}" if every == "quarter" else str(day.year)


def first_day(every: str, day: date) -> date:
    """The first day of the period that a day belongs to."""
    if every == "week":
        return day - timedelta(days=day.weekday())
    if every == "month":
        return day.replace(day=1)
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1) if every == "quarter" else date(day.year, 1, 1)


def starts_at(schedule: Schedule, calendar: Calendar, now: datetime) -> datetime:
    """The moment at which the instance of the present period is to start."""
    begin = first_day(schedule.every, calendar.today(now))
    day = begin + timedelta(days=schedule.first - 1)
    while first_day(schedule.every, day) != begin:  # the period is shorter: its last day
        day -= timedelta(days=1)
    return calendar.at_start_of(day)


class Schedules:
    """Starts what is to start."""

    def __init__(self, steps: Steps, deployments: Deployments) -> None:
        self._steps = steps
        self._deployments = deployments
        self._started: set[str] = set()
        self._failed: set[str] = set()

    def run(self, now: datetime) -> tuple[int, tuple[OutboxRow, ...]]:
        """Start what is due; how many that were, and what is to be delivered for them."""
        count, outbox = 0, list[OutboxRow]()
        for definition, version, published in self._deployments.scheduled():
            key = f"{KEY}{definition.name}:{now:%Y-%m-%d}"
            try:
                found = self._start(definition, version, published, now)
            except StoreUnavailable:
                raise  # that holds up all of them, and the worker waits for it
            except Exception as error:  # whatever it is: the others start, and so does the rest of the work
                if key not in self._failed:
                    _log.error("%s version %s cannot start by itself: %s", definition.name, version, error)
                self._failed.add(key)
                continue
            if found is not None:
                count += found.first
                outbox += found.outbox
        return count, tuple(outbox)

    def _start(self, definition: Definition, version: int, published: datetime, now: datetime) -> Advanced | None:
        """Start one process if it is due and nobody has."""
        schedule = definition.starts
        assert schedule is not None, "it is scheduled"
        moment = starts_at(schedule, definition.calendar, now)
        key = f"{KEY}{definition.name}:{period_of(schedule.every, definition.calendar.today(now))}"
        if key in self._started or not published <= moment <= now:
            return None
        begun = None
        if self._steps.earlier("", key) is None:
            begun = self._steps.begin(Birth(definition=definition, version=version, now=now, key=key))
        self._started.add(key)
        return begun
