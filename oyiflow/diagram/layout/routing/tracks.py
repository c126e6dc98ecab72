"""From lines to tracks: where exactly each run lies beside the others on its line.

Every run gets an offset from its line, in tracks.  Runs that share a trunk are one item.  For each pair of items whose
stretches overlap, ``order`` says which lies lower; a longest path through these relations numbers the tracks.  In a
channel tracks count from 0.  On a centre line offsets lie around 0, and runs that meet a diamond's corner or another
fixed point keep exactly 0, so that straight arrows stay straight.

Relations are taken in a fixed order and one that would close a circle is dropped: the picture then has a crossing, not
an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from oyiflow.diagram.layout.flow import Flow
from oyiflow.diagram.layout.grid import Grid
from oyiflow.diagram.layout.routing.order import merged, parting, side_of
from oyiflow.diagram.layout.routing.path import Route

BUS: Final = 4  # from this many forward arrows on, a fan is drawn as one bus line
PARTING: Final = 8  # weight of a relation without which two arrows would run on each other; of another one: 2
BAR_BUS: Final = 4  # at a fork or a join

Line = tuple[bool, int]  # vertical?, number
Member = tuple[int, int]  # arrow, run


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracks:
    offset: dict[Member, float]  # in tracks; in channels from 0 up, on centre lines around 0
    used: dict[Line, int]  # tracks a line needs
    faced: frozenset[int] | None = None  # row channels that hold a whole arrow from box to box; None: not known yet


@dataclass(slots=True)
class _Item:
    """A run, or several that share a trunk."""

    members: list[Member]
    fixed: bool = False
    straight: bool = False


def assign(flow: Flow, grid: Grid, routes: list[Route]) -> Tracks:
    lines: dict[Line, list[Member]] = {}
    for route in routes:
        for index, run in enumerate(route.runs):
            lines.setdefault((run[0], run[1]), []).append((route.edge, index))
    offset: dict[Member, float] = {}
    used: dict[Line, int] = {}
    for line, members in sorted(lines.items()):
        items = _items(flow, routes, members)
        above = _relations(routes, items)
        channel = grid.channel[line[1]] if line[0] else line[1] % 2 == 0
        places = _numbered(items, above) if channel else _centred(items, above)
        used[line] = int(max(places) - min(0.0, *places)) + 1
        for item, place in zip(items, places, strict=True):
            for member in item.members:
                offset[member] = place
    straight = (run for route in routes for run in route.runs if run[0] and not run[4] and not run[5])
    faced = frozenset(run[2] + 1 for run in straight if run[3] == run[2] + 2)
    return Tracks(offset=offset, used=used, faced=faced)


def _items(flow: Flow, routes: list[Route], members: list[Member]) -> list[_Item]:
    items: list[_Item] = []
    for edge, index in members:
        home = next((item for item in items if _same_trunk(flow, routes, item, edge, index)), None)
        if home is None:
            home = _Item(members=[])
            items.append(home)
        home.members.append((edge, index))
        run = routes[edge].runs[index]
        home.fixed = home.fixed or (not run[4] and _is_fixed(flow, routes[edge], index, low=True))
        home.fixed = home.fixed or (not run[5] and _is_fixed(flow, routes[edge], index, low=False))
        home.straight = home.straight or len(routes[edge].runs) == 1
    return items


def _same_trunk(flow: Flow, routes: list[Route], item: _Item, edge: int, index: int) -> bool:
    a = routes[edge]
    return any(
        merged(flow, a, index, routes[mate], at) or _same_bus(flow, routes, (edge, index), (mate, at))
        for mate, at in item.members
    )


def _same_bus(flow: Flow, routes: list[Route], one: Member, two: Member) -> bool:
    """The second run of a wide fan out of one step, or the last but one of a wide fan into one."""
    a, b = routes[one[0]], routes[two[0]]
    if flow.back[one[0]] or flow.back[two[0]]:
        return False
    if one[1] == two[1] == 1 and len(a.runs) > 1 < len(b.runs) and merged(flow, a, 0, b, 0):
        least = BAR_BUS if flow.kind[flow.src[one[0]]] == "fork" else BUS
        return _width(flow, routes, one[0], ending=False) >= least
    i, j = len(a.runs) - 2, len(b.runs) - 2
    if one[1] == i >= 0 <= j == two[1] and merged(flow, a, i + 1, b, j + 1):
        least = BAR_BUS if flow.kind[flow.dst[one[0]]] == "join" else BUS
        return _width(flow, routes, one[0], ending=True) >= least
    return False


def _width(flow: Flow, routes: list[Route], edge: int, *, ending: bool) -> int:
    a = routes[edge]
    if ending:
        return sum(not flow.back[b.edge] and flow.dst[b.edge] == flow.dst[edge] and b.in_side == a.in_side for b in routes)
    return sum(not flow.back[b.edge] and flow.src[b.edge] == flow.src[edge] and b.out_side == a.out_side for b in routes)


def _is_fixed(flow: Flow, route: Route, index: int, *, low: bool) -> bool:
    """The run's low (or high) end is at a step that holds it in the middle."""
    starts = index == 0 and route.runs[index][6] == low
    return flow.pinned[flow.src[route.edge] if starts else flow.dst[route.edge]]


def _relations(routes: list[Route], items: list[_Item]) -> list[list[int]]:
    """For each item, the items that must lie above it."""
    wanted: list[tuple[int, int, int]] = []
    for i in range(len(items)):
        for j in range(i + 1, len(items)):
            weight, sign = _relation(routes, items[i], items[j])
            if sign:
                wanted.append((-weight, i, j) if sign < 0 else (-weight, j, i))
    above: list[list[int]] = [[] for _ in items]
    for _, low, high in sorted(wanted):
        if not _reaches(above, high, low):
            above[low].append(high)
    return above


def _relation(routes: list[Route], one: _Item, two: _Item) -> tuple[int, int]:
    """Votes of all pairs of members: how strongly, and on which side the first lies (-1 lower)."""
    votes, habit = 0, 0
    for a, i in one.members:
        for b, j in two.members:
            run, other = routes[a].runs[i], routes[b].runs[j]
            if run[2] < other[3] and other[2] < run[3]:
                sign = side_of(routes[a], i, routes[b], j) if a < b else -side_of(routes[b], j, routes[a], i)
                votes += (PARTING if _parts(routes[a], i, routes[b], j) else 2) * sign
                habit = habit or sign
            elif run[3] == other[2] and run[5] and other[4]:
                votes += (run[5] > other[4]) - (run[5] < other[4])
            elif other[3] == run[2] and other[5] and run[4]:
                votes += (run[4] > other[5]) - (run[4] < other[5])
    if not votes:
        return (1, habit)
    return (abs(votes) + 2, 1 if votes > 0 else -1)


def _parts(a: Route, i: int, b: Route, j: int) -> bool:
    return any(parting(a, i, b, j, end) for end in (1, -1))


def _reaches(above: list[list[int]], start: int, goal: int) -> bool:
    seen, stack = {start}, [start]
    while stack:
        at = stack.pop()
        if at == goal:
            return True
        for higher in above[at]:
            if higher not in seen:
                seen.add(higher)
                stack.append(higher)
    return False


def _numbered(items: list[_Item], above: list[list[int]]) -> list[float]:
    """Longest path from below."""
    place = [0.0] * len(items)
    for at in _upwards(above, range(len(items))):
        for higher in above[at]:
            place[higher] = max(place[higher], place[at] + 1)
    return place


def _upwards(above: list[list[int]], group: Iterable[int]) -> list[int]:
    """Every item before those above it."""
    group = list(group)
    below = dict.fromkeys(group, 0)
    for at in group:
        for higher in above[at]:
            below[higher] += 1
    ready = [at for at in group if not below[at]]
    order = []
    while ready:
        at = ready.pop(0)
        order.append(at)
        for higher in above[at]:
            below[higher] -= 1
            if not below[higher]:
                ready.append(higher)
    return order


def _centred(items: list[_Item], above: list[list[int]]) -> list[float]:
    place = [0.0] * len(items)
    for group in _groups(above):
        fixed = [at for at in group if items[at].fixed] or _only_straight(items, group)
        order = _upwards(above, group)
        level = dict.fromkeys(group, 0.0)
        for at in order:
            for higher in above[at]:
                level[higher] = max(level[higher], level[at] + 1)
        if fixed:
            _around(order, above, fixed, level, place)
        else:
            middle = max(level.values()) / 2
            for at in group:
                place[at] = level[at] - middle
    return place


def _only_straight(items: list[_Item], group: list[int]) -> list[int]:
    straight = [at for at in group if items[at].straight]
    return straight if len(straight) == 1 else []


def _around(order: list[int], above: list[list[int]], fixed: list[int], level: dict[int, float], place: list[float]) -> None:
    """Fixed items at 0, what lies above them at 1 and up, what lies below at -1 and down."""
    is_fixed = set(fixed)
    over: dict[int, float] = {}
    for at in order:
        value = 0.0 if at in is_fixed else over.get(at)
        if value is not None:
            over[at] = value
            for higher in above[at]:
                over[higher] = max(over.get(higher, 0.0), value + 1)
    under: dict[int, float] = {}
    for at in reversed(order):
        values = [under[higher] - 1 for higher in above[at] if higher in under]
        if at in is_fixed:
            under[at] = 0.0
        elif values:
            under[at] = min(values)
    base = level[fixed[0]]
    for at in order:
        place[at] = 0.0 if at in is_fixed else over.get(at, under.get(at, level[at] - base or 1.0))


def _groups(above: list[list[int]]) -> list[list[int]]:
    """Items joined by relations, directly or through others."""
    near: list[set[int]] = [set() for _ in above]
    for at, highers in enumerate(above):
        for higher in highers:
            near[at].add(higher)
            near[higher].add(at)
    seen: set[int] = set()
    groups = []
    for start in range(len(above)):
        if start in seen:
            continue
        group, stack = [], [start]
        seen.add(start)
        while stack:
            at = stack.pop()
            group.append(at)
            for other in sorted(near[at] - seen):
                seen.add(other)
                stack.append(other)
        groups.append(sorted(group))
    return groups
