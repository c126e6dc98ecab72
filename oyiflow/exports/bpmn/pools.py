"""The pools of others, and the dashed lines from the steps that meet them.

A pool is an empty band beside the process: the first after its lanes, the next before them. A line to it leaves its step straight across the
lanes, at the first place of the step's side from which it runs through no symbol and along no arrow; where there is none it
goes a little way out and looks for such a place further on. Everything is worked out for lanes that lie; lanes that stand are turned.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from oyiflow.diagram.drawing import Box, Point
from oyiflow.exports.bpmn.graph import Band, Element
from oyiflow.exports.bpmn.places import Plane
from oyiflow.exports.bpmn.shapes import Geometry, cleaned

BETWEEN = 40.0
DEPTH = 60.0
CLEAR = 5.0  # to arrows that run the same way
STRIDE = 6.0
CORNER = 10.0  # no line leaves a task nearer to its corner


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message flow from a step to a pool."""

    id: str
    source: str
    target: str
    line: list[Point]


class Outside:
    """Pools and messages of a plane."""

    def __init__(self, plane: Plane, geometry: Geometry) -> None:
        self.flat = plane.direction == "LR"
        self.pools: dict[str, Box] = {}
        self.messages: list[Message] = []
        if geometry.pool is None:
            return
        self.process = self._turned(geometry.pool)
        objects = [(element.id, box) for element, _, box in geometry.objects]
        self.shapes = [(name, self._turned(box)) for name, box in (*geometry.shapes.items(), *objects)]
        self.runs = [(self._point(a), self._point(b)) for line in geometry.lines.values() for a, b in pairwise(line)]
        places = {band.role: self._place(n) for n, band in enumerate(plane.pools)}
        self.pools = {band.id: self._turned(places[band.role]) for band in plane.pools}
        bands: dict[str, Band] = {band.role: band for band in plane.pools}
        for element in plane.graph.elements:
            for role in element.meets:
                if role in bands:
                    self._meet(element, self._turned(geometry.shapes[element.id]), bands[role], places[role])

    def _turned(self, box: Box) -> Box:
        return box if self.flat else Box(x=box.y, y=box.x, w=box.h, h=box.w)

    def _point(self, point: Point) -> Point:
        return point if self.flat else (point[1], point[0])

    def _place(self, number: int) -> Box:
        """Where a pool lies: 0, 2, 4 … after the process, 1, 3, … before it."""
        whole, further = self.process, (number // 2) * (DEPTH + BETWEEN / 2)
        after = whole.y + whole.h + BETWEEN + further
        return Box(x=whole.x, y=whole.y - BETWEEN - DEPTH - further if number % 2 else after, w=whole.w, h=DEPTH)

    def _meet(self, element: Element, step: Box, band: Band, pool: Box) -> None:
        down = pool.y > step.y
        start, end = (step.y + step.h, pool.y) if down else (step.y, pool.y + pool.h)
        line = self._line(element.id, step, start, end)
        self.runs += list(pairwise(line))
        name = f"Message_flow_{len(self.messages) + 1}"
        self.messages.append(Message(id=name, source=element.id, target=band.id, line=[self._point(p) for p in line]))

    def _line(self, name: str, step: Box, start: float, end: float) -> list[Point]:
        for x in _from_middle(step.cx, step.w / 2 - CORNER):
            if self._free(x, start, end):
                return [(x, start), (x, end)]
        out = start + (14.0 if end > start else -14.0)
        leave = next((x for x in _from_middle(step.cx, step.w / 2 - CORNER) if self._free(x, start, out)), step.cx)
        for x in _from_middle(step.cx, self.process.w):
            inside = self.process.x + 40 < x < self.process.right - 10
            if inside and self._free(x, out, end) and self._level(name, out, leave, x):
                return cleaned([(leave, start), (leave, out), (x, out), (x, end)])
        return [(step.cx, start), (step.cx, end)]

    def _free(self, x: float, start: float, end: float) -> bool:
        """Whether a line across the lanes touches no symbol (its own step's documents and events count) and lies on no arrow."""
        low, high = min(start, end) + 0.5, max(start, end) - 0.5
        if any(box.x - CLEAR < x < box.right + CLEAR and box.y < high and box.y + box.h > low for _, box in self.shapes):
            return False
        return not any(
            abs(a[0] - x) < CLEAR and abs(b[0] - x) < CLEAR and min(a[1], b[1]) < high and max(a[1], b[1]) > low
            for a, b in self.runs
        )

    def _level(self, name: str, y: float, one: float, two: float) -> bool:
        low, high = min(one, two) - CLEAR, max(one, two) + CLEAR
        if any(
            box.y - CLEAR < y < box.y + box.h + CLEAR and box.x < high and box.right > low
            for own, box in self.shapes
            if own != name
        ):
            return False
        return not any(
            abs(a[1] - y) < CLEAR and abs(b[1] - y) < CLEAR and min(a[0], b[0]) < high and max(a[0], b[0]) > low
            for a, b in self.runs
        )


def _from_middle(middle: float, reach: float) -> Iterator[float]:
    """Places at growing distance from a middle, on both sides in turn."""
    yield middle
    for n in range(1, int(reach / STRIDE) + 1):
        yield middle + n * STRIDE
        yield middle - n * STRIDE
