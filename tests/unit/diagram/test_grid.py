"""Lines of the coarse grid and which of them are open."""

from __future__ import annotations

from diagram_samples import chart, parallel

from oyiflow.diagram.chart import Chart
from oyiflow.diagram.layout.flow import read
from oyiflow.diagram.layout.grid import Grid, build
from oyiflow.diagram.layout.rows import Choice, assign
from oyiflow.diagram.layout.sizes import edge_labels, lane_heads, node_shapes, parts


def grid(sample: Chart) -> Grid:
    found = read(sample)
    shapes = node_shapes(sample, found.lane, "TB")
    pieces = parts(found, "TB", shapes, edge_labels(found.bundles, "TB"), lane_heads(sample, "TB"))
    return build(pieces, assign(found, Choice()))


def test_a_lane_has_two_channels_and_a_middle() -> None:
    found = grid(chart("a b", "x:a y:b", "x>y"))
    assert found.nx == 6
    assert found.channel == (True, False, True) * 2
    assert found.node_x == (1, 4)


def test_branches_stand_symmetrically_and_in_the_authors_order() -> None:
    found = grid(parallel(3))
    assert found.half[2:5] == (-2, 0, 2)
    assert found.half[1] == found.half[5] == 0


def test_channels_are_open_and_steps_are_closed() -> None:
    found = grid(parallel(4))
    for y in range(0, found.ny, 2):
        assert found.open_across(y, 0, found.nx - 1)
    for x in range(found.nx):
        if found.channel[x]:
            assert found.open_down(x, 0, found.ny - 1)
    for x, y in zip(found.node_x, found.node_y, strict=True):
        assert not found.open_down(x, y, y)
        assert not found.open_across(y, x, x)


def test_a_step_stays_under_the_branch_it_continues() -> None:
    found = grid(chart("a", "s:a p:a q:a r:a e:a", "s>p s>q q>r p>e r>e"))
    assert found.half[2] == found.half[3] == 1


def test_a_branch_stands_on_the_side_of_the_lanes_it_deals_with() -> None:
    found = grid(chart("a b c", "s:b p:b q:b x:c y:a e:b", "s>p s>q p>x q>y x>e y>e"))
    assert found.half[1] > found.half[2]
