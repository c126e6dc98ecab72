"""The quick yes of `fits` and the verdict of jsonschema are the same, for every shape of the language."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from oyiflow.load.language.fits import fits
from oyiflow.load.language.keys import KEYS
from oyiflow.load.language.schema import definitions
from oyiflow.load.language.shape import shallow_schema
from oyiflow.load.language.vocabulary import SHAPES

WORDS = st.sampled_from(
    ["a", "主管", "", "3 workdays", "remind", "any", "money", "text", "1x", "a b", "x" * 70, "submit.*", "*"]
)
PLAIN = st.one_of(WORDS, st.booleans(), st.integers(-2, 3), st.floats(allow_nan=False, allow_infinity=False), st.none())
VALUES = st.recursive(
    PLAIN,
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(WORDS | st.sampled_from(["zh", "en", "role"]), below, max_size=3)
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_every_shape_is_known_to_fits(shape: str) -> None:
    assert fits(shallow_schema(shape), definitions())({}) == Draft202012Validator(
        {**shallow_schema(shape), "$defs": definitions()}
    ).is_valid({})


@settings(max_examples=400, deadline=None)
@given(shape=st.sampled_from(sorted(SHAPES)), data=st.data())
def test_fits_agrees_with_jsonschema(shape: str, data: st.DataObject) -> None:
    names = st.sampled_from([*SHAPES[shape].keys, "unknown"])
    value: dict[str, Any] = data.draw(st.dictionaries(names, VALUES, max_size=5))
    for name in SHAPES[shape].required:
        if data.draw(st.booleans()):
            value.setdefault(name, data.draw(VALUES))
    schema = shallow_schema(shape)
    assert fits(schema, definitions())(value) == Draft202012Validator({**schema, "$defs": definitions()}).is_valid(value)


def test_there_are_shapes_for_all_keys() -> None:
    assert {name for shape in SHAPES.values() for name in shape.keys} == set(KEYS)


def test_a_cell_of_a_table_is_no_field_of_its_own() -> None:
    validator = Draft202012Validator({"$ref": "#/$defs/field", "$defs": definitions()})
    table = {"type": "list", "columns": {"part": {"type": "text", "required": True}}}
    assert validator.is_valid(table)
    for key, value in (("sensitive", True), ("visible_to", "head"), ("keep", "2 years"), ("columns", table["columns"])):
        assert not validator.is_valid({**table, "columns": {"part": {"type": "text", key: value}}}), key
