"""The diagrams of a BPMN file: one of the process with its pools and lanes, one of the inside of each sub-process.

A sub-process is drawn closed; programs that can open it show its own diagram. Lanes lie for left-to-right and stand for
top-to-bottom (`isHorizontal`).
"""

from __future__ import annotations

from collections.abc import Sequence

from oyiflow.diagram.chart import Direction
from oyiflow.diagram.drawing import Box, Point
from oyiflow.exports.bpmn.graph import Element, Graph, Process
from oyiflow.exports.bpmn.names import names_of
from oyiflow.exports.bpmn.places import Plane, plane_of
from oyiflow.exports.bpmn.pools import Message, Outside
from oyiflow.exports.bpmn.shapes import Geometry, geometry_of
from oyiflow.exports.xml import Writer, number

APART = 80.0  # the diagrams of one file


class Diagrams:
    """All diagrams of a process, laid out when first asked for."""

    def __init__(self, process: Process, direction: Direction) -> None:
        self.process = process
        self.direction: Direction = direction
        self.has_pool = bool(process.lanes or process.pools)
        self.top = plane_of(process.graph, direction, process.lanes, process.pools)
        self.geometry = geometry_of(self.top)
        self.outside = Outside(self.top, self.geometry)

    def write(self, xml: Writer) -> None:
        subject = "Collaboration" if self.has_pool else self.process.id
        with xml.element("bpmndi:BPMNDiagram", {"id": "Diagram"}), xml.element("bpmndi:BPMNPlane", _plane(subject)):
            self._bands(xml)
            _contents(xml, self.top, self.geometry, self.outside.messages)
            for message in self.outside.messages:
                _edge(xml, message.id, message.line, None)
        self._insides(xml)

    def _bands(self, xml: Writer) -> None:
        flat = {"isHorizontal": "true" if self.direction == "LR" else "false"}
        if self.geometry.pool is not None:
            _shape(xml, "Pool", self.geometry.pool, flat)
        for name, box in (*self.geometry.lanes.items(), *self.outside.pools.items()):
            _shape(xml, name, box, flat)

    def _insides(self, xml: Writer) -> None:
        """Each below the last, so that programs which know no planes and show all at once show no muddle."""
        todo: list[tuple[str, Graph]] = _inner(self.process.graph)
        below = max([self.geometry.far, *(pool.y + pool.h for pool in self.outside.pools.values())])
        while todo:
            name, graph = todo.pop(0)
            plane = plane_of(graph, self.direction)
            geometry = geometry_of(plane)
            geometry.shift(below + APART)
            below = geometry.far
            with xml.element("bpmndi:BPMNDiagram", {"id": f"{name}.diagram"}), xml.element("bpmndi:BPMNPlane", _plane(name)):
                _contents(xml, plane, geometry)
            todo += _inner(graph)


def _inner(graph: Graph) -> list[tuple[str, Graph]]:
    return [(element.id, element.inner) for element in graph.elements if element.inner is not None]


def _plane(subject: str) -> dict[str, str]:
    return {"id": f"{subject}.plane", "bpmnElement": subject}


def _contents(xml: Writer, plane: Plane, geometry: Geometry, messages: Sequence[Message] = ()) -> None:
    names, documents = names_of(plane, geometry, messages)
    for element in plane.graph.elements:
        _shape(xml, element.id, geometry.shapes[element.id], _marks(element), names.get(element.id))
    made = [(f"{element.id}.doc{element.documents.index(document)}", box) for element, document, box in geometry.objects]
    for (name, box), label in zip(made, documents, strict=True):
        _shape(xml, name, box, {}, label)
    for flow in plane.graph.flows:
        _edge(xml, flow.id, geometry.lines[flow.id], names.get(flow.id))
    for element, document, box in geometry.objects:
        n, task = element.documents.index(document), geometry.shapes[element.id]
        ends = [(box.cx, task.y), (box.cx, box.y + box.h)]
        _edge(xml, f"{element.id}.{'writes' if document.made else 'reads'}{n}", ends if document.made else ends[::-1], None)


def _marks(element: Element) -> dict[str, str]:
    if element.inner is not None:
        return {"isExpanded": "false"}
    return {"isMarkerVisible": "true"} if element.tag == "exclusiveGateway" else {}


def _shape(xml: Writer, name: str, box: Box, marks: dict[str, str], label: Box | None = None) -> None:
    with xml.element("bpmndi:BPMNShape", {"id": f"{name}.shape", "bpmnElement": name, **marks}):
        _bounds(xml, box)
        _label(xml, label)


def _edge(xml: Writer, name: str, line: Sequence[Point], label: Box | None) -> None:
    with xml.element("bpmndi:BPMNEdge", {"id": f"{name}.edge", "bpmnElement": name}):
        for x, y in line:
            xml.leaf("di:waypoint", {"x": number(x), "y": number(y)})
        _label(xml, label)


def _label(xml: Writer, label: Box | None) -> None:
    if label is not None:
        with xml.element("bpmndi:BPMNLabel", {}):
            _bounds(xml, label)


def _bounds(xml: Writer, box: Box) -> None:
    x, y = number(box.x), number(box.y)
    far_x, far_y = number(box.x + box.w), number(box.y + box.h)
    xml.leaf("dc:Bounds", {"x": x, "y": y, "width": int(far_x) - int(x), "height": int(far_y) - int(y)})
