"""Evaluate expressions: a tree becomes a closure once, and the closure is called for every event.

No program text is made and nothing of the user's is executed. The result is total on checked expressions: an empty
field makes every comparison with it false (`!=` too), arithmetic with it is empty, and arithmetic that leaves the range
of dates or `MAX_PRECISION` digits is empty as well. Numbers are exact; nothing is ever rounded.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow, Underflow
from typing import Any

from oyiflow.model.calendar import PLAIN_WEEK, Calendar, Duration
from oyiflow.model.expression import (
    Active,
    And,
    Arithmetic,
    Between,
    Compare,
    Constant,
    Expression,
    Filled,
    ListOf,
    Member,
    Name,
    Negative,
    Not,
    Or,
)  # fmt: skip
from oyiflow.model.values import order_key

Data = Mapping[str, Any]
IsActive = Callable[[str], bool]
Evaluator = Callable[[Data, IsActive], Any]

MAX_PRECISION = 1_000

OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "starts with": str.startswith,
}  # fmt: skip
"""What a comparison asks of two values of one kind."""


def compile_expression(expression: Expression, *, calendar: Calendar = PLAIN_WEEK) -> Evaluator:
    """The expression as a function of the filled fields and of "is this state active?".

    The result of a guard is true, false or (a bool field that is empty) None. `calendar` counts workdays.
    """
    match expression:
        case Constant(value=value):
            return lambda data, active: value
        case Name(name=name):
            return lambda data, active: data.get(name)
        case Active(state=state):
            return lambda data, active: active(state)
        case Filled():
            return _filled(expression.name.name, expression.negated)
        case Compare():
            return _compare(expression, calendar)
        case Member():
            return _member(expression, calendar)
        case Between(item=item, low=low, high=high):
            return _between(*(compile_expression(part, calendar=calendar) for part in (item, low, high)))
        case ListOf(items=items):
            return _list(tuple(compile_expression(item, calendar=calendar) for item in items))
        case Arithmetic(left=left, op=op, right=right):
            first, second = compile_expression(left, calendar=calendar), compile_expression(right, calendar=calendar)
            general = _arithmetic(op, first, second, calendar)
            if isinstance(left, Name) and isinstance(right, Constant) and type(right.value) is int and op != "*":
                return _field_with_number(left.name, op, right.value, general)
            return general
        case Negative(operand=operand):
            return _negative(compile_expression(operand, calendar=calendar))
        case Not(operand=operand):
            inner = compile_expression(operand, calendar=calendar)
            return lambda data, active: not inner(data, active)
        case And(parts=parts):
            return _all(tuple(compile_expression(part, calendar=calendar) for part in parts))
        case Or(parts=parts):
            return _any(tuple(compile_expression(part, calendar=calendar) for part in parts))


def _filled(name: str, negated: bool) -> Evaluator:
    if negated:
        return lambda data, active: data.get(name) is None
    return lambda data, active: data.get(name) is not None


def _all(parts: tuple[Evaluator, ...]) -> Evaluator:
    if len(parts) == 2:
        first, second = parts
        return lambda data, active: bool(first(data, active) and second(data, active))

    return lambda data, active: all(part(data, active) for part in parts)


def _any(parts: tuple[Evaluator, ...]) -> Evaluator:
    if len(parts) == 2:
        first, second = parts
        return lambda data, active: bool(first(data, active) or second(data, active))

    return lambda data, active: any(part(data, active) for part in parts)


def _compare(node: Compare, calendar: Calendar) -> Evaluator:
    test = OPERATORS[node.op]
    if isinstance(node.left, Name) and isinstance(node.right, Constant) and not isinstance(node.right.value, Duration):
        return _field_with_constant(node.left.name, test, node.right.value)
    left, right = compile_expression(node.left, calendar=calendar), compile_expression(node.right, calendar=calendar)

    def compare(data: Data, active: IsActive) -> bool:
        a, b = left(data, active), right(data, active)
        if a is None or b is None:
            return False
        return holds(test, a, b)

    return compare


def _field_with_constant(name: str, test: Callable[[Any, Any], Any], value: Any) -> Evaluator:
    """The commonest guard (`amount > 5000`) on a shorter way: no calls but one."""
    if test is operator.gt:  # the operators themselves are quicker than calls
        return lambda data, active: (field := data.get(name)) is not None and field > value
    if test is operator.ge:
        return lambda data, active: (field := data.get(name)) is not None and field >= value
    if test is operator.lt:
        return lambda data, active: (field := data.get(name)) is not None and field < value
    if test is operator.le:
        return lambda data, active: (field := data.get(name)) is not None and field <= value
    if test is operator.eq:
        return lambda data, active: (field := data.get(name)) is not None and field == value
    return lambda data, active: (field := data.get(name)) is not None and test(field, value)


def holds(test: Callable[[Any, Any], Any], a: Any, b: Any) -> bool:
    """Compare two filled values. Workdays and elapsed time have no common measure: every comparison but `!=` is false."""
    if type(a) is Duration:
        a, b = order_key(a), order_key(b)
        if type(a) is not type(b):
            return test is operator.ne
    return bool(test(a, b))


def _between(item: Evaluator, low: Evaluator, high: Evaluator) -> Evaluator:
    def between(data: Data, active: IsActive) -> bool:
        value, least, most = item(data, active), low(data, active), high(data, active)
        if value is None or least is None or most is None:
            return False
        return holds(operator.le, least, value) and holds(operator.le, value, most)

    return between


def _member(node: Member, calendar: Calendar) -> Evaluator:
    wanted = not node.negated
    item = compile_expression(node.item, calendar=calendar)
    constants = _constants(node.of)
    if constants is not None:
        if isinstance(node.item, Name):
            name = node.item.name
            if wanted:
                return lambda data, active: (value := data.get(name)) is not None and value in constants
            return lambda data, active: (value := data.get(name)) is not None and value not in constants
        return lambda data, active: (value := item(data, active)) is not None and (value in constants) is wanted
    of = compile_expression(node.of, calendar=calendar)

    def member(data: Data, active: IsActive) -> bool:
        value, values = item(data, active), of(data, active)
        if value is None or values is None:
            return False
        return any(v is not None and holds(operator.eq, value, v) for v in values) is wanted

    return member


def _constants(of: Expression) -> frozenset[Any] | None:
    """The set behind `[a, b]`, when all are constants that equal themselves only (not durations: 1 day is 24 hours)."""
    if not isinstance(of, ListOf) or not all(isinstance(i, Constant) and not isinstance(i.value, Duration) for i in of.items):
        return None
    return frozenset(i.value for i in of.items if isinstance(i, Constant))


def _list(items: tuple[Evaluator, ...]) -> Evaluator:
    return lambda data, active: tuple(item(data, active) for item in items)


def _negative(inner: Evaluator) -> Evaluator:
    def negative(data: Data, active: IsActive) -> Any:
        value = inner(data, active)
        if isinstance(value, Duration):
            return Duration(amount=-value.amount, unit=value.unit)
        return None if value is None else _EXACT.minus(value) if isinstance(value, Decimal) else -value

    return negative


_WIDEST = 10**MAX_PRECISION
_EXACT = Context(prec=MAX_PRECISION, traps=[Inexact, InvalidOperation, Overflow, Underflow])
_NUMBERS: Mapping[str, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = {
    "+": (operator.add, _EXACT.add), "-": (operator.sub, _EXACT.subtract), "*": (operator.mul, _EXACT.multiply),
}  # fmt: skip


def _field_with_number(name: str, op: str, number: int, otherwise: Evaluator) -> Evaluator:
    """`field + 1`: the commonest arithmetic, without calls while the field is a small whole number."""
    step = -number if op == "-" else number

    def calculate(data: Data, active: IsActive) -> Any:
        value = data.get(name)
        if type(value) is int and -_SMALL < value < _SMALL:
            return value + step
        return otherwise(data, active)

    return calculate


_SMALL = 2**30 - 1


def _arithmetic(op: str, left: Evaluator, right: Evaluator, calendar: Calendar) -> Evaluator:
    whole, exact = _NUMBERS[op]

    def calculate(data: Data, active: IsActive) -> Any:
        a, b = left(data, active), right(data, active)
        if a is None or b is None:
            return None
        try:
            if type(a) is int and type(b) is int:
                number = whole(a, b)
                return number if -_WIDEST < number < _WIDEST else None
            if isinstance(a, int | Decimal) and isinstance(b, int | Decimal):
                return exact(a, b)
            return _with_time(op, a, b, calendar)
        except (ArithmeticError, OverflowError, ValueError):  # beyond MAX_PRECISION digits, or beyond the year 9999
            return None

    return calculate


def _with_time(op: str, a: Any, b: Any, calendar: Calendar) -> Any:
    if not isinstance(b, Duration):
        if isinstance(a, Duration):  # number of days + date is not in the language; duration * int is
            return Duration(amount=a.amount * b, unit=a.unit)
        return _apart(a, b)
    if isinstance(a, Duration):
        return _sum(a, b if op == "+" else Duration(amount=-b.amount, unit=b.unit))
    if isinstance(a, int):
        return Duration(amount=a * b.amount, unit=b.unit)
    return _later(a, b if op == "+" else Duration(amount=-b.amount, unit=b.unit), calendar)


def _apart(a: date, b: date) -> Duration:
    """The time from `b` to `a`: in days for dates, in minutes (whole ones) for moments."""
    gap = a - b
    if isinstance(a, datetime):
        return Duration(amount=gap // timedelta(minutes=1), unit="minutes")
    return Duration(amount=gap.days, unit="days")


def _sum(a: Duration, b: Duration) -> Duration | None:
    if a.unit == b.unit:
        return Duration(amount=a.amount + b.amount, unit=a.unit)
    if a.minutes is None or b.minutes is None:
        return None
    return Duration(amount=a.minutes + b.minutes, unit="minutes")


def _later(start: date, length: Duration, calendar: Calendar) -> Any:
    if isinstance(start, datetime):
        return calendar.due(start, length)
    if length.unit == "workdays":
        return calendar.add_workdays(start, length.amount)
    assert length.minutes is not None
    return start + timedelta(minutes=length.minutes)
