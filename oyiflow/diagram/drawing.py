"""What ``layout`` returns: finished geometry, in pixels, y growing downwards.

Everything a renderer needs is here and nothing is left to decide: boxes, wrapped text lines with the place of each
baseline, arrows as orthogonal polylines that start and end on the outline of their steps, and label boxes.  A renderer
only chooses colours and syntax, so every output format of one chart has the same shape.

Order of drawing: lanes, frames (outer before inner), arrows, steps.  An arrow's source or target may be a frame instead
of a step; it then begins or ends on the frame's outline.  ``Page`` is a drawing that was made to fit a sheet of paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from oyiflow.diagram.chart import Direction, EdgeKind, FrameKind, NodeKind

Point = tuple[float, float]
Paper = Literal["A4", "A3"]
SHEETS: Final[dict[Paper, tuple[float, float]]] = {"A4": (210.0, 297.0), "A3": (297.0, 420.0)}  # mm, upright
POINT: Final = 72 / 25.4  # points in a millimetre
PAPER_MARGIN: Final = 10.0  # mm that stay white on each side
PAPER_FOOT: Final = 12.0  # mm above the lower margin for the title block


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
    frame: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnFrame:
    """An outline around the steps of an enclosing state, with a band for its name along the upper edge.

    The regions of a parallel state are frames of kind "region" that lie side by side: they have a name and no outline of
    their own; ``dividers`` of the parallel frame are the lines between them, to be dashed.  A frame without a name has a
    band of no height.
    """

    id: str
    title: str
    kind: FrameKind
    parent: str | None
    box: Box
    head: Box
    title_box: Box
    lines: tuple[TextLine, ...]
    dividers: tuple[tuple[Point, Point], ...] = ()


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
    frames: tuple[DrawnFrame, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One sheet of a chart.

    ``drawing`` times ``scale`` (points per pixel) fits between the margins and above the foot, so whoever prints it puts
    the drawing's upper left corner at (``PAPER_MARGIN``, ``PAPER_MARGIN``), centred if there is room, and the title block
    into the foot.  A chart on several sheets is cut between steps: each sheet is a drawing of its own, and an arrow that
    leads to another sheet ends at a step of kind "connector", whose label is a letter and whose note says which page; the
    arrow goes on from the connector of the same letter there.  Both halves of an arrow keep its id, each on its own sheet,
    so one highlight serves all sheets.
    """

    number: int
    count: int
    paper: Paper
    landscape: bool
    drawing: Drawing
    scale: float

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the sheet in points."""
        short, long = (side * POINT for side in SHEETS[self.paper])
        return (long, short) if self.landscape else (short, long)

    @property
    def text_size(self) -> float:
        """How big the text of the steps is printed, in points."""
        return self.drawing.em * self.scale
