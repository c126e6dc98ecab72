"""Steps: each kind has an outline of its own, so that no kind is told by colour.

Starts and ends are pills, decisions diamonds, waits have a double line, sub-processes bars at both ends, forks and joins
are bars; the beginning of a life cycle is a dot, its memory a circle, an arrow to another page ends in a tag that points on;
a step that may be skipped has a dashed border.
"""

from __future__ import annotations

from typing import Final

from oyiflow.diagram.chart import Highlight, NodeKind
from oyiflow.diagram.drawing import Box, DrawnNode
from oyiflow.diagram.scene.badges import badges
from oyiflow.diagram.scene.primitives import Mark, Path, Pen, Rect, Segment, line, polygon, within, words_of
from oyiflow.diagram.scene.theme import Look, Theme

PILL: Final = 20.0  # rounding of starts and ends: more would cut into several lines of text
RADIUS: Final = 4.0
WAIT: Final = 12.0
BAR: Final = 2.0
GAP: Final = 3.0
SIDE: Final = 6.0
PLUS: Final = 10.0
OPTIONAL: Final = (7.0, 4.0)
DROPPED: Final = (2.0, 3.0)
THIN: Final = 1.4
SOLID: Final = frozenset({"fork", "join", "initial"})


def step(node: DrawnNode, theme: Theme, seen: Highlight) -> tuple[Mark, ...]:
    """Outline, text and badges of a step."""
    look, width = look_of(node, theme, seen)
    dash = OPTIONAL if node.conditional else None
    if seen.changes.get(node.id) == "removed":
        dash = DROPPED
    texts = [words_of(text, look.ink if text.size == node.lines[0].size else _note(look, theme)) for text in node.lines]
    struck = [
        Path(segments=line((text.left - 2, text.y - text.size * 0.36), (text.left + text.width + 2, text.y - text.size * 0.36)), pen=Pen(colour=look.stroke, width=1.1))
        for text in texts
        if seen.changes.get(node.id) == "removed"
    ]  # fmt: skip
    pen = Pen(colour=look.stroke, width=width, dash=dash)
    fill = look.stroke if node.kind in SOLID and not dash else look.fill
    return (*outline(node.kind, node.box, fill, pen), *texts, *struck, *badges(node, theme, seen))


def _note(look: Look, theme: Theme) -> str:
    """Small text is quieter, where it stands on the plain ground of steps."""
    return theme.quiet if look.fill == theme.step.fill and look.ink == theme.ink else look.ink


def look_of(node: DrawnNode, theme: Theme, seen: Highlight) -> tuple[Look, float]:
    """Colours and the width of the outline; what is most urgent wins."""
    change = seen.changes.get(node.id)
    if change:
        look = {"added": theme.added, "removed": theme.removed, "changed": theme.changed}[change]
        return look, THIN if change == "removed" else 3.0
    if node.id in seen.current:
        return theme.here, 3.6
    if node.id in seen.mine:
        return theme.mine, 3.0
    if seen.visited.get(node.id) or node.id in seen.order:
        return theme.done, 2.2
    if node.kind in SOLID:
        return Look(stroke=theme.step.stroke, fill=theme.step.stroke, ink=theme.ink), 0.0
    return (theme.decision if node.kind == "decision" else theme.step), THIN


def outline(kind: NodeKind, box: Box, fill: str, pen: Pen) -> tuple[Mark, ...]:
    """The shape of a kind of step."""
    if kind == "decision":
        return (Path(segments=polygon((box.cx, box.y), (box.right, box.cy), (box.cx, box.y + box.h), (box.x, box.cy)), fill=fill, pen=pen),)  # fmt: skip
    if kind == "connector":
        return (Path(segments=_tag(box), fill=fill, pen=pen),)
    half = min(box.w, box.h) / 2
    radii = {"start": _pill(box), "end": _pill(box), "wait": WAIT, "fork": BAR, "join": BAR, "initial": half, "history": half}
    shape = Rect(box=box, fill=fill, pen=pen if pen.width else None, radius=radii.get(kind, RADIUS))
    thin = Pen(colour=pen.colour)
    if kind == "sub":
        bars = [segment for x in (box.x + SIDE, box.right - SIDE) for segment in line((x, box.y), (x, box.y + box.h))]
        return shape, Path(segments=tuple(bars), pen=thin), *_plus(box, thin)
    if kind == "wait":
        return shape, Rect(box=within(box, GAP), pen=thin, radius=WAIT - GAP)
    return (shape,)


def _plus(box: Box, pen: Pen) -> tuple[Mark, ...]:
    """The sign of a step that has a chart of its own."""
    x, y, arm = box.cx, box.y + box.h - PLUS / 2, PLUS * 0.28
    square = Rect(box=Box(x=x - PLUS / 2, y=y - PLUS / 2, w=PLUS, h=PLUS), pen=pen)
    return square, Path(segments=(*line((x - arm, y), (x + arm, y)), *line((x, y - arm), (x, y + arm))), pen=pen)


def _tag(box: Box) -> tuple[Segment, ...]:
    """The sign for a way that goes on elsewhere: a box that ends in a point."""
    point = min(box.h * 0.35, 10.0)
    return polygon((box.x, box.y), (box.right, box.y), (box.right, box.y + box.h - point), (box.cx, box.y + box.h), (box.x, box.y + box.h - point))  # fmt: skip


def _pill(box: Box) -> float:
    return min(box.w / 2, box.h / 2, PILL)
