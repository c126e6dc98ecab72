"""The stages in their order, and the finished drawing in screen coordinates.

Up to here the layout knew only ``u`` (across the flow) and ``v`` (along it).  For TB, u is x and v is y; for LR they
change places.  Lane heads lie before the first row: above the lanes for TB, left of them for LR.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from oyiflow.diagram.chart import Chart, Direction
from oyiflow.diagram.drawing import Box, Drawing, DrawnEdge, DrawnLane, DrawnNode, Point, TextLine
from oyiflow.diagram.layout import flow as flows
from oyiflow.diagram.layout import labels as labelling
from oyiflow.diagram.layout.flow import Flow
from oyiflow.diagram.layout.labels import Rect, Scene
from oyiflow.diagram.layout.place import Frame, Size, frame, polylines
from oyiflow.diagram.layout.routing.tracks import assign as assign_tracks
from oyiflow.diagram.layout.search import Plan, search
from oyiflow.diagram.layout.sizes import EM, LINE, Block, Shape, block, edge_labels, lane_heads, node_shapes

MARGIN: Final = 1.2 * EM
TITLE: Final = 1.3 * EM
TITLE_ROOM: Final = 2.2 * EM
BASELINE: Final = 0.36  # of the font size, from the middle of a line down to its baseline
ATTEMPTS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """Geometry in (u, v) and where its origin lies on the screen."""

    direction: Direction
    page: Frame
    head: float  # extent of the lane heads along v
    x: float
    y: float

    def point(self, u: float, v: float) -> Point:
        x, y = (u, v) if self.direction == "TB" else (v, u)
        return round(x + self.x, 2), round(y + self.y, 2)

    def box(self, u: float, v: float, du: float, dv: float) -> Box:
        x, y = self.point(u, v)
        w, h = (du, dv) if self.direction == "TB" else (dv, du)
        return Box(x=x, y=y, w=round(w, 2), h=round(h, 2))


def layout(chart: Chart, *, direction: Direction = "TB") -> Drawing:
    """Place every lane, step, arrow and label of a chart."""
    flow = flows.read(chart)
    shapes = node_shapes(chart, flow.lane, direction)
    heads = lane_heads(chart, direction)
    texts = edge_labels(flow.edges, direction)
    sizes = [_turned(shape.w, shape.h, direction) for shape in shapes]
    marks = [None if text is None else _turned(text.w, text.h, direction) for text in texts]
    head_sizes = [_turned(head.w + 1.6 * EM, head.h + 0.9 * EM, direction) for head in heads]
    best = search(flow, sizes, [size[0] for size in head_sizes])
    page, lines, rects = _coordinates(flow, best, sizes, [size[0] for size in head_sizes], marks, direction)
    head = max((size[1] for size in head_sizes), default=0.0)
    title = block([(chart.title, TITLE, 60 * EM)], bold=True)
    top = MARGIN + (TITLE_ROOM + title.h - LINE * TITLE / EM if title.rows else 0.0)
    x, y = (MARGIN, top + head) if direction == "TB" else (MARGIN + head, top)
    sheet = _Sheet(direction=direction, page=page, head=head, x=x, y=y)
    far = sheet.point(sum(extent for _, extent in page.lanes), page.length)
    width = max(far[0], MARGIN + title.w, *(p[0] for line in lines for p in _shown(sheet, line)), 0.0) + MARGIN
    return Drawing(
        id=chart.id,
        title=chart.title,
        direction=direction,
        em=EM,
        width=round(width, 2),
        height=round(far[1] + MARGIN, 2),
        title_lines=_lines(title, MARGIN, MARGIN + title.h / 2, anchor="start"),
        lanes=_lanes(chart, heads, sheet),
        nodes=_nodes(chart, best, shapes, sizes, sheet),
        edges=_edges(flow, lines, texts, rects, sheet),
    )


def _turned(w: float, h: float, direction: Direction) -> Size:
    return (w, h) if direction == "TB" else (h, w)


def _shown(sheet: _Sheet, line: list[Size]) -> list[Point]:
    return [sheet.point(u, v) for u, v in line]


def _coordinates(
    flow: Flow, best: Plan, sizes: list[Size], heads: list[float], marks: list[Size | None], direction: Direction
) -> tuple[Frame, list[list[Size]], dict[int, Rect]]:
    """Lines and labels; a label that found no clean place gets more room and all is measured again."""
    tracks = assign_tracks(flow, best.grid, best.routes)
    extra: dict[int, float] = {}
    kept: tuple[int, Frame, list[list[Size]], dict[int, Rect]] | None = None
    for _ in range(ATTEMPTS):
        needs = labelling.needs(flow, best.grid, sizes, best.routes, marks, extra)
        page = frame(flow, best.grid, sizes, heads, tracks, needs)
        lines = polylines(flow, best.grid, sizes, best.routes, tracks, page)
        rects, tight = labelling.put(flow, best.routes, marks, _scene(flow, best, sizes, page, lines, direction))
        if kept is None or len(tight) < kept[0]:
            kept = (len(tight), page, lines, rects)
        if not tight:
            break
        for edge in tight:
            extra[edge] = extra.get(edge, 0.0) + EM
    assert kept is not None
    return kept[1:]


def _scene(flow: Flow, best: Plan, sizes: list[Size], page: Frame, lines: list[list[Size]], direction: Direction) -> Scene:
    steps = []
    for node in range(flow.count):
        u, v = page.us[best.grid.node_x[node]], page.vs[best.grid.node_y[node]]
        w, h = sizes[node]
        steps.append((u - w / 2, v - h / 2, u + w / 2, v + h / 2))
    borders = [start for start, _ in page.lanes[1:]]
    sides = (-1, 1) if direction == "TB" else (1, -1)
    return Scene(steps=steps, lines=lines, borders=borders, first_side=sides, low=0.0)


def _lines(text: Block, x: float, middle: float, *, anchor: str = "middle") -> tuple[TextLine, ...]:
    """Lines of a block stacked about a middle."""
    top = middle - text.h / 2
    lines = []
    for row, size in text.rows:
        height = size / EM * LINE
        lines.append(
            TextLine(text=row, x=round(x, 2), y=round(top + height / 2 + BASELINE * size, 2), size=size, anchor=anchor)
        )
        top += height
    return tuple(lines)


def _lanes(chart: Chart, heads: tuple[Block, ...], sheet: _Sheet) -> tuple[DrawnLane, ...]:
    drawn = []
    for lane, text, (start, extent) in zip(chart.lanes, heads, sheet.page.lanes, strict=False):
        head = sheet.box(start, -sheet.head, extent, sheet.head)
        drawn.append(
            DrawnLane(
                id=lane.id,
                title=lane.title,
                box=sheet.box(start, -sheet.head, extent, sheet.page.length + sheet.head),
                head=head,
                title_box=_around(head.cx, head.cy, text.w, text.h),
                lines=_lines(text, head.cx, head.cy),
            )
        )
    return tuple(drawn)


def _around(x: float, y: float, w: float, h: float) -> Box:
    return Box(x=round(x - w / 2, 2), y=round(y - h / 2, 2), w=round(w, 2), h=round(h, 2))


def _nodes(chart: Chart, best: Plan, shapes: tuple[Shape, ...], sizes: list[Size], sheet: _Sheet) -> tuple[DrawnNode, ...]:
    known = {lane.id for lane in chart.lanes}
    drawn = []
    for index, node in enumerate(chart.nodes):
        u, v = sheet.page.us[best.grid.node_x[index]], sheet.page.vs[best.grid.node_y[index]]
        w, h = sizes[index]
        box = sheet.box(u - w / 2, v - h / 2, w, h)
        text = shapes[index].text
        drawn.append(
            DrawnNode(
                id=node.id,
                lane=node.lane if node.lane in known else None,
                kind=node.kind,
                label=node.label,
                conditional=node.conditional,
                box=box,
                text_box=_around(box.cx, box.cy, text.w, text.h),
                lines=_lines(text, box.cx, box.cy),
            )
        )
    return tuple(drawn)


def _edges(
    flow: Flow, lines: list[list[Size]], texts: tuple[Block | None, ...], rects: dict[int, Rect], sheet: _Sheet
) -> tuple[DrawnEdge, ...]:
    drawn = []
    for index, edge in enumerate(flow.edges):
        text, rect = texts[index], rects.get(index)
        box = None
        rows: tuple[TextLine, ...] = ()
        if text is not None and rect is not None:
            box = sheet.box(rect[0], rect[1], rect[2] - rect[0], rect[3] - rect[1])
            rows = _lines(text, box.cx, box.cy)
        drawn.append(
            DrawnEdge(
                id=edge.id,
                source=edge.source,
                target=edge.target,
                kind=edge.kind,
                back=flow.back[index],
                label=edge.label,
                points=_clean(_shown(sheet, lines[index])),
                label_box=box,
                lines=rows,
            )
        )
    return tuple(drawn)


def _clean(points: list[Point]) -> tuple[Point, ...]:
    """Without points that repeat or lie on a straight line."""
    kept: list[Point] = []
    for point in points:
        if kept and kept[-1] == point:
            continue
        if len(kept) > 1 and (kept[-2][0] == kept[-1][0] == point[0] or kept[-2][1] == kept[-1][1] == point[1]):
            kept.pop()
        kept.append(point)
    return tuple(kept)
