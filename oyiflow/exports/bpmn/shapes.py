"""The geometry of a plane: symbols in the middle of their places, arrows from symbol to symbol, what is attached to a task.

An arrow of the layout ends at the border of a place; it is drawn on, in its own direction, to the symbol inside. Documents stand above
their task, events on its lower border right and left of the middle, where no arrow passes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt

from oyiflow.diagram.drawing import Box, DrawnLane, Point
from oyiflow.exports.bpmn.graph import Document, Element
from oyiflow.exports.bpmn.places import EVENT, GATEWAY, OBJECT, SCALE, TASK, Attached, Plane

STRIP = 30.0  # the name of a pool or lane
SLOTS = (45.0, -45.0, 0.0)  # on the lower border of a task, from its middle
ON_BORDER = 0.0  # from the border of a task to the middle of an event on it
STEP_OUT = 16.0  # from an event on the border to the first bend of its arrow
LINE, SIZE = 14.4, 12.0


@dataclass(slots=True, kw_only=True)
class Geometry:
    """Where everything of a plane is; keys are ids of elements and flows."""

    shapes: dict[str, Box] = field(default_factory=dict)
    lines: dict[str, list[Point]] = field(default_factory=dict)
    rooms: dict[str, Box] = field(default_factory=dict)
    """Of arrows with a name: the room that the layout kept for it."""
    objects: list[tuple[Element, Document, Box]] = field(default_factory=list)
    lanes: dict[str, Box] = field(default_factory=dict)
    pool: Box | None = None

    @property
    def far(self) -> float:
        """How far down it reaches."""
        boxes = [*self.shapes.values(), *self.lanes.values(), *([self.pool] if self.pool is not None else [])]
        return max([box.y + box.h for box in boxes] + [y for line in self.lines.values() for _, y in line], default=0.0)

    def shift(self, down: float) -> None:
        """Move everything down."""

        def moved(box: Box) -> Box:
            return Box(x=box.x, y=box.y + down, w=box.w, h=box.h)

        self.shapes = {name: moved(box) for name, box in self.shapes.items()}
        self.rooms = {name: moved(box) for name, box in self.rooms.items()}
        self.lines = {name: [(x, y + down) for x, y in line] for name, line in self.lines.items()}
        self.objects = [(element, document, moved(box)) for element, document, box in self.objects]


def geometry_of(plane: Plane) -> Geometry:
    """Everything but the pools of others and the names beside symbols and arrows."""
    return _Fitting(plane).fitted()


def scaled(box: Box) -> Box:
    return Box(x=box.x * SCALE, y=box.y * SCALE, w=box.w * SCALE, h=box.h * SCALE)


class _Fitting:
    def __init__(self, plane: Plane) -> None:
        assert plane.drawing is not None
        self.plane = plane
        self.drawing = plane.drawing
        self.found = Geometry()
        self.elements = {element.id: element for element in plane.graph.elements}
        self.places = {node.id: scaled(node.box) for node in self.drawing.nodes}
        self.rows = {node.id: sum(line.text != "·" for line in node.lines) for node in self.drawing.nodes}

    def fitted(self) -> Geometry:
        for node in self.drawing.nodes:
            if node.id in self.elements:
                self.found.shapes[node.id] = self._shape(self.elements[node.id])
        self._bands()
        self._arrows()
        for host, attached in self.plane.attached.items():
            self._attach(self.elements[host], attached)
        for element in self.plane.graph.elements:
            self._documents(element)
        return self.found

    def _shape(self, element: Element) -> Box:
        place = self.places[element.id]
        if element.is_activity:
            height = max(TASK[1], self.rows[element.id] * LINE + 24)
            return _centred(place.cx, place.cy, max(place.w, TASK[0]), height)
        side = GATEWAY if element.is_gateway else EVENT
        return _centred(place.cx, place.cy, side, side)

    # --- lanes and pools

    def _bands(self) -> None:
        named = {lane.id: lane for lane in self.drawing.lanes}
        lanes = [(band, self._strip(named[band.role])) for band in self.plane.lanes if band.role in named]
        self.found.lanes = {band.id: box for band, box in lanes}
        if lanes:
            self.found.pool = self._headed([box for _, box in lanes])
        elif self.plane.pools:
            self.found.pool = self._headed([self._all()])

    def _strip(self, lane: DrawnLane) -> Box:
        """A lane whose head is a strip of the usual width."""
        box, head = scaled(lane.box), scaled(lane.head)
        if self.plane.direction == "LR":
            return Box(x=box.x + head.w - STRIP, y=box.y, w=box.w - head.w + STRIP, h=box.h)
        return Box(x=box.x, y=box.y + head.h - STRIP, w=box.w, h=box.h - head.h + STRIP)

    def _headed(self, boxes: list[Box]) -> Box:
        whole = around(boxes)
        if self.plane.direction == "LR":
            return Box(x=whole.x - STRIP, y=whole.y, w=whole.w + STRIP, h=whole.h)
        return Box(x=whole.x, y=whole.y - STRIP, w=whole.w, h=whole.h + STRIP)

    def _all(self) -> Box:
        """Around everything, where there are no lanes."""
        points = [point for edge in self.drawing.edges for point in _scaled(edge.points)]
        whole = around([*self.places.values(), *(Box(x=x, y=y, w=0, h=0) for x, y in points)])
        return Box(x=whole.x - 12, y=whole.y - 12, w=whole.w + 24, h=whole.h + 24)

    # --- arrows

    def _arrows(self) -> None:
        for edge in self.drawing.edges:
            points = _scaled(edge.points)
            points = self._joined(points, edge.target, -1)
            self.found.lines[edge.id] = self._joined(points, edge.source, 0)
            if edge.label_box is not None:
                self.found.rooms[edge.id] = scaled(edge.label_box)

    def _joined(self, points: list[Point], name: str, end: int) -> list[Point]:
        """A line drawn on from the border of a place to the symbol inside."""
        element, shape = self.elements[name], self.found.shapes[name]
        port, side = points[end], _side(points, end)
        inner = _meeting(element, shape, port, side)
        extra = [inner]
        if side in "WE" and not shape.y < port[1] < shape.y + shape.h:
            x = shape.x + 14 if side == "W" else shape.right - 14
            extra = [(x, shape.y if port[1] < shape.cy else shape.y + shape.h), (x, port[1])]
        return cleaned([*extra, *points] if end == 0 else [*points, *reversed(extra)])

    # --- what belongs to a task

    def _attach(self, host: Element, attached: list[Attached]) -> None:
        """Arrows that go on come first, on the side to which they leave; so they cross nothing that belongs to another event."""
        task = self.found.shapes[host.id]
        lines = [self.found.lines.get(one.flow, []) for one in attached if one.told is None]
        side = -1 if any(line and line[1][0] < line[0][0] for line in lines) else 1
        free = [task.cx + side * slot for slot in SLOTS] + [task.x + 18 + 20.0 * n for n in range(len(attached))]
        for one in sorted(attached, key=lambda one: one.told is not None):
            x, bottom = free.pop(0), task.y + task.h
            line = self.found.lines.get(one.flow, [])
            top = bool(line) and line[0][1] == task.y and task.x < line[0][0] < task.right
            y = task.y - ON_BORDER if top else bottom + ON_BORDER
            self.found.shapes[one.border.id] = _centred(x, y, EVENT, EVENT)
            if one.told is not None:
                self.found.shapes[one.told.id] = _centred(x, bottom + 60, EVENT, EVENT)
                self.found.lines[one.flow] = [(x, y + EVENT / 2), (x, bottom + 60 - EVENT / 2)]
            elif line:
                self.found.lines[one.flow] = _from_border((x, y), line, task, -1 if top else 1)

    def _documents(self, element: Element) -> None:
        task, count = self.found.shapes[element.id], len(element.documents)
        if not count:
            return
        spread = min(90.0, (task.w - OBJECT[0]) / max(count - 1, 1))
        start = task.cx - 45 if count <= 2 else task.cx - spread * (count - 1) / 2
        for n, document in enumerate(element.documents):
            x = start + n * (90.0 if count <= 2 else spread)
            self.found.objects.append((element, document, _centred(x, task.y - 16 - OBJECT[1] / 2, *OBJECT)))


def _centred(x: float, y: float, w: float, h: float) -> Box:
    return Box(x=x - w / 2, y=y - h / 2, w=w, h=h)


def _scaled(points: tuple[Point, ...]) -> list[Point]:
    return [(x * SCALE, y * SCALE) for x, y in points]


def around(boxes: list[Box]) -> Box:
    """The smallest box around some."""
    x, y = min(box.x for box in boxes), min(box.y for box in boxes)
    return Box(x=x, y=y, w=max(box.right for box in boxes) - x, h=max(box.y + box.h for box in boxes) - y)


def _side(points: list[Point], end: int) -> str:
    """The side of a place at which a line ends, by the direction of its last run."""
    (x, y), (nx, ny) = points[end], points[1 if end == 0 else -2]
    if abs(nx - x) > abs(ny - y):
        return "E" if nx > x else "W"
    return "S" if ny > y else "N"


def _meeting(element: Element, shape: Box, port: Point, side: str) -> Point:
    """Where a line that comes straight in through `port` meets a symbol."""
    across = port[1] - shape.cy if side in "WE" else port[0] - shape.cx
    half = shape.w / 2 if side in "WE" else shape.h / 2
    if element.is_gateway:
        half = max(half - abs(across), 0.0)
    elif not element.is_activity:
        half = sqrt(max(half * half - across * across, 0.0))
    if side in "WE":
        return (shape.cx + half * (1 if side == "E" else -1), port[1])
    return (port[0], shape.cy + half * (1 if side == "S" else -1))


def _from_border(event: Point, line: list[Point], task: Box, down: int) -> list[Point]:
    """The way of an arrow that leaves by an event on the border instead of by the task itself."""
    x, y = event
    start, out = (x, y + down * EVENT / 2), y + down * (EVENT / 2 + STEP_OUT)
    (fx, fy), (nx, ny) = line[0], line[1]
    if fx == nx:  # straight down or up: bend to it
        return (
            cleaned([start, (x, out), (fx, out), *line[1:]]) if (ny - out) * down > 0 else cleaned([start, (x, ny), *line[1:]])
        )
    beyond = line[2][1] if len(line) > 2 else fy
    if (beyond - out) * down > 0:  # turns the way we leave: take the short cut
        return cleaned([start, (x, out), (nx, out), *line[2:]])
    side = (task.right + 10) if nx > fx else task.x - 10
    return cleaned([start, (x, out), (side, out), (side, fy), *line[1:]])


def cleaned(points: list[Point]) -> list[Point]:
    """Without points that repeat, or lie between two others on a straight line."""
    kept: list[Point] = []
    for point in points:
        if kept and abs(kept[-1][0] - point[0]) < 0.01 and abs(kept[-1][1] - point[1]) < 0.01:
            continue
        if len(kept) > 1 and any(abs(kept[-2][a] - kept[-1][a]) < 0.01 and abs(kept[-1][a] - point[a]) < 0.01 for a in (0, 1)):
            kept.pop()
        kept.append(point)
    return kept
