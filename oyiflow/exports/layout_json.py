"""A drawing as JSON: everything that a program needs to show it, in pixels, y downwards.

The shape is described by `layout.schema.json` beside this module and by the documents. `version` counts changes that would mislead a
reader of the old shape; parts may be added under the same number.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from oyiflow.diagram.drawing import Box, Drawing, TextLine

FORMAT, VERSION = "oyiflow-layout", 1


def layout_json(drawing: Drawing) -> str:
    """The JSON text of a drawing: one line for each lane, frame, step and arrow."""
    data = as_data(drawing)
    lines = ["{"]
    for name, value in data.items():
        comma = "," if name != "edges" else ""
        if isinstance(value, list) and value:
            rows = ",\n".join(f"  {_text(row)}" for row in value)
            lines.append(f"{_text(name)}: [\n{rows}\n]{comma}")
        else:
            lines.append(f"{_text(name)}: {_text(value)}{comma}")
    return "\n".join([*lines, "}"]) + "\n"


def as_data(drawing: Drawing) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "process": drawing.id,
        "title": drawing.title,
        "direction": drawing.direction,
        "em": drawing.em,
        "size": [drawing.width, drawing.height],
        "title_lines": _lines(drawing.title_lines),
        "lanes": [
            {"id": lane.id, "title": lane.title, "box": _box(lane.box), "head": _box(lane.head), "lines": _lines(lane.lines)}
            for lane in drawing.lanes
        ],
        "frames": [
            {
                "id": frame.id, "title": frame.title, "kind": frame.kind, "parent": frame.parent, "box": _box(frame.box),
                "head": _box(frame.head), "lines": _lines(frame.lines), "dividers": [[list(a), list(b)] for a, b in frame.dividers],
            }
            for frame in drawing.frames
        ],
        "nodes": [
            {
                "id": node.id, "kind": node.kind, "lane": node.lane, "frame": node.frame, "label": node.label,
                "conditional": node.conditional, "box": _box(node.box), "text_box": _box(node.text_box), "lines": _lines(node.lines),
            }
            for node in drawing.nodes
        ],
        "edges": [
            {
                "id": edge.id, "source": edge.source, "target": edge.target, "kind": edge.kind, "back": edge.back, "label": edge.label,
                "points": [list(point) for point in edge.points], "label_box": _box(edge.label_box) if edge.label_box else None,
                "lines": _lines(edge.lines),
            }
            for edge in drawing.edges
        ],
    }  # fmt: skip


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _box(box: Box) -> list[float]:
    return [box.x, box.y, box.w, box.h]


def _lines(lines: Iterable[TextLine]) -> list[dict[str, Any]]:
    return [{"text": line.text, "x": line.x, "y": line.y, "size": line.size, "anchor": line.anchor} for line in lines]
