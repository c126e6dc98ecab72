"""One decision: conditions that are tried from the first, and what becomes of values between them.

A `Decision` answers, each time with a `Witness` or with "none, proved": can a case hold at all, is one hidden behind those
before it, do two hold at once, does none hold, and is a single value left out between two cases (`< 25000` and `> 25000`).
Riddles never make it say too much: "none" is proved whatever they mean, and a witness has been tried out. What stays
undecided may be asked of `second`, another solver; without one it stays `UNKNOWN`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from oyiflow.model.definition import Definition
from oyiflow.model.expression import Constant, Expression, Not
from oyiflow.model.values import FieldType
from oyiflow.verify.boxes.answers import UNKNOWN, Unknown, Witness, find
from oyiflow.verify.boxes.formula import Formula, variables_in
from oyiflow.verify.boxes.space import Space

Solver = Callable[[Sequence[Expression], Definition, Collection[str]], "Witness | Unknown | None"]
"""Values that make all these conditions true, where these fields are filled."""
ALWAYS = Constant(value=True, type=FieldType.BOOL)


class Point(NamedTuple):
    """A single value of a field that the cases on its two sides leave out, or both hold; `field` is "" for a difference."""

    field: str
    place: Fraction | int
    witness: Witness


class Decision:
    """Cases in their order (None: no condition), under conditions that hold there (`given`), with fields that are filled."""

    def __init__(
        self,
        definition: Definition,
        cases: Sequence[Expression | None],
        *,
        given: Sequence[Expression] = (),
        filled: Collection[str] = (),
        second: Solver | None = None,
    ) -> None:
        self.definition = definition
        self.cases = [ALWAYS if case is None else case for case in cases]
        self.given, self.filled, self.second = list(given), filled, second
        self.space = space = Space(definition, [*self.given, *self.cases])
        self.context = [space.formula(one) for one in self.given]
        self.yes = [space.formula(case) for case in self.cases]
        self.no = [space.formula(case, False) for case in self.cases]

    def _find(self, true: Collection[int], false: Collection[int], filled: Collection[str]) -> Witness | Unknown | None:
        """Values for which these cases hold and those do not."""
        formulas = [*self.context, *(self.yes[n] for n in true), *(self.no[n] for n in false)]
        found = find(self.space, formulas, filled=filled, conditions=self._asked(true, false) if self.space.riddles else ())
        if found is UNKNOWN and self.second is not None:
            return self.second(self._asked(true, false), self.definition, filled)
        return found

    def _asked(self, true: Collection[int], false: Collection[int]) -> list[Expression]:
        return [*self.given, *(self.cases[n] for n in true), *(Not(operand=self.cases[n]) for n in false)]

    def holds(self, case: int, *, filled: Collection[str] | None = None) -> Witness | Unknown | None:
        """Values for which a case holds."""
        return self._find((case,), (), self.filled if filled is None else filled)

    def alone(self, part: Expression) -> Witness | Unknown | None:
        """Values for which a part of a condition holds, whatever is filled."""
        found = find(self.space, [self.space.formula(part)])
        return found if found is None or not self.space.riddles else UNKNOWN

    def fails(self, case: int) -> Witness | Unknown | None:
        """Values for which a case does not hold."""
        return self._find((), (case,), self.filled)

    def reached(self, case: int, before: Collection[int]) -> Witness | Unknown | None:
        """Values for which a case holds and none of these before it does."""
        return self._find((case,), before, self.filled)

    def both(self, one: int, other: int, before: Collection[int] = ()) -> Witness | Unknown | None:
        """Values for which two cases hold, and none of these before them."""
        return self._find((one, other), before, self.filled)

    def gap(self, cases: Collection[int], *, all_filled: bool = True) -> Witness | Unknown | None:
        """Values for which none of these cases holds; with `all_filled`, of fields that are filled."""
        return self._find((), cases, self.space.survey.questions.keys() if all_filled else self.filled)

    def fields(self, case: int) -> frozenset[str]:
        """The fields that a case asks about."""
        keys = list(self.space.keys)
        return frozenset(key if isinstance(key, str) else key[1] for key in (keys[n] for n in variables_in(self.yes[case])))

    # --- single values between cases

    def left_out(self, cases: Sequence[int], among: Collection[int]) -> Iterator[Point]:
        """Single values of a field for which none of `among` holds, although one of `cases` does on each side, another on each."""
        pinned, either = self.space.make.pinned, self.space.make.either
        for name, variable, cell in self._between():
            out: list[Formula] = []
            for case in among:
                out.append(pinned(self.no[case], variable, cell))
                if out[-1] is False:
                    break
            if False in out:
                continue
            below = either(pinned(self.yes[n], variable, cell - 1) for n in cases)
            above = either(pinned(self.yes[n], variable, cell + 1) for n in cases)
            if below is False or above is False:
                continue
            apart = [either((pinned(self.no[n], variable, cell - 1), pinned(self.no[n], variable, cell + 1))) for n in cases]
            yield from self._point(name, variable, cell, [*out, below, above, *apart])

    def shared(self, one: int, other: int) -> Iterator[Point]:
        """The single value of a field outside of which two cases never hold at once."""
        here = [*self.context, self.yes[one], self.yes[other]]
        for name, variable in self._lines():
            for place, cell in enumerate(self.space.cells[variable]):
                if cell.piece is not None and cell.single and not self._elsewhere(here, variable, place):
                    yield from self._point(name, variable, place, [self.yes[one], self.yes[other]])

    def _elsewhere(self, formulas: list[Formula], variable: int, cell: int) -> bool:
        away = self.space.make.mask(variable, self.space.full[variable] ^ 1 << cell)
        return find(self.space, [*formulas, away], filled=self.filled) is not None

    def _lines(self) -> Iterator[tuple[str, int]]:
        """The variables that may lie on a line: fields, and differences of fields, which have no name."""
        yield from ((name, self.space.keys[name]) for name in self.space.survey.questions)
        yield from (("", self.space.keys["-", one, other]) for one, other in self.space.survey.pairs)

    def _between(self) -> Iterator[tuple[str, int, int]]:
        """Cells of one value between two others on their line."""
        for name, variable in self._lines():
            pieces = [cell.piece for cell in self.space.cells[variable]]
            for place in range(1, len(pieces) - 1):
                piece = pieces[place]
                if piece is not None and piece.single and pieces[place - 1] is not None and pieces[place + 1] is not None:
                    yield name, variable, place

    def _point(self, name: str, variable: int, cell: int, formulas: list[Formula]) -> Iterator[Point]:
        piece = self.space.cells[variable][cell].piece
        assert piece is not None
        here = [*self.context, *formulas, self.space.make.mask(variable, 1 << cell)]
        found = find(self.space, here, filled=self.space.survey.questions.keys())
        if isinstance(found, Witness) and not self.space.riddles:
            yield Point(name, piece.low, found)
