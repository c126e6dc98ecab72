"""Values on a line: cut at places, shown by the one that reads best."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import pytest

from oyiflow.model.values import Duration, FieldType, Value
from oyiflow.verify.boxes.line import DENSE, Stretch, cut, is_value, place_of, pleasant, value_at, whole_line

T = FieldType


def shown(kind: FieldType, places: list[Fraction | int], line: Stretch | None = None) -> list[Value]:
    return [value_at(kind, pleasant(piece, kind)) for piece in cut(line or whole_line(kind), places, kind in DENSE)]


def test_whole_numbers_are_cut_at_places_and_around_what_lies_between() -> None:
    assert shown(T.INT, [3, 5]) == [1, 3, 4, 5, 6]
    assert shown(T.INT, [Fraction(5, 2)]) == [1, 3]
    assert shown(T.INT, [3, 4]) == [1, 3, 4, 5], "nothing lies between neighbours"
    assert shown(T.INT, [0, 3, 9], Stretch(1, 5)) == [1, 3, 4], "what lies outside the limits cuts nothing"
    assert shown(T.INT, [1, 5], Stretch(1, 5)) == [1, 2, 5]


def test_decimals_have_values_between_any_two() -> None:
    assert shown(T.MONEY, [5000, 25000]) == [1, 5000, 10000, 25000, 25001]
    assert shown(T.MONEY, [Fraction(5), Fraction(501, 100)]) == [1, 5, Decimal("5.001"), Decimal("5.01"), 6]
    assert len(shown(T.MONEY, [Fraction(1, 3)])) == 2, "a third is no decimal"
    assert shown(T.MONEY, [0], Stretch(0, 0)) == [0]


def test_days_moments_and_times_read_well() -> None:
    day = date(2026, 5, 1)
    assert shown(T.DATE, [place_of(day) or 0]) == [date(2026, 1, 1), day, date(2026, 5, 2)]
    nine = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
    assert shown(T.DATETIME, [place_of(nine) or 0])[1:] == [nine, datetime(2026, 5, 2, tzinfo=UTC)]
    assert shown(T.DURATION, [7200], Stretch(0, 10**7)) == [
        Duration(amount=1, unit="days"), Duration(amount=5, unit="days"), Duration(amount=6, unit="days"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (T.INT, -7), (T.MONEY, Decimal("12.50")), (T.DECIMAL, Decimal("-0.0001")), (T.DATE, date(9999, 12, 31)),
        (T.DATETIME, datetime(2026, 1, 1, 8, 0, 0, 1, tzinfo=UTC)), (T.DURATION, Duration(amount=90, unit="minutes")),
    ],
)  # fmt: skip
def test_a_value_comes_back_from_its_place(kind: FieldType, value: Value) -> None:
    place = place_of(value)
    assert place is not None
    assert value_at(kind, place) == value
    assert whole_line(kind).holds(place)


def test_what_lies_on_no_line() -> None:
    assert place_of(Duration(amount=3, unit="workdays")) is None
    assert place_of("a") is None
    assert place_of(True) is None


def test_the_same_moment_in_two_zones_is_one_place() -> None:
    east = timezone(timedelta(hours=8))
    assert place_of(datetime(2026, 1, 1, 8, tzinfo=east)) == place_of(datetime(2026, 1, 1, tzinfo=UTC))


def test_where_values_lie() -> None:
    assert is_value(3, False)
    assert is_value(Fraction(1, 8), True)
    assert not is_value(Fraction(1, 8), False)
    assert not is_value(Fraction(1, 3), True)
    assert not is_value(Fraction(1, 10**29), True), "more digits than are kept"
