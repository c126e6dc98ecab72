"""From a definition to a chart, and from what happened to a highlight."""

from __future__ import annotations

from pathlib import Path

import pytest

from oyiflow.checking import load
from oyiflow.diagnostics import Source
from oyiflow.diagram import layout, svg
from oyiflow.diagram.chart import Direction
from oyiflow.diagram.drawing import DrawnNode
from oyiflow.diagram.of_definition import chart_of, highlight_of
from oyiflow.diagram.outline import outline_text
from oyiflow.diagram.quality import quality
from oyiflow.load.reader import read_definition
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


HELPED = """\
process: help
title: Help
roles: {sales: {zh: 大客户专员, en: Sales}, head: {zh: 大客户部经理, en: Key-account manager}, boss: {zh: 总经理, en: General manager}, tech: {zh: 技术部, en: Technicians}}
form: {big: {title: {zh: 大额, en: Large}, type: bool, required: true}}
steps:
  - {do: ask, title: {zh: 询价, en: Ask}, by: sales, fill: big, helped_by: tech}
  - {do: give, title: {zh: 馈赠, en: Give}, by: sales, helped_by: [head, boss], only_when: big}
  - {approve: sign, title: {zh: 审批, en: Sign}, by: [head, boss], mode: all, helped_by: [tech, sales], rejected: ask}
  - {end: done}
"""


def helped(lang: str, direction: Direction = "TB") -> dict[str, DrawnNode]:
    definition, found = read_definition(Source(name="x.yaml", text=HELPED))
    assert definition is not None, found
    drawing = layout(chart_of(definition, lang), direction=direction)
    assert quality(drawing).hard == 0
    return {node.id: node for node in drawing.nodes}


def test_who_helps_is_small_print_in_the_step() -> None:
    zh, en, both = (
        {name: [line.text for line in node.lines] for name, node in helped(lang).items()} for lang in ("zh", "en", "both")
    )
    assert zh["ask"] == ["询价", "协助：技术部"] and en["ask"] == ["Ask", "with Technicians"]
    assert both["ask"] == ["询价", "Ask", "协助：技术部", "with Technicians"]
    assert zh["give"][-2:] == ["协助：大客户部经理、", "总经理"], "a line breaks between names and not inside one"
    assert " ".join(en["give"]).endswith("with Key-account manager, General manager")
    node = helped("zh")["ask"]
    assert node.lines[1].size < node.lines[0].size


@pytest.mark.parametrize("lang", ["zh", "en", "both"])
@pytest.mark.parametrize("direction", ["TB", "LR"])
@pytest.mark.parametrize(
    "path", [path for path in PROCESSES if "helped_by" in path.read_text(encoding="utf-8")], ids=lambda path: path.stem
)
def test_nobody_who_helps_is_left_out_of_a_chart(path: Path, lang: str, direction: Direction) -> None:
    definition = load(path)
    drawing = layout(chart_of(definition, lang), direction=direction)
    found = quality(drawing)
    assert found.hard == 0, found.offenders
    texts = {node.id: "".join(line.text for line in node.lines).replace(" ", "") for node in drawing.nodes}
    languages = ("zh", "en") if lang == "both" else (lang,)
    for state in definition.states.values():
        for role in state.work.helped_by if state.work is not None else ():
            assert all(definition.role[role].title.of(one).replace(" ", "") in texts[state.id] for one in languages)


def test_an_outline_in_words_says_who_helps() -> None:
    definition, _ = read_definition(Source(name="x.yaml", text=HELPED))
    assert definition is not None
    assert "协助：大客户部经理、总经理" in outline_text(chart_of(definition, "zh"), lang="zh")


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
