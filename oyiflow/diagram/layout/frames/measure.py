"""Coordinates of a framed chart: lines and channels get their widths, frames their outlines.

Both axes are measured by the same rule.  A line of cells is as wide as its widest step, an edge as its frame's name is
high if the name is written there, else nothing; a channel as wide as its tracks, the pads beside them and the room that
labels need.  Where a frame's name is longer than the frame, its last line of cells is widened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from oyiflow.diagram.layout.frames.edges import Lines, Placed, edge_of
from oyiflow.diagram.layout.frames.tree import Tree
from oyiflow.diagram.layout.place import (
    EDGE_GAP,
    HEAD_PAD,
    NARROW_GAP,
    PAD,
    PAD_BORDER,
    PAD_STEP,
    PITCH,
    ROW_GAP,
    ROW_PAD,
    Needs,
    Rect,
)
from oyiflow.diagram.layout.place import Frame as Sheet
from oyiflow.diagram.layout.routing.path import East, North, South, West
from oyiflow.diagram.layout.routing.tracks import Tracks
from oyiflow.diagram.layout.sizes import EM, Block, Parts

BESIDE: Final = 1.6 * EM  # between two columns of cells
INSIDE: Final = 1.0 * EM  # from an edge to the steps
NESTED: Final = 0.7 * EM  # from an edge to the next
NAME_PAD: Final = 0.7 * EM


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """The lines' coordinates as for any chart, and how thick each line is."""

    sheet: Sheet
    thick_x: tuple[float, ...]
    thick_y: tuple[float, ...]


def measure(tree: Tree, parts: Parts, at: Placed, tracks: Tracks, needs: Needs, names: tuple[Block, ...]) -> Measure:
    """Where every line lies."""
    tall = parts.direction == "TB"
    thick_x, thick_y = [0.0] * at.grid.nx, [0.0] * at.grid.ny
    for node, (width, height) in enumerate(parts.steps):
        x, y = at.grid.node_x[node], at.grid.node_y[node]
        thick_x[x], thick_y[y] = max(thick_x[x], width), max(thick_y[y], height)
    for frame, name in enumerate(names, tree.nodes):
        line = at.lines.edges.get((frame, North if tall else West))
        if line is not None and name.rows:
            table = thick_y if tall else thick_x
            table[line] = max(table[line], name.h + 0.5 * EM)
    axis_x = _Axis(at, tracks, needs, upright=True)
    axis_y = _Axis(at, tracks, needs, upright=False)
    _widen(tree, at, names, axis_x if tall else axis_y, thick_x if tall else thick_y, tall)
    us, width = axis_x.coordinates(thick_x)
    vs, length = axis_y.coordinates(thick_y)
    extent = max(width, *(head[0] for head in parts.heads)) if parts.heads else width
    spare = (extent - width) / 2
    sheet = Sheet(us=tuple(u + spare for u in us), vs=tuple(vs), lanes=((0.0, extent),), length=length)
    return Measure(sheet=sheet, thick_x=tuple(thick_x), thick_y=tuple(thick_y))


def _widen(tree: Tree, at: Placed, names: tuple[Block, ...], axis: _Axis, thick: list[float], tall: bool) -> None:
    """Make room for names that are longer than what they stand over."""
    for frame in tree.outermost_last():
        name = names[frame - tree.nodes]
        if not name.rows:
            continue
        top, bottom, left, right = at.cells.rects[frame - tree.nodes]
        first, last = (at.lines.columns[left], at.lines.columns[right]) if tall else (at.lines.rows[top], at.lines.rows[bottom])
        places = axis.coordinates(thick)[0]
        room = places[last] + thick[last] / 2 - places[first] + thick[first] / 2
        thick[last] += max(0.0, name.w + 2 * NAME_PAD - INSIDE - room)


class _Axis:
    """One axis: its lines are cells, edges or channels."""

    def __init__(self, at: Placed, tracks: Tracks, needs: Needs, *, upright: bool) -> None:
        self.tracks, self.needs, self.upright = tracks, needs, upright
        self.size = at.grid.nx if upright else at.grid.ny
        self.cells = set(at.lines.columns if upright else at.lines.rows)

    def coordinates(self, thick: list[float]) -> tuple[list[float], float]:
        places, place = [], 0.0
        for line in range(self.size):
            if line % 2:
                # A frame's edge is its outer side: arrows to the frame end above its name.
                places.append(place + (thick[line] / 2 if line in self.cells else 0.0))
                place += thick[line]
                continue
            extent, first = self._channel(line)
            places.append(place + first)
            place += extent
        return places, place

    def _channel(self, line: int) -> tuple[float, float]:
        """Extent of a channel, and where its first track lies."""
        count = self.tracks.used.get((self.upright, line), 0)
        before = self.needs.before.get((self.upright, line), 0.0)
        after = self.needs.after.get((self.upright, line), 0.0)
        low, high = self._neighbour(line - 1), self._neighbour(line + 1)
        if not count:
            return max(self._gap(line, low, high), before + after), before or self._gap(line, low, high) / 2
        top, bottom = max(self._pad(low, before=True), before), max(self._pad(high, before=False), after)
        return top + (count - 1) * PITCH + bottom, top

    def _neighbour(self, line: int) -> str:
        if line < 0 or line >= self.size:
            return "border"
        return "cell" if line in self.cells else "edge"

    def _gap(self, line: int, low: str, high: str) -> float:
        if {low, high} == {"cell"}:
            faced = self.tracks.faced is None or line in self.tracks.faced
            return BESIDE if self.upright else ROW_GAP if faced else NARROW_GAP
        if "border" in (low, high):
            return PAD if self.upright else EDGE_GAP
        return NESTED if {low, high} == {"edge"} else INSIDE if self.upright else max(INSIDE, HEAD_PAD)

    def _pad(self, neighbour: str, *, before: bool) -> float:
        if neighbour == "border":
            return PAD_BORDER
        if self.upright:
            return PAD_STEP
        return (ROW_PAD if neighbour == "cell" else PAD_BORDER) if before else HEAD_PAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A frame in (u, v): its box, the band of its name, where its regions are parted."""

    box: Rect
    band: Rect
    divider: Rect | None  # a region's line towards the one before it


def outlines(tree: Tree, at: Placed, page: Measure, tall: bool) -> tuple[Outline, ...]:
    found: dict[int, Outline] = {}
    for frame in reversed(tree.outermost_last()):
        found[frame] = _outline(tree, at.lines, page, frame, found, tall)
    return tuple(found[frame] for frame in sorted(found))


def _outline(tree: Tree, lines: Lines, page: Measure, frame: int, found: dict[int, Outline], tall: bool) -> Outline:
    """The outer side of each edge; a region's sides lie where its neighbour or its parallel frame says."""
    us, vs = page.sheet.us, page.sheet.vs
    west, east, north, south = (edge_of(tree, lines.edges, frame, side) for side in (West, East, North, South))
    u1, v1, u2, v2 = us[west[0]], vs[north[0]], us[east[0]], vs[south[0]]
    divider = None
    if tree.kind(frame) == "region":
        outer = found[tree.parent[frame]].box
        band = found[tree.parent[frame]].band
        if not north[1]:
            v1 = band[3] if tall else outer[1]
        regions = tree.children[tree.parent[frame]]
        place = regions.index(frame)
        if place == 0 and not west[1]:
            u1 = outer[0] if tall else band[2]
        if place + 1 < len(regions):
            u2 = us[lines.edges[regions[place + 1], West]]
        if place:
            divider = (u1, band[3] if tall else outer[1], u1, outer[3])
    named, own = north if tall else west
    thick = 0.0 if not own else page.thick_y[named] if tall else page.thick_x[named]
    band = (u1, v1, u2, v1 + thick) if tall else (u1, v1, u1 + thick, v2)
    return Outline(box=(u1, v1, u2, v2), band=band, divider=divider)
