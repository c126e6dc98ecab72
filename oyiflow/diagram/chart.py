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

NodeKind = Literal["start", "end", "task", "decision", "join", "fork", "wait", "sub"]
EdgeKind = Literal["flow", "reject", "timeout"]
Direction = Literal["TB", "LR"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One arrow.  Several arrows may join the same two steps; their ids tell them apart."""

    id: str
    source: str
    target: str
    label: str = ""
    kind: EdgeKind = "flow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Lanes, steps and arrows, each in the author's order."""

    id: str
    title: str = ""
    lanes: tuple[Lane, ...] = ()
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Highlight:
    """What a run has done so far: where it stands, and how often each step and arrow was taken."""

    current: frozenset[str] = frozenset()
    visited: Mapping[str, int] = field(default_factory=dict)
    taken: Mapping[str, int] = field(default_factory=dict)
