"""The SVG text: well formed whatever the labels say, self-contained, and telling the run without colour."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from diagram_samples import approval, chart, flow

from oyiflow.diagram import Highlight, layout, svg
from oyiflow.diagram.chart import Direction

NAMESPACE = "{http://www.w3.org/2000/svg}"
EVIL = "<script>alert('x')</script> & \"quoted\" \x00\x08\x1b ]]> 客户\ud800\ufffe"


def groups(text: str, name: str) -> list[ET.Element]:
    return [g for g in ET.fromstring(text).iter(f"{NAMESPACE}g") if g.get("class") == name]


def test_every_lane_step_and_arrow_is_a_group_with_its_geometry() -> None:
    sample = approval()
    text = svg(layout(sample))
    assert [g.get("data-id") for g in groups(text, "lane")] == [lane.id for lane in sample.lanes]
    assert sorted(g.get("data-id") or "" for g in groups(text, "node")) == sorted(node.id for node in sample.nodes)
    assert [g.get("data-from") for g in groups(text, "edge")] == [edge.source for edge in sample.edges]
    for group in groups(text, "node"):
        assert len([float(value) for value in (group.get("data-bbox") or "").split()]) == 4
    assert sum(g.get("data-label-bbox") is not None for g in groups(text, "edge")) == 4


def test_untrusted_labels_are_only_text() -> None:
    sample = approval()
    nodes = tuple(replace(node, id=f"{node.id}", label=EVIL, note=EVIL, document=EVIL) for node in sample.nodes)
    edges = tuple(replace(edge, label=EVIL) for edge in sample.edges)
    lanes = tuple(replace(lane, title=EVIL) for lane in sample.lanes)
    text = svg(layout(replace(sample, title=EVIL, id=EVIL, nodes=nodes, edges=edges, lanes=lanes)))
    root = ET.fromstring(text)
    assert {element.tag.removeprefix(NAMESPACE) for element in root.iter()} <= {
        "svg",
        "title",
        "desc",
        "g",
        "rect",
        "path",
        "text",
    }
    text.encode("utf-8")


def test_it_needs_nothing_from_outside() -> None:
    text = svg(layout(flow(2, 15, 3)))
    assert not re.search(r"href|url\(|var\(|@import|<style|<script|currentColor", text)


@pytest.mark.parametrize(("lang", "words"), [("zh", "泳道流程图"), ("en", "Swimlane chart")])
def test_it_can_be_read_aloud(lang: str, words: str) -> None:
    root = ET.fromstring(svg(layout(approval()), lang=lang))  # type: ignore[arg-type]
    assert (root.get("role"), root.get("lang")) == ("graphics-document document", lang)
    assert root.findtext(f"{NAMESPACE}title") == "sample"
    assert words in (root.findtext(f"{NAMESPACE}desc") or "")


@pytest.mark.parametrize("direction", ["TB", "LR"])
def test_steps_are_met_row_by_row_each_with_a_sentence(direction: Direction) -> None:
    steps = groups(svg(layout(approval(), direction=direction), highlight=Highlight(visited={"audit": 2})), "node")
    boxes = [[float(value) for value in (g.get("data-bbox") or "").split()] for g in steps]
    across, along = (0, 1) if direction == "TB" else (1, 0)
    rows = [(round(box[along] + box[along + 2] / 2), box[across] + box[across + 2] / 2) for box in boxes]
    assert rows == sorted(rows)
    assert all((g.get("tabindex"), g.get("role")) == ("0", "img") for g in steps)
    said = {g.get("data-id"): g.get("aria-label") or "" for g in steps}
    assert said["audit"] == "audit，判断，经理，走过 2 次，是 → approve，否 → plan。"


def test_same_chart_same_bytes() -> None:
    assert svg(layout(flow(7, 20, 4))) == svg(layout(flow(7, 20, 4)))


def test_the_path_taken_is_drawn_over_the_rest_and_thicker() -> None:
    drawing = layout(approval())
    text = svg(drawing, highlight=Highlight(taken={"e0": 1, "e3": 2}))
    assert [g.get("data-id") for g in groups(text, "edge")][-2:] == ["e0", "e3"]
    thick = [g for g in groups(text, "edge") if g.get("data-taken")]
    widths = [float(g.find(f"{NAMESPACE}path").get("stroke-width", "")) for g in thick]  # type: ignore[union-attr]
    assert min(widths) > 2


def test_the_current_step_and_repeated_visits_show_without_colour() -> None:
    text = svg(
        layout(approval()), highlight=Highlight(current=frozenset({"audit"}), visited={"start": 1, "plan": 2, "audit": 3})
    )
    marked = {g.get("data-id"): g for g in groups(text, "node")}
    assert marked["audit"].get("data-current") == "true"
    outline = marked["audit"].find(f"{NAMESPACE}path")
    assert outline is not None and float(outline.get("stroke-width", "0")) > 3
    badges = {
        name: [t.text for t in g.iter(f"{NAMESPACE}text")][-1]
        for name, g in marked.items()
        if list(g.iter(f"{NAMESPACE}g"))[1:]
    }
    assert badges == {"plan": "×2", "audit": "×3"}


def test_a_highlight_moves_nothing() -> None:
    drawing = layout(approval())
    strip = re.compile(r'data-(?:bbox|points)="[^"]*"')
    plain, lit = svg(drawing), svg(drawing, highlight=Highlight(visited={"plan": 2}, current=frozenset({"plan"})))
    assert strip.findall(plain) == strip.findall(lit)


def test_rejections_are_dashed_and_skippable_steps_have_a_dashed_border() -> None:
    sample = chart("a", "x:a y:a", "x>y y>x:否")
    nodes = (sample.nodes[0], replace(sample.nodes[1], conditional=True))
    text = svg(layout(replace(sample, nodes=nodes)))
    dashed = [
        g.get("data-id")
        for g in (*groups(text, "edge"), *groups(text, "node"))
        if "stroke-dasharray" in ET.tostring(g, "unicode")
    ]
    assert dashed == ["e1", "y"]


def test_dashes_are_counted_from_the_end_so_that_shared_trunks_agree() -> None:
    text = svg(layout(approval()))
    assert len(re.findall(r'stroke-dasharray="6 4" stroke-dashoffset="[0-9.]+"', text)) == 2
