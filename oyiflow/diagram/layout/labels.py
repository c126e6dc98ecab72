"""Where labels go: room is reserved before coordinates, the exact place is chosen after.

A label belongs beside the beginning of its arrow, where a reader decides which way to go.  ``needs`` asks the channels
next to the steps to be wide enough for that.  If several arrows leave as one trunk, the label moves to the end of its
arrow.  ``put`` then looks at the finished lines and takes the first place, from the favourite to the last resort, that
touches no step, label or line; what it could not place cleanly is reported, so that the caller can give more room.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from oyiflow.diagram.layout.flow import Flow
from oyiflow.diagram.layout.grid import Grid
from oyiflow.diagram.layout.place import HEAD_PAD, PAD_STEP, ROW_PAD, Needs, Rect
from oyiflow.diagram.layout.routing.order import merged
from oyiflow.diagram.layout.routing.path import East, North, Route, South, West
from oyiflow.diagram.layout.routing.tracks import Line
from oyiflow.diagram.layout.sizes import Parts, Size

CLEAR: Final = 4.0  # label to its line and to the step it leaves
HEAD_ROOM: Final = 10.0  # for an arrowhead beside a label at the end of its arrow
STRIDE: Final = 7.0  # along a run, when looking for a free place
TRIES: Final = 14
ON_EDGE: Final = 55.0  # over the outline of a frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What labels must keep clear of."""

    steps: list[Rect]
    lines: list[list[Size]]
    borders: list[float]  # lane borders along u
    first_side: tuple[int, int]  # favourite side of runs along u and along v: -1 or 1
    low: float  # labels stay at or beyond this v
    edges: list[Rect] = field(default_factory=list)  # of frames: thin rectangles


def needs(parts: Parts, grid: Grid, routes: list[Route], extra: dict[int, float]) -> Needs:
    """Room beside the tracks of each channel; ``extra`` asks for more where a first attempt was too tight."""
    wishes = _Wishes(parts, grid, routes)
    for route, label in zip(routes, parts.labels, strict=True):
        if label is not None:
            wishes.add(route, label, extra.get(route.edge, 0.0))
    return wishes.found


class _Wishes:
    """Collects, for each channel, the widest room a label asks for on either side of the tracks."""

    __slots__ = ("busy", "found", "grid", "parts", "routes")

    def __init__(self, parts: Parts, grid: Grid, routes: list[Route]) -> None:
        self.parts, self.grid, self.routes = parts, grid, routes
        self.found = Needs()
        self.busy: dict[int, list[tuple[int, int]]] = {}
        for route in routes:
            for run in route.runs:
                if not run[0]:
                    self.busy.setdefault(run[1], []).append((run[2], run[3]))

    def add(self, route: Route, label: Size, more: float) -> None:
        flow = self.parts.flow
        ending = at_end(flow, self.routes, route)
        node = (flow.dst if ending else flow.src)[route.edge]
        side = route.in_side if ending else route.out_side
        line = _channel(flow, self.grid, node, side)
        if more and self.grid.columns[flow.lane[node]] > 1:
            between = self.found.between
            between[flow.lane[node]] = max(between.get(flow.lane[node], 0.0), more)
        if line is None:
            return
        room = more + (HEAD_ROOM if ending else 0.0)
        if side in (North, South):
            room += label[1] + 6 + (self._crossed(line, node) and (HEAD_PAD if ending else ROW_PAD) / 2)
            self._beside(node, label)
        else:
            room += max(label[0] + 2 * CLEAR - self._slack(node, side), PAD_STEP)
            if more:  # it may be too high for its row
                self._keep((False, self.grid.node_y[node] - 1), False, label[1] + 6 - self.parts.steps[node][1] / 2)
        self._keep(line, side in (South, East), room)

    def _keep(self, line: Line, before: bool, room: float) -> None:
        zone = self.found.before if before else self.found.after
        zone[line] = max(zone.get(line, 0.0), room)

    def _beside(self, node: int, label: Size) -> None:
        """A label beside a line along the flow may reach past the steps of its lane."""
        side = East if self.parts.direction == "TB" else West
        lane = self.parts.flow.lane[node]
        room = label[0] + 2 * CLEAR - self._slack(node, side) - self.parts.steps[node][0] / 2
        if room > 0:
            line = (True, self.grid.last(lane) if side == East else self.grid.first[lane])
            self._keep(line, side == East, room)

    def _slack(self, node: int, side: int) -> float:
        """How far the step ends before the outermost step of its lane."""
        steps, half, lane = self.parts.steps, self.grid.half, self.parts.flow.lane[node]
        step = self.grid.pitch[lane] / 2 * (-1 if side == West else 1)
        far = max(step * half[other] + steps[other][0] / 2 for other in self.parts.members(lane))
        return far - step * half[node] - steps[node][0] / 2

    def _crossed(self, line: Line, node: int) -> bool:
        """Arrows in the row channel pass the step, so the label needs a strip of its own."""
        return any(low <= self.grid.node_x[node] <= high for low, high in self.busy.get(line[1], []))


def at_end(flow: Flow, routes: list[Route], route: Route) -> bool:
    """True if the arrow shares its beginning with another and not its end: its label goes to the end."""
    mates = [mate for mate in routes if mate.edge != route.edge]
    if not any(merged(flow, route, 0, mate, 0) for mate in mates if flow.src[mate.edge] == flow.src[route.edge]):
        return False
    last = len(route.runs) - 1
    return last > 0 and not any(
        merged(flow, route, last, mate, len(mate.runs) - 1) for mate in mates if flow.dst[mate.edge] == flow.dst[route.edge]
    )


def _channel(flow: Flow, grid: Grid, node: int, side: int) -> Line | None:
    """The channel that a label at this side of the step lies in."""
    if side % 2 == 0:
        return (False, grid.node_y[node] + (1 if side == South else -1))
    lane = flow.lane[node]
    x = grid.node_x[node]
    if grid.framed:
        return (True, x + (1 if side == East else -1))
    outermost = x == grid.first[lane] + 1 if side == West else x == grid.last(lane) - 1
    if not outermost and grid.columns[lane] > 1 and x != grid.first[lane] + grid.columns[lane]:
        return None
    return (True, grid.first[lane] if side == West else grid.last(lane))


def put(parts: Parts, routes: list[Route], scene: Scene) -> tuple[dict[int, Rect], list[int]]:
    """A place for every label, and the arrows whose label still touches something."""
    placed: dict[int, Rect] = {}
    tight: list[int] = []
    for route, label in zip(routes, parts.labels, strict=True):
        if label is None:
            continue
        best: Rect | None = None
        least = 1e18
        for rank, rect in enumerate(_places(parts.flow, routes, route, label, scene)):
            cost = rank * 0.5 + _cost(rect, route.edge, placed, scene)
            if cost < least:
                best, least = rect, cost
            if cost < rank * 0.5 + 0.5:
                break
        assert best is not None
        placed[route.edge] = best
        if least >= 50:
            tight.append(route.edge)
    return placed, tight


def _places(flow: Flow, routes: list[Route], route: Route, label: Size, scene: Scene) -> Iterator[Rect]:
    points = scene.lines[route.edge]
    pairs = list(pairwise(points))
    if at_end(flow, routes, route):
        pairs = [(b, a) for a, b in reversed(pairs)]
        yield from _beside(*pairs[0], label, scene, start=12.0)
    for a, b in pairs:
        yield from _beside(a, b, label, scene, start=CLEAR - 1)


def _beside(a: Size, b: Size, label: Size, scene: Scene, *, start: float) -> Iterator[Rect]:
    """Places along the run from a to b, on both sides, nearest to a first."""
    along = 1 if abs(a[0] - b[0]) < 1e-6 else 0
    length = abs(b[along] - a[along])
    towards = 1 if b[along] >= a[along] else -1
    favourite = scene.first_side[along]
    for index in range(TRIES):
        at = start + index * STRIDE
        if index and at + label[along] > length + 2:
            break
        near = a[along] + towards * at
        low = near if towards > 0 else near - label[along]
        for side in (favourite, -favourite):
            across = a[1 - along] + (CLEAR if side > 0 else -CLEAR - label[1 - along])
            if along:
                yield across, low, across + label[0], low + label[1]
            else:
                yield low, across, low + label[0], across + label[1]


def _cost(rect: Rect, edge: int, placed: dict[int, Rect], scene: Scene) -> float:
    cost = 0.0 if rect[1] >= scene.low else 900.0
    cost += sum(1000.0 for step in scene.steps if _overlap(rect, step, 0.5))
    cost += sum(1000.0 for other in placed.values() if _overlap(rect, other, 1.0))
    for index, points in enumerate(scene.lines):
        for a, b in pairwise(points):
            run = (min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
            if _overlap(rect, run, -0.5 if index == edge else 1.5):
                cost += 60.0 if index == edge else 100.0
    cost += sum(3.0 for border in scene.borders if rect[0] < border < rect[2])
    cost += sum(ON_EDGE for run in scene.edges if _overlap(rect, run, 0.5))
    return cost


def _overlap(a: Rect, b: Rect, margin: float) -> bool:
    return a[0] < b[2] + margin and b[0] < a[2] + margin and a[1] < b[3] + margin and b[1] < a[3] + margin
