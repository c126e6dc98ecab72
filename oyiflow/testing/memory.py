"""Time that stands still until it is moved, an engine in memory, a company in which each role is held."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from oyiflow.engine.directory import Directory
from oyiflow.engine.engine import Engine
from oyiflow.engine.handlers import Handler
from oyiflow.model.calendar import PLAIN_WEEK, Calendar, Duration
from oyiflow.model.company import Company, Person, Policies
from oyiflow.model.definition import Definition, Text

MONDAY = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
"""A Monday, nine in the morning in Beijing."""


class ManualClock:
    """A clock that is moved by hand; it never goes back."""

    def __init__(self, start: datetime = MONDAY) -> None:
        assert start.tzinfo is not None, "a moment has a zone"
        self._now = start

    def __call__(self) -> datetime:
        """The time that it shows."""
        return self._now

    def advance(self, by: timedelta | Duration | str, calendar: Calendar | None = None) -> datetime:
        """Move on by a `timedelta`, or by a duration in words; workdays are counted with the calendar."""
        if isinstance(by, str):
            duration = Duration.parse(by)
            assert duration is not None, f"not a duration: {by!r}"
            by = duration
        later = self._now + by if isinstance(by, timedelta) else (calendar or Calendar()).due(self._now, by)
        assert later >= self._now, "time does not go back"
        self._now = later
        return later


def one_per_role(*definitions: Definition) -> Company:
    """A company in which every role of these processes is held by one person who bears the role's name.

    With so few people, whoever starts may approve; rules of the process hold all the same.
    """
    titles = {role.name: role.title for definition in definitions for role in definition.roles if not role.outside}
    return Company(
        title=Text(zh="测试公司", en="Test company"),
        people=tuple(Person(name=name, title=title, roles=(name,)) for name, title in titles.items()),
        calendar=definitions[0].calendar if definitions else PLAIN_WEEK,
        policies=Policies(self_approval="allowed"),
    )


def memory_engine(
    *definitions: Definition,
    directory: Directory | None = None,
    clock: ManualClock | None = None,
    handlers: Mapping[str, Handler] | None = None,
) -> Engine:
    """An engine in memory with these processes published; without a directory, `one_per_role` is it."""
    engine = Engine(
        directory=directory if directory is not None else one_per_role(*definitions),
        clock=clock if clock is not None else ManualClock(),
        handlers=handlers or {},
    )
    for definition in definitions:
        engine.deploy(definition)
    return engine
