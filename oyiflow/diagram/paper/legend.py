"""The legend: what the symbols of this chart mean. Only symbols that occur in it are explained.

Entries stand in rows of equal columns; a sample is drawn with the same code as the chart, so it cannot say anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final

from oyiflow.diagram.chart import Difference, Highlight, NodeKind
from oyiflow.diagram.drawing import Box, Drawing, DrawnFrame, DrawnNode
from oyiflow.diagram.paper.size import NOTHING
from oyiflow.diagram.scene.arrows import BACKWARD, TIMED, sample
from oyiflow.diagram.scene.frames import frame
from oyiflow.diagram.scene.primitives import Group, Mark, Scene, Words
from oyiflow.diagram.scene.steps import step
from oyiflow.diagram.scene.theme import Theme
from oyiflow.diagram.scene.words import Lang, said
from oyiflow.diagram.text import text_width

WIDE: Final = 44.0
HIGH: Final = 18.0
ROW: Final = 33.0
SIZE: Final = 12.0
GAP: Final = 10.0
BETWEEN: Final = 28.0
BASELINE: Final = 0.36

Size = tuple[float, float]
Entry = tuple[tuple[Mark, ...], tuple[str, str]]

_KINDS: Final[dict[NodeKind, tuple[str, str]]] = {
    "start": ("开始、结束", "start, end"),
    "task": ("步骤", "step"),
    "decision": ("审批、判断", "approval, decision"),
    "initial": ("从这里开始", "begins here"),
    "wait": ("等待", "wait"),
    "sub": ("子流程", "sub-process"),
    "history": ("回到原处", "back to where it was"),
    "connector": ("转到另一页", "goes on on another page"),
    "fork": ("同时进行：分开、汇合", "parallel: split, join"),
}
_SAME: Final[dict[NodeKind, NodeKind]] = {"end": "start", "join": "fork"}


def with_legend(scene: Scene, drawing: Drawing, highlight: Highlight | None, theme: Theme, lang: Lang) -> Scene:
    """A picture with its legend below the chart."""
    left = 17.0
    found = legend(drawing, highlight, theme, lang, scene.width - 2 * left)
    if found is None:
        return scene
    group, (width, height) = found
    moved = replace(group, dx=left, dy=scene.height)
    return replace(
        scene, width=max(scene.width, width + 2 * left), height=scene.height + height + left, marks=(*scene.marks, moved)
    )


def legend(
    drawing: Drawing, highlight: Highlight | None, theme: Theme, lang: Lang, width: float
) -> tuple[Group, Size] | None:  # fmt: skip
    """The legend as a group at the origin, no wider than `width` if it can, with its size; nothing if nothing is to be explained."""
    entries = list(_entries(drawing, highlight or NOTHING, theme))
    if not entries:
        return None
    texts = [said(words, lang) for _, words in entries]
    cell = WIDE + GAP + max(text_width(text) for text in texts) * SIZE + BETWEEN
    columns = max(1, min(len(entries), int((width + BETWEEN) // cell)))
    marks: list[Mark] = []
    for place, ((drawn, _), text) in enumerate(zip(entries, texts, strict=True)):
        x, y = place % columns * cell, place // columns * ROW
        words = Words(text=text, x=WIDE + GAP, y=HIGH / 2 + BASELINE * SIZE, size=SIZE, colour=theme.ink, centred=False)
        marks.append(Group(marks=(*drawn, words), dx=x, dy=y + (ROW - HIGH) / 2))
    rows = -(-len(entries) // columns)
    return Group(marks=tuple(marks), attributes=(("class", "legend"),)), (columns * cell - BETWEEN, rows * ROW)


def _entries(drawing: Drawing, seen: Highlight, theme: Theme) -> Iterator[Entry]:
    kinds = {_SAME.get(node.kind, node.kind) for node in drawing.nodes}
    for kind, words in _KINDS.items():
        if kind in kinds:
            yield step(_node(kind), theme, NOTHING), words
    if any(node.conditional for node in drawing.nodes):
        yield step(_node("task", conditional=True), theme, NOTHING), ("可以跳过", "may be skipped")
    yield from _frames(drawing, theme)
    yield from _arrows(drawing, theme)
    yield from _highlighted(drawing, seen, theme)
    yield from _differences(drawing, seen, theme)


def _frames(drawing: Drawing, theme: Theme) -> Iterator[Entry]:
    box = Box(x=4, y=-1, w=WIDE - 8, h=HIGH + 2)
    top = replace(box, h=6)
    middle = (((box.cx, top.y + top.h), (box.cx, box.y + box.h)),)
    one = DrawnFrame(id="", title="", kind="state", parent=None, box=box, head=top, title_box=top, lines=())
    if any(one.kind == "state" for one in drawing.frames):
        yield frame(one, 0, theme, NOTHING), ("状态里的状态", "states inside a state")
    if any(one.dividers for one in drawing.frames):
        yield frame(replace(one, dividers=middle), 0, theme, NOTHING), ("同时进行的部分", "parts at the same time")


def _arrows(drawing: Drawing, theme: Theme) -> Iterator[Entry]:
    ends = ((0.0, HIGH / 2), (WIDE, HIGH / 2))
    if any(edge.kind == "reject" or (edge.back and edge.kind != "timeout") for edge in drawing.edges):
        yield sample(theme.back, ends, dash=BACKWARD), ("退回、返回", "rejected, back")
    if any(edge.kind == "timeout" for edge in drawing.edges):
        yield sample(theme.late, ends, dash=TIMED), ("到期、失败", "deadline, failure")


def _highlighted(drawing: Drawing, seen: Highlight, theme: Theme) -> Iterator[Entry]:
    ends = ((0.0, HIGH / 2), (WIDE, HIGH / 2))
    names = {node.id for node in drawing.nodes}
    shown: list[tuple[bool, Callable[[], tuple[Mark, ...]], tuple[str, str]]] = [
        (_any(seen.visited, names), lambda: step(_node(), theme, Highlight(visited={"": 1})), ("走过", "visited")),
        (
            any(times > 1 for name, times in seen.visited.items() if name in names),
            lambda: step(_node(), theme, Highlight(visited={"": 2})),
            ("走过几次", "visited so often"),
        ),
        (
            _any(seen.taken, {edge.id for edge in drawing.edges}),
            lambda: sample(theme.done.stroke, ends, thick=True),
            ("走过的路", "way taken"),
        ),
        (_any(seen.order, names), lambda: step(_node(), theme, Highlight(order={"": (1,)})), ("先后", "order")),
        (_any(seen.current, names), lambda: step(_node(), theme, Highlight(current=_ONE)), ("停在这里", "now here")),
        (_any(seen.mine, names), lambda: step(_node(), theme, Highlight(mine=_ONE)), ("我的步骤", "my steps")),
    ]
    yield from ((draw(), words) for there, draw, words in shown if there)


def _differences(drawing: Drawing, seen: Highlight, theme: Theme) -> Iterator[Entry]:
    names = {node.id for node in drawing.nodes} | {edge.id for edge in drawing.edges}
    found = {change for name, change in seen.changes.items() if name in names}
    words: dict[Difference, tuple[str, str]] = {
        "added": ("新增", "added"),
        "removed": ("删去", "removed"),
        "changed": ("改动", "changed"),
    }
    for change, said_as in words.items():
        if change in found:
            yield step(_node(), theme, Highlight(changes={"": change})), said_as


_ONE: Final = frozenset({""})


def _any(marked: Iterable[str], names: set[str]) -> bool:
    return any(name in names for name in marked)


def _node(kind: NodeKind = "task", *, conditional: bool = False) -> DrawnNode:
    """A step small enough for a legend."""
    box = Box(x=4, y=0, w=WIDE - 8, h=HIGH)
    if kind == "fork":
        box = Box(x=0, y=HIGH / 2 - 3, w=WIDE, h=6)
    elif kind == "decision":
        box = Box(x=2, y=-2, w=WIDE - 4, h=HIGH + 4)
    elif kind == "initial":
        box = Box(x=WIDE / 2 - 6, y=HIGH / 2 - 6, w=12, h=12)
    elif kind in ("history", "connector"):
        box = Box(x=WIDE / 2 - HIGH / 2 - 1, y=-1, w=HIGH + 2, h=HIGH + 2)
    return DrawnNode(id="", lane=None, kind=kind, label="", conditional=conditional, box=box, text_box=box, lines=())
