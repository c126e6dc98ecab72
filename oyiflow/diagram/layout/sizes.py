"""How big each step, label and lane head is, before anything has a place.

Sizes follow from text widths alone.  Steps of one lane share one width, so that a lane reads as a column.  A diamond is
made wide enough for its text to fit inside its slanted sides.  Everything here is in screen pixels, ``w`` across and
``h`` down; ``Extent`` turns that into the layout's own axes: ``u`` across the flow and ``v`` along it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from oyiflow.diagram.chart import Chart, Direction, Edge, Node
from oyiflow.diagram.text import balanced, text_width, wrap

EM: Final = 14.0
LINE: Final = 1.36 * EM
SMALL: Final = 0.8 * EM
LABEL: Final = 0.92 * EM
HEAD: Final = 1.08 * EM
BAR: Final = 0.5 * EM


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
    limit = min(limit, 7 * EM) if node.kind == "decision" else limit
    text = block([(node.label, EM, limit), (node.note, SMALL, limit), (node.document, SMALL, limit)])
    if node.kind == "decision":
        return _diamond(text)
    if node.kind in ("start", "end"):
        return Shape(w=max(text.w + 2.2 * EM, 5.2 * EM), h=max(text.h + 1.14 * EM, 2.5 * EM), text=text)
    return Shape(w=max(text.w + 2.3 * EM, 7 * EM), h=max(text.h + 1.6 * EM, 2.96 * EM), text=text)


def _diamond(text: Block) -> Shape:
    """Text of w by h fits a diamond of W by H if w/W + h/H is at most 1."""
    height = max(4 * EM, text.h * 1.55 + 1.6 * EM)
    width = text.w / (1 - text.h / height) + 1.7 * EM
    return Shape(w=max(width, 7.2 * EM), h=height, text=text)


def _turn_bar(node: Node, shape: Shape) -> Shape:
    if node.kind not in ("fork", "join"):
        return shape
    return Shape(w=shape.h, h=4 * EM, text=shape.text)


def edge_labels(edges: tuple[Edge, ...], direction: Direction) -> tuple[Block | None, ...]:
    """A label's block, padded so that text never touches what is beside it."""
    return tuple(_label(edge.label, 8.0 if direction == "TB" else 6.0) for edge in edges)


def _label(text: str, limit: float) -> Block | None:
    lines = wrap(text, limit)
    if not lines:
        return None
    width = max(text_width(line) for line in lines) * LABEL
    return Block(rows=tuple((line, LABEL) for line in lines), w=width + 4, h=1.3 * LABEL * len(lines))


def lane_heads(chart: Chart, direction: Direction) -> tuple[Block, ...]:
    limit = (12.0 if direction == "TB" else 6.0) * HEAD
    return tuple(block([(lane.title, HEAD, limit)], bold=True) for lane in chart.lanes)
