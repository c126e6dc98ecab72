"""Small processes for the tests of playing, read from their text."""

from __future__ import annotations

from textwrap import dedent

from oyiflow.diagnostics import Source
from oyiflow.load.reader import definition_of
from oyiflow.load.text import nodes
from oyiflow.model.company import Company, Person
from oyiflow.model.definition import Definition, Text
from oyiflow.testing import Played, play


def process(text: str, name: str = "it.yaml") -> Definition:
    """A definition; the text must be without mistakes."""
    source = Source(name=name, text=dedent(text))
    definition, found = definition_of(source, *nodes.read(source))
    assert definition is not None and not found, found
    return definition


def played(definition: Definition, name: str, **more: object) -> Played:
    """The example of this name, played."""
    [example] = [example for example in definition.examples if example.name == name]
    return play(definition, example, **more)  # type: ignore[arg-type]


def passes(definition: Definition, **more: object) -> list[Played]:
    """All examples, played; each must pass."""
    every = [play(definition, example, **more) for example in definition.examples]  # type: ignore[arg-type]
    assert [one.diagnostic for one in every] == [None] * len(every)
    return every


def company(**roles: str) -> Company:
    """People and their roles, in words."""
    return Company(
        people=tuple(Person(name=name, title=Text(en=name), roles=tuple(held.split())) for name, held in roles.items())
    )


def actors(one: Played) -> list[tuple[str, str]]:
    """Who answered which step, in order."""
    return [(entry.step, entry.actor) for entry in one.history if entry.kind == "act"]


LEAVE = """\
    process: leave
    title: Leave
    roles: {staff: Staff, head: Head}
    form: {days: {type: int, required: true, min: 2}, why: {type: text}}
    steps:
      - {do: apply, by: staff, fill: [days, why]}
      - {approve: sign, by: head, rejected: apply, within: 2 workdays, late: pass}
      - {do: tell, by: staff, only_when: days > 3}
      - {end: done}
    examples:
"""


def leave(*lines: str) -> Definition:
    """A request for leave, with these examples."""
    return process(LEAVE + "".join(f"      - {line}\n" for line in lines))
