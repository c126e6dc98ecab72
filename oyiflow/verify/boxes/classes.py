"""For each field that a definition asks about, the values that matter: one of each class, so that trying these tries all.

Used by whoever explores a process with data. Classes that no condition tells apart are merged; "empty" stays by itself and
comes first. Fields that are compared with each other get values on both sides of each other. Of several choices, each
combination of the options that are asked for is a value, up to `COMBINATIONS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import islice, product

from oyiflow.model.definition import Definition
from oyiflow.model.expression import Expression
from oyiflow.model.values import FieldSpec, FieldType, Value
from oyiflow.verify.boxes.answers import rank
from oyiflow.verify.boxes.cells import TEXTS, Cell
from oyiflow.verify.boxes.line import DENSE, LINES, MINUTE_TICKS, Stretch, is_value, place_of, value_at, whole_line
from oyiflow.verify.boxes.space import Space

COMBINATIONS = 64
RELATED = 40
"""Values at most of a field that is compared with other fields."""


def cells(definition: Definition) -> Mapping[str, tuple[Value | None, ...]]:
    """The values that matter of each field that a condition of the definition or of its rules asks about; None is "empty"."""
    known: Mapping[str, tuple[Value | None, ...]] | None = definition.memo.get("boxes.cells")
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


def _values(definition: Definition) -> dict[str, tuple[Value | None, ...]]:
    asked = list(conditions(definition))
    space = Space(definition, asked)
    for one in asked:
        space.formula(one)
    related = _related(space)
    found: dict[str, tuple[Value | None, ...]] = {}
    for name in space.survey.questions:
        spec = definition.field[name]
        if spec.type is FieldType.CHOICES:
            found[name] = (None, *islice(_combinations(spec, tuple(space.survey.options.get(name, ()))), COMBINATIONS))
        else:
            kept = _apart(space, name) if name not in related else list(space.cells[space.keys[name]])
            found[name] = tuple(cell.value for cell in kept)
    placed: list[str] = []
    for name in related:
        peers = [peer for peer in placed if frozenset((name, peer)) in related[name]]
        found[name] = (None, *_spread(definition.field[name], related[name], peers, found))
        placed.append(name)
    return found


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


Gaps = dict[frozenset[str], set[Fraction | int]]


def _related(space: Space) -> dict[str, Gaps]:
    """The fields that are compared with another one, and how far apart values should be from each."""
    found: dict[str, Gaps] = {}
    for one in space.survey.understood.values():
        gaps = {0, one.place, -one.place} if one.place is not None else {0}
        for name in sorted(one.names) if len(one.names) > 1 else ():
            for peer in one.names - {name}:
                found.setdefault(name, {}).setdefault(frozenset((name, peer)), set()).update(gaps)
    return found


def _spread(spec: FieldSpec, gaps: Gaps, peers: list[str], found: Mapping[str, tuple[Value | None, ...]]) -> list[Value]:
    """The values of a related field: its own, and those beside the values of the peers that have theirs already."""
    own = [value for value in found[spec.name] if value is not None]
    if spec.type in TEXTS:
        return [*own, *(f"{value}1" for value in own if f"{value}1" not in own)][:RELATED]
    if spec.type not in LINES or spec.type is FieldType.DURATION:
        return own
    step = 1 if spec.type is not FieldType.DATETIME else MINUTE_TICKS
    near = [
        at + gap + more
        for peer in peers
        for at in map(place_of, (v for v in found[peer] if v is not None))
        for gap in sorted(gaps[frozenset((spec.name, peer))])
        for more in (0, -step, step)
        if at is not None
    ]
    line, dense = _limits(spec), spec.type in DENSE
    values = [value_at(spec.type, at) for at in near if line.holds(at) and is_value(at, dense)]
    return list(dict.fromkeys([*own, *values]))[:RELATED]


def _limits(spec: FieldSpec) -> Stretch:
    line = whole_line(spec.type)
    low, high = (place_of(limit) if limit is not None else None for limit in (spec.min, spec.max))
    return Stretch(line.low if low is None else low, line.high if high is None else high)
