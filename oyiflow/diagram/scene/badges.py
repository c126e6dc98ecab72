"""Badges on the upper edge of a step: what colour alone would say, said by a number or a shape.

On the right: how often the step was visited (×2). On the left, beside one another (on a diamond outwards): where the run stands (a pointer), in
which order a trace came here (1, 4), that it is mine (a person), what a newer version did to it (+ × ~).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from oyiflow.diagram.chart import Difference, Highlight
from oyiflow.diagram.drawing import Box, DrawnNode, Point
from oyiflow.diagram.scene.primitives import Group, Mark, Path, Pen, Rect, Words, line, polygon
from oyiflow.diagram.scene.theme import Theme
from oyiflow.diagram.text import text_width

HIGH: Final = 20.0
SIZE: Final = 12.0
BASELINE: Final = 4.3
SIGN: Final = 15.0
ORDERS: Final = 3  # numbers of a trace shown on one step

Drawn = Callable[[Point], tuple[Mark, ...]]


def badges(node: DrawnNode, theme: Theme, seen: Highlight) -> tuple[Mark, ...]:
    """The badges of a step."""
    groups: list[Mark] = []
    left, right, y = _corners(node)
    times = seen.visited.get(node.id, 0)
    if times > 1:
        groups.append(_group(_plate(f"×{times}", (right, y), theme.done.stroke, theme)))
    outward = -1 if node.kind == "decision" else 1  # on a diamond they would soon stand on its text
    for width, drawn in _left_ones(node, theme, seen):
        groups.append(_group(drawn((left + outward * width / 2, y))))
        left += outward * (width + 3)
    return tuple(groups)


def _left_ones(node: DrawnNode, theme: Theme, seen: Highlight) -> list[tuple[float, Drawn]]:
    found: list[tuple[float, Drawn]] = []
    change = seen.changes.get(node.id)
    if change:
        found.append((HIGH, lambda at: sign_at(at, change, theme, scale=HIGH / SIGN)))
    if node.id in seen.current:
        found.append((HIGH, lambda at: pointer_at(at, theme)))
    order = seen.order.get(node.id, ())
    if order:
        text = ",".join(map(str, order[:ORDERS])) + ("…" if len(order) > ORDERS else "")
        found.append((_plate_width(text), lambda at: _plate(text, at, theme.done.stroke, theme)))
    if node.id in seen.mine:
        found.append((HIGH, lambda at: person_at(at, theme)))
    return found


def _corners(node: DrawnNode) -> tuple[float, float, float]:
    """Where badges begin on the left, the middle of the one on the right, and their height."""
    box = node.box
    if node.kind == "decision":
        return box.x + box.w * 0.22 + HIGH / 2, box.x + box.w * 0.78, box.y + box.h * 0.18
    return box.x - 6, box.right - 4, box.y


def _group(marks: tuple[Mark, ...]) -> Group:
    return Group(marks=marks, attributes=(("class", "badge"),))


def _plate_width(text: str) -> float:
    return max(22.0, text_width(text, bold=True) * SIZE + 8)


def _plate(text: str, at: Point, colour: str, theme: Theme) -> tuple[Mark, ...]:
    width = _plate_width(text)
    return (
        _pill(at, width, colour, theme),
        Words(text=text, x=at[0], y=at[1] + BASELINE, size=SIZE, colour=theme.badge_ink, bold=True),
    )


def _pill(at: Point, width: float, colour: str, theme: Theme, high: float = HIGH) -> Rect:
    box = Box(x=at[0] - width / 2, y=at[1] - high / 2, w=width, h=high)
    return Rect(box=box, fill=colour, pen=Pen(colour=theme.badge_ink, width=1.5), radius=high / 2)


def pointer_at(at: Point, theme: Theme) -> tuple[Mark, ...]:
    """Where a run stands."""
    x, y = at
    return (
        _pill(at, HIGH, theme.here.stroke, theme),
        Path(segments=polygon((x - 3.6, y - 5), (x + 5.4, y), (x - 3.6, y + 5)), fill=theme.badge_ink),
    )


def person_at(at: Point, theme: Theme) -> tuple[Mark, ...]:
    """A step of the role that was asked for."""
    x, y = at
    head = Rect(box=Box(x=x - 2.6, y=y - 6.4, w=5.2, h=5.2), fill=theme.badge_ink, radius=2.6)
    body = Path(segments=(*line((x - 5, y + 5.6), (x - 5, y + 4)), ("Q", (x - 5, y, x, y)), ("Q", (x + 5, y, x + 5, y + 4)), ("L", (x + 5, y + 5.6)), ("Z", ())), fill=theme.badge_ink)  # fmt: skip
    return (_pill(at, HIGH, theme.mine.stroke, theme), head, body)


def sign_at(at: Point, change: Difference, theme: Theme, *, scale: float = 1.0) -> tuple[Mark, ...]:
    """What a newer version did: + added, × removed, ~ changed."""
    x, y = at
    look = {"added": theme.added, "removed": theme.removed, "changed": theme.changed}[change]
    arm = 4.2 * scale
    if change == "added":
        segments = (*line((x - arm, y), (x + arm, y)), *line((x, y - arm), (x, y + arm)))
    elif change == "removed":
        arm *= 0.8
        segments = (*line((x - arm, y - arm), (x + arm, y + arm)), *line((x - arm, y + arm), (x + arm, y - arm)))
    else:
        high = arm * 0.7
        segments = (
            ("M", (x - arm, y + high / 3)),
            ("Q", (x - arm / 2, y - high * 1.6, x, y)),
            ("Q", (x + arm / 2, y + high * 1.6, x + arm, y - high / 3)),
        )  # fmt: skip
    return (
        _pill(at, SIGN * scale, look.stroke, theme, SIGN * scale),
        Path(segments=segments, pen=Pen(colour=theme.badge_ink, width=1.9 * scale)),
    )
