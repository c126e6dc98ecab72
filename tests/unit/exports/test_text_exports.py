"""Mermaid, DOT, draw.io and JSON: the same chart in each, whatever its words are; what needs another program is in tests/browser."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import graphviz
import pytest
from export_samples import ODD, STATES, VERBS, framed, names, odd_chart, process
from export_samples import read as sample
from jsonschema import Draft202012Validator

import oyiflow.exports
from oyiflow.diagram import Chart, Edge, Lane, Node, layout
from oyiflow.diagram.chart import Direction
from oyiflow.diagram.of_definition import chart_of
from oyiflow.errors import OyiFlowError
from oyiflow.exports import dot, drawio, layout_json, mermaid
from oyiflow.exports import dot as dot_function
from oyiflow.exports.dot import engines, rendered
from oyiflow.exports.ids import Ids
from oyiflow.exports.layout_json import as_data

SCHEMA = json.loads((Path(oyiflow.exports.__file__).parent / "layout.schema.json").read_text(encoding="utf-8"))
DIRECTIONS: tuple[Direction, ...] = ("TB", "LR")


CHARTS = [chart_of(sample(VERBS), "both"), chart_of(sample(STATES), "zh"), odd_chart(), framed(), Chart(id="empty")]


# --- Mermaid


def test_mermaid_as_it_is_read() -> None:
    chart = Chart(
        id="p", title="请假: “年假”", lanes=(Lane(id="员工", title="员工"),),
        nodes=(Node(id="apply", label="申请", lane="员工"), Node(id="ok", label="同意？", kind="decision", note="仅当 x", conditional=True)),
        edges=(Edge(id="1", source="apply", target="ok"), Edge(id="2", source="ok", target="apply", label="否", kind="timeout")),
    )  # fmt: skip
    assert mermaid(chart, "LR").splitlines() == [
        "---", 'title: "请假: “年假”"', "---", "flowchart LR",
        '  subgraph lane_u5458u5DE5["员工"]', '    s_apply["申请"]', "  end", '  s_ok{"同意？<br/>仅当 x"}',
        "  s_apply --> s_ok", '  s_ok -.->|"否"| s_apply', "  classDef skipped stroke-dasharray: 5 4", "  class s_ok skipped",
    ]  # fmt: skip


def test_swimlanes_have_no_arrow_from_a_step_to_itself() -> None:
    """Mermaid 11.17 fails on one in a swimlane."""
    chart = Chart(id="p", nodes=(Node(id="a", label="A"),), edges=(Edge(id="1", source="a", target="a", label="again"),))
    assert '  s_a -->|"again"| s_a' in mermaid(chart).splitlines()
    lines = mermaid(chart, swimlane=True).splitlines()
    assert lines[0] == "swimlane-beta TB" and not any(re.fullmatch(r"\s*(s_\w+) -->.* \1", line) for line in lines)
    assert sum("-->" in line for line in lines) == 2


@pytest.mark.parametrize("swimlane", [False, True])
@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.id)
def test_subgraphs_are_closed_and_words_are_quoted(chart: Chart, swimlane: bool) -> None:
    text = mermaid(chart, swimlane=swimlane)
    lines = [line.strip() for line in text.splitlines()]
    assert sum(line.startswith("subgraph ") for line in lines) == lines.count("end")
    for line in lines[4 if chart.title else 1 :]:
        outside = re.sub(r'"[^"]*"', "", line)
        assert outside.count('"') == 0 and not re.search("[^\x00-\x7f]", outside), line


# --- DOT


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.id)
def test_dot_has_every_step_arrow_and_lane(chart: Chart) -> None:
    text = dot(chart, "LR")
    assert text.count(" -> ") == len(chart.edges)
    assert text.count("subgraph cluster_") == len(chart.lanes) + len(chart.frames)


def test_dot_takes_words_for_words() -> None:
    """No HTML, no escapes, no ports."""
    text = dot(odd_chart())
    for label in ('"<br/>"', '"<i>"', r'"a \"quoted\" text"', r'"back\\slash \\n"', r'"a:b:c"'):
        assert f"label={label}" in text, label


def test_without_graphviz_the_engine_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OyiFlowError, match="apt install graphviz"):
        rendered(dot_function(CHARTS[0]), "neato")


def test_engines_are_those_that_the_package_knows() -> None:
    assert set(engines()) <= graphviz.ENGINES


# --- draw.io


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.id)
def test_drawio_puts_everything_where_the_layout_has_it(chart: Chart, direction: Direction) -> None:
    drawing = layout(chart, direction=direction)
    root = ET.fromstring(drawio(drawing))
    assert root.get("compressed") == "false"
    cells = {cell.get("id", ""): cell for cell in root.iter("mxCell")}
    assert len(cells) == len(list(root.iter("mxCell"))) and all(c.get("parent") in cells for i, c in cells.items() if i != "0")
    swimlanes = [cell for cell in cells.values() if cell.get("style", "").startswith("swimlane")]
    assert len(swimlanes) == len(drawing.lanes) + len(drawing.frames)
    ids = Ids()
    for part in (*drawing.nodes, *drawing.frames):
        box = part.box
        assert _place(cells, ids.of("s", part.id)) == pytest.approx((box.x, box.y, box.w, box.h), abs=0.05), part.id
    edges = [cell for name, cell in cells.items() if name.startswith("edge_") and cell.get("edge")]
    for cell, edge in zip(edges, drawing.edges, strict=True):
        assert cell.get("source") in cells and cell.get("target") in cells
        points = [(float(p.get("x", "")), float(p.get("y", ""))) for p in cell.iterfind("mxGeometry/Array/mxPoint")]
        assert points == [(pytest.approx(x, abs=0.01), pytest.approx(y, abs=0.01)) for x, y in edge.points[1:-1]]


def _place(cells: dict[str, ET.Element], name: str) -> tuple[float, float, float, float]:
    geometry = cells[name].find("mxGeometry")
    assert geometry is not None
    x, y, w, h = (float(geometry.get(key, "0")) for key in ("x", "y", "width", "height"))
    parent = cells[name].get("parent", "")
    while parent not in ("0", "1"):
        outer = cells[parent].find("mxGeometry")
        assert outer is not None
        x, y, parent = x + float(outer.get("x", "0")), y + float(outer.get("y", "0")), cells[parent].get("parent", "")
    return x, y, w, h


def test_drawio_words_are_plain_text() -> None:
    root = ET.fromstring(drawio(layout(odd_chart())))
    values = {re.sub(r"\s+", "", cell.get("value", "")) for cell in root.iter("mxCell")}
    assert {re.sub(r"\s+", "", text) for text in ODD} <= values
    assert all("html=0" in (cell.get("style") or "html=0") for cell in root.iter("mxCell"))


# --- JSON


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.id)
def test_json_follows_its_schema_and_holds_the_drawing(chart: Chart, direction: Direction) -> None:
    drawing = layout(chart, direction=direction)
    text = layout_json(drawing)
    data: dict[str, Any] = json.loads(text)
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(data)
    assert data == json.loads(json.dumps(as_data(drawing)))
    assert [node["id"] for node in data["nodes"]] == [node.id for node in drawing.nodes]
    assert len(text.splitlines()) < 30 + len(data["nodes"]) + len(data["edges"]) + len(data["lanes"]) + len(data["frames"])


def test_the_schema_refuses_what_it_does_not_know() -> None:
    data = as_data(layout(CHARTS[0]))
    validator = Draft202012Validator(SCHEMA)
    for change in ({"version": 2}, {"direction": "RL"}, {"nodes": [{"id": "a"}]}, {"size": [1]}):
        assert not validator.is_valid({**data, **change}), change


# --- all of them


@pytest.mark.parametrize("name", names())
def test_the_same_chart_gives_the_same_bytes(name: str) -> None:
    one, two = chart_of(process(name), "both"), chart_of(process(name), "both")
    assert (mermaid(one), dot(one)) == (mermaid(two), dot(two))
    assert (drawio(layout(one)), layout_json(layout(one))) == (drawio(layout(two)), layout_json(layout(two)))


def test_control_characters_reach_no_file() -> None:
    evil = "a\x00\x08\x1b\u2028b"
    chart = replace(CHARTS[0], nodes=tuple(replace(node, label=evil) for node in CHARTS[0].nodes))
    for text in (mermaid(chart), dot(chart), drawio(layout(chart))):
        assert not re.search("[\x00-\x08\x0b-\x1f]", text)
