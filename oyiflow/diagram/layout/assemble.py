"""The stages in their order, and the finished drawing in screen coordinates.

Lane heads lie before the first row: above the lanes for TB, left of them for LR.
"""

from __future__ import annotations

from typing import Final

from oyiflow.diagram.chart import Chart, Direction, Edge
from oyiflow.diagram.drawing import Box, Drawing, DrawnEdge, DrawnFrame, DrawnLane, DrawnNode, Point
from oyiflow.diagram.layout.flow import Flow, read
from oyiflow.diagram.layout.labels import Scene, needs, put
from oyiflow.diagram.layout.place import Frame, Needs, Rect, frame, outline, polylines
from oyiflow.diagram.layout.routing.tracks import Tracks
from oyiflow.diagram.layout.routing.tracks import assign as assign_tracks
from oyiflow.diagram.layout.search import search
from oyiflow.diagram.layout.sheet import Sheet, around, text_lines
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

MARGIN: Final = 1.2 * EM
TITLE: Final = 1.3 * EM
TITLE_GAP: Final = 0.44 * EM
ATTEMPTS: Final = 8


class Plain:
    """A chart without frames; what a framed one does otherwise is overridden there."""

    def __init__(self, chart: Chart, direction: Direction) -> None:
        self.chart, self.direction = chart, direction
        self.flow = read(chart)
        self.shapes = node_shapes(chart, self.flow.lane, direction)
        self.heads = lane_heads(chart, direction)
        self.pieces = self._parts(self.flow)
        self._search()

    def _parts(self, flow: Flow) -> Parts:
        return parts(flow, self.direction, self.shapes, edge_labels(flow.bundles, self.direction), self.heads)

    def _search(self) -> None:
        best = search(self.pieces)
        self.grid, self.routes = best.grid, best.routes

    def _frame(self, tracks: Tracks, room: Needs) -> Frame:
        return frame(self.pieces, self.grid, tracks, room)

    def drawing(self) -> Drawing:
        page, lines, rects = self._coordinates()
        title = block([(self.chart.title, TITLE, 60 * EM)], bold=True)
        sheet = _sheet(self.pieces, page, title)
        far = sheet.point(sum(extent for _, extent in page.lanes), page.length)
        return Drawing(
            id=self.chart.id,
            title=self.chart.title,
            direction=self.direction,
            em=EM,
            width=round(max(far[0], MARGIN + title.w, *(sheet.rect(rect).right for rect in rects.values())) + MARGIN, 2),
            height=round(far[1] + MARGIN, 2),
            title_lines=text_lines(title, MARGIN, MARGIN + title.h / 2, anchor="start"),
            lanes=_lanes(self.chart, self.heads, sheet),
            nodes=_nodes(self.chart, self.shapes, self._steps(page), sheet),
            edges=_edges(self.chart, self.pieces.flow, lines, rects, sheet),
            frames=self._frames(sheet),
        )

    def _frames(self, sheet: Sheet) -> tuple[DrawnFrame, ...]:
        return ()

    def _steps(self, page: Frame) -> list[Rect]:
        return [outline(self.pieces, self.grid, page, node) for node in range(len(self.chart.nodes))]

    def _coordinates(self) -> tuple[Frame, list[list[Size]], dict[int, Rect]]:
        """Lines and labels; a label that found no clean place gets more room and all is measured again."""
        pieces, grid, routes = self.pieces, self.grid, self.routes
        tracks = assign_tracks(pieces.flow, grid, routes)
        extra: dict[int, float] = {}
        kept: tuple[int, Frame, list[list[Size]], dict[int, Rect]] | None = None
        for _ in range(ATTEMPTS):
            page = self._frame(tracks, needs(pieces, grid, routes, extra))
            lines = polylines(pieces, grid, routes, tracks, page)
            rects, tight = put(pieces, routes, self._scene(page, lines))
            if kept is None or len(tight) < kept[0]:
                kept = (len(tight), page, lines, rects)
                self._keep()
            if not tight:
                break
            for edge in tight:
                extra[edge] = extra.get(edge, 0.0) + max(EM, (pieces.labels[edge] or (0.0, 0.0))[0] / 2)
        assert kept is not None
        return kept[1:]

    def _keep(self) -> None:
        """The coordinates measured last are the best so far."""

    def _scene(self, page: Frame, lines: list[list[Size]]) -> Scene:
        return Scene(
            steps=self._steps(page),
            lines=lines,
            borders=[start for start, _ in page.lanes[1:]],
            # On the screen: above a line that lies, right of a line that stands.
            first_side=(-1, 1) if self.direction == "TB" else (1, -1),
            low=0.0,
        )


def _sheet(pieces: Parts, page: Frame, title: Block) -> Sheet:
    head = max((size[1] for size in pieces.heads), default=0.0)
    top = MARGIN + (title.h + TITLE_GAP if title.rows else 0.0)
    x, y = (MARGIN, top + head) if pieces.direction == "TB" else (MARGIN + head, top)
    return Sheet(direction=pieces.direction, page=page, head=head, x=x, y=y)


def _lanes(chart: Chart, heads: tuple[Block, ...], sheet: Sheet) -> tuple[DrawnLane, ...]:
    drawn = []
    for lane, text, (start, extent) in zip(chart.lanes, heads, sheet.page.lanes, strict=False):
        head = sheet.box(start, -sheet.head, extent, sheet.head)
        drawn.append(
            DrawnLane(
                id=lane.id,
                title=lane.title,
                box=sheet.box(start, -sheet.head, extent, sheet.page.length + sheet.head),
                head=head,
                title_box=around(head.cx, head.cy, text.w, text.h),
                lines=text_lines(text, head.cx, head.cy),
            )
        )
    return tuple(drawn)


def _nodes(chart: Chart, shapes: tuple[Shape, ...], boxes: list[Rect], sheet: Sheet) -> tuple[DrawnNode, ...]:
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
                text_box=around(box.cx, box.cy, shape.text.w, shape.text.h),
                lines=text_lines(shape.text, box.cx, box.cy),
                frame=node.frame,
            )
        )
    return tuple(drawn)


def _edges(chart: Chart, flow: Flow, lines: list[list[Size]], rects: dict[int, Rect], sheet: Sheet) -> tuple[DrawnEdge, ...]:
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
        lines=text_lines(text, box.cx, box.cy) if box else (),
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
