"""A framed chart as numbers: steps and frames are *things*, steps first; each thing has a container.

The root, -1, contains what no frame contains.  An arrow between two things is an arrow between those two children of
their innermost common container in which they lie; on that level it goes forward or back, found by a depth-first search
in the author's order.  An arrow from a step to a frame around it goes back, one from a frame to what is inside forward.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from oyiflow.diagram.chart import Chart, Edge
from oyiflow.diagram.layout.flow import bundled, search_back

ROOT: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    nodes: int
    names: tuple[str, ...]  # of the frames
    kinds: tuple[str, ...]
    titled: tuple[bool, ...]
    parent: tuple[int, ...]  # per thing
    children: dict[int, tuple[int, ...]]  # per frame and of the root, in the author's order
    bundles: tuple[tuple[Edge, ...], ...]
    src: tuple[int, ...]  # things
    dst: tuple[int, ...]
    back: tuple[bool, ...]

    def kind(self, thing: int) -> str:
        """Of a frame."""
        return self.kinds[thing - self.nodes]

    def contains(self, outer: int, inner: int) -> bool:
        """Whether a frame is around a thing."""
        while inner != ROOT:
            inner = self.parent[inner]
            if inner == outer:
                return True
        return False

    def outermost_last(self) -> list[int]:
        """Frames, inner before outer; the chart lists outer before inner."""
        return list(range(self.nodes + len(self.names) - 1, self.nodes - 1, -1))


def read(chart: Chart) -> Tree:
    count = len(chart.nodes)
    number = {node.id: at for at, node in enumerate(chart.nodes)}
    number |= {frame.id: count + at for at, frame in enumerate(chart.frames)}
    parent = [number.get(node.frame or "", ROOT) for node in chart.nodes]
    parent += [number.get(frame.parent or "", ROOT) for frame in chart.frames]
    bundles = bundled(edge for edge in chart.edges if edge.source in number and edge.target in number)
    src = tuple(number[bundle[0].source] for bundle in bundles)
    dst = tuple(number[bundle[0].target] for bundle in bundles)
    children = _children(count, parent)
    return Tree(
        nodes=count,
        names=tuple(frame.id for frame in chart.frames),
        kinds=tuple(frame.kind for frame in chart.frames),
        titled=tuple(bool(frame.title) for frame in chart.frames),
        parent=tuple(parent),
        children=children,
        bundles=bundles,
        src=src,
        dst=dst,
        back=_back(parent, children, list(zip(src, dst, strict=True))),
    )


def _children(nodes: int, parent: list[int]) -> dict[int, tuple[int, ...]]:
    """By the first step inside; frames without steps come last."""
    first = {thing: thing if thing < nodes else nodes + thing for thing in range(len(parent))}
    for node in range(nodes - 1, -1, -1):
        outer = parent[node]
        while outer != ROOT:
            first[outer] = node
            outer = parent[outer]
    found: dict[int, list[int]] = {thing: [] for thing in (ROOT, *range(nodes, len(parent)))}
    for thing in sorted(range(len(parent)), key=lambda one: (first[one], one < nodes)):
        found[parent[thing]].append(thing)
    return {outer: tuple(inner) for outer, inner in found.items()}


def level(parent: list[int] | tuple[int, ...], a: int, b: int) -> tuple[int, int, int]:
    """The innermost common container of two things, and its children in which they lie; a child is the container itself
    if the thing is."""
    above = [a]
    while above[-1] != ROOT:
        above.append(parent[above[-1]])
    inner = b
    if b in above:
        return b, above[above.index(b) - 1] if b != a else a, b
    while parent[inner] not in above:
        inner = parent[inner]
    at = above.index(parent[inner])
    return parent[inner], above[at - 1] if at else above[0], inner


def _back(parent: list[int], children: dict[int, tuple[int, ...]], ways: list[tuple[int, int]]) -> tuple[bool, ...]:
    lifted = [level(parent, a, b) for a, b in ways]
    back = [a == b or b == container for container, a, b in lifted]
    for outer, inner in children.items():
        place = {thing: at for at, thing in enumerate(inner)}
        own = [at for at, (where, a, b) in enumerate(lifted) if where == outer and a in place and b in place and a != b]
        found = search_back(len(inner), [place[lifted[at][1]] for at in own], [place[lifted[at][2]] for at in own])
        for at, goes_back in zip(own, found, strict=True):
            back[at] = goes_back
    return tuple(back)
