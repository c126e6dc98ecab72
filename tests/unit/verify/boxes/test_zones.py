"""Zones, held against all points of a small box."""

from __future__ import annotations

import random
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest

from oyiflow.model.definition import Field, Text
from oyiflow.model.values import FieldType
from oyiflow.verify.boxes.questions import Survey
from oyiflow.verify.boxes.zones import FREE, Group, Zone, groups, point
from oyiflow.verify.days import Bounds
from tests.unit.verify.boxes.test_answers import guard

BOX = range(-3, 8)
Point = tuple[int | Fraction, ...]


def group(kind: FieldType, *conditions: str, low: int | None = 0, high: int | None = 5) -> Group:
    least, most = (value if value is None or kind is FieldType.INT else Decimal(value) for value in (low, high))
    fields = {name: Field(name=name, title=Text(zh=name, en=name), type=kind, min=least, max=most) for name in "abc"}
    survey = Survey(fields)
    survey.note([guard(one) for one in conditions])
    [found] = groups(fields, survey, Bounds())
    return found


def holds(zone: Zone, at: Point) -> bool:
    places = (0, *at)
    bounds = ((one, other, bound) for one, row in enumerate(zone.bounds) for other, bound in enumerate(row))
    return all((places[one] - places[other], 0) <= bound for one, other, bound in bounds)


def points(zones: Iterable[Zone], half: bool = False) -> list[list[Point]]:
    line: list[int | Fraction] = [Fraction(n, 2) for n in range(2 * BOX[0], 2 * BOX[-1])] if half else list(BOX)
    return [[at for at in product(line, repeat=len(zone.names)) if holds(zone, at)] for zone in zones]


CONDITIONS = ("a > b + 1", "b <= c", "a == c - 2", "c > 3", "a != 1", "b < a")


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("kind", (FieldType.INT, FieldType.DECIMAL))
def test_the_pieces_are_all_points_each_in_one_of_them(seed: int, kind: FieldType) -> None:
    asked = random.Random(seed).sample(CONDITIONS[:3], 2) + random.Random(seed).sample(CONDITIONS[3:], 1)
    pieces = list(group(kind, *asked).pieces(Zone(), "abc"))
    found = [at for inside in points(pieces, kind is FieldType.DECIMAL) for at in inside]
    assert len(found) == len(set(found)) == (11**3 if kind is FieldType.DECIMAL else 6**3)


def test_no_question_tells_two_points_of_a_piece_apart() -> None:
    for inside in points(group(FieldType.INT, "a > b + 1", "c == 3", "b <= c").pieces(Zone(), "abc")):
        assert len({(a > b + 1, a == b + 1, c > 3, c == 3, b < c, b == c) for a, b, c in inside}) == 1


def test_leaving_a_field_out_leaves_the_rest_as_it_may_be() -> None:
    for zone in group(FieldType.INT, "a > b + 1", "b > c").pieces(Zone(), "abc"):
        [whole], [rest] = points([zone]), points([zone.without("b")])
        assert {(a, c) for a, _, c in whole} == set(rest)


def test_filling_in_again_begins_with_what_is_known_of_the_others() -> None:
    asked = group(FieldType.INT, "a > b", "b > c", low=None, high=None)
    [between] = [zone for zone in asked.pieces(Zone(), "abc") if all(a > b > c for a, b, c in points([zone])[0])]
    again = list(asked.pieces(between, "b"))
    assert all(a >= c + 2 for inside in points(again) for a, _, c in inside), "there was room for b between them"


def test_a_point_lies_in_its_zone_and_reads_well() -> None:
    asked = group(FieldType.DECIMAL, "a > b + 1", "c > 3", "b > c", low=None, high=None)
    types = dict.fromkeys("abc", FieldType.DECIMAL)
    for zone in asked.pieces(Zone(), "abc"):
        at = point(zone, types)
        assert at is not None and holds(zone, tuple(at[name] for name in zone.names))
    assert point(Zone().having("a", FREE, FREE), types) == {"a": 1}


def test_what_cannot_be_is_no_zone() -> None:
    zone = Zone().having("a", FREE, FREE).having("b", FREE, FREE)
    below = zone.within(1, 2, (0, -1))
    assert below is not None and below.within(2, 1, (0, 0)) is None
    assert list(group(FieldType.INT, "a > b", low=5, high=0).pieces(Zone(), "a")) == []
