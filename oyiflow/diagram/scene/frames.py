"""Frames: enclosing states, with a band for their name; regions of a parallel state parted by dashed lines.

Frames are filled in turn with what is around them, so that nesting can be seen. A region has a name and no outline of its
own; its neighbours and the parallel frame part it from the rest.
"""

from __future__ import annotations

from typing import Final

from oyiflow.diagram.chart import Highlight
from oyiflow.diagram.drawing import DrawnFrame
from oyiflow.diagram.scene.primitives import Mark, Path, Pen, Rect, line, words_of
from oyiflow.diagram.scene.theme import Theme

RADIUS: Final = 6.0
THIN: Final = 1.2
THICK: Final = 2.4
DIVIDED: Final = (6.0, 4.0)
DROPPED: Final = (2.0, 3.0)


def frame(one: DrawnFrame, depth: int, theme: Theme, seen: Highlight) -> tuple[Mark, ...]:
    """Ground, outline, band, dividers and name of a frame."""
    colour, width = _look(one, theme, seen)
    name = tuple(words_of(text, theme.ink, bold=True) for text in one.lines)
    if one.kind == "region":
        return name
    dash = DROPPED if seen.changes.get(one.id) == "removed" else None
    pen = Pen(colour=colour, width=width, dash=dash)
    marks: list[Mark] = [Rect(box=one.box, fill=theme.lane_fills[(depth + 1) % 2], pen=pen, radius=RADIUS)]
    if one.lines:
        low = one.head.y + one.head.h
        marks.append(Path(segments=line((one.head.x, low), (one.head.right, low)), pen=Pen(colour=theme.lane_line)))
    marks += [Path(segments=line(*ends), pen=Pen(colour=colour, width=THIN, dash=DIVIDED)) for ends in one.dividers]
    return (*marks, *name)


def _look(one: DrawnFrame, theme: Theme, seen: Highlight) -> tuple[str, float]:
    """Colour and width of the outline."""
    change = seen.changes.get(one.id)
    if change:
        look = {"added": theme.added, "removed": theme.removed, "changed": theme.changed}[change]
        return look.stroke, THIN if change == "removed" else THICK
    if one.id in seen.current:
        return theme.here.stroke, THICK
    if seen.visited.get(one.id):
        return theme.done.stroke, 1.6
    return theme.quiet, THIN
