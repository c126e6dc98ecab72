"""What ``layout`` returns: finished geometry, in pixels, y growing downwards.

Everything a renderer needs is here and nothing is left to decide: boxes, wrapped text lines with the place of each
baseline, arrows as orthogonal polylines that start and end on the outline of their steps, and label boxes.  A renderer
only chooses colours and syntax, so every output format of one chart has the same shape.
"""

from __future__ import annotations

from dataclasses import dataclass

from oyiflow.diagram.chart import Direction, EdgeKind, NodeKind

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle; ``x`` and ``y`` are its top left corner."""

    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        return self.x + self.w

    @property
    def cx(self) -> float:
        return self.x + self.w / 2

    @property
    def cy(self) -> float:
        return self.y + self.h / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """One line of text, centred on ``x`` unless ``anchor`` is "start"; ``y`` is the baseline."""

    text: str
    x: float
    y: float
    size: float
    anchor: str = "middle"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnLane:
    id: str
    title: str
    box: Box
    head: Box
    title_box: Box
    lines: tuple[TextLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnNode:
    """A step with its outline; ``lines`` hold label, note and document in that order."""

    id: str
    lane: str | None
    kind: NodeKind
    label: str
    conditional: bool
    box: Box
    text_box: Box
    lines: tuple[TextLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnEdge:
    """An arrow; ``back`` tells an arrow against the flow, found by depth-first search in the author's order."""

    id: str
    source: str
    target: str
    kind: EdgeKind
    back: bool
    label: str
    points: tuple[Point, ...]
    label_box: Box | None
    lines: tuple[TextLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    id: str
    title: str
    direction: Direction
    em: float
    width: float
    height: float
    title_lines: tuple[TextLine, ...]
    lanes: tuple[DrawnLane, ...]
    nodes: tuple[DrawnNode, ...]
    edges: tuple[DrawnEdge, ...]
