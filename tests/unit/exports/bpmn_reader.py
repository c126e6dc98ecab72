"""A small reader of BPMN files, written from the standard and knowing nothing of the writer: elements, flows, lanes, diagrams."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field

MODEL = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
OWN = "{urn:oyiflow:bpmn}"
NODES = {
    "startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent", "userTask", "serviceTask", "task",
    "callActivity", "subProcess", "exclusiveGateway", "parallelGateway", "eventBasedGateway",
}  # fmt: skip


@dataclass(slots=True)
class Node:
    id: str
    tag: str
    name: str
    step: str
    scope: str
    host: str
    interrupting: bool
    default: str
    events: list[str]
    incoming: list[str]
    outgoing: list[str]
    xml: ET.Element


@dataclass(slots=True)
class Flow:
    id: str
    source: str
    target: str
    name: str
    condition: str
    way: str
    scope: str


@dataclass(slots=True)
class File:
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)
    lanes: dict[str, list[str]] = field(default_factory=dict)
    lane_names: list[str] = field(default_factory=list)
    pools: dict[str, str] = field(default_factory=dict)
    messages: list[tuple[str, str]] = field(default_factory=list)
    shapes: dict[str, tuple[float, float, float, float]] = field(default_factory=dict)
    edges: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    refs: list[str] = field(default_factory=list)
    documents: dict[str, list[str]] = field(default_factory=dict)

    def between(self, scope: str) -> Iterator[tuple[Node, Flow, Node]]:
        for flow in self.flows.values():
            if flow.scope == scope:
                yield self.nodes[flow.source], flow, self.nodes[flow.target]


def read(text: str) -> File:
    """What a BPMN file says."""
    root = ET.fromstring(text)
    found = File()
    found.ids = [element.get("id", "") for element in root.iter() if element.get("id") is not None]
    process = root.find(f"{MODEL}process")
    assert process is not None
    todo = [process]
    while todo:
        scope = todo.pop()
        for element in scope:
            tag = element.tag.removeprefix(MODEL)
            if tag in NODES:
                found.nodes[element.get("id", "")] = _node(element, tag, scope.get("id", ""))
                if tag == "subProcess":
                    todo.append(element)
            elif tag == "sequenceFlow":
                found.flows[element.get("id", "")] = _flow(element, scope.get("id", ""))
    _lanes(process, found)
    _collaboration(root, found)
    _diagrams(root, found)
    return found


def _node(element: ET.Element, tag: str, scope: str) -> Node:
    events = [child.tag.removeprefix(MODEL) for child in element if child.tag.endswith("EventDefinition")]
    return Node(
        id=element.get("id", ""), tag=tag, name=element.get("name", ""), step=element.get(f"{OWN}step", ""), scope=scope,
        host=element.get("attachedToRef", ""), interrupting=element.get("cancelActivity", "true") == "true", default=element.get("default", ""),
        events=events, incoming=_texts(element, "incoming"), outgoing=_texts(element, "outgoing"), xml=element,
    )  # fmt: skip


def _flow(element: ET.Element, scope: str) -> Flow:
    return Flow(
        id=element.get("id", ""), source=element.get("sourceRef", ""), target=element.get("targetRef", ""), name=element.get("name", ""),
        condition=element.findtext(f"{MODEL}conditionExpression", ""), way=element.get(f"{OWN}way", ""), scope=scope,
    )  # fmt: skip


def _texts(element: ET.Element, tag: str) -> list[str]:
    return [child.text or "" for child in element.findall(f"{MODEL}{tag}")]


def _lanes(process: ET.Element, found: File) -> None:
    for lane in process.findall(f"{MODEL}laneSet/{MODEL}lane"):
        found.lanes[lane.get(f"{OWN}role", "")] = _texts(lane, "flowNodeRef")
        found.lane_names.append(lane.get("name", ""))


def _collaboration(root: ET.Element, found: File) -> None:
    for element in root.iter():
        tag = element.tag.removeprefix(MODEL)
        if tag == "participant":
            found.pools[element.get("id", "")] = element.get("name", "")
        elif tag == "messageFlow":
            found.messages.append((element.get("sourceRef", ""), element.get("targetRef", "")))
        elif tag in ("dataInputAssociation", "dataOutputAssociation"):
            found.refs += [*_texts(element, "sourceRef"), *_texts(element, "targetRef")]
        elif tag == "resourceRef":
            found.refs.append(element.text or "")
        for name in (
            "messageRef",
            "errorRef",
            "escalationRef",
            "dataObjectRef",
            "attachedToRef",
            "processRef",
            "sourceRef",
            "targetRef",
            "default",
        ):
            if element.get(name):
                found.refs.append(element.get(name, ""))


def _diagrams(root: ET.Element, found: File) -> None:
    for element in root.iter():
        name = element.get("bpmnElement", "")
        if element.tag == f"{DI}BPMNShape":
            bounds = next(child for child in element if child.tag.endswith("}Bounds"))
            found.shapes[name] = tuple(float(bounds.get(key, "")) for key in ("x", "y", "width", "height"))  # type: ignore[assignment]
        elif element.tag == f"{DI}BPMNEdge":
            points = [child for child in element if child.tag.endswith("}waypoint")]
            found.edges[name] = [(float(point.get("x", "")), float(point.get("y", ""))) for point in points]
