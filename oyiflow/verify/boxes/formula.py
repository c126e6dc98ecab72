"""Conditions in a form that can be searched: masks of cells, relations between fields, and, or.

A `Formula` is a truth value or a tuple that begins with its kind:

    (MASK, variable, mask)    the variable is in one of these cells; a bit for each
    (RELATED, relation)       a relation between two fields, see `relations`
    (BOTH, parts) (EITHER, parts)

`not` does not occur; it has been carried down to the masks. `Maker` keeps formulas small while they are made: masks of one
variable are merged, so that a condition on one field is one mask, whatever its words.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Formula = bool | tuple[Any, ...]
MASK, RELATED, BOTH, EITHER = 0, 1, 2, 3


class Maker:
    """Makes formulas over variables; `full` holds the mask of all cells of each."""

    def __init__(self, full: list[int]) -> None:
        self.full = full

    def mask(self, variable: int, mask: int) -> Formula:
        """The variable is in one of these cells."""
        full = self.full[variable]
        return (MASK, variable, mask) if mask and mask != full else bool(mask)

    def both(self, parts: Iterable[Formula]) -> Formula:
        """All of them."""
        masks: dict[int, int] = {}
        rest: list[Formula] = []
        for part in _flat(parts, BOTH):
            if isinstance(part, bool):
                if not part:
                    return False
            elif part[0] == MASK:
                masks[part[1]] = masks.get(part[1], -1) & part[2]
                if not masks[part[1]]:
                    return False
            else:
                rest.append(part)
        found = [*((MASK, variable, mask) for variable, mask in masks.items()), *rest]
        return found[0] if len(found) == 1 else (BOTH, tuple(found)) if found else True

    def either(self, parts: Iterable[Formula]) -> Formula:
        """At least one of them."""
        masks: dict[int, int] = {}
        rest: list[Formula] = []
        for part in _flat(parts, EITHER):
            if isinstance(part, bool):
                if part:
                    return True
            elif part[0] == MASK:
                masks[part[1]] = masks.get(part[1], 0) | part[2]
                if masks[part[1]] == self.full[part[1]]:
                    return True
            else:
                rest.append(part)
        found = [*((MASK, variable, mask) for variable, mask in masks.items()), *rest]
        return found[0] if len(found) == 1 else (EITHER, tuple(found)) if found else False

    def pinned(self, formula: Formula, variable: int, cell: int) -> Formula:
        """What a formula comes to once a variable is in one cell."""
        if isinstance(formula, bool) or formula[0] == RELATED:
            return formula
        if formula[0] == MASK:
            return formula if formula[1] != variable else bool(formula[2] >> cell & 1)
        parts = (self.pinned(part, variable, cell) for part in formula[1])
        return self.both(parts) if formula[0] == BOTH else self.either(parts)


def _flat(parts: Iterable[Formula], kind: int) -> Iterable[Formula]:
    for part in parts:
        if not isinstance(part, bool) and part[0] == kind:
            yield from part[1]
        else:
            yield part


def variables_in(formula: Formula) -> frozenset[int]:
    """The variables whose masks a formula looks at."""
    found: set[int] = set()
    stack = [formula]
    while stack:
        part = stack.pop()
        if isinstance(part, bool) or part[0] == RELATED:
            continue
        if part[0] == MASK:
            found.add(part[1])
        else:
            stack.extend(part[1])
    return frozenset(found)
