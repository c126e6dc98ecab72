"""One layout for both languages: every step, arrow and lane where it was, and every text inside its room."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from drawing_rules import faults

from oyiflow.checking import load
from oyiflow.diagram import Drawing, layout
from oyiflow.diagram.chart import Direction
from oyiflow.diagram.of_definition import chart_of
from oyiflow.diagram.relabel import relabelled, roomy

PROCESSES = Path(__file__).parents[3] / "processes"


def shape(drawing: Drawing) -> object:
    return (
        drawing.width,
        drawing.height,
        [lane.box for lane in drawing.lanes],
        [node.box for node in drawing.nodes],
        [edge.points for edge in drawing.edges],
    )


@pytest.mark.parametrize("name", ["visit", "development", "deal", "complaint"])
@pytest.mark.parametrize("direction", ["TB", "LR"])
def test_both_languages_have_the_same_places(name: str, direction: Direction) -> None:
    definition = load(PROCESSES / f"{name}.yaml")
    charts = [chart_of(definition, lang) for lang in ("both", "zh", "en")]
    wide = layout(roomy(charts[0], charts[1:]), direction=direction)
    chinese, english = (relabelled(wide, chart_of(definition, lang)) for lang in ("zh", "en"))
    assert shape(chinese) == shape(english) == shape(wide)
    for drawing in (chinese, english):
        assert faults(drawing) == []
    texts = [line.text for node in english.nodes for line in node.lines]
    hanzi = [text for text in texts if any("\u4e00" <= char <= "\u9fff" for char in text)]
    assert len(hanzi) <= len(texts) / 15, hanzi


def test_a_text_that_does_not_fit_keeps_both_languages() -> None:
    definition = load(PROCESSES / "visit.yaml")
    wide = layout(chart_of(definition, "both"))
    chart = chart_of(definition, "en")
    long = replace(chart, nodes=tuple(replace(node, label="a label far longer than its room " * 5) for node in chart.nodes))
    assert [node.lines for node in relabelled(wide, long).nodes] == [node.lines for node in wide.nodes]
