"""Every process of the package, exported and opened by the programs that the files are for: bpmn-js, Mermaid, mxGraph.

They run in a headless Chromium (`tools/bpmn_js`). Where Node, Chromium or the packages are missing the tests are skipped and say what
to install; with OYIFLOW_BROWSER=required that is a failure. Pictures of what was opened are in the folder of the test (`--basetemp` names it).
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from oyiflow.diagram import Chart, layout
from oyiflow.diagram.of_definition import chart_of
from oyiflow.exports import bpmn, drawio, mermaid
from oyiflow.exports.bpmn import process_of
from oyiflow.exports.ids import Ids
from tests.reference.machines import definition as random_definition
from tests.unit.exports.export_samples import MANY, STATES, VERBS, framed, lane_titles, odd_chart, processes, read

TOOLS = Path(__file__).parents[2] / "tools" / "bpmn_js"
HOME = Path(os.environ.get("OYIFLOW_NODE", TOOLS))
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

Opened = list[dict[str, Any]]


def missing() -> str:
    """What is not there, and how to get it."""
    if shutil.which("node") is None:
        return "no Node here: install node 20 or newer"
    if not os.environ.get("CHROMIUM") and not any(shutil.which(name) for name in BROWSERS):
        return "no Chromium here: install it, or set CHROMIUM to its path"
    if not (HOME / "node_modules" / "bpmn-js").is_dir():
        return "bpmn-js is not installed: npm ci in tools/bpmn_js, or OYIFLOW_NODE=a folder where that was done"
    return ""


@pytest.fixture(autouse=True, scope="module")
def _programs() -> None:
    why = missing()
    if why and os.environ.get("OYIFLOW_BROWSER") == "required":
        pytest.fail(why)
    if why:
        pytest.skip(why)


def opened(tool: str, files: Iterable[Path], *options: str) -> Opened:
    """What a tool says of each file."""
    command = ["node", str(TOOLS / tool), *options, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def write(folder: Path, texts: dict[str, str]) -> list[Path]:
    paths = []
    for name, text in texts.items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def everything() -> list[Any]:
    return [*processes(), read(VERBS), read(STATES), read(MANY)]


# --- bpmn-js


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_bpmn_js_opens_every_process_without_a_warning(direction: str, tmp_path: Path) -> None:
    definitions = {f"{d.name}.{direction}.bpmn": d for d in everything()}
    files = write(tmp_path, {name: bpmn(d, "zh", direction) for name, d in definitions.items()})  # type: ignore[arg-type]
    found = opened("bpmn.mjs", files, "--png", str(tmp_path))
    for (name, definition), file in zip(definitions.items(), found, strict=True):
        assert file["warnings"] == [], name
        assert file["lanes"] == lane_titles(definition, "zh"), name
        assert [(p["shapes"], p["connections"]) for p in file["planes"]] == list(_sizes(definition)), name
        assert all(Path(picture).stat().st_size > 2_000 for picture in file["pictures"])


def _sizes(definition: Any) -> Iterable[tuple[int, int]]:
    """How many symbols and lines each plane has."""
    process = process_of(definition)
    meetings = sum(len(e.meets) for e in process.graph.elements) if process.pools else 0
    todo, first = [process.graph], True
    while todo:
        graph = todo.pop(0)
        documents = sum(len(element.documents) for element in graph.elements)
        around = len(process.lanes) + len(process.pools) + bool(process.lanes or process.pools) if first else 0
        yield len(graph.elements) + documents + around, len(graph.flows) + documents + (meetings if first else 0)
        todo += [element.inner for element in graph.elements if element.inner is not None]
        first = False


def test_bpmn_js_opens_random_machines_without_a_warning(tmp_path: Path) -> None:
    texts = {}
    for seed in range(700, 706):
        definition = random_definition(random.Random(seed).randrange, people=seed % 2 == 0)
        texts[f"{seed}.bpmn"] = bpmn(definition)
    assert [file["warnings"] for file in opened("bpmn.mjs", write(tmp_path, texts))] == [[]] * len(texts)


def test_files_are_valid_by_the_schema_of_the_standard(tmp_path: Path) -> None:
    """The XSD of BPMN 2.0, which bpmn-moddle carries."""
    etree = pytest.importorskip("lxml.etree", reason="no lxml here: pip install lxml")
    schema = etree.XMLSchema(etree.parse(str(HOME / "node_modules/bpmn-moddle/resources/bpmn/xsd/BPMN20.xsd")))
    for definition in everything():
        for lang in ("zh", "both"):
            document = etree.fromstring(bpmn(definition, lang).encode())
            assert schema.validate(document), (definition.name, schema.error_log)


# --- Mermaid


@pytest.mark.parametrize("swimlane", [False, True], ids=["flowchart", "swimlane"])
def test_mermaid_draws_every_process_with_its_words(swimlane: bool, tmp_path: Path) -> None:
    charts = {f"{d.name}.mmd": chart_of(d, "both") for d in everything()} | {"odd.mmd": odd_chart(), "framed.mmd": framed()}
    files = write(tmp_path, {name: mermaid(chart, "LR", swimlane=swimlane) for name, chart in charts.items()})
    for (name, chart), file in zip(charts.items(), opened("mermaid.mjs", files, "--png", str(tmp_path)), strict=True):
        assert file["error"] is None, (name, file["error"])
        assert file["type"] == ("swimlane" if swimlane else "flowchart-v2")
        wanted, found = _words(chart), sorted(map(_flat, file["nodes"]))
        assert wanted <= set(found), (name, wanted - set(found))
        assert {_flat(edge.label) for edge in chart.edges if edge.label} <= set(map(_flat, file["arrows"])), name
        lanes = [*(lane.title for lane in chart.lanes), *(frame.title for frame in chart.frames if frame.title)]
        assert {_flat(title) for title in lanes} <= set(map(_flat, file["lanes"])), name
        assert _flat(file["title"]) == _flat(chart.title)


def _flat(text: str) -> str:
    return "".join(text.split())


def _words(chart: Chart) -> set[str]:
    """The words of all steps that have any; bars and circles have none of their own."""
    bars = ("fork", "join", "initial")
    return {_flat(node.label + node.note + node.document) for node in chart.nodes if node.kind not in bars}


def test_mermaid_reads_random_charts(tmp_path: Path) -> None:
    texts = {}
    for seed in range(200, 260):
        chance = random.Random(seed)
        chart = chart_of(random_definition(chance.randrange, people=True))
        texts |= {f"{seed}.{n}.mmd": mermaid(chart, chance.choice(["TB", "LR"]), swimlane=bool(n)) for n in (0, 1)}  # type: ignore[arg-type]
    found = opened("mermaid.mjs", write(tmp_path, texts), "--parse")
    assert [file for file in found if file["error"]] == []


# --- draw.io


@pytest.mark.parametrize("direction", ["TB", "LR"])
def test_mxgraph_puts_everything_where_the_layout_has_it(direction: str, tmp_path: Path) -> None:
    charts = [chart_of(d, "both") for d in everything()] + [odd_chart(), framed()]
    drawings = {f"{n}.drawio": layout(chart, direction=direction) for n, chart in enumerate(charts)}  # type: ignore[arg-type]
    files = write(tmp_path, {name: drawio(drawing) for name, drawing in drawings.items()})
    for drawing, file in zip(drawings.values(), opened("drawio.mjs", files, "--png", str(tmp_path)), strict=True):
        assert file["error"] is None
        ids = Ids()
        assert {c["id"] for c in file["containers"]} == {ids.of("lane", lane.id) for lane in drawing.lanes} | {
            ids.of("s", frame.id) for frame in drawing.frames
        }
        places = {node["id"]: node["box"] for node in file["nodes"]}
        for part in drawing.nodes:
            assert places[ids.of("s", part.id)] == pytest.approx([part.box.x, part.box.y, part.box.w, part.box.h], abs=0.05)
        lines = {edge["id"]: edge["points"] for edge in file["edges"]}
        for edge in drawing.edges:
            assert lines[ids.of("edge", edge.id)] == [pytest.approx(list(point), abs=0.05) for point in edge.points], edge.id
