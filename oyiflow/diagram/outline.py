"""A chart in words, as the alternative to the picture: every step with its number, who does it, and where each answer leads.

    1. 制定拜访计划（大客户专员） → 2
    2. 审核？判断（大客户部经理）：通过 → 3；退回 → 1

Steps are numbered in the author's order; forks, joins and starts have no number where they only pass on.
"""

from __future__ import annotations

from oyiflow.diagram.chart import Chart, Edge, Highlight, Node
from oyiflow.diagram.scene.words import CHANGES, KINDS, Lang, said

NOTHING = Highlight()


def outline_text(chart: Chart, *, highlight: Highlight = NOTHING, lang: Lang = "zh") -> str:
    """The outline, one step a line."""
    numbers = {node.id: str(place) for place, node in enumerate(chart.nodes, 1)}
    lanes = {lane.id: _flat(lane.title) for lane in chart.lanes}
    ways: dict[str, list[Edge]] = {}
    for edge in chart.edges:
        ways.setdefault(edge.source, []).append(edge)
    wide = len(str(len(chart.nodes)))
    lines = [chart.title, ""] if chart.title else []
    for node in chart.nodes:
        lead = _ways(ways.get(node.id, []), numbers)
        lines.append(f"{numbers[node.id]:>{wide}}. {_step(node, lanes, lang)}{_marks(node, highlight, lang)}{lead}")
    return "\n".join(lines) + "\n"


def _step(node: Node, lanes: dict[str, str], lang: Lang) -> str:
    kind = said(KINDS[node.kind], lang)
    name = _flat(node.label)
    words = [] if node.kind == "task" or not name or name.lower() == kind.lower() else [kind]
    words += [lanes[node.lane]] if node.lane in lanes and node.kind not in ("fork", "join") else []
    words += [_flat(node.note).replace("、 ", "、").replace("： ", "：")] if node.note else []
    opening, closing, comma = (" (", ")", ", ") if lang == "en" else ("（", "）", "，")
    return (name or kind) + (f"{opening}{comma.join(words)}{closing}" if words else "")


def _marks(node: Node, seen: Highlight, lang: Lang) -> str:
    marks = [said(CHANGES[seen.changes[node.id]], lang)] if node.id in seen.changes else []
    marks += ["▶"] if node.id in seen.current else []
    marks += [f"×{seen.visited[node.id]}"] if seen.visited.get(node.id) else []
    marks += ["★"] if node.id in seen.mine else []
    marks += [f"#{place}" for place in seen.order.get(node.id, ())]
    return f" [{' '.join(marks)}]" if marks else ""


def _ways(edges: list[Edge], numbers: dict[str, str]) -> str:
    found = [f"{_flat(edge.label)} → {numbers.get(edge.target, edge.target)}".strip() for edge in edges]
    return f"  {'; '.join(found)}" if found else ""


def _flat(text: str) -> str:
    return " ".join(text.split())
