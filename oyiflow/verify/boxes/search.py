"""Is there a way to make all of these formulas true: a search that decides what is forced before it tries anything.

A `Stand` is what has been decided: for each variable the mask of cells that are left, the relations taken on, and the
alternatives (`EITHER`) that are still open. Masks are narrowed and alternatives that have become impossible dropped until
nothing changes; then one of the smallest alternatives is tried. Stands are kept on a stack of our own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from oyiflow.verify.boxes.formula import BOTH, EITHER, MASK, RELATED, Formula
from oyiflow.verify.boxes.relations import Relation

STANDS = 20_000
"""Stands that are looked at before the search gives up."""


class Stand(NamedTuple):
    """A partial answer; with no alternatives open, a box: each variable in one of its cells, and these relations."""

    masks: list[int]
    relations: tuple[Relation, ...]
    open: tuple[Formula, ...]


class GivenUp(Exception):
    """The search has looked at `STANDS` stands; it is caught where searches are begun."""


def boxes(formulas: Sequence[Formula], masks: Sequence[int]) -> Iterator[Stand]:
    """Boxes inside of which all formulas are true; together they hold every answer. None: there is no answer."""
    left = list(masks)
    for one in formulas:  # the commonest: there are no alternatives
        if isinstance(one, bool):
            if not one:
                return
        elif one[0] == MASK:
            left[one[1]] &= one[2]
            if not left[one[1]]:
                return
        else:
            break
    else:
        yield Stand(left, (), ())
        return
    stack: list[tuple[Stand, tuple[Formula, ...]]] = [(Stand(list(masks), (), ()), tuple(formulas))]
    for _ in range(STANDS):
        if not stack:
            return
        before, todo = stack.pop()
        stand = _decided(before, todo)
        if stand is None:
            continue
        if not stand.open:
            yield stand
            continue
        sizes = [len(one[1]) for one in stand.open if not isinstance(one, bool)]
        place = sizes.index(min(sizes))
        tried, rest = stand.open[place], (*stand.open[:place], *stand.open[place + 1 :])
        assert not isinstance(tried, bool)
        for part in reversed(tried[1]):
            stack.append((Stand(list(stand.masks), stand.relations, ()), (part, *rest)))
    raise GivenUp


def _decided(stand: Stand, formulas: Sequence[Formula]) -> Stand | None:
    """What follows without trying; None if it contradicts itself."""
    masks, relations, todo = stand.masks, list(stand.relations), list(formulas)
    alternatives: list[Formula] = []
    while True:
        before = list(masks)
        while todo:
            one = todo.pop()
            if isinstance(one, bool):
                if not one:
                    return None
            elif one[0] == MASK:
                masks[one[1]] &= one[2]
                if not masks[one[1]]:
                    return None
            elif one[0] == BOTH:
                todo.extend(one[1])
            elif one[0] == RELATED:
                relations.append(one[1])
            else:
                alternatives.append(one)
        kept: list[Formula] = []
        for one in alternatives:
            left = _left(one, masks)
            if left is None:
                continue
            if not left:
                return None
            if len(left) == 1:
                todo.append(left[0])
            else:
                kept.append((EITHER, left))
        alternatives = kept
        if not todo and masks == before:
            return Stand(masks, tuple(dict.fromkeys(relations)), tuple(alternatives))


def _left(alternative: Formula, masks: list[int]) -> tuple[Formula, ...] | None:
    """The parts of an alternative that are still possible; None if one of them is true already."""
    assert not isinstance(alternative, bool)
    parts: list[Formula] = []
    for part in alternative[1]:
        if part[0] == MASK:
            common = masks[part[1]] & part[2]
            if common == masks[part[1]]:
                return None
            if not common:
                continue
        elif part[0] == BOTH and any(one[0] == MASK and not masks[one[1]] & one[2] for one in part[1]):
            continue
        parts.append(part)
    return tuple(parts)
