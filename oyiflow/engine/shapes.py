"""Whether a value is what its type says, through and through: for what comes back from a store, where anybody may have written.

A check is made from a type once and then runs without looking at types again. It knows what a snapshot is made of: classes,
frozen dataclasses and named tuples, tuples, mappings, unions and literals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from functools import cache
from operator import attrgetter
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

Check = Callable[[Any], bool]


@cache
def check(kind: Any) -> Check:
    """The check of a type. A bool is no int here, as it is none in a form."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is tuple:
        return _row(parts) if parts[-1] is not ... else _rows(check(parts[0]))
    if origin is Mapping:
        names, values = map(check, parts)
        return lambda value: isinstance(value, Mapping) and all(map(names, value)) and all(map(values, value.values()))
    if origin is UnionType:
        ways = tuple(map(check, parts))
        return lambda value: any(way(value) for way in ways)
    if origin is Literal:
        return lambda value: value in parts
    if is_dataclass(kind) or hasattr(kind, "_fields"):
        return _parts(kind)
    return lambda value: type(value) is kind


def _rows(one: Check) -> Check:
    return lambda value: type(value) is tuple and all(map(one, value))


def _row(parts: tuple[Any, ...]) -> Check:
    checks = tuple(map(check, parts))
    return lambda value: (
        type(value) is tuple and len(value) == len(checks) and all(one(v) for one, v in zip(checks, value, strict=True))
    )


def _parts(kind: type) -> Check:
    known: list[tuple[Callable[[Any], Any], Check]] = []

    def holds(value: Any) -> bool:
        if not known:  # not before it is asked: a part may be of the same kind again
            known.extend((attrgetter(name), check(hint)) for name, hint in get_type_hints(kind).items())
        return type(value) is kind and all(one(part(value)) for part, one in known)

    return holds
