"""A drawing as SVG text that any viewer shows alike.

Colours are literal and sizes are pixels: no style sheet, no ``var()``, no markers, no script, so the file looks the
same in a browser, in an office program and in a plain rasteriser.  Every lane, step and arrow is a group whose
``data-*`` attributes repeat its geometry, for tools that measure or animate a chart:

  <svg data-dir data-em>, <g class="lane" data-id data-bbox data-title-bbox>,
  <g class="node" data-id data-lane data-kind data-bbox data-text-bbox>,
  <g class="edge" data-id data-from data-to data-points data-label-bbox>; a box is "x y w h".

A highlight is drawn over the rest: the path taken is thicker and green, the current step has a thick orange border,
and a step visited more than once carries a badge, so a black-and-white print still tells the story.

Labels are untrusted: everything from the chart is escaped and control characters are dropped.  Same drawing, same
bytes.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final, Literal

from oyiflow.diagram.chart import Highlight
from oyiflow.diagram.drawing import Box, Drawing, DrawnEdge, DrawnLane, DrawnNode, Point, TextLine
from oyiflow.diagram.text import text_width

Lang = Literal["zh", "en"]

FONTS: Final = "'Noto Sans CJK SC','Source Han Sans SC','Source Han Sans CN','PingFang SC','Microsoft YaHei',sans-serif"
INK: Final = "#1B2333"
LANE_LINE: Final = "#9AAFC4"
LANE_HEAD: Final = "#E6EDF5"
LANE_FILLS: Final = ("#F6F8FC", "#FFFFFF")
BACK: Final = "#8B3A3A"
LATE: Final = "#7A5A00"
DONE: Final = "#1E8A4C"
DONE_FILL: Final = "#E2F4E8"
HERE: Final = "#D9480F"
HERE_FILL: Final = "#FFE3C4"
FILLS: Final = {"decision": "#FFF6DF", "fork": INK, "join": INK}
RADIUS: Final = 5.0
PILL: Final = 20.0  # rounding of starts and ends: more would cut into several lines of text
CURVE: Final = 1.6232  # length of a rounded corner, in radii
ARROW: Final = 9.0
ARROW_HALF: Final = 4.3
BADGE: Final = 11.0


def svg(drawing: Drawing, *, highlight: Highlight | None = None, lang: Lang = "zh") -> str:
    """The whole chart; with a highlight, what a run has done so far on top of it."""
    seen = highlight or Highlight()
    parts = [_open(drawing, lang), f'<rect width="{_n(drawing.width)}" height="{_n(drawing.height)}" fill="#FFFFFF"/>']
    parts += [_text(line, INK, bold=True) for line in drawing.title_lines]
    parts += [_lane(lane, index) for index, lane in enumerate(drawing.lanes)]
    parts += [_edge(edge, 0) for edge in drawing.edges if not seen.taken.get(edge.id)]
    parts += [_edge(edge, seen.taken[edge.id]) for edge in drawing.edges if seen.taken.get(edge.id)]
    parts += [_node(node, seen) for node in drawing.nodes]
    return "\n".join([*parts, "</svg>", ""])


def _open(drawing: Drawing, lang: Lang) -> str:
    counts = len(drawing.lanes), len(drawing.nodes), len(drawing.edges)
    zh = f"泳道流程图：{counts[0]} 条泳道，{counts[1]} 个步骤，{counts[2]} 条箭头。"
    en = f"Swimlane chart: {counts[0]} lanes, {counts[1]} steps, {counts[2]} arrows."
    size = f"{_n(drawing.width)} {_n(drawing.height)}".split()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}"'
        f' viewBox="0 0 {size[0]} {size[1]}" role="img" lang="{lang}" xml:lang="{lang}"'
        f' data-dir="{drawing.direction}" data-em="{_n(drawing.em)}" data-id="{_escape(drawing.id)}"'
        f' font-family="{FONTS}">\n'
        f"<title>{_escape(drawing.title or drawing.id)}</title>\n<desc>{zh if lang == 'zh' else en}</desc>"
    )


def _lane(lane: DrawnLane, index: int) -> str:
    return (
        f'<g class="lane" data-id="{_escape(lane.id)}" data-bbox="{_box(lane.box)}"'
        f' data-title-bbox="{_box(lane.title_box)}">'
        f'<rect {_rect(lane.box)} fill="{LANE_FILLS[index % 2]}" stroke="{LANE_LINE}"/>'
        f'<rect {_rect(lane.head)} fill="{LANE_HEAD}" stroke="{LANE_LINE}"/>'
        f"{''.join(_text(line, INK, bold=True) for line in lane.lines)}</g>"
    )


# -- arrows


def _edge(edge: DrawnEdge, times: int) -> str:
    colour, width, dashes = _pen(edge, times)
    line = _shortened(edge.points)
    label = f' data-label-bbox="{_box(edge.label_box)}"' if edge.label_box else ""
    points = " ".join(f"{_n(x)},{_n(y)}" for x, y in edge.points)
    taken = f' data-taken="{times}"' if times else ""
    return (
        f'<g class="edge" data-id="{_escape(edge.id)}" data-from="{_escape(edge.source)}"'
        f' data-to="{_escape(edge.target)}" data-kind="{edge.kind}" data-points="{points}"{label}{taken}>'
        f'<path d="{_rounded(line)}" fill="none" stroke="{colour}" stroke-width="{width}"{_dash(line, dashes)}/>'
        f'<path d="{_arrowhead(edge.points, 1.15 if times else 1.0)}" fill="{colour}"/>'
        f"{''.join(_text(line, colour, bold=bool(times)) for line in edge.lines)}</g>"
    )


def _pen(edge: DrawnEdge, times: int) -> tuple[str, str, tuple[int, int] | None]:
    """Colour, width and dashes: they say rejection, timeout or plain flow, and whether the arrow was taken."""
    colour, dashes = INK, None
    if edge.kind == "timeout":
        colour, dashes = LATE, (2, 3)
    elif edge.kind == "reject" or edge.back:
        colour, dashes = BACK, (6, 4)
    return (DONE, "3", dashes) if times else (colour, "1.4", dashes)


def _dash(points: list[Point], dashes: tuple[int, int] | None) -> str:
    """Dashes are counted from the arrow's end, so that those of two arrows on one trunk fall together."""
    if dashes is None:
        return ""
    length = sum(abs(x2 - x1) + abs(y2 - y1) for (x1, y1), (x2, y2) in pairwise(points))
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        length -= (1 - CURVE / 2) * (_reach(corner, before) + _reach(corner, after))
    return f' stroke-dasharray="{dashes[0]} {dashes[1]}" stroke-dashoffset="{_n(-length % sum(dashes))}"'


def _reach(corner: Point, other: Point) -> float:
    """How far from a corner its rounding begins; less if the next corner is near."""
    return min(RADIUS, (abs(other[0] - corner[0]) + abs(other[1] - corner[1])) / 2)


def _shortened(points: tuple[Point, ...]) -> list[Point]:
    """The line stops inside the arrowhead, so that its end never shows beside the tip."""
    (x1, y1), (x2, y2) = points[-2], points[-1]
    length = abs(x2 - x1) + abs(y2 - y1)
    cut = min(ARROW * 0.7, length / 2)
    unit = ((x2 > x1) - (x2 < x1), (y2 > y1) - (y2 < y1))
    return [*points[:-1], (x2 - unit[0] * cut, y2 - unit[1] * cut)]


def _rounded(points: list[Point]) -> str:
    path = [f"M{_n(points[0][0])} {_n(points[0][1])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        a, b = _towards(corner, before), _towards(corner, after)
        path.append(f"L{_n(a[0])} {_n(a[1])}Q{_n(corner[0])} {_n(corner[1])} {_n(b[0])} {_n(b[1])}")
    path.append(f"L{_n(points[-1][0])} {_n(points[-1][1])}")
    return "".join(path)


def _towards(corner: Point, other: Point) -> Point:
    """The point where the rounding of a corner begins."""
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    part = _reach(corner, other) / ((abs(dx) + abs(dy)) or 1.0)
    return corner[0] + dx * part, corner[1] + dy * part


def _arrowhead(points: tuple[Point, ...], scale: float) -> str:
    (x1, y1), (x, y) = points[-2], points[-1]
    dx, dy = (x > x1) - (x < x1), (y > y1) - (y < y1)
    back, half = ARROW * scale, ARROW_HALF * scale
    ax, ay = x - dx * back, y - dy * back
    left, right = (ax - dy * half, ay + dx * half), (ax + dy * half, ay - dx * half)
    return f"M{_n(x)} {_n(y)}L{_n(left[0])} {_n(left[1])}L{_n(right[0])} {_n(right[1])}Z"


# -- steps


def _node(node: DrawnNode, seen: Highlight) -> str:
    lane = f' data-lane="{_escape(node.lane)}"' if node.lane is not None else ""
    times = seen.visited.get(node.id, 0)
    here = node.id in seen.current
    ink = INK if node.kind not in ("fork", "join") else "none"
    stroke, fill, width = ink, FILLS.get(node.kind, "#FFFFFF"), "1.4"
    if times:
        stroke, fill, width = DONE, DONE_FILL, "2.2"
    if here:
        stroke, fill, width = HERE, HERE_FILL, "3.6"
    dash = ' stroke-dasharray="7 4"' if node.conditional else ""
    state = (' data-current="true"' if here else "") + (f' data-visits="{times}"' if times else "")
    return (
        f'<g class="node" data-id="{_escape(node.id)}"{lane} data-kind="{node.kind}" data-bbox="{_box(node.box)}"'
        f' data-text-bbox="{_box(node.text_box)}"{state}><title>{_escape(node.label or node.id)}</title>'
        f'{_outline(node, f"""fill="{fill}" stroke="{stroke}" stroke-width="{width}"{dash}""", stroke)}'
        f"{''.join(_text(line, INK) for line in node.lines)}{_badge(node, times) if times > 1 else ''}</g>"
    )


def _outline(node: DrawnNode, paint: str, stroke: str) -> str:
    box = node.box
    if node.kind == "decision":
        return (
            f'<path d="M{_n(box.cx)} {_n(box.y)}L{_n(box.x + box.w)} {_n(box.cy)}L{_n(box.cx)} {_n(box.y + box.h)}'
            f'L{_n(box.x)} {_n(box.cy)}Z" {paint} stroke-linejoin="round"/>'
        )
    pill = min(box.w / 2, box.h / 2, PILL)
    radius = {"start": pill, "end": pill, "wait": 12.0, "fork": 2.0, "join": 2.0}
    shape = f'<rect {_rect(box)} rx="{_n(radius.get(node.kind, 4.0))}" {paint}/>'
    if node.kind == "sub":
        bars = "".join(f"M{_n(x)} {_n(box.y)}V{_n(box.y + box.h)}" for x in (box.x + 6, box.x + box.w - 6))
        shape += f'<path d="{bars}" stroke="{stroke}" fill="none"/>'
    if node.kind == "wait":
        inner = Box(x=box.x + 3, y=box.y + 3, w=box.w - 6, h=box.h - 6)
        shape += f'<rect {_rect(inner)} rx="9" fill="none" stroke="{stroke}"/>'
    return shape


def _badge(node: DrawnNode, times: int) -> str:
    """How often a step was visited, on the upper right of its outline."""
    box = node.box
    x, y = (box.x + box.w * 0.78, box.y + box.h * 0.2) if node.kind == "decision" else (box.x + box.w - 4, box.y)
    text = f"×{times}"
    width = max(2 * BADGE, text_width(text, bold=True) * 12 + 8)
    line = TextLine(text=text, x=x, y=y + 4.3, size=12.0)
    plate = Box(x=line.x - width / 2, y=y - BADGE + 1, w=width, h=2 * BADGE - 2)
    return (
        f'<g class="badge"><rect {_rect(plate)} rx="{_n(plate.h / 2)}" fill="{DONE}" stroke="#FFFFFF"'
        f' stroke-width="1.5"/>{_text(line, "#FFFFFF", bold=True)}</g>'
    )


# -- text and numbers


def _text(line: TextLine, colour: str, *, bold: bool = False) -> str:
    anchor = f' text-anchor="{line.anchor}"' if line.anchor != "start" else ""
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{_n(line.x)}" y="{_n(line.y)}" font-size="{_n(line.size)}"{anchor}{weight} fill="{colour}">'
        f"{_escape(line.text)}</text>"
    )


def _escape(text: str) -> str:
    """XML text or attribute value; characters XML forbids are dropped."""
    kept = "".join(char for char in text if _is_legal(ord(char)))
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        kept = kept.replace(char, entity)
    return kept.replace("\n", " ").replace("\t", " ").replace("\r", " ")


def _is_legal(code: int) -> bool:
    if code < 0x20:
        return code in (0x09, 0x0A, 0x0D)
    return not (0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000 or code & 0xFFFE == 0xFFFE)


def _n(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _box(box: Box) -> str:
    return f"{_n(box.x)} {_n(box.y)} {_n(box.w)} {_n(box.h)}"


def _rect(box: Box) -> str:
    return f'x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.w)}" height="{_n(box.h)}"'
