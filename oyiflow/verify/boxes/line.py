"""Values that lie on a line, and stretches of it.

Numbers, days, moments and lengths of time are compared as exact fractions: a number by itself, a day by its ordinal, a
moment by its microseconds, elapsed time by its minutes. A line is discrete (whole numbers only) or dense (decimals). A
`Stretch` is a piece of a line between two ends; on a discrete line its ends are whole and closed.

`pleasant` picks the value by which a stretch is shown to people: the roundest one in it, not the one in the middle.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from oyiflow.model.values import MAX_DIGITS, Duration, FieldType, Value

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_FIRST_MOMENT = (datetime(1, 1, 1, tzinfo=UTC) - _EPOCH) // _TICK
_LAST_MOMENT = (datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC) - _EPOCH) // _TICK
_LARGEST = 10**MAX_DIGITS - 1
_LONGEST = 100 * 366 * 1440
DAY_MINUTES, MINUTE_TICKS = 1440, 60_000_000
NUMBERS = frozenset({FieldType.INT, FieldType.DECIMAL, FieldType.MONEY})
LINES = NUMBERS | {FieldType.DATE, FieldType.DATETIME, FieldType.DURATION}
DENSE = frozenset({FieldType.DECIMAL, FieldType.MONEY})
_BOUNDS: dict[FieldType, tuple[int, int]] = {
    FieldType.DATE: (1, date.max.toordinal()),
    FieldType.DATETIME: (_FIRST_MOMENT, _LAST_MOMENT),
    FieldType.DURATION: (-_LONGEST, _LONGEST),
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """The values from `low` to `high`; an end that is open does not belong to it."""

    low: Fraction | int
    high: Fraction | int
    low_open: bool = False
    high_open: bool = False

    @property
    def single(self) -> bool:
        """Whether it holds just one value."""
        return self.low == self.high

    def holds(self, place: Fraction | int) -> bool:
        """Whether a place on the line lies in it."""
        above = self.low < place or (self.low == place and not self.low_open)
        return above and (place < self.high or (place == self.high and not self.high_open))


def whole_line(kind: FieldType) -> Stretch:
    """All that a type can hold."""
    low, high = _BOUNDS.get(kind, (-_LARGEST, _LARGEST))
    return Stretch(low, high)


def place_of(value: Value) -> Fraction | int | None:
    """Where a value lies on its line; None for workdays, which have no length, and for what lies on no line."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, Decimal):
        whole = int(value)
        return whole if whole == value else Fraction(value)  # whole numbers are compared much quicker
    if isinstance(value, datetime):
        return (value.astimezone(UTC) - _EPOCH) // _TICK
    if isinstance(value, date):
        return value.toordinal()
    return value.minutes if isinstance(value, Duration) else None


def value_at(kind: FieldType, place: Fraction | int) -> Value:
    """The value of a type at a place; the counterpart of `place_of`."""
    if kind in DENSE:
        return _decimal(Fraction(place))
    number = int(place)
    if kind is FieldType.DATE:
        return date.fromordinal(number)
    if kind is FieldType.DATETIME:
        return _EPOCH + number * _TICK
    return _duration(number) if kind is FieldType.DURATION else number


def _duration(minutes: int) -> Duration:
    """As people would say it: in days or hours where that is exact."""
    if minutes % DAY_MINUTES == 0:
        return Duration(amount=minutes // DAY_MINUTES, unit="days")
    if minutes % 60 == 0:
        return Duration(amount=minutes // 60, unit="hours")
    return Duration(amount=minutes, unit="minutes")


def _decimal(place: Fraction) -> Decimal:
    digits = _digits(place)
    assert digits is not None, "only finite decimals are values"
    scaled = place * 10**digits
    return Decimal(scaled.numerator).scaleb(-digits) if digits else Decimal(scaled.numerator)


def _digits(place: Fraction) -> int | None:
    """How many decimals a fraction needs; None if no finite number of them does."""
    rest, twos, fives = place.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    return max(twos, fives) if rest == 1 else None


def is_value(place: Fraction | int, dense: bool) -> bool:
    """Whether a value of the line lies at a place."""
    if isinstance(place, int):
        return True
    digits = _digits(place)
    return digits is not None and digits <= (MAX_DIGITS if dense else 0)


def cut(line: Stretch, places: Iterable[Fraction | int], dense: bool) -> list[Stretch]:
    """The line in pieces, from left to right: each place by itself, if a value lies there, and what is between them."""
    pieces: list[Stretch] = []
    low, low_open = line.low, line.low_open
    for place in sorted(set(places)):
        inside = line.holds(place)
        if not inside and place <= line.low:
            continue
        if not inside:
            break
        if dense:
            pieces += [Stretch(low, place, low_open, True)] if low < place else []
            pieces += [Stretch(place, place)] if is_value(place, dense) else []
            low, low_open = place, True
            continue
        below, above = ceil(place) - 1, floor(place) + 1
        pieces += [Stretch(low, below)] if low <= below else []
        pieces += [Stretch(place, place)] if below + 2 == above else []
        low = above
    if low < line.high or (low == line.high and not low_open and not line.high_open):
        pieces.append(Stretch(low, line.high, low_open, line.high_open))
    return pieces


def pleasant(piece: Stretch, kind: FieldType) -> Fraction | int:
    """The place of a stretch that reads best: near its end if it goes on for ever, else the roundest in it."""
    if piece.single:
        return piece.low
    start, edge, steps = _origin(kind), whole_line(kind), _steps(kind)
    far = Fraction(edge.high - edge.low) / 100  # so near to the end of the line is the end
    low, high, low_open = piece.low - start, piece.high - start, piece.low_open
    if kind is FieldType.DATE and low <= 0 <= high:
        return start
    if kind is not FieldType.DATE and low <= 0 < high and (low, low_open) != (0, True):
        most = min(high, steps[_UNIT[kind]] * 2)
        if piece.high >= edge.high - far or most < high:
            return start + steps[_UNIT[kind]]
        low, low_open = 0, high > steps[-1]  # something rather than nothing
    elif piece.high >= edge.high - far:
        return start + (0 if piece.low <= edge.low + far else _above(low, low_open, steps[_UNIT[kind]]))
    elif piece.low <= edge.low + far:
        return start - _above(-high, piece.high_open, steps[_UNIT[kind]])
    found = (_above(low, low_open, step) for step in steps)
    best = next((place for place in found if place < high or (place == high and not piece.high_open)), None)
    return start + (best if best is not None else (low + high) / Fraction(2))


def _above(low: Fraction | int, low_open: bool, step: Fraction | int) -> Fraction | int:
    """The first multiple of a step that is not below an end."""
    found = ceil(low / Fraction(step)) * step
    return found + step if low_open and found == low else found


def _origin(kind: FieldType) -> int:
    """From where values look round."""
    if kind is FieldType.DATE:
        return date(2026, 1, 1).toordinal()
    return (datetime(2026, 1, 1, tzinfo=UTC) - _EPOCH) // _TICK if kind is FieldType.DATETIME else 0


def _steps(kind: FieldType) -> tuple[Fraction | int, ...]:
    """Steps between values that look round, the largest first."""
    return _STEPS.get(kind, _STEPS[FieldType.INT])


_WHOLE: tuple[Fraction | int, ...] = tuple(10**power for power in range(MAX_DIGITS, -1, -1))
_STEPS: dict[FieldType, tuple[Fraction | int, ...]] = {
    FieldType.INT: _WHOLE,
    FieldType.DECIMAL: (*_WHOLE, *(Fraction(1, 10**power) for power in range(1, MAX_DIGITS + 1))),
    FieldType.DATE: (1,),
    FieldType.DATETIME: (DAY_MINUTES * MINUTE_TICKS, 60 * MINUTE_TICKS, MINUTE_TICKS, 1_000_000, 1),
    FieldType.DURATION: (DAY_MINUTES, 60, 1),
}
_STEPS[FieldType.MONEY] = _STEPS[FieldType.DECIMAL]
_UNIT = {kind: -1 if kind in (FieldType.INT, FieldType.DATE) else MAX_DIGITS if kind in DENSE else 0 for kind in LINES}
"""Which of the steps lies between neighbours in people's minds."""
