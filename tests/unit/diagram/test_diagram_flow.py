"""The chart by index: back arrows, order, bundles."""

from __future__ import annotations

import itertools

from diagram_samples import approval, chart, flow

from oyiflow.diagram.chart import Chart, Edge, Node
from oyiflow.diagram.layout.flow import read


def backs(sample: Chart) -> set[str]:
    found = read(sample)
    return {f"{bundle[0].source}>{bundle[0].target}" for bundle, back in zip(found.bundles, found.back, strict=True) if back}


def test_the_arrow_that_returns_to_an_open_step_goes_back() -> None:
    assert backs(approval()) == {"audit>plan", "approve>plan"}


def test_the_search_begins_at_the_start_even_if_it_is_written_last() -> None:
    assert backs(chart("a", "y:a x:a s:a:start", "x>y y>x s>x")) == {"y>x"}


def test_a_loop_on_one_step_goes_back() -> None:
    assert backs(chart("a", "x:a", "x>x")) == {"x>x"}


def test_the_order_has_every_step_once_after_those_it_follows() -> None:
    for seed in range(5):
        found = read(flow(seed, 25, 3))
        assert sorted(found.order) == list(range(found.count))
        place = {node: at for at, node in enumerate(found.order)}
        for edge, back in enumerate(found.back):
            assert back or place[found.src[edge]] < place[found.dst[edge]]


def test_related_means_one_comes_before_the_other() -> None:
    found = read(chart("a", "x:a y:a z:a", "x>y x>z"))
    assert found.related(0, 1) and found.related(1, 0)
    assert not found.related(1, 2)


def test_arrows_of_one_kind_between_two_steps_are_one_bundle() -> None:
    found = read(chart("a", "x:a y:a", "x>y:是 x>y:否 y>x"))
    assert [len(bundle) for bundle in found.bundles] == [2, 1]


def test_an_arrow_to_nowhere_is_left_out() -> None:
    sample = Chart(id="c", nodes=(Node(id="x"),), edges=(Edge(id="e", source="x", target="?"),))
    assert read(sample).bundles == ()


def test_a_long_chain_needs_no_deep_recursion() -> None:
    names = [f"n{at}" for at in range(3000)]
    links = tuple(Edge(id=a, source=a, target=b) for a, b in itertools.pairwise(names))
    assert len(read(Chart(id="c", nodes=tuple(Node(id=name) for name in names), edges=links)).order) == 3000
