"""Who works here: people, the roles that they hold, their superiors. Frozen types, no behaviour but look-ups."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from oyiflow.diagnostics import NOWHERE, Span
from oyiflow.model.definition import NO_TEXT, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person. `name` is the id that commands and the journal use; `superior` is another person's id or empty."""

    name: str
    title: Text
    roles: tuple[str, ...] = ()
    superior: str = ""
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """The default directory: answers who holds which role. Nobody who is not listed holds any."""

    title: Text = NO_TEXT
    people: tuple[Person, ...] = ()

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
