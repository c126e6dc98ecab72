"""What a comparison asks, as arithmetic: a sum of multiples of fields and a number, compared with nothing.

`asked` turns `left op right` into an `Asked`: coefficients of fields, a constant and a sign against zero. It knows sums and
multiples of numbers, days and moments moved by a fixed time, and the time between two of them; all in the measures of
`line`. What it does not know (products of fields, workdays, lengths that stand in a field) is None, and stays a riddle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from math import floor
from typing import Literal

from oyiflow.model.expression import Arithmetic, Compare, Constant, Expression, Name, Negative
from oyiflow.model.values import Duration, FieldSpec, FieldType, Value
from oyiflow.verify.boxes.line import DAY_MINUTES, MINUTE_TICKS, NUMBERS, place_of

Sign = Literal["==", "!=", "<", "<=", ">", ">="]
Measure = Literal["number", "day", "moment", "time"]
_MEASURES: Mapping[FieldType, Measure] = {
    **dict.fromkeys(NUMBERS, "number"),
    FieldType.DATE: "day",
    FieldType.DATETIME: "moment",
}


@dataclass(frozen=True, slots=True)
class Sum:
    """Multiples of fields and a number. `whole`: only whole multiples of it count, as whole minutes between two moments."""

    measure: Measure
    parts: Mapping[str, Fraction]
    rest: Fraction
    whole: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """`parts + rest` compared with zero."""

    parts: Mapping[str, Fraction]
    rest: Fraction
    sign: Sign


def asked(node: Compare, fields: Mapping[str, FieldSpec]) -> Asked | None:
    """A comparison as arithmetic; None where it is none, or one that is not known here."""
    if node.op == "starts with":
        return None
    left, right = sum_of(node.left, fields), sum_of(node.right, fields)
    if left is None or right is None or left.measure != right.measure:
        return None
    if left.whole or right.whole:
        return _in_whole_minutes(left, right, node.op)
    both = _plus(left, right, -1)
    return Asked(both.parts, both.rest, node.op)


def sum_of(node: Expression, fields: Mapping[str, FieldSpec]) -> Sum | None:
    """A term as a sum; None for texts, choices and what is not linear."""
    match node:
        case Constant(value=value):
            return _constant(value)
        case Name(name=name):
            measure = _MEASURES.get(fields[name].type)
            return Sum(measure, {name: Fraction(1)}, Fraction(0)) if measure is not None else None
        case Negative(operand=operand):
            inner = sum_of(operand, fields)
            return _times(inner, Fraction(-1)) if inner is not None and not inner.whole else None
        case Arithmetic(left=left, right=right):
            first, second = sum_of(left, fields), sum_of(right, fields)
            if first is None or second is None or first.whole or second.whole:
                return None
            return _product(first, second) if node.op == "*" else _moved(first, second, 1 if node.op == "+" else -1)
    return None


def _constant(value: Value) -> Sum | None:
    place = place_of(value)
    if place is None:
        return None
    if isinstance(value, Duration):
        return Sum("time", {}, Fraction(place))
    measure: Measure = "moment" if isinstance(value, datetime) else "day" if isinstance(value, date) else "number"
    return Sum(measure, {}, Fraction(place))


def _plus(left: Sum, right: Sum, sign: int, measure: Measure | None = None, whole: int = 0) -> Sum:
    parts = dict(left.parts)
    for name, factor in right.parts.items():
        parts[name] = parts.get(name, Fraction(0)) + sign * factor
    kept = {name: factor for name, factor in parts.items() if factor}
    return Sum(measure or left.measure, kept, left.rest + sign * right.rest, whole)


def _times(term: Sum, factor: Fraction) -> Sum:
    return Sum(term.measure, {name: part * factor for name, part in term.parts.items() if factor}, term.rest * factor)


def _product(left: Sum, right: Sum) -> Sum | None:
    if not left.parts:
        left, right = right, left
    if right.parts or "number" not in (left.measure, right.measure):
        return None
    if left.measure == right.measure == "number":
        return _times(left, right.rest)
    return Sum("time", {}, left.rest * right.rest) if not left.parts else None


def _moved(left: Sum, right: Sum, sign: int) -> Sum | None:
    match left.measure, right.measure:
        case ("number", "number"):
            return _plus(left, right, sign)
        case ("time", "time") if not left.parts and not right.parts:
            return _plus(left, right, sign)
        case ("day", "time") if not right.parts:
            return Sum("day", left.parts, left.rest + floor(sign * right.rest / DAY_MINUTES))
        case ("moment", "time") if not right.parts:
            return Sum("moment", left.parts, left.rest + sign * right.rest * MINUTE_TICKS)
        case ("day", "day") if sign < 0:
            return _times(_plus(left, right, -1, "time"), Fraction(DAY_MINUTES))
        case ("moment", "moment") if sign < 0:
            return _plus(left, right, -1, "time", MINUTE_TICKS)
    return None


def _in_whole_minutes(left: Sum, right: Sum, sign: Sign) -> Asked | None:
    """Moments apart by so many whole minutes: the same in ticks, where it comes to one comparison."""
    if right.whole:
        turned: Mapping[Sign, Sign] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
        left, right, sign = right, left, turned.get(sign, sign)
    if right.whole or right.parts or right.rest.denominator != 1 or sign in ("==", "!="):
        return None
    more = right.rest + (sign in (">", "<="))  # more than 5 whole minutes: 6 or more
    return Asked(left.parts, left.rest - more * left.whole, ">=" if sign in (">", ">=") else "<")
