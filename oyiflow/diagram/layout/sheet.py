"""From the layout's own axes to the screen.

Up to here the layout knew only ``u`` (across the flow) and ``v`` (along it).  For TB, u is x and v is y; for LR they
change places.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from oyiflow.diagram.chart import Direction
from oyiflow.diagram.drawing import Box, Point, TextLine
from oyiflow.diagram.layout.place import Frame, Rect
from oyiflow.diagram.layout.sizes import Block
from oyiflow.diagram.text import lean

BASELINE: Final = 0.36  # of the font size, from the middle of a line down to its baseline


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
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


def text_lines(text: Block, x: float, middle: float, *, anchor: str = "middle") -> tuple[TextLine, ...]:
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


def around(x: float, y: float, w: float, h: float) -> Box:
    return Box(x=round(x - w / 2, 2), y=round(y - h / 2, 2), w=round(w, 2), h=round(h, 2))
