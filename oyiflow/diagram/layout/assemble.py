"""The stages in their order, and the finished drawing in screen coordinates.

Up to here the layout knew only ``u`` (across the flow) and ``v`` (along it).  For TB, u is x and v is y; for LR they
change places.  Lane heads lie before the first row: above the lanes for TB, left of them for LR.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from oyiflow.diagram.chart import Chart, Direction, Edge
from oyiflow.diagram.drawing import Box, Drawing, DrawnEdge, DrawnLane, DrawnNode, Point, TextLine
from oyiflow.diagram.layout.flow import Flow, read
from oyiflow.diagram.layout.labels import Scene, needs, put
from oyiflow.diagram.layout.place import Frame, Rect, frame, outline, polylines
from oyiflow.diagram.layout.routing.tracks import assign as assign_tracks
from oyiflow.diagram.layout.search import Plan, search
from oyiflow.diagram.layout.sizes import (
    EM,
    Block,
    Parts,
    Shape,
    Size,
    block,
    edge_labels,
    label_block,
    lane_heads,
    node_shapes,
    parts,
)
from oyiflow.diagram.text import lean

MARGIN: Final = 1.2 * EM
TITLE: Final = 1.3 * EM
TITLE_GAP: Final = 0.44 * EM
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

    def rect(self, rect: Rect) -> Box:
        return self.box(rect[0], rect[1], rect[2] - rect[0], rect[3] - rect[1])

    def box(self, u: float, v: float, du: float, dv: float) -> Box:
        x, y = self.point(u, v)
        w, h = (du, dv) if self.direction == "TB" else (dv, du)
        return Box(x=x, y=y, w=round(w, 2), h=round(h, 2))


def layout(chart: Chart, *, direction: Direction = "TB") -> Drawing:
    """Place every lane, step, arrow and label of a chart."""
    flow = read(chart)
    shapes = node_shapes(chart, flow.lane, direction)
    heads = lane_heads(chart, direction)
    pieces = parts(flow, direction, shapes, edge_labels(flow.bundles, direction), heads)
    best = search(pieces)
    page, lines, rects = _coordinates(pieces, best)
    title = block([(chart.title, TITLE, 60 * EM)], bold=True)
    sheet = _sheet(pieces, page, title)
    far = sheet.point(sum(extent for _, extent in page.lanes), page.length)
    return Drawing(
        id=chart.id,
        title=chart.title,
        direction=direction,
        em=EM,
        width=round(max(far[0], MARGIN + title.w, *(sheet.rect(rect).right for rect in rects.values())) + MARGIN, 2),
        height=round(far[1] + MARGIN, 2),
        title_lines=_lines(title, MARGIN, MARGIN + title.h / 2, anchor="start"),
        lanes=_lanes(chart, heads, sheet),
        nodes=_nodes(chart, shapes, [outline(pieces, best.grid, page, node) for node in range(flow.count)], sheet),
        edges=_edges(chart, flow, lines, rects, sheet),
    )


def _coordinates(pieces: Parts, best: Plan) -> tuple[Frame, list[list[Size]], dict[int, Rect]]:
    """Lines and labels; a label that found no clean place gets more room and all is measured again."""
    tracks = assign_tracks(pieces.flow, best.grid, best.routes)
    extra: dict[int, float] = {}
    kept: tuple[int, Frame, list[list[Size]], dict[int, Rect]] | None = None
    for _ in range(ATTEMPTS):
        page = frame(pieces, best.grid, tracks, needs(pieces, best.grid, best.routes, extra))
        lines = polylines(pieces, best.grid, best.routes, tracks, page)
        rects, tight = put(pieces, best.routes, _scene(pieces, best, page, lines))
        if kept is None or len(tight) < kept[0]:
            kept = (len(tight), page, lines, rects)
        if not tight:
            break
        for edge in tight:
            extra[edge] = extra.get(edge, 0.0) + max(EM, (pieces.labels[edge] or (0.0, 0.0))[0] / 2)
    assert kept is not None
    return kept[1:]


def _scene(pieces: Parts, best: Plan, page: Frame, lines: list[list[Size]]) -> Scene:
    return Scene(
        steps=[outline(pieces, best.grid, page, node) for node in range(pieces.flow.count)],
        lines=lines,
        borders=[start for start, _ in page.lanes[1:]],
        # On the screen: above a line that lies, right of a line that stands.
        first_side=(-1, 1) if pieces.direction == "TB" else (1, -1),
        low=0.0,
    )


def _sheet(pieces: Parts, page: Frame, title: Block) -> _Sheet:
    head = max((size[1] for size in pieces.heads), default=0.0)
    top = MARGIN + (title.h + TITLE_GAP if title.rows else 0.0)
    x, y = (MARGIN, top + head) if pieces.direction == "TB" else (MARGIN + head, top)
    return _Sheet(direction=pieces.direction, page=page, head=head, x=x, y=y)


def _lines(text: Block, x: float, middle: float, *, anchor: str = "middle") -> tuple[TextLine, ...]:
    """Lines of a block stacked about a middle."""
    top = middle - text.h / 2
    each = text.h / (sum(size for _, size in text.rows) or 1.0)
    lines = []
    for row, size in text.rows:
        baseline = top + each * size / 2 + BASELINE * size
        shift = lean(row) * size if anchor == "middle" else 0.0
        lines.append(TextLine(text=row, x=round(x + shift, 2), y=round(baseline, 2), size=size, anchor=anchor))
        top += each * size
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


def _nodes(chart: Chart, shapes: tuple[Shape, ...], boxes: list[Rect], sheet: _Sheet) -> tuple[DrawnNode, ...]:
    known = {lane.id for lane in chart.lanes}
    drawn = []
    for node, shape, rect in zip(chart.nodes, shapes, boxes, strict=True):
        box = sheet.rect(rect)
        drawn.append(
            DrawnNode(
                id=node.id,
                lane=node.lane if node.lane in known else None,
                kind=node.kind,
                label=node.label,
                conditional=node.conditional,
                box=box,
                text_box=_around(box.cx, box.cy, shape.text.w, shape.text.h),
                lines=_lines(shape.text, box.cx, box.cy),
            )
        )
    return tuple(drawn)


def _edges(chart: Chart, flow: Flow, lines: list[list[Size]], rects: dict[int, Rect], sheet: _Sheet) -> tuple[DrawnEdge, ...]:
    """Every arrow of a bundle gets the bundle's line and its own share of the label."""
    drawn: dict[str, DrawnEdge] = {}
    for index, bundle in enumerate(flow.bundles):
        points = _clean([sheet.point(u, v) for u, v in lines[index]])
        whole = sheet.rect(rects[index]) if index in rects else None
        top = whole.y if whole else 0.0
        for edge in bundle:
            text = label_block(edge, sheet.direction)
            box = None
            if whole and text.rows:
                box = Box(x=whole.x, y=round(top, 2), w=whole.w, h=round(text.h, 2))
                top += text.h
            drawn[edge.id] = _arrow(edge, points, text, box, back=flow.back[index])
    return tuple(drawn[edge.id] for edge in chart.edges if edge.id in drawn)


def _arrow(edge: Edge, points: tuple[Point, ...], text: Block, box: Box | None, *, back: bool) -> DrawnEdge:
    return DrawnEdge(
        id=edge.id,
        source=edge.source,
        target=edge.target,
        kind=edge.kind,
        back=back,
        label=edge.label,
        points=points,
        label_box=box,
        lines=_lines(text, box.cx, box.cy) if box else (),
    )


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
