"""Which row each step stands in.

Steps are placed one by one in topological order, each as high as its predecessors allow.  An arrow inside a lane costs
a row.  An arrow to another lane may cost none: both steps stand level and the arrow is one straight line.  Level
arrows make a chart short, but each needs a free row between its ends; when one stands in the way the step goes a row
down.  Two steps share a lane and a row only if neither comes before the other (parallel branches, side by side).

``Choice`` holds what the search may change: arrows that must not be level, and steps pushed down.  The same choice
always gives the same rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from oyiflow.diagram.layout.flow import Flow

MOST_BESIDE: Final = 6  # steps of one lane side by side; the rest goes to further rows
NEVER_LEVEL: Final = frozenset(("fork", "join"))  # a bar lies across the flow and is met from above


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    steep: frozenset[int] = frozenset()  # arrows between lanes that must go down a row
    pushed: tuple[tuple[int, int], ...] = ()  # (step, rows further down)


@dataclass(slots=True)
class _Page:
    """What is placed so far."""

    flow: Flow
    choice: Choice
    row: list[int]
    cells: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    levels: dict[int, list[tuple[int, int]]] = field(default_factory=dict)  # row -> lanes joined by a level arrow


def assign(flow: Flow, choice: Choice) -> list[int]:
    page = _Page(flow=flow, choice=choice, row=[0] * flow.count)
    pushed = dict(choice.pushed)
    for node in flow.order:
        if flow.host[node] >= 0:
            continue
        row = _lowest(page, node) + pushed.get(node, 0)
        while not _fits(page, node, row):
            row += 1
        _put(page, node, row)
    for node, host in enumerate(flow.host):
        if host >= 0:
            page.row[node] = page.row[host]
    return _without_gaps(page.row)


def may_be_level(flow: Flow, edge: int) -> bool:
    a, b = flow.src[edge], flow.dst[edge]
    if flow.back[edge] or flow.lane[a] == flow.lane[b]:
        return False
    return flow.kind[a] not in NEVER_LEVEL and flow.kind[b] not in NEVER_LEVEL


def _lowest(page: _Page, node: int) -> int:
    flow = page.flow
    ways = (edge for edge in flow.ins[node] if flow.host[flow.src[edge]] < 0)
    return max((page.row[flow.src[edge]] + _cost(page, edge) for edge in ways), default=0)


def _cost(page: _Page, edge: int) -> int:
    return 0 if may_be_level(page.flow, edge) and edge not in page.choice.steep else 1


def _fits(page: _Page, node: int, row: int) -> bool:
    flow, lane = page.flow, page.flow.lane[node]
    beside = page.cells.get((lane, row), [])
    if len(beside) >= MOST_BESIDE or any(flow.related(node, other) for other in beside):
        return False
    if beside and any(one in flow.host for one in (node, *beside)):
        return False
    if any(low < lane < high for low, high in page.levels.get(row, [])):
        return False
    return all(_straight(page, edge, row) for edge in flow.ins[node] if _level(page, edge, row))


def _level(page: _Page, edge: int, row: int) -> bool:
    source = page.flow.src[edge]
    return page.row[source] == row and page.flow.host[source] < 0


def _straight(page: _Page, edge: int, row: int) -> bool:
    """Nothing stands between the ends of a level arrow, and no other arrow takes its way."""
    if _cost(page, edge):
        return False
    low, high = _span(page.flow, edge)
    if any((lane, row) in page.cells for lane in range(low + 1, high)):
        return False
    return all(high <= other_low or other_high <= low for other_low, other_high in page.levels.get(row, []))


def _span(flow: Flow, edge: int) -> tuple[int, int]:
    a, b = flow.lane[flow.src[edge]], flow.lane[flow.dst[edge]]
    return (a, b) if a < b else (b, a)


def _put(page: _Page, node: int, row: int) -> None:
    page.row[node] = row
    page.cells.setdefault((page.flow.lane[node], row), []).append(node)
    for edge in page.flow.ins[node]:
        if _level(page, edge, row):
            page.levels.setdefault(row, []).append(_span(page.flow, edge))


def _without_gaps(row: list[int]) -> list[int]:
    used = {value: index for index, value in enumerate(sorted(set(row)))}
    return [used[value] for value in row]
