"""Who works here, as the engine asks for it: the questions, nobody as an answer, and a company looked up by name.

A `Company` answers by going through its lists, which is right for a file of a few people and read once; the engine asks
several times in every step. A company never changes, so what is asked by a person's name stands ready (`Listed`): who they
are, their roles, whom they lead, whether they are ever absent or a deputy; for most people that is all, and a step costs
the same with ten thousand as with two. The holders of roles, and the deputies on a day, the company is still asked for.
Whoever brings a directory of another kind answers for its own speed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Protocol

from oyiflow.model.calendar import PLAIN_WEEK, Calendar
from oyiflow.model.company import Company, Person, Policies


class Known(Protocol):
    """A person, as far as the engine cares."""

    @property
    def name(self) -> str: ...


class Directory(Protocol):
    """Who holds which role, and what holds for all. `oyiflow.model.company.Company` is one; a company's own user database can be another."""

    @property
    def calendar(self) -> Calendar:
        """The days that are worked, and the wall clock."""

    @property
    def policies(self) -> Policies:
        """What holds in every process."""

    def person(self, name: str) -> Known | None:
        """The person with this id; None for a stranger."""

    def roles_of(self, name: str) -> frozenset[str]:
        """The roles that a person holds; empty for a stranger."""

    def holders(self, roles: Iterable[str]) -> Sequence[Known]:
        """Everybody who holds at least one of these roles."""

    def superior_of(self, name: str) -> str:
        """The id of a person's superior, or ""."""

    def led_by(self, name: str) -> Sequence[str]:
        """Those whose superior this person is."""

    def deputies_of(self, name: str, day: date) -> Sequence[str]:
        """Who may act for this person on this day; nobody while the person is there."""

    def stands_in_for(self, name: str, day: date) -> Sequence[str]:
        """For whom this person may act on this day."""


class Nobody:
    """The directory that stands in when none is given."""

    calendar = PLAIN_WEEK
    policies = Policies()

    def person(self, name: str) -> Known | None:
        """Nobody is known."""
        return None

    def roles_of(self, name: str) -> frozenset[str]:
        """Nobody holds anything."""
        return frozenset()

    def holders(self, roles: Iterable[str]) -> Sequence[Known]:
        """Nothing is held."""
        return ()

    def superior_of(self, name: str) -> str:
        """Nobody leads."""
        return ""

    def led_by(self, name: str) -> Sequence[str]:
        """Nobody is led."""
        return ()

    def deputies_of(self, name: str, day: date) -> Sequence[str]:
        """Nobody is absent."""
        return ()

    def stands_in_for(self, name: str, day: date) -> Sequence[str]:
        """Nobody is absent."""
        return ()


class Listed:
    """A company's answers, by name."""

    def __init__(self, company: Company) -> None:
        self.calendar = company.calendar
        self.policies = company.policies
        self._company = company
        self._people: dict[str, Person] = {}
        for person in company.people:
            self._people.setdefault(person.name, person)
        self._roles = {name: frozenset(person.roles) for name, person in self._people.items()}
        self._led: dict[str, tuple[str, ...]] = {}
        for person in company.people:
            self._led[person.superior] = (*self._led.get(person.superior, ()), person.name)
        self._absent = {absence.person for absence in company.absences}
        self._deputies = {absence.deputy for absence in company.absences}

    def person(self, name: str) -> Person | None:
        """See `Directory`."""
        return self._people.get(name)

    def roles_of(self, name: str) -> frozenset[str]:
        """See `Directory`."""
        return self._roles.get(name, _NO_ROLES)

    def holders(self, roles: Iterable[str]) -> Sequence[Person]:
        """See `Directory`."""
        return self._company.holders(roles)

    def superior_of(self, name: str) -> str:
        """See `Directory`."""
        person = self._people.get(name)
        return person.superior if person is not None else ""

    def led_by(self, name: str) -> Sequence[str]:
        """See `Directory`."""
        return self._led.get(name, ())

    def deputies_of(self, name: str, day: date) -> Sequence[str]:
        """See `Directory`."""
        return self._company.deputies_of(name, day) if name in self._absent else ()

    def stands_in_for(self, name: str, day: date) -> Sequence[str]:
        """See `Directory`."""
        return self._company.stands_in_for(name, day) if name in self._deputies else ()


_NO_ROLES: frozenset[str] = frozenset()


def listed(directory: Directory | None) -> Directory:
    """The directory as the engine asks it; without one, there is nobody."""
    if directory is None:
        return Nobody()
    return Listed(directory) if type(directory) is Company else directory
