"""Looking for a better page of a framed chart: the same way as for lanes, with other changes to try.

The search starts with the cells as ``cells`` fills them.  One change at a time, beginning where arrows are dearest: move
one end of an arrow, or the frame around it, a column aside or a row down.  A change that lowers the price stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from oyiflow.diagram.layout.frames.cells import Choice, assign
from oyiflow.diagram.layout.frames.edges import Placed, closed, placed
from oyiflow.diagram.layout.frames.measure import NAME_PAD, Measure, measure, outlines
from oyiflow.diagram.layout.frames.tree import ROOT, Tree, level
from oyiflow.diagram.layout.place import Needs, room_for_ports
from oyiflow.diagram.layout.routing.path import North, Route, Terrain, West
from oyiflow.diagram.layout.routing.router import Router, route_all
from oyiflow.diagram.layout.routing.tracks import Tracks
from oyiflow.diagram.layout.search import BUDGET, MOST_BUDGET, OVERHEAD, TALL, WIDE
from oyiflow.diagram.layout.sizes import EM, Block, Parts

NO_TRACKS: Final = Tracks(offset={}, used={})
ASIDE: Final = (1, -1)
DEAR: Final = 6.0  # an arrow that costs less is left alone
MOVED: Final = 1.5  # what a change must gain: authors' order is worth something


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """What is to be placed."""

    tree: Tree
    parts: Parts  # without gates
    names: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    choice: Choice
    at: Placed
    parts: Parts  # with gates
    routes: list[Route]
    price: float
    prices: dict[int, float]
    work: int


def search(framing: Framing) -> Plan:
    best = plan(framing, Choice())
    count = best.at.flow.count
    spent, budget = best.work, min(count * (BUDGET[0] + BUDGET[1] * count), MOST_BUDGET)
    tried = {best.choice}
    improved = True
    while improved and spent < budget:
        improved = False
        for choice in _neighbours(framing.tree, best):
            if choice in tried:
                continue
            tried.add(choice)
            other = plan(framing, choice)
            spent += other.work
            if other.price < best.price - MOVED:
                best, improved = other, True
                break
            if spent >= budget:
                break
    return best


def plan(framing: Framing, choice: Choice) -> Plan:
    tree, parts = framing.tree, framing.parts
    at = placed(tree, assign(tree, choice), parts.flow.kind[: tree.nodes], parts.direction)
    gates = at.flow.count - tree.nodes
    whole = Parts(
        flow=at.flow,
        direction=parts.direction,
        steps=(*parts.steps, *((0.0, 0.0) for _ in range(gates))),
        labels=parts.labels,
        heads=parts.heads,
    )
    rough = measure(tree, whole, at, NO_TRACKS, Needs(), framing.names)
    at = _with_names(framing, at, rough)
    terrain = Terrain(
        flow=at.flow,
        grid=at.grid,
        us=tuple(u / EM for u in rough.sheet.us),
        vs=tuple(v / EM for v in rough.sheet.vs),
        widths=tuple(size[0] / EM for size in whole.steps),
    )
    router = Router(terrain=terrain, room=room_for_ports(whole.steps))
    routes, price = route_all(router)
    return Plan(
        choice=choice,
        at=at,
        parts=whole,
        routes=routes,
        price=price + TALL * rough.sheet.length / EM + WIDE * rough.sheet.lanes[0][1] / EM,
        prices={route.edge: router.alone(route) for route in routes},
        work=router.work + sum(len(ways) for ways in router.known.values()) + OVERHEAD * (at.flow.count + len(routes)),
    )


def _with_names(framing: Framing, at: Placed, rough: Measure) -> Placed:
    """No arrow runs through the name of a frame."""
    tree, tall = framing.tree, framing.parts.direction == "TB"
    down, across = [], []
    for frame, (name, outline) in enumerate(zip(framing.names, outlines(tree, at, rough, tall), strict=True), tree.nodes):
        line = at.lines.edges.get((frame, North if tall else West))
        if line is None or not name.rows:
            continue
        start = outline.box[0 if tall else 1]
        end = start + name.w + 2 * NAME_PAD
        places = rough.sheet.us if tall else rough.sheet.vs
        under = [(other, line) for other, place in enumerate(places) if start < place < end]
        down += under if tall else []
        across += [] if tall else under
    return Placed(flow=at.flow, grid=closed(at.grid, down, across), lines=at.lines, cells=at.cells)


def _neighbours(tree: Tree, best: Plan) -> list[Choice]:
    moves = {thing: (aside, down) for thing, aside, down in best.choice.moves}
    choices = []
    for way in sorted(best.prices, key=lambda way: (-round(best.prices[way], 6), way)):
        if best.prices[way] < DEAR:
            break
        _, a, b = level(tree.parent, tree.src[way], tree.dst[way])
        inner = (tree.dst[way], tree.src[way])
        for thing in dict.fromkeys((b, a, *inner)):
            if thing == ROOT or (thing >= tree.nodes and tree.kind(thing) == "region"):
                continue
            aside, down = moves.get(thing, (0, 0))
            for change in (*((aside + step, down) for step in ASIDE), (aside, 0 if down else 1)):
                changed = {**moves, thing: change}
                choices.append(Choice(moves=tuple((one, *to) for one, to in sorted(changed.items()) if any(to))))
    return choices
