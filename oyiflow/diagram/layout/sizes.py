"""How big each step, label and lane head is, before anything has a place.

Sizes follow from text widths alone.  Steps of one lane share one width, so that a lane reads as a column.  A diamond is
made wide enough for its text to fit inside its slanted sides.  Texts and boxes are measured in screen pixels, ``w``
across and ``h`` down; ``Parts`` hands them on in the layout's own axes, ``u`` across the flow and ``v`` along it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from oyiflow.diagram.chart import Chart, Direction, Edge, Node
from oyiflow.diagram.layout.flow import Flow
from oyiflow.diagram.text import balanced, text_width

EM: Final = 14.0
LINE: Final = 1.36 * EM
SMALL: Final = 0.8 * EM
LABEL: Final = 0.92 * EM
LABEL_LINE: Final = 1.3 * LABEL
HEAD: Final = 1.08 * EM
BAR: Final = 0.5 * EM

Size = tuple[float, float]  # (u, v)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Wrapped text with its size; ``rows`` are (text, font size) from top to bottom."""

    rows: tuple[tuple[str, float], ...]
    w: float
    h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Outer size of a step and the text inside it."""

    w: float
    h: float
    text: Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What has to be placed, in (u, v)."""

    flow: Flow
    direction: Direction
    steps: tuple[Size, ...]
    labels: tuple[Size | None, ...]  # one per bundle of arrows
    heads: tuple[Size, ...]  # lane heads with their padding

    def members(self, lane: int) -> list[int]:
        return [node for node in range(self.flow.count) if self.flow.lane[node] == lane]


def parts(
    flow: Flow, direction: Direction, shapes: tuple[Shape, ...], texts: tuple[Block | None, ...], heads: tuple[Block, ...]
) -> Parts:
    def turned(w: float, h: float) -> Size:
        return (w, h) if direction == "TB" else (h, w)

    return Parts(
        flow=flow,
        direction=direction,
        steps=tuple(turned(shape.w, shape.h) for shape in shapes),
        labels=tuple(None if text is None else turned(text.w, text.h) for text in texts),
        heads=tuple(turned(head.w + 1.6 * EM, head.h + 0.9 * EM) for head in heads),
    )


def block(texts: list[tuple[str, float, float]], *, bold: bool = False) -> Block:
    """Wrap and stack (text, font size, limit in px)."""
    rows: list[tuple[str, float]] = []
    for text, size, limit in texts:
        if text.strip():
            rows += [(line, size) for line in balanced(text, limit / size, bold=bold)]
    width = max((text_width(line, bold=bold) * size for line, size in rows), default=0.0)
    return Block(rows=tuple(rows), w=width, h=sum(size / EM * LINE for _, size in rows))


def node_shapes(chart: Chart, lane: tuple[int, ...], direction: Direction) -> tuple[Shape, ...]:
    """One shape per step; boxes of one lane are made equally wide."""
    limit = (8.0 if direction == "TB" else 6.0) * EM
    shapes = [_shape(node, limit) for node in chart.nodes]
    widest: dict[int, float] = {}
    for index, node in enumerate(chart.nodes):
        if node.kind in ("task", "sub", "wait"):
            widest[lane[index]] = max(widest.get(lane[index], 0.0), shapes[index].w)
    for index, node in enumerate(chart.nodes):
        if node.kind in ("task", "sub", "wait"):
            shape = shapes[index]
            shapes[index] = Shape(w=widest[lane[index]], h=shape.h, text=shape.text)
    if direction == "LR":
        shapes = [_turn_bar(node, shape) for node, shape in zip(chart.nodes, shapes, strict=True)]
    return tuple(shapes)


def _shape(node: Node, limit: float) -> Shape:
    if node.kind in ("fork", "join"):
        return Shape(w=6 * EM, h=BAR, text=Block(rows=(), w=0.0, h=0.0))
    if node.kind == "initial":
        return Shape(w=EM, h=EM, text=Block(rows=(), w=0.0, h=0.0))
    if node.kind in ("history", "connector"):
        text = block([(node.label, EM, limit), (node.note, SMALL, 5 * EM)])
        return Shape(w=max(text.w + 0.9 * EM, 2.2 * EM), h=max(text.h + 0.6 * EM, 2.2 * EM), text=text)
    limit = min(limit, 7 * EM) if node.kind == "decision" else limit
    text = block([(node.label, EM, limit), (node.note, SMALL, limit), (node.document, SMALL, limit)])
    if node.kind == "decision":
        return _diamond(text)
    if node.kind in ("start", "end"):
        return Shape(w=max(text.w + 2.2 * EM, 5.2 * EM), h=max(text.h + 1.14 * EM, 2.5 * EM), text=text)
    return _box(node, text)


def _box(node: Node, text: Block) -> Shape:
    """A box of work. Small print may come nearer to its sides than the title: what it adds should cost little room."""
    title = max((text_width(row) * size for row, size in text.rows if size == EM), default=0.0)
    small = bool(text.rows) and text.rows[-1][1] < EM and node.kind != "sub"  # which has its sign at the lower side
    beside = (2.3 if node.kind == "sub" else 1.4) * EM
    above = (1.1 if small else 1.6) * EM
    return Shape(w=max(title + 2.3 * EM, text.w + beside, 7 * EM), h=max(text.h + above, 2.96 * EM), text=text)


def _diamond(text: Block) -> Shape:
    """Text of w by h fits a diamond of W by H if w/W + h/H is at most 1."""
    height = max(4 * EM, text.h * 1.55 + 1.6 * EM)
    width = text.w / (1 - text.h / height) + 1.7 * EM
    return Shape(w=max(width, 7.2 * EM), h=height, text=text)


def _turn_bar(node: Node, shape: Shape) -> Shape:
    if node.kind not in ("fork", "join"):
        return shape
    return Shape(w=shape.h, h=4 * EM, text=shape.text)


def edge_labels(bundles: tuple[tuple[Edge, ...], ...], direction: Direction) -> tuple[Block | None, ...]:
    """The labels of each bundle, one above the other."""
    return tuple(_stack([label_block(edge, direction) for edge in bundle]) for bundle in bundles)


def label_block(edge: Edge, direction: Direction) -> Block:
    """A label, padded so that its text never touches what is beside it."""
    lines = balanced(edge.label, 8.0 if direction == "TB" else 6.0)
    width = max((text_width(line) * LABEL + 4 for line in lines), default=0.0)
    return Block(rows=tuple((line, LABEL) for line in lines), w=width, h=LABEL_LINE * len(lines))


def _stack(blocks: list[Block]) -> Block | None:
    rows = tuple(row for one in blocks for row in one.rows)
    if not rows:
        return None
    return Block(rows=rows, w=max(one.w for one in blocks), h=sum(one.h for one in blocks))


def lane_heads(chart: Chart, direction: Direction) -> tuple[Block, ...]:
    limit = (12.0 if direction == "TB" else 6.0) * HEAD
    return tuple(block([(lane.title, HEAD, limit)], bold=True) for lane in chart.lanes)
