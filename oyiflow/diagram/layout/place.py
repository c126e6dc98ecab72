"""Coordinates, last: every line gets a place once it is known what lies on it.

A channel is as wide as its tracks, the pads on both sides, and the room its labels need; a lane as wide as its columns
and channels; a row as high as its highest step.  So arrows never lack room and labels have theirs reserved.

Axes are the layout's own: ``u`` across the flow (lanes lie along it) and ``v`` along the flow.  Only the assembly of
the drawing knows whether v points down (TB) or to the right (LR).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from oyiflow.diagram.layout.grid import Grid
from oyiflow.diagram.layout.routing.path import North, Route, South, West
from oyiflow.diagram.layout.routing.tracks import Line, Tracks
from oyiflow.diagram.layout.sizes import EM, Parts, Size

PITCH: Final = 9.0  # between tracks
PAD: Final = 0.8 * EM  # a lane's border to its steps, with nothing between
PAD_BORDER: Final = 0.62 * EM  # a lane's border to its outermost track
PAD_STEP: Final = 1.2 * EM  # innermost track to the steps: room for an arrowhead
ROW_GAP: Final = 1.8 * EM  # between rows, where an arrow runs from box to box
NARROW_GAP: Final = 1.25 * EM  # between rows that no arrow joins so directly
ROW_PAD: Final = 0.75 * EM  # a row to the first track below it
HEAD_PAD: Final = 1.05 * EM  # the last track to the row below: room for an arrowhead
EDGE_GAP: Final = 1.15 * EM  # above the first row and below the last
PORT_MARGIN: Final = 7.0  # an arrow meets a box at least this far from its corner


Rect = tuple[float, float, float, float]  # low u, low v, high u, high v


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What labels need: room before and after the tracks of each channel, and more between a lane's columns."""

    before: dict[Line, float] = field(default_factory=dict)
    after: dict[Line, float] = field(default_factory=dict)
    between: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Where every line and lane lies; tracks of a channel start at its line."""

    us: tuple[float, ...]
    vs: tuple[float, ...]
    lanes: tuple[Size, ...]  # start and extent of each lane along u
    length: float  # extent of all lanes along v, heads not counted


def frame(parts: Parts, grid: Grid, tracks: Tracks, needs: Needs) -> Frame:
    us: list[float] = []
    lanes: list[Size] = []
    at = 0.0
    for lane in range(parts.flow.bands):
        inner = _Lane(parts, grid, tracks, needs, lane)
        us += [at + line for line in inner.lines]
        lanes.append((at, inner.extent))
        at += inner.extent
    vs, length = _row_lines(parts, grid, tracks, needs)
    return Frame(us=tuple(us), vs=tuple(vs), lanes=tuple(lanes), length=length)


class _Lane:
    """One lane measured across: its extent and where its lines lie."""

    __slots__ = ("extent", "lines")

    def __init__(self, parts: Parts, grid: Grid, tracks: Tracks, needs: Needs, lane: int) -> None:
        columns, step = grid.columns[lane], _column_step(grid, lane, tracks) + needs.between.get(lane, 0.0)
        reach = (abs(grid.half[node]) * step / 2 + parts.steps[node][0] / 2 for node in parts.members(lane))
        span = max(reach, default=1.5 * EM)
        left, right = (True, grid.first[lane]), (True, grid.last(lane))
        body = _side_room(tracks.used.get(left, 0), needs.after.get(left, 0.0))
        total = body + 2 * span + _side_room(tracks.used.get(right, 0), needs.before.get(right, 0.0))
        self.extent = max(total, parts.heads[lane][0] if lane < len(parts.heads) else 0.0)
        spare = (self.extent - total) / 2
        middle = spare + body + span
        inner = [middle + (half - columns + 1) * step / 2 for half in range(2 * columns - 1)]
        self.lines = [spare + PAD_BORDER, *inner, middle + span + max(PAD_STEP, needs.before.get(right, 0.0))]


def _side_room(count: int, zone: float) -> float:
    """From a lane's border to its steps."""
    return PAD_BORDER + (count - 1) * PITCH + max(PAD_STEP, zone) if count else max(PAD, zone)


def _column_step(grid: Grid, lane: int, tracks: Tracks) -> float:
    """From one column to the next; more if several arrows pass between."""
    return grid.pitch[lane] + max(_between(grid, lane, tracks) - 1, 0) * PITCH


def _between(grid: Grid, lane: int, tracks: Tracks) -> int:
    if grid.columns[lane] == 1:
        return 0
    return max((tracks.used.get((True, x), 0) for x in range(grid.first[lane] + 1, grid.last(lane))), default=0)


def _row_lines(parts: Parts, grid: Grid, tracks: Tracks, needs: Needs) -> tuple[list[float], float]:
    height = [0.0] * grid.ny
    for node, (_, extent) in enumerate(parts.steps):
        height[grid.node_y[node]] = max(height[grid.node_y[node]], extent)
    vs, at = [], 0.0
    for y in range(grid.ny):
        if y % 2:
            vs.append(at + height[y] / 2)
            at += height[y]
            continue
        extent, first = _channel(y, grid.ny, tracks, needs)
        vs.append(at + first)
        at += extent
    return vs, at


def _channel(y: int, ny: int, tracks: Tracks, needs: Needs) -> Size:
    """Extent of the channel, and where its first track lies."""
    count = tracks.used.get((False, y), 0)
    before, after = needs.before.get((False, y), 0.0), needs.after.get((False, y), 0.0)
    if not count:
        gap = ROW_GAP if tracks.faced is None or y in tracks.faced else NARROW_GAP
        return max(EDGE_GAP if y in (0, ny - 1) else gap, before + after), EDGE_GAP / 2
    top = max(PAD_BORDER if y == 0 else ROW_PAD, before)
    bottom = max(PAD_BORDER if y == ny - 1 else HEAD_PAD, after)
    return top + (count - 1) * PITCH + bottom, top


def polylines(parts: Parts, grid: Grid, routes: list[Route], tracks: Tracks, page: Frame) -> list[list[Size]]:
    """Points of every arrow in (u, v), from outline to outline."""
    pitches = _pitches(parts, routes, tracks)
    lines = []
    for route in routes:
        at = []
        for index, run in enumerate(route.runs):
            base = (page.us if run[0] else page.vs)[run[1]]
            at.append(base + tracks.offset[route.edge, index] * pitches.get((run[0], run[1]), PITCH))
        source, target = parts.flow.src[route.edge], parts.flow.dst[route.edge]
        points = [_port(outline(parts, grid, page, source), route.out_side, at[0])]
        for index in range(len(at) - 1):
            vertical = route.runs[index][0]
            points.append((at[index], at[index + 1]) if vertical else (at[index + 1], at[index]))
        points.append(_port(outline(parts, grid, page, target), route.in_side, at[-1]))
        lines.append(points)
    return lines


def outline(parts: Parts, grid: Grid, page: Frame, node: int) -> Rect:
    """Where a step's box lies."""
    u, v = page.us[grid.node_x[node]], page.vs[grid.node_y[node]]
    width, height = parts.steps[node]
    return u - width / 2, v - height / 2, u + width / 2, v + height / 2


def _port(box: Rect, side: int, at: float) -> Size:
    if side in (North, South):
        return at, box[1] if side == North else box[3]
    return box[0] if side == West else box[2], at


def _pitches(parts: Parts, routes: list[Route], tracks: Tracks) -> dict[Line, float]:
    """Centre lines whose arrows meet a small box are drawn closer together."""
    flow = parts.flow
    pitches: dict[Line, float] = {}
    for route in routes:
        for index, node in ((0, flow.src[route.edge]), (len(route.runs) - 1, flow.dst[route.edge])):
            run = route.runs[index]
            offset = abs(tracks.offset[route.edge, index])
            room = parts.steps[node][0 if run[0] else 1] / 2 - PORT_MARGIN
            if offset and offset * PITCH > room:
                line = (run[0], run[1])
                pitches[line] = min(pitches.get(line, PITCH), max(room, 3.0) / offset)
    return pitches


def room_for_ports(steps: tuple[Size, ...]) -> tuple[tuple[int, int], ...]:
    """Per step: how many arrows its North/South and its East/West sides hold apart."""
    return tuple((_holds(width), _holds(height)) for width, height in steps)


def _holds(extent: float) -> int:
    """Odd, because the middle one stays in the middle."""
    return 1 + 2 * max(int((extent / 2 - PORT_MARGIN) // PITCH), 0)
