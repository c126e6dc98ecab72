"""The same places for another language: a drawing made for both languages, with the texts of one.

So that the Chinese and the English page of a process can be laid side by side, or one over the other, and every step is
where it was. Texts are wrapped anew into the room that the two languages together had. A text that should not fit there
keeps both languages rather than run over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from oyiflow.diagram.chart import Chart
from oyiflow.diagram.drawing import Box, Drawing, DrawnEdge, DrawnNode, TextLine
from oyiflow.diagram.layout.sheet import around, text_lines
from oyiflow.diagram.layout.sizes import EM, HEAD, LABEL, LABEL_LINE, SMALL, Block, block
from oyiflow.diagram.text import balanced, text_width

SLACK: Final = 0.5
ASIDE: Final = 1.4 * EM  # of a box, beside its text
ABOVE: Final = 0.9 * EM
DIAMOND: Final = (1.0, 1.1, 1.2, 1.35, 1.5)  # widths that are tried in a diamond, of that of the text that was there
FULL: Final = 0.95
PAD: Final = 4.0  # of a label
BESIDE: Final = 8.0


def roomy(both: Chart, others: Sequence[Chart]) -> Chart:
    """The chart in both languages, with the longest of the notes that it and the others have: notes are written in one."""
    notes: dict[str, str] = {}
    for chart in (both, *others):
        for node in chart.nodes:
            notes[node.id] = max(notes.get(node.id, ""), node.note, key=text_width)
    return replace(both, nodes=tuple(replace(node, note=notes[node.id]) for node in both.nodes))


def relabelled(drawing: Drawing, chart: Chart) -> Drawing:
    """The drawing with the texts of a chart of the same steps; `drawing` was laid out with longer ones."""
    steps = {node.id: node for node in chart.nodes}
    arrows = {edge.id: edge.label for edge in chart.edges}
    bands = {lane.id: lane.title for lane in chart.lanes} | {frame.id: frame.title for frame in chart.frames}
    nodes = []
    for node in drawing.nodes:
        one = steps.get(node.id)
        if one is None:  # a connector
            nodes.append(node)
            continue
        texts = [(one.label, EM), (one.note, SMALL), (one.document, SMALL)]
        nodes.append(_fitted(node, one.label, texts))
    return replace(
        drawing,
        title=chart.title,
        title_lines=tuple(replace(line, text=chart.title) for line in drawing.title_lines[:1]),
        nodes=tuple(nodes),
        edges=tuple(
            replace(edge, label=label, lines=_label(label, edge))
            for edge in drawing.edges
            for label in (arrows.get(edge.id, edge.label),)
        ),
        lanes=tuple(
            replace(lane, title=title, lines=_name(title, lane.title_box, lane.lines))
            for lane in drawing.lanes
            for title in (bands.get(lane.id, lane.title),)
        ),
        frames=tuple(
            replace(one, title=title, lines=_name(title, one.title_box, one.lines))
            for one in drawing.frames
            for title in (bands.get(one.id, one.title),)
        ),
    )


def _fitted(node: DrawnNode, label: str, texts: list[tuple[str, float]]) -> DrawnNode:
    """The first wrapping that fits; the step as it is if none does."""
    box = node.box
    for width in _widths(node):
        text = block([(words, size, width) for words, size in texts])
        if _fits(node, text):
            text_box = around(box.cx, box.cy, text.w, text.h)
            return replace(node, label=label, text_box=text_box, lines=text_lines(text, box.cx, box.cy))
    return node


def _widths(node: DrawnNode) -> tuple[float, ...]:
    least = max(node.text_box.w, EM)
    if node.kind == "decision":
        return tuple(least * part for part in DIAMOND)
    return (max(least, node.box.w - ASIDE),)


def _fits(node: DrawnNode, text: Block) -> bool:
    """Inside the box with a margin; in a diamond of W by H, if w/W + h/H is less than 1."""
    box, room = node.box, node.text_box
    if text.w <= room.w + SLACK and text.h <= room.h + SLACK:
        return True
    if node.kind == "decision":
        return text.w / box.w + text.h / box.h <= FULL
    return text.w <= max(room.w, box.w - ASIDE) + SLACK and text.h <= max(room.h, box.h - ABOVE) + SLACK


def _label(label: str, edge: DrawnEdge) -> tuple[TextLine, ...]:
    box = edge.label_box
    if box is None:
        return ()
    lines = balanced(label, (box.w - PAD) / LABEL)
    width = max((text_width(line) * LABEL for line in lines), default=0.0)
    text = Block(rows=tuple((line, LABEL) for line in lines), w=width, h=LABEL_LINE * len(lines))
    fits = text.h <= box.h + SLACK and width <= box.w + SLACK
    return text_lines(text, _middle(edge, box, width), box.cy) if fits else edge.lines


def _middle(edge: DrawnEdge, box: Box, width: float) -> float:
    """Beside a line that stands next to the label, else in the label's middle."""
    for (x1, y1), (x2, y2) in pairwise(edge.points):
        if x1 == x2 and min(y1, y2) < box.cy < max(y1, y2):
            if 0 <= box.x - x1 <= BESIDE:
                return box.x + PAD / 2 + width / 2
            if 0 <= x1 - box.right <= BESIDE:
                return box.right - PAD / 2 - width / 2
    return box.cx


def _name(title: str, box: Box, kept: tuple[TextLine, ...]) -> tuple[TextLine, ...]:
    if not kept:
        return ()
    size, anchor = kept[0].size, kept[0].anchor
    text = block([(title, size, max(box.w, HEAD))], bold=True)
    if text.w > box.w + SLACK or text.h > box.h + SLACK:
        return kept
    return text_lines(text, box.cx if anchor == "middle" else kept[0].x, box.cy, anchor=anchor)
