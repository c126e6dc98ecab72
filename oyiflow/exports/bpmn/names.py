"""Where names stand that do not fit inside their symbol: those of events, gateways, documents and arrows.

For each there are a few usual places; the first that touches no symbol, line or other name is taken, else the one that
touches least. Gateways and events come first, since the room around them is theirs; then documents, then arrows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from oyiflow.diagram.drawing import Box, Point
from oyiflow.diagram.text import text_width, wrap
from oyiflow.exports.bpmn.graph import Element, Flow
from oyiflow.exports.bpmn.places import Plane
from oyiflow.exports.bpmn.pools import Message
from oyiflow.exports.bpmn.shapes import Geometry

SIZE, LINE = 11.0, 13.2
WIDEST = 90.0
GAP = 4.0

Place = tuple[float, float, float, float]
"""A point and, for each axis, which part of the name lies there: 0 its beginning, 0.5 its middle, 1 its end."""


def names_of(plane: Plane, geometry: Geometry, messages: Sequence[Message] = ()) -> tuple[dict[str, Box], list[Box]]:
    """The boxes of names by the id of their element or arrow, and those of documents in their order."""
    return _Naming(plane, geometry, messages).named()


class _Naming:
    def __init__(self, plane: Plane, geometry: Geometry, messages: Sequence[Message]) -> None:
        self.plane = plane
        self.geometry = geometry
        self.symbols = [*geometry.shapes.values(), *(box for _, _, box in geometry.objects)]
        self.runs = [run for line in geometry.lines.values() for run in pairwise(line)]
        self.runs += [run for message in messages for run in pairwise(message.line)]
        self.runs += [((box.cx, box.y + box.h), (box.cx, box.y + box.h + 16)) for _, _, box in geometry.objects]
        self.taken: list[Box] = []

    def named(self) -> tuple[dict[str, Box], list[Box]]:
        found: dict[str, Box] = {}
        for element in self.plane.graph.elements:
            if element.name and not element.is_activity:
                own = self.geometry.shapes[element.id] if element.is_gateway else None
                found[element.id] = self._put(element.name, self._beside(element), own)
        documents = [self._put(document.name, _above(box)) for _, document, box in self.geometry.objects]
        for flow in self.plane.graph.flows:
            if flow.name:
                found[flow.id] = self._put(flow.name, self._along(flow))
        return found, documents

    def _put(self, name: str, places: Iterable[Place], own: Box | None = None) -> Box:
        """The best of some places; a gateway fills its own box only as a diamond does, so its name may reach into the corners."""
        w, h = measured(name)
        best, least = None, 1e9
        for rank, (x, y, ax, ay) in enumerate(places):
            box = Box(x=x - ax * w, y=y - ay * h, w=w, h=h)
            cost = rank * 0.5 + self._cost(box, own)
            if cost < least:
                best, least = box, cost
        assert best is not None
        self.taken.append(best)
        return best

    def _cost(self, box: Box, own: Box | None) -> float:
        cost = sum(100.0 for other in (*self.symbols, *self.taken) if other is not own and _over(box, other))
        return cost + sum(40.0 for run in self.runs if _crosses(run, box))

    def _beside(self, element: Element) -> Iterator[Place]:
        shape = self.geometry.shapes[element.id]
        near, far = (6.0, 4.0) if element.is_gateway else (EVENT_NEAR, 2.0)
        right, bottom = shape.right, shape.y + shape.h
        if element.is_gateway:
            yield shape.cx + near + 6, shape.y + near, 0, 1
            yield shape.cx - near - 6, shape.y + near, 1, 1
            yield shape.cx + near + 6, bottom - near, 0, 0
            yield shape.cx - near - 6, bottom - near, 1, 0
        for x, ax in ((shape.cx, 0.5), (right - near, 0), (shape.x + near, 1)):
            yield x, bottom + far, ax, 0
            yield x, shape.y - far, ax, 1
        yield right + far, shape.cy, 0, 0.5
        yield right + far, bottom - near, 0, 0
        yield right + far, shape.y + near, 0, 1
        yield shape.x - far, shape.cy, 1, 0.5
        yield shape.x - far, bottom - near, 1, 0

    def _along(self, flow: Flow) -> Iterator[Place]:
        """First beside the beginning of the arrow, then where the layout kept room, then beside its other runs."""
        room, line = self.geometry.rooms.get(flow.id), self.geometry.lines[flow.id]
        runs = list(pairwise(line))
        yield from _beside_run(*runs[0], (0.0, 0.2))
        if room is not None:
            yield from _against(room, line)
        for run in runs:
            yield from _beside_run(*run, (0.0, 0.35, 0.7))


def _beside_run(start: Point, end: Point, parts: tuple[float, ...]) -> Iterator[Place]:
    (x1, y1), (x2, y2) = start, end
    towards = 1 if x2 + y2 > x1 + y1 else -1
    first = 0 if towards > 0 else 1
    for part in parts:
        if y1 == y2:
            x = x1 + towards * GAP + (x2 - x1) * part
            yield x, y1 - 2, first, 1
            yield x, y1 + 2, first, 0
        else:
            y = y1 + towards * GAP + (y2 - y1) * part
            yield x1 + GAP, y, 0, first
            yield x1 - GAP, y, 1, first


EVENT_NEAR = 4.0


def measured(name: str) -> tuple[float, float]:
    """Width and height of a name, wrapped."""
    lines = wrap(name, WIDEST / SIZE)
    width = max((text_width(line) * SIZE for line in lines), default=0.0)
    return width + 4, LINE * max(len(lines), 1)


def _above(box: Box) -> Iterator[Place]:
    yield box.cx, box.y - 1, 0.5, 1
    yield box.x - 2, box.cy, 1, 0.5
    yield box.right + 2, box.cy, 0, 0.5


def _against(room: Box, line: list[Point]) -> Iterator[Place]:
    """Corners and middles of a room, the nearest to the line first."""
    places = [(room.x + room.w * ax, room.y + room.h * ay, ax, ay) for ax in (0, 0.5, 1) for ay in (0, 0.5, 1)]
    return iter(sorted(places, key=lambda place: (round(_distance(place[0], place[1], line), 3), place)))


def _distance(x: float, y: float, line: list[Point]) -> float:
    return min(_apart(x, y, run) for run in pairwise(line))


def _apart(x: float, y: float, run: tuple[Point, Point]) -> float:
    (x1, y1), (x2, y2) = run
    dx = max(min(x1, x2) - x, 0.0, x - max(x1, x2))
    dy = max(min(y1, y2) - y, 0.0, y - max(y1, y2))
    return dx + dy


def _over(a: Box, b: Box) -> bool:
    return min(a.right, b.right) - max(a.x, b.x) > 0.5 and min(a.y + a.h, b.y + b.h) - max(a.y, b.y) > 0.5


def _crosses(run: tuple[Point, Point], box: Box) -> bool:
    (x1, y1), (x2, y2) = run
    beside = max(x1, x2) <= box.x + 1 or min(x1, x2) >= box.right - 1
    return not (beside or max(y1, y2) <= box.y + 1 or min(y1, y2) >= box.y + box.h - 1)
