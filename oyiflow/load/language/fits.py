"""Whether a value fits a schema, yes or no, as a function made once: the quick way past what is right.

Nearly every mapping of nearly every file fits, and saying so takes jsonschema ten times as long. What does not fit goes to
jsonschema, which finds out why. Only the keywords that our vocabulary uses are known; another one fails at once, loudly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Fits = Callable[[Any], bool]

_TYPES: Mapping[str, Fits] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
}
_OBJECT = frozenset({"properties", "required", "additionalProperties", "propertyNames", "minProperties", "maxProperties"})
_ARRAY = frozenset({"items", "minItems", "maxItems"})
_KNOWN = (
    _OBJECT
    | _ARRAY
    | {"type", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum", "anyOf", "$ref", "$defs", "description"}
)
_OF_TEXT = frozenset({"type", "minLength", "maxLength", "pattern", "description"})
_NUMBER = _TYPES["number"]


def fits(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Fits:
    """The schema as a function; `definitions` are what `$ref` may name."""
    assert not schema.keys() - _KNOWN, f"unknown keywords: {schema.keys() - _KNOWN}"
    tests = [test for name, make in _MAKERS if name in schema and (test := make(schema[name], definitions)) is not None]
    if schema.keys() & _OBJECT:
        tests.append(_object(schema, definitions))
    if schema.keys() & _ARRAY:
        tests.append(_array(schema, definitions))
    if len(tests) == 1:
        return tests[0]
    if schema.get("type") == "string" and schema.keys() <= _OF_TEXT:
        return _text(schema)
    return _all(tests)


def _all(tests: list[Fits]) -> Fits:
    def every(value: Any) -> bool:
        for test in tests:  # noqa: SIM110 - a generator would take twice as long
            if not test(value):
                return False
        return True

    return every


def _any(tests: list[Fits]) -> Fits:
    def some(value: Any) -> bool:
        for test in tests:  # noqa: SIM110 - as above
            if test(value):
                return True
        return False

    return some


def _text(schema: Mapping[str, Any]) -> Fits:
    """The commonest of all: a text of a certain length and pattern."""
    least, most = schema.get("minLength", 0), schema.get("maxLength", float("inf"))
    search = re.compile(schema.get("pattern", "")).search
    return lambda value: isinstance(value, str) and least <= len(value) <= most and search(value) is not None


def _type(names: str | list[str], _: Any) -> Fits:
    tests = [_TYPES[name] for name in ([names] if isinstance(names, str) else names)]
    return tests[0] if len(tests) == 1 else _any(tests)


def _pattern(pattern: str, _: Any) -> Fits:
    search = re.compile(pattern).search
    return lambda value: not isinstance(value, str) or search(value) is not None


def _enum(values: list[str], _: Any) -> Fits:
    assert all(isinstance(value, str) for value in values)
    known = frozenset(values)
    return lambda value: isinstance(value, str) and value in known


def _any_of(schemas: list[Any], definitions: Mapping[str, Any]) -> Fits:
    tests = [fits(schema, definitions) for schema in schemas]
    return _any(tests)


_MAKERS: tuple[tuple[str, Callable[[Any, Mapping[str, Any]], Fits]], ...] = (
    ("type", _type),
    ("enum", _enum),
    ("minLength", lambda least, _: lambda value: not isinstance(value, str) or len(value) >= least),
    ("maxLength", lambda most, _: lambda value: not isinstance(value, str) or len(value) <= most),
    ("pattern", _pattern),
    ("minimum", lambda least, _: lambda value: not _NUMBER(value) or value >= least),
    ("maximum", lambda most, _: lambda value: not _NUMBER(value) or value <= most),
    ("anyOf", _any_of),
    ("$ref", lambda name, definitions: fits(definitions[name.removeprefix("#/$defs/")], definitions)),
)


def _object(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Fits:
    known = {name: fits(below, definitions) for name, below in schema.get("properties", {}).items()}
    more = schema.get("additionalProperties", True)
    other = (lambda value: more) if isinstance(more, bool) else fits(more, definitions)
    named = fits(schema["propertyNames"], definitions) if "propertyNames" in schema else None
    required = schema.get("required", ())
    least, most = schema.get("minProperties", 0), schema.get("maxProperties", float("inf"))

    def test(value: Any) -> bool:
        if not isinstance(value, dict):
            return True
        if not least <= len(value) <= most:
            return False
        for name in required:
            if name not in value:
                return False
        for name, below in value.items():
            if not known.get(name, other)(below) or (named is not None and not named(name)):
                return False
        return True

    return test


def _array(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Fits:
    item = fits(schema.get("items", {}), definitions)
    least, most = schema.get("minItems", 0), schema.get("maxItems", float("inf"))
    return lambda value: not isinstance(value, list) or (least <= len(value) <= most and all(map(item, value)))
