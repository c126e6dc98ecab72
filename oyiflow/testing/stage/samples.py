"""Values that nobody has written down: a plain sample of each type, and those on both sides of what the guards compare.

Everything is a function of the definition and of the moment, so that the same example is played the same way every time.
Sample values fit the field: they keep to its options and limits. Values for decisions are found as far as that is simple:
each field of a comparison is tried with the constants of that comparison, one less and one more; arithmetic is not solved.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice, product

from oyiflow.model.calendar import Calendar, Duration
from oyiflow.model.definition import Definition, Field, Set, State, Work, actions_of
from oyiflow.model.expression import Between, Compare, Constant, Expression, Member, names_read, walk
from oyiflow.model.timely import untimely
from oyiflow.model.values import FieldType, FileReference, Problem, Value, read_value, to_json

WORDS = "样例 sample"
TRIED = 8
"""Values of one field that are tried."""
COMBINED = 24
"""Combinations of values of several fields that are tried; of more, the values of each field and of each two fields."""
PAIRED = 200
"""Values of two fields that are tried together; of more, one field at a time."""


def sample(spec: Field, now: datetime, calendar: Calendar, person: str = "") -> Value:
    """A value that fits the field. A person is the one given, or one named after the field."""
    plain: dict[FieldType, Value] = {
        FieldType.INT: 1,
        FieldType.DECIMAL: Decimal(1),
        FieldType.MONEY: Decimal(1),
        FieldType.BOOL: True,
        FieldType.DATE: calendar.today(now),
        FieldType.DATETIME: now,
        FieldType.DURATION: Duration(amount=1, unit="days"),
        FieldType.CHOICE: spec.options[0] if spec.options else "",
        FieldType.CHOICES: spec.options[:1],
        FieldType.PERSON: person or spec.name,
        FieldType.FILE: FileReference(name=f"{WORDS}.pdf"),
        FieldType.LIST: ((WORDS,),),
    }
    if spec.columns:
        cells = (sample(column, now, calendar) for column in spec.columns)
        plain[FieldType.LIST] = (
            tuple(str(to_json(column.type, cell)) for column, cell in zip(spec.columns, cells, strict=True)),
        )
    first = plain.get(spec.type, WORDS)
    tries = (first, spec.min, spec.max)
    return next((found for value in tries if value is not None and (found := fitting(spec, value)) is not None), first)


def fitting(spec: Field, value: object) -> Value | None:
    """The value as the field keeps it, or None if it does not fit."""
    found = read_value(spec, value)
    return None if isinstance(found, Problem) else found


def works_of(definition: Definition) -> Iterator[tuple[State, Work]]:
    """The states on which people work, in document order."""
    for state in definition.states.values():
        if state.work is not None:
            yield state, state.work


def given_from_outside(definition: Definition) -> frozenset[str]:
    """Fields that no step asks for: they are there from the start, if at all."""
    return frozenset(definition.field) - {name for _, work in works_of(definition) for name in (*work.fill, work.stamp)}


def deciding(definition: Definition) -> frozenset[str]:
    """Fields on which the way through the process depends: moments that are waited for, and what guards read.

    What guards read by way of a `set` counts too.
    """
    found = {name for guard in _guards(definition) for name in names_read(guard)} | moments(definition)
    sets = list(_sets(definition))
    for _ in sets:  # each round adds a field or is the last
        more = {name for action in sets if action.field in found for name in names_read(action.value)}
        if more <= found:
            break
        found |= more
    return frozenset(found)


def awaited(definition: Definition) -> frozenset[str]:
    """Fields without which the process comes to a stop: moments that are waited for, people who are to act."""
    people = {who.person_in for _, work in works_of(definition) for who in work.by if who.person_in}
    return moments(definition) | people


def moments(definition: Definition) -> frozenset[str]:
    """Fields with a moment that is waited for."""
    return frozenset(way.at for state in definition.states.values() for way in state.transitions if way.at)


def written(definition: Definition) -> frozenset[str]:
    """Fields that the process itself writes: by a `set`, a `stamp`, or from what a called process gives back."""
    back = (name for state in definition.states.values() if state.call for name, _ in state.call.outputs)
    stamps = (work.stamp for _, work in works_of(definition) if work.stamp)
    return frozenset((*(action.field for action in _sets(definition)), *back, *stamps))


def _guards(definition: Definition) -> Iterator[Expression]:
    for state in definition.states.values():
        yield from (way.guard for way in state.transitions if way.guard is not None)


def _sets(definition: Definition) -> Iterator[Set]:
    for state in definition.states.values():
        yield from (action for action in actions_of(state) if isinstance(action, Set))


def candidates(definition: Definition, now: datetime) -> Mapping[str, tuple[Value | None, ...]]:
    """For each deciding field the values to try, the plain sample first; None (leave it) where it may stay empty."""
    compared, later, stops = _compared(definition), now + timedelta(days=7), awaited(definition)
    today = definition.calendar.today(now)
    found: dict[str, tuple[Value | None, ...]] = {}
    for name in sorted(deciding(definition)):
        spec = definition.field[name]
        near = [sample(spec, now, definition.calendar), *(v for c in compared[name] for v in _near(c)), *_others(spec)]
        if spec.type in (FieldType.DATE, FieldType.DATETIME):  # a moment that has come already, and one that has not
            near.append(definition.calendar.today(later) if spec.type is FieldType.DATE else later)
        fit = (value for raw in near if (value := fitting(spec, _shaped(spec, raw))) is not None)
        values = [value for value in fit if untimely(spec, value, definition.calendar, today) is None]
        found[name] = (*_distinct(values)[:TRIED], *(() if spec.required or name in stops else (None,)))
    return found


def _compared(definition: Definition) -> Mapping[str, list[Value]]:
    """The constants with which each field is compared, itself or next to another field."""
    found: dict[str, list[Value]] = defaultdict(list)
    for guard in _guards(definition):
        for node in walk(guard):
            if isinstance(node, Compare | Member | Between):
                constants = [part.value for part in walk(node) if isinstance(part, Constant)]
                for name in names_read(node):
                    found[name] += constants
    return found


def _others(spec: Field) -> Iterable[Value]:
    """A second value of the type, so that two fields can differ."""
    match spec.type:
        case FieldType.BOOL:
            return (False,)
        case FieldType.CHOICE | FieldType.CHOICES:
            return spec.options
        case FieldType.INT:
            return (2,)
        case FieldType.MONEY | FieldType.DECIMAL:
            return (Decimal(2),)
    return ()


def _shaped(spec: Field, value: Value) -> object:
    return [value] if spec.type is FieldType.CHOICES and isinstance(value, str) else value


def _near(value: Value) -> tuple[Value, ...]:
    """A constant and its neighbours."""
    if isinstance(value, bool | str | tuple | FileReference):
        return (value,)
    if isinstance(value, int):
        return value, value - 1, value + 1
    if isinstance(value, Decimal):
        return value, value - 1, value + 1
    if isinstance(value, Duration):
        return tuple(Duration(amount=n, unit=value.unit) for n in (value.amount, max(0, value.amount - 1), value.amount + 1))
    step = timedelta(hours=1) if isinstance(value, datetime) else timedelta(days=1)
    return (
        (value, value - step, value + step)
        if date.min + timedelta(days=2) < _day(value) < date.max - timedelta(days=2)
        else (value,)
    )


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _distinct(values: Iterable[Value]) -> list[Value]:
    kept: dict[tuple[str, Value], Value] = {}
    for value in values:
        kept.setdefault((type(value).__name__, value), value)
    return list(kept.values())


def combinations(tried: Mapping[str, tuple[Value | None, ...]]) -> Iterator[dict[str, Value]]:
    """Together as far as these are few; else one field after the other and then two at a time (pairwise), the rest at their first value."""
    names = list(tried)
    count = 1
    for values in tried.values():
        count *= len(values)
    if count <= COMBINED:
        for row in product(*tried.values()):
            yield _filled(names, row)
        return
    first = [values[0] for values in tried.values()]
    yield _filled(names, first)
    for place, values in enumerate(tried.values()):
        for value in islice(values, 1, None):
            yield _filled(names, [*first[:place], value, *first[place + 1 :]])
    pairs = list(itertools.combinations(range(len(names)), 2))
    columns = list(tried.values())
    if sum(len(columns[one]) * len(columns[other]) for one, other in pairs) > PAIRED:
        return
    for one, other in pairs:
        for row in product(columns[one][1:], columns[other][1:]):
            changed = {one: row[0], other: row[1]}
            yield _filled(names, [changed.get(place, value) for place, value in enumerate(first)])


def _filled(names: Iterable[str], values: Iterable[Value | None]) -> dict[str, Value]:
    return {name: value for name, value in zip(names, values, strict=True) if value is not None}
