"""Ways on the grid, their order side by side, and their tracks."""

from __future__ import annotations

from diagram_samples import approval, chart, flow, parallel

from oyiflow.diagram.chart import Chart
from oyiflow.diagram.layout.flow import read
from oyiflow.diagram.layout.routing.order import lean, merged
from oyiflow.diagram.layout.routing.path import Points, Route, make_route
from oyiflow.diagram.layout.routing.tracks import assign
from oyiflow.diagram.layout.rows import Choice
from oyiflow.diagram.layout.search import Plan, plan, search
from oyiflow.diagram.layout.sizes import Parts, edge_labels, lane_heads, node_shapes, parts


def pieces(sample: Chart) -> Parts:
    found = read(sample)
    shapes = node_shapes(sample, found.lane, "TB")
    return parts(found, "TB", shapes, edge_labels(found.bundles, "TB"), lane_heads(sample, "TB"))


def planned(sample: Chart) -> Plan:
    return plan(pieces(sample), Choice())


def bends(found: Plan) -> list[int]:
    return [len(route.runs) - 1 for route in found.routes]


def way(edge: int, *points: tuple[int, int]) -> Route:
    path: Points = points
    return make_route(edge, (0.0, path))


def test_a_straight_arrow_is_straight() -> None:
    assert bends(planned(chart("a b", "x:a y:a z:b", "x>y y>z"))) == [0, 0]


def test_a_step_in_the_way_is_gone_round() -> None:
    found = planned(chart("a", "x:a y:a z:a", "x>y y>z x>z"))
    assert bends(found) == [0, 0, 2]


def test_every_way_keeps_to_open_ground() -> None:
    for seed in range(4):
        found = planned(flow(seed, 30, 4))
        steps = set(zip(found.grid.node_x, found.grid.node_y, strict=True))
        for route in found.routes:
            for vertical, line, low, high, *_ in route.runs:
                inner = range(low + 1, high)
                assert not any(((line, at) if vertical else (at, line)) in steps for at in inner)


def test_an_arrow_to_its_own_step_is_a_loop() -> None:
    assert bends(planned(chart("a", "x:a", "x>x"))) >= [3]


def test_the_one_that_turns_away_lies_on_that_side() -> None:
    down_then_right = way(0, (1, 0), (1, 4), (3, 4))
    straight_on = way(1, (1, 1), (1, 8))
    assert lean(down_then_right, 0, straight_on, 0, 1) == 1
    assert lean(straight_on, 0, down_then_right, 0, 1) == -1


def test_the_question_is_carried_round_a_common_corner() -> None:
    inner = way(0, (1, 0), (1, 4), (3, 4), (3, 2))
    outer = way(1, (1, 1), (1, 4), (5, 4), (5, 9))
    # Both go down and turn right; the one that soon turns up is the inner one, so it lies to the right on the way down.
    assert lean(inner, 0, outer, 0, 1) == 1
    assert lean(inner, 1, outer, 1, 1) == -1


def test_branches_share_a_trunk_and_answers_do_not() -> None:
    fork = planned(parallel(2))
    found = read(parallel(2))
    out = [route for route in fork.routes if found.kind[found.src[route.edge]] == "fork"]
    assert merged(found, out[0], 0, out[1], 0)


def test_no_two_unrelated_arrows_lie_on_one_track() -> None:
    for seed in range(6):
        sample = pieces(flow(seed, 30, 4))
        found = plan(sample, Choice())
        tracks = assign(sample.flow, found.grid, found.routes)
        seen: dict[tuple[bool, int, float], list[tuple[int, int, Route, int]]] = {}
        for route in found.routes:
            for at, run in enumerate(route.runs):
                place = seen.setdefault((run[0], run[1], tracks.offset[route.edge, at]), [])
                for low, high, other, index in place:
                    if low < run[3] and run[2] < high:
                        assert merged(sample.flow, route, at, other, index)
                place.append((run[2], run[3], route, at))


def test_a_wide_fan_is_one_bus() -> None:
    sample = pieces(parallel(6))
    found = search(sample)
    tracks = assign(sample.flow, found.grid, found.routes)
    across = {(run[1], tracks.offset[r.edge, at]) for r in found.routes for at, run in enumerate(r.runs) if not run[0]}
    assert len([line for line, _ in across if line % 2 == 0]) == len({line for line, _ in across if line % 2 == 0})


def test_the_search_never_ends_worse_than_it_began() -> None:
    for sample in (approval(), flow(3, 20, 3)):
        assert search(pieces(sample)).price <= planned(sample).price
