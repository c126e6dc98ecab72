"""A drawing as a draw.io file: lanes are swimlane containers, everything has the place that the layout gave it.

The file is not compressed, so that it can be read and compared. Steps lie in their lane with coordinates from its corner, and move with it;
arrows belong to the process, with a bend at each of their corners, and meet their steps at fixed points. Texts are plain (`html=0`),
with the line breaks of the drawing.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from math import hypot

from oyiflow.diagram.drawing import Box, Drawing, DrawnEdge, DrawnFrame, DrawnLane, DrawnNode, Point, TextLine
from oyiflow.diagram.text import wrap
from oyiflow.exports.ids import Ids
from oyiflow.exports.xml import Writer

Style = Mapping[str, object]

_PLAIN: Style = {"html": 0, "whiteSpace": "wrap"}
_SHAPES: Mapping[str, Style] = {
    "task": {"rounded": 1, "absoluteArcSize": 1, "arcSize": 8},
    "start": {"rounded": 1, "arcSize": 50},
    "end": {"rounded": 1, "arcSize": 50, "strokeWidth": 2},
    "decision": {"shape": "rhombus", "perimeter": "rhombusPerimeter"},
    "wait": {"shape": "hexagon", "perimeter": "hexagonPerimeter2", "fixedSize": 1, "size": 12},
    "sub": {"shape": "process", "backgroundOutline": 1, "size": 0.05},
    "fork": {"fillColor": "#333333", "strokeColor": "none"},
    "join": {"fillColor": "#333333", "strokeColor": "none"},
    "initial": {"shape": "ellipse", "perimeter": "ellipsePerimeter", "fillColor": "#333333"},
    "history": {"shape": "ellipse", "perimeter": "ellipsePerimeter"},
    "connector": {"shape": "ellipse", "perimeter": "ellipsePerimeter"},
}


def drawio(drawing: Drawing) -> str:
    """The draw.io file of a drawing."""
    return _Writing(drawing).text()


class _Writing:
    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing
        self.ids = Ids()
        self.xml = Writer()
        self.corners: dict[str, Point] = {}
        """Where the containers begin, by the id of their cell."""

    def text(self) -> str:
        drawing, xml = self.drawing, self.xml
        page = {
            "dx": 1000,
            "dy": 800,
            "grid": 0,
            "page": 0,
            "math": 0,
            "pageWidth": _n(drawing.width),
            "pageHeight": _n(drawing.height),
        }
        with (
            xml.element("mxfile", {"host": "OyiFlow", "compressed": "false"}),
            xml.element(
                "diagram",
                {"id": self.ids.of("diagram", drawing.id), "name": " ".join(drawing.title.split()) or drawing.id or " "},
            ),
            xml.element("mxGraphModel", page),
            xml.element("root", {}),
        ):
            xml.leaf("mxCell", {"id": "0"})
            xml.leaf("mxCell", {"id": "1", "parent": "0"})
            self._title()
            for lane in drawing.lanes:
                self._lane(lane)
            for frame in drawing.frames:
                self._frame(frame)
            for node in drawing.nodes:
                self._node(node)
            for edge in drawing.edges:
                self._edge(edge)
        return xml.text()

    def _title(self) -> None:
        lines = self.drawing.title_lines
        if lines:
            top, size = lines[0].y - lines[0].size, lines[0].size
            box = Box(x=lines[0].x, y=top, w=max(self.drawing.width - 2 * lines[0].x, 1), h=size * 1.4 * len(lines))
            look = {
                "text": None,
                "align": "left",
                "verticalAlign": "middle",
                "fontSize": _n(size),
                "fontStyle": 1,
                "strokeColor": "none",
                "fillColor": "none",
            }
            self._cell("title", _joined(lines), {**_PLAIN, **look}, box, "1")

    def _lane(self, lane: DrawnLane) -> None:
        flat = self.drawing.direction == "LR"
        look = {
            "swimlane": None, "horizontal": 0 if flat else 1, "startSize": _n(lane.head.w if flat else lane.head.h), "collapsible": 0,
            "container": 1, "fontStyle": 1, "fontSize": 15, "verticalAlign": "middle", "fillColor": "#F5F5F5", "swimlaneFillColor": "none",
        }  # fmt: skip
        turned = "\n".join(wrap(lane.title, (lane.box.h - 8) / 15, bold=True))  # along the lane
        name = turned if flat else _joined(lane.lines)
        self._cell(self.ids.of("lane", lane.id), name, {**_PLAIN, **look}, lane.box, "1")

    def _frame(self, frame: DrawnFrame) -> None:
        region = frame.kind == "region"
        look = {
            "swimlane": None, "collapsible": 0, "container": 1, "startSize": _n(frame.head.h), "rounded": 1, "arcSize": 8, "fontSize": 13,
            "swimlaneFillColor": "none", "fillColor": "none",
        }  # fmt: skip
        if region:
            look |= {"strokeColor": "none", "rounded": 0}
        around = next((lane.id for lane in self.drawing.lanes if _within(frame.box, lane.box)), None)
        parent = self.ids.of("s", frame.parent) if frame.parent else self.ids.of("lane", around) if around is not None else "1"
        self._cell(self.ids.of("s", frame.id), _joined(frame.lines), {**_PLAIN, **look}, frame.box, parent)
        for number, (start, end) in enumerate(frame.dividers):
            self._line(self.ids.of("divider", f"{frame.id}.{number + 1}"), start, end)

    def _node(self, node: DrawnNode) -> None:
        look = {
            **_PLAIN,
            **_SHAPES.get(node.kind, _SHAPES["task"]),
            "fontSize": _n(max((line.size for line in node.lines), default=14)),
        }
        if node.conditional:
            look["dashed"] = 1
        parent = (
            self.ids.of("s", node.frame) if node.frame else self.ids.of("lane", node.lane) if node.lane is not None else "1"
        )
        self._cell(self.ids.of("s", node.id), _joined(node.lines), look, node.box, parent)

    def _cell(self, name: str, value: str, style: Style, box: Box, parent: str) -> None:
        x, y = self.corners.get(parent, (0.0, 0.0))
        self.corners[name] = (box.x, box.y)
        with self.xml.element("mxCell", {"id": name, "value": value, "style": _style(style), "vertex": 1, "parent": parent}):
            self.xml.leaf(
                "mxGeometry",
                {"x": _n(box.x - x), "y": _n(box.y - y), "width": _n(box.w), "height": _n(box.h), "as": "geometry"},
            )

    # --- arrows

    def _edge(self, edge: DrawnEdge) -> None:
        boxes = {node.id: node.box for node in self.drawing.nodes} | {frame.id: frame.box for frame in self.drawing.frames}
        look: dict[str, object] = {
            **_PLAIN,
            "edgeStyle": "none",
            "rounded": 1,
            "arcSize": 10,
            "endArrow": "block",
            "endFill": 1,
        }
        look |= _port("exit", edge.points[0], boxes[edge.source]) | _port("entry", edge.points[-1], boxes[edge.target])
        if edge.kind == "timeout":
            look["dashed"] = 1
        name = self.ids.of("edge", edge.id)
        ends = {"source": self.ids.of("s", edge.source), "target": self.ids.of("s", edge.target)}
        xml = self.xml
        with (
            xml.element("mxCell", {"id": name, "value": "", "style": _style(look), "edge": 1, "parent": "1", **ends}),
            xml.element("mxGeometry", {"relative": 1, "as": "geometry"}),
        ):
            if len(edge.points) > 2:
                with xml.element("Array", {"as": "points"}):
                    for x, y in edge.points[1:-1]:
                        xml.leaf("mxPoint", {"x": _n(x), "y": _n(y)})
        if edge.label_box is not None and edge.lines:
            self._label(name, edge, edge.label_box)

    def _label(self, arrow: str, edge: DrawnEdge, box: Box) -> None:
        """A label stands at a fraction of its arrow (-1 to 1), moved from there to where the layout put it."""
        near, part = _nearest(edge.points, (box.cx, box.cy))
        look = {
            **_PLAIN,
            "edgeLabel": None,
            "resizable": 0,
            "align": "center",
            "verticalAlign": "middle",
            "fontSize": 13,
            "whiteSpace": None,
        }
        head = {
            "id": f"{arrow}.label",
            "value": _joined(edge.lines),
            "style": _style(look),
            "vertex": 1,
            "connectable": 0,
            "parent": arrow,
        }
        with (
            self.xml.element("mxCell", head),
            self.xml.element("mxGeometry", {"x": f"{2 * part - 1:.4f}", "y": 0, "relative": 1, "as": "geometry"}),
        ):
            self.xml.leaf("mxPoint", {"x": _n(box.cx - near[0]), "y": _n(box.cy - near[1]), "as": "offset"})

    def _line(self, name: str, start: Point, end: Point) -> None:
        xml = self.xml
        with (
            xml.element("mxCell", {"id": name, "style": "endArrow=none;dashed=1;html=0;", "edge": 1, "parent": "1"}),
            xml.element("mxGeometry", {"relative": 1, "as": "geometry"}),
        ):
            xml.leaf("mxPoint", {"x": _n(start[0]), "y": _n(start[1]), "as": "sourcePoint"})
            xml.leaf("mxPoint", {"x": _n(end[0]), "y": _n(end[1]), "as": "targetPoint"})


def _n(value: float) -> str:
    """At most two decimals, none where there is nothing to say."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) >= 0.005 else "0"


def _style(parts: Style) -> str:
    return "".join(
        f"{name};" if value is None else f"{name}={value};"
        for name, value in _sorted(parts)
        if not (name == "whiteSpace" and value is None)
    )


def _sorted(parts: Style) -> list[tuple[str, object]]:
    """Names of shapes first, as draw.io wants them."""
    return sorted(parts.items(), key=lambda part: part[1] is not None)


def _joined(lines: tuple[TextLine, ...]) -> str:
    return "\n".join(line.text for line in lines)


def _port(end: str, point: Point, box: Box) -> dict[str, object]:
    """Where an arrow meets a box, as fractions of it."""
    x, y = (point[0] - box.x) / (box.w or 1), (point[1] - box.y) / (box.h or 1)
    return {f"{end}X": f"{x:.4f}", f"{end}Y": f"{y:.4f}", f"{end}Dx": 0, f"{end}Dy": 0, f"{end}Perimeter": 0}


def _within(inner: Box, outer: Box) -> bool:
    return outer.x <= inner.cx <= outer.right and outer.y <= inner.cy <= outer.y + outer.h


def _nearest(points: tuple[Point, ...], to: Point) -> tuple[Point, float]:
    """The point of a line that is nearest to another, and which part of the line lies before it."""
    whole = sum(hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(points)) or 1.0
    best, part, least, before = points[0], 0.0, 1e18, 0.0
    for a, b in pairwise(points):
        length = hypot(b[0] - a[0], b[1] - a[1])
        x, y = min(max(to[0], min(a[0], b[0])), max(a[0], b[0])), min(max(to[1], min(a[1], b[1])), max(a[1], b[1]))
        apart = hypot(to[0] - x, to[1] - y)
        if apart < least:
            best, least, part = (x, y), apart, (before + hypot(x - a[0], y - a[1])) / whole
        before += length
    return best, part
