"""Choosing a way for every arrow, all together.

Arrows are routed one after the other, the ones with least freedom first.  Each takes its cheapest way given those
already there; then, for a few rounds, every arrow is lifted and laid again, since the first ones chose blindly.  The
price of a way among others counts what will be seen: crossings, lines that share a track without belonging together,
steps whose side is overcrowded, arrows that come and go at one corner of a diamond.

Ways are tried cheapest first and given up as soon as they cost more than the best so far, so most arrows look at one
or two.  The number of ways priced is the measure of work that the search keeps its budget in: no clock is read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from oyiflow.diagram.layout.routing.order import goes_on, lean, mergeable, merged, parting
from oyiflow.diagram.layout.routing.path import (
    BEND,
    HOOKED,
    LENGTH,
    ROUND,
    SIMPLE,
    Points,
    Route,
    Terrain,
    Way,
    candidates,
    make_route,
)

CROSS: Final = 13.0
BESIDE: Final = 0.6  # two unrelated arrows side by side on one line
PINNED_SHARE: Final = 60.0  # two arrows that cannot be moved apart
CORNER_CLASH: Final = 400.0  # in and out at one corner
CORNER_SHARED: Final = 24.0  # two answers of one decision leave at one corner
SIDE_SHARED: Final = 6.0  # in and out on one side of a box
CROWDED: Final = 80.0  # more arrows on a side than it holds
ROUNDS: Final = 3
FAVOURITES: Final = 3  # ways of an arrow worth moving others for
WORTH: Final = 1.5  # and only if they save this much

Entry = tuple[int, int, Route, int]  # low, high, route, index of the run


@dataclass(slots=True)
class Router:
    terrain: Terrain
    room: tuple[tuple[int, int], ...]  # per step: arrows its North/South and East/West sides can hold apart
    down: list[list[Entry]] = field(default_factory=list)
    across: list[list[Entry]] = field(default_factory=list)
    ports: dict[tuple[int, int], list[tuple[Route, bool]]] = field(default_factory=dict)
    known: dict[tuple[int, int], list[Way]] = field(default_factory=dict)
    routes: dict[tuple[int, Points], Route] = field(default_factory=dict)  # made so far
    work: int = 0

    def __post_init__(self) -> None:
        self.down = [[] for _ in range(self.terrain.grid.nx)]
        self.across = [[] for _ in range(self.terrain.grid.ny)]

    # -- what lies on the page

    def lay(self, route: Route) -> None:
        for index, run in enumerate(route.runs):
            (self.down if run[0] else self.across)[run[1]].append((run[2], run[3], route, index))
        flow = self.terrain.flow
        self.ports.setdefault((flow.src[route.edge], route.out_side), []).append((route, True))
        self.ports.setdefault((flow.dst[route.edge], route.in_side), []).append((route, False))

    def lift(self, route: Route) -> None:
        for index, run in enumerate(route.runs):
            (self.down if run[0] else self.across)[run[1]].remove((run[2], run[3], route, index))
        flow = self.terrain.flow
        self.ports[flow.src[route.edge], route.out_side].remove((route, True))
        self.ports[flow.dst[route.edge], route.in_side].remove((route, False))

    def rivals(self, way: Route) -> list[int]:
        """Other arrows that use the sides this way would use."""
        flow = self.terrain.flow
        at = ((flow.src[way.edge], way.out_side), (flow.dst[way.edge], way.in_side))
        return sorted({mate.edge for port in at for mate, _ in self.ports.get(port, ())} - {way.edge})

    # -- prices

    def price(self, route: Route, limit: float) -> float:
        """Price of a way among those laid; stops counting above the limit."""
        self.work += 1
        total = route.price + self._port_price(route)
        for index in range(len(route.runs)):
            if total >= limit:
                return total
            total += self._run_price(route, index)
        return total

    def alone(self, route: Route) -> float:
        """Price of a way that is laid, among the others."""
        self.lift(route)
        price = self.price(route, 1e18)
        self.lay(route)
        return price

    def _run_price(self, route: Route, index: int) -> float:
        vertical, line, low, high = route.runs[index][:4]
        own, other = (self.down, self.across) if vertical else (self.across, self.down)
        total = 0.0
        for low2, high2, mate, at in own[line]:
            if low2 < high and high2 > low:
                total += self._beside(route, index, mate, at)
        for crossed in range(low + 1, high):
            for low2, high2, _, _ in other[crossed]:
                if low2 < line < high2:
                    total += CROSS
        return total

    def _beside(self, a: Route, i: int, b: Route, j: int) -> float:
        flow = self.terrain.flow
        if merged(flow, a, i, b, j):
            return 0.0
        total = BESIDE
        if self._fixed(a, i) and self._fixed(b, j):
            total += PINNED_SHARE
        near = -1 if a.runs[i][6] else 1
        if not goes_on(a, i, b, j, near) and lean(a, i, b, j, near) * lean(a, i, b, j, -near) < 0:
            total += CROSS
            if parting(a, i, b, j, near) * parting(a, i, b, j, -near) < 0:
                total += PINNED_SHARE
        return total

    def _fixed(self, route: Route, index: int) -> bool:
        """A run that meets a corner or a middle cannot be moved aside."""
        flow = self.terrain.flow
        if index == 0 and flow.pinned[flow.src[route.edge]]:
            return True
        return index == len(route.runs) - 1 and flow.pinned[flow.dst[route.edge]]

    def _port_price(self, route: Route) -> float:
        flow = self.terrain.flow
        return self._side_price(route, flow.src[route.edge], route.out_side, True) + self._side_price(
            route, flow.dst[route.edge], route.in_side, False
        )

    def _side_price(self, route: Route, node: int, side: int, leaving: bool) -> float:
        mates = self.ports.get((node, side))
        if not mates:
            return 0.0
        flow, total, apart = self.terrain.flow, 0.0, 1
        for mate, mate_leaves in mates:
            if mate_leaves != leaving:
                apart += 1
                total += CORNER_CLASH if flow.pinned[node] else SIDE_SHARED
            elif leaving and flow.pinned[node] and flow.kind[node] != "fork":
                total += CORNER_SHARED
            elif not mergeable(flow, route, mate, ending=not leaving):
                apart += 1
                total += SIDE_SHARED
        if apart > self.room[node][side % 2]:
            total += CROWDED
        return total

    # -- choosing

    def best(self, edge: int) -> tuple[Route, float]:
        best: Route | None = None
        limit = 1e18
        for tier in (SIMPLE, HOOKED, ROUND):
            if best is not None and limit <= self._least(edge, tier):
                break
            for way in self.ways(edge, tier):
                if way[0] >= limit:
                    break
                route = self.made(edge, way)
                price = self.price(route, limit)
                if price < limit:
                    best, limit = route, price
        assert best is not None  # channels are open: a round way always exists
        return best, limit

    def ways(self, edge: int, tier: int) -> list[Way]:
        key = (edge, tier)
        if key not in self.known:
            self.known[key] = candidates(self.terrain, edge, tier)
        return self.known[key]

    def made(self, edge: int, way: Way) -> Route:
        key = (edge, way[1])
        route = self.routes.get(key)
        if route is None:
            route = self.routes[key] = make_route(edge, way)
        return route

    def _least(self, edge: int, tier: int) -> float:
        """No way of this tier can be cheaper."""
        if tier == SIMPLE:
            return 0.0
        grid, flow = self.terrain.grid, self.terrain.flow
        a, b = flow.src[edge], flow.dst[edge]
        us, vs = self.terrain.us, self.terrain.vs
        apart = abs(us[grid.node_x[a]] - us[grid.node_x[b]]) + abs(vs[grid.node_y[a]] - vs[grid.node_y[b]])
        return BEND * (tier + 2) + LENGTH * apart


def route_all(router: Router) -> tuple[list[Route], float]:
    """A way for every arrow, and what they cost together."""
    order = _by_freedom(router.terrain)
    routes: dict[int, Route] = {}
    for edge in order:
        routes[edge], _ = router.best(edge)
        router.lay(routes[edge])
    for _ in range(ROUNDS):
        if not _again(router, order, routes):
            break
    if _trade(router, order, routes):
        _again(router, order, routes)
    return [routes[edge] for edge in range(len(router.terrain.flow.src))], _total(router, routes)


def _again(router: Router, order: list[int], routes: dict[int, Route]) -> bool:
    changed = False
    for edge in order:
        old = routes[edge]
        router.lift(old)
        new, price = router.best(edge)
        if new.points != old.points and price < router.price(old, 1e18) - 1e-6:
            routes[edge] = new
            changed = True
        router.lay(routes[edge])
    return changed


def _trade(router: Router, order: list[int], routes: dict[int, Route]) -> bool:
    """Where an arrow was kept from its favourite way by others at the same sides, let it have it and move them."""
    changed = False
    for edge in order:
        ways = router.ways(edge, SIMPLE)[:FAVOURITES]
        price = router.alone(routes[edge])
        for way in ways:
            if way[0] + WORTH > price or way[1] == routes[edge].points:
                break
            route = router.made(edge, way)
            rivals = router.rivals(route)
            if rivals and _give_way(router, routes, route, rivals):
                changed = True
                break
    return changed


def _give_way(router: Router, routes: dict[int, Route], way: Route, rivals: list[int]) -> bool:
    """Lay a way first and its rivals around it; undo it if the old arrangement was cheaper."""
    old = [routes[edge] for edge in (way.edge, *rivals)]
    for route in old:
        router.lift(route)
    before = 0.0
    for route in old:
        before += router.price(route, 1e18)
        router.lay(route)
    for route in old:
        router.lift(route)
    after = router.price(way, 1e18)
    router.lay(way)
    new = [way]
    for edge in rivals:
        route, price = router.best(edge)
        router.lay(route)
        new.append(route)
        after += price
    better = after < before - 1e-6
    if not better:
        for route in new:
            router.lift(route)
        for route in old:
            router.lay(route)
    for route in new if better else ():
        routes[route.edge] = route
    return better


def _total(router: Router, routes: dict[int, Route]) -> float:
    """Each arrow's own price, and half of what every pair costs, which both sides count."""
    total = 0.0
    for route in routes.values():
        total += (route.price + router.alone(route)) / 2
    return total


def _by_freedom(terrain: Terrain) -> list[int]:
    """Forward arrows first, short before long; then the author's order."""
    flow, grid = terrain.flow, terrain.grid

    def key(edge: int) -> tuple[bool, float, int]:
        a, b = flow.src[edge], flow.dst[edge]
        apart = abs(terrain.us[grid.node_x[a]] - terrain.us[grid.node_x[b]])
        apart += abs(terrain.vs[grid.node_y[a]] - terrain.vs[grid.node_y[b]])
        return (flow.back[edge], round(apart, 3), edge)

    return sorted(range(len(flow.src)), key=key)
