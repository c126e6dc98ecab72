"""The questions that others ask: can these conditions hold together, with which values; and which values tell them apart.

`satisfiable` answers with values that make all the conditions true, or None: there are none, which is proved; or `UNKNOWN`.
`UNKNOWN` comes only where a condition holds what is not understood here (products of fields, workdays added to days, lengths
of time that are calculated with) and the values that were tried did not do. An answer with values has been tried out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from enum import Enum
from itertools import islice, product

from oyiflow.model.definition import Definition
from oyiflow.model.evaluation import Evaluator, compile_expression
from oyiflow.model.expression import Expression, names_read
from oyiflow.model.values import FieldType, Value
from oyiflow.verify.boxes.cells import Cell
from oyiflow.verify.boxes.formula import Formula
from oyiflow.verify.boxes.line import DENSE, is_value, value_at
from oyiflow.verify.boxes.relations import Answer, Difference, Problem, Values, runs_of, values_for
from oyiflow.verify.boxes.search import GivenUp, Stand, boxes
from oyiflow.verify.boxes.space import Space

GUESSES = 300
"""Combinations of values that are tried where a riddle is asked."""


FAR = 10**6
"""How far from the end of a line values are tried: things are seldom larger."""


class Unknown(Enum):
    """No answer."""

    UNKNOWN = "unknown"


UNKNOWN = Unknown.UNKNOWN


class Witness:
    """Values (None: empty) of the fields that are asked, and the steps that are active; worked out when they are looked at."""

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], tuple[Mapping[str, Value | None], frozenset[str]]]) -> None:
        self._make = make
        self._made: tuple[Mapping[str, Value | None], frozenset[str]] | None = None

    @property
    def values(self) -> Mapping[str, Value | None]:
        """The value of each field."""
        return self._all()[0]

    @property
    def active(self) -> frozenset[str]:
        """The steps that are active; all others that are asked after are not."""
        return self._all()[1]

    def _all(self) -> tuple[Mapping[str, Value | None], frozenset[str]]:
        if self._made is None:
            self._made = self._make()
        return self._made


def satisfiable(
    expressions: Sequence[Expression], definition: Definition, *, filled: Collection[str] = ()
) -> Mapping[str, Value | None] | Unknown | None:
    """Values for the fields in these conditions that make all of them true; `filled`: fields that are not empty there.

    For "not this condition", give `Not(operand=...)`. Steps that conditions ask after count as active or not, as it fits.
    """
    space = Space(definition, expressions)
    found = find(space, [space.formula(one) for one in expressions], filled=filled, conditions=expressions)
    return found.values if isinstance(found, Witness) else found


def find(
    space: Space, formulas: Sequence[Formula], *, filled: Collection[str] = (), conditions: Sequence[Expression] = ()
) -> Witness | Unknown | None:
    """The same for formulas of a space. Where riddles are asked, `conditions` are what is tried out."""
    masks = space.masks(frozenset(filled))
    wanted = [one for one in formulas if one is not True]
    unsure = False
    try:
        for stand in boxes([*wanted, *space.always] if space.always else wanted, masks):
            found = _witness(space, stand, conditions)
            if isinstance(found, Witness):
                return found
            unsure = unsure or found is UNKNOWN
    except GivenUp:
        return UNKNOWN
    return UNKNOWN if unsure else None


def possible(space: Space, formulas: Sequence[Formula], *, filled: Collection[str] = ()) -> bool:
    """Whether the formulas may hold together, riddles coming out as they please."""
    return find(space, formulas, filled=filled) is not None


def _witness(space: Space, stand: Stand, conditions: Sequence[Expression]) -> Witness | Unknown | None:
    related: Values | None = None
    differences = _differences(space, stand)
    if stand.relations or differences:
        used = {name for one in stand.relations for name in one[1:3]} | {name for one in differences for name in one[:2]}
        cells, masks = {name: space.cells[name] for name in used}, {name: stand.masks[name] for name in used}
        given = values_for(Problem(stand.relations, differences, cells, masks))
        if given is None or isinstance(given, Answer):
            return UNKNOWN if given is not None else None
        related = given
    plain = Witness(lambda: (_values(space, stand, related), _active(space, stand)))
    return plain if not conditions or not space.riddles else _guessed(space, stand, plain, conditions)


def _differences(space: Space, stand: Stand) -> list[Difference]:
    """The differences that are narrowed down, of fields that are filled."""
    found = []
    for one, other in space.survey.pairs:
        number, first, second = space.keys["-", one, other], space.keys[one], space.keys[other]
        mask = stand.masks[number]
        if mask != space.full[number] and stand.masks[first] & 1 == 0 == stand.masks[second] & 1:
            found.append(Difference(first, second, runs_of(space.cells[number], mask)))
    return found


def _active(space: Space, stand: Stand) -> frozenset[str]:
    steps = ((key[1], n) for key, n in space.keys.items() if key[0] == "in" and not isinstance(key, str))
    return frozenset(step for step, n in steps if stand.masks[n] & 1 == 0)


def _values(space: Space, stand: Stand, placed: Values | None) -> dict[str, Value | None]:
    related = placed() if placed is not None else {}
    fields = ((key, number) for key, number in space.keys.items() if isinstance(key, str))
    return {key: related[number] if number in related else _shown(space, key, number, stand) for key, number in fields}


def _shown(space: Space, name: str, number: int, stand: Stand) -> Value | None:
    """One value out of the cells that are left: rather an end than between, rather filled than empty."""
    cells, mask = space.cells[number], stand.masks[number]
    left = [cell for place, cell in enumerate(cells) if mask >> place & 1]
    if cells[0].kind is FieldType.CHOICES and left[-1].fixed is not None:
        return _options(space, name, stand)
    return min(left, key=rank).value


def rank(cell: Cell) -> int:
    """How gladly a cell is shown."""
    if cell.piece is not None:
        return 0 if cell.single else 1
    return 2 if cell.fixed is not None else 3


def _options(space: Space, name: str, stand: Stand) -> tuple[str, ...]:
    """The options that must be there, or one that may."""
    flags = {key[2]: stand.masks[n] for key, n in space.keys.items() if len(key) == 3 and key[:2] == ("of", name)}
    options = space.fields[name].options
    held = tuple(option for option in options if flags.get(option) == 2)
    return held or next((option,) for option in options if flags.get(option, 3) & 2 or option not in flags)


def _guessed(space: Space, stand: Stand, plain: Witness, conditions: Sequence[Expression]) -> Witness | Unknown:
    """The riddles tried out on one value of each cell that is left."""
    tests = [compile_expression(one, calendar=space.definition.calendar) for one in conditions]
    if _true(tests, plain.values, plain.active):
        return plain
    names = [name for name in plain.values if any(name in names_read(one) for one in conditions)]
    tried = [list(_samples(space, name, stand)) for name in names]
    for values in islice(product(*tried), GUESSES):
        guess = {**plain.values, **dict(zip(names, values, strict=True))}
        if _true(tests, guess, plain.active):
            return _certain(guess, plain.active)
    return UNKNOWN


def _certain(values: Mapping[str, Value | None], active: frozenset[str]) -> Witness:
    return Witness(lambda: (values, active))


def _samples(space: Space, name: str, stand: Stand) -> Iterator[Value | None]:
    """Of each cell that is left, the value that shows it; of stretches of a line, what lies near the ends too."""
    number = space.keys[name]
    for place, cell in enumerate(space.cells[number]):
        if stand.masks[number] >> place & 1:
            yield _options(space, name, stand) if cell.kind is FieldType.CHOICES and place else cell.value
            if cell.piece is not None and not cell.single:
                ends = (cell.piece.high - 1, cell.piece.low + 1, cell.piece.high - FAR, cell.piece.low + FAR)
                yield from (
                    value_at(cell.kind, end) for end in ends if cell.piece.holds(end) and is_value(end, cell.kind in DENSE)
                )


def _true(tests: Sequence[Evaluator], values: Mapping[str, Value | None], active: frozenset[str]) -> bool:
    within: Callable[[str], bool] = active.__contains__
    return all(test(values, within) for test in tests)
