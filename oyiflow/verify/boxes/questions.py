"""What conditions ask of the fields of a form, collected before anything is decided.

A `Survey` walks over conditions and notes, for each field, where its values must be told apart. It also keeps what it has
understood of each comparison (`Understood`), so that the second walk, which makes formulas, need not do it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import NamedTuple

from oyiflow.model.evaluation import OPERATORS, compile_expression
from oyiflow.model.expression import (
    And,
    Arithmetic,
    Between,
    Compare,
    Constant,
    Expression,
    ListOf,
    Member,
    Name,
    Negative,
    Not,
    Or,
    names_read,
    walk,
)
from oyiflow.model.values import Duration, FieldSpec, FieldType, Value
from oyiflow.verify.boxes.cells import TEXTS, Questions
from oyiflow.verify.boxes.line import LINES, place_of
from oyiflow.verify.boxes.terms import Sign, asked

_TURNED: Mapping[str, Sign] = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_FINITE = frozenset({FieldType.BOOL, FieldType.CHOICE})


class Understood(NamedTuple):
    """A comparison: of one field with a value or a place; of two fields on a line, or as texts; or a riddle (no fields)."""

    names: frozenset[str]
    fields: tuple[str, ...] = ()
    sign: str = ""
    value: Value | None = None
    place: Fraction | int | None = None
    truth: bool | None = None
    """Where no field matters."""


class Survey:
    """The questions of many conditions. `splits` and `understood` are kept by the identity of nodes, which must live on."""

    def __init__(self, fields: Mapping[str, FieldSpec]) -> None:
        self.fields = fields
        self.questions: dict[str, Questions] = {}
        self.options: dict[str, dict[str, None]] = {}
        """Of fields of several choices: the options that are asked for."""
        self.pairs: dict[tuple[str, str], set[Fraction | int]] = {}
        """Of two fields on a line, in the order of their names: the differences that are asked for."""
        self.understood: dict[int, Understood] = {}
        self.splits: dict[int, tuple[Compare, ...]] = {}
        self._linked: list[tuple[str, str]] = []

    def of(self, name: str) -> Questions:
        """What is asked of a field."""
        return self.questions.setdefault(name, Questions())

    def note(self, expressions: Iterable[Expression]) -> None:
        """Walk over conditions."""
        stack = list(expressions)
        while stack:
            node = stack.pop()
            match node:
                case Not(operand=operand):
                    stack.append(operand)
                case And(parts=parts) | Or(parts=parts):
                    stack.extend(parts)
                case Compare():
                    self._compare(node)
                case Between(item=item, low=low, high=high):
                    self._split(node, (Compare(left=low, op="<=", right=item), Compare(left=item, op="<=", right=high)))
                case Member(item=item, of=ListOf(items=items)) if not _plain_list(node):
                    self._split(node, tuple(Compare(left=item, op="==", right=one) for one in items))
                case Member():
                    self._member(node)
                case _:
                    for name in names_read(node):
                        self.of(name)

    def finish(self) -> None:
        """Texts that are compared with each other are cut alike."""
        for _ in self._linked:
            for one, other in self._linked:
                mine, theirs = self.of(one), self.of(other)
                both, begins = mine.texts | theirs.texts, mine.beginnings | theirs.beginnings
                if (mine.texts, mine.beginnings) == (theirs.texts, theirs.beginnings) == (both, begins):
                    continue
                mine.texts, theirs.texts = both, set(both)
                mine.beginnings, theirs.beginnings = begins, set(begins)

    def _split(self, node: Expression, parts: tuple[Compare, ...]) -> None:
        if id(node) not in self.splits:
            self.splits[id(node)] = parts
            for part in parts:
                self._compare(part)

    def _member(self, node: Member) -> None:
        """A field among constants; or whether a field of several choices holds one."""
        if isinstance(node.item, Name):
            mine = self.of(node.item.name)
            if isinstance(node.of, ListOf):
                for one in node.of.items:
                    assert isinstance(one, Constant)
                    mine.about(one.value)
                return
        assert isinstance(node.of, Name), "the type check has seen to it"
        options = self.options.setdefault(node.of.name, {})
        self.of(node.of.name)
        if isinstance(node.item, Constant) and isinstance(node.item.value, str):
            options[node.item.value] = None
        elif isinstance(node.item, Name):
            options.update(dict.fromkeys(self.fields[node.of.name].options))
            self.of(node.item.name).texts.update(options)

    def _compare(self, node: Compare) -> None:
        if id(node) not in self.understood:
            self.understood[id(node)] = found = self._understand(node)
            for name in found.names:
                self.of(name)
            if len(found.fields) == 1:
                self._ask(self.of(found.fields[0]), found)
            elif len(found.fields) == 2 and found.place is None:
                self._link(*found.fields)
            elif len(found.fields) == 2:
                self.pairs.setdefault(found.fields, set()).add(found.place)  # type: ignore[arg-type]

    def _ask(self, questions: Questions, found: Understood) -> None:
        if found.place is not None:
            questions.places.add(found.place)
        elif found.sign == "starts with" and isinstance(found.value, str):
            questions.beginnings.add(found.value)
        elif found.sign == "begins" and isinstance(found.value, str):
            questions.texts.update(found.value[:end] for end in range(1, len(found.value) + 1))
        elif found.value is not None:
            questions.about(found.value)

    def _link(self, one: str, other: str) -> None:
        kinds = self.fields[one].type, self.fields[other].type
        for name, peer in ((one, other), (other, one)):
            if self.fields[name].type is FieldType.CHOICE:
                self.of(peer).texts.update(self.fields[name].options)
        if not _FINITE.intersection(kinds):
            self._linked.append((one, other))

    def _understand(self, node: Compare) -> Understood:
        left, right = node.left, node.right
        if isinstance(left, Name) and isinstance(right, Constant):  # the commonest by far
            return self._beside(left.name, node.op, right, frozenset((left.name,)))
        names = names_read(node)
        if not names:
            return self._constant(node)
        for side, other, sign in ((left, right, node.op), (right, left, _TURNED.get(node.op, "begins"))):
            if isinstance(side, Name) and not names_read(other):
                return self._beside(side.name, str(sign), other, names)
        found = asked(node, self.fields)
        if found is not None:
            return _lines(found.parts, found.rest, found.sign, names)
        if isinstance(left, Name) and isinstance(right, Name) and node.op in ("==", "!="):
            kinds = {self.fields[left.name].type, self.fields[right.name].type}
            if kinds <= TEXTS | _FINITE and left.name != right.name:
                return Understood(names, (left.name, right.name), node.op)
            if left.name == right.name:
                return Understood(names, truth=node.op == "==")
        return Understood(names)

    def _constant(self, node: Compare) -> Understood:
        value = folded(node)
        return Understood(frozenset(), truth=bool(value)) if value is not None else Understood(frozenset())

    def _beside(self, name: str, sign: str, other: Expression, names: frozenset[str]) -> Understood:
        """A field beside a constant, or beside a calculation with constants."""
        value = folded(other)
        if value is None:
            return Understood(names)
        place = place_of(value) if self.fields[name].type in LINES - {FieldType.DURATION} else None
        return Understood(names, (name,), sign, value, place)


def _plain_list(node: Member) -> bool:
    return isinstance(node.item, Name) and isinstance(node.of, ListOf) and all(isinstance(i, Constant) for i in node.of.items)


def _lines(parts: Mapping[str, Fraction], rest: Fraction, sign: Sign, names: frozenset[str]) -> Understood:
    """`parts + rest` against zero, as a place on the line of one field or as a difference of two."""
    if not parts:
        return Understood(names, truth=OPERATORS[sign](rest, 0))
    if len(parts) == 1:
        [(name, factor)] = parts.items()
        return Understood(names, (name,), sign if factor > 0 else _TURNED[sign], None, thin(-rest / factor))
    (one, factor), (other, against), *more = sorted(parts.items())
    if more or factor != -against:
        return Understood(names)
    return Understood(names, (one, other), sign if factor > 0 else _TURNED[sign], None, thin(-rest / factor))


def thin(number: Fraction) -> Fraction | int:
    """A whole number as int, which is quicker."""
    return number.numerator if number.denominator == 1 else number


def folded(node: Expression) -> Value | None:
    """The value of an expression without fields; None if it needs a calendar, or has none."""
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, Arithmetic | Negative | Compare):
        for part in walk(node):
            if isinstance(part, Arithmetic) and _counts_workdays(part):
                return None
    value: Value | None = compile_expression(node)({}, lambda state: False)
    return value


def _counts_workdays(node: Arithmetic) -> bool:
    ends = (node.left, node.right)
    workdays = any(isinstance(p, Constant) and isinstance(p.value, Duration) and p.value.minutes is None for p in walk(node))
    return workdays and any(isinstance(p, Constant) and hasattr(p.value, "year") for end in ends for p in walk(end))
