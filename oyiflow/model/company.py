"""Who works here: people, the roles that they hold, their superiors and deputies, who is absent, what holds for everybody.

Frozen types, no behaviour but look-ups. A deputy acts for somebody only on the days of an absence and never for a deputy
of a deputy; the absent one may still act. Days are those of the company's calendar.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from oyiflow.diagnostics import NOWHERE, Span
from oyiflow.model.calendar import PLAIN_WEEK, Calendar
from oyiflow.model.definition import NO_TEXT, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person. `name` is the id that commands and the journal use; `superior` and `deputy` are other people's ids or empty."""

    name: str
    title: Text
    roles: tuple[str, ...] = ()
    superior: str = ""
    deputy: str = ""
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Somebody is absent from one day to another, both included, and `deputy` acts meanwhile."""

    person: str
    first: date
    last: date
    deputy: str
    span: Span = field(default=NOWHERE, compare=False)

    def covers(self, day: date) -> bool:
        """Whether the person is absent on this day."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """What holds in every process of the company."""

    no_approver: Literal["hold"] = "hold"
    """Nobody may approve: the task stays open until somebody may. Nothing is ever approved by nobody."""
    repeated_approver: Literal["ask", "skip"] = "ask"
    """The next approval waits for whoever has just given one: ask again, or take the first for both."""
    self_approval: Literal["never", "allowed"] = "never"
    """Whether whoever started an instance may consent to its approvals."""
    administrators: tuple[str, ...] = ()
    """Who may suspend, resume, skip and hand over, in every process; nobody unless named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """The default directory: answers who holds which role. Nobody who is not listed holds any."""

    title: Text = NO_TEXT
    people: tuple[Person, ...] = ()
    absences: tuple[Absence, ...] = ()
    policies: Policies = Policies()
    calendar: Calendar = PLAIN_WEEK
    calendar_span: Span = field(default=NOWHERE, compare=False)

    def person(self, name: str) -> Person | None:
        """The person with this id."""
        return next((p for p in self.people if p.name == name), None)

    def roles_of(self, name: str) -> frozenset[str]:
        """The roles that a person holds; empty for a stranger."""
        person = self.person(name)
        return frozenset(person.roles) if person else frozenset()

    def holders(self, roles: Iterable[str]) -> tuple[Person, ...]:
        """Everybody who holds at least one of these roles, in the file's order."""
        wanted = set(roles)
        return tuple(p for p in self.people if wanted.intersection(p.roles))

    def superior_of(self, name: str) -> str:
        """The id of a person's superior, or empty."""
        person = self.person(name)
        return person.superior if person else ""

    def led_by(self, name: str) -> tuple[str, ...]:
        """The ids of those whose superior this person is."""
        return tuple(p.name for p in self.people if p.superior == name)

    def deputies_of(self, name: str, day: date) -> tuple[str, ...]:
        """Who may act for a person on this day; nobody unless the person is absent."""
        return tuple(dict.fromkeys(a.deputy for a in self.absences if a.person == name and a.covers(day)))

    def stands_in_for(self, name: str, day: date) -> tuple[str, ...]:
        """For whom this person may act on this day."""
        return tuple(dict.fromkeys(a.person for a in self.absences if a.deputy == name and a.covers(day)))
