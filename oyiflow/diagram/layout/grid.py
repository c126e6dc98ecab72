"""The coarse grid: lines that arrows may use, before any line has a coordinate.

Across the flow every lane has a channel on its left, centre lines for its steps, and a channel on its right.  Along the
flow every row has its centre line, with a channel above the first row and below each.  Even horizontal lines are
channels, odd ones are rows.  A grid point with a step on it is closed; channels are always open, which is why a way can
be found for every arrow.

A lane whose fullest row holds k steps has 2k-1 centre lines, half a column apart, so that one, two or three steps of a
row all stand symmetrically about the lane's middle.  A wide step alone in its row may cover some of these lines: there
they are closed for arrows along the flow.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from oyiflow.diagram.layout.flow import Flow
from oyiflow.diagram.layout.sizes import EM, Parts

GAP: Final = 1.9 * EM  # between steps side by side
PAIR_GAP: Final = 3.5 * EM  # between two: room for arrows from the sides of the step above
CLEARANCE: Final = 0.6 * EM  # an arrow passes a step at least this far


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    nx: int
    ny: int
    node_x: tuple[int, ...]
    node_y: tuple[int, ...]
    half: tuple[int, ...]  # per step: half columns from its lane's middle
    columns: tuple[int, ...]  # per lane: most steps side by side
    pitch: tuple[float, ...]  # per lane: from one column to the next, in px
    first: tuple[int, ...]  # per lane: index of its left channel
    lane_of: tuple[int, ...]  # per vertical line
    channel: tuple[bool, ...]  # per vertical line: at a lane's border
    down: tuple[tuple[int, ...], ...]  # per vertical line: covered points above each horizontal line
    across: tuple[tuple[int, ...], ...]  # per horizontal line: steps left of each vertical line
    framed: bool = False  # lines of both kinds alternate with channels; a lane is a line

    def last(self, lane: int) -> int:
        """Index of the lane's right channel."""
        return self.first[lane] + 2 * self.columns[lane]

    def open_down(self, x: int, y1: int, y2: int) -> bool:
        """True if the vertical line is free from y1 to y2, both included."""
        sums = self.down[x]
        return sums[y2 + 1] == sums[y1]

    def open_across(self, y: int, x1: int, x2: int) -> bool:
        sums = self.across[y]
        return sums[x2 + 1] == sums[x1]


def build(parts: Parts, row: list[int]) -> Grid:
    flow = parts.flow
    cells: dict[tuple[int, int], list[int]] = {}
    for node in flow.order:
        cells.setdefault((flow.lane[node], row[node]), []).append(node)
    half = _half_positions(flow, cells)
    columns = [1] * flow.bands
    for (lane, _), nodes in cells.items():
        columns[lane] = max(columns[lane], len(nodes), *(abs(half[node]) + 1 for node in nodes))
    lane_of = [lane for lane in range(flow.bands) for _ in range(2 * columns[lane] + 1)]
    first = [lane_of.index(lane) for lane in range(flow.bands)]
    node_x = tuple(first[flow.lane[n]] + columns[flow.lane[n]] + half[n] for n in range(flow.count))
    node_y = tuple(2 * at + 1 for at in row)
    pitch = _pitches(parts, cells)
    nx, ny = len(lane_of), 2 * (max(row, default=-1) + 1) + 1
    covered = [
        (x, node_y[node])
        for node, lane in enumerate(flow.lane)
        for x in range(first[lane] + 1, first[lane] + 2 * columns[lane])
        if abs(x - node_x[node]) * pitch[lane] < parts.steps[node][0] + 2 * CLEARANCE
    ]
    return Grid(
        nx=nx,
        ny=ny,
        node_x=node_x,
        node_y=node_y,
        half=tuple(half),
        columns=tuple(columns),
        pitch=pitch,
        first=tuple(first),
        lane_of=tuple(lane_of),
        channel=tuple(x in (first[lane], first[lane] + 2 * columns[lane]) for x, lane in enumerate(lane_of)),
        down=sums(covered, nx, ny),
        across=sums(list(zip(node_y, node_x, strict=True)), ny, nx),
    )


def _pitches(parts: Parts, cells: dict[tuple[int, int], list[int]]) -> tuple[float, ...]:
    pitch = [GAP] * parts.flow.bands
    for (lane, _), nodes in cells.items():
        steps = [node for node in nodes if parts.flow.host[node] < 0]
        if len(steps) > 1:
            gap = PAIR_GAP if len(steps) == 2 else GAP
            over = _shared_neighbours(parts.flow, *steps) if len(steps) == 2 else []
            pitch[lane] = max(pitch[lane], max(parts.steps[node][0] for node in (*steps, *over)) + gap)
        elif len(nodes) > 1:
            pitch[lane] = max(pitch[lane], *((parts.steps[steps[0]][0] + parts.steps[n][0]) / 2 + GAP for n in nodes))
    return tuple(pitch)


def _shared_neighbours(flow: Flow, one: int, two: int) -> list[int]:
    """Steps of the same lane that both follow, or that follow both."""
    before = {flow.src[edge] for edge in flow.ins[one]} & {flow.src[edge] for edge in flow.ins[two]}
    after = {flow.dst[edge] for edge in flow.outs[one]} & {flow.dst[edge] for edge in flow.outs[two]}
    wide = (node for node in before | after if flow.kind[node] not in ("fork", "join"))
    return [node for node in wide if flow.lane[node] == flow.lane[one]]


def sums(points: list[tuple[int, int]], lines: int, length: int) -> tuple[tuple[int, ...], ...]:
    """For each line, how many of its points come before each place."""
    marks = [[0] * length for _ in range(lines)]
    for line, at in points:
        marks[line][at] = 1
    return tuple(tuple(accumulate(row, initial=0)) for row in marks)


def _half_positions(flow: Flow, cells: dict[tuple[int, int], list[int]]) -> list[int]:
    """Place of each step in its lane, in half columns from the middle."""
    half = [0] * flow.count
    for (_lane, _row), everyone in sorted(cells.items(), key=lambda item: (item[0][1], item[0][0])):
        nodes = [node for node in everyone if flow.host[node] < 0]
        if len(nodes) == 1:
            half[nodes[0]] = _inherited(flow, half, nodes[0])
            _seat(flow, half, nodes[0], [node for node in everyone if node != nodes[0]])
            continue
        nodes = sorted(nodes, key=lambda node: (_from_above(flow, half, node), _pull(flow, node), node))
        for place, node in enumerate(nodes):
            half[node] = 2 * place - len(nodes) + 1
    return half


def _seat(flow: Flow, half: list[int], host: int, guests: list[int]) -> None:
    """Guests stand beside their host, the first on the side where fewer arrows come and go."""
    side = -1 if _pull(flow, host) > 0 else 1
    for guest in guests:
        half[guest] = half[host] + 2 * side
        side = -side


def _from_above(flow: Flow, half: list[int], node: int) -> float:
    above = [half[flow.src[e]] for e in flow.ins[node] if flow.lane[flow.src[e]] == flow.lane[node]]
    return sum(above) / len(above) if above else 0.0


def _pull(flow: Flow, node: int) -> int:
    """-1, 0 or 1: the side on which the step's other lanes lie."""
    ends = [flow.src[e] for e in flow.ins[node]] + [flow.dst[e] for e in flow.outs[node]]
    pull = sum((flow.lane[other] > flow.lane[node]) - (flow.lane[other] < flow.lane[node]) for other in ends)
    return (pull > 0) - (pull < 0)


def _inherited(flow: Flow, half: list[int], node: int) -> int:
    """A step alone in its row stays under the one step it follows; where branches meet it goes to the middle."""
    if len(flow.ins[node]) != 1:
        return 0
    parent = flow.src[flow.ins[node][0]]
    if flow.lane[parent] != flow.lane[node] or len(flow.outs[parent]) != 1:
        return 0
    return half[parent]
