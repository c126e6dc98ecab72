"""Lines for the edges of frames, and where arrows meet them: from cells to a grid.

Between two neighbouring columns of cells lie the right edges of frames that end there, outer ones further right, then the
left edges of those that begin, outer ones further left; rows likewise.  Every such edge is a line of the grid, and
between any two lines, of cells or of edges, lies a channel.  So the same rule holds across and along: channels are even,
lines that something stands on are odd.  No arrow runs along the edge of a frame; it may cross one anywhere.

The edge at which a frame's name is written is as thick as the name is high.  A region has only the edges that part it
from its neighbour or bear its name.

An arrow to a frame ends at a *gate*: a step without extent on the frame's edge, met from one side only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from oyiflow.diagram.chart import Direction
from oyiflow.diagram.layout.flow import PINNED_KINDS, Flow
from oyiflow.diagram.layout.frames.cells import Cells
from oyiflow.diagram.layout.frames.tree import ROOT, Tree, level
from oyiflow.diagram.layout.grid import Grid, sums
from oyiflow.diagram.layout.routing.path import East, North, South, West

AWKWARD: Final = 6.0  # an arrow meets the edge on the side turned away from the other end
UNUSUAL: Final = 4.0  # in from below, out at the top
AROUND: Final = 3.0  # at the side, where the other end is straight above or below
SHARED: Final = (0.3, 4.0)  # of a gate: by arrows in, by arrows out

Side = int  # North, East, South, West
Edges = dict[tuple[int, Side], int]  # frame and side: the line of the grid, where the frame has an edge of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Which line each column and row of cells became, and each edge of a frame."""

    columns: tuple[int, ...]
    rows: tuple[int, ...]
    edges: Edges
    nx: int
    ny: int


def lines(tree: Tree, cells: Cells, direction: Direction) -> Lines:
    own = _own_edges(tree, direction)
    across = _axis(tree, cells, own, (West, East))
    along = _axis(tree, cells, own, (North, South))
    edges = {(frame, side): line for axis in (across, along) for (frame, side), line in axis[1].items()}
    return Lines(columns=across[0], rows=along[0], edges=edges, nx=across[2], ny=along[2])


def _own_edges(tree: Tree, direction: Direction) -> set[tuple[int, Side]]:
    own = set()
    for frame in tree.outermost_last():
        if tree.kind(frame) != "region":
            own |= {(frame, side) for side in (North, East, South, West)}
            continue
        first = tree.children[tree.parent[frame]][0] == frame
        titled = tree.titled[frame - tree.nodes]
        if not first or (titled and direction == "LR"):
            own.add((frame, West))
        if titled and direction == "TB":
            own.add((frame, North))
    return own


def _axis(tree: Tree, cells: Cells, own: set[tuple[int, Side]], sides: tuple[Side, Side]) -> tuple[tuple[int, ...], Edges, int]:
    """Lines of one axis: those of its cells, those of edges, and how many there are with the channels."""
    depth = _depths(tree, cells, own, sides)
    count = cells.size[0 if sides[0] == North else 1]
    ending, starting = [0] * (count + 1), [0] * (count + 1)
    for (frame, side), deep in depth.items():
        gap = _gap(tree, cells, frame, side)
        table = starting if side == sides[0] else ending
        table[gap] = max(table[gap], deep)
    slot, first = 0, []
    base = []
    for gap in range(count + 1):
        base.append(slot)
        slot += ending[gap] + starting[gap]
        first.append(slot)
        slot += gap < count
    edges = {}
    for key in depth:
        if key in own:
            gap = _gap(tree, cells, *key)
            at = base[gap] + (ending[gap] + starting[gap] - depth[key] if key[1] == sides[0] else depth[key] - 1)
            edges[key] = 2 * at + 1
    return tuple(2 * at + 1 for at in first[:count]), edges, 2 * slot + 1


def _gap(tree: Tree, cells: Cells, frame: int, side: Side) -> int:
    top, bottom, left, right = cells.rects[frame - tree.nodes]
    return {North: top, South: bottom + 1, West: left, East: right + 1}[side]


def _depths(tree: Tree, cells: Cells, own: set[tuple[int, Side]], sides: tuple[Side, Side]) -> dict[tuple[int, Side], int]:
    """How many edges lie between each edge and the cells; names of neighbouring regions stand on one line."""
    depth: dict[tuple[int, Side], int] = {}
    for frame in tree.outermost_last():
        for side in sides:
            gap = _gap(tree, cells, frame, side)
            inner = [child for child in tree.children[frame] if child >= tree.nodes]
            below = max((depth[child, side] for child in inner if _gap(tree, cells, child, side) == gap), default=0)
            depth[frame, side] = below + ((frame, side) in own)
        regions = [child for child in tree.children[frame] if child >= tree.nodes and tree.kind(child) == "region"]
        if regions and North in sides:
            most = max(depth[child, North] for child in regions)
            depth |= {(child, North): most for child in regions}
            depth[frame, North] = most + 1
    return depth


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    frame: int
    side: Side  # of the frame
    met: Side  # from where arrows come and go
    slot: int  # the row or column of cells beside which it lies


class _Gates:
    """Chooses a gate for each arrow that meets a frame; arrows in and arrows out never share one."""

    def __init__(self, tree: Tree, cells: Cells) -> None:
        self.tree, self.cells = tree, cells
        self.found: list[Gate] = []
        self.used: list[list[bool]] = []  # arrows at each gate: does it lead out?

    def gate(self, frame: int, other: int, *, leads_out: bool) -> int:
        """The number of the gate."""
        inside = self.tree.contains(frame, other)
        choices = list(self._choices(frame, other, leads_out, inside))
        gate = min(choices, key=lambda choice: choice[0] + self._sharing(choice[1], leads_out))[1]
        if gate not in self.found:
            self.found.append(gate)
            self.used.append([])
        at = self.found.index(gate)
        self.used[at].append(leads_out)
        return at

    def _sharing(self, gate: Gate, leads_out: bool) -> float:
        price = 0.0
        for one, used in zip(self.found, self.used, strict=True):
            if (one.frame, one.side, one.slot) == (gate.frame, gate.side, gate.slot):
                clash = one.met != gate.met or (not leads_out) in used
                price += 1000.0 if clash else SHARED[leads_out] * len(used)
        return price

    def _choices(self, frame: int, other: int, leads_out: bool, inside: bool) -> list[tuple[float, Gate]]:
        top, bottom, left, right = self.cells.rects[frame - self.tree.nodes]
        if other == frame:
            return self._corner(frame, leads_out)
        row, column = self._middle(other)
        above, beneath = row < top, row > bottom
        before, after = column < left, column > right
        found = []
        for slot in range(left, right + 1):
            away = abs(slot - column)
            north = away + (0 if above else AWKWARD) + (UNUSUAL if leads_out else 0)
            south = away + (0 if beneath else AWKWARD) + (0 if leads_out else UNUSUAL)
            found += [(north, North, slot), (south, South, slot)]
        for slot in range(top, bottom + 1):
            away = abs(slot - min(max(row, top), bottom)) + (AROUND if above or beneath else 0)
            middle = not before and not after
            west = away + (0 if before else AROUND + 0.5 if middle else AWKWARD)
            east = away + (0 if after else AROUND if middle else AWKWARD)
            if inside:
                west, east = away + column - left, away + right - column
            found += [(west, West, slot), (east, East, slot)]
        turned = {North: South, South: North, West: East, East: West}
        return [
            (price + (0 if not inside or side in (West, East) else AWKWARD), Gate(frame=frame, side=side, met=turned[side] if inside else side, slot=slot))
            for price, side, slot in found
        ]  # fmt: skip

    def _corner(self, frame: int, leads_out: bool) -> list[tuple[float, Gate]]:
        """A loop on a frame leaves on the right and comes back right below, or, if there is no room, from above."""
        top, bottom, _, right = self.cells.rects[frame - self.tree.nodes]
        beside = [Gate(frame=frame, side=East, met=East, slot=slot) for slot in range(top, bottom + 1)]
        above = Gate(frame=frame, side=North, met=North, slot=right)
        wish = top if leads_out else top + 1
        return [(float(abs(gate.slot - wish)), gate) for gate in beside] + [(9.0 if leads_out else 2.0, above)]

    def _middle(self, thing: int) -> tuple[float, float]:
        if thing < self.tree.nodes:
            return self.cells.row[thing], self.cells.column[thing]
        top, bottom, left, right = self.cells.rects[thing - self.tree.nodes]
        return (top + bottom) / 2, (left + right) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The framed chart ready to be routed; its gates are steps after the real ones."""

    flow: Flow
    grid: Grid
    lines: Lines
    cells: Cells


def placed(tree: Tree, cells: Cells, kinds: tuple[str, ...], direction: Direction) -> Placed:
    found = lines(tree, cells, direction)
    gates = _Gates(tree, cells)
    src, dst = list(tree.src), list(tree.dst)
    for way, (a, b) in enumerate(zip(tree.src, tree.dst, strict=True)):
        if a >= tree.nodes:
            src[way] = tree.nodes + gates.gate(a, b, leads_out=True)
        if b >= tree.nodes:
            dst[way] = tree.nodes + gates.gate(b, a, leads_out=False)
    xs = [found.columns[column] for column in cells.column]
    ys = [found.rows[row] for row in cells.row]
    for gate in gates.found:
        at = found.edges[gate.frame, gate.side]
        upright = gate.side in (West, East)
        xs.append(at if upright else found.columns[gate.slot])
        ys.append(found.rows[gate.slot] if upright else at)
    count = len(xs)
    kind = (*kinds, *("gate" for _ in gates.found))
    back = _back(tree, cells)
    forward = [way for way, goes_back in enumerate(back) if not goes_back]
    flow = Flow(
        count=count,
        bands=found.nx,
        lane=tuple(xs),
        kind=kind,
        pinned=tuple(one in PINNED_KINDS or one == "gate" for one in kind),
        bundles=tree.bundles,
        src=tuple(src),
        dst=tuple(dst),
        back=back,
        ins=tuple(tuple(way for way in forward if dst[way] == node) for node in range(count)),
        outs=tuple(tuple(way for way in forward if src[way] == node) for node in range(count)),
        order=tuple(range(count)),
        before=(0,) * count,
        host=(-1,) * count,
        gate=(*(-1 for _ in kinds), *(gate.met for gate in gates.found)),
    )
    return Placed(flow=flow, grid=_grid(tree, found, xs, ys), lines=found, cells=cells)


def _back(tree: Tree, cells: Cells) -> tuple[bool, ...]:
    """Between regions, which lie side by side, an arrow goes back if it climbs."""
    back = list(tree.back)
    for way, (a, b) in enumerate(zip(tree.src, tree.dst, strict=True)):
        where = level(tree.parent, a, b)[0]
        if where >= tree.nodes and tree.kind(where) == "parallel" and a < tree.nodes and b < tree.nodes:
            back[way] = cells.row[b] < cells.row[a]
    return tuple(back)


def _grid(tree: Tree, found: Lines, xs: list[int], ys: list[int]) -> Grid:
    down, across = list(zip(xs, ys, strict=True)), list(zip(ys, xs, strict=True))
    for (frame, side), line in found.edges.items():
        if side in (West, East):
            low, high = _stretch(tree, found, frame, (North, South))
            down += [(line, y) for y in range(low, high + 1)]
        else:
            low, high = _stretch(tree, found, frame, (West, East))
            across += [(line, x) for x in range(low, high + 1)]
    return Grid(
        nx=found.nx,
        ny=found.ny,
        node_x=tuple(xs),
        node_y=tuple(ys),
        half=(0,) * len(xs),
        columns=(1,) * found.nx,
        pitch=(0.0,) * found.nx,
        first=tuple(x - 1 for x in range(found.nx)),
        lane_of=tuple(range(found.nx)),
        channel=tuple(x % 2 == 0 for x in range(found.nx)),
        down=sums(down, found.nx, found.ny),
        across=sums(across, found.ny, found.nx),
        framed=True,
    )


def edge_of(tree: Tree, edges: Edges, frame: int, side: Side) -> tuple[int, bool]:
    """The line at a side of a frame: its own, or that of a frame around it; and whether it is its own."""
    own = True
    while (frame, side) not in edges:
        frame, own = tree.parent[frame], False
        assert frame != ROOT  # only regions lack edges, and they lie in a parallel frame
    return edges[frame, side], own


def _stretch(tree: Tree, found: Lines, frame: int, sides: tuple[Side, Side]) -> tuple[int, int]:
    """From the line at one side to that at the other; a region ends where the next begins."""
    low, high = (edge_of(tree, found.edges, frame, side)[0] for side in sides)
    if tree.kind(frame) == "region" and sides[1] == East:
        regions = tree.children[tree.parent[frame]]
        after = regions[regions.index(frame) + 1 :]
        high = found.edges[after[0], West] if after else high
    return low, high


def closed(grid: Grid, down: list[tuple[int, int]], across: list[tuple[int, int]]) -> Grid:
    """The grid with more points closed: (x, y) to runs along the flow, (y, x) to runs across."""

    def more(table: tuple[tuple[int, ...], ...], points: list[tuple[int, int]]) -> tuple[tuple[int, ...], ...]:
        kept = [(line, at) for line, row in enumerate(table) for at in range(len(row) - 1) if row[at + 1] > row[at]]
        return sums(kept + points, len(table), len(table[0]) - 1)

    return replace(grid, down=more(grid.down, down), across=more(grid.across, across))
