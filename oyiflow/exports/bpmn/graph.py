"""A process as BPMN sees it, before it is placed or written: elements, flows, lanes, pools.

Ids are those of the XML file; `step` and `way` keep the names of the product's own states and transitions, so that a journal can
be laid over the diagram and a reader of the file finds the way back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tag = Literal[
    "startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent",
    "userTask", "serviceTask", "task", "callActivity", "subProcess",
    "exclusiveGateway", "parallelGateway", "eventBasedGateway",
]  # fmt: skip
Trigger = Literal["timer", "message", "conditional", "error", "escalation", "terminate"]
ACTIVITIES = ("userTask", "serviceTask", "task", "callActivity", "subProcess")


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What an event is about. `form` of a timer: duration, date or cycle; `detail`: its expression, or the name of the message."""

    kind: Trigger
    detail: str = ""
    form: Literal["", "timeDuration", "timeDate", "timeCycle"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who acts or takes part: a role by its name, or an expression that names somebody."""

    part: Literal["potentialOwner", "resourceRole"] = "potentialOwner"
    label: str = ""
    role: str = ""
    expression: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document that a step needs or makes; steps that name the same one share one data object."""

    id: str
    name: str
    made: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """An activity done several times: one after the other, or all at once; how often, and when it is over before."""

    sequential: bool = False
    cardinality: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """A node of the flow. `host`: of a boundary event, the activity that it is attached to."""

    id: str
    tag: Tag
    name: str = ""
    step: str = ""
    lane: str = ""
    event: Happening | None = None
    host: str = ""
    interrupting: bool = True
    called: str = ""
    loop: Loop | None = None
    people: tuple[Person, ...] = ()
    documents: tuple[Document, ...] = ()
    meets: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    inner: Graph | None = None

    @property
    def is_activity(self) -> bool:
        return self.tag in ACTIVITIES

    @property
    def is_gateway(self) -> bool:
        return self.tag.endswith("Gateway")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A sequence flow. `default`: taken when no condition of the gateway holds."""

    id: str
    source: str
    target: str
    name: str = ""
    condition: str = ""
    default: bool = False
    way: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """What one plane shows: the process, or the inside of a sub-process."""

    elements: tuple[Element, ...] = ()
    flows: tuple[Flow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A lane, or the pool of somebody outside."""

    id: str
    name: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """The whole file."""

    id: str
    key: str
    name: str
    version: int
    lanes: tuple[Band, ...]
    pools: tuple[Band, ...]
    roles: tuple[Band, ...]
    graph: Graph
    notes: tuple[str, ...] = ()
