"""Looking for a better page: rows are chosen greedily, so try the other choices and keep what is measured better.

A layout is priced by its arrows (see ``routing.router``) and by the size of the page.  The search starts with every
arrow between lanes level and every step as high as it can stand.  One change at a time, beginning where arrows are
dearest: make an arrow steep (or level again), push a step a row down (or back up).  A change that lowers the price
stays.

The budget is counted in ways priced, not in seconds, so the result never depends on the machine; a large chart prices
more ways per layout and so gets fewer trials.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from oyiflow.diagram.layout.flow import Flow
from oyiflow.diagram.layout.grid import Grid, build
from oyiflow.diagram.layout.place import Needs, frame, room_for_ports
from oyiflow.diagram.layout.routing.path import Route, Terrain
from oyiflow.diagram.layout.routing.router import Router, route_all
from oyiflow.diagram.layout.routing.tracks import Tracks
from oyiflow.diagram.layout.rows import Choice, assign, may_be_level
from oyiflow.diagram.layout.sizes import EM, Parts

BUDGET: Final = (1_200, 50)  # ways made and priced: per step, and per pair of steps
MOST_BUDGET: Final = 500_000
TALL: Final = 0.25  # per em of the page along the flow
WIDE: Final = 0.25  # per em of the page across it
OVERHEAD: Final = 8  # a layout's other work per step and arrow, in the same unit
SPREAD: Final = 45.0  # parallel branches of one lane not side by side
ASKEW: Final = 10.0  # answers of a decision in its own lane not side by side; branches of a bar in different rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One page: which row, which line, which way; no coordinates yet."""

    choice: Choice
    row: list[int]
    grid: Grid
    routes: list[Route]
    price: float
    prices: dict[int, float]  # what each arrow costs
    work: int


def search(parts: Parts) -> Plan:
    flow = parts.flow
    best = plan(parts, Choice())
    spent, budget = best.work, min(flow.count * (BUDGET[0] + BUDGET[1] * flow.count), MOST_BUDGET)
    tried = {best.choice}
    improved = True
    while improved and spent < budget:
        improved = False
        for choice in _neighbours(flow, best):
            if choice in tried:
                continue
            tried.add(choice)
            other = plan(parts, choice)
            spent += other.work
            if other.price < best.price - 1e-6:
                best, improved = other, True
                break
            if spent >= budget:
                break
    return best


def plan(parts: Parts, choice: Choice) -> Plan:
    flow = parts.flow
    row = assign(flow, choice)
    grid = build(parts, row)
    rough = frame(parts, grid, Tracks(offset={}, used={}), Needs())
    terrain = Terrain(
        flow=flow,
        grid=grid,
        us=tuple(u / EM for u in rough.us),
        vs=tuple(v / EM for v in rough.vs),
        widths=tuple(size[0] / EM for size in parts.steps),
    )
    router = Router(terrain=terrain, room=room_for_ports(parts.steps))
    routes, price = route_all(router)
    width = sum(extent for _, extent in rough.lanes)
    price += TALL * rough.length / EM + WIDE * width / EM + _lopsided(flow, row)
    return Plan(
        choice=choice,
        row=row,
        grid=grid,
        routes=routes,
        price=price,
        prices=_each(router, routes),
        work=router.work + sum(len(ways) for ways in router.known.values()) + OVERHEAD * (flow.count + len(routes)),
    )


def _lopsided(flow: Flow, row: list[int]) -> float:
    """Branches that begin together should begin in one row."""
    price = 0.0
    for node in range(flow.count):
        branches = [flow.dst[edge] for edge in flow.outs[node]]
        for at, one in enumerate(branches):
            for two in branches[:at]:
                if row[one] != row[two] and not flow.related(one, two):
                    price += _apart(flow, node, one, two)
    return price


def _apart(flow: Flow, node: int, one: int, two: int) -> float:
    if flow.lane[one] != flow.lane[two]:
        return ASKEW if flow.kind[node] == "fork" else 0.0
    if flow.kind[node] == "decision":
        return ASKEW if flow.lane[node] == flow.lane[one] else 0.0
    return SPREAD


def _uneven(flow: Flow, row: list[int]) -> list[frozenset[int]]:
    """Fans into one other lane that could stand side by side if none of their arrows were level."""
    fans = []
    for node in range(flow.count):
        by_lane: dict[int, list[int]] = {}
        for edge in flow.outs[node]:
            if may_be_level(flow, edge) and flow.kind[node] != "decision":
                by_lane.setdefault(flow.lane[flow.dst[edge]], []).append(edge)
        fans += [frozenset(fan) for fan in by_lane.values() if len({row[flow.dst[edge]] for edge in fan}) > 1]
    return fans


def _each(router: Router, routes: list[Route]) -> dict[int, float]:
    return {route.edge: router.alone(route) for route in routes}


def _neighbours(flow: Flow, best: Plan) -> list[Choice]:
    """Changes worth trying, the dearest arrows first."""
    choices = [Choice(steep=best.choice.steep | fan, pushed=best.choice.pushed) for fan in _uneven(flow, best.row)]
    pushed = dict(best.choice.pushed)
    for edge in sorted(best.prices, key=lambda edge: (-round(best.prices[edge], 6), edge)):
        if may_be_level(flow, edge):
            choices.append(Choice(steep=best.choice.steep ^ {edge}, pushed=best.choice.pushed))
        for node in (flow.dst[edge], flow.src[edge]):
            more = 0 if pushed.get(node) else 1
            changed = tuple(sorted((pushed | {node: more}).items()))
            choices.append(Choice(steep=best.choice.steep, pushed=tuple(item for item in changed if item[1])))
    return choices
