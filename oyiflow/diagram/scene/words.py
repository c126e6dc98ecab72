"""What a picture says to those who hear it: its description, and a sentence for every step.

A step's sentence names the step, its kind, who does it, what the highlight says, and where it leads. Steps are spoken of
in the order of rows, as one would read the chart.
"""

from __future__ import annotations

from typing import Final, Literal

from oyiflow.diagram.chart import Highlight
from oyiflow.diagram.drawing import Drawing, DrawnEdge, DrawnNode

Lang = Literal["zh", "en", "both"]

KINDS: Final = {
    "start": ("开始", "start"),
    "end": ("结束", "end"),
    "task": ("步骤", "step"),
    "decision": ("判断", "decision"),
    "join": ("汇合", "join"),
    "fork": ("分头进行", "parallel split"),
    "wait": ("等待", "wait"),
    "sub": ("子流程", "sub-process"),
    "initial": ("起点", "initial point"),
    "history": ("回到原处", "back to where it was"),
    "connector": ("接他页", "off-page connector"),
}
CHANGES: Final = {"added": ("新增", "added"), "removed": ("删去", "removed"), "changed": ("改动", "changed")}


def said(pair: tuple[str, str], lang: Lang) -> str:
    """The word of a pair in a language, or in both."""
    return " ".join(pair) if lang == "both" else pair[lang == "en"]


def reading_order(drawing: Drawing) -> list[DrawnNode]:
    """Steps row by row: down the page and across, or across and down when the flow runs to the right."""
    down = drawing.direction == "TB"

    def place(node: DrawnNode) -> tuple[float, float]:
        return (round(node.box.cy), node.box.cx) if down else (round(node.box.cx), node.box.cy)

    return sorted(drawing.nodes, key=place)


def description(drawing: Drawing, lang: Lang) -> str:
    """How big the chart is."""
    counts = len(drawing.lanes), len(drawing.nodes), len(drawing.edges)
    if lang == "zh":
        return f"泳道流程图：{counts[0]} 条泳道，{counts[1]} 个步骤，{counts[2]} 条箭头。"
    return f"Swimlane chart: {counts[0]} lanes, {counts[1]} steps, {counts[2]} arrows."


def sentences(drawing: Drawing, seen: Highlight, lang: Lang) -> dict[str, str]:
    """For each step what a screen reader says."""
    names = {frame.id: _flat(frame.title) or frame.id for frame in drawing.frames}
    names |= {node.id: _flat(node.label) or said(KINDS[node.kind], lang) for node in drawing.nodes}
    lanes = {lane.id: _flat(lane.title) for lane in drawing.lanes}
    ways: dict[str, list[str]] = {}
    for edge in drawing.edges:
        ways.setdefault(edge.source, []).append(_way(edge, names))
    comma, stop = ("，", "。") if lang == "zh" else (", ", ".")
    found = {}
    for node in drawing.nodes:
        parts = [names[node.id]]
        if node.label:
            parts.append(said(KINDS[node.kind], lang))
        if node.lane in lanes:
            parts.append(lanes[node.lane])
        if node.frame in names:
            parts.append(names[node.frame])
        parts += [*_state(node, seen, lang), *ways.get(node.id, ())]
        found[node.id] = comma.join(parts) + stop
    return found


def _way(edge: DrawnEdge, names: dict[str, str]) -> str:
    label = f"{_flat(edge.label)} " if edge.label else ""
    return f"{label}→ {names.get(edge.target, edge.target)}"


def _state(node: DrawnNode, seen: Highlight, lang: Lang) -> list[str]:
    words = [("可以跳过", "may be skipped")] if node.conditional else []
    words += [("停在这里", "the run stands here")] if node.id in seen.current else []
    times = seen.visited.get(node.id, 0)
    words += [(f"走过 {times} 次", f"visited {times} times" if times > 1 else "visited")] if times else []
    words += [("属于所问的岗位", "of the role asked for")] if node.id in seen.mine else []
    order = ", ".join(map(str, seen.order.get(node.id, ())))
    words += [(f"第 {order} 步", f"number {order} of the trace")] if order else []
    words += [CHANGES[seen.changes[node.id]]] if node.id in seen.changes else []
    return [said(pair, lang) for pair in words]


def _flat(text: str) -> str:
    return " ".join(text.split())
