"""Whole drawings: the rules that hold for each of them, and that the same chart is always drawn the same."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from diagram_samples import approval, chart, flow, nonsense, parallel
from drawing_rules import crossings, faults, runs

from oyiflow.diagram import Chart, Drawing, Edge, Lane, Node, layout
from oyiflow.diagram.chart import Direction

BOTH: tuple[Direction, Direction] = ("TB", "LR")


@pytest.mark.parametrize("direction", BOTH)
@pytest.mark.parametrize(("seed", "steps", "lanes"), [(1, 8, 2), (2, 14, 3), (3, 20, 4), (4, 20, 8), (5, 30, 5), (6, 45, 6)])
def test_a_random_flow_breaks_no_rule(seed: int, steps: int, lanes: int, direction: Direction) -> None:
    assert faults(layout(flow(seed, steps, lanes), direction=direction)) == []


@pytest.mark.parametrize("direction", BOTH)
@pytest.mark.parametrize("sample", [approval(), parallel(2), parallel(6), parallel(9)], ids=["approval", "two", "six", "nine"])
def test_small_charts_are_clean_and_without_crossings(sample: Chart, direction: Direction) -> None:
    drawing = layout(sample, direction=direction)
    assert faults(drawing) == []
    assert crossings(drawing) == 0


@pytest.mark.parametrize("block", range(8))
def test_any_graph_is_drawn(block: int) -> None:
    for seed in range(block * 15, block * 15 + 15):
        sample = nonsense(seed)
        for direction in BOTH:
            drawing = layout(sample, direction=direction)
            assert len(drawing.nodes) == len(sample.nodes)
            assert len(drawing.edges) == len(sample.edges)
            assert not [fault for fault in faults(drawing) if "lies on" in fault and "label" not in fault]
            assert not [fault for fault in faults(drawing) if "slanted" in fault or "end on" in fault]


@pytest.mark.parametrize("sample", [Chart(id="x"), Chart(id="x", lanes=(Lane(id="a", title="甲"),)), chart("", "x", "")])
def test_nothing_or_almost_nothing_is_drawn_too(sample: Chart) -> None:
    for direction in BOTH:
        drawing = layout(sample, direction=direction)
        assert drawing.width > 0 and drawing.height > 0


def middle(drawing: Drawing, name: str) -> tuple[float, float]:
    box = next(node.box for node in drawing.nodes if node.id == name)
    return box.cx, box.cy


def test_branches_of_a_fork_are_symmetric() -> None:
    for count in (2, 3, 4, 6):
        drawing = layout(parallel(count))
        axis = middle(drawing, "f")[0]
        assert middle(drawing, "j")[0] == axis
        places = [middle(drawing, f"b{at}") for at in range(count)]
        assert len({y for _, y in places}) == 1
        assert sum(x for x, _ in places) / count == pytest.approx(axis, abs=0.1)


def test_left_to_right_is_the_same_chart_turned() -> None:
    tall, wide = layout(approval()), layout(approval(), direction="LR")
    assert tall.height > tall.width and wide.width > wide.height
    assert [lane.id for lane in tall.lanes] == [lane.id for lane in wide.lanes]


def test_everything_lies_on_the_page() -> None:
    for direction in BOTH:
        drawing = layout(flow(11, 20, 4), direction=direction)
        boxes = [node.box for node in drawing.nodes] + [run for edge in drawing.edges for run in runs(edge)]
        boxes += [edge.label_box for edge in drawing.edges if edge.label_box]
        assert all(box.x >= 0 and box.x + box.w <= drawing.width for box in boxes)
        assert all(box.y >= 0 and box.y + box.h <= drawing.height for box in boxes)


def test_twins_share_a_line_and_have_a_label_each() -> None:
    drawing = layout(chart("a", "x:a:decision y:a", "x>y:甲 x>y:乙"))
    one, two = drawing.edges
    assert one.points == two.points
    assert one.label_box and two.label_box and one.label_box.y < two.label_box.y
    assert faults(drawing) == []


def test_a_step_without_a_lane_stands_beside_the_lanes() -> None:
    drawing = layout(chart("a", "x:a y", "x>y"))
    assert drawing.nodes[1].lane is None
    assert drawing.nodes[1].box.x >= drawing.lanes[0].box.x + drawing.lanes[0].box.w


def test_a_new_label_moves_no_other_step_to_another_row() -> None:
    before = approval()
    steps = tuple(replace(node, label="执行") if node.id == "carry" else node for node in before.nodes)
    old, new = layout(before), layout(replace(before, nodes=steps))
    order = [sorted(range(len(d.nodes)), key=lambda at, d=d: (d.nodes[at].box.cy, d.nodes[at].box.cx)) for d in (old, new)]
    assert order[0] == order[1]


def test_a_step_added_at_the_end_leaves_the_rest_where_it_was() -> None:
    before = approval()
    after = replace(
        before,
        nodes=(*before.nodes, Node(id="file", lane="专员", label="归档")),
        edges=(*before.edges, Edge(id="new", source="carry", target="file")),
    )
    old, new = layout(before), layout(after)
    assert [middle(old, name)[1] for name in ("start", "plan", "audit")] == [
        middle(new, name)[1] for name in ("start", "plan", "audit")
    ]


def test_a_thousand_steps_are_drawn() -> None:
    names = [f"n{at}" for at in range(1000)]
    nodes = tuple(Node(id=name, lane="ab"[at // 7 % 2], label="步骤") for at, name in enumerate(names))
    edges = tuple(Edge(id=a, source=a, target=b) for a, b in itertools.pairwise(names))
    lanes = (Lane(id="a", title="甲"), Lane(id="b", title="乙"))
    assert len(layout(Chart(id="long", lanes=lanes, nodes=nodes, edges=edges)).edges) == 999


def test_hash_seeds_change_nothing() -> None:
    here = Path(__file__).parent
    program = (
        "import hashlib\nfrom diagram_samples import flow\nfrom oyiflow.diagram import layout, svg\n"
        "text = ''.join(svg(layout(flow(s, 16, 3), direction=d)) for s in (1,) for d in ('TB', 'LR'))\n"
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    digests = set()
    for seed in ("0", "1", "4242"):
        path = os.pathsep.join((str(here), str(here.parents[2])))
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
        digests.add(done.stdout.strip())
    assert len(digests) == 1
