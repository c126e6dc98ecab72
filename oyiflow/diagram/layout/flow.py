"""The chart as numbers: steps, lanes and arrows by index, and which arrows run against the flow.

Every later stage works on integers; ids come back only when the drawing is assembled.  Back arrows are found by a
depth-first search from the start in the author's order, the way an author reads a process: the arrow that returns to a
step still open is the one that goes back.  Without them the chart has no circle and rows can be counted.

Arrows of one kind between the same two steps in the same direction (several answers with one outcome) are one bundle,
drawn as one line that carries all their labels; from here on "an arrow" is a bundle.

Steps without a lane (or in a chart without lanes) share one unnamed band, the last one.  A connector to another page
that stands beside the one step it belongs to, its host, is a guest: it has no row of its own.  All walks are iterative.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Final

from oyiflow.diagram.chart import Chart, Edge

# Shapes whose arrows must meet a corner or a middle: they have no straight side to slide along.
PINNED_KINDS: Final = frozenset(("decision", "start", "end", "fork", "join", "initial", "history", "connector"))
GUESTS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    count: int
    bands: int  # lanes, and one more if some step has none
    lane: tuple[int, ...]
    kind: tuple[str, ...]
    pinned: tuple[bool, ...]
    bundles: tuple[tuple[Edge, ...], ...]
    src: tuple[int, ...]
    dst: tuple[int, ...]
    back: tuple[bool, ...]
    ins: tuple[tuple[int, ...], ...]  # forward arrows into each step
    outs: tuple[tuple[int, ...], ...]  # forward arrows out of each step
    order: tuple[int, ...]  # a topological order of the forward arrows, the author's where it is free
    before: tuple[int, ...]  # ancestors of each step, as a bit set
    host: tuple[int, ...]  # of each guest the step beside which it stands, else -1
    gate: tuple[int, ...] = ()  # of each thing the only side on which arrows meet it, or -1; empty: none has one

    def related(self, a: int, b: int) -> bool:
        """True if one of two steps comes before the other."""
        return bool((self.before[a] >> b | self.before[b] >> a) & 1)


def read(chart: Chart) -> Flow:
    number = {node.id: index for index, node in enumerate(chart.nodes)}
    bands = {lane.id: index for index, lane in enumerate(chart.lanes)}
    spare = len(chart.lanes)
    lane = tuple(bands.get(node.lane or "", spare) for node in chart.nodes)
    bundles = bundled(edge for edge in chart.edges if edge.source in number and edge.target in number)
    src = tuple(number[bundle[0].source] for bundle in bundles)
    dst = tuple(number[bundle[0].target] for bundle in bundles)
    count = len(chart.nodes)
    kind = tuple(node.kind for node in chart.nodes)
    back = _back_arrows(count, kind, src, dst)
    forward = [index for index in range(len(bundles)) if not back[index]]
    ins, outs = _sides(count, forward, dst), _sides(count, forward, src)
    order = _topological(count, ins, outs, dst)
    return Flow(
        count=count,
        bands=max([spare, 1, *(band + 1 for band in lane)]),
        lane=lane,
        kind=kind,
        pinned=tuple(one in PINNED_KINDS for one in kind),
        bundles=bundles,
        src=src,
        dst=dst,
        back=back,
        ins=ins,
        outs=outs,
        order=order,
        before=_ancestors(count, order, ins, src),
        host=_hosts(kind, lane, [(src[edge], dst[edge]) for edge in forward]),
    )


def bundled(edges: Iterable[Edge]) -> tuple[tuple[Edge, ...], ...]:
    bundles: dict[tuple[str, str, str], list[Edge]] = {}
    for edge in edges:
        bundles.setdefault((edge.source, edge.target, edge.kind), []).append(edge)
    return tuple(tuple(bundle) for bundle in bundles.values())


def _hosts(kind: tuple[str, ...], lane: tuple[int, ...], ways: list[tuple[int, int]]) -> tuple[int, ...]:
    """A connector is a guest if its step has other arrows of that direction on this page too; a step has at most two guests."""
    host = [-1] * len(kind)
    outs, ins = Counter(a for a, _ in ways), Counter(b for _, b in ways)
    taken: Counter[int] = Counter()
    for a, b in ways:
        guest, step, others = (a, b, ins[b]) if kind[a] == "connector" else (b, a, outs[a])
        alone = outs[guest] + ins[guest] == 1 and others > 1
        fits = lane[guest] == lane[step] and kind[step] not in ("fork", "join", "connector") and taken[step] < GUESTS
        if kind[guest] == "connector" and alone and fits:
            host[guest] = step
            taken[step] += 1
    return tuple(host)


def _sides(count: int, forward: list[int], end: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    table: list[list[int]] = [[] for _ in range(count)]
    for edge in forward:
        table[end[edge]].append(edge)
    return tuple(tuple(row) for row in table)


def _back_arrows(count: int, kind: tuple[str, ...], src: tuple[int, ...], dst: tuple[int, ...]) -> tuple[bool, ...]:
    outs: list[list[int]] = [[] for _ in range(count)]
    entered = [False] * count
    for edge, node in enumerate(src):
        outs[node].append(edge)
        entered[dst[edge]] = True
    roots = [node for node in range(count) if kind[node] == "start"]
    roots += [node for node in range(count) if not entered[node]]
    return _searched(count, roots, outs, dst)


def search_back(count: int, src: list[int], dst: list[int]) -> tuple[bool, ...]:
    """Arrows that return to what is still open, searching from the first thing on."""
    outs: list[list[int]] = [[] for _ in range(count)]
    entered = [False] * count
    for edge, node in enumerate(src):
        outs[node].append(edge)
        entered[dst[edge]] = True
    return _searched(count, [node for node in range(count) if not entered[node]], outs, tuple(dst))


def topological(count: int, src: list[int], dst: list[int]) -> tuple[int, ...]:
    """Every thing after those before it, nearest to the start first, then the given order."""
    every = list(range(len(src)))
    return _topological(count, _sides(count, every, tuple(dst)), _sides(count, every, tuple(src)), tuple(dst))


def _searched(count: int, roots: list[int], outs: list[list[int]], dst: tuple[int, ...]) -> tuple[bool, ...]:
    back = [False] * len(dst)
    state = [0] * count  # 0 new, 1 open, 2 closed
    for root in [*roots, *range(count)]:
        if not state[root]:
            _search_from(root, outs, dst, state, back)
    return tuple(back)


def _search_from(root: int, outs: list[list[int]], dst: tuple[int, ...], state: list[int], back: list[bool]) -> None:
    state[root] = 1
    stack: list[tuple[int, Iterator[int]]] = [(root, iter(outs[root]))]
    while stack:
        node, arrows = stack[-1]
        for edge in arrows:
            target = dst[edge]
            if state[target] == 1:
                back[edge] = True
            elif not state[target]:
                state[target] = 1
                stack.append((target, iter(outs[target])))
                break
        else:
            state[node] = 2
            stack.pop()


def _topological(
    count: int, ins: tuple[tuple[int, ...], ...], outs: tuple[tuple[int, ...], ...], dst: tuple[int, ...]
) -> tuple[int, ...]:
    """Nearest to the start first, then the author's order."""
    waiting = [len(row) for row in ins]
    depth = [0] * count
    ready = [(0, node) for node in range(count) if not waiting[node]]
    heapify(ready)
    order = []
    while ready:
        level, node = heappop(ready)
        order.append(node)
        for edge in outs[node]:
            target = dst[edge]
            depth[target] = max(depth[target], level + 1)
            waiting[target] -= 1
            if not waiting[target]:
                heappush(ready, (depth[target], target))
    return tuple(order)


def _ancestors(count: int, order: tuple[int, ...], ins: tuple[tuple[int, ...], ...], src: tuple[int, ...]) -> tuple[int, ...]:
    before = [0] * count
    for node in order:
        for edge in ins[node]:
            before[node] |= before[src[edge]] | 1 << src[edge]
    return tuple(before)
