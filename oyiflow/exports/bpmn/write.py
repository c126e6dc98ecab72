"""The XML of a BPMN file: the semantic part by the schema's order of elements, then the diagrams (see `diagrams`).

`isExecutable` is false: this is the picture and the meaning of a process, and what it runs on is its own file. Conditions keep the
product's language, named by `expressionLanguage`. Attributes of the `oyiflow` namespace say which state or transition an element
stands for; other programs keep them and show nothing of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from oyiflow.diagram.chart import Direction
from oyiflow.exports.bpmn.diagrams import Diagrams
from oyiflow.exports.bpmn.graph import Element, Flow, Graph, Happening, Loop, Person, Process
from oyiflow.exports.ids import Ids
from oyiflow.exports.xml import Writer

_SPACES = {
    "xmlns": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "xmlns:bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "xmlns:dc": "http://www.omg.org/spec/DD/20100524/DC",
    "xmlns:di": "http://www.omg.org/spec/DD/20100524/DI",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xmlns:oyiflow": "urn:oyiflow:bpmn",
}
_FORMAL = {"xsi:type": "tFormalExpression"}
_SIGNALS = {"message": "Message", "error": "Error", "escalation": "Escalation"}
"""The events that refer to something declared, and the prefix of its id."""


def written(process: Process, direction: Direction) -> str:
    """The text of the file."""
    return _Writing(process, direction).text()


class _Writing:
    def __init__(self, process: Process, direction: Direction) -> None:
        self.process = process
        self.xml = Writer()
        self.signals = Ids()
        self.documents = Ids()
        self.diagrams = Diagrams(process, direction)

    def text(self) -> str:
        process, xml = self.process, self.xml
        head = {
            **_SPACES,
            "id": "Definitions",
            "targetNamespace": f"urn:oyiflow:process:{process.id}",
            "exporter": "OyiFlow",
            "expressionLanguage": "urn:oyiflow:condition",
        }
        with xml.element("definitions", head):
            self._declared()
            if self.diagrams.has_pool:
                self._collaboration()
            self._process()
            self.diagrams.write(xml)
        return xml.text()

    # --- what events and people refer to

    def _declared(self) -> None:
        for element in _everything(self.process.graph):
            event = element.event
            if event is not None and event.kind in _SIGNALS:
                self._declare(event)
        used = {person.role for element in _everything(self.process.graph) for person in element.people}
        for role in self.process.roles:
            if role.role in used:
                self.xml.leaf("resource", {"id": role.id, "name": role.name})

    def _declare(self, event: Happening) -> None:
        prefix = _SIGNALS[event.kind]
        before = self.signals.knows(prefix, event.detail)
        name = self.signals.of(prefix, event.detail)
        if not before:
            code = {f"{event.kind}Code": event.detail} if event.kind != "message" else {}
            self.xml.leaf(event.kind, {"id": name, "name": event.detail, **code})

    def _collaboration(self) -> None:
        process, xml = self.process, self.xml
        with xml.element("collaboration", {"id": "Collaboration"}):
            xml.leaf("participant", {"id": "Pool", "name": process.name, "processRef": process.id})
            for pool in process.pools:
                xml.leaf("participant", {"id": pool.id, "name": pool.name, "oyiflow:role": pool.role})
            for message in self.diagrams.outside.messages:
                xml.leaf("messageFlow", {"id": message.id, "sourceRef": message.source, "targetRef": message.target})

    # --- the process

    def _process(self) -> None:
        process, xml = self.process, self.xml
        head = {
            "id": process.id, "name": process.name, "isExecutable": "false", "oyiflow:process": process.key,
            "oyiflow:version": process.version,
        }  # fmt: skip
        with xml.element("process", head):
            self._notes(process.notes)
            if process.lanes:
                with xml.element("laneSet", {"id": "Lanes"}):
                    self._lanes()
            self._graph(process.graph)

    def _lanes(self) -> None:
        for lane in self.process.lanes:
            with self.xml.element("lane", {"id": lane.id, "name": lane.name, "oyiflow:role": lane.role}):
                for element in self.process.graph.elements:
                    if element.lane == lane.role:
                        self.xml.leaf("flowNodeRef", {}, element.id)

    def _graph(self, graph: Graph) -> None:
        for element in graph.elements:
            self._element(element, graph)
        for element in graph.elements:
            self._objects(element)
        for flow in graph.flows:
            self._flow(flow)

    def _flow(self, flow: Flow) -> None:
        head = {
            "id": flow.id,
            "name": flow.name or None,
            "sourceRef": flow.source,
            "targetRef": flow.target,
            "oyiflow:way": flow.way or None,
        }
        if not flow.condition and not flow.notes:
            self.xml.leaf("sequenceFlow", head)
            return
        with self.xml.element("sequenceFlow", head):
            self._notes(flow.notes)
            if flow.condition:
                self.xml.leaf("conditionExpression", _FORMAL, flow.condition)

    def _element(self, element: Element, graph: Graph) -> None:
        into = [flow for flow in graph.flows if flow.target == element.id]
        out = [flow for flow in graph.flows if flow.source == element.id]
        with self.xml.element(element.tag, self._head(element, into, out)):
            self._notes(element.notes)
            for flow in into:
                self.xml.leaf("incoming", {}, flow.id)
            for flow in out:
                self.xml.leaf("outgoing", {}, flow.id)
            self._io(element)
            for number, person in enumerate(element.people):
                self._person(f"{element.id}.by{number + 1}", person)
            if element.loop is not None:
                self._loop(element.loop)
            if element.event is not None:
                self._event(element.id, element.event)
            if element.inner is not None:
                self._graph(element.inner)

    def _head(self, element: Element, into: list[Flow], out: list[Flow]) -> dict[str, object]:
        head: dict[str, object] = {"id": element.id, "name": element.name or None}
        if element.host:
            head |= {"attachedToRef": element.host, "cancelActivity": "true" if element.interrupting else "false"}
        if element.is_gateway:
            many_in, many_out = len(into) > 1, len(out) > 1
            shape = "Mixed" if many_in and many_out else "Diverging" if many_out else "Converging" if many_in else "Unspecified"
            head["gatewayDirection"] = shape
        head["default"] = next((flow.id for flow in out if flow.default), None)
        return head | {"calledElement": element.called or None, "oyiflow:step": element.step or None}

    def _notes(self, notes: tuple[str, ...]) -> None:
        if notes:
            self.xml.leaf("documentation", {}, "\n".join(notes))

    # --- parts of elements

    def _event(self, owner: str, event: Happening) -> None:
        tag, head = f"{event.kind}EventDefinition", {"id": f"{owner}.event"}
        if event.kind in _SIGNALS:
            self.xml.leaf(tag, {**head, f"{event.kind}Ref": self.signals.of(_SIGNALS[event.kind], event.detail)})
        elif event.detail:
            with self.xml.element(tag, head):
                self.xml.leaf(event.form or "condition", _FORMAL, event.detail)
        else:
            self.xml.leaf(tag, head)

    def _person(self, name: str, person: Person) -> None:
        with self.xml.element(person.part, {"id": name, "name": person.label or None}):
            if person.role:
                known = next((role.id for role in self.process.roles if role.role == person.role), None)
                self.xml.leaf("resourceRef", {}, known or self.signals.of("Role", person.role))
            else:
                with self.xml.element("resourceAssignmentExpression", {}):
                    self.xml.leaf("formalExpression", {}, person.expression)

    def _loop(self, loop: Loop) -> None:
        with self.xml.element("multiInstanceLoopCharacteristics", {"isSequential": "true" if loop.sequential else "false"}):
            self.xml.leaf("loopCardinality", _FORMAL, loop.cardinality)
            if loop.until:
                self.xml.leaf("completionCondition", _FORMAL, loop.until)

    def _io(self, element: Element) -> None:
        """What documents a task needs and makes, as its inputs and outputs, joined to the objects of the process."""
        needs = [n for n, document in enumerate(element.documents) if not document.made]
        makes = [n for n, document in enumerate(element.documents) if document.made]
        if not element.documents:
            return
        xml, data = self.xml, element.id
        with xml.element("ioSpecification", {}):
            for n in needs:
                xml.leaf("dataInput", {"id": f"{data}.in{n}", "name": element.documents[n].name})
            for n in makes:
                xml.leaf("dataOutput", {"id": f"{data}.out{n}", "name": element.documents[n].name})
            self._set("inputSet", "dataInputRefs", [f"{data}.in{n}" for n in needs])
            self._set("outputSet", "dataOutputRefs", [f"{data}.out{n}" for n in makes])
        for n in needs:
            with xml.element("dataInputAssociation", {"id": f"{data}.reads{n}"}):
                xml.leaf("sourceRef", {}, f"{data}.doc{n}")
                xml.leaf("targetRef", {}, f"{data}.in{n}")
        for n in makes:
            with xml.element("dataOutputAssociation", {"id": f"{data}.writes{n}"}):
                xml.leaf("sourceRef", {}, f"{data}.out{n}")
                xml.leaf("targetRef", {}, f"{data}.doc{n}")

    def _set(self, tag: str, part: str, refs: list[str]) -> None:
        if not refs:
            self.xml.leaf(tag, {})
            return
        with self.xml.element(tag, {}):
            for ref in refs:
                self.xml.leaf(part, {}, ref)

    def _objects(self, element: Element) -> None:
        for n, document in enumerate(element.documents):
            before = self.documents.knows("Document", document.name)
            self.documents.of("Document", document.name)
            if not before:
                self.xml.leaf("dataObject", {"id": document.id, "name": document.name})
            self.xml.leaf(
                "dataObjectReference", {"id": f"{element.id}.doc{n}", "name": document.name, "dataObjectRef": document.id}
            )


def _everything(graph: Graph) -> Iterator[Element]:
    todo = [graph]
    while todo:
        for element in todo.pop().elements:
            yield element
            if element.inner is not None:
                todo.append(element.inner)
