"""The chart from which a plane gets its places.

The layout gives every step the room that its words need; a BPMN symbol has a size of its own and often its name beside it. So the
drawing is made larger (`SCALE`), until the smallest box is a task of the usual size, and each symbol stands in the middle of its
step's place: around a gateway or an event the room that its words would have taken inside is free for its name.

Documents and events on the border belong to their task and move with it. Room for them is asked for by lines that are never drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil

from oyiflow.diagram import Chart, Drawing, Edge, Lane, Node, layout
from oyiflow.diagram.chart import Direction, NodeKind
from oyiflow.exports.bpmn.graph import Band, Element, Flow, Graph

SCALE = 1.45
FILLER = "·"  # a line that asks for room
TASK = (100.0, 60.0)
EVENT = 36.0
GATEWAY = 50.0
OBJECT = (36.0, 50.0)
ABOVE = 16.0 + OBJECT[1] + 2 + 2 * 13.2 + 6  # over a task: documents and their names
BELOW = 78.0 + 2 * 13.2 + 8  # under a task: an event on the border, what it leads to, its name
BESIDE = 18.0 + 2 * 13.2 + 8  # an event on the border alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """An event on the border of an activity, and the end that it leads to if that end is its own."""

    border: Element
    told: Element | None = None
    flow: str = ""


@dataclass(slots=True, kw_only=True)
class Plane:
    """A graph with the drawing of its chart."""

    graph: Graph
    direction: Direction
    lanes: tuple[Band, ...] = ()
    pools: tuple[Band, ...] = ()
    attached: dict[str, list[Attached]] = field(default_factory=dict)
    drawing: Drawing | None = None


def plane_of(graph: Graph, direction: Direction, lanes: tuple[Band, ...] = (), pools: tuple[Band, ...] = ()) -> Plane:
    """A graph, laid out."""
    plane = Plane(graph=graph, direction=direction, lanes=lanes, pools=pools)
    for element in graph.elements:
        if element.host:
            plane.attached.setdefault(element.host, []).append(_attached(graph, element))
    plane.drawing = layout(_chart(plane), direction=direction)
    return plane


def _attached(graph: Graph, border: Element) -> Attached:
    ways = [flow for flow in graph.flows if flow.source == border.id]
    told = next((e for e in graph.elements for flow in ways if e.id == flow.target and e.id.startswith("Told_")), None)
    return Attached(border=border, told=told, flow=ways[0].id if ways else "")


def _chart(plane: Plane) -> Chart:
    graph = plane.graph
    told = {one.told.id for group in plane.attached.values() for one in group if one.told is not None}
    hosts = {element.id: element.host for element in graph.elements if element.host}
    return Chart(
        id="",
        lanes=tuple(Lane(id=band.role, title=band.name) for band in plane.lanes),
        nodes=tuple(_node(plane, element) for element in graph.elements if not element.host and element.id not in told),
        edges=tuple(_edge(flow, hosts.get(flow.source, "")) for flow in graph.flows if flow.target not in told),
    )


def _edge(flow: Flow, host: str) -> Edge:
    """An arrow from an event on the border leaves its activity."""
    return Edge(id=flow.id, source=host or flow.source, target=flow.target, label=flow.name, kind="timeout" if host else "flow")


def _node(plane: Plane, element: Element) -> Node:
    kind: NodeKind = "task" if element.is_activity else "decision"
    label = element.name
    if element.is_activity:
        label += f"\n{FILLER}" * _fillers(element, plane.attached.get(element.id, []))
    return Node(id=element.id, lane=element.lane or None, kind=kind, label=label)


def _fillers(element: Element, attached: list[Attached]) -> int:
    """Lines to add: what belongs to a task stands above and below it, and a place is as high above its middle as below."""
    above = ABOVE if element.documents else 0.0
    below = max((BELOW if one.told is not None else BESIDE for one in attached), default=0.0)
    line = 1.36 * 14 * SCALE
    return ceil(2 * max(above, below) / line)
