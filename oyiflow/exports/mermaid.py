"""A chart as Mermaid: a `flowchart` whose lanes are subgraphs, which every Mermaid draws, or a `swimlane-beta`, which draws lanes as bands.

Enclosing states are subgraphs within; arrows may begin and end at them.

Both are one syntax, but that swimlanes fail on an arrow from a step to itself: there it goes through a small circle. Every text stands in quotes, and whatever Mermaid would take for something else than text (quotes, entities, HTML,
Markdown, formulas, icons, directives) is written as a numbered character, so that titles come out as they were written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from oyiflow.diagram.chart import Chart, Direction, Edge, Frame, Node
from oyiflow.exports.ids import Ids

_SHAPES: Mapping[str, tuple[str, str]] = {
    "start": ("([", "])"),
    "end": ("([", "])"),
    "decision": ("{", "}"),
    "wait": ("{{", "}}"),
    "sub": ("[[", "]]"),
    "fork": ("((", "))"),
    "join": ("((", "))"),
    "initial": ("((", "))"),
    "history": ("((", "))"),
    "connector": ("((", "))"),
}
_SPECIAL = re.compile(r'["#&<>`\\*_~$%|{}\[\]]')
_LIST = re.compile(r"(?m)^(\s*)([-+]|\d+[.)])(?=\s|$)")
_RULE = re.compile(r"(?m)^\s*([-=]{2,})\s*$")
_ICON = re.compile(r"\b(fa[a-z]?):fa-")
_LINK = re.compile(r"(?i)\b(https?|www|mailto)(?=[:.])")


def mermaid(chart: Chart, direction: Direction = "TB", *, swimlane: bool = False) -> str:
    """The Mermaid text of a chart."""
    return "\n".join(_Writing(chart, swimlane).lines(direction, swimlane)) + "\n"


class _Writing:
    def __init__(self, chart: Chart, swimlane: bool) -> None:
        self.chart = _without_loops(chart) if swimlane else chart
        self.ids = Ids(signs="")

    def lines(self, direction: Direction, swimlane: bool) -> Iterator[str]:
        if self.chart.title:
            title = " ".join(self.chart.title.split("\n"))
            yield from ("---", f"title: {json.dumps(title, ensure_ascii=False)}", "---")
        yield f"{'swimlane-beta' if swimlane else 'flowchart'} {direction}"
        lanes = {lane.id for lane in self.chart.lanes}
        for lane in self.chart.lanes:
            yield f"  subgraph {self.ids.of('lane', lane.id)}[{quoted(lane.title)}]"
            yield from self._inside(lane.id, "    ")
            yield "  end"
        if swimlane and not lanes:  # what stands outermost would be taken for lanes
            yield f"  subgraph lanes[{quoted(self.chart.title or ' ')}]"
            yield from self._inside(None, "    ")
            yield "  end"
        else:
            yield from self._inside(None, "  ")
        known = {node.id for node in self.chart.nodes} | {frame.id for frame in self.chart.frames}
        yield from (f"  {self._edge(edge)}" for edge in self.chart.edges if {edge.source, edge.target} <= known)
        yield from self._classes()

    def _inside(self, lane: str | None, pad: str) -> Iterator[str]:
        """The steps of a lane (None: of none), with the states that enclose them around them."""
        lanes = {one.id for one in self.chart.lanes}
        nodes = [node for node in self.chart.nodes if (node.lane if node.lane in lanes else None) == lane]
        frames = {frame.id: frame for frame in self.chart.frames}
        open_frames: list[str] = []
        for node in self._by_frame(nodes):
            path = _path(node.frame, frames)
            while open_frames != path[: len(open_frames)]:
                open_frames.pop()
                yield f"{pad}{'  ' * len(open_frames)}end"
            for name in path[len(open_frames) :]:
                yield f"{pad}{'  ' * len(open_frames)}subgraph {self.ids.of('s', name)}[{quoted(frames[name].title or ' ')}]"
                open_frames.append(name)
            yield f"{pad}{'  ' * len(open_frames)}{self._node(node)}"
        for depth in reversed(range(len(open_frames))):
            yield f"{pad}{'  ' * depth}end"

    def _by_frame(self, nodes: list[Node]) -> list[Node]:
        """Steps of one frame together, so that each frame is opened once; otherwise in the author's order."""
        frames = {frame.id: frame for frame in self.chart.frames}
        first: dict[str, int] = {}
        for place, node in enumerate(nodes):
            for name in _path(node.frame, frames):
                first.setdefault(name, place)
        place_of = {node.id: place for place, node in enumerate(nodes)}
        return sorted(nodes, key=lambda node: [*(first[name] for name in _path(node.frame, frames)), place_of[node.id]])

    def _node(self, node: Node) -> str:
        opening, closing = _SHAPES.get(node.kind, ("[", "]"))
        words = "\n".join(text for text in (node.label, node.note, node.document) if text.strip())
        if node.kind in ("fork", "join"):
            words = words or "+"
        return f"{self.ids.of('s', node.id)}{opening}{quoted(words or ' ')}{closing}"

    def _edge(self, edge: Edge) -> str:
        arrow = "-.->" if edge.kind == "timeout" else "-->"
        label = f"|{quoted(edge.label)}|" if edge.label.strip() else ""
        return f"{self.ids.of('s', edge.source)} {arrow}{label} {self.ids.of('s', edge.target)}"

    def _classes(self) -> Iterator[str]:
        skipped = [self.ids.of("s", node.id) for node in self.chart.nodes if node.conditional]
        if skipped:
            yield "  classDef skipped stroke-dasharray: 5 4"
            yield f"  class {','.join(skipped)} skipped"


def _path(frame: str | None, frames: Mapping[str, Frame]) -> list[str]:
    """The frames around a step, from the outermost."""
    path: list[str] = []
    while frame is not None and frame in frames:
        path.insert(0, frame)
        frame = frames[frame].parent
    return path


def _without_loops(chart: Chart) -> Chart:
    """Each arrow from a step to itself in two, with a circle between."""
    lanes = {node.id: node.lane for node in chart.nodes}
    nodes, edges = list(chart.nodes), []
    for edge in chart.edges:
        if edge.source != edge.target or edge.source not in lanes:
            edges.append(edge)
            continue
        turn = Node(id=f"@again {edge.id}", lane=lanes[edge.source], kind="join", label="↻")
        nodes.append(turn)
        edges += [replace(edge, target=turn.id), Edge(id=turn.id, source=turn.id, target=edge.target, kind=edge.kind)]
    return replace(chart, nodes=tuple(nodes), edges=tuple(edges))


def quoted(text: str) -> str:
    """A text in quotes, each of its characters only itself."""
    text = _LIST.sub(
        lambda match: match[1] + match[2][:-1] + _numbered(match[2][-1]), _SPECIAL.sub(lambda m: _numbered(m[0]), text)
    )
    text = _RULE.sub(lambda match: "".join(_numbered(char) for char in match[1]), text)
    text = _LINK.sub(
        lambda match: match[1][:-1] + _numbered(match[1][-1]), _ICON.sub(lambda m: f"{m[1]}{_numbered(':')}fa-", text)
    )
    plain = "".join(char if char.isprintable() or char == "\n" else " " for char in text)
    return '"' + plain.replace("\n", "<br/>") + '"'


def _numbered(char: str) -> str:
    return f"#{ord(char)};"
