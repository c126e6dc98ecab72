"""How good a drawing is, in figures: what must be zero, and what should be small.

Measured on the finished geometry alone, by code that shares nothing with the layout.  Hard figures are mistakes that a
reader would call wrong; each must be 0.  Soft figures tell two correct drawings apart.  Arrows are upright or level runs,
so every question is one about rectangles; a decision is measured as the diamond that it is.

Forward and back are told apart by the drawing (`back`), whose arrows were sorted before anything had a place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Final

from oyiflow.diagram.drawing import POINT, SHEETS, Box, Drawing, DrawnEdge, DrawnFrame, DrawnNode, Point

SLACK: Final = 0.5
APART: Final = 0.4  # em between where arrows come and go
NEAR: Final = 0.5  # em from an arrow to a step that it passes
FAR: Final = 1.5  # em from a label to its arrow
SHARED: Final = 0.5  # em; two arrows on one track for less are not one line
MARGIN: Final = 10.0  # mm of a printed page

HARD: Final = (
    "node_overlap", "edge_node", "text_over", "label_node", "label_label", "lane_out", "lane_bad", "title_hit", "port_clash",
    "blind_end", "frame_out", "frame_overlap", "name_hit",
)  # fmt: skip
SOFT: Final = ("cross", "edge_share", "edge_merge", "label_edge", "label_far", "near", "flow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """The offenders by figure, in the order of the drawing, and sizes."""

    offenders: dict[str, tuple[str, ...]]
    steps: int
    arrows: int
    bends: int
    most_bends: int
    length_em: float
    width_em: float
    height_em: float
    a4_points: float

    @property
    def hard(self) -> int:
        """The sum of what must be zero."""
        return sum(len(self.offenders.get(name, ())) for name in HARD)

    def figures(self) -> dict[str, float]:
        """Every figure by name, hard ones first."""
        counts: dict[str, float] = {"hard": self.hard}
        counts |= {name: len(self.offenders.get(name, ())) for name in (*HARD, *SOFT)}
        sizes = {"length_em": self.length_em, "width_em": self.width_em, "height_em": self.height_em}
        return {
            "steps": self.steps, "arrows": self.arrows, **counts, "bends": self.bends, "most_bends": self.most_bends,
            **{name: round(value, 1) for name, value in sizes.items()}, "a4_points": round(self.a4_points, 1),
        }  # fmt: skip


def quality(drawing: Drawing) -> Quality:
    """Measure a drawing."""
    found: dict[str, list[str]] = {}
    for check in (_steps, _lanes, _heads, _frames, _ends, _passing, _labels, _ports, _pairs, _flow):
        for name, who in check(drawing):
            found.setdefault(name, []).append(who)
    bends = [len(edge.points) - 2 for edge in drawing.edges]
    length = sum(run.w + run.h for edge in drawing.edges for run in runs(edge.points))
    width, height = drawing.width / drawing.em, drawing.height / drawing.em
    short, long = ((side - 2 * MARGIN) * POINT for side in SHEETS["A4"])
    fit = max(min(short / width, long / height), min(long / width, short / height))
    return Quality(
        offenders={name: tuple(who) for name, who in found.items()},
        steps=len(drawing.nodes),
        arrows=len(drawing.edges),
        bends=sum(bends),
        most_bends=max(bends, default=0),
        length_em=length / drawing.em,
        width_em=width,
        height_em=height,
        a4_points=fit,
    )


Found = Iterator[tuple[str, str]]


def runs(points: tuple[Point, ...]) -> Iterator[Box]:
    """The straight runs of an arrow as rectangles without extent across."""
    for (x1, y1), (x2, y2) in pairwise(points):
        yield Box(x=min(x1, x2), y=min(y1, y2), w=abs(x1 - x2), h=abs(y1 - y2))


def _bottom(box: Box) -> float:
    return box.y + box.h


def _grown(box: Box, by: float) -> Box:
    return Box(x=box.x - by, y=box.y - by, w=box.w + 2 * by, h=box.h + 2 * by)


def _overlap(a: Box, b: Box, slack: float = SLACK) -> bool:
    across, down = min(a.right, b.right) - max(a.x, b.x), min(_bottom(a), _bottom(b)) - max(a.y, b.y)
    return across > slack and down > slack


def _meet(a: Box, b: Box) -> bool:
    """Like an overlap, for boxes of which one may have no extent."""
    return a.x < b.right and b.x < a.right and a.y < _bottom(b) and b.y < _bottom(a)


def _within(inner: Box, outer: Box) -> bool:
    return (
        inner.x >= outer.x - SLACK and inner.y >= outer.y - SLACK and inner.right <= outer.right + SLACK
        and _bottom(inner) <= _bottom(outer) + SLACK
    )  # fmt: skip


def _enters(node: DrawnNode, run: Box, by: float = 1.0) -> bool:
    """Whether a run comes further into a step's shape than ``by``; negative: nearer than that."""
    box = _grown(node.box, -by)
    if node.kind != "decision":
        return _meet(box, _grown(run, 0.001))
    x, y = min(max(box.cx, run.x), run.right), min(max(box.cy, run.y), _bottom(run))
    return abs(x - box.cx) / (box.w / 2) + abs(y - box.cy) / (box.h / 2) < 1


def _name(edge: DrawnEdge) -> str:
    return f"{edge.source}>{edge.target}"


def _steps(drawing: Drawing) -> Found:
    for a, b in combinations(drawing.nodes, 2):
        if _overlap(a.box, b.box):
            yield "node_overlap", f"{a.id} | {b.id}"
    for node in drawing.nodes:
        box, text = node.box, node.text_box
        if node.kind == "decision" and text.h:
            fits = text.w / box.w + text.h / box.h <= 1.02
        else:
            fits = text.w <= box.w + SLACK and text.h <= box.h + SLACK
        if not fits:
            yield "text_over", node.id


def _lanes(drawing: Drawing) -> Found:
    boxes = {lane.id: lane.box for lane in drawing.lanes}
    for node in drawing.nodes:
        if node.lane is not None and (node.lane not in boxes or not _within(node.box, boxes[node.lane])):
            yield "lane_out", node.id
    tall = drawing.direction == "TB"
    for a, b in pairwise(drawing.lanes):
        start, extent = ((a.box.y - b.box.y), (a.box.h - b.box.h)) if tall else ((a.box.x - b.box.x), (a.box.w - b.box.w))
        gap = b.box.x - a.box.right if tall else b.box.y - _bottom(a.box)
        if max(abs(start), abs(extent), abs(gap)) > 1:
            yield "lane_bad", f"{a.id} | {b.id}"


def _heads(drawing: Drawing) -> Found:
    for lane in drawing.lanes:
        title = lane.title_box
        yield from (("title_hit", f"{lane.id} | {node.id}") for node in drawing.nodes if _overlap(node.box, title))
        for edge in drawing.edges:
            hit = any(_meet(title, _grown(run, 0.5)) for run in runs(edge.points))
            if hit or (edge.label_box and _overlap(edge.label_box, title)):
                yield "title_hit", f"{lane.id} | {_name(edge)}"


def _frames(drawing: Drawing) -> Found:
    frames = {frame.id: frame for frame in drawing.frames}
    for node in drawing.nodes:
        around = set(_around(frames, node.frame))
        for frame in drawing.frames:
            inside = frame.id in around
            if inside != _within(node.box, frame.box) or (not inside and _overlap(node.box, frame.box)):
                yield "frame_out", f"{node.id} | {frame.id}"
    for a, b in combinations(drawing.frames, 2):
        nested = a.id in _around(frames, b.parent)
        if not _within(b.box, a.box) if nested else _overlap(a.box, b.box):
            yield "frame_overlap", f"{a.id} | {b.id}"
    for frame in drawing.frames:
        if frame.lines:
            yield from (("name_hit", f"{frame.id} | {who}") for who in _over_name(drawing, frame))


def _around(frames: dict[str, DrawnFrame], name: str | None) -> Iterator[str]:
    while name in frames:
        yield name
        name = frames[name].parent


def _over_name(drawing: Drawing, frame: DrawnFrame) -> Iterator[str]:
    name = frame.title_box
    if not _within(name, frame.box):
        yield "its edge"
    yield from (node.id for node in drawing.nodes if _overlap(node.box, name))
    for edge in drawing.edges:
        if any(_meet(name, _grown(run, 0.5)) for run in runs(edge.points)) or (
            edge.label_box and _overlap(edge.label_box, name)
        ):
            yield _name(edge)


def _ends(drawing: Drawing) -> Found:
    nodes = {node.id: node for node in drawing.nodes}
    frames = {frame.id: frame.box for frame in drawing.frames}
    for edge in drawing.edges:
        for name, (x, y) in ((edge.source, edge.points[0]), (edge.target, edge.points[-1])):
            box = nodes[name].box if name in nodes else frames[name]
            across, down = abs(x - box.cx) / (box.w / 2), abs(y - box.cy) / (box.h / 2)
            diamond = name in nodes and nodes[name].kind == "decision"
            reach = across + down if diamond else max(across, down)
            if abs(reach - 1) * min(box.w, box.h) > 2:
                yield "blind_end", f"{_name(edge)} at {name}"


def _passing(drawing: Drawing) -> Found:
    for edge in drawing.edges:
        for node in drawing.nodes:
            if any(_enters(node, run) for run in runs(edge.points)):
                yield "edge_node", f"{_name(edge)} | {node.id}"
            elif node.id not in (edge.source, edge.target) and any(
                _enters(node, run, -NEAR * drawing.em) for run in runs(edge.points)
            ):
                yield "near", f"{_name(edge)} | {node.id}"


def _labels(drawing: Drawing) -> Found:
    labelled = [(edge, edge.label_box) for edge in drawing.edges if edge.label_box]
    for edge, box in labelled:
        middle = (Box(x=box.x, y=box.cy, w=box.w, h=0), Box(x=box.cx, y=box.y, w=0, h=box.h))
        for node in drawing.nodes:
            if any(_enters(node, line, 0.5) for line in middle):
                yield "label_node", f"{_name(edge)} | {node.id}"
        for other in drawing.edges:
            if other is not edge and any(_meet(_grown(box, -1), _grown(run, 0.001)) for run in runs(other.points)):
                yield "label_edge", f"{_name(edge)} | {_name(other)}"
        if min(_distance(box, run) for run in runs(edge.points)) > FAR * drawing.em:
            yield "label_far", _name(edge)
    for (one, a), (two, b) in combinations(labelled, 2):
        if _overlap(a, b):
            yield "label_label", f"{_name(one)} | {_name(two)}"


def _distance(a: Box, b: Box) -> float:
    across, down = max(a.x - b.right, b.x - a.right, 0), max(a.y - _bottom(b), b.y - _bottom(a), 0)
    return float((across**2 + down**2) ** 0.5)


def _ports(drawing: Drawing) -> Found:
    for one in drawing.edges:
        for two in drawing.edges:
            if one.source == two.target:
                (x1, y1), (x2, y2) = one.points[0], two.points[-1]
                if abs(x1 - x2) + abs(y1 - y2) < APART * drawing.em:
                    yield "port_clash", f"{one.source}: {_name(one)} | {_name(two)}"


def _pairs(drawing: Drawing) -> Found:
    """Two arrows: common track, common trunk, crossings.  Arrows of one line count as one."""
    for one, two in combinations(drawing.edges, 2):
        if one.points == two.points:
            continue
        shared = sum(_along(a, b) for a in runs(one.points) for b in runs(two.points))
        crossed = any(_cross(a, b) or _cross(b, a) for a in runs(one.points) for b in runs(two.points))
        together = one.points[0] == two.points[0] or one.points[-1] == two.points[-1]
        pair = f"{_name(one)} | {_name(two)}"
        if shared > SHARED * drawing.em:
            yield ("edge_merge" if together else "edge_share"), pair
        if crossed or (shared > SHARED * drawing.em and not together):
            yield "cross", pair


def _along(a: Box, b: Box) -> float:
    """Length on which two parallel runs lie on each other."""
    if (a.w > 0) == (b.w > 0) and (a.h > 0) == (b.h > 0):
        across = min(a.right, b.right) - max(a.x, b.x)
        down = min(_bottom(a), _bottom(b)) - max(a.y, b.y)
        apart = abs(a.y - b.y) if a.w else abs(a.x - b.x)
        return max(across if a.w else down, 0.0) if apart < 2 else 0.0
    return 0.0


def _cross(level: Box, upright: Box) -> bool:
    if level.h or upright.w:
        return False
    return level.x + 1 < upright.x < level.right - 1 and upright.y + 1 < level.y < _bottom(upright) - 1


def _flow(drawing: Drawing) -> Found:
    boxes = {node.id: node.box for node in drawing.nodes}
    for edge in drawing.edges:
        if edge.back or edge.source not in boxes or edge.target not in boxes:
            continue
        a, b = boxes[edge.source], boxes[edge.target]
        if (b.cy < a.cy - 1) if drawing.direction == "TB" else (b.cx < a.cx - 1):
            yield "flow", _name(edge)
