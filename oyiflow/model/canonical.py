"""The stored form of a definition: exact, canonical, versioned.

`dumps` writes compact JSON with sorted keys; parts that are at their default and parts that take no part in equality
(spans, the YAML text) are left out. `loads` gives an equal definition back. The SHA-256 of the text is the digest that
instances are pinned to, so this form may only change together with `FORMAT`, and old forms stay readable. A new part
with a default changes no digest.

Every dataclass becomes `{"is": "<class>", …}`. Only classes of the table below are ever made. A tuple is an array, text
and whole numbers and booleans are themselves; what JSON lacks is `{"is": "decimal", "of": "5000.50"}` and the like. The tree
of states is written flat, in preorder, each with the number of its children in place of them, so that depth costs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from hashlib import sha256
from typing import Any, NamedTuple, get_type_hints

from oyiflow.model import calendar, definition, example, expression, values
from oyiflow.model.definition import Definition, State, walk

FORMAT = 1

_CLASSES: tuple[type, ...] = (
    definition.Text, definition.Origin, definition.Role, definition.Field, definition.Assignee, definition.Outcome,
    definition.Work, definition.Call, definition.Set, definition.Raise, definition.Send, definition.Cancel, definition.Log,
    definition.Notify, definition.Perform, definition.Transition, definition.State, definition.Rule, example.Move,
    example.Example, definition.Definition, definition.While, definition.Schedule, definition.Figures, definition.Report, values.FileReference, expression.Constant, expression.Name, expression.Active, expression.Filled,
    expression.ListOf, expression.Compare, expression.Member, expression.Between, expression.Arithmetic, expression.Negative,
    expression.Not, expression.And, expression.Or, calendar.Duration, calendar.Calendar,
)  # fmt: skip


class _Shape(NamedTuple):
    """What the codec needs of a class: its parts in name order with their defaults, and which of them are enums."""

    name: str
    make: Callable[..., Any]
    parts: tuple[tuple[str, Any], ...]
    enums: Mapping[str, type[Enum]]


def _shape(made: type) -> _Shape:
    hints = get_type_hints(made)
    parts = []
    for part in sorted((f for f in fields(made) if f.compare), key=lambda f: f.name):
        assert part.default_factory is MISSING, f"{made.__name__}.{part.name}: a default of the stored form is a value"
        parts.append((part.name, part.default))
    enums = {name: hints[name] for name, _ in parts if isinstance(hints[name], type) and issubclass(hints[name], Enum)}
    return _Shape(made.__name__, made, tuple(parts), enums)


_SHAPES: Mapping[type, _Shape] = {made: _shape(made) for made in _CLASSES}
_NAMED: Mapping[str, _Shape] = {shape.name: shape for shape in _SHAPES.values()}


class NotStored(ValueError):
    """The text is not a stored definition, or is one of a newer format."""


def dumps(stored: Definition) -> str:
    """The canonical text."""
    return _text({"definition": _encode(stored), "format": FORMAT})


def digest(stored: Definition) -> str:
    """SHA-256 (hex) of the canonical text."""
    return sha256(dumps(stored).encode("utf-8", "surrogatepass")).hexdigest()


def loads(text: str) -> Definition:
    """The definition back; `NotStored` for anything that `dumps` did not write."""
    try:
        document = json.loads(text)
        if document["format"] != FORMAT:
            raise NotStored(f"format {document['format']!r} is not readable here; this program reads format {FORMAT}")
        made = _decode(document["definition"])
    except NotStored:
        raise
    except (ArithmeticError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise NotStored(f"not a stored definition: {error}") from error
    if not isinstance(made, Definition):
        raise NotStored("not a stored definition")
    return made


def encode(value: Any) -> Any:
    """A value of the frozen types as JSON data; for tests and for the stored forms of parts."""
    return _encode(value)


def decode(data: Any) -> Any:
    """Back from `encode`."""
    return _decode(data)


def _text(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _encode(value: Any) -> Any:
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if kind is tuple:
        return [_encode(item) for item in value]
    if kind is State:
        return {"is": "states", "of": [_parts(state, {"states": len(state.states)}) for state in walk(value)]}
    if kind in _SHAPES:
        return _parts(value, {})
    return _special(value)


def _parts(value: Any, instead: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a dataclass that are not at their defaults; `instead` replaces some of them."""
    shape = _SHAPES[type(value)]
    out: dict[str, Any] = {"is": shape.name}
    for name, default in shape.parts:
        if name in instead:
            if instead[name]:
                out[name] = instead[name]
            continue
        part = getattr(value, name)
        if part is default or (type(part) is type(default) and part == default):
            continue
        out[name] = _encode(part)
    return out


def _special(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return {"is": "decimal", "of": str(value)}
    if isinstance(value, datetime):
        return {"is": "datetime", "of": value.isoformat()}
    if isinstance(value, date):
        return {"is": "date", "of": value.isoformat()}
    if isinstance(value, frozenset):
        return {"is": "set", "of": sorted((_encode(item) for item in value), key=_text)}
    raise TypeError(f"{type(value).__name__} is not part of a definition")


_SPECIALS: Mapping[str, Callable[[Any], Any]] = {
    "decimal": Decimal, "datetime": datetime.fromisoformat, "date": date.fromisoformat,
    "set": lambda items: frozenset(_decode(item) for item in items),
    "states": lambda items: _tree(items),
}  # fmt: skip


def _decode(data: Any) -> Any:
    if isinstance(data, list):
        return tuple([_decode(item) for item in data])
    if not isinstance(data, dict):
        return data
    kind = data["is"]
    if kind in _SPECIALS:
        return _SPECIALS[kind](data["of"])
    return _made(_NAMED[kind], data, {})


def _made(shape: _Shape, data: Mapping[str, Any], instead: Mapping[str, Any]) -> Any:
    given = {name: _decode(part) for name, part in data.items() if name != "is" and name not in instead}
    for name, enum in shape.enums.items():
        if name in given:
            given[name] = enum(given[name])
    return shape.make(**given, **instead)


def _tree(items: Iterable[Any]) -> State:
    """Builds the tree from its preorder, last state first: the children of a state are the ones made just before."""
    shape = _SHAPES[State]
    made: list[State] = []
    for data in reversed(list(items)):
        if data["is"] != shape.name:
            raise NotStored("not a state")
        count = data.get("states", 0)
        if not isinstance(count, int) or not 0 <= count <= len(made):
            raise NotStored("the tree of states is not whole")
        children = tuple(reversed(made[len(made) - count :]))
        del made[len(made) - count :]
        made.append(_made(shape, data, {"states": children}))
    if len(made) != 1:
        raise NotStored("the tree of states is not whole")
    return made[0]
