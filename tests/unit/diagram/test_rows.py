"""Which row a step stands in."""

from __future__ import annotations

from diagram_samples import approval, chart, flow, parallel

from oyiflow.diagram.chart import Chart
from oyiflow.diagram.layout.flow import read
from oyiflow.diagram.layout.rows import MOST_BESIDE, Choice, assign


def rows(sample: Chart, choice: Choice | None = None) -> dict[str, int]:
    return dict(zip((node.id for node in sample.nodes), assign(read(sample), choice or Choice()), strict=True))


def test_a_step_of_the_same_lane_stands_a_row_below() -> None:
    assert rows(chart("a", "x:a y:a", "x>y")) == {"x": 0, "y": 1}


def test_a_step_of_another_lane_may_stand_level() -> None:
    assert rows(chart("a b", "x:a y:b", "x>y")) == {"x": 0, "y": 0}
    assert rows(chart("a b", "x:a y:b", "x>y"), Choice(steep=frozenset({0}))) == {"x": 0, "y": 1}


def test_nothing_stands_between_the_ends_of_a_level_arrow() -> None:
    found = rows(chart("a b c", "s:b x:a z:c", "s>x x>z"))
    assert found["z"] > found["x"] == 0


def test_dependent_steps_never_share_a_cell() -> None:
    found = rows(chart("a b", "x:a y:b z:a", "x>y y>z"))
    assert found["x"] == found["y"] < found["z"]


def test_branches_share_a_row_up_to_a_limit() -> None:
    found = rows(parallel(MOST_BESIDE + 2))
    beside = [row for name, row in found.items() if name.startswith("b")]
    assert beside.count(min(beside)) == MOST_BESIDE
    assert found["j"] > max(beside)


def test_bars_are_never_level() -> None:
    found = rows(chart("a b", "f:a:fork x:b j:a:join", "f>x x>j"))
    assert found == {"f": 0, "x": 1, "j": 2}


def test_a_pushed_step_takes_those_after_it_along() -> None:
    free, pushed = rows(approval()), rows(approval(), Choice(pushed=((2, 2),)))
    assert pushed["audit"] > free["audit"]
    assert pushed["carry"] >= pushed["audit"]


def test_forward_arrows_never_climb_and_no_row_is_empty() -> None:
    for seed in range(8):
        found = read(flow(seed, 30, 4))
        row = assign(found, Choice())
        assert sorted(set(row)) == list(range(max(row) + 1))
        assert all(back or row[found.src[e]] <= row[found.dst[e]] for e, back in enumerate(found.back))
