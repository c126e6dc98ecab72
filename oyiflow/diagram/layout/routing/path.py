"""Candidate ways for one arrow on the coarse grid.

A way is a list of grid points joined by alternating vertical and horizontal runs, from the source step to the target
step.  Ways with at most two bends are tried first (``SIMPLE``), then three (``HOOKED``), then four (``ROUND``), which
always exists: leave downwards into the channel below, travel along channels, arrive from the channel above.

The price of a way before it meets others is its length, its bends, and how natural the sides are on which it leaves
and arrives.  What it costs together with other arrows is the business of ``router``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from oyiflow.diagram.layout.flow import Flow
from oyiflow.diagram.layout.grid import Grid

North, East, South, West = 0, 1, 2, 3
SIMPLE, HOOKED, ROUND = 0, 1, 2

BEND: Final = 5.0
BUNDLED: Final = 6.0  # more for each bend but one of a line that stands for several arrows
WRONG_SIDE: Final = 900.0  # of a gate
SAME_SIDE: Final = 400.0  # a loop that comes back where it left
LENGTH: Final = 0.14  # per em
ABROAD: Final = 1.5  # per lane outside the lanes of both steps
ALONG_STEPS: Final = 1.0  # a long run down the middle of a lane that belongs to neither step
SHOULDER: Final = 7.5  # a turn right beside a step
SHORT: Final = 1.7  # em; a shorter run across the flow is a shoulder
NEAR: Final = 6  # how many lines from a step its first turn may lie in ways of three and four bends

# Extra price of leaving (out) and arriving (in) at North, East, South, West.
OUT: Final = {
    "task": ((7.0, 0.6, 0.0, 0.6), (3.0, 0.6, 3.0, 0.6)),  # forward, back
    "decision": ((9.0, 0.0, 0.0, 0.0), (0.2, 0.2, 6.0, 0.2)),
    "bar": ((30.0, 60.0, 0.0, 60.0), (30.0, 60.0, 0.0, 60.0)),
}
IN: Final = {
    "task": ((0.0, 0.8, 9.0, 0.8), (3.0, 0.0, 9.0, 0.0)),
    "decision": ((0.0, 0.8, 12.0, 0.8), (0.0, 0.8, 9.0, 0.8)),
    "bar": ((0.0, 60.0, 30.0, 60.0), (0.0, 60.0, 30.0, 60.0)),
}

Open = Callable[[int, int, int], bool]  # is a line free between two others?
Points = tuple[tuple[int, int], ...]
# (vertical?, line, low, high, turn at low, turn at high, runs upwards in number?); a turn is -1, 0 (a step) or 1.
Segment = tuple[bool, int, int, int, int, int, bool]


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One way: its runs in order, its own price, and the sides of its steps that it uses."""

    edge: int
    points: Points
    runs: tuple[Segment, ...]
    price: float
    out_side: int
    in_side: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Terrain:
    """What routing needs to know of the page: grid, flow, and rough coordinates of the lines in em."""

    flow: Flow
    grid: Grid
    us: tuple[float, ...]
    vs: tuple[float, ...]
    widths: tuple[float, ...]  # of the steps, across the flow, in em


def style(kind: str) -> str:
    if kind in ("fork", "join"):
        return "bar"
    return "decision" if kind == "decision" else "task"


Way = tuple[float, Points]  # its own price, and where it runs


def candidates(terrain: Terrain, edge: int, tier: int) -> list[Way]:
    """Every open way of a tier, cheapest first; equal prices keep the order of generation."""
    makers = (_simple, _hooked, _round)
    ends = _Ends(terrain, edge)
    ways = [(ends.price(points), points) for points in makers[tier](terrain.grid, *ends.at)]
    ways.sort(key=_own_price)
    return ways


def _own_price(way: Way) -> float:
    return way[0]


def _simple(grid: Grid, xa: int, ya: int, xb: int, yb: int) -> Iterator[Points]:
    a, b = (xa, ya), (xb, yb)
    if xa == xb and ya != yb and _between(grid.open_down, xa, ya, yb):
        yield a, b
    if ya == yb and xa != xb and _between(grid.open_across, ya, xa, xb):
        yield a, b
    if xa != xb and ya != yb:
        if _leave(grid.open_down, xa, ya, yb) and _leave(grid.open_across, yb, xb, xa):
            yield a, (xa, yb), b
        if _leave(grid.open_across, ya, xa, xb) and _leave(grid.open_down, xb, yb, ya):
            yield a, (xb, ya), b
    if xa != xb:
        for y in _reach(grid.open_down, xa, ya, grid.ny):
            if y != yb and _leave(grid.open_down, xb, yb, y) and grid.open_across(y, min(xa, xb), max(xa, xb)):
                yield a, (xa, y), (xb, y), b
    if ya != yb:
        for x in _reach(grid.open_across, ya, xa, grid.nx):
            if x != xb and _leave(grid.open_across, yb, xb, x) and grid.open_down(x, min(ya, yb), max(ya, yb)):
                yield a, (x, ya), (x, yb), b


def _hooked(grid: Grid, xa: int, ya: int, xb: int, yb: int) -> Iterator[Points]:
    a, b = (xa, ya), (xb, yb)
    for y in _reach(grid.open_down, xa, ya, grid.ny, NEAR):
        for x in _reach(grid.open_across, yb, xb, grid.nx) if y != yb else ():
            if x != xa and _corner(grid, xa, y, x, yb):
                yield a, (xa, y), (x, y), (x, yb), b
    for y in _reach(grid.open_down, xb, yb, grid.ny, NEAR):
        for x in _reach(grid.open_across, ya, xa, grid.nx) if y != ya else ():
            if x != xb and _corner(grid, xb, y, x, ya):
                yield a, (x, ya), (x, y), (xb, y), b


def _round(grid: Grid, xa: int, ya: int, xb: int, yb: int) -> Iterator[Points]:
    a, b = (xa, ya), (xb, yb)
    ends = list(_reach(grid.open_down, xb, yb, grid.ny, 2))
    for y1 in _reach(grid.open_down, xa, ya, grid.ny, 2):
        for y2 in ends:
            for x in range(grid.nx) if y1 != y2 else ():
                if x not in (xa, xb) and _corner(grid, xa, y1, x, y2) and grid.open_across(y2, min(x, xb), max(x, xb)):
                    yield a, (xa, y1), (x, y1), (x, y2), (xb, y2), b
    sides = list(_reach(grid.open_across, yb, xb, grid.nx, 2))
    for x1 in _reach(grid.open_across, ya, xa, grid.nx, 2):
        for x2 in sides:
            for y in range(0, grid.ny, 2) if x1 != x2 else ():
                if _corner_across(grid, x1, ya, x2, y) and grid.open_down(x2, min(y, yb), max(y, yb)):
                    yield a, (x1, ya), (x1, y), (x2, y), (x2, yb), b


def _corner(grid: Grid, xa: int, y: int, x: int, yb: int) -> bool:
    """From (xa, y) along y to x, then along x to yb."""
    return grid.open_across(y, min(xa, x), max(xa, x)) and grid.open_down(x, min(y, yb), max(y, yb))


def _corner_across(grid: Grid, x1: int, ya: int, x2: int, y: int) -> bool:
    return grid.open_down(x1, min(y, ya), max(y, ya)) and grid.open_across(y, min(x1, x2), max(x1, x2))


def _between(is_open: Open, line: int, a: int, b: int) -> bool:
    low, high = min(a, b), max(a, b)
    return is_open(line, low + 1, high - 1)


def _leave(is_open: Open, line: int, a: int, b: int) -> bool:
    """Free from the step at a (itself excluded) to b (included)."""
    if a == b:
        return False
    return is_open(line, a + 1, b) if b > a else is_open(line, b, a - 1)


def _reach(is_open: Open, line: int, start: int, size: int, most: int = 1_000_000) -> Iterator[int]:
    """Lines that can be reached from a step in a straight run, nearest first on each side."""
    for step, stop in ((1, size), (-1, -1)):
        for taken, at in enumerate(range(start + step, stop, step)):
            if taken == most or not is_open(line, at, at):
                break
            yield at


def make_route(edge: int, way: Way) -> Route:
    price, points = way
    return Route(edge, points, _runs(points), price, _side(points[0], points[1]), _side(points[-1], points[-2]))


def _side(node: tuple[int, int], away: tuple[int, int]) -> int:
    if node[0] == away[0]:
        return South if away[1] > node[1] else North
    return East if away[0] > node[0] else West


class _Ends:
    """Both steps of an arrow, and what its ways cost on their own."""

    __slots__ = ("at", "lanes", "leave", "meet", "more", "terrain", "widths")

    def __init__(self, terrain: Terrain, edge: int) -> None:
        flow, grid = terrain.flow, terrain.grid
        a, b = flow.src[edge], flow.dst[edge]
        self.terrain = terrain
        self.at = grid.node_x[a], grid.node_y[a], grid.node_x[b], grid.node_y[b]
        self.lanes = min(flow.lane[a], flow.lane[b]), max(flow.lane[a], flow.lane[b])
        self.widths = terrain.widths[a], terrain.widths[b]
        self.leave = _gated(flow, a, OUT[style(flow.kind[a])][flow.back[edge]])
        self.more = BUNDLED * (len(flow.bundles[edge]) - 1)
        self.meet = _gated(flow, b, IN[style(flow.kind[b])][flow.back[edge]])

    def price(self, points: Points) -> float:
        out_side, in_side = _side(points[0], points[1]), _side(points[-1], points[-2])
        sides = self.leave[out_side] + self.meet[in_side]
        if points[0] == points[-1] and out_side == in_side:
            sides += SAME_SIDE
        bends = len(points) - 2
        return sides + BEND * bends + self.more * max(bends - 1, 0) + self._travel(points)

    def _travel(self, points: Points) -> float:
        """Length in em, turns too close to a step, and lanes visited without need."""
        us, vs, grid = self.terrain.us, self.terrain.vs, self.terrain.grid
        xa, _, xb, _ = self.at
        length, price = 0.0, 0.0
        left, right = self.lanes
        x1, y1 = points[0]
        for x2, y2 in points[1:]:
            if x1 == x2:
                length += abs(vs[y1] - vs[y2])
                if x1 != xa and x1 != xb and not grid.channel[x1]:
                    price += ALONG_STEPS
            else:
                length += abs(us[x1] - us[x2])
                lane = grid.lane_of[x2]
                if lane < left:
                    left = lane
                elif lane > right:
                    right = lane
            x1, y1 = x2, y2
        price += SHOULDER * (self._is_short(0, points[0][0], points[1][0]) + self._is_short(1, xb, points[-2][0]))
        return price + LENGTH * length + ABROAD * (self.lanes[0] - left + right - self.lanes[1])

    def _is_short(self, end: int, x: int, turn: int) -> bool:
        """The run across the flow from a step to its turn leaves hardly any line to see."""
        if x == turn or self.terrain.grid.channel[turn]:
            return False
        us = self.terrain.us
        return abs(us[x] - us[turn]) - self.widths[end] / 2 < SHORT


def _gated(flow: Flow, node: int, sides: tuple[float, float, float, float]) -> tuple[float, ...]:
    """A gate is met from one side only."""
    gate = flow.gate[node] if flow.gate else -1
    return sides if gate < 0 else tuple(0.0 if side == gate else WRONG_SIDE for side in range(4))


def _runs(points: Points) -> tuple[Segment, ...]:
    runs = []
    for at in range(len(points) - 1):
        (x1, y1), (x2, y2) = points[at], points[at + 1]
        vertical = x1 == x2
        a, b = (y1, y2) if vertical else (x1, x2)
        before = _step(points[at], points[at - 1], vertical) if at else 0
        after = _step(points[at + 1], points[at + 2], vertical) if at + 2 < len(points) else 0
        turns = (before, after) if b > a else (after, before)
        runs.append((vertical, x1 if vertical else y1, min(a, b), max(a, b), *turns, b > a))
    return tuple(runs)


def _step(corner: tuple[int, int], other: tuple[int, int], vertical: bool) -> int:
    """Which way a vertical (or horizontal) run's neighbour leaves the corner, across the run."""
    across = other[0] - corner[0] if vertical else other[1] - corner[1]
    return 1 if across > 0 else -1
