"""For each field that a definition asks about, the values that matter: one of each class, so that trying these tries all.

Used by whoever explores a process with data. Classes that no condition tells apart are merged; "empty" stays by itself and
comes first. What fields can hold that are compared with each other is said by their groups (see `zones`). Of several choices, each
combination of the options that are asked for is a value, up to `COMBINATIONS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, product
from typing import NamedTuple

from oyiflow.model.definition import Definition
from oyiflow.model.expression import Expression, Member, Name, names_read, walk
from oyiflow.model.values import FieldSpec, FieldType, Value
from oyiflow.verify.boxes.answers import rank
from oyiflow.verify.boxes.cells import TEXTS, Cell
from oyiflow.verify.boxes.questions import Survey
from oyiflow.verify.boxes.space import Space
from oyiflow.verify.boxes.zones import Group, groups
from oyiflow.verify.days import bounds_of

COMBINATIONS = 64
RELATED = 40
"""Values at most of a text that is compared with other texts."""


Values = Mapping[str, tuple[Value | None, ...]]


class Known(NamedTuple):
    """What is known of the fields of a definition. `sampled`: fields of which more values matter than are listed."""

    values: Values
    groups: tuple[Group, ...]
    sampled: frozenset[str]


def cells(definition: Definition) -> Values:
    """The values that matter of each field that a condition of the definition or of its rules asks about; None is "empty"."""
    return known(definition).values


def known(definition: Definition) -> Known:
    """The values, and the fields on a line that are compared with one another."""
    found: Known | None = definition.memo.get("boxes.cells")
    if found is None:
        found = definition.memo["boxes.cells"] = _values(definition)
    return found


def is_understood(definition: Definition, condition: Expression) -> bool:
    """Whether trying the values of the fields, and the zones of those that are compared, tries all that it can tell apart."""
    memo: dict[int, bool] = definition.memo.setdefault("boxes.understood", {})
    found = memo.get(id(condition))
    if found is None:
        survey = Survey(definition.field)
        survey.note((condition,))
        riddle = any(not one.fields and one.truth is None for one in survey.understood.values())
        lengths = any(definition.field[name].type is FieldType.DURATION for pair in survey.pairs for name in pair)
        chosen = any(
            isinstance(one, Member) and len(names_read(one)) > 1 and isinstance(one.of, Name) for one in walk(condition)
        )
        found = memo[id(condition)] = not (riddle or lengths or chosen)
    return found


def conditions(definition: Definition) -> Iterator[Expression]:
    """Every condition, in the order of the document; those of the rules last."""
    for state in definition.states.values():
        if state.only_when is not None:
            yield state.only_when
        yield from (way.guard for way in state.transitions if way.guard is not None and way.purpose != "skip")
    yield from (rule.when for rule in definition.rules if rule.when is not None)


def _values(definition: Definition) -> Known:
    asked = list(conditions(definition))
    space = Space(definition, asked)
    for one in asked:
        space.formula(one)
    found: dict[str, tuple[Value | None, ...]] = {}
    sampled = set[str]()
    for name in space.survey.questions:
        spec = definition.field[name]
        if spec.type is FieldType.CHOICES:
            options = tuple(space.survey.options.get(name, ()))
            found[name] = (None, *islice(_combinations(spec, options), COMBINATIONS))
            sampled.update((name,) if 2 ** len(options) > COMBINATIONS else ())
        else:
            found[name] = tuple(cell.value for cell in _apart(space, name))
    related = _related(space)
    for name in related:
        texts = tuple(_several(space.cells[space.keys[name]][1:], len(related)))
        found[name] = (None, *texts[:RELATED])
        sampled.update((name,) if len(texts) > RELATED else ())
    return Known(found, groups(definition.field, space.survey, bounds_of(definition)), frozenset(sampled))


def _several(cells: Iterable[Cell], count: int) -> Iterator[Value]:
    """Of each class as many texts as there are fields to hold them: so each may differ from what the others hold."""
    for cell in cells:
        yield str(cell.value)
        yield from (f"{cell.value}{number}" for number in range(1, 1 if cell.single else count))


def _apart(space: Space, name: str) -> list[Cell]:
    """One cell of each class that some question tells apart."""
    variable = space.keys[name]
    masks = sorted(space.asked.get(variable, ()))
    classes: dict[tuple[int, ...], list[Cell]] = {}
    for place, cell in enumerate(space.cells[variable][1:], 1):
        classes.setdefault(tuple(mask >> place & 1 for mask in masks), []).append(cell)
    return [space.cells[variable][0], *(min(group, key=rank) for group in classes.values())]


def _combinations(spec: FieldSpec, asked: tuple[str, ...]) -> Iterator[Value]:
    """Each choice among the options that are asked for; one that is not asked for stands for all others."""
    other = next((option for option in spec.options if option not in asked), None)
    for held in product((False, True), repeat=len(asked)):
        chosen = {option for option, there in zip(asked, held, strict=True) if there}
        if chosen or other is not None:
            yield tuple(option for option in spec.options if option in chosen or (not chosen and option == other))


def _related(space: Space) -> list[str]:
    """The texts that are compared with another field."""
    names = {name for one in space.survey.understood.values() if len(one.names) > 1 for name in one.names}
    return [name for name in sorted(names) if space.fields[name].type in TEXTS]
