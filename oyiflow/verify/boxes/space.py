"""Conditions of one form, made searchable together: fields as variables with cells, questions as masks of cells.

What the fields are asked is collected from all the conditions first; then the cells are made, and each condition becomes a
formula over them. A condition means what `evaluation` says: comparisons with an empty field are false, `!=` too, and `not`
turns that round. Variables beside the fields: each option that is asked of a field of several choices, the difference of two
fields that are compared, each step that is asked after (`in(x)`), and riddles: questions that are not understood here, which
may come out either way.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from oyiflow.model.definition import Definition, Set
from oyiflow.model.evaluation import OPERATORS, holds
from oyiflow.model.expression import (
    Active,
    And,
    Between,
    Compare,
    Constant,
    Expression,
    Filled,
    ListOf,
    Member,
    Name,
    Not,
    Or,
    names_read,
    text,
)
from oyiflow.model.values import FieldType, Value
from oyiflow.verify.boxes.cells import Cell, cells_of, differences_of
from oyiflow.verify.boxes.formula import RELATED, Formula, Maker
from oyiflow.verify.boxes.line import LINES, place_of
from oyiflow.verify.boxes.questions import Survey, Understood
from oyiflow.verify.boxes.relations import APART, SAME

Key = str | tuple[str, ...]
"""A field; or ("of", field, option), ("-", field, field), ("in", step), ("?", question)."""
NO_YES = (Cell(FieldType.BOOL, False), Cell(FieldType.BOOL, True))
NO, YES = 1, 2
_NOT = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


class Space:
    """The variables of some conditions; `formula` makes one of them searchable."""

    def __init__(self, definition: Definition, expressions: Iterable[Expression]) -> None:
        self.definition = definition
        self.fields = definition.field
        self.keys: dict[Key, int] = {}
        self.cells: list[tuple[Cell, ...]] = []
        self.full: list[int] = []
        self.make = Maker(self.full)
        self.asked: dict[int, set[int]] = {}
        """The masks of single questions, by variable."""
        self.expressions = tuple(expressions)
        self.survey = Survey(self.fields)
        self.survey.note(self.expressions)
        self.survey.finish()
        self.riddles = False
        """Whether some question is not understood."""
        self._masks: dict[frozenset[str], list[int]] = {}
        self._ends: dict[int, list[Fraction | int]] = {}
        self._places: dict[int, dict[Any, int]] = {}
        for name, questions in self.survey.questions.items():
            self._add(name, cells_of(self.fields[name], questions, signed=name in calculated(definition)))
        for (one, other), places in self.survey.pairs.items():
            self._add(("-", one, other), differences_of(self.fields[one].type, self.fields[other].type, places))
        self.always: list[Formula] = [one for name in self.survey.options for one in self._several(name)]

    def _add(self, key: Key, cells: tuple[Cell, ...]) -> int:
        self.keys[key] = number = len(self.cells)
        self.cells.append(cells)
        self.full.append((1 << len(cells)) - 1)
        return number

    def masks(self, filled: frozenset[str]) -> list[int]:
        """What is left of each variable where these fields are filled; to be copied, not changed."""
        known = self._masks.get(filled)
        if known is None or len(known) < len(self.full):
            keys = zip(self.keys, self.full, strict=True)
            known = self._masks[filled] = [full ^ 1 if isinstance(key, str) and key in filled else full for key, full in keys]
        return known

    def _flag(self, key: Key) -> int:
        """A variable that is no or yes."""
        self.riddles = self.riddles or key[0] == "?"
        return self.keys[key] if key in self.keys else self._add(key, NO_YES)

    def _several(self, name: str) -> Iterable[Formula]:
        """An empty field of choices holds none of them; a filled one holds some."""
        make, field = self.make, self.keys[name]
        flags = [self._flag(("of", name, option)) for option in self.survey.options[name]]
        yield from (make.either((self.filled(name), make.mask(flag, NO))) for flag in flags)
        if len(flags) == len(self.fields[name].options):
            yield make.either((make.mask(field, 1), *(make.mask(flag, YES) for flag in flags)))

    def filled(self, name: str) -> Formula:
        """The field is filled."""
        variable = self.keys[name]
        return self.make.mask(variable, self.full[variable] ^ 1)

    def empty(self, name: str) -> Formula:
        """The field is empty."""
        return self.make.mask(self.keys[name], 1)

    # --- conditions

    def formula(self, node: Expression, truth: bool = True) -> Formula:
        """When the condition comes out so. The conditions must be among those that the space was made for."""
        match node:
            case Not(operand=operand):
                return self.formula(operand, not truth)
            case And(parts=parts) | Or(parts=parts):
                inner = (self.formula(part, truth) for part in parts)
                return self.make.both(inner) if isinstance(node, And) is truth else self.make.either(inner)
            case Constant(value=value):
                return bool(value) is truth
            case Name(name=name):
                return self._one_of(name, 2, truth)
            case Filled(name=Name(name=name), negated=negated):
                return self.filled(name) if negated is not truth else self.empty(name)
            case Active(state=state):
                return self.make.mask(self._flag(("in", state)), YES if truth else NO)
            case Compare():
                return self._compared(node, truth)
            case Between():
                return self._split(node, True, truth)
            case Member(of=Name()):
                return self._chosen(node, truth)
            case Member():
                return self._listed(node, truth)
        raise AssertionError(f"no condition: {node!r}")

    def _one_of(self, name: str, mask: int, truth: bool) -> Formula:
        variable = self.keys[name]
        self.asked.setdefault(variable, set()).add(mask)
        return self.make.mask(variable, mask if truth else self.full[variable] ^ mask)

    def _split(self, node: Expression, both: bool, truth: bool) -> Formula:
        parts = [self._compared(part, truth) for part in self.survey.splits[id(node)]]
        return self.make.both(parts) if both is truth else self.make.either(parts)

    def _listed(self, node: Member, truth: bool) -> Formula:
        if id(node) in self.survey.splits:
            found = self._split(node, False, truth is not node.negated)
        else:
            assert isinstance(node.item, Name) and isinstance(node.of, ListOf)
            name, mask = node.item.name, 0
            for one in node.of.items:
                assert isinstance(one, Constant)
                mask |= self._mask(name, "==", one.value)
            found = self._one_of(name, mask, truth is not node.negated)
        if not node.negated:
            return found
        names = names_read(node.item)
        return self._when_filled(names, found) if truth else self._unless_filled(names, found)

    def _when_filled(self, names: Iterable[str], core: Formula) -> Formula:
        return self.make.both((*(self.filled(name) for name in sorted(names)), core))

    def _unless_filled(self, names: Iterable[str], core: Formula) -> Formula:
        ordered = sorted(names)
        return self.make.either((*(self.empty(name) for name in ordered), self._when_filled(ordered, core)))

    def _chosen(self, node: Member, truth: bool) -> Formula:
        """Whether a field of several choices holds an option, or the value of another field."""
        assert isinstance(node.of, Name)
        name, names, make = node.of.name, names_read(node), self.make
        wanted = truth is not node.negated
        if isinstance(node.item, Constant):
            core = make.mask(self._flag(("of", name, str(node.item.value))), YES if wanted else NO)
        else:
            assert isinstance(node.item, Name)
            core = self._among(node.item.name, name, wanted)
        return self._when_filled(names, core) if truth else self._unless_filled(names, core)

    def _among(self, item: str, name: str, wanted: bool) -> Formula:
        variable, parts = self.keys[item], []
        for place, cell in enumerate(self.cells[variable][1:], 1):
            inside = ("of", name, str(cell.fixed)) in self.keys and cell.key[:1] == "="
            if inside:
                flag = self._flag(("of", name, str(cell.fixed)))
                parts.append(
                    self.make.both((self.make.mask(variable, 1 << place), self.make.mask(flag, YES if wanted else NO)))
                )
            elif not wanted:
                parts.append(self.make.mask(variable, 1 << place))
        return self.make.either(parts)

    # --- comparisons

    def _compared(self, node: Compare, truth: bool) -> Formula:
        found = self.survey.understood[id(node)]
        if found.fields and len(found.names) == 1 and len(found.fields) == 1:
            return self._one_of(found.fields[0], self._asked_of_one(found), truth)
        core = self._core(node, found, truth)
        return self._when_filled(found.names, core) if truth else self._unless_filled(found.names, core)

    def _core(self, node: Compare, found: Understood, truth: bool) -> Formula:
        """The comparison where all its fields are filled."""
        if found.truth is not None:
            return found.truth is truth
        if not found.fields:
            return self.make.mask(self._flag(("?", text(node))), YES if truth else NO)
        if len(found.fields) == 1:
            return self._one_of(found.fields[0], self._asked_of_one(found), truth)
        sign = found.sign if truth else _NOT[found.sign]
        one, other = found.fields
        if found.place is not None:
            variable = self.keys["-", one, other]
            return self.make.mask(variable, self._line_mask(variable, sign, found.place))
        kinds = {self.fields[name].type for name in found.fields}
        if kinds & {FieldType.BOOL, FieldType.CHOICE}:
            return self._alike(one, other, sign == "==")
        return (RELATED, (SAME if sign == "==" else APART, *sorted((self.keys[one], self.keys[other]))))

    def _asked_of_one(self, found: Understood) -> int:
        name = found.fields[0]
        if found.place is not None:
            return self._line_mask(self.keys[name], found.sign, found.place)
        assert found.value is not None
        return self._mask(name, found.sign, found.value)

    def _alike(self, one: str, other: str, same: bool) -> Formula:
        """Two fields of which one has few values."""
        if self.fields[one].type not in (FieldType.BOOL, FieldType.CHOICE):
            one, other = other, one
        first, second, parts = self.keys[one], self.keys[other], []
        filled = self.full[second] ^ 1
        places = {cell.fixed: place for place, cell in enumerate(self.cells[second]) if cell.single and place}
        for place, cell in enumerate(self.cells[first][1:], 1):
            mask = 1 << places[cell.fixed] if cell.fixed in places else 0
            parts.append(
                self.make.both((self.make.mask(first, 1 << place), self.make.mask(second, mask if same else filled ^ mask)))
            )
        return self.make.either(parts)

    def _mask(self, name: str, sign: str, value: Value) -> int:
        """The cells of a field where a comparison with a constant holds."""
        variable = self.keys[name]
        kind = self.fields[name].type
        if kind in LINES and kind is not FieldType.DURATION:
            return self._line_mask(variable, sign, _place(value))
        if sign in ("==", "!=") and kind is not FieldType.DURATION:
            mask = 1 << found if (found := self._by_value(variable).get(value)) is not None else 0
            return mask if sign == "==" else self.full[variable] ^ 1 ^ mask
        cells = enumerate(self.cells[variable][1:], 1)
        if sign == "begins":
            return sum(1 << number for number, cell in cells if str(value).startswith(str(cell.fixed)) and cell.single)
        test = OPERATORS[sign]
        return sum(1 << number for number, cell in cells if holds(test, cell.value, value))

    def _by_value(self, variable: int) -> dict[Any, int]:
        if variable not in self._places:
            cells = enumerate(self.cells[variable][1:], 1)
            self._places[variable] = {cell.fixed: number for number, cell in cells if cell.single}
        return self._places[variable]

    def _line_mask(self, variable: int, sign: str, at: Fraction | int) -> int:
        """The cells on a side of a place, or at it; cells are cut there, so each is all on one side."""
        cells = self.cells[variable]
        first = 0 if cells[0].piece is not None else 1  # a difference is never empty
        ends = self._ends.get(variable)
        if ends is None:
            ends = self._ends[variable] = [cell.piece.high for cell in cells if cell.piece is not None]
        number = bisect_left(ends, at)
        piece = cells[number + first].piece if number < len(ends) else None
        if piece is not None and piece.high == at and piece.high_open:
            number += 1
            piece = cells[number + first].piece if number < len(ends) else None
        below = ((1 << number) - 1) << first
        equal = 1 << (number + first) if piece is not None and piece.low == at == piece.high else 0
        filled = self.full[variable] ^ first
        match sign:
            case "<":
                return below
            case "<=":
                return below | equal
            case "==":
                return equal
            case "!=":
                return filled ^ equal
            case ">":
                return filled ^ below ^ equal
        return filled ^ below


def calculated(definition: Definition) -> frozenset[str]:
    """The fields that are written by the process itself, with values that nobody has typed."""
    found: frozenset[str] | None = definition.memo.get("boxes.calculated")
    if found is None:
        states = definition.states.values()
        actions = [action for s in states for action in (*s.entry, *s.exit, *s.initial_actions)]
        actions += [action for s in states for way in s.transitions for action in way.actions]
        names = {action.field for action in actions if isinstance(action, Set)}
        names.update(ours for s in states if s.call is not None for ours, _ in s.call.outputs)
        found = definition.memo["boxes.calculated"] = frozenset(names)
    return found


def _place(value: Value) -> Fraction | int:
    place = place_of(value)
    assert place is not None, "the type check lets only values of the line be compared with it"
    return place
