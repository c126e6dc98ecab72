"""A drawing becomes a scene: lanes and frames, then arrows, then steps, each a group that carries its geometry for programs.

The groups and their attributes are those that the SVG format promises (see `diagram.svg`). Arrows of a highlight lie over
the others; steps stand in reading order, so that the keyboard and the ear follow the flow.
"""

from __future__ import annotations

from typing import Literal

from oyiflow.diagram.chart import Highlight
from oyiflow.diagram.drawing import Box, Drawing, DrawnEdge, DrawnFrame, DrawnLane, DrawnNode
from oyiflow.diagram.scene.arrows import arrow
from oyiflow.diagram.scene.frames import frame
from oyiflow.diagram.scene.primitives import Group, Mark, Pen, Rect, Scene, words_of
from oyiflow.diagram.scene.steps import step
from oyiflow.diagram.scene.theme import LIGHT, Theme
from oyiflow.diagram.scene.words import Lang, description, reading_order, sentences

Attributes = tuple[tuple[str, str], ...]


def paint(drawing: Drawing, *, highlight: Highlight | None = None, theme: Theme = LIGHT, lang: Lang = "zh") -> Scene:
    """The whole chart; with a highlight, what it says on top of it."""
    spoken: Literal["zh", "en"] = "en" if lang == "en" else "zh"
    painter = _Painter(drawing, highlight or Highlight(), theme, spoken)
    return Scene(
        width=drawing.width,
        height=drawing.height,
        background=theme.ground,
        title=drawing.title or drawing.id,
        description=description(drawing, spoken),
        lang=spoken,
        marks=painter.marks(),
        attributes=(("data-dir", drawing.direction), ("data-em", number(drawing.em)), ("data-id", drawing.id)),
    )


class _Painter:
    __slots__ = ("drawing", "seen", "spoken", "theme")

    def __init__(self, drawing: Drawing, seen: Highlight, theme: Theme, lang: Lang) -> None:
        self.drawing, self.seen, self.theme = drawing, seen, theme
        self.spoken = sentences(drawing, seen, lang)

    def marks(self) -> tuple[Mark, ...]:
        edges = sorted(self.drawing.edges, key=self._weight)
        return (
            *(words_of(line, self.theme.ink, bold=True) for line in self.drawing.title_lines),
            *(self._lane(lane, place) for place, lane in enumerate(self.drawing.lanes)),
            *(self._frame(one) for one in self.drawing.frames),
            *(self._edge(edge) for edge in edges),
            *(self._node(node) for node in reading_order(self.drawing)),
        )

    def _weight(self, edge: DrawnEdge) -> int:
        """What is drawn later lies on top: arrows of the highlight, and dropped ones under everything."""
        change = self.seen.changes.get(edge.id)
        if change:
            return -1 if change == "removed" else 1
        return int(bool(self.seen.taken.get(edge.id)))

    def _lane(self, lane: DrawnLane, place: int) -> Group:
        pen = Pen(colour=self.theme.lane_line)
        return Group(
            attributes=(
                ("class", "lane"), ("data-id", lane.id), ("data-bbox", box_text(lane.box)), ("data-title-bbox", box_text(lane.title_box)),
            ),
            marks=(
                Rect(box=lane.box, fill=self.theme.lane_fills[place % 2], pen=pen),
                Rect(box=lane.head, fill=self.theme.lane_head, pen=pen),
                *(words_of(line, self.theme.ink, bold=True) for line in lane.lines),
            ),
        )  # fmt: skip

    def _frame(self, one: DrawnFrame) -> Group:
        attributes: list[tuple[str, str]] = [
            ("class", "frame"), ("data-id", one.id), ("data-kind", one.kind), ("data-bbox", box_text(one.box)),
            ("data-title-bbox", box_text(one.title_box)),
        ]  # fmt: skip
        if one.parent is not None:
            attributes.append(("data-parent", one.parent))
        attributes += [("data-current", "true")] if one.id in self.seen.current else []
        return Group(
            attributes=(*attributes, *self._change(one.id)), marks=frame(one, self._depth(one.id), self.theme, self.seen)
        )  # fmt: skip

    def _depth(self, name: str | None) -> int:
        parents = {one.id: one.parent for one in self.drawing.frames}
        depth = 0
        while name is not None and (name := parents.get(name)) is not None:
            depth += 1
        return depth

    def _edge(self, edge: DrawnEdge) -> Group:
        points = " ".join(f"{number(x)},{number(y)}" for x, y in edge.points)
        attributes: list[tuple[str, str]] = [
            ("class", "edge"), ("data-id", edge.id), ("data-from", edge.source), ("data-to", edge.target),
            ("data-kind", edge.kind), ("data-points", points),
        ]  # fmt: skip
        if edge.label_box:
            attributes.append(("data-label-bbox", box_text(edge.label_box)))
        if self.seen.taken.get(edge.id):
            attributes.append(("data-taken", str(self.seen.taken[edge.id])))
        return Group(attributes=(*attributes, *self._change(edge.id)), marks=arrow(edge, self.theme, self.seen))

    def _node(self, node: DrawnNode) -> Group:
        attributes: list[tuple[str, str]] = [("class", "node"), ("data-id", node.id)]
        if node.lane is not None:
            attributes.append(("data-lane", node.lane))
        if node.frame is not None:
            attributes.append(("data-frame", node.frame))
        attributes += [("data-kind", node.kind), ("data-bbox", box_text(node.box)), ("data-text-bbox", box_text(node.text_box))]
        attributes += self._state(node)
        attributes += [("role", "img"), ("tabindex", "0"), ("aria-label", self.spoken[node.id])]
        return Group(
            attributes=(*attributes, *self._change(node.id)),
            title=node.label or node.id,
            marks=step(node, self.theme, self.seen),
        )

    def _state(self, node: DrawnNode) -> Attributes:
        seen = self.seen
        found = [("data-current", "true")] if node.id in seen.current else []
        found += [("data-visits", str(seen.visited[node.id]))] if seen.visited.get(node.id) else []
        found += [("data-mine", "true")] if node.id in seen.mine else []
        found += [("data-order", " ".join(map(str, seen.order[node.id])))] if seen.order.get(node.id) else []
        return tuple(found)

    def _change(self, name: str) -> Attributes:
        change = self.seen.changes.get(name)
        return (("data-change", change),) if change else ()


def number(value: float) -> str:
    """A length with at most two decimals."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def box_text(box: Box) -> str:
    """`x y w h`."""
    return f"{number(box.x)} {number(box.y)} {number(box.w)} {number(box.h)}"
