"""Relations between two fields, and values that satisfy them: differences on a line, and texts that are equal or not.

    (SAME, x, y) (APART, x, y)    two texts
    Difference                    two fields on a line, and the stretches in which x - y lies

Differences are solved by closing them (all shortest paths): a circle of negative length is a contradiction, and without
one, fields may be given values one after the other, each inside what the closure leaves. Where a field or a difference has
several stretches to lie in, each is tried. All of it is exact on whole numbers and on decimals; where both meet, a value may not be
found although there is one, and the answer is `UNSURE`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from fractions import Fraction
from functools import partial
from math import ceil, floor
from typing import Any, NamedTuple

from oyiflow.model.values import FieldType, Value
from oyiflow.verify.boxes.cells import Cell
from oyiflow.verify.boxes.line import DENSE, Stretch, is_value, pleasant, value_at

SAME, APART = "=", "#"
Relation = tuple[Any, ...]
Bound = tuple[Fraction | int, int]
"""A number, and -1 where it is not reached."""


class Answer(Enum):
    """What is neither values nor "there are none"."""

    UNSURE = "unsure"


UNSURE = Answer.UNSURE
TRIES = 2_000


class Difference(NamedTuple):
    """`one - other` lies in one of these stretches."""

    one: int
    other: int
    runs: Sequence[Stretch]


class Problem(NamedTuple):
    """What is to be satisfied: relations, and for each variable its cells and the mask of those that are allowed."""

    texts: Sequence[Relation]
    differences: Sequence[Difference]
    cells: Mapping[int, tuple[Cell, ...]]
    masks: Mapping[int, int]


Values = Callable[[], Mapping[int, Value]]
"""Values that are there; which ones is worked out when somebody wants to see them."""


def values_for(problem: Problem) -> Values | Answer | None:
    """Values for the variables that relations speak of; None if there are none."""
    words = _texts(problem.texts, problem) if problem.texts else {}
    if words is None:
        return None
    if not problem.differences:
        return lambda: words
    numbers = _Differences(problem).solve()
    return numbers if numbers is None or isinstance(numbers, Answer) else lambda: {**words, **numbers()}


# --- differences -----------------------------------------------------------------------------------------------------


class _Differences:
    def __init__(self, problem: Problem) -> None:
        self.names = sorted({name for one in problem.differences for name in one[:2]})
        self.kinds = [problem.cells[name][0].kind for name in self.names]
        self.whole = not DENSE.intersection(self.kinds)
        place = {name: number for number, name in enumerate(self.names, 1)}
        fields = [Difference(place[name], 0, runs_of(problem.cells[name], problem.masks[name])) for name in self.names]
        pairs = [Difference(place[one], place[other], runs) for one, other, runs in problem.differences]
        self.wanted = sorted((*pairs, *fields), key=lambda one: len(one.runs))
        size = len(self.names) + 1
        self.start: list[list[Bound | None]] = [[(0, 0) if i == j else None for j in range(size)] for i in range(size)]
        self.tries = TRIES

    def solve(self) -> Values | Answer | None:
        """Each field and each difference in one of its stretches, then each field at one place."""
        stack = [(0, self.start)]
        unsure = False
        while stack:
            number, bounds = stack.pop()
            if number == len(self.wanted):
                if self.whole:  # without a contradiction there are values
                    return partial(self._certain, bounds)
                found = self._placed(bounds)
                if found is not None:
                    return partial(dict, found)
                unsure = True
                continue
            one, other, runs = self.wanted[number]
            for run in reversed(runs):
                self.tries -= 1
                inside = [row[:] for row in bounds]
                if self._within(inside, one, other, run):
                    stack.append((number + 1, inside))
            if self.tries < 0:
                return UNSURE
        return UNSURE if unsure else None

    def _certain(self, bounds: list[list[Bound | None]]) -> Mapping[int, Value]:
        found = self._placed(bounds)
        assert found is not None, "whole numbers that are not contradictory can be placed"
        return found

    def _within(self, bounds: list[list[Bound | None]], one: int, other: int, run: Stretch) -> bool:
        """`one - other` lies in a stretch; 0 stands for the beginning of the line."""
        above, below = (run.high, -int(run.high_open)), (-run.low, -int(run.low_open))
        return self._add(bounds, one, other, above) and self._add(bounds, other, one, below)

    def _add(self, bounds: list[list[Bound | None]], one: int, other: int, bound: Bound) -> bool:
        """`one - other <= bound`, carried through the closure; false if that is a contradiction."""
        if self.whole:
            bound = (ceil(bound[0]) - 1 if bound[1] else floor(bound[0]), 0)
        known_already = bounds[one][other]
        if known_already is not None and known_already <= bound:
            return True
        back = bounds[other][one]
        if back is not None and _sum(back, bound) < (0, 0):
            return False
        for row in bounds:
            to_one = row[one]
            if to_one is None:
                continue
            way = _sum(to_one, bound)
            for place, further in enumerate(bounds[other]):
                if further is not None:
                    length, known = _sum(way, further), row[place]
                    if known is None or length < known:
                        row[place] = length
        return True

    def _placed(self, bounds: list[list[Bound | None]]) -> Mapping[int, Value] | None:
        found: dict[int, Value] = {}
        for number, (name, kind) in enumerate(zip(self.names, self.kinds, strict=True), 1):
            high, low = bounds[number][0], bounds[0][number]
            assert high is not None and low is not None, "every field lies in a stretch"
            piece = _piece(-low[0], high[0], low[1] < 0, high[1] < 0, kind not in DENSE)
            if piece is None:
                return None
            place = pleasant(piece, kind)
            if not is_value(place, kind in DENSE):
                return None
            found[name] = value_at(kind, place)
            if not self._within(bounds, number, 0, Stretch(place, place)):
                return None
        return found


def _sum(one: Bound, other: Bound) -> Bound:
    return one[0] + other[0], min(one[1], other[1])


def _piece(low: Fraction | int, high: Fraction | int, low_open: bool, high_open: bool, whole: bool) -> Stretch | None:
    if whole:
        low, high = (floor(low) + 1 if low_open else ceil(low)), (ceil(high) - 1 if high_open else floor(high))
        low_open = high_open = False
    return Stretch(low, high, low_open, high_open) if low <= high else None


def runs_of(cells: tuple[Cell, ...], mask: int) -> list[Stretch]:
    """The allowed cells, neighbours joined."""
    runs: list[Stretch] = []
    before = -2
    for number, cell in enumerate(cells):
        if not mask >> number & 1 or cell.piece is None:
            continue
        piece = cell.piece
        if before == number - 1 and _touch(runs[-1], piece, cell.kind):
            runs[-1] = Stretch(runs[-1].low, piece.high, runs[-1].low_open, piece.high_open)
        else:
            runs.append(piece)
        before = number
    return runs


def _touch(left: Stretch, right: Stretch, kind: FieldType) -> bool:
    """Whether nothing lies between two neighbours: a decimal line has a hole where no finite decimal lies."""
    return kind not in DENSE or not (left.high_open and right.low_open)


# --- texts -----------------------------------------------------------------------------------------------------------


def _texts(relations: Sequence[Relation], problem: Problem) -> dict[int, Value] | None:
    """Equal fields form a group; each group takes a class of texts, and groups that differ take different texts."""
    group = {name: name for one in relations for name in one[1:3]}

    def head(name: int) -> int:
        while group[name] != name:
            name = group[name]
        return name

    for kind, one, other in relations:
        if kind == SAME:
            group[head(one)] = head(other)
    members: dict[int, list[int]] = {}
    for name in group:
        members.setdefault(head(name), []).append(name)
    apart = {(head(one), head(other)) for kind, one, other in relations if kind == APART}
    if any(one == other for one, other in apart):
        return None
    keys = {one: _common(names, problem) for one, names in members.items()}
    chosen = _different(keys, apart | {(other, one) for one, other in apart})
    if chosen is None:
        return None
    return {
        name: _text(names, chosen[one], place, problem) for place, (one, names) in enumerate(members.items()) for name in names
    }


def _common(names: list[int], problem: Problem) -> list[str]:
    """The classes of texts that all of a group may take; those of many texts first."""
    sets = [{c.key for place, c in enumerate(problem.cells[n]) if c.key and problem.masks[n] >> place & 1} for n in names]
    return sorted(set.intersection(*sets), key=lambda key: (key[0] != "^", key))


def _different(keys: Mapping[int, list[str]], apart: set[tuple[int, int]]) -> dict[int, str] | None:
    """A class for each group, no single text for two that differ; by trying, the last choice first taken back."""
    order = sorted(keys, key=lambda one: len(keys[one]))
    place, tried = 0, [0] * (len(order) + 1)
    chosen: dict[int, str] = {}
    while 0 <= place < len(order):
        one = order[place]
        chosen.pop(one, None)
        taken = {chosen.get(other) for other in order[:place] if (one, other) in apart}
        free = [n for n in range(tried[place], len(keys[one])) if keys[one][n][0] == "^" or keys[one][n] not in taken]
        if free:
            chosen[one], tried[place] = keys[one][free[0]], free[0] + 1
            place += 1
            tried[place] = 0
        else:
            place -= 1
    return chosen if place >= 0 else None


def _text(names: list[int], key: str, place: int, problem: Problem) -> Value:
    if key[0] == "=":
        return key[1:]
    shown = min((str(c.value) for name in names for c in problem.cells[name] if c.key == key), key=len)
    return f"{shown}{place or ''}"
