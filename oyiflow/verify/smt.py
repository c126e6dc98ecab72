"""A second opinion on conditions: z3, where it is installed (`pip install oyiflow[smt]`).

The boxes decide all that is usual, quicker and with rounder values. What stays a riddle to them, such as a sum or a product of
several fields, is put to z3 with the same meaning: each field is a value and a bit that says whether it is filled, and a
comparison with an empty field is false. A text is a number: the known texts have theirs, all others are just different, and
"starts with" is a predicate of numbers. A day that workdays are added to may be any day. Whatever z3 finds is tried out on
the evaluator before it is believed. z3 is imported when it is first needed; its work is bounded by a count, not by a clock.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from fractions import Fraction
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

from oyiflow.model.definition import Definition
from oyiflow.model.evaluation import OPERATORS, compile_expression
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
    text,
)
from oyiflow.model.values import Duration, FieldSpec, FieldType, FileReference, Value
from oyiflow.verify.boxes.answers import UNKNOWN, Unknown, Witness
from oyiflow.verify.boxes.cells import fits
from oyiflow.verify.boxes.decision import Solver
from oyiflow.verify.boxes.line import DAY_MINUTES, DENSE, LINES, MINUTE_TICKS, is_value, place_of, value_at, whole_line
from oyiflow.verify.boxes.space import calculated

EFFORT = 3_000_000
"""z3's own count of its work, after which it gives up."""
_TEXTS = frozenset({FieldType.TEXT, FieldType.LONGTEXT, FieldType.PERSON, FieldType.CHOICE})
_NUMBERS = frozenset({FieldType.INT, FieldType.DECIMAL, FieldType.MONEY})


def solver() -> Solver | None:
    """z3 as a solver of conditions; None where it is not installed."""
    return solve if find_spec("z3") is not None else None


def solve(expressions: Sequence[Expression], definition: Definition, filled: Collection[str] = ()) -> Witness | Unknown | None:
    """Values that make all conditions true, None (there are none), or `UNKNOWN`."""
    z3: Any = import_module("z3")  # large; only whoever asks a riddle pays for it
    asked = _Question(z3, definition, filled)
    try:
        goals = [asked.truth(one) for one in expressions]
    except _Riddle:
        return UNKNOWN
    for whole_cents in (True, False):  # values that people would write are tried first
        engine = z3.Solver()
        engine.set("rlimit", EFFORT)
        engine.add(*goals, *asked.limits(whole_cents))
        answer = engine.check()
        if answer == z3.sat:
            found = asked.witness(engine.model())
            if found is not None and _true(expressions, found, definition):
                return found
        elif answer == z3.unsat and not (whole_cents and asked.dense):
            return None
    return UNKNOWN


def _true(expressions: Sequence[Expression], found: Witness, definition: Definition) -> bool:
    tests = [compile_expression(one, calendar=definition.calendar) for one in expressions]
    return all(test(found.values, found.active.__contains__) for test in tests)


class _Riddle(Exception):
    """A part that is not put to z3."""


class _Term(NamedTuple):
    """A term: its number, when it has a value, what it measures, and of lengths of time whether it counts workdays."""

    number: Any
    there: Any
    kind: FieldType
    workdays: Any = False


class _Question:
    """The conditions of one question as formulas of z3."""

    def __init__(self, z3: Any, definition: Definition, filled: Collection[str]) -> None:
        self.z3, self.definition, self.filled = z3, definition, filled
        self.fields: dict[str, FieldSpec] = {}
        self.codes: dict[str, int] = {}
        self.beginnings: set[str] = set()
        self.states: set[str] = set()
        self.riddles = 0

    @property
    def dense(self) -> bool:
        """Whether some field takes decimals."""
        return any(spec.type in DENSE for spec in self.fields.values())

    # --- conditions

    def truth(self, node: Expression) -> Any:
        """When a condition holds."""
        z3 = self.z3
        match node:
            case Not(operand=operand):
                return z3.Not(self.truth(operand))
            case And(parts=parts):
                return z3.And(*map(self.truth, parts))
            case Or(parts=parts):
                return z3.Or(*map(self.truth, parts))
            case Constant(value=value):
                return z3.BoolVal(bool(value))
            case Name():
                term = self.term(node)
                return z3.And(term.there, term.number)
            case Filled(name=name, negated=negated):
                there = self.there(name.name)
                return z3.Not(there) if negated else there
            case Active(state=state):
                self.states.add(state)
                return z3.Bool(f"in {state}")
            case Compare(left=left, op="starts with", right=right):
                return self.begins(left, right)
            case Compare(left=left, op=op, right=right):
                return self.compared(self.term(left), op, right)
            case Between(item=item, low=low, high=high):
                middle = self.term(item)
                return z3.And(self.compared(middle, ">=", low), self.compared(middle, "<=", high))
            case Member():
                return self.member(node)
        raise _Riddle

    def member(self, node: Member) -> Any:
        z3 = self.z3
        if isinstance(node.of, Name):
            there, found = self.there(node.of.name), self.chosen(node.item, node.of.name)
            if isinstance(node.item, Name):
                there = z3.And(there, self.there(node.item.name))
        else:
            assert isinstance(node.of, ListOf)
            item = self.term(node.item)
            there, found = item.there, z3.Or(*(self.compared(item, "==", one) for one in node.of.items))
        return z3.And(there, z3.Not(found) if node.negated else found)

    def chosen(self, item: Expression, name: str) -> Any:
        """Whether a field of several choices holds an option."""
        options = self.definition.field[name].options
        if isinstance(item, Constant):
            return self.z3.Bool(f"of {name} {item.value}") if item.value in options else self.z3.BoolVal(False)
        number = self.term(item).number
        return self.z3.Or(*(self.z3.And(number == self.code(one), self.z3.Bool(f"of {name} {one}")) for one in options))

    def compared(self, one: _Term, op: str, right: Expression) -> Any:
        z3 = self.z3
        other = self.term(right)
        there = z3.And(one.there, other.there)
        if one.kind is FieldType.DURATION:
            alike = one.workdays == other.workdays
            inside = OPERATORS[op](one.number, other.number)
            return z3.And(there, z3.Or(z3.Not(alike), inside) if op == "!=" else z3.And(alike, inside))
        return z3.And(there, OPERATORS[op](one.number, other.number))

    def begins(self, left: Expression, right: Expression) -> Any:
        one = self.term(left)
        if isinstance(right, Constant) and isinstance(right.value, str):
            self.beginnings.add(right.value)
            return self.z3.And(one.there, self.predicate(right.value)(one.number))
        other = self.term(right)
        there = self.z3.And(one.there, other.there)
        if isinstance(left, Constant) and isinstance(left.value, str):
            parts = [left.value[:end] for end in range(1, len(left.value) + 1)]
            return self.z3.And(there, self.z3.Or(*(other.number == self.code(part) for part in parts)))
        return self.z3.And(there, self.z3.Bool(f"? {text(left)} {text(right)}"))

    def predicate(self, beginning: str) -> Any:
        """ "starts with" of the numbers that stand for texts."""
        return self.z3.Function(f"begins {beginning}", self.z3.IntSort(), self.z3.BoolSort())

    # --- terms

    def there(self, name: str) -> Any:
        """Whether a field is filled."""
        self.fields[name] = self.definition.field[name]
        return self.z3.BoolVal(True) if name in self.filled else self.z3.Bool(f"filled {name}")

    def code(self, word: str) -> int:
        """The number of a text."""
        return self.codes.setdefault(word, len(self.codes))

    def term(self, node: Expression) -> _Term:
        """A value."""
        match node:
            case Constant(value=value):
                return self.constant(value)
            case Name(name=name):
                return self.name(name)
            case Negative(operand=operand):
                inner = self.term(operand)
                return inner._replace(number=-inner.number)
            case Arithmetic(left=left, op=op, right=right):
                return self.arithmetic(self.term(left), op, self.term(right))
        raise _Riddle

    def constant(self, value: Value) -> _Term:
        z3 = self.z3
        yes, place = z3.BoolVal(True), place_of(value)
        if isinstance(value, Duration):
            return _Term(
                z3.IntVal(value.amount if place is None else int(place)), yes, FieldType.DURATION, z3.BoolVal(place is None)
            )
        if isinstance(value, bool):
            return _Term(z3.BoolVal(value), yes, FieldType.BOOL)
        if isinstance(value, str):
            return _Term(z3.IntVal(self.code(value)), yes, FieldType.TEXT)
        if place is None:
            raise _Riddle
        if isinstance(value, date):
            kind = FieldType.DATETIME if isinstance(value, datetime) else FieldType.DATE
            return _Term(z3.IntVal(int(place)), yes, kind)
        fraction = Fraction(place)
        number = z3.IntVal(fraction.numerator) if fraction.denominator == 1 else z3.Q(fraction.numerator, fraction.denominator)
        return _Term(number, yes, FieldType.INT if fraction.denominator == 1 else FieldType.DECIMAL)

    def name(self, name: str) -> _Term:
        z3, spec = self.z3, self.definition.field[name]
        there = self.there(name)
        if spec.type is FieldType.BOOL:
            return _Term(z3.Bool(name), there, spec.type)
        if spec.type in DENSE:
            return _Term(z3.Real(name), there, spec.type)
        if spec.type in LINES or spec.type in _TEXTS:
            days = z3.Bool(f"workdays {name}") if spec.type is FieldType.DURATION else z3.BoolVal(False)
            return _Term(z3.Int(name), there, spec.type, days)
        raise _Riddle

    def arithmetic(self, one: _Term, op: str, other: _Term) -> _Term:
        z3 = self.z3
        there = z3.And(one.there, other.there)
        if one.kind in _NUMBERS and other.kind in _NUMBERS:
            return _Term(_sum(one.number, op, other.number), there, FieldType.DECIMAL)
        if op == "*":
            time = one if one.kind is FieldType.DURATION else other
            return _Term(one.number * other.number, there, FieldType.DURATION, time.workdays)
        if one.kind is other.kind is FieldType.DURATION:
            same = z3.And(there, one.workdays == other.workdays)
            return _Term(_sum(one.number, op, other.number), same, FieldType.DURATION, one.workdays)
        if other.kind is not FieldType.DURATION:
            unit = 1 if one.kind is FieldType.DATE else MINUTE_TICKS
            gap = (one.number - other.number) * DAY_MINUTES if unit == 1 else (one.number - other.number) / unit
            return _Term(gap, there, FieldType.DURATION, z3.BoolVal(False))
        return self.moved(one, op, other, there)

    def moved(self, one: _Term, op: str, other: _Term, there: Any) -> _Term:
        """A day or a moment, some time later or earlier."""
        z3 = self.z3
        minutes = other.number if op == "+" else -other.number
        elapsed = one.number + (minutes / DAY_MINUTES if one.kind is FieldType.DATE else minutes * MINUTE_TICKS)
        self.riddles += 1
        number = z3.If(other.workdays, z3.Int(f"? {self.riddles}"), elapsed)  # what a calendar says may be anything
        line = whole_line(one.kind)
        if one.kind is FieldType.DATE:
            there = z3.And(there, number >= int(line.low), number <= int(line.high))
            return _Term(number, there, one.kind)
        edge = z3.If(number < int(line.low), int(line.low), z3.If(number > int(line.high), int(line.high), number))
        return _Term(edge, there, one.kind)

    # --- what holds of every field

    def limits(self, whole_cents: bool) -> list[Any]:
        """Ranges, options, and what is known of texts."""
        found = [one for name, spec in list(self.fields.items()) for one in self._limits(name, spec, whole_cents)]
        texts = [name for name, spec in self.fields.items() if spec.type in _TEXTS]
        z3, begins = self.z3, sorted(self.beginnings)
        for beginning in begins:
            test = self.predicate(beginning)
            found += [test(code) == z3.BoolVal(word.startswith(beginning)) for word, code in self.codes.items()]
            for other in begins:
                for name in texts if other != beginning else ():
                    both = z3.And(test(z3.Int(name)), self.predicate(other)(z3.Int(name)))
                    if beginning.startswith(other):
                        found.append(z3.Implies(test(z3.Int(name)), self.predicate(other)(z3.Int(name))))
                    elif not other.startswith(beginning):
                        found.append(z3.Not(both))
        return found

    def _limits(self, name: str, spec: FieldSpec, whole_cents: bool) -> list[Any]:
        z3 = self.z3
        if spec.type is FieldType.CHOICES:
            flags = [z3.Bool(f"of {name} {option}") for option in spec.options]
            there = self.there(name)
            return [z3.Implies(there, z3.Or(*flags)), *(z3.Implies(flag, there) for flag in flags)]
        if spec.type in _TEXTS:
            return self._text_limits(name, spec)
        if spec.type not in LINES:
            return []
        number, line = (z3.Real(name) if spec.type in DENSE else z3.Int(name)), whole_line(spec.type)
        low = place_of(spec.min) if spec.min is not None else None
        high = place_of(spec.max) if spec.max is not None else None
        found = [
            number >= _number(z3, line.low if low is None else low),
            number <= _number(z3, line.high if high is None else high),
        ]
        if spec.type is FieldType.DURATION:
            return self._time_limits(name, spec, found)
        if whole_cents and spec.type in DENSE:
            found.append(z3.IsInt(number * 100))
        return found

    def _time_limits(self, name: str, spec: FieldSpec, elapsed: list[Any]) -> list[Any]:
        z3, number, days = self.z3, self.z3.Int(name), self.z3.Bool(f"workdays {name}")
        found = [z3.Implies(z3.Not(days), z3.And(*elapsed))]
        for limit, less in ((spec.min, False), (spec.max, True)):
            if isinstance(limit, Duration) and limit.minutes is None:
                found.append(z3.Implies(days, number <= limit.amount if less else number >= limit.amount))
        if name in calculated(self.definition):
            return found
        least = [limit for limit in (spec.min,) if isinstance(limit, Duration)]
        for workdays in (True, False):
            if not any((limit.minutes is None) is workdays for limit in least):
                found.append(z3.Implies(days == workdays, number >= 0))
        return found

    def _text_limits(self, name: str, spec: FieldSpec) -> list[Any]:
        number = self.z3.Int(name)
        if spec.type is FieldType.CHOICE:
            return [self.z3.Or(*(number == self.code(option) for option in spec.options))]
        return [number != code for word, code in self.codes.items() if not fits(spec, word)]

    # --- what was found

    def witness(self, model: Any) -> Witness | None:
        """The values of a model; None if one of them is none that a field can hold."""
        z3, values = self.z3, {}
        for name, spec in self.fields.items():
            there = name in self.filled or z3.is_true(model.eval(z3.Bool(f"filled {name}"), model_completion=True))
            values[name] = self._value(model, name, spec) if there else None
            if there and values[name] is None:
                return None
        active = {state for state in self.states if z3.is_true(model.eval(z3.Bool(f"in {state}"), model_completion=True))}
        return Witness(lambda: (values, frozenset(active)))

    def _value(self, model: Any, name: str, spec: FieldSpec) -> Value | None:
        z3 = self.z3

        def flag(key: str) -> bool:
            return bool(z3.is_true(model.eval(z3.Bool(key), model_completion=True)))

        if spec.type is FieldType.BOOL:
            return flag(name)
        if spec.type is FieldType.CHOICES:
            return tuple(option for option in spec.options if flag(f"of {name} {option}"))
        if spec.type in DENSE:
            number = model.eval(z3.Real(name), model_completion=True)
            place = Fraction(number.as_fraction()) if z3.is_rational_value(number) else None
            return value_at(spec.type, place) if place is not None and is_value(place, True) else None
        if spec.type in LINES or spec.type in _TEXTS:
            whole = model.eval(z3.Int(name), model_completion=True).as_long()
            if spec.type in _TEXTS:
                return self._text(model, spec, whole)
            if spec.type is FieldType.DURATION and flag(f"workdays {name}"):
                return Duration(amount=whole, unit="workdays")
            return value_at(spec.type, whole)
        return FileReference(name="x") if spec.type is FieldType.FILE else (("x",),)

    def _text(self, model: Any, spec: FieldSpec, code: int) -> Value | None:
        known = next((word for word, number in self.codes.items() if number == code), None)
        if known is not None:
            return known
        z3 = self.z3
        begins = [
            b for b in self.beginnings if z3.is_true(model.eval(self.predicate(b)(z3.IntVal(code)), model_completion=True))
        ]
        word = f"{max(begins, key=len, default='')}甲{abs(code)}{'丙' if code < 0 else ''}"
        return word if fits(spec, word) else None


def _sum(one: Any, op: str, other: Any) -> Any:
    return one + other if op == "+" else one - other if op == "-" else one * other


def _number(z3: Any, place: Fraction | int) -> Any:
    return z3.IntVal(place) if isinstance(place, int) else z3.Q(place.numerator, place.denominator)
