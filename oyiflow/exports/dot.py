"""A chart as Graphviz DOT: lanes and enclosing states are clusters, laid out by whichever Graphviz engine is run on it.

The text is made by the `graphviz` package, which knows DOT's rules of quoting; Graphviz itself is not needed for it. Graphviz has no
lanes: clusters keep the steps of a role together, and are not bands.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from oyiflow.diagram.chart import Chart, Direction, Edge, Node
from oyiflow.errors import OyiFlowError
from oyiflow.exports.ids import Ids

_LOOKS: Mapping[str, Mapping[str, str]] = {
    "start": {"shape": "box", "style": "rounded,bold"},
    "end": {"shape": "box", "style": "rounded,bold"},
    "decision": {"shape": "diamond"},
    "wait": {"shape": "hexagon"},
    "sub": {"shape": "box", "peripheries": "2"},
    "fork": {"shape": "box", "style": "filled", "fillcolor": "black", "width": "1.2", "height": "0.08"},
    "join": {"shape": "box", "style": "filled", "fillcolor": "black", "width": "1.2", "height": "0.08"},
    "initial": {"shape": "point", "width": "0.15"},
    "history": {"shape": "circle"},
    "connector": {"shape": "circle"},
}
_FONT = {"fontname": "Noto Sans CJK SC, Noto Sans SC, Microsoft YaHei, PingFang SC, sans-serif", "fontsize": "12"}


def dot(chart: Chart, direction: Direction = "TB") -> str:
    """The DOT text of a chart. Raises `OyiFlowError` if the `graphviz` package is not installed."""
    return str(_Writing(chart, direction).graph().source)


class _Writing:
    def __init__(self, chart: Chart, direction: Direction) -> None:
        self.chart = chart
        self.direction = direction
        self.ids = Ids(signs="")
        self.lanes = {lane.id for lane in chart.lanes}

    def graph(self) -> Any:
        graph = _package().Digraph(self.ids.of("process", self.chart.id))
        graph.attr(rankdir=self.direction, compound="true", newrank="true", labelloc="t", **_words(self.chart.title), **_FONT)
        graph.attr("node", shape="box", **_FONT)
        graph.attr("edge", **_FONT | {"fontsize": "10"})
        for lane in self.chart.lanes:
            with graph.subgraph(name=f"cluster_{self.ids.of('lane', lane.id)}") as cluster:
                cluster.attr(style="rounded", **_words(lane.title))
                self._inside(cluster, lane.id, None)
        self._inside(graph, None, None)
        for edge in self.chart.edges:
            self._edge(graph, edge)
        return graph

    def _inside(self, graph: Any, lane: str | None, frame: str | None) -> None:
        """The steps that stand directly here, then the enclosing states; these are nested no deeper than a file may be."""
        for node in self.chart.nodes:
            if self._lane(node) == lane and node.frame == frame:
                self._node(graph, node)
        for inner in self.chart.frames:
            if inner.parent == frame and any(self._lane(node) == lane for node in self._within(inner.id)):
                with graph.subgraph(name=f"cluster_{self.ids.of('s', inner.id)}") as cluster:
                    cluster.attr(style="dashed" if inner.kind == "region" else "rounded", **_words(inner.title))
                    self._inside(cluster, lane, inner.id)

    def _lane(self, node: Node) -> str | None:
        return node.lane if node.lane in self.lanes else None

    def _within(self, frame: str) -> list[Node]:
        parents = {one.id: one.parent for one in self.chart.frames}
        found = []
        for node in self.chart.nodes:
            around = node.frame
            while around is not None and around != frame:
                around = parents.get(around)
            if around == frame:
                found.append(node)
        return found

    def _node(self, graph: Any, node: Node) -> None:
        words = "\n".join(text for text in (node.label, node.note, node.document) if text.strip())
        look = dict(_LOOKS.get(node.kind, {}))
        if node.conditional:
            look["style"] = "dashed"
        label = {} if node.kind == "initial" else _words(words)
        graph.node(self.ids.of("s", node.id), **(label or {"label": ""}), **look)

    def _edge(self, graph: Any, edge: Edge) -> None:
        """An arrow at an enclosing state runs to a step inside and is cut off at its border."""
        known = {node.id for node in self.chart.nodes}
        ends, cut = [], {}
        for end, side in ((edge.source, "ltail"), (edge.target, "lhead")):
            inside = [] if end in known else self._within(end)
            if end not in known and not inside:
                return
            ends.append(self.ids.of("s", inside[0].id if inside else end))
            if inside:
                cut[side] = f"cluster_{self.ids.of('s', end)}"
        style = {"style": "dashed"} if edge.kind == "timeout" else {}
        graph.edge(*ends, **_words(edge.label), **style, **cut)


def _words(text: str) -> dict[str, str]:
    """A label of nothing but the author's words."""
    plain = "".join(char if char.isprintable() or char == "\n" else " " for char in text)
    if not plain.strip():
        return {}
    lines = [_package().escape(line) for line in plain.split("\n")]
    return {"label": _package().nohtml("\\n".join(lines))}


def rendered(source: str, engine: str) -> str:
    """SVG made of DOT by a Graphviz program. Raises `OyiFlowError` if there is none of that name, or if it fails."""
    package = _package()
    try:
        return str(package.Source(source, engine=engine).pipe(format="svg", encoding="utf-8"))
    except package.ExecutableNotFound:
        raise OyiFlowError(
            f"这台机器上没有 Graphviz 的程序 {engine}；请先装 Graphviz（例如 apt install graphviz），或不写 --engine，只要 DOT",
            f"there is no Graphviz program {engine} on this machine; install Graphviz (such as apt install graphviz), or leave out --engine and take the DOT",
        ) from None
    except package.CalledProcessError as error:
        words = (error.stderr or "").strip() or str(error)
        raise OyiFlowError(f"Graphviz 的 {engine} 画不出来：{words}", f"Graphviz {engine} failed: {words}") from None


def engines() -> tuple[str, ...]:
    """The names of the programs that Graphviz has."""
    return ("dot", "neato", "fdp", "sfdp", "circo", "twopi", "osage", "patchwork")


def _package() -> Any:
    """The module `graphviz`, which carries no types."""
    try:
        return import_module("graphviz")
    except ImportError:
        raise OyiFlowError(
            "导出 DOT 需要 graphviz 包：pip install 'oyiflow[graphviz]'",
            "DOT needs the package graphviz: pip install 'oyiflow[graphviz]'",
        ) from None
