"""What a picture is made from: a chart of steps, arrows and lanes.

A ``Chart`` is the only input of ``layout``.  It says nothing about positions and knows nothing of the rest of the
product, so that a process, a scenario or a test can all be drawn.  The order of every tuple is the author's order; the
layout uses it to break every tie, so that a small edit moves little.

A chart is trusted: it was built from a checked definition and is not validated again.  Odd charts (no lanes, several
starts, unreachable steps, arrows from a step to itself, two arrows between the same steps) are still drawn; an arrow
that names an unknown step is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

NodeKind = Literal["start", "end", "task", "decision", "join", "fork", "wait", "sub", "initial", "history", "connector"]
FrameKind = Literal["state", "parallel", "region"]
EdgeKind = Literal["flow", "reject", "timeout"]
Direction = Literal["TB", "LR"]
Difference = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A band of the chart: one role and everything it does."""

    id: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One step.  ``note`` and ``document`` are small second and third texts under the label."""

    id: str
    lane: str | None = None
    kind: NodeKind = "task"
    label: str = ""
    note: str = ""
    document: str = ""
    conditional: bool = False  # may be skipped: drawn with a dashed border
    frame: str | None = None  # the innermost frame around it


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """An enclosing state: drawn around its steps and inner frames.  The children of a "parallel" frame are "region"s."""

    id: str
    title: str = ""
    kind: FrameKind = "state"
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One arrow, between steps or frames.  Several arrows may join the same two; their ids tell them apart."""

    id: str
    source: str
    target: str
    label: str = ""
    kind: EdgeKind = "flow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Lanes, steps and arrows, each in the author's order.  Outer frames come before inner ones.

    A chart has lanes or frames.  With frames it has at most one lane, around all of them.
    """

    id: str
    title: str = ""
    lanes: tuple[Lane, ...] = ()
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    frames: tuple[Frame, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Highlight:
    """What is drawn over a chart: where a run stands and how often it took each step and arrow, whose steps these are, in
    which order a trace took them, what a newer version changed."""

    current: frozenset[str] = frozenset()
    visited: Mapping[str, int] = field(default_factory=dict)
    taken: Mapping[str, int] = field(default_factory=dict)
    mine: frozenset[str] = frozenset()
    order: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    changes: Mapping[str, Difference] = field(default_factory=dict)  # of steps and of arrows
