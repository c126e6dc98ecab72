"""What must be true of every drawing, checked on the geometry alone: ``faults`` names each breach.

Boxes do not overlap; no arrow runs through a step or ends beside one; arrows come and go at different points; text fits
its shape; every step is in its lane and lanes are full-length bands in order; labels and lane heads are touched by
nothing; forward arrows never climb.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

from oyiflow.diagram.drawing import Box, Drawing, DrawnEdge, DrawnNode, Point

SLACK = 0.6


def faults(drawing: Drawing) -> list[str]:
    checks = (_boxes, _lanes, _texts, _ways, _ends, _ports, _labels, _direction)
    return [fault for check in checks for fault in check(drawing)]


def crossings(drawing: Drawing) -> int:
    """Pairs of runs of different arrows that meet inside both."""
    count = 0
    for one, two in combinations(drawing.edges, 2):
        for a in pairwise(one.points):
            for b in pairwise(two.points):
                count += _cross(a, b) or _cross(b, a)
    return count


def _cross(level: tuple[Point, Point], upright: tuple[Point, Point]) -> bool:
    (x1, y1), (x2, y2) = level
    (x3, y3), (x4, y4) = upright
    if y1 != y2 or x3 != x4:
        return False
    return min(x1, x2) + 1 < x3 < max(x1, x2) - 1 and min(y3, y4) + 1 < y1 < max(y3, y4) - 1


def overlap(a: Box, b: Box) -> bool:
    across = min(a.x + a.w, b.x + b.w) - max(a.x, b.x)
    return across > SLACK and min(a.y + a.h, b.y + b.h) - max(a.y, b.y) > SLACK


def runs(edge: DrawnEdge) -> Iterator[Box]:
    for (x1, y1), (x2, y2) in pairwise(edge.points):
        yield Box(x=min(x1, x2), y=min(y1, y2), w=abs(x1 - x2), h=abs(y1 - y2))


def inside(node: DrawnNode, run: Box) -> bool:
    """Does an upright or level run enter the shape by more than a pixel?"""
    box = node.box
    x = min(max(box.cx, run.x), run.x + run.w)
    y = min(max(box.cy, run.y), run.y + run.h)
    across, down = abs(x - box.cx) / (box.w / 2 - 1), abs(y - box.cy) / (box.h / 2 - 1)
    return across + down < 1 if node.kind == "decision" else max(across, down) < 1


def _boxes(drawing: Drawing) -> Iterator[str]:
    for a, b in combinations(drawing.nodes, 2):
        if overlap(a.box, b.box):
            yield f"{a.id} lies on {b.id}"


def _lanes(drawing: Drawing) -> Iterator[str]:
    down = drawing.direction == "TB"
    lanes = {lane.id: lane for lane in drawing.lanes}
    for node in drawing.nodes:
        if node.lane is None:
            continue
        lane, box = lanes[node.lane].box, node.box
        if box.x < lane.x or box.y < lane.y or box.x + box.w > lane.x + lane.w or box.y + box.h > lane.y + lane.h:
            yield f"{node.id} leaves its lane"
    for one, two in pairwise(drawing.lanes):
        a, b = one.box, two.box
        along = (a.x + a.w - b.x, a.y - b.y, a.h - b.h) if down else (a.y + a.h - b.y, a.x - b.x, a.w - b.w)
        if max(map(abs, along)) > 0.1:
            yield f"lanes {one.id} and {two.id} are not neighbours of one length"
    for lane in drawing.lanes:
        for edge in drawing.edges:
            if any(overlap(lane.head, Box(x=run.x - 1, y=run.y - 1, w=run.w + 2, h=run.h + 2)) for run in runs(edge)):
                yield f"{edge.id} runs over the head of {lane.id}"


def _texts(drawing: Drawing) -> Iterator[str]:
    for node in drawing.nodes:
        box, text = node.box, node.text_box
        fits = text.w / box.w + text.h / box.h <= 1.001 if node.kind == "decision" else text.w <= box.w and text.h <= box.h
        if not fits:
            yield f"the text of {node.id} does not fit"


def _ways(drawing: Drawing) -> Iterator[str]:
    for edge in drawing.edges:
        for (x1, y1), (x2, y2) in pairwise(edge.points):
            if x1 != x2 and y1 != y2:
                yield f"{edge.id} is slanted"
        for run in runs(edge):
            for node in drawing.nodes:
                if inside(node, run):
                    yield f"{edge.id} runs through {node.id}"


def _ends(drawing: Drawing) -> Iterator[str]:
    nodes = {node.id: node for node in drawing.nodes}
    for edge in drawing.edges:
        for name, (x, y) in ((edge.source, edge.points[0]), (edge.target, edge.points[-1])):
            node = nodes[name]
            across, down = abs(x - node.box.cx) / (node.box.w / 2), abs(y - node.box.cy) / (node.box.h / 2)
            reach = across + down if node.kind == "decision" else max(across, down)
            if abs(reach - 1) > 0.01:
                yield f"{edge.id} does not end on the outline of {name}"


def _ports(drawing: Drawing) -> Iterator[str]:
    for one in drawing.edges:
        for two in drawing.edges:
            if one.source == two.target:
                (x1, y1), (x2, y2) = one.points[0], two.points[-1]
                if abs(x1 - x2) + abs(y1 - y2) < 0.4 * drawing.em:
                    yield f"{one.id} leaves {one.source} where {two.id} arrives"


def _labels(drawing: Drawing) -> Iterator[str]:
    labelled = [(edge, edge.label_box) for edge in drawing.edges if edge.label_box]
    for edge, box in labelled:
        for node in drawing.nodes:
            if overlap(box, node.box) and any(inside(node, part) for part in _middle(box)):
                yield f"the label of {edge.id} lies on {node.id}"
        for lane in drawing.lanes:
            if overlap(box, lane.title_box):
                yield f"the label of {edge.id} lies on the head of {lane.id}"
        for other in drawing.edges:
            shrunk = Box(x=box.x + 1, y=box.y + 1, w=box.w - 2, h=box.h - 2)
            if any(_touch(shrunk, run) for run in runs(other)):
                yield f"{other.id} runs through the label of {edge.id}"
    for (one, a), (two, b) in combinations(labelled, 2):
        if overlap(a, b):
            yield f"the labels of {one.id} and {two.id} overlap"


def _middle(box: Box) -> tuple[Box, Box]:
    return Box(x=box.x, y=box.cy, w=box.w, h=0), Box(x=box.cx, y=box.y, w=0, h=box.h)


def _touch(a: Box, b: Box) -> bool:
    return a.x < b.x + b.w and b.x < a.x + a.w and a.y < b.y + b.h and b.y < a.y + a.h


def _direction(drawing: Drawing) -> Iterator[str]:
    middle = {n.id: n.box.cy if drawing.direction == "TB" else n.box.cx for n in drawing.nodes}
    for edge in drawing.edges:
        if not edge.back and middle[edge.target] < middle[edge.source] - 1:
            yield f"{edge.id} runs against the flow"
