"""From a definition to a chart, and from what happened to a highlight."""

from __future__ import annotations

from pathlib import Path

import pytest

from oyiflow.checking import load
from oyiflow.diagram import layout, svg
from oyiflow.diagram.of_definition import chart_of, highlight_of
from oyiflow.testing import memory_engine

PROCESSES = sorted(p for p in (Path(__file__).parents[3] / "processes").glob("*.yaml") if p.stem not in ("company", "manual"))


def test_the_chart_of_the_visit() -> None:
    chart = chart_of(load(PROCESSES[0].with_name("visit.yaml")), "zh")
    kinds = {node.id: node.kind for node in chart.nodes}
    assert [lane.title for lane in chart.lanes] == ["财务部", "总经理", "大客户部经理", "大客户专员", "客户"]
    assert (kinds["review"], kinds["plan"], kinds["prepare"], kinds["prepare+"], kinds["done"]) == (
        "decision",
        "task",
        "fork",
        "join",
        "end",
    )
    arrows = {(edge.source, edge.target): edge for edge in chart.edges}
    assert arrows["review", "approval"].label == "通过"
    assert arrows["review", "amend"].kind == "reject"
    assert ("funds", "prepare+") in arrows and ("prepare+", "going") in arrows
    assert next(node for node in chart.nodes if node.id == "funds").conditional


@pytest.mark.parametrize("path", PROCESSES, ids=lambda path: path.stem)
@pytest.mark.parametrize("lang", ["zh", "en", "both"])
def test_every_process_is_drawn(path: Path, lang: str) -> None:
    definition = load(path)
    chart = chart_of(definition, lang)
    names = {node.id for node in chart.nodes} | {frame.id for frame in chart.frames}
    assert all(edge.source in names and edge.target in names for edge in chart.edges)
    assert len({edge.id for edge in chart.edges}) == len(chart.edges)
    drawn = svg(layout(chart))
    assert drawn == svg(layout(chart_of(definition, lang))), "the same bytes every time"


def test_the_path_is_that_of_the_journal() -> None:
    definition = load(PROCESSES[0].with_name("development.yaml"))
    with memory_engine(definition) as engine:
        case = engine.start("development", actor="specialist")
        task = engine.tasks(person="assistant")[0]
        engine.complete(case.id, task.step, actor="assistant")
        passed = [
            (micro["transitions"], micro["entered"], micro["exited"])
            for entry in engine.history(case.id)
            for micro in entry.trace
        ]
        seen = highlight_of(definition, engine.instance(case.id).configuration, passed)
    assert seen.taken["@start#0"] == 1
    assert seen.visited["@start"] == 1
    names = {edge.id for edge in chart_of(definition).edges}
    assert set(seen.taken) <= names
