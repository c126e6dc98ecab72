"""For each field that a definition asks about, the values that matter: one of each class, so that trying these tries all.

Used by whoever explores a process with data. Classes that no condition tells apart are merged; "empty" stays by itself and
comes first. Fields that are compared with each other get values on both sides of each other (see `apart`). Of several choices, each
combination of the options that are asked for is a value, up to `COMBINATIONS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice, product

from oyiflow.model.definition import Definition
from oyiflow.model.expression import Expression
from oyiflow.model.values import FieldSpec, FieldType, Value
from oyiflow.verify.boxes.answers import rank
from oyiflow.verify.boxes.apart import Spread, spreads
from oyiflow.verify.boxes.cells import TEXTS, Cell
from oyiflow.verify.boxes.space import Space

COMBINATIONS = 64
RELATED = 40
"""Values at most of a text that is compared with other texts."""


Values = Mapping[str, tuple[Value | None, ...]]


def cells(definition: Definition) -> Values:
    """The values that matter of each field that a condition of the definition or of its rules asks about; None is "empty"."""
    return _known(definition)[0]


def spreads_of(definition: Definition) -> Mapping[str, Spread]:
    """The fields on a line that are compared with another one, and how their values lie next to each other."""
    return _known(definition)[1]


def _known(definition: Definition) -> tuple[Values, Mapping[str, Spread]]:
    known: tuple[Values, Mapping[str, Spread]] | None = definition.memo.get("boxes.cells")
    if known is None:
        known = definition.memo["boxes.cells"] = _values(definition)
    return known


def conditions(definition: Definition) -> Iterator[Expression]:
    """Every condition, in the order of the document; those of the rules last."""
    for state in definition.states.values():
        if state.only_when is not None:
            yield state.only_when
        yield from (way.guard for way in state.transitions if way.guard is not None and way.purpose != "skip")
    yield from (rule.when for rule in definition.rules if rule.when is not None)


def _values(definition: Definition) -> tuple[Values, Mapping[str, Spread]]:
    asked = list(conditions(definition))
    space = Space(definition, asked)
    for one in asked:
        space.formula(one)
    found: dict[str, tuple[Value | None, ...]] = {}
    for name in space.survey.questions:
        spec = definition.field[name]
        if spec.type is FieldType.CHOICES:
            found[name] = (None, *islice(_combinations(spec, tuple(space.survey.options.get(name, ()))), COMBINATIONS))
        else:
            found[name] = tuple(cell.value for cell in _apart(space, name))
    for name in _related(space):
        texts = [str(cell.value) for cell in space.cells[space.keys[name]][1:]]
        found[name] = (None, *[*texts, *(f"{text}1" for text in texts if f"{text}1" not in texts)][:RELATED])
    own = {name: [value for value in values if value is not None] for name, values in found.items()}
    spread = spreads(definition.field, space.survey, own)
    return {**found, **{name: (None, *one.values) for name, one in spread.items()}}, spread


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
