"""Arrows: rounded corners, a head that covers the line's end, dashes that tell kinds apart without colour.

A plain flow is solid, a rejection or a way back has dashes, a deadline dots; an arrow taken is thick; one that a newer
version added is thick and carries +, one that it dropped is dotted and carries ×, one that it changed carries ~.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import fsum
from typing import Final

from oyiflow.diagram.chart import Highlight
from oyiflow.diagram.drawing import DrawnEdge, Point
from oyiflow.diagram.scene.badges import sign_at
from oyiflow.diagram.scene.primitives import Group, Mark, Path, Pen, Segment, polygon, words_of
from oyiflow.diagram.scene.theme import Theme

RADIUS: Final = 5.0
CURVE: Final = 1.6232  # length of a rounded corner, in radii
HEAD: Final = 9.0
HALF: Final = 4.3
BACKWARD: Final = (6.0, 4.0)
TIMED: Final = (2.0, 3.0)
DROPPED: Final = (1.5, 4.0)
THIN: Final = 1.4
THICK: Final = 3.0
ROOM: Final = 48.0  # a run on which a sign may stand
ASIDE: Final = 13.0
NEAR: Final = 0.4  # how far along its run a sign stands


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """How an arrow is drawn."""

    colour: str
    width: float = THIN
    dash: tuple[float, float] | None = None

    @property
    def thick(self) -> bool:
        return self.width > THIN


def stroke_of(edge: DrawnEdge, theme: Theme, seen: Highlight) -> Stroke:
    """Colour, width and dashes of an arrow."""
    change = seen.changes.get(edge.id)
    colour, dash = theme.ink, None
    if edge.kind == "timeout":
        colour, dash = theme.late, TIMED
    elif edge.kind == "reject" or edge.back:
        colour, dash = theme.back, BACKWARD
    if change == "added":
        return Stroke(colour=theme.added.stroke, width=THICK, dash=dash)
    if change == "removed":
        return Stroke(colour=theme.removed.stroke, dash=DROPPED)
    if change == "changed":
        return Stroke(colour=theme.changed.stroke, width=THICK, dash=dash)
    return (
        Stroke(colour=theme.done.stroke, width=THICK, dash=dash)
        if seen.taken.get(edge.id)
        else Stroke(colour=colour, dash=dash)
    )


def arrow(edge: DrawnEdge, theme: Theme, seen: Highlight) -> tuple[Mark, ...]:
    """Line, head, label and sign of an arrow."""
    stroke = stroke_of(edge, theme, seen)
    line = _shortened(edge.points)
    offset = _offset(line, stroke.dash) if stroke.dash else 0.0
    marks: list[Mark] = [
        Path(segments=_rounded(line), pen=Pen(colour=stroke.colour, width=stroke.width, dash=stroke.dash, offset=offset)),
        Path(segments=_head(edge.points, 1.15 if stroke.thick else 1.0), fill=stroke.colour),
        *(words_of(text, stroke.colour, bold=stroke.thick) for text in edge.lines),
    ]
    change = seen.changes.get(edge.id)
    if change:
        marks.append(Group(marks=sign_at(_beside(edge.points), change, theme), attributes=(("class", "badge"),)))
    return tuple(marks)


def sample(
    colour: str, points: tuple[Point, ...], *, dash: tuple[float, float] | None = None, thick: bool = False
) -> tuple[Mark, ...]:
    """An arrow without steps, for the legend."""
    width = THICK if thick else THIN
    line = _shortened(points)
    return (
        Path(segments=_rounded(line), pen=Pen(colour=colour, width=width, dash=dash)),
        Path(segments=_head(points, 1.15 if thick else 1.0), fill=colour),
    )  # fmt: skip


def _offset(points: list[Point], dash: tuple[float, float]) -> float:
    """Dashes are counted from the arrow's end, so that those of two arrows on one trunk fall together."""
    length = fsum(abs(x2 - x1) + abs(y2 - y1) for (x1, y1), (x2, y2) in pairwise(points))
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        length -= (1 - CURVE / 2) * (_reach(corner, before) + _reach(corner, after))
    return -length % sum(dash)


def _reach(corner: Point, other: Point) -> float:
    """How far from a corner its rounding begins; less if the next corner is near."""
    return min(RADIUS, (abs(other[0] - corner[0]) + abs(other[1] - corner[1])) / 2)


def _shortened(points: tuple[Point, ...]) -> list[Point]:
    """The line stops inside the arrowhead, so that its end never shows beside the tip."""
    (x1, y1), (x2, y2) = points[-2], points[-1]
    cut = min(HEAD * 0.7, (abs(x2 - x1) + abs(y2 - y1)) / 2)
    unit = ((x2 > x1) - (x2 < x1), (y2 > y1) - (y2 < y1))
    return [*points[:-1], (x2 - unit[0] * cut, y2 - unit[1] * cut)]


def _rounded(points: list[Point]) -> tuple[Segment, ...]:
    path: list[Segment] = [("M", points[0])]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        path += [("L", _towards(corner, before)), ("Q", (*corner, *_towards(corner, after)))]
    return (*path, ("L", points[-1]))


def _towards(corner: Point, other: Point) -> Point:
    """The point where the rounding of a corner begins."""
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    part = _reach(corner, other) / ((abs(dx) + abs(dy)) or 1.0)
    return corner[0] + dx * part, corner[1] + dy * part


def _head(points: tuple[Point, ...], scale: float) -> tuple[Segment, ...]:
    (x1, y1), (x, y) = points[-2], points[-1]
    dx, dy = (x > x1) - (x < x1), (y > y1) - (y < y1)
    back, half = HEAD * scale, HALF * scale
    ax, ay = x - dx * back, y - dy * back
    return polygon((x, y), (ax - dy * half, ay + dx * half), (ax + dy * half, ay - dx * half))


def _beside(points: tuple[Point, ...]) -> Point:
    """On the first run with room for a sign, near the step that it leaves, where no other arrow has joined it yet;
    beside the longest run if none has room."""
    runs = [(run, abs(run[0][0] - run[1][0]) + abs(run[0][1] - run[1][1])) for run in pairwise(points)]
    ((x1, y1), (x2, y2)), length = next((one for one in runs if one[1] >= ROOM), max(runs, key=lambda one: one[1]))
    if length >= ROOM:
        return x1 + (x2 - x1) * NEAR, y1 + (y2 - y1) * NEAR
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    return (x - ASIDE, y) if x1 == x2 else (x, y - ASIDE)
