"""Rows and columns for a framed chart: every step gets a cell, every frame a rectangle of cells that holds nothing else.

Containers are filled from the inside out.  In a container things stand below those they follow, the first successor
straight below, further ones beside it; a step may also stand level with its predecessor, joined by one straight arrow.
Regions of a parallel frame lie side by side.  Where things stand is counted in cells of steps only; the lines of the
frames' edges come later and take no part.

``Choice`` holds what the search may change: for a thing, columns to the side and rows further down.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from oyiflow.diagram.layout.flow import topological
from oyiflow.diagram.layout.frames.tree import ROOT, Tree, level

ASIDE: Final = 1.0  # per column away from straight below
LOWER: Final = 1.3  # per row further down
LEVEL: Final = -0.4  # beside the predecessor instead of a row further down
REACH: Final = 12

Move = tuple[int, int, int]  # thing, columns aside, rows further down
Cell = tuple[int, int]  # row, column


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    moves: tuple[Move, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    row: tuple[int, ...]  # per step
    column: tuple[int, ...]
    rects: tuple[tuple[int, int, int, int], ...]  # per frame: first and last row, first and last column
    size: Cell


@dataclass(slots=True)
class _Block:
    """A container laid out on its own: where each child begins, and how big it is."""

    at: dict[int, Cell] = field(default_factory=dict)
    rows: int = 1
    columns: int = 1


def assign(tree: Tree, choice: Choice) -> Cells:
    blocks: dict[int, _Block] = {}
    moves = {thing: (aside, down) for thing, aside, down in choice.moves}
    for frame in [*tree.outermost_last(), ROOT]:
        if frame != ROOT and tree.kind(frame) == "parallel":
            blocks[frame] = _side_by_side(tree, frame, blocks)
        else:
            blocks[frame] = _Filling(tree, frame, blocks, moves).block()
    return _spread(tree, blocks)


def _spread(tree: Tree, blocks: dict[int, _Block]) -> Cells:
    """From places in containers to places on the page."""
    origin: dict[int, Cell] = {ROOT: (0, 0)}
    size = {ROOT: (blocks[ROOT].rows, blocks[ROOT].columns)}
    for frame in [ROOT, *reversed(tree.outermost_last())]:
        for child, (row, column) in blocks[frame].at.items():
            origin[child] = origin[frame][0] + row, origin[frame][1] + column
            if child >= tree.nodes:
                whole = frame != ROOT and tree.kind(frame) == "parallel"
                size[child] = size[frame][0] if whole else blocks[child].rows, blocks[child].columns
    frames = range(tree.nodes, tree.nodes + len(tree.names))
    return Cells(
        row=tuple(origin[node][0] for node in range(tree.nodes)),
        column=tuple(origin[node][1] for node in range(tree.nodes)),
        rects=tuple((origin[f][0], origin[f][0] + size[f][0] - 1, origin[f][1], origin[f][1] + size[f][1] - 1) for f in frames),
        size=size[ROOT],
    )


def _side_by_side(tree: Tree, frame: int, blocks: dict[int, _Block]) -> _Block:
    block = _Block(columns=0)
    for child in tree.children[frame]:
        rows, columns = _extent(tree, child, blocks)
        block.at[child] = (0, block.columns)
        block.rows, block.columns = max(block.rows, rows), block.columns + columns
    return block


def _extent(tree: Tree, thing: int, blocks: dict[int, _Block]) -> Cell:
    return (blocks[thing].rows, blocks[thing].columns) if thing >= tree.nodes else (1, 1)


def _within(tree: Tree, outer: int, thing: int, blocks: dict[int, _Block]) -> Cell:
    """Where a thing lies in a child of the container; of a frame, where one enters it."""
    row = column = 0
    inner = thing
    while inner != outer:
        container = tree.parent[inner]
        row, column = row + blocks[container].at[inner][0], column + blocks[container].at[inner][1]
        inner = container
    while thing >= tree.nodes and tree.children[thing]:
        first = tree.children[thing][0]
        column += blocks[thing].at[first][1]
        thing = first
    return row, column


class _Filling:
    """Places the children of one container, one after the other."""

    def __init__(self, tree: Tree, frame: int, blocks: dict[int, _Block], moves: dict[int, Cell]) -> None:
        self.tree, self.frame, self.blocks, self.moves = tree, frame, blocks, moves
        self.things = tree.children[frame]
        self.taken: dict[Cell, int] = {}
        self.at: dict[int, Cell] = {}
        self.before: dict[int, list[tuple[int, int, int]]] = {thing: [] for thing in self.things}
        for way, (a, b) in enumerate(zip(tree.src, tree.dst, strict=True)):
            where, one, other = level(tree.parent, a, b)
            if where == frame and not tree.back[way] and one in self.before and other in self.before and one != other:
                out = _within(tree, one, a, blocks)[1]
                self.before[other].append((one, out, _within(tree, other, b, blocks)[1]))

    def block(self) -> _Block:
        for thing in self._order():
            self._put(thing, self._place(thing))
        self._lead_in()
        if not self.at:
            return _Block()
        top, left = min(row for row, _ in self.at.values()), min(column for _, column in self.at.values())
        block = _Block(at={thing: (row - top, column - left) for thing, (row, column) in self.at.items()})
        block.rows = max(row for row, _ in self.taken) - top + 1
        block.columns = max(column for _, column in self.taken) - left + 1
        return block

    def _lead_in(self) -> None:
        """The first thing, the initial dot, moves right above where it leads."""
        first = self.things[0] if self.things else ROOT
        after = [(thing, out, into) for thing in self.things for one, out, into in self.before[thing] if one == first]
        if first in self.moves or len(after) != 1 or first >= self.tree.nodes or self.before[first]:
            return
        thing, _, into = after[0]
        row, column = self.at[thing][0] - 1, self.at[thing][1] + into
        if (row, column) not in self.taken:
            del self.taken[self.at[first]]
            self._put(first, (row, column))

    def _order(self) -> list[int]:
        place = {thing: at for at, thing in enumerate(self.things)}
        src = [place[one] for thing in self.things for one, _, _ in self.before[thing]]
        dst = [place[thing] for thing in self.things for _ in self.before[thing]]
        return [self.things[at] for at in topological(len(self.things), src, dst)]

    def _put(self, thing: int, at: Cell) -> None:
        self.at[thing] = at
        rows, columns = _extent(self.tree, thing, self.blocks)
        for row in range(at[0], at[0] + rows):
            for column in range(at[1], at[1] + columns):
                self.taken[row, column] = thing

    def _place(self, thing: int) -> Cell:
        aside, down = self.moves.get(thing, (0, 0))
        before = self.before[thing]
        low = max((self.at[one][0] + _extent(self.tree, one, self.blocks)[0] for one, _, _ in before), default=0) + down
        wish = self.at[before[0][0]][1] + before[0][1] - before[0][2] if before else 0
        best: tuple[float, int, int] | None = None
        for row in range(low, low + REACH):
            for step in range(2 * REACH):
                column = wish + aside + ((step + 1) // 2 if step % 2 else -(step // 2))
                if self._free(thing, row, column):
                    price = ASIDE * abs(column - wish - aside) + LOWER * (row - low)
                    best = min(best or (price, row, column), (price, row, column))
                    break
        level_ = self._level(thing, wish + aside) if not down and len(before) == 1 else None
        if level_ is not None and (best is None or level_[0] < best[0]):
            best = level_
        return best[1:] if best else self._below(wish)

    def _below(self, column: int) -> Cell:
        return max((row for row, _ in self.taken), default=-1) + 1, column

    def _level(self, thing: int, wish: int) -> tuple[float, int, int] | None:
        """A single step beside its only predecessor, with nothing between."""
        one = self.before[thing][0][0]
        if thing >= self.tree.nodes or one >= self.tree.nodes:
            return None
        row, column = self.at[one]
        if wish == column and (row + 1, column) not in self.taken:
            return None
        sides = (1, -1) if wish >= column else (-1, 1)
        for rank, side in enumerate(sides):
            if (row, column + side) not in self.taken:
                return LEVEL + ASIDE + 0.1 * rank, row, column + side
        return None

    def _free(self, thing: int, row: int, column: int) -> bool:
        rows, columns = _extent(self.tree, thing, self.blocks)
        cells = ((r, c) for r in range(row, row + rows) for c in range(column, column + columns))
        return not any(cell in self.taken for cell in cells)
