"""Charts on paper: one sheet if it can be read, else several with connectors."""

from __future__ import annotations

from dataclasses import replace

import pytest
from diagram_samples import approval, flow
from frame_samples import nested

from oyiflow.diagram import Chart, Lane
from oyiflow.diagram.chart import Direction
from oyiflow.diagram.drawing import Page
from oyiflow.diagram.pages import FLOOR, pages, room
from oyiflow.diagram.quality import quality


def checked(found: tuple[Page, ...], chart: Chart) -> None:
    """Every step once, every arrow whole or in two halves, and a connector for each half's other end."""
    steps = [node for page in found for node in page.drawing.nodes]
    assert sorted(node.id for node in steps if node.kind != "connector") == sorted(node.id for node in chart.nodes)
    letters: dict[str, set[str]] = {}
    for page in found:
        for node in page.drawing.nodes:
            if node.kind == "connector":
                leads = any(edge.source == node.id for edge in page.drawing.edges)
                letters.setdefault(node.label, set()).add("in" if leads else "out")
    assert all(sides == {"in", "out"} for sides in letters.values())
    ends: dict[str, list[str]] = {way.id: [] for way in chart.edges}
    for page in found:
        for edge in page.drawing.edges:
            ends[edge.id] += [edge.source, edge.target]
    assert all(way.source in ends[way.id] and way.target in ends[way.id] for way in chart.edges)
    for page in found:
        width, height = room((page.paper, page.landscape))
        assert page.drawing.width * page.scale <= width + 0.01 and page.drawing.height * page.scale <= height + 0.01
        assert page.count == len(found)
        assert quality(page.drawing).hard == 0, quality(page.drawing).offenders
    assert [page.number for page in found] == list(range(1, len(found) + 1))


def test_a_small_chart_is_one_upright_sheet() -> None:
    found = pages(approval())
    checked(found, approval())
    assert [(page.paper, page.count) for page in found] == [("A4", 1)]
    assert found[0].text_size >= FLOOR


def test_a_chart_that_is_too_big_for_a4_is_put_on_a3() -> None:
    sample = flow(3, 30, 5)
    assert {page.paper for page in pages(sample)} == {"A3"}
    split = pages(sample, paper="A4")
    checked(split, sample)
    assert len(split) > 1 and all(page.text_size >= FLOOR for page in split)


@pytest.mark.parametrize(("direction", "steps"), [("TB", 100), ("LR", 40)])
def test_many_steps_are_split(direction: Direction, steps: int) -> None:
    sample = flow(12, steps, 6)
    found = pages(sample, direction=direction)
    checked(found, sample)
    assert len(found) > 1
    assert all(page.text_size >= FLOOR - 0.01 for page in found)


def test_connectors_say_which_page() -> None:
    found = pages(flow(12, 35, 3), lang="en", paper="A4")
    notes = [line.text for page in found for node in page.drawing.nodes if node.kind == "connector" for line in node.lines]
    assert any(note.startswith("page ") for note in notes)


def test_nested_states_are_split_with_their_frames() -> None:
    sample = nested(5, 30)
    found = pages(sample, paper="A4")
    checked(found, sample)
    assert {frame.id for page in found for frame in page.drawing.frames} >= {
        frame.id for frame in sample.frames if frame.kind == "state"
    }


def test_twenty_lanes_are_still_printed() -> None:
    lanes = tuple(Lane(id=f"l{at}", title=f"岗位{at}") for at in range(20))
    sample = flow(2, 24, 3)
    nodes = tuple(replace(node, lane=f"l{at % 20}") for at, node in enumerate(sample.nodes))
    checked(pages(replace(sample, lanes=lanes, nodes=nodes)), sample)
