"""A framed chart from its tree to the finished drawing: the stages of any chart, four of them done otherwise."""

from __future__ import annotations

from typing import Final

from oyiflow.diagram.chart import Chart
from oyiflow.diagram.drawing import DrawnFrame, Point
from oyiflow.diagram.layout.assemble import Plain
from oyiflow.diagram.layout.frames.measure import NAME_PAD, Outline, measure, outlines
from oyiflow.diagram.layout.frames.search import Framing, search
from oyiflow.diagram.layout.frames.tree import read
from oyiflow.diagram.layout.labels import Scene
from oyiflow.diagram.layout.place import Frame, Needs
from oyiflow.diagram.layout.routing.tracks import Tracks
from oyiflow.diagram.layout.sheet import Sheet, around, text_lines
from oyiflow.diagram.layout.sizes import EM, LABEL, Block, Size, block, edge_labels, parts

NAME_LIMIT: Final = 20.0 * EM


class Framed(Plain):
    """A chart with nested states."""

    def _search(self) -> None:
        tree = read(self.chart)
        self.names = tuple(block([(one.title, LABEL, NAME_LIMIT)], bold=True) for one in self.chart.frames)
        labels = edge_labels(tree.bundles, self.direction)
        bare = parts(self.flow, self.direction, self.shapes, labels, self.heads)
        best = search(Framing(tree=tree, parts=bare, names=self.names))
        self.tree, self.at, self.pieces = tree, best.at, best.parts
        self.grid, self.routes = best.at.grid, best.routes

    def _frame(self, tracks: Tracks, room: Needs) -> Frame:
        self.measured = measure(self.tree, self.pieces, self.at, tracks, room, self.names)
        return self.measured.sheet

    def _keep(self) -> None:
        self.kept = self.measured

    def _scene(self, page: Frame, lines: list[list[Size]]) -> Scene:
        scene = super()._scene(page, lines)
        tall = self.direction == "TB"
        for found, name in zip(outlines(self.tree, self.at, self.measured, tall), self.names, strict=True):
            u1, v1, u2, v2 = found.box
            scene.edges.extend(((u1, v1, u1, v2), (u2, v1, u2, v2), (u1, v1, u2, v1), (u1, v2, u2, v2)))
            if name.rows:
                scene.steps.append(found.band)
        return scene

    def _frames(self, sheet: Sheet) -> tuple[DrawnFrame, ...]:
        tall = self.direction == "TB"
        found = outlines(self.tree, self.at, self.kept, tall)
        return _drawn(self.chart, self.names, found, sheet)


def _drawn(chart: Chart, names: tuple[Block, ...], found: tuple[Outline, ...], sheet: Sheet) -> tuple[DrawnFrame, ...]:
    dividers: dict[str, list[tuple[Point, Point]]] = {}
    for frame, one in zip(chart.frames, found, strict=True):
        if one.divider and frame.parent:
            u1, v1, u2, v2 = one.divider
            dividers.setdefault(frame.parent, []).append((sheet.point(u1, v1), sheet.point(u2, v2)))
    drawn = []
    for frame, name, one in zip(chart.frames, names, found, strict=True):
        head = sheet.rect(one.band)
        left = head.x + NAME_PAD
        drawn.append(
            DrawnFrame(
                id=frame.id,
                title=frame.title,
                kind=frame.kind,
                parent=frame.parent,
                box=sheet.rect(one.box),
                head=head,
                title_box=around(left + name.w / 2, head.cy, name.w, name.h),
                lines=text_lines(name, left, head.cy, anchor="start"),
                dividers=tuple(dividers.get(frame.id, ())),
            )
        )
    return tuple(drawn)
